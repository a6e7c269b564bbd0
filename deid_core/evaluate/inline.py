"""Gold that people write by hand: a `### id kind` line before each document, and [LABEL value] within it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deid_core.errors import MalformedAsset
from deid_core.evaluate.gold import Marked, decoded

HEADER = re.compile(r"### (\S+)(?: (\S+))?\s*")
MARK = re.compile(r"\[([A-Z][A-Z_]*[A-Z]) ([^\[\]\n]+)\]")
OPEN = re.compile(r"\[[A-Z][A-Z_]*[A-Z] ")


def read(files: Mapping[str, bytes]) -> list[Marked]:
    """Return the documents, without their marks; raise MalformedAsset with the file's number and the line.

    A file begins with a header, ids are not repeated, and a mark is closed on its own line.
    """
    found: list[Marked] = []
    for number, data in enumerate(files.values(), 1):
        text = decoded(data, f"gold file {number}").removeprefix("\ufeff")
        blocks: list[tuple[str, str, list[str]]] = []
        for at, line in enumerate(text.split("\n"), 1):
            header = HEADER.fullmatch(line)
            if header:
                blocks.append((header[1], header[2] or "", []))
            elif blocks:
                _closed(line, f"gold file {number}, line {at}")
                blocks[-1][2].append(line)
            elif line.strip():
                raise MalformedAsset(f"gold file {number}, line {at}: a document begins with `### id kind`")
        found += [_document(id_, kind, "\n".join(lines).rstrip("\n")) for id_, kind, lines in blocks]
    if len({document.id for document in found}) < len(found):
        raise MalformedAsset("two gold documents have one id")
    return found


def _closed(line: str, where: str) -> None:
    if OPEN.search(MARK.sub("", line)):
        raise MalformedAsset(f"{where}: a mark is not closed, or has another in it")


def _document(id_: str, kind: str, marked: str) -> Marked:
    pieces: list[str] = []
    spans: list[tuple[int, int, str]] = []
    at = length = 0
    for mark in MARK.finditer(marked):
        before = marked[at : mark.start()]
        length += len(before)
        spans.append((length, length + len(mark[2]), mark[1]))
        pieces += (before, mark[2])
        length += len(mark[2])
        at = mark.end()
    return Marked(id_, "".join((*pieces, marked[at:])), spans, kind=kind)

"""Gold as brat writes it: for each NAME.txt a NAME.ann with its text-bound annotations (T lines)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deid_core.errors import MalformedAsset
from deid_core.evaluate.gold import Marked, decoded, misplaced

TEXT_BOUND = re.compile(r"T\d+\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)\t(.*)")
OTHERS = "REAMN#*"  # relations, events, attributes, normalisations, notes, equivalences: nothing of where


def read(files: Mapping[str, bytes]) -> list[Marked]:
    """Return a document a pair of files; a span in several pieces becomes several.

    Raises MalformedAsset with the document's number and the line where a .txt lacks, a line is none of brat's, or the
    text of an annotation is not what stands there.
    """
    found = []
    names = [name.rpartition(".")[0] for name in files if name.lower().endswith(".ann")]
    for number, name in enumerate(names, 1):
        where = f"gold document {number}"
        if name + ".txt" not in files:
            raise MalformedAsset(f"{where}: there is no .txt beside the .ann")
        text = decoded(files[name + ".txt"], f"the text of {where}")
        annotations = decoded(files[name + ".ann"], f"the .ann of {where}")
        found.append(Marked(name, text, [*_spans(text, annotations, where)]))
    return found


def _spans(text: str, annotations: str, where: str) -> Iterator[tuple[int, int, str]]:
    for at, line in enumerate(annotations.split("\n"), 1):
        if not line.strip() or line[0] in OTHERS:
            continue
        match = TEXT_BOUND.fullmatch(line.removesuffix("\r"))
        if not match:
            raise MalformedAsset(f"{where}, line {at} of its .ann: not an annotation")
        pieces = [(int(start), int(end)) for start, end in (piece.split() for piece in match[2].split(";"))]
        if " ".join(text[start:end] for start, end in pieces).split() != match[3].split():
            raise MalformedAsset(f"{where}, line {at} of its .ann: {misplaced(text, *pieces[0], match[3])}")
        yield from ((start, end, match[1]) for start, end in pieces)

"""JSON Lines: one RECORD part an object, written back as its line stood but for the values that changed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from deid_core.errors import EmptyAsset, MalformedAsset
from deid_core.ingest.records import Line, leaves, newline_of
from deid_core.ingest.text import Encoding, decode
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

MAX_DEPTH = 40
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(?P<name>\s*:)?|[^\s\[\]{}:,"]+')  # of JSON that was read: RFC 8259


@dataclass(frozen=True, slots=True)
class LinesLayout:
    """Say how JSON Lines were written."""

    encoding: Encoding
    newline: str


class JsonLinesReader:
    """Read JSON Lines: one object a line."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read the objects; raise MalformedAsset for a line that is not one, or names a member twice."""
        text, encoding = decode(data)
        parts = [Part("layout", PartKind.LAYOUT, LinesLayout(encoding, newline_of(text)))]
        # not splitlines: JSON strings may hold U+2028 and its like
        lines = (line for line in text.replace("\r\n", "\n").split("\n") if line.strip())
        for number, line in enumerate(lines):
            own = key.subject("row", f"{asset_id}:{number}")
            parts.append(Part(f"row/{number}", PartKind.RECORD, Line(_object(line, number + 1), line), own))
        if len(parts) == 1:
            raise EmptyAsset("no JSON object in it")
        return Document(asset_id, "application/jsonl", key.subject("asset", asset_id), tuple(parts))

    def write(self, document: Document) -> bytes:
        """Write one object a line, as it stood but for what changed."""
        layout: LinesLayout = document.part("layout").value
        lines = (_written(part.value) for part in document.parts if part.kind is PartKind.RECORD)
        return layout.encoding.encode("".join(line + layout.newline for line in lines))


def _object(line: str, number: int) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a member is named twice")
        return dict(pairs)

    try:
        value = json.loads(line, object_pairs_hook=unique)
        deep = max((column.count("/") for column, _ in leaves(value)), default=0) > MAX_DEPTH
    except (ValueError, RecursionError):
        raise MalformedAsset(f"line {number} is not a JSON object with each member once") from None
    if deep or not isinstance(value, dict):
        raise MalformedAsset(f"line {number} is not a flat enough JSON object")
    if "\\u" in line and not _is_text(value):
        raise MalformedAsset(f"line {number} escapes a control character or half a surrogate pair: not a text")
    return value


def _is_text(value: Any) -> bool:
    """Say whether all strings of a JSON value are text: what could be written in a note."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not re.search(r"(?<!\\)(?:\\\\)*\\u00(?:0[0-8]|0e|0f|1[0-9acdef])", text)


def _written(value: Line) -> str:
    """Return an object's line, with the tokens of those of its scalars that changed in the place of the old."""
    if not value.changed:
        return value.line
    pieces: list[str] = []
    at = 0
    tokens = (token for token in TOKEN.finditer(value.line) if not token["name"])
    for (column, scalar), token in zip(leaves(value), tokens, strict=True):
        if column in value.changed:
            pieces += (value.line[at : token.start()], json.dumps(scalar, ensure_ascii=False))
            at = token.end()
    return "".join((*pieces, value.line[at:]))

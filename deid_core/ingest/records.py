"""Tables and JSON Lines: one RECORD part a row, so that each row can be about another subject."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deid_core.errors import EmptyAsset, MalformedAsset
from deid_core.ingest.text import Encoding, decode
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind
from deid_core.standards.columns import label_of

DELIMITERS = ",;\t|"
MAX_DEPTH = 40
YEAR = 4  # digits
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Say how a table was written: encoding, delimiter, line end, and its header (() where it had none).

    `columns` names each column of the header: an unnamed one by its place, one named twice twice.
    """

    encoding: Encoding
    delimiter: str
    newline: str
    header: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinesLayout:
    """Say how JSON Lines were written."""

    encoding: Encoding
    newline: str


def leaves(record: Any, column: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (column, scalar) of a record; nested members by JSON Pointer (RFC 6901) without its first slash."""
    if isinstance(record, dict | list):
        items: Iterable[tuple[Any, Any]] = record.items() if isinstance(record, dict) else enumerate(record)
        for name, value in items:
            token = str(name).replace("~", "~0").replace("/", "~1")
            yield from leaves(value, f"{column}/{token}" if column else token)
    else:
        yield column, record


def cell(record: Any, column: str) -> Any:
    """Return the scalar in a column; KeyError where there is none."""
    for token in column.split("/"):
        record = record[_member(record, token)]
    return record


def with_cells(record: Any, cells: dict[str, Any]) -> Any:
    """Return a copy of a record in which those columns hold other scalars."""
    copy = json.loads(json.dumps(record))
    for column, value in cells.items():
        *above, last = column.split("/")
        holder = copy
        for token in above:
            holder = holder[_member(holder, token)]
        holder[_member(holder, last)] = value
    return copy


def _member(holder: Any, token: str) -> str | int:
    return int(token) if isinstance(holder, list) else token.replace("~1", "/").replace("~0", "~")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text[:65536] else "\n"


class CsvReader:
    """Read a delimited table; the delimiter is the one that splits its lines alike."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read a table; raise MalformedAsset where a row has more or fewer cells than the first."""
        text, encoding = decode(data)
        delimiter = _delimiter(text)
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
        except csv.Error:
            raise MalformedAsset("not a delimited table: a quote is left open or misplaced") from None
        if not rows:
            raise EmptyAsset("the table has no rows")
        wrong = next((number for number, row in enumerate(rows, 1) if len(row) != len(rows[0])), 0)
        if wrong:
            raise MalformedAsset(f"row {wrong} has not as many cells as the first")
        header = tuple(rows[0]) if _is_header(rows) else ()
        columns = tuple(
            name if name.strip() else f"column_{number}"
            for number, name in enumerate(header or ("",) * len(rows[0]), 1)
        )
        subject = key.subject("asset", asset_id)
        parts = [Part("layout", PartKind.LAYOUT, TableLayout(encoding, delimiter, _newline(text), header, columns))]
        for number, row in enumerate(rows[1 if header else 0 :]):
            own = key.subject("row", f"{asset_id}:{number}")
            parts.append(Part(f"row/{number}", PartKind.RECORD, _record(columns, row), own))
        return Document(asset_id, "text/csv", subject, tuple(parts))

    def write(self, document: Document) -> bytes:
        """Write the table with its own delimiter, line end and encoding; a removed cell is empty."""
        layout: TableLayout = document.part("layout").value
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=layout.delimiter, lineterminator=layout.newline)
        if layout.header:
            writer.writerow(layout.header)
        for part in document.parts:
            if part.kind is PartKind.RECORD:
                writer.writerow("" if value is None else value for value in _row(layout.columns, part.value))
        return layout.encoding.encode(out.getvalue())


class JsonLinesReader:
    """Read JSON Lines: one object a line."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read the objects; raise MalformedAsset for a line that is not one, or names a member twice."""
        text, encoding = decode(data)
        parts = [Part("layout", PartKind.LAYOUT, LinesLayout(encoding, _newline(text)))]
        # not splitlines: JSON strings may hold U+2028 and its like
        lines = (line for line in text.replace("\r\n", "\n").split("\n") if line.strip())
        for number, line in enumerate(lines):
            own = key.subject("row", f"{asset_id}:{number}")
            parts.append(Part(f"row/{number}", PartKind.RECORD, _object(line, number + 1), own))
        if len(parts) == 1:
            raise EmptyAsset("no JSON object in it")
        return Document(asset_id, "application/jsonl", key.subject("asset", asset_id), tuple(parts))

    def write(self, document: Document) -> bytes:
        """Write one object a line, members in their own order."""
        layout: LinesLayout = document.part("layout").value
        lines = (json.dumps(part.value, ensure_ascii=False) for part in document.parts if part.kind is PartKind.RECORD)
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


def _delimiter(text: str) -> str:
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]
    counts = {mark: lines[0].count(mark) for mark in DELIMITERS} if lines else {}
    best = max(counts, key=lambda mark: counts[mark], default=",")
    return best if counts.get(best) else ","


def _record(columns: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """Return a row by column; the cells of columns of one name as a list."""
    record: dict[str, Any] = dict.fromkeys(columns)
    if len(record) == len(columns):
        return dict(zip(columns, row, strict=True))
    for name in record:
        cells = [value for column, value in zip(columns, row, strict=True) if column == name]
        record[name] = cells if len(cells) > 1 else cells[0]
    return record


def _row(columns: Sequence[str], record: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the cells of a record in the order of its columns."""
    lists = {name: iter(value) for name, value in record.items() if isinstance(value, list)}
    return (next(lists[name]) if name in lists else record[name] for name in columns)


def _is_header(rows: list[list[str]]) -> bool:
    """Say whether the first row names columns.

    Where one of its cells is a name that we know, it does, unless another cell is plainly data. Otherwise each cell is
    there once, at most one is empty (an index), none is a number, and none stands in its column again.
    """
    names = [cell.strip() for cell in rows[0]]
    if any(_is_data(name) for name in names):
        return False
    if any(label_of(name) for name in names):
        return True
    filled = [name for name in names if name]
    odd = len(filled) < len(names) - 1 or len(set(filled)) < len(filled) or any(map(str.isdecimal, filled))
    again = any(name and name == row[place].strip() for row in rows[1:] for place, name in enumerate(names))
    return bool(filled) and not odd and not again


def _is_data(cell: str) -> bool:
    """Say whether a cell can be no column's name: an address, a date, a longer number than a year."""
    digits = sum(map(str.isdigit, cell))
    return "@" in cell or (digits > len(cell) / 3 and digits > YEAR)

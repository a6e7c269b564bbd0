"""Tables: one RECORD part a row, so that each row can be about another subject; and where things are in a record."""

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
YEAR = 4  # digits
SEPARATOR = re.compile(rf"(?i:sep)=[{DELIMITERS}](?:\r\n|\r|\n)")
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Say how a table was written: encoding, delimiter, line end, and its header (() where it had none).

    `columns` names each column of the header: an unnamed one by its place, one named twice twice. `separator` is the
    line by which Excel is told the delimiter. `begun`: these rows come from within the table, without what begins it.
    """

    encoding: Encoding
    delimiter: str
    newline: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    separator: str = ""
    begun: bool = False


class Line(dict[str, Any]):
    """Be a JSON object that knows the line it was read from, and which columns hold something else than there."""

    __slots__ = ("changed", "line")

    def __init__(self, held: Mapping[str, Any], line: str, changed: Iterable[str] = ()) -> None:
        """Take an object and its line."""
        super().__init__(held)
        self.line, self.changed = line, frozenset(changed)


def leaves(record: Any, column: str | None = None) -> Iterator[tuple[str, Any]]:
    """Yield (column, scalar) of a record in order; nested ones by JSON Pointer (RFC 6901) without its first slash."""
    if isinstance(record, dict | list):
        items: Iterable[tuple[Any, Any]] = record.items() if isinstance(record, dict) else enumerate(record)
        for name, value in items:
            token = str(name).replace("~", "~0").replace("/", "~1")
            yield from leaves(value, token if column is None else f"{column}/{token}")
    else:
        yield column or "", record


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
    return Line(copy, record.line, {*record.changed, *cells}) if isinstance(record, Line) else copy


def _member(holder: Any, token: str) -> str | int:
    return int(token) if isinstance(holder, list) else token.replace("~1", "/").replace("~0", "~")


def newline_of(text: str) -> str:
    """Return the line end of a text."""
    return "\r\n" if "\r\n" in text[:65536] else "\n"


class CsvReader:
    """Read a delimited table; the delimiter is the one that splits its lines alike."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read a table; raise MalformedAsset where a row has more or fewer cells than the first."""
        text, encoding = decode(data)
        separator, delimiter = separator_of(text), delimiter_of(text)
        rows = list(rows_of(io.StringIO(text.removeprefix(separator), newline=""), delimiter))
        if not rows:
            raise EmptyAsset("the table has no rows")
        header = tuple(rows[0]) if Header(rows[0]).holds(rows[1:]) else ()
        columns = columns_of(header or len(rows[0]))
        layout = TableLayout(encoding, delimiter, newline_of(text), header, columns, separator)
        return _table(rows[1 if header else 0 :], layout, asset_id, key)

    def read_as(self, data: bytes, asset_id: str, key: ProjectKey, layout: TableLayout) -> Document:
        """Read a table, or rows out of one, of which the layout is known; raise MalformedAsset as `read` does."""
        text = decode(data)[0] if layout.encoding.alone else layout.encoding.decode(data)
        own = text if layout.begun else text.removeprefix(layout.separator)
        rows = list(rows_of(io.StringIO(own, newline=""), layout.delimiter, len(layout.columns)))
        if layout.header and not layout.begun and (not rows or tuple(rows.pop(0)) != layout.header):
            raise MalformedAsset("the table has not the header that it had")
        return _table(rows, layout, asset_id, key)

    def write(self, document: Document) -> bytes:
        """Write the table with its own delimiter, line end and encoding; a removed cell is empty."""
        layout: TableLayout = document.part("layout").value
        out = io.StringIO(newline="")
        out.write("" if layout.begun else layout.separator)
        writer = csv.writer(out, delimiter=layout.delimiter, lineterminator=layout.newline)
        if layout.header and not layout.begun:
            writer.writerow(layout.header)
        for part in document.parts:
            if part.kind is PartKind.RECORD:
                writer.writerow("" if value is None else value for value in _row(layout.columns, part.value))
        return layout.encoding.encode(out.getvalue())


def rows_of(lines: Iterable[str], delimiter: str, width: int = 0) -> Iterator[list[str]]:
    """Yield the rows of a table but empty ones, each of `width` cells, or as many as the first.

    Raises MalformedAsset with the number of the row that is not one.
    """
    try:
        for number, row in enumerate(filter(None, csv.reader(lines, delimiter=delimiter, strict=True)), 1):
            width = width or len(row)
            if len(row) != width:
                raise MalformedAsset(f"row {number} has {len(row)} cells, the first has {width}")
            yield row
    except csv.Error:
        raise MalformedAsset("not a delimited table: a quote is left open or misplaced") from None


def columns_of(header: Sequence[str] | int) -> tuple[str, ...]:
    """Name the columns of a header, or so many without one: an unnamed one by its place."""
    names = ("",) * header if isinstance(header, int) else header
    return tuple(name if name.strip() else f"column_{number}" for number, name in enumerate(names, 1))


def _table(rows: Iterable[Sequence[str]], layout: TableLayout, asset_id: str, key: ProjectKey) -> Document:
    parts = [Part("layout", PartKind.LAYOUT, layout)]
    for number, row in enumerate(rows):
        own = key.subject("row", f"{asset_id}:{number}")
        parts.append(Part(f"row/{number}", PartKind.RECORD, _record(layout.columns, row), own))
    return Document(asset_id, "text/csv", key.subject("asset", asset_id), tuple(parts))


def delimiter_of(text: str) -> str:
    """Return the sign that stands most often in a table's first line, unless that names it; a comma where none does."""
    if separator_of(text):
        return text[len("sep=")]
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]
    counts = {mark: lines[0].count(mark) for mark in DELIMITERS} if lines else {}
    best = max(counts, key=lambda mark: counts[mark], default=",")
    return best if counts.get(best) else ","


def separator_of(text: str) -> str:
    """Return the line with its end by which a table tells Excel its delimiter; "" for most."""
    told = SEPARATOR.match(text)
    return told[0] if told else ""


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


@dataclass(frozen=True, slots=True)
class Header:
    """Say whether the first row of a table names its columns.

    Where one of its cells is a name that we know, it does, unless another cell is plainly data. Otherwise each cell is
    there once, at most one is empty (an index), none is a number, and none stands in its column again.
    """

    first: Sequence[str]

    def holds(self, rows: Iterable[Sequence[str]]) -> bool:
        """Say whether it does, by the rows beneath it."""
        told = self.by_itself()
        return not any(map(self.is_repeated_in, rows)) if told is None else told

    def by_itself(self) -> bool | None:
        """Say whether it does without a look at the other rows; None where they say."""
        names = [cell.strip() for cell in self.first]
        if any(map(_is_data, names)):
            return False
        if any(map(label_of, names)):
            return True
        filled = [name for name in names if name]
        odd = len(filled) < len(names) - 1 or len(set(filled)) < len(filled) or any(map(str.isdecimal, filled))
        return False if odd or not filled else None

    def is_repeated_in(self, row: Sequence[str]) -> bool:
        """Say whether a cell of it stands in its column again."""
        return any(cell.strip() and cell.strip() == row[place].strip() for place, cell in enumerate(self.first))


def _is_data(cell: str) -> bool:
    """Say whether a cell can be no column's name: an address, a date, a longer number than a year."""
    digits = sum(map(str.isdigit, cell))
    return "@" in cell or (digits > len(cell) / 3 and digits > YEAR)

"""Where a table too large to hold can be cut, and how all its rows are to be read: found by going over it once."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from deid_core.errors import EmptyAsset, LimitExceeded
from deid_core.ingest.records import Header, TableLayout, columns_of, delimiter_of, newline_of, rows_of, separator_of
from deid_core.ingest.text import Encoding, unmarked

HEAD = 4 * 65536  # bytes that hold at least the code points by which delimiter and line end are told
LONGEST = 64 * 2**20  # bytes of a row: what is longer is a quote that nobody closed
Blocks = Callable[[], Iterable[bytes]]  # a file's bytes, a block at a time, anew each time


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold a table's layout, and the bytes [start, end) of pieces of whole rows, in order, that make it up."""

    layout: TableLayout
    pieces: tuple[tuple[int, int], ...]

    def layout_at(self, start: int) -> TableLayout:
        """Return how the piece from a byte on is to be read: the first alone has byte order mark and header."""
        own = self.layout.encoding
        part = replace(own, bom=b"" if start else own.bom, alone=False)
        return replace(self.layout, encoding=part, begun=start > 0)


def cut(blocks: Blocks, size: int) -> Cut:
    """Cut a table in UTF-8, Windows-1252 or Latin-1 into pieces of `size` bytes, and then to the end of a row.

    Raises MalformedAsset or EmptyAsset as CsvReader does, LimitExceeded for a row of more than LONGEST bytes.
    """
    encoding, text = _begun(blocks)
    delimiter, separator = delimiter_of(text), separator_of(text)
    lines = _Lines(blocks(), len(encoding.bom) + len(separator))
    rows = rows_of(lines, delimiter)
    first = next(rows, None)
    if first is None:
        raise EmptyAsset("the table has no rows")
    header = _told(first, encoding)
    told, repeated, ends = Header(header).by_itself(), False, [0]
    for row in rows:
        repeated = repeated or (told is None and Header(header).is_repeated_in(_told(row, encoding)))
        lines.row = lines.read
        if lines.read - ends[-1] >= size:
            ends.append(lines.read)
    if ends[-1] < lines.read:
        ends.append(lines.read)
    if told is False or repeated:
        header = ()
    layout = TableLayout(encoding, delimiter, newline_of(text), header, columns_of(header or len(first)), separator)
    return Cut(layout, tuple(pairwise(ends)))


def _told(row: Sequence[str], encoding: Encoding) -> tuple[str, ...]:
    """Return the cells of a row of bytes as they are read: what is blank, and the same, is judged of letters."""
    return tuple(cell if cell.isascii() else encoding.decode(cell.encode("latin-1")) for cell in row)


def _begun(blocks: Blocks) -> tuple[Encoding, str]:
    """Return a file's encoding, which all of it must be in, and how its text begins."""
    head = b""
    for block in blocks():
        head = (head + block)[:HEAD]
        if len(head) == HEAD:
            break
    marked = head.startswith(codecs.BOM_UTF8)
    encoding = Encoding("utf-8", codecs.BOM_UTF8) if marked else unmarked(blocks)
    return encoding, head.removeprefix(encoding.bom).decode(encoding.name, "ignore")  # a letter may be cut at the end


class _Lines:
    """Yield lines, each byte as the letter of its number, and count how many bytes were `read`; `row` began there."""

    def __init__(self, blocks: Iterable[bytes], before: int) -> None:
        self.read = self.row = 0
        self._lines = _lines(blocks)
        self._before = before  # bytes of the first line that are of no row

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            skipped = self._before if self.read == 0 else 0
            self.read += len(line)
            if self.read - self.row > LONGEST:
                raise LimitExceeded(f"a row of more than {LONGEST} bytes: a quote may be left open")
            yield line[skipped:].decode("latin-1")


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends, of whatever kind."""
    left = b""
    for block in blocks:
        *whole, left = (left + block).splitlines(keepends=True) or [b""]
        yield from whole
        if len(left) > LONGEST:
            break
    yield from left.splitlines(keepends=True)

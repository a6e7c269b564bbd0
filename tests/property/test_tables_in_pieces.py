"""A table read in pieces of whole rows is the table read whole."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deid_core.errors import EmptyAsset, LimitExceeded, MalformedAsset, Quarantine, UncertainAsset
from deid_core.ingest import tables
from deid_core.ingest.records import CsvReader, TableLayout
from deid_core.keys import ProjectKey
from deid_core.model import Document, PartKind
from deid_core.pipeline import replace

KEY = ProjectKey(b"k" * 32)
CELL = st.text(st.sampled_from("ab7é\"'\n\r,;\t|\u2028😀 "), max_size=12)
LATIN = st.text(st.sampled_from("ab7é\"'\n\r,;\t| "), max_size=12)


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    """Yield bytes a block at a time."""
    return (data[at : at + size] for at in range(0, len(data), size))


def rows(document: Document) -> list[object]:
    """Return the rows of a table."""
    return [part.value for part in document.parts if part.kind is PartKind.RECORD]


def in_pieces(data: bytes, size: int, block: int) -> list[Document]:
    """Return the documents of a table's pieces."""
    found = tables.cut(lambda: blocks(data, block), size)
    assert b"".join(data[start:end] for start, end in found.pieces) == data
    reader = CsvReader()
    return [reader.read_as(data[start:end], "a", KEY, found.layout_at(start)) for start, end in found.pieces]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=12)),
    st.sampled_from([["mrn", "name", "note", "sex"], ["Anna", "7", "b", "7"], ["a", "", "b", "é"]]),
    st.sampled_from(",;\t|"),
    st.tuples(st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]), st.booleans()),
    st.integers(1, 60),
    st.integers(1, 30),
)
@example([["a\u2028"]], ["a", "", "b", "é"], ",", ("\n", "utf-8", False), 1, 1)
def test_pieces_are_the_table(
    body: list[list[str]],
    names: list[str],
    delimiter: str,
    written: tuple[str, str, bool],
    size: int,
    block: int,
) -> None:
    """Rows, columns, header, and the bytes that are written are those of the table whole, however it is cut."""
    newline, encoding, told = written
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    out.write(f"sep={delimiter}{newline}" if told else "")
    writer.writerows([names[: len(body[0])] if body else names, *body])
    data = out.getvalue().encode(encoding, "ignore")
    try:
        whole = CsvReader().read(data, "a", KEY)
    except Quarantine as error:  # another delimiter was told
        with pytest.raises(type(error), match=re.escape(str(error))):
            in_pieces(data, size, block)
        return
    found = in_pieces(data, size, block)
    assert [row for piece in found for row in rows(piece)] == rows(whole)
    assert {piece.part("layout").value.columns for piece in found} == {whole.part("layout").value.columns}
    assert b"".join(map(CsvReader().write, found)) == CsvReader().write(whole)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"a,b\n1,2\n1,2,3\n", MalformedAsset, "row 3 has 3 cells, the first has 2"),
        (b"a,b\n1,2\n3\n", MalformedAsset, "row 3 has 1 cells"),
        (b'a,b\n1,"2\n3,4\n', MalformedAsset, "a quote is left open"),
        (b'a,b\n1,"2"x\n', MalformedAsset, "misplaced"),
        (b"\n\r\n\n", EmptyAsset, "no rows"),
        (b"a,b\n1," + b"x" * 500, LimitExceeded, "a quote may be left open"),
        (b'a,b\n1,"' + b"x\n" * 300, LimitExceeded, "a quote may be left open"),
    ],
)
def test_a_table_that_does_not_hold_is_refused_before_it_is_cut(
    data: bytes, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ragged row is named by its number in the file; a quote left open is not followed to the file's end."""
    monkeypatch.setattr(tables, "LONGEST", 200)
    with pytest.raises(error, match=says):
        tables.cut(lambda: blocks(data, 7), 10)


def test_a_header_that_comes_again_is_none() -> None:
    """Whether the first row names columns is told by all rows, as of a table read whole: else a row would be lost."""
    data = b"Smith,f\n" + b"Jones,m\n" * 50 + b"Brown,f\n"
    assert tables.cut(lambda: blocks(data, 30), 40).layout.header == ()
    assert len([row for piece in in_pieces(data, 40, 30) for row in rows(piece)]) == 52


def test_what_the_encoding_lacks_is_never_written_into_a_part_of_a_file() -> None:
    """A file of two encodings could be read by nobody: the piece is refused, and with it the file."""
    data = b"name,note\n" + "José,x\n".encode("latin-1") * 9
    *_, last = in_pieces(data, 20, 30)
    layout: TableLayout = last.part("layout").value
    assert layout.encoding.name == "cp1252"
    parts = [replace(p, value={"name": "Łódź", "note": ""}) if p.kind is PartKind.RECORD else p for p in last.parts]
    with pytest.raises(UncertainAsset):
        CsvReader().write(replace(last, parts=tuple(parts)))

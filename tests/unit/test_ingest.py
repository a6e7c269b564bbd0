"""What a file is, is said by its content; its name may only contradict it."""

import io
import zipfile

import pytest

from deid_core import edit, ingest
from deid_core.errors import EmptyAsset, MalformedAsset, MismatchedFormat, Quarantine, UnsupportedFormat
from deid_core.keys import ProjectKey
from deid_core.legible import plain
from deid_core.model import CellRef, PartKind

KEY = ProjectKey(b"k" * 32)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def zipped() -> bytes:
    """Return a small archive that unpacks to much."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * 10**6)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"Seen today.\n", "note.txt", "text/plain"),
        (b"Seen today.\n", "note", "text/plain"),
        (b'{"text": "Seen."}\n', "notes", "application/jsonl"),
        (b'{"text": "Seen."}\n', "notes.jsonl", "application/jsonl"),
        (b"mrn,name\n1,a\n", "t.csv", "text/csv"),
        (b"mrn,name\n1,a\n", "t.txt", "text/plain"),
        (b"\0" * 128 + b"DICM" + b"\2\0\0\0", "x", "application/dicom"),
        (PNG, "scan.png", "image/png"),
        ("caf\xe9".encode("latin-1"), "note.txt", "text/plain"),
        ("\ufeffnote".encode("utf-16-le"), "note.txt", "text/plain"),
    ],
)
def test_content_says_what_a_file_is(data: bytes, name: str, kind: str) -> None:
    """Each format is known by its content, with or without a name."""
    assert ingest.media_type(data, name) == kind


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "note.txt", EmptyAsset),
        (b"", "scan.png", EmptyAsset),
        (b"Patient seen today.\n", "note.dcm", MismatchedFormat),
        (PNG, "scan.dcm", MismatchedFormat),
        (zipped(), "bomb.zip", UnsupportedFormat),
        (zipped(), "note.txt", UnsupportedFormat),
        (b"\x7fELF\x02\x01\x01\0\0\0", "program", UnsupportedFormat),
        (b"\xff\xfe\x00", "odd.txt", UnsupportedFormat),
        (bytes(range(256)), "noise.txt", UnsupportedFormat),
        ("note".encode("utf-16-le"), "note.txt", UnsupportedFormat),
        ("note".encode("utf-32"), "note.txt", UnsupportedFormat),
        (b"\xef\xbb\xbfn\0te", "note.txt", UnsupportedFormat),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "IMG_0001.AVIF", UnsupportedFormat),
        (b"GIF89a" + bytes(20), "clip.gif", UnsupportedFormat),
        (b"II+\0\x08\0\0\0" + bytes(20), "slide.svs", UnsupportedFormat),
    ],
)
def test_what_is_not_understood_is_set_aside(data: bytes, name: str, error: type[Quarantine]) -> None:
    """Empty, unknown, packed and wrongly named files each end with their own reason."""
    with pytest.raises(error):
        ingest.media_type(data, name)


@pytest.mark.parametrize(
    "data",
    [
        b"Line one\r\nLine two \xf0\x9f\x98\x80\r\n",
        b"\xef\xbb\xbfwith a mark",
        "Jos\xe9 M\xfcller\n".encode("latin-1"),
        "O\u2019Brien \u2014 \u201cok\u201d\n".encode("cp1252"),
        b"O\x81Brien \x8d\n",
        "Jos\xe9 M\xfcller\n".encode() + b"\xff \xe9t\xe9 \xe2\x80",
        "\ufeffשלום emoji \U0001f600\n".encode("utf-16-le"),
        "\ufeffbig".encode("utf-16-be"),
    ],
)
def test_a_note_goes_out_as_it_came_in(data: bytes) -> None:
    """Encoding, byte order mark and line ends survive."""
    document = ingest.read(data, "n.txt", "a", KEY)
    assert ingest.write(document) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("O\u2019Brien".encode("cp1252"), "O\u2019Brien"),
        ("Jos\xe9".encode("latin-1"), "Jos\xe9"),
        ("Jos\xe9 ".encode() + b"Garc\xeda", "Jos\xe9 Garc\xeda"),
        ("Jos\xe9".encode()[:-1] + " M\xfcller".encode(), "Jos\xc3 M\xfcller"),
        ("Jos\xe9 \U0010ffe9 ".encode() + b"\xff", "Jos\xc3\xa9 \xf4\x8f\xbf\xa9 \xff"),
    ],
)
def test_each_byte_is_read_as_somebody_wrote_it(data: bytes, text: str) -> None:
    """A byte of UTF-8 that is damaged spoils no other letter; what only looks like one makes the file Latin-1."""
    document = ingest.read(data, "n.txt", "a", KEY)
    assert plain(document.part("text").value) == text
    assert ingest.write(document) == data


def test_offsets_are_code_points_of_the_stored_text() -> None:
    """CRLF counts as two and an emoji as one."""
    text = ingest.read("a\r\n\U0001f600b".encode(), "n.txt", "a", KEY).part("text").value
    assert len(text) == 5
    assert text.index("b") == 4


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'mrn,name,note\n1,"Doe, Jane","two\nlines"\n2,Roe,\n', "t.csv"),
        (b"mrn;name\r\n1;Jane\r\n", "t.csv"),
        (b"mrn\tname\n1\tJane\n", "t.tsv"),
        (b"sep=;\r\nmrn;name, first\r\n1;Jane, Ann\r\n", "t.csv"),
        ('{"mrn": 12, "text": "Ünï", "deep": {"list": [1, null, true, "x"]}}\n'.encode(), "n.jsonl"),
        (b'{"a":1.50,"b":1E5,  "c":-0,"d":0.10000000000000000001,"e":NaN}\r\n', "n.jsonl"),
        (b' {"\\u0061b":"\\ud83d\\ude00 \\/","":[],"x":{}}\n', "n.jsonl"),
    ],
)
def test_records_go_out_as_they_came_in(data: bytes, name: str) -> None:
    """Delimiter, line ends, quoted cells, types and order of members survive."""
    assert ingest.write(ingest.read(data, name, "a", KEY)) == data


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a,b\n1,2,3\n", "t.csv"),
        (b'a,b\n1,"2\n', "t.csv"),
        (b'{"a": 1, "a": 2}\n', "n.jsonl"),
        (b'{"a": 1}\n[1]\n', "n.jsonl"),
        (b'{"a": 1}\n{"b": \n', "n.jsonl"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}\n", "n.jsonl"),
        (b'{"a": 1' + b"0" * 5000 + b"}\n", "n.jsonl"),
    ],
)
def test_half_understood_records_are_set_aside(data: bytes, name: str) -> None:
    """A table with ragged rows or an open quote, and a line that is not one plain object, are malformed."""
    with pytest.raises(MalformedAsset):
        ingest.read(data, name, "a", KEY)


def test_what_changes_in_an_object_is_all_that_changes() -> None:
    """Numbers keep their digits, members their spelling and spaces; members without a name are told apart."""
    line = '{ "a" :1.50, "b":["x: \\"y\\", z",{"c":1E5}], "":{"a":"inner","":"both"},"d":"\\u004a" }\n'
    document = ingest.read(line.encode(), "n.jsonl", "a", KEY)
    edits = [
        (CellRef("row/0", 0, "b/0", 3, 6), "<NAME>"),
        (CellRef("row/0", 0, "b/1/c"), None),
        (CellRef("row/0", 0, "/a", 0, 2), "Ou"),
        (CellRef("row/0", 0, "/"), "é"),
    ]
    once = edit.put(edit.put(document, edits[:2]), edits[2:])
    said = line.replace('\\"y\\"', "<NAME>").replace("1E5", "null").replace("inner", "Ouner").replace("both", "é")
    assert ingest.write(once).decode() == said
    assert ingest.write(edit.put(document, [(CellRef("row/0", 0, "a"), "gone")])).decode() == line.replace(
        "1.50", '"gone"'
    )


def test_a_table_without_a_header_loses_no_row() -> None:
    """A first row of data is a row; its columns are numbered."""
    document = ingest.read(b"4411,jane@example.org\n4412,joe@example.org\n", "t.csv", "a", KEY)
    rows = [part for part in document.parts if part.kind is PartKind.RECORD]
    assert [list(row.value) for row in rows] == [["column_1", "column_2"]] * 2
    assert ingest.write(document).count(b"\n") == 2


def test_a_table_that_names_its_delimiter_is_read_by_it() -> None:
    """The line by which Excel is told the delimiter is no row: the next one names the columns."""
    document = ingest.read(b"sep=;\nmrn;name\n1234567;Doe, Jane\n", "t.csv", "a", KEY)
    assert document.part("row/0").value == {"mrn": "1234567", "name": "Doe, Jane"}


def test_a_document_never_shows_its_values() -> None:
    """The repr of a document with a name in it does not hold the name."""
    document = ingest.read(b"Patient: Zebulon Quux\n", "n.txt", "a", KEY)
    assert "Zebulon" not in repr(document)
    table = ingest.read(b"name\nZebulon Quux\n", "t.csv", "a", KEY)
    assert "Zebulon" not in repr(table)


@pytest.mark.parametrize(
    ("name", "kind", "fits"),
    [
        ("IMG_0001.HEIC", "image/png", "IMG_0001.HEIC.png"),
        ("scan.png", "image/png", "scan.png"),
        ("notes.csv", "text/plain", "notes.csv"),
        ("IM0001", "application/dicom", "IM0001"),
    ],
)
def test_a_kept_name_claims_what_the_output_is(name: str, kind: str, fits: str) -> None:
    """What leaves as another format has that one's suffix behind its old name."""
    assert ingest.fitting(name, kind) == fits

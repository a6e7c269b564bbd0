"""What a file is, is said by its content; its name may only contradict it."""

import io
import zipfile

import pytest

from deid_core import ingest
from deid_core.errors import EmptyAsset, MalformedAsset, MismatchedFormat, Quarantine, UnsupportedFormat
from deid_core.keys import ProjectKey
from deid_core.model import PartKind

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
        "\ufeffשלום emoji \U0001f600\n".encode("utf-16-le"),
        "\ufeffbig".encode("utf-16-be"),
    ],
)
def test_a_note_goes_out_as_it_came_in(data: bytes) -> None:
    """Encoding, byte order mark and line ends survive."""
    document = ingest.read(data, "n.txt", "a", KEY)
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
        ('{"mrn": 12, "text": "Ünï", "deep": {"list": [1, null, true, "x"]}}\n'.encode(), "n.jsonl"),
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


def test_a_table_without_a_header_loses_no_row() -> None:
    """A first row of data is a row; its columns are numbered."""
    document = ingest.read(b"4411,jane@example.org\n4412,joe@example.org\n", "t.csv", "a", KEY)
    rows = [part for part in document.parts if part.kind is PartKind.RECORD]
    assert [list(row.value) for row in rows] == [["column_1", "column_2"]] * 2
    assert ingest.write(document).count(b"\n") == 2


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

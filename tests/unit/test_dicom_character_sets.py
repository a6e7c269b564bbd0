"""Texts of every character set that DICOM defines: read, edited and written without a letter lost or hidden."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest

from deid_core.ingest import elements
from deid_core.ingest.charsets import defined
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.elements import copy_of
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind, TagPath

PREAMBLE = bytes(128) + b"DICM"


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return an element in explicit VR little endian."""
    value += b" " * (len(value) % 2)
    return (
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + vr
        + len(value).to_bytes(2, "little")
        + value
    )


def a_file(declared: bytes, name: bytes, comment: bytes) -> bytes:
    """Return a file of a few texts, its bytes put together by hand."""
    meta = element(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    head = element(0x00020000, b"UL", len(meta).to_bytes(4, "little"))
    texts = element(0x00100010, b"PN", name) + element(0x00104000, b"LT", comment)
    return PREAMBLE + head + meta + element(0x00080005, b"CS", declared) + texts


def texts_of(data: bytes) -> tuple[str, str, str]:
    """Return (character set, name, comment) of a file as it is read."""
    dataset = DicomReader().read(data, "asset", ProjectKey(bytes(32))).part("dataset").value
    return (
        (elements.text_of(dataset[0x00080005]) or "") if 0x00080005 in dataset else "",
        elements.text_of(dataset[0x00100010]) or "",
        elements.text_of(dataset[0x00104000]) or "",
    )


def written(data: bytes, edits: list[elements.Edit]) -> bytes:
    """Read a file, edit it, and write it."""
    key = ProjectKey(bytes(32))
    dataset = copy_of(DicomReader().read(data, "asset", key).part("dataset").value)
    elements.put(dataset, edits)
    return DicomReader().write(
        Document("asset", "application/dicom", "s", (Part("dataset", PartKind.DATASET, dataset),))
    )


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("ISO_IR 6", "ascii", "Doe^Jane"),
        ("", "ascii", "Doe^Jane"),
        ("ISO_IR 100", "latin-1", "Müller^Zoë"),
        ("ISO_IR 101", "iso8859_2", "Wałęsa^Łucja"),
        ("ISO_IR 109", "iso8859_3", "Ĝis^Ħal"),
        ("ISO_IR 110", "iso8859_4", "Ķēniņš^Ģirts"),
        ("ISO_IR 144", "iso8859_5", "Люкceмбypг^Ж"),
        ("ISO_IR 127", "iso8859_6", "قباني^لنزار"),
        ("ISO_IR 126", "iso8859_7", "Διονυσιος"),
        ("ISO_IR 138", "iso8859_8", "שרון^דבורה"),
        ("ISO_IR 148", "iso8859_9", "Çavuşoğlu^İ"),
        ("ISO_IR 166", "tis_620", "สมชาย^ใจดี"),
        ("ISO_IR 203", "iso8859_15", "Œuvre^Š€"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "utf-8", "Wang^XiaoDong=王^小东=𠮷"),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
        ("GBK", "gbk", "Wang^XiaoDong=王^小东"),
        ("GB18030", "gb18030", "俓^한글"),
    ],
)
def test_a_name_of_one_character_set_comes_in_and_goes_out(declared: str, codec: str, text: str) -> None:
    """The text is read as it was written, and after an edit elsewhere it is written so that it is read again."""
    data = a_file(declared.encode(), text.encode(codec), f"for {text}".encode(codec))
    assert texts_of(data) == (declared, text, f"for {text}")
    out = written(data, [(TagPath("dataset", "00104000", 0, 3), "of")])
    mixed = declared == "ISO_IR 13"  # Latin and katakana in one text: pydicom writes no such, so UTF-8 holds it
    assert texts_of(out) == ("ISO_IR 192" if mixed else declared, text, f"of {text}")


@pytest.mark.parametrize(
    ("declared", "raw", "text"),
    [
        (r"\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        (r"ISO 2022 IR 13\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田"),
        (r"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
        (r"\ISO 2022 IR 58", b"Zhang=\x1b$)A\xd5\xc5", "Zhang=张"),
        (r"ISO 2022 IR 6\ISO 2022 IR 144", b"A\x1b-L\xbb\xee", "AЛю"),
        (r"ISO 2022 IR 6\ISO 2022 IR 203", b"A\x1b-b\xbc", "AŒ"),
        (r"ISO 2022 IR 100\ISO 2022 IR 126", b"Z\xeb^\x1b-F\xc4", "Zë^Δ"),
    ],
)
def test_a_name_of_several_character_sets_comes_in_and_goes_out(declared: str, raw: bytes, text: str) -> None:
    """Escape sequences choose among the sets, both ways."""
    data = a_file(declared.encode(), raw, raw)
    assert texts_of(data)[1:] == (text, text)
    out = written(data, [(TagPath("dataset", "00104000"), "gone")])
    assert texts_of(out)[1:] == (text, "gone")


@pytest.mark.parametrize(
    ("declared", "raw", "text"),
    [
        ("ISO-IR 100", "Müller".encode("latin-1"), "Müller"),
        ("ISO_IR_192", "Müller".encode(), "Müller"),
        ("iso ir 100", "Müller".encode("latin-1"), "Müller"),
        ("ISO-2022-IR-6", b"Doe", "Doe"),
        ("UTF-8", "Müller".encode(), "Müller"),
        ("WINDOWS-1252", "Müller".encode("latin-1"), "Müller"),
        ("ISO 2622 IR 13", b"Doe", "Doe"),
        ("ROT13", b"Doe^Jane", "Doe^Jane"),
        ("UTF-7", b"Doe+AAE-^Jane", "Doe+AAE-^Jane"),
        ("utf_16", b"Doe^Jane", "Doe^Jane"),
        (r"ISO_IR 192\ISO 2022 IR 87", "Müller".encode(), "Müller"),
        ("ISO_IR 999", b"Doe", "Doe"),
        (r"\UNICODE", "Zoë".encode(), "Zoë"),
    ],
)
def test_a_character_set_that_nobody_defines_hides_no_text(declared: str, raw: bytes, text: str) -> None:
    """Misspelt terms are mended; with foreign ones, names of codecs too, every byte is read as text, and said so."""
    data = a_file(declared.encode(), raw, raw)
    assert texts_of(data)[1:] == (text, text)
    out = written(data, [])
    charset = texts_of(out)[0]
    assert defined(charset.split("\\")) == charset.split("\\")
    assert str(pydicom.dcmread(BytesIO(out)).PatientName) == text


@pytest.mark.parametrize("declared", ["", "ISO_IR 100", "ISO_IR 6"])
def test_a_name_behind_an_undeclared_escape_sequence_is_read(declared: str) -> None:
    """Letters of a set that a text switches to are read although the file does not declare it."""
    raw = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    data = a_file(declared.encode(), raw, b"for \x1b$B;3ED\x1b(B")
    if not declared:
        data = data.replace(element(0x00080005, b"CS", b""), b"")
    assert texts_of(data)[1:] == ("Yamada^Tarou=山田^太郎", "for 山田")
    assert texts_of(written(data, []))[1:] == ("Yamada^Tarou=山田^太郎", "for 山田")


def test_bytes_that_are_no_text_of_the_declared_set_are_still_searched() -> None:
    """A text of another encoding than declared is read in part; what can be read is."""
    data = a_file(b"ISO_IR 192", "Müller^Zoë".encode("latin-1"), b"seen by Doe, M\xfcller")
    _, name, comment = texts_of(data)
    assert "ller^Zo" in name
    assert "seen by Doe" in comment
    written(data, [])

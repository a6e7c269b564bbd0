"""What an image says besides its picture is found, named and taken away whole."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from deid_core import edit, registry
from deid_core.decide import decide
from deid_core.detect.image_metadata import ImageMetadata
from deid_core.entities import EntityType
from deid_core.errors import LimitExceeded
from deid_core.ingest.image import ImageReader
from deid_core.ingest.image_ifd import directory
from deid_core.ingest.image_metadata_read import LONGEST, MOST_NAMES, of_exif, orientation, shown
from deid_core.ingest.records import leaves
from deid_core.keys import ProjectKey
from deid_core.model import Action, Document, Finding, Part, PartKind, Verdict
from deid_core.policy import Policy, load_policy, shipped

PICTURE = Image.new("RGB", (16, 16), (40, 80, 120))


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Give the shipped Safe Harbor policy."""
    return load_policy("safe_harbor")


def an_exif(turn: int = 1) -> Image.Exif:
    """Make an Exif block with its nested directories."""
    block = Image.Exif()
    block[0x0112], block[0x013B], block[0x9C9D] = turn, "Zsofia Marlow", "Ané".encode("utf-16-le")
    block.get_ifd(0x8769).update({0xA431: "SN-4471-Q", 0x9003: "2024:01:02 03:04:05", 0x9286: b"ASCII\0\0\0seen today"})
    block.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.5)})
    return block


def saved(kind: str, **options: object) -> bytes:
    """Return the picture's file."""
    out = BytesIO()
    PICTURE.save(out, kind, **options)
    return out.getvalue()


def with_exif(kind: str) -> bytes:
    """Return the picture's file with Exif; Pillow writes a TIFF's nested directories from dictionaries only."""
    if kind != "TIFF":
        return saved(kind, exif=an_exif())
    block, info = an_exif(), TiffImagePlugin.ImageFileDirectory_v2()
    info[0x013B], info[0x0112] = block[0x013B], 1
    for tag in (0x8769, 0x8825):
        info[tag] = block.get_ifd(tag)
        info.tagtype[tag] = 4
    return saved(kind, tiffinfo=info)


def metadata(data: bytes, key: ProjectKey) -> dict[str, str]:
    """Return what is read of a file's metadata."""
    return ImageReader().read(data, "a", key).part("metadata").value


def segment(marker: int, payload: bytes) -> bytes:
    """Return a JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_is_named_as_exif_names_it(kind: str, key: ProjectKey) -> None:
    """The directories of Exif are read from each format under the same names."""
    found = metadata(with_exif(kind), key)
    main = "TIFF/" if kind == "TIFF" else "EXIF/"
    assert found[main + "Artist"] == "Zsofia Marlow"
    assert found["EXIF/BodySerialNumber"] == "SN-4471-Q"
    assert found["EXIF/DateTimeOriginal"] == "2024:01:02 03:04:05"
    assert found["EXIF/UserComment"] == "seen today"
    assert found["GPS/GPSLatitude"] == "51, 30, 12.5"
    assert kind == "TIFF" or found["EXIF/XPAuthor"] == "Ané"
    assert not [name for name in found if "Orientation" in name]


def test_every_kind_of_jpeg_segment_is_named(key: ProjectKey) -> None:
    """Comments, XMP, IPTC, Photoshop's resources, unknown segments and what trails are each an entry."""
    iptc = b"\x1c\x02\x50\x00\x05Ferro\x1c\x02\x37\x00\x0820240102"
    resources = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
    extra = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>Ferro</x>") + segment(0xED, resources)
    extra += segment(0xFE, b"second") + segment(0xE9, b"\x00\x01\x02\xff" * 9)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved("JPEG", comment=b"first", icc_profile=profile)
    found = metadata(data[:2] + extra + data[2:] + b"after the end", key)
    assert {name for name in found if not name.startswith("ICC/")} == {
        *("XMP", "IPTC/By-line", "IPTC/DateCreated", "JPEG/COM", "JPEG/COM 2", "JPEG/APP9", "trailing bytes")
    }
    assert found["IPTC/By-line"] == "Ferro"
    assert {found["JPEG/COM"], found["JPEG/COM 2"]} == {"first", "second"}
    assert found["trailing bytes"] == "after the end"
    assert found["JPEG/APP9"] == "36 bytes"
    assert "sRGB" in found["ICC/description"]


def test_every_kind_of_png_chunk_is_named(key: ProjectKey) -> None:
    """Texts, packed or not, times, profiles and unknown chunks are each an entry."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Ferro")
    info.add_text("Comment", "packed words", zip=True)
    info.add_itxt("Title", "Ané", "en", "titre", zip=True)
    data = saved("PNG", pnginfo=info)
    for kind, payload in ((b"tIME", b"\x07\xe8\x01\x02\x03\x04\x05"), (b"prVt", b"private words")):
        chunk = kind + payload
        data = data[:-12] + struct.pack(">I", len(payload)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[-12:]
    assert metadata(data, key) == {
        "PNG/tEXt/Author": "Ferro",
        "PNG/zTXt/Comment": "packed words",
        "PNG/iTXt/Title": "Ané",
        "PNG/tIME": "2024-01-02-03-04-05",
        "PNG/prVt": "private words",
    }


def test_each_page_of_a_tiff_is_read(key: ProjectKey) -> None:
    """Tags of later pages are named with the page's number; the layout of a page is no metadata."""
    out = BytesIO()
    pages = [Image.new("L", (8, 8)) for _ in range(2)]
    pages[0].encoderinfo, pages[1].encoderinfo = {}, {}
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], tiffinfo={270: "for Ferro"}, dpi=(300, 300))
    assert metadata(out.getvalue(), key) == {
        "TIFF/ImageDescription": "for Ferro",
        "TIFF/page 2/ImageDescription": "for Ferro",
    }


def test_an_image_without_metadata_has_none(key: ProjectKey) -> None:
    """A bare file of each format gives an empty record."""
    assert [metadata(saved(kind), key) for kind in ("PNG", "JPEG", "TIFF")] == [{}, {}, {}]


def test_a_broken_exif_block_is_named_and_turns_nothing() -> None:
    """What cannot be read of Exif does not stop the image: none of it is written."""
    whole = an_exif(turn=6).tobytes().removeprefix(b"Exif\0\0")
    assert orientation(whole) == 6
    for end in range(len(whole)):
        assert orientation(whole[:end]) in (1, 6)
        assert all(isinstance(text, str) for _, text in of_exif(whole[:end]))
    assert of_exif(b"nothing of the kind") == [("EXIF", "nothing of the kind")]
    assert orientation(b"nothing of the kind") == 1


def test_directories_that_point_at_themselves_end() -> None:
    """A circle of nested directories is left after a few turns."""
    entry = struct.pack("<HHII", 34665, 4, 1, 8)
    data = b"II*\0" + struct.pack("<IH", 8, 3) + entry * 3 + struct.pack("<I", 8)
    assert len(directory(data, 8).entries) == 3
    assert of_exif(data) == []


def test_entries_without_number_are_set_aside(key: ProjectKey) -> None:
    """A file of more comments, or larger directories, than any real one has is refused rather than listed."""
    data = saved("JPEG")
    with pytest.raises(LimitExceeded):
        metadata(data[:2] + segment(0xFE, b"a") * (MOST_NAMES + 1) + data[2:], key)
    with pytest.raises(LimitExceeded):
        directory(b"II*\0" + struct.pack("<IH", 8, 60_000) + bytes(60_000 * 12 + 4), 8)


def test_texts_are_of_bounded_length() -> None:
    """A text of any length is cut, bytes that are no text are counted."""
    assert len(shown(b"a" * 10**6)) == LONGEST
    assert shown(bytes(range(256)) * 100) == "25600 bytes"
    assert shown(b"two\0words\0") == "two words"
    assert shown(b"a" + "é".encode() * LONGEST) == "a" + "é" * ((LONGEST - 1) // 2)


LABELS = {
    "GPS/GPSLatitude": EntityType.ADDRESS,
    "IPTC/City": EntityType.ADDRESS,
    "EXIF/Artist": EntityType.NAME,
    "EXIF/CameraOwnerName": EntityType.NAME,
    "PNG/tEXt/Author": EntityType.NAME,
    "IPTC/By-line": EntityType.NAME,
    "TIFF/page 2/Copyright": EntityType.NAME,
    "EXIF/DateTimeOriginal": EntityType.DATE,
    "PNG/tIME": EntityType.DATE,
    "EXIF/BodySerialNumber": EntityType.DEVICE,
    "XMP": EntityType.ID,
    "trailing bytes": EntityType.ID,
}


@pytest.mark.parametrize("name", LABELS)
def test_an_entry_is_labelled_by_its_name(name: str, policy: Policy) -> None:
    """A name says what its value is; whatever says nothing is an ID."""
    (found,) = ImageMetadata(policy).find_in(Part("metadata", PartKind.RECORD, {name: "some value"}), policy)
    assert found.entity_type is LABELS[name]
    assert (found.score, found.rule, found.detector) == (1.0, "image_metadata", "image_metadata")


def test_rows_of_a_table_are_no_metadata(policy: Policy) -> None:
    """Only the part of that name is an image's metadata; entries without a value are nothing."""
    detector = ImageMetadata(policy)
    assert not list(detector.find_in(Part("row/0", PartKind.RECORD, {"EXIF/Artist": "some value"}), policy))
    assert not list(detector.find_in(Part("metadata", PartKind.RECORD, {"EXIF/Artist": None, "XMP": ""}), policy))


def found_in(document: Document, policy: Policy) -> list[Finding]:
    """Return what the registered detector finds in a document's metadata."""
    detector = registry.load("detectors", "image_metadata")(policy)
    return list(detector.find_in(document.part("metadata"), policy))


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_every_entry_is_removed_through_its_location(kind: str, name: str, key: ProjectKey) -> None:
    """Names with slashes lead back to their cells: each is read, decided to go, and gone, under every policy."""
    policy = load_policy(name)
    document = ImageReader().read(with_exif(kind), "a", key)
    findings = found_in(document, policy)
    entries = document.part("metadata").value
    assert len(findings) == len(entries) > 4
    assert [edit.get(document, finding.location) for finding in findings] == list(entries.values())
    decisions = [decide(finding, policy) for finding in findings]
    assert {(decision.verdict, decision.action) for decision in decisions} == {(Verdict.TRANSFORM, Action("remove"))}
    cleaned = edit.put(document, [(finding.location, None) for finding in findings])
    assert set(cleaned.part("metadata").value.values()) == {None}
    assert not found_in(cleaned, policy)
    assert ImageReader().write(cleaned) == ImageReader().write(document)


def test_names_of_any_letters_lead_back(policy: Policy, key: ProjectKey) -> None:
    """A keyword that a file chose, with slashes and tildes in it, is found and removed as well."""
    info = PngImagePlugin.PngInfo()
    info.add_text("a/b~1c~", "some value")
    document = ImageReader().read(saved("PNG", pnginfo=info), "a", key)
    (finding,) = found_in(document, policy)
    assert edit.get(document, finding.location) == "some value"
    cleaned = edit.put(document, [(finding.location, None)])
    assert list(leaves(cleaned.part("metadata").value)) == [("PNG~1tEXt~1a~1b~01c~0", None)]

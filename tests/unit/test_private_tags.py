"""Private attributes by their creator: which stay under Retain Safe Private, which are read, and which go."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from deid_core.detect.dicom_tags import DicomTags
from deid_core.extract.dicom import dataset_views
from deid_core.ingest.actions import is_wordless
from deid_core.ingest.dicom import DicomReader
from deid_core.keys import ProjectKey
from deid_core.model import Document, TagPath
from deid_core.policy import DicomRules, load_policy
from deid_core.standards import private_tags

SAFE = "retain_safe_private"
GE = "GEMS_ACQU_01"


def a_file(private: Dataset, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """Make a CT file with the private elements of a dataset."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        syntax,
        CTImageStorage,
        "1.2",
    )
    dataset = FileDataset("", private, bytes(128), meta, syntax.is_implicit_VR, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.PatientID = CTImageStorage, "1.2", "471123"
    dataset.PatientName = "Doe^Jane"
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def rules(data: bytes, key: ProjectKey, *options: str) -> tuple[dict[str, str], dict[str, str], Document]:
    """Return the rules of the findings at private elements by path, the private texts that are read, the document."""
    policy = load_policy("safe_harbor").model_copy(update={"dicom": DicomRules(options=options)})
    document = DicomReader().read(data, "asset", key)
    part = document.part("dataset")
    found = {
        finding.location.path: finding.rule
        for finding in DicomTags(policy).find_in(part, policy)
        if isinstance(finding.location, TagPath) and int(finding.location.path[:4], 16) % 2
    }
    views = {
        view.segments[0].location.path: view.text  # type: ignore[union-attr]
        for view in dataset_views(document, part, policy)
        if view.source == "private"
    }
    return found, views, document


def a_block(creator: str, group: int, elements: dict[int, tuple[str, object]], first: int = 0x10) -> Dataset:
    """Make a private block of (VR, value) by the last two digits of the element."""
    dataset = Dataset()
    dataset.add_new((group << 16) | first, "LO", creator)
    for element, (vr, value) in elements.items():
        dataset.add_new((group << 16) | first << 8 | element, vr, value)
    return dataset


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian], ids=lambda one: one.name)
def test_a_known_block_stays_and_its_unknown_elements_go(syntax: UID, key: ProjectKey) -> None:
    """GE's acquisition numbers stay; an element of the same block that nobody vouches for goes."""
    data = a_file(a_block(GE, 0x0019, {0x02: ("SL", 912), 0x0F: ("DS", "195.5"), 0xFE: ("LO", "Jane")}), syntax)
    found, _, _ = rules(data, key, SAFE)
    assert set(found.items()) == {("001910FE", "PS3.15/X")}


def test_without_the_option_all_private_elements_go(key: ProjectKey) -> None:
    """Safe ones too, and the name of the creator."""
    found, views, _ = rules(a_file(a_block(GE, 0x0019, {0x02: ("SL", 912)})), key)
    assert found == {"00190010": "PS3.15/X", "00191002": "PS3.15/X"}
    assert views == {}


def test_a_block_counts_by_its_creator_wherever_it_stands(key: ProjectKey) -> None:
    """The same numbers in another block are the same elements; the same place under another creator is another."""
    elements: dict[int, tuple[str, object]] = {0x02: ("SL", 912)}
    assert rules(a_file(a_block(GE, 0x0019, elements, first=0x42)), key, SAFE)[0] == {}
    stranger = rules(a_file(a_block("ACME PACS", 0x0019, elements)), key, SAFE)[0]
    assert stranger == {"00190010": "PS3.15/X", "00191002": "PS3.15/X"}
    elsewhere = rules(a_file(a_block(GE, 0x0021, elements)), key, SAFE)[0]
    assert elsewhere == {"00210010": "PS3.15/X", "00211002": "PS3.15/X"}


def test_an_element_without_a_creator_goes(key: ProjectKey) -> None:
    """An orphan, whose block nobody reserved, is nobody's."""
    orphan = Dataset()
    orphan.add_new(0x00191002, "SL", 912)
    assert rules(a_file(orphan), key, SAFE)[0] == {"00191002": "PS3.15/X"}


def test_texts_that_stay_are_read_and_names_of_blocks_are_not(key: ProjectKey) -> None:
    """A comment in a safe element goes the way of all text; the creator is left, or its block would mean nothing."""
    safe = a_block("TOSHIBA_MEC_CT3", 0x7005, {0x11: ("LT", "for Jane Doe")})
    found, views, _ = rules(a_file(safe), key, SAFE)
    assert found == {}
    assert views == {"70051011": "for Jane Doe"}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ((SAFE,), "PS3.15/X"),
        ((SAFE, "retain_long_modified_dates"), ""),
        ((SAFE, "retain_long_full_dates"), None),
    ],
)
def test_a_private_date_goes_with_the_others(options: tuple[str, ...], rule: str | None, key: ProjectKey) -> None:
    """It is removed, shifted by the policy's rule, or left, as dates of the standard are; one in other form goes."""
    data = a_file(a_block("GEMS_PETD_01", 0x0009, {0x0D: ("DT", "20190304101500"), 0x39: ("LO", "4 March")}))
    found, _, _ = rules(data, key, *options)
    assert found.get("0009100D") == rule
    assert found["00091039"] == "PS3.15/X"


def test_a_private_uid_is_mapped(key: ProjectKey) -> None:
    """A reference in a safe element leads where the mapped file is; a UID that is no UID goes."""
    data = a_file(a_block("GEMS_PARM_01", 0x0043, {0x88: ("UI", "1.2.3.4"), 0x98: ("LO", "1.2.3.4")}))
    assert rules(data, key, SAFE)[0] == {"00431088": "PS3.15/U", "00431098": "PS3.15/X"}


def test_items_of_a_safe_sequence_are_judged_on_their_own(key: ProjectKey) -> None:
    """A patient's name in a private sequence that stays goes, as does a stranger's element in it."""
    item = a_block("Philips MR Imaging DD 005", 0x2005, {0x06: ("SS", 2), 0xFE: ("LO", "Jane")})
    item.PatientName = "Doe^Jane"
    assert private_tags.fate_of("Philips Imaging DD 001", 0x20011068) == "keep"
    data = a_file(a_block("Philips Imaging DD 001", 0x2001, {0x68: ("SQ", [item])}))
    found, _, _ = rules(data, key, SAFE)
    assert set(found) == {"20011068[0].00100010", "20011068[0].200510FE"}


@pytest.mark.parametrize(
    ("value", "stays"),
    [
        (b"\x00\x01\x02\xff", True),
        (bytes(4096), True),
        (b"", True),
        (b"\x00\x01Jane\x00", False),
        ("Jane".encode("utf-16-le"), False),
        (b"\x00\x01abc\x02", True),  # three letters occur in any bytes
        (b"\x011234567890\x02", False),  # a number as long as a record's
        (b"\x011.50\x02", True),
    ],
)
def test_bytes_stay_where_no_word_stands_in_them(value: bytes, stays: bool, key: ProjectKey) -> None:
    """Bytes of a safe element are looked through for words and long numbers; nobody can clean them."""
    assert is_wordless(value) is stays
    padded = value + b"\0" * (len(value) % 2)
    data = a_file(a_block("GEMS_SENO_02", 0x0045, {0x71: ("OB", padded)}))
    assert (rules(data, key, SAFE)[0] == {}) is stays


@pytest.mark.parametrize("value", [b"\x05\x00", b"for Jane"])
def test_an_element_of_unknown_representation_is_looked_through(value: bytes, key: ProjectKey) -> None:
    """UN under a creator that we know, of a tag that pydicom's dictionary lacks, is judged as bytes are."""
    data = a_file(a_block("ELEKTA GAMMAPLAN", 0x0009, {0x20: ("UN", value)}))
    found, _, document = rules(data, key, SAFE)
    assert document.part("dataset").value[0x00091020].VR == "UN"
    assert (found == {}) is (value == b"\x05\x00")


def test_the_table_is_whole() -> None:
    """Every creator has groups that are odd, fates that are ours, and elements of two digits, each once."""
    places: list[tuple[str, str, str]] = []
    for creator, groups in private_tags.table().items():
        assert creator == creator.strip()
        for group, fates in groups.items():
            assert int(group, 16) % 2 == 1
            assert set(fates) <= {"keep", "uid", "date"}
            places += [(creator, group, element) for held in fates.values() for element in held.split()]
    assert len(places) == len(set(places)) > 2300
    assert {len(element) for _, _, element in places} == {2}

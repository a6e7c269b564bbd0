"""How descriptions are shown to the text detectors, and which coded texts are not read at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from deid_core.extract.descriptors import is_trade, shown, version
from deid_core.extract.dicom import dataset_views
from deid_core.model import Document, Part, PartKind
from deid_core.policy import load_policy
from deid_core.standards.coding_schemes import is_code, is_scheme, is_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HEAD ROUTINE", "head routine"),
        ("Thorax^Routine", "thorax routine"),
        ("CT CHEST for DOE^JANE", "ct chest for DOE^JANE"),
        ("KOWALCZYK", "KOWALCZYK"),
        ("DR CHAMBERS", "DR CHAMBERS"),  # a title before a word that is also a name
        ("US HEART CHAMBERS", "us heart chambers"),
        ("MRI BRAIN Smith", "mri brain Smith"),
        ("t1_mprage_sag", "t1_mprage_sag"),
        ("MRI W WO CONTRAST", "mri w wo contrast"),
        ("İSTANBUL HEAD", "İSTANBUL head"),  # a letter whose small form is longer
        ("HEAD MRN SE6990D053980", "head MRN SE6990D053980"),  # letters of a code are no words
        ("CTA Colon General Hospital", "cta Colon General Hospital"),
    ],
)
def test_a_short_text_is_shown_with_small_words_of_the_trade(text: str, expected: str) -> None:
    """Names keep their capitals and their caret, words of the trade lose theirs."""
    assert shown(text, short=True) == expected


def test_prose_is_shown_as_it_is_but_for_capitals() -> None:
    """A sentence's capitals say something; a word in capitals only does not."""
    text = "Head injury. CT HEAD by Smith"
    assert shown(text, short=False) == "Head injury. ct head by Smith"


@given(st.text(max_size=80), st.booleans())
def test_what_is_shown_has_the_length_of_what_is_stored(text: str, short: bool) -> None:
    """Every character keeps its place, and differs by its case or a caret at most."""
    made = shown(text, short=short)
    assert len(made) == len(text)
    assert all(a == b or b.lower() == a or (a, b) == (" ", "^") for a, b in zip(made, text, strict=True))


@given(st.text(max_size=80))
def test_versions_are_shown_in_place(text: str) -> None:
    """Dots between digits give way, nothing moves."""
    assert len(version(text)) == len(text)
    assert version("2.6.3.7 of 3.1.62") == "2_6_3_7 of 3_1_62"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CT CHEST W CONTRAST", True),
        ("HEAD", True),
        ("CHAMBERS", False),  # alone it may be a name
        ("CT CHEST SMITH", False),
        ("ORDERING MD: CHAMBERS", False),
        ("", True),
    ],
)
def test_a_text_of_the_trade_is_told_from_others(text: str, expected: bool) -> None:
    """One word that nobody knows is enough to ask the model of language."""
    assert is_trade(text) is expected


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("SCT", "85756007", True),
        ("SCT", "85756008", False),  # a wrong check digit: a record's number under a scheme's name
        ("SCT", "433465004", True),
        ("DCM", "121071", True),
        ("DCM", "4711", False),
        ("SRT", "T-A0100", True),
        ("LN", "59776-5", True),
        ("SCT", "Jane Doe", False),
        ("99LOCAL", "121071", False),
        ("", "121071", False),
    ],
)
def test_a_code_is_one_of_its_scheme(scheme: str, value: str, expected: bool) -> None:
    """What calls itself a code is left unread only where it can be one."""
    assert is_code(scheme, value) is expected


def test_schemes_and_versions() -> None:
    """A local scheme is none that is published; a name is no version."""
    assert is_scheme("SCT ")
    assert not is_scheme("99DOE")
    assert is_version("20091021")
    assert is_version("V1.4")
    assert not is_version("Jane")


def sources(dataset: Dataset) -> set[str]:
    """Return the keywords of what is read of a dataset."""
    held = FileDataset("", dataset, file_meta=FileMetaDataset(), is_implicit_VR=False, is_little_endian=True)
    part = Part("dataset", PartKind.DATASET, held)
    document = Document("asset", "application/dicom", "subject", (part,))
    return {view.source for view in dataset_views(document, part, load_policy("safe_harbor"))}


@pytest.mark.parametrize(
    ("scheme", "code", "read"),
    [
        ("SCT", "85756007", {"CodeMeaning"}),
        ("SCT", "12345678", {"CodeMeaning", "CodeValue"}),
        ("99DOE", "85756007", {"CodeMeaning", "CodeValue", "CodingSchemeDesignator"}),
    ],
)
def test_codes_of_published_vocabularies_are_not_read(scheme: str, code: str, read: set[str]) -> None:
    """A long number is a SNOMED CT concept where it can be one; a local code may be anything."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, scheme, "Tissue"
    dataset = Dataset()
    dataset.AnatomicRegionSequence = [item]
    assert sources(dataset) == read


@pytest.mark.parametrize(
    ("keyword", "value", "read"),
    [
        ("BodyPartExamined", "CHEST", False),
        ("BodyPartExamined", "DOE", True),
        ("BodyPartExamined", "CHEST 123456", True),
        ("TimezoneOffsetFromUTC", "+0200", False),
        ("SeriesDescription", "CHEST", True),
    ],
)
def test_terms_of_the_standard_are_not_read(keyword: str, value: str, read: bool) -> None:
    """A coded string of words of the trade tells nothing; a description is read whatever its words."""
    dataset = Dataset()
    setattr(dataset, keyword, value)
    assert (keyword in sources(dataset)) is read

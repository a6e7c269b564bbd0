"""Values at paths of a DICOM dataset: got, put, and made valid for what holds them."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from deid_core.errors import ChangedAsset
from deid_core.ingest import elements
from deid_core.ingest.representations import fitted
from deid_core.model import TagPath


def a_study() -> FileDataset:
    """Make a dataset with names, descriptions, numbers, bytes and items in items."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    dataset = FileDataset("", Dataset(), file_meta=meta, is_implicit_VR=False, is_little_endian=True)
    dataset.PatientName = "Doe^Jane"
    dataset.StudyDescription = "CT of Jane Doe, seen by Dr Roe"
    dataset.OtherPatientIDs = ["A1", "B22", "C333"]
    dataset.StudyDate = "20190304"
    dataset.Rows = 5
    dataset.PixelData = b"\1\2\3\4"
    inner = Dataset()
    inner.ScheduledProcedureStepDescription = "for Mrs Doe"
    outer = Dataset()
    outer.ScheduledProtocolCodeSequence = [inner]
    dataset.RequestAttributesSequence = [outer]
    return dataset


def at(path: str, start: int | None = None, end: int | None = None) -> TagPath:
    """Locate an element."""
    return TagPath("dataset", path, start, end)


def test_a_walk_names_every_element_to_any_depth() -> None:
    """File meta comes first, then tags in order, each sequence before what is in it."""
    paths = [path for path, _ in elements.walk(a_study())]
    assert paths == [
        "00020003",
        "00080020",
        "00081030",
        "00100010",
        "00101000",
        "00280010",
        "00400275",
        "00400275[0].00400008",
        "00400275[0].00400008[0].00400007",
        "7FE00010",
    ]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (at("00100010"), "Doe^Jane"),
        (at("00101000"), "A1\\B22\\C333"),
        (at("00101000", 3, 6), "B22"),
        (at("00400275[0].00400008[0].00400007"), "for Mrs Doe"),
        (at("00020003"), "1.2.3"),
        (at("00280010"), 5),
        (at("7FE00010"), b"\1\2\3\4"),
    ],
)
def test_a_value_is_got_from_its_place(where: TagPath, value: object) -> None:
    """Text comes with its values joined, numbers and bytes as they are."""
    assert elements.get(a_study(), where) == value


@pytest.mark.parametrize("path", ["00100099", "00400275[7].00400007", "00100010[0].00100010", "nonsense", "0040"])
def test_a_place_that_is_not_there_is_refused(path: str) -> None:
    """A plan for another dataset is not applied."""
    with pytest.raises(ChangedAsset):
        elements.get(a_study(), at(path))


def test_spans_of_one_text_go_in_from_the_right() -> None:
    """Two names in one description are both replaced, whatever their lengths."""
    dataset = a_study()
    elements.put(dataset, [(at("00081030", 6, 14), "[NAME]"), (at("00081030", 27, 30), "[A MUCH LONGER NAME]")])
    assert dataset.StudyDescription == "CT of [NAME], seen by Dr [A MUCH LONGER NAME]"


def test_a_whole_value_overrides_a_span_and_none_removes() -> None:
    """An element that goes goes, even where a part of it was to be changed, and with it what is inside."""
    dataset = a_study()
    elements.put(
        dataset,
        [
            (at("00081030", 0, 2), "MR"),
            (at("00081030"), None),
            (at("00400275"), None),
            (at("00400275[0].00400008[0].00400007"), "x"),
            (at("00100010"), ""),
            (at("00280010"), ""),
            (at("7FE00010"), ""),
        ],
    )
    assert "StudyDescription" not in dataset
    assert "RequestAttributesSequence" not in dataset
    assert dataset["PatientName"].is_empty
    assert dataset["Rows"].is_empty
    assert dataset["PixelData"].is_empty


def test_a_copy_can_be_edited_without_touching_the_original() -> None:
    """Items and values of the copy are its own; pixel bytes are shared, not copied."""
    dataset = a_study()
    copied = elements.copy_of(dataset)
    elements.put(
        copied,
        [
            (at("00400275[0].00400008[0].00400007"), "gone"),
            (at("00020003"), "2.25.9"),
            (at("00101000", 3, 6), "X"),
        ],
    )
    assert dataset == a_study()
    assert dataset.file_meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert copied.OtherPatientIDs == ["A1", "X", "C333"]
    assert copied.PixelData is dataset.PixelData


def test_a_name_that_the_character_set_cannot_hold_makes_the_dataset_utf_8() -> None:
    """A surrogate with an accent in an ASCII file is not lost, nor does an item keep the old character set."""
    dataset = a_study()
    dataset.RequestAttributesSequence[0].SpecificCharacterSet = "ISO_IR 100"
    elements.put(dataset, [(at("00100010"), "Müller^Zoë")])
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert "SpecificCharacterSet" not in dataset.RequestAttributesSequence[0]


def test_a_name_that_the_character_set_holds_leaves_it() -> None:
    """Latin-1 stays Latin-1 where the surrogate fits."""
    dataset = a_study()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    elements.put(dataset, [(at("00100010"), "Müller^Zoë")])
    assert dataset.SpecificCharacterSet == "ISO_IR 100"


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("SH", "A description far too long", "A description fa"),
        ("LO", "x" * 70, "x" * 64),
        ("LO", "one\\" + "y" * 70, "one\\" + "y" * 64),
        ("LO", "two\r\nlines", "two lines"),
        ("LT", "two\r\nlines\\kept", "two\r\nlines\\kept"),
        ("PN", "A" * 70 + "^B=C", "A" * 64 + "=C"),
        ("CS", "[NAME]", "_NAME_"),
        ("DA", "2019", "20190101"),
        ("DA", "2019-03-04", "20190304"),
        ("DA", "[DATE]", ""),
        ("TM", "10:20:30", "102030"),
        ("TM", "[TIME]", ""),
        ("DT", "2019-03-04T10:20:30", "20190304102030"),
        ("DT", "2019", "2019"),
        ("AS", "90 or older", "090Y"),
        ("AS", "034Y", "034Y"),
        ("AS", "old", ""),
        ("DS", "1.50\\-2e3", "1.50\\-2e3"),
        ("DS", "[ID]", ""),
        ("IS", "12", "12"),
        ("UI", "1.2.840\\2.25.7", "1.2.840\\2.25.7"),
        ("UI", "[ID]", ""),
        ("AE", "Zoë", "Zo?"),
    ],
)
def test_a_text_is_fitted_to_its_representation(vr: str, text: str, expected: str) -> None:
    """What an operator gives becomes a value that the standard allows there."""
    assert fitted(vr, text) == expected

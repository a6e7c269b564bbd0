"""Every attribute of PS3.15 Table E.1-1, what is done with it, and what is done with those that it does not list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydicom.datadict import tag_for_keyword

from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.standards import ps3_15
from deid_core.standards.iod import type_of

ROWS = sorted(ps3_15.table().values(), key=lambda row: str(row["tag"]))
DATES = ("retain_long_modified_dates",)
CT = "1.2.840.10008.5.1.4.1.1.2"


def tag_of(row: Mapping[str, Any]) -> int:
    """Return a tag that the row is about, of its repeating group where it has one."""
    return 0x00091001 if row["tag"] == ps3_15.PRIVATE else int(row["tag"].replace("x", "0"), 16)


def named(keyword: str) -> tuple[int, str]:
    """Return an attribute's tag and value representation."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return tag, ps3_15.dictionary_vr(tag)


@pytest.mark.parametrize("row", ROWS, ids=[str(row["tag"]) for row in ROWS])
def test_an_attribute_of_the_table_gets_one_of_its_own_codes(row: Mapping[str, Any]) -> None:
    """The Basic Profile does what the table says, and never keeps what the table acts on."""
    code = ps3_15.action(tag_of(row), ps3_15.dictionary_vr(tag_of(row)) or "LO")
    allowed = row["profile"].replace("*", "").split("/")
    assert code == "X" if row["tag"].startswith("60") else code in allowed


@pytest.mark.parametrize("option", sorted(ps3_15.option_names()))
def test_an_option_changes_the_attributes_of_its_column_only(option: str) -> None:
    """With one option chosen, an attribute without an entry in its column is treated as without it."""
    for row in ROWS:
        tag, vr = tag_of(row), ps3_15.dictionary_vr(tag_of(row)) or "LO"
        code, basic = ps3_15.action(tag, vr, (option,)), ps3_15.action(tag, vr)
        entry = row["options"].get(option)
        if entry is None or row["tag"] == ps3_15.PRIVATE or row["tag"].startswith("60"):
            assert code == basic, row["tag"]
        elif entry == "K" or vr == "SQ" or vr in ps3_15.TEXT_VRS:
            assert code == entry, row["tag"]
        else:
            assert code == "X", row["tag"]


CASES = [
    # keyword, options, code
    ("PatientName", (), "Z"),
    ("PatientID", (), "Z"),
    ("PatientBirthDate", (), "Z"),
    ("PatientAge", (), "X"),
    ("PatientAge", ("retain_patient_characteristics",), "K"),
    ("StudyInstanceUID", (), "U"),
    ("StudyInstanceUID", ("retain_uids",), "K"),
    ("StudyDate", (), "Z"),
    ("StudyDate", DATES, "C"),
    ("StudyDate", ("retain_long_full_dates",), "K"),
    ("StudyDate", ("retain_long_full_dates", *DATES), "C"),
    ("SeriesDate", (), "X"),
    ("StudyDescription", (), "X"),
    ("StudyDescription", ("clean_descriptors",), "C"),
    ("InstitutionName", (), "X"),
    ("InstitutionName", ("retain_institution_identity",), "K"),
    ("DeviceSerialNumber", (), "X"),
    ("ReferencedImageSequence", (), "U"),
    ("ContentSequence", (), "D"),
    ("ContentSequence", ("clean_structured_content",), "C"),
    ("IconImageSequence", (), "X"),
    ("EncryptedAttributesSequence", (), "X"),
    ("DataSetTrailingPadding", (), "X"),
    ("SOPClassUID", (), "K"),
    ("PixelData", (), "K"),
    ("Rows", (), "K"),
    ("CodeMeaning", (), "K"),
    ("EvaluatorName", (), "X"),  # a person's name that the table does not list
    ("ExpiryDate", (), "X"),  # a date that the table does not list
    ("ExpiryDate", DATES, "C"),
    ("ExpiryDate", ("retain_long_full_dates",), "K"),
    ("EvaluatorName", DATES, "X"),
    ("TargetFrameOfReferenceUID", (), "U"),
    ("TargetFrameOfReferenceUID", ("retain_uids",), "K"),
    ("RetrieveURL", (), "X"),
    ("ICCProfile", (), "C"),
    ("SourceApplicationEntityTitle", (), "X"),
]


@pytest.mark.parametrize(("keyword", "options", "code"), CASES)
def test_an_attribute_of_the_clinic(keyword: str, options: tuple[str, ...], code: str) -> None:
    """Attributes that every archive has get the code a reader of the standard expects in a CT image."""
    tag, vr = named(keyword)
    assert ps3_15.action(tag, vr, options, type_of(CT, tag)) == code


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00091001, "LO"),
        (0x00090010, "LO"),
        (0x50043000, "OW"),
        (0x60023000, "OW"),
        (0x60004000, "LT"),
        (0x60000010, "US"),
        (0x00189FFF, "LO"),
        (0x7F020010, "OW"),
        (0x00000002, "UI"),
    ],
)
def test_private_repeating_and_unknown_attributes_go(tag: int, vr: str) -> None:
    """Private, curve, overlay, command and unknown attributes are removed whatever options are chosen."""
    assert ps3_15.action(tag, vr) == "X"
    assert ps3_15.action(tag, vr, tuple(sorted(ps3_15.option_names()))) == "X"


@pytest.mark.parametrize(
    ("profile", "type_", "code"),
    [
        ("X/Z/D", "1", "D"),
        ("X/Z/D", "2", "Z"),
        ("X/Z/D", "3", "X"),
        ("X/Z/D", "", "D"),
        ("X/Z", "1", "D"),
        ("X/Z", "", "Z"),
        ("X", "1", "D"),
        ("X", "2", "Z"),
        ("X", "1C", "X"),
        ("X", "", "X"),
        ("Z", "1", "D"),
        ("Z", "3", "Z"),
        ("Z/D", "3", "D"),
        ("X/D", "3", "X"),
        ("X/Z/U*", "", "U"),
        ("U", "1", "U"),
    ],
)
def test_a_conditional_code_is_resolved_by_type(profile: str, type_: str, code: str) -> None:
    """A conditional code becomes what the attribute's type needs, and where that is unknown what is valid for all."""
    assert ps3_15.resolve(profile, type_) == code


def test_the_codes_of_a_profile_and_its_options() -> None:
    """CID 7050 names the profile first, then the options in the policy's order."""
    codes = [code for code, _ in ps3_15.profile_codes(("clean_descriptors", "retain_uids"))]
    assert codes == ["113100", "113105", "113110"]


def test_an_option_that_the_standard_does_not_have_is_refused() -> None:
    """A misspelt option is an error of the policy, never ignored."""
    with pytest.raises(PolicyError):
        ps3_15.action(0x00100010, "PN", ("retain_everything",))


@pytest.mark.parametrize(
    ("keyword", "label"),
    [
        ("PatientName", EntityType.NAME),
        ("ReferringPhysicianName", EntityType.STAFF_NAME),
        ("PatientID", EntityType.MRN),
        ("PatientBirthDate", EntityType.DATE_OF_BIRTH),
        ("StudyDate", EntityType.DATE),
        ("StudyTime", EntityType.TIME),
        ("AccessionNumber", EntityType.ID),
        ("SOPInstanceUID", EntityType.UID),
        ("StationName", EntityType.DEVICE),
        ("PatientAge", EntityType.AGE),
        ("StudyDescription", EntityType.DICOM_ATTRIBUTE),
    ],
)
def test_an_attribute_has_our_label(keyword: str, label: EntityType) -> None:
    """An attribute's label is what the policy has a rule for."""
    assert ps3_15.label(*named(keyword)) is label


def test_the_data_name_attributes_that_exist() -> None:
    """Every keyword in our hand-made tables is one of the dictionary, and every label one of ours."""
    for table, key in (
        ("dicom_retained", "uids"),
        ("dicom_retained", "bulk"),
        ("dicom_retained", "removed"),
        ("dicom_retained", "cleaned"),
    ):
        assert [word for word in ps3_15._data(table)[key] if tag_for_keyword(word) is None] == []
    labels = ps3_15._data("dicom_labels")
    assert [word for word in labels["by_keyword"] if tag_for_keyword(word) is None] == []
    assert {*labels["by_keyword"].values(), *labels["by_vr"].values(), labels["default"]} <= set(EntityType)

"""Which type PS3.3 gives an attribute in an object, and which action code follows from it."""

from __future__ import annotations

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, UID_dictionary

from deid_core.detect.dicom_tags import DicomTags
from deid_core.ingest.actions import type_at
from deid_core.model import Part, PartKind, TagPath
from deid_core.policy import DicomRules, load_policy
from deid_core.standards import iod, ps3_15

CT, ENHANCED_MR, RT_PLAN = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "4.1", "481.5"))
GRAYSCALE_STATE, SEGMENTATION = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("11.1", "66.4"))
PRIVATE_CLASS = "1.3.12.2.1107.5.9.1"


def tag_of(keyword: str) -> int:
    """Return an attribute's tag."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return tag


@pytest.mark.parametrize(
    ("sop_class", "keyword", "type_", "code"),
    [
        (CT, "DeviceSerialNumber", "3", "X"),
        (ENHANCED_MR, "DeviceSerialNumber", "1", "D"),
        (CT, "AcquisitionDateTime", "3", "X"),
        (ENHANCED_MR, "AcquisitionDateTime", "1C", "D"),
        (CT, "ContentDate", "2C", "Z"),
        (ENHANCED_MR, "ContentDate", "1", "D"),
        (CT, "PatientID", "2", "Z"),
        (CT, "ResponsiblePerson", "2C", "Z"),  # asked for of an animal
        (CT, "ResponsiblePersonRole", "3", "X"),  # says what somebody is whose name is gone
        (CT, "SeriesDate", "3", "X"),
        (RT_PLAN, "RTPlanDate", "2", "D"),
        (CT, "RTPlanDate", "3", "X"),
        (RT_PLAN, "OperatorsName", "2", "Z"),
        (CT, "OperatorsName", "3", "X"),
        (CT, "InstitutionName", "3", "X"),
        (SEGMENTATION, "ContentCreatorName", "3", "D"),  # empty in an earlier edition: a dummy is valid in both
        (GRAYSCALE_STATE, "PresentationCreationDate", "1", "D"),
        (PRIVATE_CLASS, "DeviceSerialNumber", "", "D"),
        (PRIVATE_CLASS, "OperatorsName", "", "D"),
        ("", "AcquisitionDate", "", "Z"),
    ],
)
def test_the_object_decides_what_is_removed_emptied_or_replaced(
    sop_class: str, keyword: str, type_: str, code: str
) -> None:
    """A conditional code becomes the least that leaves the object valid; of an unknown object nothing required goes."""
    tag = tag_of(keyword)
    assert iod.type_of(sop_class, tag) == type_
    assert ps3_15.action(tag, ps3_15.dictionary_vr(tag), (), type_) == code


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("00080020", "2"),
        ("00400275[0].00400009", "1C"),
        ("00081072[1].00080080", "1C"),
        ("52009230[3].00089215[0].00082112[0].00081155", ""),
        ("00081115[0].00209999", ""),
    ],
)
def test_an_attribute_in_an_item_has_the_type_of_its_sequence(path: str, type_: str) -> None:
    """The sequence next to the attribute tells, at any depth; where it does not, nothing is taken to be optional."""
    assert type_at(CT, path) == type_


def test_every_storage_class_of_an_image_is_known() -> None:
    """No image class that a modality of today writes falls back to the careful rule for unknown objects."""
    images = {
        uid
        for uid, (name, kind, _, retired, _) in UID_dictionary.items()
        if kind == "SOP Class" and name.endswith("Image Storage") and not retired
    }
    unknown = {UID(uid).name for uid in images if iod.type_of(uid, 0x00100010) == ""}
    assert len(images) >= 50
    assert len(unknown) <= 4, sorted(unknown)


def test_the_data_name_attributes_and_types_that_exist() -> None:
    """Every keyword is one of the dictionary, every type one of five, every module one that is there."""
    data = iod._data()
    nested = [name.split(".") for name in data["nested"]]
    own = [keyword for types in data["modules"].values() for keyword in types]
    assert [word for word in (*own, *(word for pair in nested for word in pair)) if tag_for_keyword(word) is None] == []
    types = {type_ for types in (*data["modules"].values(), data["nested"]) for type_ in types.values()}
    assert types == {"1", "1C", "2", "2C", "3"}
    assert {module for of in data["iods"].values() for module in of} <= set(data["modules"])
    assert set(data["sop_classes"].values()) == set(data["iods"])


@pytest.mark.parametrize(("sop_class", "rule"), [(CT, "PS3.15/X"), (ENHANCED_MR, "PS3.15/D"), ("", "PS3.15/D")])
def test_the_findings_of_one_attribute_in_two_objects(sop_class: str, rule: str) -> None:
    """A serial number goes from a CT image, and is replaced in an enhanced MR image, which must have one."""
    dataset = FileDataset("", Dataset(), file_meta=FileMetaDataset(), is_implicit_VR=False, is_little_endian=True)
    dataset.SOPClassUID, dataset.DeviceSerialNumber = sop_class, "SN-4711"
    policy = load_policy("safe_harbor").model_copy(update={"dicom": DicomRules()})
    findings = DicomTags(policy).find_in(Part("dataset", PartKind.DATASET, dataset), policy)
    rules = {finding.location.path: finding.rule for finding in findings if isinstance(finding.location, TagPath)}
    assert rules["00181000"] == rule

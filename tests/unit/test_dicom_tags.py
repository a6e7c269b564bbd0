"""What the tags' detector finds in a study, and which texts are left for the text detectors."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from deid_core.detect.dicom_tags import DicomTags
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.extract.dicom import dataset_views
from deid_core.ingest.elements import unknown
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind, TagPath
from deid_core.policy import DicomRules, Policy, load_policy
from deid_core.ports import Site
from deid_core.transform.dicom import dummy, remap_uid, remove_element, zero_length


def a_study() -> FileDataset:
    """Make a study with a patient, staff, dates, UIDs, references, private and unknown elements."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    meta.SourceApplicationEntityTitle = "CTROOM1"
    dataset = FileDataset("", Dataset(), file_meta=meta, is_implicit_VR=False, is_little_endian=True)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.StudyDate = "20190304"
    dataset.Modality = "CT"
    dataset.Manufacturer = "Acme"
    dataset.InstitutionName = "St Elsewhere"
    dataset.ReferringPhysicianName = "Roe^Rita"
    dataset.StudyDescription = "CT for Mrs Doe"
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    referenced.ReferencedSOPInstanceUID = "1.2.3.9"
    dataset.ReferencedImageSequence = [referenced]
    dataset.add_new(0x00090010, "LO", "MAKER")
    private = Dataset()
    private.PatientName = "Doe^Jane"
    dataset.add_new(0x00091001, "SQ", [private])
    dataset.PatientName, dataset.PatientID, dataset.PatientAge = "Doe^Jane", "4711", "091Y"
    dataset.add_new(0x00189FFE, "LO", "unknown")
    dataset[0x00181110] = unknown(0x00181110, b"Jane")
    return dataset


def policy_with(*options: str) -> Policy:
    """Return Safe Harbor with other options of PS3.15."""
    return load_policy("safe_harbor").model_copy(update={"dicom": DicomRules(options=options)})


def found(policy: Policy) -> dict[str, tuple[EntityType, str]]:
    """Return label and rule by path."""
    findings = list(DicomTags(policy).find_in(Part("dataset", PartKind.DATASET, a_study()), policy))
    assert all(isinstance(finding.location, TagPath) and finding.location.start is None for finding in findings)
    return {finding.location.path: (finding.entity_type, finding.rule) for finding in findings}  # type: ignore[union-attr]


def test_the_findings_of_a_study_under_the_basic_profile() -> None:
    """Each element that does not stay is one finding; a private sequence is not looked into, a reference is."""
    assert found(policy_with()) == {
        "00020003": (EntityType.UID, "PS3.15/U"),
        "00020016": (EntityType.DEVICE, "PS3.15/X"),
        "00080020": (EntityType.DATE, "PS3.15/Z"),
        "00080080": (EntityType.FACILITY, "PS3.15/X"),
        "00080090": (EntityType.STAFF_NAME, "PS3.15/Z"),
        "00081030": (EntityType.DICOM_ATTRIBUTE, "PS3.15/X"),
        "00081140[0].00081155": (EntityType.UID, "PS3.15/U"),
        "00090010": (EntityType.PRIVATE_ATTRIBUTE, "PS3.15/X"),
        "00091001": (EntityType.PRIVATE_ATTRIBUTE, "PS3.15/X"),
        "00100010": (EntityType.NAME, "PS3.15/Z"),
        "00100020": (EntityType.MRN, "PS3.15/Z"),
        "00101010": (EntityType.AGE, "PS3.15/X"),
        "00181110": (EntityType.DICOM_ATTRIBUTE, "PS3.15/X"),
        "00189FFE": (EntityType.PRIVATE_ATTRIBUTE, "PS3.15/X"),
    }


def test_shifted_dates_and_kept_ages_are_left_to_the_policys_rule() -> None:
    """Under the options that keep dates and ages in another form, the finding names no action code."""
    findings = found(policy_with("retain_long_modified_dates", "retain_patient_characteristics"))
    assert findings["00080020"] == (EntityType.DATE, "")
    assert findings["00101010"] == (EntityType.AGE, "")


def test_retained_attributes_are_not_found() -> None:
    """What an option retains is no finding."""
    findings = found(policy_with("retain_uids", "retain_institution_identity", "retain_long_full_dates"))
    assert not {"00020003", "00080020", "00080080", "00081140[0].00081155"} & set(findings)


def test_an_option_that_the_standard_does_not_have_is_refused() -> None:
    """The policy's error shows before any file is read."""
    with pytest.raises(PolicyError):
        DicomTags(policy_with("retain_everything"))


@pytest.mark.parametrize(
    ("options", "sources"),
    [
        ((), {"Manufacturer"}),  # a modality is a term of the standard: it is not read
        (("clean_descriptors",), {"Manufacturer", "StudyDescription"}),
        (
            ("clean_descriptors", "retain_institution_identity"),
            {"Manufacturer", "StudyDescription", "InstitutionName"},
        ),
    ],
)
def test_the_texts_that_stay_are_read(options: tuple[str, ...], sources: set[str]) -> None:
    """Text detectors read what stays, not what the tags find whole; what an option retains may name the patient."""
    part = Part("dataset", PartKind.DATASET, a_study())
    document = Document("asset", "application/dicom", "subject", (part,))
    views = list(dataset_views(document, part, policy_with(*options)))
    assert {view.source for view in views} == sources
    assert all(view.subject_key == "subject" for view in views)


def test_a_span_of_a_text_points_into_its_element() -> None:
    """A name in a description is located by the element's path and its own code points."""
    part = Part("dataset", PartKind.DATASET, a_study())
    document = Document("asset", "application/dicom", "subject", (part,))
    view = next(view for view in dataset_views(document, part, policy_with("clean_descriptors")) if "Doe" in view.text)
    assert list(view.project(11, 14)) == [TagPath("dataset", "00081030", 11, 14)]


def test_all_texts_are_read_where_the_tags_are_not(key: ProjectKey) -> None:
    """A policy without the tags' detector reads every text, private ones too."""
    policy = policy_with().model_copy(update={"detectors": ("patterns",)})
    part = Part("dataset", PartKind.DATASET, a_study())
    document = Document("asset", "application/dicom", key.subject("mrn", "4711"), (part,))
    assert {"PatientName", "PatientID", "private", "InstitutionName"} <= {
        view.source for view in dataset_views(document, part, policy)
    }


@pytest.mark.parametrize(
    ("vr", "expected"),
    [
        ("DA", "19000101"),
        ("TM", "000000"),
        ("DT", "19000101000000"),
        ("PN", "ANONYMISED"),
        ("SH", "ANONYMISED"),
        ("DS", "0"),
        ("IS", "0"),
        ("AS", "000Y"),
        ("US", 0),
        ("OB", b"\0\0"),
        ("UN", b"\0\0"),
        ("OF", bytes(4)),
        ("OD", bytes(8)),
        ("SQ", [Dataset()]),
    ],
)
def test_a_dummy_is_valid_for_its_representation(vr: str, expected: object, key: ProjectKey) -> None:
    """Code D puts a constant that says nothing of the value."""
    assert dummy("Doe^Jane", Site(EntityType.NAME, "subject", key, vr=vr)) == expected


def test_a_dummy_of_items_keeps_their_build_and_none_of_their_values(key: ProjectKey) -> None:
    """A report's tree stays a tree: types and relations stand, values, names, codes and UIDs do not."""
    code, item = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "121071", "DCM", "Finding of Jane"
    item.ValueType, item.RelationshipType, item.TextValue = "TEXT", "CONTAINS", "Jane Doe fell"
    item.ConceptNameCodeSequence = [code]
    item.GraphicData, item.UID, item.PersonName, item.ObservationDateTime = [1.5, 2.5], "1.2.3", "", "20200102"
    item.add_new(0x00091001, "LO", "private Jane")
    made = dummy([item], Site(EntityType.DICOM_ATTRIBUTE, "subject", key, vr="SQ"))[0]
    assert (made.ValueType, made.RelationshipType, made.TextValue) == ("TEXT", "CONTAINS", "ANONYMISED")
    assert made.ConceptNameCodeSequence[0].CodeMeaning == "ANONYMISED"
    assert (list(made.GraphicData), made.UID, made.PersonName) == ([0, 0], key.uid("1.2.3"), None)
    assert made.ObservationDateTime == "19000101000000"
    assert "Jane" not in str(made)
    assert 0x00091001 not in made


def test_uids_are_mapped_alike_and_registered_ones_stay(key: ProjectKey) -> None:
    """Code U gives the same UID the same new one in every value, and leaves those of the standard."""
    site = Site(EntityType.UID, "subject", key, vr="UI")
    first, second, third, fourth = remap_uid("1.2.3\\1.2.840.10008.1.2\\\\1.2.3", site).split("\\")
    assert first == fourth == key.uid("1.2.3")
    assert (second, third) == ("1.2.840.10008.1.2", "")
    assert dummy("1.2.3", site) == first


def test_removing_and_emptying(key: ProjectKey) -> None:
    """Code X gives nothing, code Z no text."""
    site = Site(EntityType.NAME, "subject", key, vr="PN")
    assert remove_element("Doe^Jane", site) is None
    assert zero_length("Doe^Jane", site) == ""

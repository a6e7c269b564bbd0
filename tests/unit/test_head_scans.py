"""Slices of a head from which a face can be drawn go to a person; other slices do not, and no pixel changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from deid_core import ingest, pipeline, review
from deid_core.detect.head_scans import RULE, HeadScans, shows_head
from deid_core.entities import EntityType
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind, PixelBox, Plan, Verdict
from deid_core.policy import Policy, Rule, load_policy, shipped
from deid_core.trace import changes

BRAIN_MR = {
    "Modality": "MR",
    "BodyPartExamined": "BRAIN",
    "SliceThickness": "1.0",
    "ImageType": ["ORIGINAL", "PRIMARY"],
}
CASES = {
    "thin MR of the brain": (BRAIN_MR, True),
    "thin CT of the head": ({**BRAIN_MR, "Modality": "CT", "BodyPartExamined": "HEAD"}, True),
    "sinuses, said by the series only": (
        {**BRAIN_MR, "Modality": "CT", "BodyPartExamined": "", "SeriesDescription": "Sinus 0.75 H60"},
        True,
    ),
    "MPRAGE, said by the protocol only": ({**BRAIN_MR, "BodyPartExamined": "", "ProtocolName": "t1_mprage_sag"}, True),
    "thickness not told": ({**BRAIN_MR, "SliceThickness": None}, True),
    "thick slices close together": ({**BRAIN_MR, "SliceThickness": "6", "SpacingBetweenSlices": "2"}, True),
    "thick slices": ({**BRAIN_MR, "SliceThickness": "6", "SpacingBetweenSlices": "7.5"}, False),
    "a scout": ({**BRAIN_MR, "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, False),
    "somebody looked": ({**BRAIN_MR, "RecognizableVisualFeatures": "NO"}, False),
    "a knee": ({**BRAIN_MR, "BodyPartExamined": "KNEE"}, False),
    "a chest radiograph": ({**BRAIN_MR, "Modality": "DX", "BodyPartExamined": "CHEST"}, False),
    "ultrasound of the head": ({**BRAIN_MR, "Modality": "US", "BodyPartExamined": "HEAD"}, False),
}


def made(fields: dict) -> FileDataset:
    """Make a small image with those elements."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "2.25.1"
    dataset.PatientName, dataset.PatientID = "Marlow^Zsofia", "MRN-4471"
    for keyword, value in fields.items():
        setattr(dataset, keyword, value)
    dataset.Rows = dataset.Columns = 8
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = bytes(range(64))
    return dataset


@pytest.mark.parametrize("name", CASES)
def test_a_head_is_told_by_its_header(name: str) -> None:
    """Modality, what is shown, thickness and kind of image decide together."""
    fields, expected = CASES[name]
    assert shows_head(made(fields)) is expected


def test_an_enhanced_image_is_told_by_its_functional_groups() -> None:
    """The anatomic region and the pixel measures of a multi-frame image count like the plain elements."""
    dataset = made({"Modality": "MR", "ImageType": ["ORIGINAL", "PRIMARY", "T1", "NONE"]})
    assert not shows_head(dataset)
    region, measures, groups = Dataset(), Dataset(), Dataset()
    region.CodeMeaning = "Brain"
    measures.SliceThickness = "1.2"
    groups.PixelMeasuresSequence = Sequence([measures])
    dataset.AnatomicRegionSequence, dataset.SharedFunctionalGroupsSequence = Sequence([region]), Sequence([groups])
    assert shows_head(dataset)
    measures.SliceThickness = "8"
    assert not shows_head(dataset)


def test_an_object_without_pixels_is_no_slice() -> None:
    """A report about a brain MR shows nothing."""
    dataset = made(BRAIN_MR)
    del dataset.PixelData
    assert not shows_head(dataset)


def planned(dataset: FileDataset, policy: Policy, key: ProjectKey) -> tuple[pipeline.Identified, Plan]:
    """Return what is identified and planned of a dataset's file."""
    data = DicomReader().write(Document("a", "application/dicom", "s", (Part("dataset", PartKind.DATASET, dataset),)))
    whose = pipeline.identify(ingest.read(data, "a.dcm", "a", key), policy, key)
    return whose, pipeline.plan(whose, "0" * 64, policy, key)


def written(whose: pipeline.Identified, chosen: Plan, policy: Policy, key: ProjectKey) -> FileDataset:
    """Return the dataset that leaves."""
    data = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    return ingest.read(data, "a.dcm", "a", key).part("dataset").value


@pytest.mark.parametrize("name", shipped())
def test_a_head_goes_to_review_with_its_pixels_as_they_were(name: str, key: ProjectKey) -> None:
    """Under every shipped policy the plan holds one undecided flag with its reason; Modality and pixels stay."""
    policy = load_policy(name)
    whose, chosen = planned(made(BRAIN_MR), policy, key)
    (flag,) = (one for one in chosen.decisions if one.finding.rule == RULE)
    assert (flag.verdict, flag.action.operator) == (Verdict.REVIEW, "keep")
    assert flag.finding.location == PixelBox("pixels", 0, 0, 8, 8, 0)
    assert flag.finding.entity_type is EntityType.FACE
    assert "face" in flag.reason
    left = written(whose, chosen, policy, key)
    assert (left.Modality, left.PixelData) == ("MR", bytes(range(64)))
    assert not list(changes(whose.document, replace(chosen, decisions=(flag,)), policy, key))


@pytest.mark.parametrize(
    ("act", "expected"), [("accept", bytes(64)), ("reject", bytes(range(64)))], ids=["accept", "reject"]
)
def test_a_person_decides_what_becomes_of_a_head(act: str, expected: bytes, key: ProjectKey) -> None:
    """Confirmed, the image is blank; rejected, it leaves as it was."""
    policy = load_policy("safe_harbor")
    whose, chosen = planned(made(BRAIN_MR), policy, key)
    found = review.numbered(chosen.decisions)
    flag = next(span for span in found if span["rule"] == RULE)
    edited = review.apply_edits(found, [review.Edit(act, flag["id"])], "Dr. Who", 2)
    left = written(whose, review.reviewed_plan(chosen, edited, policy), policy, key)
    assert left.PixelData == expected


def test_a_policy_may_keep_faces_or_not_look_for_them(key: ProjectKey) -> None:
    """The rule for FACE keeps heads, on record; without the detector nobody looks; other images have no flag."""
    policy = load_policy("safe_harbor")
    kept = policy.model_copy(update={"rules": {**policy.rules, EntityType.FACE: Rule(action="keep")}})
    flags = [one.verdict for one in planned(made(BRAIN_MR), kept, key)[1].decisions if one.finding.rule == RULE]
    assert flags == [Verdict.KEEP]
    part = Part("pixels", PartKind.PIXELS, DicomFrames(made({**BRAIN_MR, "BodyPartExamined": "KNEE"})))
    assert not list(HeadScans(policy).find_in(part, policy))

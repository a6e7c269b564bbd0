"""A head whose header does not say so is known by its outline: skin against air, of a head's size and shape."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deid_core.decide import decide
from deid_core.detect.head_outline import has_head_outline
from deid_core.detect.head_scans import HeadScans
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.keys import ProjectKey
from deid_core.model import Action, Part, PartKind, Verdict
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor")
Slice = NDArray[np.uint8]


def ellipse(
    wide: float, high: float, side: int = 256, pixel: float = 1.0, at: tuple[float, float] = (0.5, 0.5)
) -> Slice:
    """Draw tissue so many mm wide and high on air, with grain, a darker inside and a bright skin."""
    grey = np.zeros((side, side), np.uint8)
    middle = round(at[0] * side), round(at[1] * side)
    axes = round(wide / pixel / 2), round(high / pixel / 2)
    cv2.ellipse(grey, middle, axes, 0, 0, 360, 130, -1)
    cv2.ellipse(grey, middle, axes, 0, 0, 360, 240, max(round(6 / pixel), 1))
    grain = np.random.default_rng(3).normal(0, 6, grey.shape)
    return np.clip(grey + grain, 0, 255).astype(np.uint8)


def profile() -> Slice:
    """Draw a head from the side, on its neck, which goes on beyond the slice."""
    grey = ellipse(190, 150, at=(0.5, 0.35))
    cv2.rectangle(grey, (100, 120), (190, 255), 140, -1)
    cv2.ellipse(grey, (72, 130), (26, 44), 20, 0, 360, 140, -1)
    return grey


HEADS = {
    "adult, axial": ellipse(155, 190),
    "child, axial": ellipse(120, 145),
    "adult, half a millimetre a pixel": ellipse(150, 185, 512, 0.5),
    "from the side, with its neck": profile(),
    "bright air, as inverted": (255 - ellipse(155, 190)).astype(np.uint8),
    "the top of it cut off": ellipse(150, 190, at=(0.5, 0.36)),
}
OTHERS = {
    "an abdomen": ellipse(340, 230, 256, 1.5),
    "a wrist": ellipse(60, 45, 256, 0.4),
    "a heel": ellipse(70, 120),
    "tissue from edge to edge": np.random.default_rng(1).integers(90, 160, (256, 256), np.uint8),
    "a shoulder cut off on two sides": ellipse(300, 300, at=(0.9, 0.9)),
    "two thighs": np.maximum(ellipse(105, 110, at=(0.27, 0.5)), ellipse(105, 110, at=(0.73, 0.5))),
    "air": np.zeros((256, 256), np.uint8),
    "one pixel": np.full((1, 1), 9, np.uint8),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_is_told_by_its_outline(name: str) -> None:
    """Axial and from the side, of an adult and a child, on dark and bright air."""
    pixel = 0.5 if HEADS[name].shape[0] == 512 else 1.0
    assert has_head_outline(HEADS[name], (pixel, pixel))


@pytest.mark.parametrize("name", OTHERS)
def test_what_has_no_outline_of_a_head_is_none(name: str) -> None:
    """Too large, too small, cut off, in two parts, or nothing."""
    pixel = {"an abdomen": 1.5, "a wrist": 0.4}.get(name, 1.0)
    assert not has_head_outline(OTHERS[name], (pixel, pixel))


def image(grey: Slice, **fields: object) -> Part:
    """Return the pixels of an MR image of that slice."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta)
    dataset.Modality, dataset.SliceThickness, dataset.PixelSpacing = "MR", "1", ["1", "1"]
    for keyword, value in fields.items():
        setattr(dataset, keyword, value)
    dataset.Rows, dataset.Columns = grey.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = grey.tobytes()
    return Part("pixels", PartKind.PIXELS, DicomFrames(dataset))


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, {"head_outline"}),
        ({"SeriesDescription": "t1 sag"}, {"head_outline"}),
        ({"BodyPartExamined": "CSPINE"}, {"head_outline"}),
        ({"BodyPartExamined": "NECK"}, {"head_outline"}),
        ({"SeriesDescription": "brain"}, {"whole_head"}),
        ({"BodyPartExamined": "KNEE"}, set()),
        ({"StudyDescription": "MR hand rechts"}, set()),
        ({"SliceThickness": "8"}, set()),
        ({"PixelSpacing": None}, set()),
        ({"PixelSpacing": ["0", "0"]}, set()),
        ({"Modality": "US"}, set()),
        ({"RecognizableVisualFeatures": "NO"}, set()),
    ],
)
def test_the_outline_counts_where_the_header_says_nothing(fields: dict[str, object], rules: set[str]) -> None:
    """Who names a head is believed, and who names a knee; the neck is where a face begins."""
    found = list(HeadScans(POLICY).find_in(image(HEADS["adult, axial"], **fields), POLICY))
    assert {one.rule for one in found} == rules
    for one in found:
        decision = decide(one, POLICY)
        assert (decision.verdict, decision.action) == (Verdict.REVIEW, Action("keep"))
        assert "face" in decision.reason


def test_a_measure_of_an_enhanced_image_counts() -> None:
    """Its pixels' distance stands in the groups that all frames share."""
    measures, groups = Dataset(), Dataset()
    measures.PixelSpacing = ["1", "1"]
    groups.PixelMeasuresSequence = [measures]
    part = image(HEADS["adult, axial"], PixelSpacing=None, SharedFunctionalGroupsSequence=[groups])
    assert {one.rule for one in HeadScans(POLICY).find_in(part, POLICY)} == {"head_outline"}


SILENT = ["bench/MR1_UNC.dcm", "structure/I290.dcm", "structure/I341.dcm", "transfer_syntax/693_J2KR.dcm"]
BODIES = [
    "bench/CT1_UNC.dcm", "bench/MR3_UNC.dcm", "burned_in/MR-SIEMENS-DICOM-WithOverlays.dcm", "structure/3.dcm",
    "structure/sample-dicom.dcm", "structure/mr_brucker.dcm", "structure/ct_image.dcm", "transfer_syntax/MR_small.dcm",
]  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", [*SILENT, *BODIES])
def test_real_slices_of_heads_are_flagged_and_others_are_not(name: str, shared: Path, key: ProjectKey) -> None:
    """Four whose headers name no part of the body; a chest, a knee, bellies, a mouse and a prostate are none."""
    part = DicomReader().read((shared / "dicom" / name).read_bytes(), "a", key).part("pixels")
    assert bool(list(HeadScans(POLICY).find_in(part, POLICY))) is (name in SILENT)


@pytest.mark.shared
def test_a_real_head_has_its_outline_from_jaw_to_vertex(shared: Path, key: ProjectKey) -> None:
    """All of nineteen slices, whatever their header says."""
    paths = sorted((shared / "dicom" / "bench").glob("brain_*.dcm"))
    frames = [DicomReader().read(path.read_bytes(), "a", key).part("pixels").value for path in paths]
    assert len(frames) == 19
    assert all(has_head_outline(one.readable(0)[..., 0].copy(), (0.859375, 0.859375)) for one in frames)

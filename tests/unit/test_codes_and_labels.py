"""Codes on wristbands and forms, and the labels of slides, are covered whole: what is left cannot be scanned."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deid_core import ingest, pipeline
from deid_core.detect import barcodes
from deid_core.detect.barcodes import LARGEST, Barcodes, codes
from deid_core.detect.slide_labels import SlideLabels
from deid_core.entities import EntityType
from deid_core.errors import LimitExceeded
from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.keys import ProjectKey
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy, load_policy

# Code 39: wide (w) and narrow (n) bars and spaces, in turns
CODE_39 = {"4": "nnnwwnnnw", "7": "nnnwnnwnw", "1": "wnnwnnnnw", "9": "nnwwnnwnn", "2": "nnwwnnnnw", "*": "nwnnwnwnn"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Give the shipped Safe Harbor policy."""
    return load_policy("safe_harbor")


def bars(height: int, narrow: int = 2) -> NDArray[np.uint8]:
    """Draw a Code 39 bar code."""
    wide, row = 2 * narrow + 1, list[int]()
    for letter in "*4471992*":
        for number, width in enumerate(CODE_39[letter] + "n"):
            row += [0 if number % 2 == 0 else 255] * (wide if width == "w" else narrow)
    return np.tile(np.array(row, np.uint8), (height, 1))


def square(scale: int = 4) -> NDArray[np.uint8]:
    """Draw a QR code."""
    drawn = cv2.QRCodeEncoder.create().encode("MRN 4471992")
    return np.kron(drawn, np.ones((scale, scale), np.uint8))


def page(drawn: NDArray[np.uint8], turns: int = 0) -> tuple[NDArray[np.uint8], PixelBox]:
    """Return a noisy scan with a drawing on it, RGB, and where that is."""
    turned = np.rot90(drawn, turns)
    grey = np.full((640, 720), 245.0)
    grey[130 : 130 + turned.shape[0], 150 : 150 + turned.shape[1]] = turned
    noisy = (grey + np.random.default_rng(8).normal(0, 4, grey.shape)).clip(0, 255).astype(np.uint8)
    return np.repeat(noisy[..., np.newaxis], 3, axis=2), PixelBox("pixels", 150, 130, turned.shape[1], turned.shape[0])


class _Still:
    """Be the frames of one picture."""

    count = 1

    def __init__(self, frame: NDArray) -> None:
        self.frame = frame

    def readable(self, number: int) -> NDArray:
        return self.frame


def found_in(frame: NDArray, policy: Policy) -> list[Finding]:
    """Return the codes found in a picture."""
    return list(Barcodes(policy).find_in(Part("pixels", PartKind.PIXELS, _Still(frame)), policy))


CODES = {
    "bar code": (bars(60), "bar_code"),
    "low bar code": (bars(40), "bar_code"),
    "high bar code": (bars(200), "bar_code"),
    "wide bar code": (bars(90, narrow=3), "bar_code"),
    "QR code": (square(), "qr_code"),
    "large QR code": (square(8), "qr_code"),
}


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("name", CODES)
def test_a_code_is_covered_to_its_edges(name: str, turns: int, policy: Policy) -> None:
    """Upright or turned, all of a code lies in the boxes: no strip is left that a scanner could read."""
    drawn, rule = CODES[name]
    frame, where = page(drawn, turns)
    findings = found_in(frame, policy)
    assert rule in {one.rule for one in findings}
    left = np.zeros(frame.shape[:2], bool)
    left[where.top : where.top + where.height, where.left : where.left + where.width] = True
    for one in findings:
        box = one.location
        assert isinstance(box, PixelBox)
        left[box.top : box.top + box.height, box.left : box.left + box.width] = False
    assert not left.any()


def test_a_code_on_a_large_photograph_is_covered(policy: Policy) -> None:
    """A frame that is looked at smaller has its boxes where the code is."""
    frame, where = page(square(8))
    large = np.kron(frame[:, :, :1], np.ones((7, 7, 1), np.uint8)).repeat(3, axis=2)
    assert max(large.shape) > LARGEST
    box = next(one.location for one in found_in(large, policy) if one.rule == "qr_code")
    assert isinstance(box, PixelBox)
    assert box.left <= 7 * where.left
    assert box.left + box.width >= 7 * (where.left + where.width)


def test_text_and_noise_are_no_code(policy: Policy) -> None:
    """A page of text has no code, nor has noise, nor a frame of a few pixels."""
    frame = np.full((400, 600, 3), 245, np.uint8)
    for number in range(10):
        cv2.putText(
            frame, "Ill 11 111 took II tablets", (20, 35 * number + 35), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2
        )
    noise = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)
    assert [found_in(one, policy) for one in (frame, noise, noise[:8, :8])] == [[], [], []]


def test_a_wristband_leaves_without_its_code(policy: Policy, key: ProjectKey) -> None:
    """Through the pipeline: nothing is found in the output, and the box is one value."""
    frame, where = page(square(6))
    out = BytesIO()
    Image.fromarray(frame).save(out, "PNG")
    whose = pipeline.identify(ingest.read(out.getvalue(), "a.png", "a", key), policy, key)
    chosen = pipeline.plan(whose, "0" * 64, policy, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    after = ingest.read(output, "a.png", "a", key).part("pixels").value.stored(0)
    assert not list(codes(after))
    assert np.ptp(after[where.top : where.top + where.height, where.left : where.left + where.width]) == 0


def slide() -> bytes:
    """Make a small TIFF as Aperio's scanners lay it out: tissue, thumbnail, label, macro."""
    out, chance = BytesIO(), np.random.default_rng(9)
    texts = ("2220x2967 (240x240) JPEG/RGB Q=70", "2220x2967 -> 574x768 - ", "label 387x463", "macro 1280x431")
    with AppendingTiffWriter(out, new=True) as writer:
        for text in texts:
            picture = Image.fromarray(chance.integers(100, 200, (48, 64, 3), np.uint8))
            picture.save(writer, "TIFF", tiffinfo={270: f"Aperio Image Library v11.2.1 \n{text}"})
            writer.newFrame()
    return out.getvalue()


def test_the_label_of_a_slide_goes_and_its_tissue_stays(policy: Policy, key: ProjectKey) -> None:
    """Label and macro pages are one value each; tissue and thumbnail are as they were."""
    assert ingest.media_type(slide(), "slide.svs") == "image/tiff"
    whose = pipeline.identify(ingest.read(slide(), "slide.svs", "a", key), policy, key)
    chosen = pipeline.plan(whose, "0" * 64, policy, key)
    labels = [one for one in chosen.decisions if one.finding.rule == "slide_label"]
    assert sorted(one.finding.location.frame for one in labels) == [2, 3]
    assert {one.finding.entity_type for one in labels} == {EntityType.ID}
    before = whose.document.part("pixels").value
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    after = ingest.read(output, "slide.tif", "a", key).part("pixels").value
    assert [bool(np.ptp(after.stored(number))) for number in range(4)] == [True, True, False, False]
    assert all(np.array_equal(after.stored(number), before.stored(number)) for number in (0, 1))
    assert b"Aperio" not in output


@pytest.mark.parametrize(("kind", "expected"), [("LABEL", 1), ("OVERVIEW", 1), ("VOLUME", 0), ("THUMBNAIL", 0)])
def test_dicom_says_which_frames_show_a_label(kind: str, expected: int, policy: Policy) -> None:
    """Value 3 of Image Type tells, in slide microscopy only."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta)
    dataset.Modality, dataset.ImageType = "SM", ["ORIGINAL", "PRIMARY", kind, "NONE"]
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 4, 6, 3, "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.PlanarConfiguration = 7, 0, 0
    dataset.PixelData = bytes(72)
    part = Part("pixels", PartKind.PIXELS, DicomFrames(dataset))
    found = list(SlideLabels(policy).find_in(part, policy))
    assert [one.location for one in found] == [PixelBox("pixels", 0, 0, 6, 4, 0)] * expected
    dataset.Modality = "XC"
    assert not list(SlideLabels(policy).find_in(part, policy))


def corners_of_codes(across: int) -> NDArray[np.uint8]:
    """Return a sheet of the squares that stand in the corners of QR codes, and nothing else."""
    square = np.zeros((9, 9), np.uint8)
    square[1:8, 1:8] = 255
    square[2:7, 2:7] = 0
    square[3:6, 3:6] = 255
    sheet = np.kron(np.tile(255 - square, (across, across)), np.ones((4, 4), np.uint8))
    return np.repeat(sheet[..., np.newaxis], 3, axis=2)


def test_a_sheet_that_keeps_the_detector_busy_for_hours_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries every three corners; the next frame is looked at by a new process."""
    monkeypatch.setattr(barcodes, "LONGEST", 2.0)
    with pytest.raises(LimitExceeded, match="took longer"):
        list(codes(corners_of_codes(60)))
    monkeypatch.undo()
    assert list(codes(np.full((200, 200, 3), 255, np.uint8))) == []

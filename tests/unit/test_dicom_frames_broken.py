"""Frames that are broken on purpose are set aside by the process that read them: it lives on, and hides no frame."""

from __future__ import annotations

import io
import multiprocessing

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000, UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless, generate_uid

from deid_core import ingest
from deid_core.errors import MalformedAsset, Quarantine
from deid_core.keys import ProjectKey

KEY = ProjectKey(bytes(32))
GREY = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)


def jpeg() -> bytes:
    """Return a JPEG of 64 x 64 samples."""
    held = io.BytesIO()
    Image.fromarray(GREY).save(held, "JPEG")
    return held.getvalue()


def dicom(syntax: UID, frames: list[bytes]) -> bytes:
    """Return a file that says it holds one frame of 64 x 64."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["broken"])
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = meta.MediaStorageSOPClassUID, "1.2.3", "OT"
    made.Rows = made.Columns = 64
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = encapsulate(frames)
    held = io.BytesIO()
    made.save_as(held, enforce_file_format=True)
    return held.getvalue()


def outcome(data: bytes) -> str:
    """Return the error's name that reading and showing the first frame raises; "" for none."""
    try:
        ingest.read(data, "broken.dcm", "a", KEY).part("pixels").value.readable(0)
    except Quarantine as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (JPEG2000Lossless, b"\xff\x4f\xff\x51" + b"\xff" * 200),
        (JPEG2000, b"\xff\x4f\xff\x51" + b"\x01" * 200),
        (JPEGLSLossless, b"\xff\xd8\xff\xf7" + bytes(100)),
        (RLELossless, b"\xff\xff\xff\xff" * 16),
        (JPEGBaseline8Bit, jpeg()[:300]),
        (JPEGBaseline8Bit, jpeg().replace(b"\xff\xc0\x00\x0b\x08\x00\x40", b"\xff\xc0\x00\x0b\x08\xff\x40")),
    ],
)
def test_a_broken_frame_ends_no_process(syntax: UID, frame: bytes) -> None:
    """GDCM ends the whole process on the first of them; so it is read in a process of its own here."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(outcome, (dicom(syntax, [frame]),)).get(60) == "MalformedAsset"


def test_frames_that_nobody_counts_do_not_leave() -> None:
    """Four more behind the one that the dataset speaks of, each with its offset."""
    assert outcome(dicom(JPEGBaseline8Bit, [jpeg()])) == ""
    with pytest.raises(MalformedAsset, match="more frames"):
        ingest.read(dicom(JPEGBaseline8Bit, [jpeg()] * 5), "x.dcm", "a", KEY)

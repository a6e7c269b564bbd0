"""Real files of every transfer syntax: a covered box is all that changes, and without one no byte of samples does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import UID, ExplicitVRLittleEndian

from deid_core.edit import put
from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_pixels import LOSSLESS_ENCODERS, LOSSY_METHODS, NATIVE, pixel_keyword
from deid_core.ingest.marks import dicom
from deid_core.keys import ProjectKey
from deid_core.model import Document, PixelBox
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor")
LARGEST = 400_000  # bytes of a file
FRAMES = 3  # that are compared
WIDE = 4  # bytes of a sample from which RLE has no encoder here


def held(dataset: Any) -> bytes:
    """Return a dataset's samples as they are in the file."""
    value = dataset[pixel_keyword(dataset)].value
    return bytes(getattr(value, "held", value))


def covered(document: Document, value: int) -> Document:
    """Return a document with a box of its first frame covered, and marked."""
    return dicom(put(document, [(PixelBox("pixels", 1, 1, 5, 4), value)]), POLICY)


def expected_syntax(syntax: UID, sample: int) -> UID:
    """Return what a file is written in after a box of it was covered."""
    encoder = syntax in LOSSLESS_ENCODERS and sample < WIDE
    return syntax if syntax in NATIVE or encoder else ExplicitVRLittleEndian


def check(data: bytes, key: ProjectKey) -> tuple[str, str, int, int]:
    """Check a file both ways; return its transfer syntax, photometric interpretation, bits stored and planes."""
    document = DicomReader().read(data, "a", key)
    frames, dataset = document.part("pixels").value, document.part("dataset").value
    was = [frames.stored(number) for number in range(min(frames.count, FRAMES))]
    value = int((was[0][1:5, 1:6] == 0).all())  # another than is there
    edited = covered(document, value)
    again = DicomReader().read(DicomReader().write(edited), "a", key)
    now, written = again.part("pixels").value, again.part("dataset").value
    syntax = frames.transfer_syntax
    assert now.transfer_syntax == expected_syntax(syntax, was[0].dtype.itemsize)
    for number, samples in enumerate(was):
        expected = samples.copy()
        if number == 0:
            expected[1:5, 1:6] = value
        assert np.array_equal(now.stored(number), expected)
        assert np.array_equal(now.readable(number), edited.part("pixels").value.readable(number))
    assert "ORIGINAL" not in str(written.get("ImageType"))
    if str(syntax) in LOSSY_METHODS:
        assert written.LossyImageCompression == "01"
    if dataset.get("LossyImageCompression") == "01":
        assert written.LossyImageCompression == "01"  # once lost is lost
    return syntax.name, str(dataset.get("PhotometricInterpretation")), int(dataset.get("BitsStored") or 0), frames.count


@pytest.mark.shared
def test_only_what_is_covered_changes_in_real_files(shared: Path, key: ProjectKey) -> None:
    """In 15 transfer syntaxes or more, every photometric interpretation, from 1 to 32 bits a sample."""
    seen: Counter[str] = Counter()
    for path in sorted((shared / "dicom").glob("*/*.dcm")):
        if path.stat().st_size > LARGEST:
            continue
        try:
            document = DicomReader().read(path.read_bytes(), "a", key)
        except Quarantine:
            continue
        if "pixels" in document:
            syntax, photometric, bits, count = check(path.read_bytes(), key)
            seen.update((syntax, photometric, f"{bits} bits", "cine" if count > 1 else "single"))
    assert {"MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422"} <= seen.keys()
    assert {"1 bits", "8 bits", "12 bits", "16 bits", "32 bits", "cine", "single"} <= seen.keys()
    assert sum(name in seen for name in SYNTAXES) == len(SYNTAXES)


SYNTAXES = (
    "Implicit VR Little Endian", "Explicit VR Little Endian", "Explicit VR Big Endian",
    "Deflated Explicit VR Little Endian", "RLE Lossless", "JPEG Baseline (Process 1)",
    "JPEG Extended (Process 2 and 4)", "JPEG Lossless, Non-Hierarchical (Process 14)",
    "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])",
    "JPEG-LS Lossless Image Compression", "JPEG-LS Lossy (Near-Lossless) Image Compression",
    "JPEG 2000 Image Compression (Lossless Only)", "JPEG 2000 Image Compression",
)  # fmt: skip


@pytest.mark.shared
def test_what_is_covered_by_what_is_there_already_keeps_its_bytes(shared: Path, key: ProjectKey) -> None:
    """A bar that somebody blacked out before is no reason to decode a file: not a byte of its samples changes."""
    for name in ("burned_in/US-PAL-8-10x-echo.dcm", "burned_in/JPGLosslessP14SV1_1s_1f_8b.dcm"):
        document = DicomReader().read((shared / "dicom" / name).read_bytes(), "a", key)
        first = document.part("pixels").value.stored(0)
        assert (first[:2, :2] == first[0, 0]).all()
        edited = dicom(put(document, [(PixelBox("pixels", 0, 0, 2, 2), int(first[0, 0]))]), POLICY)
        again = DicomReader().read(DicomReader().write(edited), "a", key).part("dataset").value
        assert held(again) == held(document.part("dataset").value)
        assert again.file_meta.TransferSyntaxUID == document.part("dataset").value.file_meta.TransferSyntaxUID

"""JPEG Extended frames of 12 bits are decoded, and written back without loss; what is no whole frame is set aside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.keys import ProjectKey

FILES = {  # sum and largest sample, as libjpeg-turbo 3.1 decodes them
    "transfer_syntax/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm": (369000465, 2223),
    "structure/I290.dcm": (235313738, 3944),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_frames_of_twelve_bits_are_decoded_as_by_libjpeg(name: str, shared: Path, key: ProjectKey) -> None:
    """The sum of the samples and the largest of them are those of another decoder."""
    frames = DicomReader().read((shared / "dicom" / name).read_bytes(), "a", key).part("pixels").value
    samples = frames.stored(0)
    assert samples.dtype == np.uint16
    assert (int(samples.sum()), int(samples.max())) == FILES[name]


@pytest.mark.shared
def test_an_edited_frame_is_written_without_loss(shared: Path, key: ProjectKey) -> None:
    """There is no encoder for it: uncompressed, all other samples the same, its earlier loss on record."""
    data = (shared / "dicom" / "structure/I290.dcm").read_bytes()
    document = DicomReader().read(data, "a", key)
    was = document.part("pixels").value.stored(0)
    now = was.copy()
    now[10:30, 20:90] = 0
    dataset, pixels = document.parts[:2]
    edited = type(document)(
        "a", document.media_type, document.subject_key,
        (dataset, type(pixels)(pixels.name, pixels.kind, pixels.value.replaced({0: now}))),
    )  # fmt: skip
    again = DicomReader().read(DicomReader().write(edited), "a", key)
    assert np.array_equal(again.part("pixels").value.stored(0), now)
    written = again.part("dataset").value
    assert written.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert written.LossyImageCompression == "01"


@pytest.mark.shared
def test_a_frame_that_is_no_jpeg_is_set_aside(shared: Path, key: ProjectKey) -> None:
    """Its samples are not guessed."""
    data = bytearray((shared / "dicom" / "structure/I290.dcm").read_bytes())
    at = data.index(b"\xff\xd8\xff")
    data[at : at + 400] = bytes(400)
    with pytest.raises(Quarantine):
        DicomReader().read(bytes(data), "a", key).part("pixels").value.stored(0)

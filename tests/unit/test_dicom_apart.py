"""Frames that GDCM alone decodes: of 12 bits, and lossless. What ends GDCM ends no process of ours."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, generate_uid
from typer.testing import CliRunner

from deid_core.errors import MalformedAsset, Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_apart import BROKEN, CHILD, decoded
from deid_core.keys import ProjectKey
from deployments.cli.app import app

SIDE = 64
ASKED: dict[str, str | int] = {
    "syntax": str(JPEGLosslessSV1), "photometric": "MONOCHROME2", "rows": SIDE, "columns": SIDE, "samples": 1,
    "planar": 0, "allocated": 16, "stored": 12, "signed": 0,
}  # fmt: skip
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


def lossless(precision: int) -> bytes:
    """Return a lossless JPEG (ITU-T T.81, process 14) in which each sample differs by nothing from its neighbour."""
    frame = b"\xff\xc3\x00\x0b" + bytes([precision, 0, SIDE, 0, SIDE, 1, 1, 0x11, 0])
    one_code = b"\xff\xc4\x00\x14\x00\x01" + bytes(15) + b"\x00"  # the code 0: no difference
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00" + bytes(SIDE * SIDE // 8)
    return b"\xff\xd8" + frame + one_code + scan + b"\xff\xd9"


def dicom(frame: bytes, syntax: UID = JPEGLosslessSV1) -> bytes:
    """Return a file that says it holds one frame of 64 x 64 samples of 12 bits."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["apart"])
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = meta.MediaStorageSOPClassUID, "1.2.3", "OT"
    made.Rows = made.Columns = SIDE
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    made.PixelData = encapsulate([frame])
    held = io.BytesIO()
    made.save_as(held, enforce_file_format=True)
    return held.getvalue()


def test_this_frame_ends_gdcm() -> None:
    """Samples of 17 bits, which no JPEG has, abort the process that decodes them: what the other tests stand on."""
    child = str(files("deid_core.ingest").joinpath("gdcm_child.py"))
    frame = lossless(17)
    asked = json.dumps({**ASKED, "seconds": 60, "length": len(frame)}).encode() + b"\n" + frame
    done = subprocess.run([sys.executable, "-I", child], input=asked, capture_output=True, timeout=60, check=False)
    assert done.returncode < 0
    assert done.stdout == b""


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1, JPEGExtended12Bit])
def test_a_frame_that_ends_its_codec_is_set_aside_and_the_next_is_read(syntax: UID, key: ProjectKey) -> None:
    """The worker lives on, and what comes after is decoded as ever."""
    for _ in range(2):
        broken = DicomReader().read(dicom(lossless(17), syntax), "a", key).part("pixels").value
        with pytest.raises(MalformedAsset, match="cannot be decoded"):
            broken.readable(0)
        whole = DicomReader().read(dicom(lossless(12)), "a", key).part("pixels").value
        assert np.array_equal(whole.stored(0), np.full((SIDE, SIDE), 2048, np.uint16))


def test_a_frame_that_takes_too_long_is_refused() -> None:
    """The process is ended, whatever it does; the next frame finds another."""
    with pytest.raises(ValueError, match=BROKEN):
        decoded(lossless(12), ASKED, seconds=0.0)
    assert len(decoded(lossless(12), ASKED)) == SIDE * SIDE * 2
    CHILD.close()


def test_a_batch_goes_on_after_a_frame_that_ends_its_codec(
    tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`deidflow deid`, which has no worker to lose: one file is set aside with its reason, the others are written."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    folder = tmp_path / "in"
    folder.mkdir()
    for name, precision in (("a.dcm", 12), ("b.dcm", 17), ("c.dcm", 12)):
        (folder / name).write_bytes(dicom(lossless(precision)))
    options = ["--policy", str(quick_policy), "--keep-names"]
    done = CliRunner().invoke(app, ["deid", str(folder), "-o", str(tmp_path / "out"), *options])
    assert done.exit_code == MalformedAsset.exit_code, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.dcm", "c.dcm"]

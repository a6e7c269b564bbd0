"""Outputs open in other readers: GDCM reads the same samples as from the input, dcmtk reads to the end of the file."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.pixels.utils import compress
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from deid_core import ingest, pipeline
from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.keys import ProjectKey
from deid_core.model import PartKind
from deid_core.policy import load_policy
from deid_core.splice import Splicer

KEY = ProjectKey(bytes(range(32)))
POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
SAMPLES = (np.arange(3 * 16 * 24, dtype="<u2") * 37 % 4096).reshape(3, 16, 24)
NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)


def a_film(syntax: UID, *, undefined: bool, table: str = "basic", split: bool = False) -> bytes:
    """Make an enhanced CT image of three frames, its lengths undefined or not, its frames told apart by a table.

    `table` is "basic", "none" or "extended"; `split` makes two fragments of each frame.
    """
    meta = FileMetaDataset()
    native = syntax if syntax in NATIVE else ExplicitVRLittleEndian
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = native, EnhancedCTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4.5678.1")
    dataset = FileDataset("", Dataset(), bytes(128), meta, native.is_implicit_VR, native.is_little_endian)
    dataset.SOPClassUID, dataset.SOPInstanceUID = EnhancedCTImageStorage, "1.2.3.4.5678.1"
    dataset.SpecificCharacterSet, dataset.PatientName, dataset.PatientID = "ISO_IR 192", "Wiśniewska^Zofia", "00-471-1"
    dataset.StudyDescription, dataset.Modality = "CT CHEST for Zofia Wiśniewska, MRN 00-471-1", "CT"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.4.99", "1.2.3.4.98"
    groups = []
    for number in range(len(SAMPLES)):
        content, group = Dataset(), Dataset()
        content.FrameAcquisitionNumber, content.FrameComments = number, "seen by Dr Wiśniewska"
        group.FrameContentSequence = [content]
        group.is_undefined_length_sequence_item = content.is_undefined_length_sequence_item = undefined
        group["FrameContentSequence"].is_undefined_length = undefined
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset["PerFrameFunctionalGroupsSequence"].is_undefined_length = undefined
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = SAMPLES.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = SAMPLES.astype("<u2" if native.is_little_endian else ">u2").tobytes()
    dataset["PixelData"].VR = "OW"
    if syntax not in NATIVE:
        _compressed(dataset, syntax, table, 2 if split else 1)
    buffer = BytesIO()
    pydicom.dcmwrite(
        buffer,
        dataset,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )
    return buffer.getvalue()


def _compressed(dataset: FileDataset, syntax: UID, table: str, fragments: int) -> None:
    compress(dataset, syntax, SAMPLES, generate_instance_uid=False)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=len(SAMPLES)))
    if table == "extended":
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(
            frames
        )
    else:
        dataset.PixelData = encapsulate(frames, fragments_per_frame=fragments, has_bot=table == "basic")
    dataset["PixelData"].is_undefined_length = True


def deidentified(data: bytes) -> bytes:
    """De-identify a file's header, its pixels left as they are."""
    document = DicomReader().read(data, "asset", KEY)
    pixels = tuple(part for part in document.parts if part.kind is PartKind.PIXELS)
    others = tuple(part for part in document.parts if part.kind is not PartKind.PIXELS)
    whose = pipeline.identify(type(document)("asset", document.media_type, document.subject_key, others), POLICY, KEY)
    cleaned = pipeline.apply(whose.document, pipeline.plan(whose, "", POLICY, KEY), POLICY, KEY)
    return ingest.write(type(cleaned)("asset", cleaned.media_type, cleaned.subject_key, (*cleaned.parts, *pixels)))


def samples_of(path: Path) -> bytes | None:
    """Return an image's samples as GDCM reads them; None where it reads none."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    held: str | None = reader.GetImage().GetBuffer()
    return None if held is None else held.encode("utf-8", "surrogateescape")


def check(data: bytes, output: bytes, folder: Path, name: str) -> None:
    """Assert that GDCM and dcmtk open an output as they open the input."""
    before, after = folder / "in.dcm", folder / "out.dcm"
    before.write_bytes(data)
    after.write_bytes(output)
    reader = gdcm.Reader()
    reader.SetFileName(str(after))
    assert reader.Read(), name
    for command in (["dcmftest"], ["dcmdump", "-q", "-E"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, str(after)], capture_output=True, check=False, timeout=60)
            was = subprocess.run([*command, str(before)], capture_output=True, check=False, timeout=60)
            assert done.returncode == 0 or was.returncode != 0, (name, command)


FILMS = [
    *((syntax, undefined, "basic", False) for syntax in NATIVE for undefined in (True, False)),
    *(
        (syntax, True, table, False)
        for syntax in (RLELossless, JPEGLSLossless)
        for table in ("basic", "none", "extended")
    ),
    (JPEGLSLossless, False, "basic", True),
    (JPEGLSLossless, False, "none", True),
]


@pytest.mark.parametrize(("syntax", "undefined", "table", "split"), FILMS)
def test_every_encoding_opens_in_gdcm_and_dcmtk(
    syntax: UID, undefined: bool, table: str, split: bool, tmp_path: Path
) -> None:
    """Each byte order, deflated, undefined lengths, fragments and each offset table: both ways of writing are read."""
    data = a_film(syntax, undefined=undefined, table=table, split=split)
    output = deidentified(data)
    check(data, output, tmp_path, syntax.name)
    assert samples_of(tmp_path / "out.dcm") == samples_of(tmp_path / "in.dcm")
    fast = Splicer(POLICY, KEY)
    assert [fast.deidentified(data, "asset") for _ in range(3)] == [output] * 3
    dataset = pydicom.dcmread(BytesIO(output))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(dataset.pixel_array, SAMPLES)
    assert ("ExtendedOffsetTable" in dataset) == (table == "extended")
    assert "Wiśniewska" not in str(dataset)
    groups = dataset["PerFrameFunctionalGroupsSequence"]
    assert groups.is_undefined_length == undefined
    assert all(item.is_undefined_length_sequence_item == undefined for item in groups.value)


@pytest.mark.shared
def test_a_sample_of_real_files_opens_in_gdcm_and_dcmtk(shared: Path, tmp_path: Path) -> None:
    """Every fifth small real file that is released opens as its input does."""
    opened = 0
    for path in [one for one in sorted((shared / "dicom").rglob("*.dcm")) if one.stat().st_size < 600_000][::5]:
        data = path.read_bytes()
        try:
            output = deidentified(data)
        except Quarantine:
            continue
        check(data, output, tmp_path, path.name)  # not its samples: some end the process in which GDCM decodes them
        opened += 1
    assert opened > 25

"""Images by the gigabyte: samples are neither copied nor held, and come out as those of a small image do."""

from __future__ import annotations

import mmap
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from textwrap import dedent
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from deid_core import ingest
from deid_core.errors import MalformedAsset
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.marks import without_samples
from deid_core.ingest.pieces import View, lend
from deid_core.keys import ProjectKey
from deid_core.model import Document

NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
FRAME = 512 * 512 * 2


def an_image(pixels: NDArray[Any], syntax: UID, photometric: str = "MONOCHROME2", **values: object) -> bytes:
    """Make the file of an image of frames, with an element after its samples."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID = syntax, UID("1.2.3")
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, syntax.is_implicit_VR, syntax.is_little_endian)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = len(pixels), pixels.shape[1], pixels.shape[2]
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = (pixels.shape[3], 0) if pixels.ndim == 4 else (1, 0)
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = photometric, int(pixels.dtype.kind == "i")
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    samples = pixels.astype(pixels.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    dataset.PixelData = samples + b"\0" * (len(samples) % 2) + b"beyond"
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 and not syntax.is_implicit_VR else "OW"
    dataset.DataSetTrailingPadding = b"\1\2"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    return buffer.getvalue()


def read(data: bytes | mmap.mmap, key: ProjectKey, above: int, patch: pytest.MonkeyPatch) -> Document:
    """Read a file; samples of more bytes than `above` are not copied."""
    patch.setattr("deid_core.ingest.dicom.LARGE", above)
    document = ingest.read(data, "", "asset", key)
    assert isinstance(document.part("dataset").value.PixelData, memoryview | View) == (above == 0)
    return document


def edited(document: Document, *frames: int) -> Document:
    """Return a document in which those frames have a box of zeros."""
    pixels = document.parts[1]
    held = {frame: pixels.value.stored(frame).copy() for frame in frames}
    for samples in held.values():
        samples[:2, :3] = 0
    part = type(pixels)(pixels.name, pixels.kind, pixels.value.replaced(held))
    return Document(document.asset_id, document.media_type, document.subject_key, (document.parts[0], part))


KINDS: list[tuple[NDArray[Any], dict[str, object]]] = [
    (np.arange(3 * 5 * 7, dtype="u2").reshape(3, 5, 7), {}),
    (np.arange(3 * 5 * 7, dtype="u2").reshape(3, 5, 7) * 600, {"BitsStored": 12, "HighBit": 11}),
    (np.arange(-50, 55, dtype="i2").reshape(3, 5, 7) * 99, {"BitsStored": 12, "HighBit": 11}),
    (np.arange(3 * 5 * 7, dtype="u1").reshape(3, 5, 7), {}),
    (np.arange(3 * 4 * 6 * 3, dtype="u1").reshape(3, 4, 6, 3), {"photometric": "RGB"}),
    (np.arange(3 * 4 * 6 * 3, dtype="u1").reshape(3, 4, 6, 3), {"photometric": "YBR_FULL"}),
    (np.arange(3 * 4 * 6 * 3, dtype="u1").reshape(3, 4, 6, 3), {"photometric": "RGB", "PlanarConfiguration": 1}),
]


@pytest.mark.parametrize("syntax", NATIVE, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize(("pixels", "values"), KINDS)
@pytest.mark.parametrize("frames", [(), (1,)], ids=["as they are", "one covered"])
def test_samples_that_are_not_held_come_out_as_those_that_are(
    pixels: NDArray[Any],
    values: dict[str, Any],
    syntax: UID,
    frames: tuple[int, ...],
    key: ProjectKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A piece or a frame at a time, covered or not, in each native encoding: the file is the same to the byte."""
    data = an_image(pixels, syntax, **values)
    held, referred = (read(data, key, above, monkeypatch) for above in (1 << 30, 0))
    monkeypatch.setattr("deid_core.ingest.dicom_pixels.PIECE", 16)
    output = DicomReader().write(edited(held, *frames) if frames else held)
    assert b"".join(ingest.written(edited(referred, *frames) if frames else referred)) == output
    assert b"beyond" not in output
    assert pydicom.dcmread(BytesIO(output)).DataSetTrailingPadding == b"\1\2"
    samples = bytes(read(output, key, 0, monkeypatch).part("dataset").value.PixelData)
    rest = without_samples(read(output, key, 0, monkeypatch), output)
    assert len(rest) == len(output) - len(samples)
    assert samples not in rest


@pytest.mark.parametrize("frames", [(), (1,)], ids=["as they are", "one covered"])
@pytest.mark.parametrize(("pixels", "values"), KINDS[:4])
def test_a_deflated_image_in_a_file_comes_out_as_one_in_memory(
    pixels: NDArray[Any],
    values: dict[str, Any],
    frames: tuple[int, ...],
    key: ProjectKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is inflated lies in memory or is mapped; the output is the same, and is searched inflated."""
    data = an_image(pixels, DeflatedExplicitVRLittleEndian, PatientComments="Brzezicki", **values)
    held = read(data, key, 1 << 30, monkeypatch)
    output = DicomReader().write(edited(held, *frames) if frames else held)
    monkeypatch.setattr("deid_core.ingest.dicom_deflated.MAPPED_FROM", 0)
    monkeypatch.setattr("deid_core.ingest.pieces._lent", [])
    assert isinstance(read(data, key, 0, monkeypatch).part("dataset").value.PixelData.obj, bytes)
    lend(TemporaryFile)
    monkeypatch.setattr("deid_core.ingest.dicom_deflated.PIECE", 16)
    mapped = read(data, key, 0, monkeypatch)
    assert isinstance(mapped.part("dataset").value.PixelData.obj, mmap.mmap)
    assert b"".join(ingest.written(edited(mapped, *frames) if frames else mapped)) == output
    for above in (0, 1 << 30):
        again = read(output, key, above, monkeypatch)
        rest, samples = without_samples(again, output), bytes(again.part("dataset").value.PixelData)
        assert b"Brzezicki" in rest
        assert samples not in rest
    with pytest.raises(MalformedAsset):
        ingest.read(data[:-90], "", "asset", key)


def with_comments(data: bytes) -> bytes:
    """Return an image whose frames are JPEG with a comment in each, told apart by an offset table."""
    dataset = pydicom.dcmread(BytesIO(data))
    frames = [b"\xff\xd8\xff\xfe\x00\x06Doe" + bytes([n]) + b"\xff\xda\0\x02ab\xff\xd9" for n in range(3)]
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].is_undefined_length, dataset["PixelData"].VR = True, "OB"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


@pytest.mark.parametrize("comments", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_fragments_that_are_not_held_come_out_as_those_that_are(
    comments: bool, padded: bool, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compressed frames keep their bytes, or lose their comments, whether anything follows them or not."""
    data = an_image(KINDS[3][0], ExplicitVRLittleEndian)
    if comments:
        data = with_comments(data)
    else:
        dataset = pydicom.dcmread(BytesIO(data))
        dataset.PixelData = dataset.PixelData.removesuffix(b"beyond")
        dataset.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        buffer = BytesIO()
        dataset.save_as(buffer)
        data = buffer.getvalue()
    if not padded:
        data = data[: data.index(b"\xfc\xff\xfc\xff")]
    output = DicomReader().write(read(data, key, 1 << 30, monkeypatch))
    referred = read(data, key, 0, monkeypatch)
    assert b"".join(ingest.written(referred)) == output
    assert b"Doe" not in output
    if not comments:
        assert np.array_equal(referred.parts[1].value.stored(1), KINDS[3][0][1])
        again = DicomReader().write(edited(referred, 1))
        assert again == DicomReader().write(edited(read(data, key, 1 << 30, monkeypatch), 1))
    rest = without_samples(read(output, key, 0, monkeypatch), output)
    assert b"\xfe\xff\x00\xe0" not in rest


def test_a_mapped_file_is_read_where_it_lies(key: ProjectKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapped image gives what its bytes give; a mapped file of another format is read into memory."""
    data = an_image(KINDS[0][0], ExplicitVRLittleEndian)
    (tmp_path / "image").write_bytes(data)
    (tmp_path / "table.csv").write_bytes(b"name,age\nDoe,7\n")
    (tmp_path / "cut").write_bytes(data[:-70])
    mapped = {}
    for path in tmp_path.iterdir():
        with path.open("rb") as file:
            mapped[path.name] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    document = read(mapped["image"], key, 0, monkeypatch)
    assert b"".join(ingest.written(document)) == ingest.write(read(data, key, 1 << 30, monkeypatch))
    table = ingest.read(mapped["table.csv"], "table.csv", "asset", key)
    assert b"".join(ingest.written(table)) == b"name,age\nDoe,7\n"
    with pytest.raises(MalformedAsset):
        ingest.read(mapped["cut"], "", "asset", key)


def test_of_two_elements_of_samples_one_is_left(key: ProjectKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile file with samples twice is treated alike, however large they are."""
    data = an_image(KINDS[0][0], ExplicitVRLittleEndian)
    at = data.index(b"\xe0\x7f\x10\x00")
    twice = data[:at] + data[at:-14] * 2 + data[-14:]
    monkeypatch.setattr("deid_core.ingest.dicom.LARGE", 0)
    document = ingest.read(twice, "", "asset", key)
    assert ingest.write(document).count(b"\xe0\x7f\x10\x00") == 1


CHILD = """
import resource, sys
from pathlib import Path
from deid_core import ingest, pipeline, verify
from deid_core.ingest.pieces import digest
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.splice import Splicer
from infra.folder import FolderStore

def through(name):
    store, limit = FolderStore(Path(sys.argv[1])), 2**33
    data = store.view(name, limit)
    document = ingest.read(data, name, "asset", key)
    whose = pipeline.identify(document, policy, key)
    chosen = pipeline.plan(whose, digest(data), policy, key)
    output = Splicer(policy, key).written(data, whose.document, chosen)
    store.put("out", output, create_only=False)
    found = verify.residual(whose, chosen, store.view("out", limit), policy, key)
    assert not found.left and digest(output) == digest(store.view("out", limit))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

key = ProjectKey(bytes(range(32)))
policy = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
print(through("small"), through("large"), through("deflated"))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_the_number_of_frames(tmp_path: Path) -> None:
    """Reading, planning, writing and verifying six hundred frames, 300 MB, takes at most 40 MB more than two do.

    Deflated ones are inflated into a file that is mapped: they take at most a piece or two more.
    """
    ramp = np.add.outer(np.arange(512), np.arange(512)).astype("<u2")
    for name, count in (("small", 2), ("large", 600)):
        (tmp_path / name).write_bytes(
            an_image(np.broadcast_to(ramp, (count, 512, 512)), ExplicitVRLittleEndian, PatientID="MRN-00471")
        )
    (tmp_path / "deflated").write_bytes(
        an_image(np.broadcast_to(ramp, (600, 512, 512)), DeflatedExplicitVRLittleEndian, PatientID="MRN-00471")
    )
    child = subprocess.run(
        [sys.executable, "-c", dedent(CHILD), str(tmp_path)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    small, large, deflated = map(int, child.stdout.split())
    assert (tmp_path / "large").stat().st_size > 600 * FRAME
    assert large - small < 40
    assert deflated - small < 80

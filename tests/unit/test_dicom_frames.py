"""Frames of DICOM images: shown as a person would see them, and written back without harm to the others."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.utils import compress, pack_bits
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from deid_core.errors import LimitExceeded, MalformedAsset
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_codestream import bare
from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

ROWS, COLUMNS = 32, 40


def an_image(
    pixels: NDArray[Any], photometric: str = "MONOCHROME2", syntax: UID = ExplicitVRLittleEndian, **values: object
) -> FileDataset:
    """Make an image of frames: (frames, rows, columns) or (frames, rows, columns, samples)."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_compressed else syntax
    dataset = FileDataset("", Dataset(), None, meta, syntax.is_implicit_VR, syntax.is_little_endian)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7.4", "1.2.3"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = len(pixels), pixels.shape[1], pixels.shape[2]
    dataset.SamplesPerPixel = pixels.shape[3] if pixels.ndim == 4 else 1
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(pixels.dtype.kind == "i")
    big = syntax == ExplicitVRBigEndian
    dataset.PixelData = (pixels.astype(pixels.dtype.newbyteorder(">")) if big else pixels).tobytes()
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 and not syntax.is_implicit_VR else "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if syntax.is_compressed:
        compress(dataset, syntax, pixels if len(pixels) > 1 else pixels[0], generate_instance_uid=False)
    return dataset


def read_again(dataset: FileDataset, key: ProjectKey) -> Document:
    """Return the document of the dataset's file."""
    buffer, syntax = BytesIO(), dataset.file_meta.TransferSyntaxUID
    order = {"implicit_vr": syntax.is_implicit_VR, "little_endian": syntax.is_little_endian}
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, **order)
    return DicomReader().read(buffer.getvalue(), "asset", key)


def frames_of(dataset: FileDataset, key: ProjectKey) -> DicomFrames:
    """Return the frames of the dataset's file."""
    frames = read_again(dataset, key).part("pixels").value
    assert isinstance(frames, DicomFrames)
    return frames


def a_ramp(dtype: str, frames: int = 3, samples: int = 1) -> NDArray[Any]:
    """Make frames that differ from each other and in every row."""
    values = np.arange(frames * ROWS * COLUMNS * samples) % 251
    shape = (frames, ROWS, COLUMNS, samples) if samples > 1 else (frames, ROWS, COLUMNS)
    return values.reshape(shape).astype(dtype)


NATIVE = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
LOSSLESS = [RLELossless, JPEGLSLossless, JPEG2000Lossless]


@pytest.mark.parametrize("syntax", NATIVE + LOSSLESS, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize(("dtype", "samples"), [("u1", 1), ("u2", 1), ("u1", 3)])
def test_one_frame_is_edited_and_the_others_stay(syntax: UID, dtype: str, samples: int, key: ProjectKey) -> None:
    """Covering a name in the second frame leaves the others as they were, in the same transfer syntax."""
    pixels = a_ramp(dtype, samples=samples)
    document = read_again(an_image(pixels, "RGB" if samples == 3 else "MONOCHROME2", syntax), key)
    frames = document.part("pixels").value
    covered = frames.stored(1)
    covered[4:12, 6:30] = 0
    parts = (document.parts[0], Part("pixels", PartKind.PIXELS, frames.replaced({1: covered})))
    out = DicomReader().write(Document("asset", document.media_type, document.subject_key, parts))
    again = DicomReader().read(out, "asset", key)
    assert again.part("dataset").value.file_meta.TransferSyntaxUID == syntax
    for frame, expected in enumerate((pixels[0], covered, pixels[2])):
        assert np.array_equal(again.part("pixels").value.stored(frame), expected)


def test_frames_are_replaced_by_their_like_only(key: ProjectKey) -> None:
    """A frame of another shape or type is refused, and the original frames are not touched by a replacement."""
    frames = frames_of(an_image(a_ramp("u2")), key)
    with pytest.raises(ValueError, match="shape and type"):
        frames.replaced({0: np.zeros((ROWS, COLUMNS), "u1")})
    edited = frames.replaced({0: np.zeros((ROWS, COLUMNS), "u2")})
    assert frames.edited == {}
    assert not edited.stored(0).any()
    assert frames.stored(0).any()
    with pytest.raises(IndexError):
        frames.stored(3)


def a_text(low: int, high: int, dtype: str) -> NDArray[Any]:
    """Make one frame of a bright block, as of text, on a dark ground."""
    frame = np.full((1, ROWS, COLUMNS), low, dtype)
    frame[0, 8:16, 8:32] = high
    return frame


PALETTE: dict[str, Any] = {
    "RedPaletteColorLookupTableDescriptor": [256, 0, 8],
    "GreenPaletteColorLookupTableDescriptor": [256, 0, 8],
    "BluePaletteColorLookupTableDescriptor": [256, 0, 8],
    "RedPaletteColorLookupTableData": bytes(range(256)),
    "GreenPaletteColorLookupTableData": bytes(range(256)),
    "BluePaletteColorLookupTableData": bytes(256),
}
YBR_WHITE_ON_BLACK = np.stack([a_text(0, 255, "u1"), *[np.full((1, ROWS, COLUMNS), 128, "u1")] * 2], axis=-1)


@pytest.mark.parametrize(
    ("dataset", "ground", "text"),
    [
        (an_image(a_text(10, 200, "u1")), (0, 0, 0), (255, 255, 255)),
        (an_image(a_text(10, 200, "u1"), "MONOCHROME1"), (255, 255, 255), (0, 0, 0)),
        (an_image(a_text(-1000, 3000, "i2")), (0, 0, 0), (255, 255, 255)),
        (an_image(a_text(0, 4095, "u2"), WindowCenter="2048", WindowWidth="8192"), (63, 63, 63), (191, 191, 191)),
        (
            an_image(
                a_text(0, 4000, "u2"), WindowCenter="50", WindowWidth="10", RescaleSlope="1", RescaleIntercept="-1024"
            ),
            (0, 0, 0),
            (255, 255, 255),
        ),
        (an_image(a_text(0, 2, "u4")), (0, 0, 0), (255, 255, 255)),
        (an_image(a_text(0, 200, "u1"), "PALETTE COLOR", **PALETTE), (0, 0, 0), (200, 200, 0)),
        (an_image(YBR_WHITE_ON_BLACK, "YBR_FULL"), (0, 0, 0), (255, 255, 255)),
        (an_image(np.repeat(a_text(0, 255, "u1")[..., None], 3, axis=-1), "RGB"), (0, 0, 0), (255, 255, 255)),
        (an_image(np.repeat(a_text(0, 65535, "u2")[..., None], 3, axis=-1), "RGB"), (0, 0, 0), (255, 255, 255)),
    ],
)
def test_text_is_readable_in_every_kind_of_image(
    dataset: FileDataset, ground: tuple[int, ...], text: tuple[int, ...], key: ProjectKey
) -> None:
    """Grey, inverted, signed, windowed, palette and YBR frames become RGB in which text stands off the ground."""
    shown = frames_of(dataset, key).readable(0)
    assert shown.dtype == np.uint8
    assert shown.shape == (ROWS, COLUMNS, 3)
    assert tuple(shown[2, 2]) == ground
    assert tuple(shown[12, 20]) == text


def test_a_segmentation_of_single_bits_is_shown_and_edited(key: ProjectKey) -> None:
    """One-bit frames are shown black and white, and packed again when edited."""
    bits = a_text(0, 1, "u1")
    dataset = an_image(bits)
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = bytes(pack_bits(bits[0]))
    document = read_again(dataset, key)
    frames = document.part("pixels").value
    assert set(np.unique(frames.readable(0))) == {0, 255}
    parts = (document.parts[0], Part("pixels", PartKind.PIXELS, frames.replaced({0: np.zeros_like(frames.stored(0))})))
    out = DicomReader().write(Document("asset", document.media_type, document.subject_key, parts))
    assert not DicomReader().read(out, "asset", key).part("pixels").value.stored(0).any()


def test_a_map_of_floating_point_values_is_shown(key: ProjectKey) -> None:
    """A parametric map is searched like any image."""
    dataset = an_image(a_text(0, 1, "u4"))
    dataset.FloatPixelData = a_text(0, 1, "f4").tobytes()
    del dataset.PixelData, dataset.PixelRepresentation, dataset.BitsStored, dataset.HighBit
    shown = frames_of(dataset, key).readable(0)
    assert (shown[2, 2, 0], shown[12, 20, 0]) == (0, 255)


def test_a_corrupt_frame_is_set_aside(key: ProjectKey) -> None:
    """A frame that does not decode is never passed over as empty."""
    dataset = an_image(a_ramp("u1", 1), syntax=JPEGLSLossless)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xf7" + b"\1" * 60])
    dataset["PixelData"].is_undefined_length = True
    with pytest.raises(MalformedAsset):
        frames_of(dataset, key).readable(0)


def test_ybr_becomes_rgb_when_a_frame_is_edited(key: ProjectKey) -> None:
    """Frames that decoding converts are written as what they are then."""
    document = read_again(an_image(YBR_WHITE_ON_BLACK, "YBR_FULL"), key)
    frames = document.part("pixels").value
    covered = frames.stored(0)
    covered[8:16] = 0
    parts = (document.parts[0], Part("pixels", PartKind.PIXELS, frames.replaced({0: covered})))
    out = DicomReader().write(Document("asset", document.media_type, document.subject_key, parts))
    again = DicomReader().read(out, "asset", key)
    assert again.part("dataset").value.PhotometricInterpretation == "RGB"
    assert not again.part("pixels").value.readable(0).any()


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"\xff\xd8\xff\xfe\x00\x06DOE.\xff\xda\x00\x02ab\xff\xd9", b"\xff\xd8\xff\xda\x00\x02ab\xff\xd9"),
        (b"\xff\xd8\xff\xe1\x00\x06EXIF\xff\xda\x00\x02ab\xff\xd9JANE", b"\xff\xd8\xff\xda\x00\x02ab\xff\xd9"),
        (
            b"\xff\xd8\xff\xee\x00\x04ok\xff\xda\x00\x02ab\xff\xd9",
            b"\xff\xd8\xff\xee\x00\x04ok\xff\xda\x00\x02ab\xff\xd9",
        ),
        (b"\xff\x4f\xff\x64\x00\x06DOE.\xff\x90ab\xff\xd9", b"\xff\x4f\xff\x90ab\xff\xd9"),
        (b"RLE or anything", b"RLE or anything"),
        (  # between two scans, and behind a first end
            b"\xff\xd8\xff\xda\x00\x02a\xff\x00\xff\xd0b\xff\xfe\x00\x06DOE.\xff\xda\x00\x02cd\xff\xd9JANE\xff\xd9",
            b"\xff\xd8\xff\xda\x00\x02a\xff\x00\xff\xd0b\xff\xda\x00\x02cd\xff\xd9",
        ),
        (  # in the header of a tile-part, whose length is written down
            b"\xff\x4f\xff\x90\x00\x0a\0\0\0\0\0\x1a\0\1\xff\x64\x00\x08\0\1DOE.\xff\x93ab\xff\xd9JANE\xff\xd9",
            b"\xff\x4f\xff\x90\x00\x0a\0\0\0\0\0\x1a\0\1\xff\x64\x00\x08\0\1\0\0\0\0\xff\x93ab\xff\xd9",
        ),
        (b"\xff\xd8\xff\xfe\x00\x0fKakadu-v7.3.3\xff\xda\x00\x02ab\xff\xd9\0",) * 2,
        (b"\xff\x4f\xff\x64\x00\x0e\0\1Kakadu-2.2\xff\x90ab\xff\xd9",) * 2,
        (b"\xff\x4f\xff\x64\x00\x12\0\1Kakadu-2.2 DOE\xff\x90ab\xff\xd9", b"\xff\x4f\xff\x90ab\xff\xd9"),
        (b"\xff\xd8\xff\xfe\xff\xfe", b"\xff\xd8\xff\xfe\xff\xfe"),
    ],
)
def test_comments_in_a_codestream_do_not_leave(frame: bytes, expected: bytes) -> None:
    """Comments, EXIF and bytes after the end are dropped; colours, padding and an encoder's own name stay."""
    assert bare(frame) == expected


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless], ids=lambda syntax: syntax.name)
def test_a_comment_in_one_frame_does_not_harm_the_picture(syntax: UID, key: ProjectKey) -> None:
    """Dropping a planted comment keeps every frame's samples."""
    pixels = a_ramp("u1")
    dataset = an_image(pixels, syntax=syntax)
    comment = b"\xff\xfe\x00\x0aDOE^JANE" if syntax == JPEGLSLossless else b""
    encoded = pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=3)
    planted = [frame[:2] + comment + frame[2:] + b"DOE^JANE" for frame in encoded]
    dataset.PixelData = pydicom.encaps.encapsulate(planted)
    dataset["PixelData"].is_undefined_length = True
    document = read_again(dataset, key)
    out = DicomReader().write(document)
    assert b"DOE^JANE" not in out
    frames = DicomReader().read(out, "asset", key).part("pixels").value
    assert all(np.array_equal(frames.stored(index), pixels[index]) for index in range(3))


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("dtype", ["u2", "i2"])
def test_samples_of_more_bits_than_a_file_says_stay_as_they_were(syntax: UID, dtype: str, key: ProjectKey) -> None:
    """A codestream of 16 bits whose dataset says 12: what is outside the box is not cut down to that."""
    pixels = a_ramp(dtype, 1) * 200 - (25_000 if dtype == "i2" else 0)
    dataset = an_image(pixels.astype(dtype), syntax=syntax)
    dataset.BitsStored, dataset.HighBit = 12, 11
    document = read_again(dataset, key)
    frames = document.part("pixels").value
    expected = frames.stored(0)
    expected[4:12, 6:30] = 0
    parts = (document.parts[0], Part("pixels", PartKind.PIXELS, frames.replaced({0: expected})))
    out = DicomReader().write(Document("asset", document.media_type, document.subject_key, parts))
    assert np.array_equal(DicomReader().read(out, "asset", key).part("pixels").value.stored(0), expected)


def test_a_megabyte_of_millions_of_frames_is_set_aside(key: ProjectKey) -> None:
    """Frames of a single bit: each is looked at, and takes as long as one that shows something."""
    dataset = an_image(a_text(0, 1, "u1"))
    dataset.Rows = dataset.Columns = dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit, dataset.NumberOfFrames, dataset.PixelData = 0, 8_000_000, bytes(1_000_000)
    with pytest.raises(LimitExceeded, match="frames"):
        read_again(dataset, key)

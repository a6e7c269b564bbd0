"""Check a dataset's pixel data, and write frames back into it.

Frames that were not edited keep their bytes, but for what is no pixel: bits above the stored ones, bytes after the last
frame, comments in a codestream.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from struct import pack
from typing import Any

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames, itemize_frame, parse_basic_offsets, parse_fragments
from pydicom.pixels.utils import compress, pack_bits
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGLSLossless,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
    RLELossless,
)

from deid_core.errors import LimitExceeded, MalformedAsset, Quarantine
from deid_core.ingest.dicom_codestream import bare, extent
from deid_core.ingest.dicom_frames import MAX_FRAME_BYTES, PIXEL_KEYWORDS, DicomFrames, geometry
from deid_core.ingest.dicom_quiet import quiet
from deid_core.ingest.pieces import PIECE, Buffer, View, let_go, pieces_of

LONGEST = 0xFFFFFFFE  # bytes of an element whose length is said: PS3.5 7.1.2
STAND_IN = b"\xfe\xff\x00\xe0\0\0\0\0"  # an empty offset table, where fragments are to be put: PS3.5 A.4
NATIVE = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
LOSSLESS_ENCODERS = frozenset({RLELossless, JPEGLSLossless, JPEG2000Lossless})
CODESTREAMS = frozenset({*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes})
OFFSET_TABLES = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
LOSSY_METHODS = {  # PS3.3 C.7.6.1.1.5.1; a syntax that may be lossy is called so only where the file says it
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Describe native samples: how many bytes they take, and the bits of each."""

    length: int
    allocated: int
    stored: int
    high: int
    signed: bool
    swapped: bool


def layout_of(dataset: Dataset, transfer_syntax: UID) -> Layout:
    """Return the layout of a dataset's native pixel data; MalformedAsset where the dataset does not say."""
    allocated, stored = int(dataset.BitsAllocated), int(dataset.get("BitsStored") or 0)
    high = int(dataset.get("HighBit") or stored - 1)
    swapped = transfer_syntax == ExplicitVRBigEndian and allocated > 8
    return Layout(expected_length(dataset), allocated, stored, high, dataset.get("PixelRepresentation") == 1, swapped)


def pixel_keyword(dataset: Dataset) -> str:
    """Return which pixel data element a dataset has; "" for none."""
    return next((keyword for keyword in PIXEL_KEYWORDS if keyword in dataset), "")


def expected_length(dataset: Dataset) -> int:
    """Return the bytes that native pixel data take, without padding; MalformedAsset where the dataset does not say."""
    frames, rows, columns, samples, bits = geometry(dataset)
    if dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    return math.ceil(frames * rows * columns * samples * bits / 8)


def check_pixels(dataset: FileDataset, transfer_syntax: UID) -> None:
    """Refuse pixel data that are shorter than the dataset says, lack frames, or hold more: MalformedAsset.

    Frames that nobody counts would be read by nobody, and leave.
    """
    keyword = pixel_keyword(dataset)
    frames, *_ = geometry(dataset)
    value = dataset[keyword].value or b""
    if transfer_syntax in NATIVE:
        if len(value) < expected_length(dataset):
            raise MalformedAsset("the pixel data are shorter than rows, columns and frames demand")
        return
    with quiet("the pixel data are not encapsulated as they should"):
        fragments = parse_fragments(value)[0] - 1  # the first item is the offset table
        if isinstance(value, View):
            value.seek(0)
        starts = len(parse_basic_offsets(value))
    starts = max(starts, len(bytes(dataset.get(OFFSET_TABLES[0]) or b"")) // 8)
    if fragments < frames:
        raise MalformedAsset("the pixel data hold fewer frames than the dataset says")
    if starts > frames:
        raise MalformedAsset("the pixel data hold more frames than the dataset says")
    if transfer_syntax in CODESTREAMS:
        _check_extents(dataset, value)


def _check_extents(dataset: FileDataset, value: Any) -> None:
    """Refuse frames of another extent than the dataset says: what is shown by the one cannot be read by the other."""
    frames, rows, columns, *_ = geometry(dataset)
    if isinstance(value, View):
        value.seek(0)
    with quiet("the pixel data are not encapsulated as they should"):
        for frame in generate_frames(value, number_of_frames=frames, **_offsets(dataset)):
            said = extent(frame)
            if said not in (None, (rows, columns)):
                raise MalformedAsset("a frame has other rows or columns than the dataset says")
            let_go(value)


@dataclass(frozen=True, slots=True)
class Samples:
    """Hold samples as what makes their bytes, a piece at a time; `length` counts those, None of fragments."""

    length: int | None
    make: Callable[[], Iterator[Buffer]]


def write_pixels(dataset: FileDataset, frames: DicomFrames) -> Samples | None:
    """Put frames into a dataset that the caller owns; return samples that are too many to be put there.

    Its transfer syntax becomes Explicit VR Little Endian where no lossless encoder is there for its own. Raises
    LimitExceeded where frames to encode again unpack to more than is accepted.
    """
    keyword = pixel_keyword(dataset)
    if not keyword:
        return None
    value = dataset[keyword].value
    if isinstance(value, memoryview) and not (frames.edited and dataset.get("BitsAllocated") == 1):
        return _streamed(dataset, frames, value)
    if isinstance(value, View) and not frames.edited and not _embedded_overlay(frames.dataset):
        return _fragments(dataset, frames, value)
    native = frames.transfer_syntax in NATIVE
    if frames.edited or (not native and _embedded_overlay(frames.dataset)):
        _store(dataset, frames)
    elif native:
        value = bytes(dataset[keyword].value)
        cleaned = samples_of(value, layout_of(dataset, frames.transfer_syntax))
        if cleaned != value:
            dataset[keyword].value = cleaned
    else:
        _bare(dataset, frames)
    return None


def _streamed(dataset: FileDataset, frames: DicomFrames, value: memoryview) -> Samples:
    """Return native samples that are not held, and leave their element empty: a piece or a frame at a time."""
    syntax, tag = frames.transfer_syntax, dataset[pixel_keyword(dataset)].tag
    vr = dataset[tag].VR
    if frames.edited:
        first, meta = frames.decoded(0)
        _describe(dataset, first, meta)
        vr, kind = _native_vr(vr, first, syntax), first.dtype.newbyteorder("<")
        kind = kind.newbyteorder(">") if syntax == ExplicitVRBigEndian else kind
        length = _even_length(frames.count * first.nbytes)
        samples = Samples(length, lambda: _each_frame(frames, kind, length))
    else:
        layout = layout_of(dataset, syntax)
        samples = Samples(_even_length(layout.length), lambda: _each_piece(value, layout))
    dataset[tag] = DataElement(tag, vr, b"")
    return samples


def _even_length(length: int) -> int:
    if length > LONGEST:
        raise LimitExceeded("samples are more than an element can hold")
    return length + length % 2


def _each_frame(frames: DicomFrames, kind: np.dtype[Any], length: int) -> Iterator[Buffer]:
    """Yield the samples of each frame, edited or not, and a byte that makes them even."""
    written = 0
    for frame in range(frames.count):
        samples = frames.edited[frame] if frame in frames.edited else frames.decoded(frame)[0]
        written += samples.nbytes
        yield samples.astype(kind).tobytes()
    yield bytes(length - written)


def _each_piece(value: memoryview, layout: Layout) -> Iterator[Buffer]:
    for at in range(0, layout.length, PIECE):
        piece = value[at : min(at + PIECE, layout.length)]
        yield samples_of(piece, replace(layout, length=len(piece)))
        let_go(value)


def _fragments(dataset: FileDataset, frames: DicomFrames, value: View) -> Samples:
    """Do what `_bare` does, a frame at a time."""
    offsets, count = _offsets(dataset), frames.count

    def each() -> Iterator[bytes]:
        value.seek(0)
        for frame in generate_frames(value, number_of_frames=count, **offsets):
            yield frame
            let_go(value)

    sizes, same = [], True
    for frame in each():
        now = bare(frame)
        same = same and now == frame
        sizes.append(8 + len(now) + len(now) % 2)
    dataset["PixelData"].value = STAND_IN
    if same:
        return Samples(None, lambda: pieces_of(value.held))
    _drop_offset_tables(dataset)
    starts = list(accumulate(sizes[:-1], initial=0))
    if starts[-1] > LONGEST:
        raise LimitExceeded("frames are more than an offset table can count")
    table = STAND_IN[:4] + pack(f"<I{len(starts)}I", 4 * len(starts), *starts)
    return Samples(None, lambda: chain((table,), (item for frame in each() for item in itemize_frame(bare(frame)))))


def _bare(dataset: FileDataset, frames: DicomFrames) -> None:
    """Drop comments and the like from encapsulated frames; their bytes stay where there are none."""
    was = list(generate_frames(dataset.PixelData, number_of_frames=frames.count, **_offsets(dataset)))
    now = [bare(frame) for frame in was]
    if now != was:
        _drop_offset_tables(dataset)
        dataset["PixelData"].value = encapsulate(now)


def _offsets(dataset: Dataset) -> dict[str, Any]:
    """Return the extended offset table as `generate_frames` wants it, where the dataset has one: PS3.3 C.7.6.3.1.8."""
    tables = tuple(bytes(dataset.get(name) or b"") for name in OFFSET_TABLES)
    return {"extended_offsets": tables} if all(tables) else {}


def _drop_offset_tables(dataset: Dataset) -> None:
    for name in OFFSET_TABLES:
        if name in dataset:
            del dataset[name]


def _embedded_overlay(dataset: Dataset) -> bool:
    """Say whether a group 60xx lies in the pixels' unused bits: its bit position is above 0, or it has no data."""
    if dataset.get("BitsStored") == dataset.get("BitsAllocated"):
        return False
    tags = list(dataset.keys())
    for group in {int(tag) >> 16 for tag in tags if int(tag) >> 24 == 0x60}:
        position = dataset.get((group, 0x0102))
        if (position is not None and position.value) or (group, 0x3000) not in dataset:
            return True
    return False


def samples_of(value: Buffer, layout: Layout) -> Buffer:
    """Return native pixel data with nothing after the last sample but padding, nor in bits outside those stored."""
    kept = value[: layout.length]
    if layout.allocated in {8, 16, 32} and 0 < layout.stored < layout.allocated:
        kept = _cleaned(kept, layout)
    return bytes(kept) + b"\0" if len(kept) % 2 else kept


def _cleaned(pixels: Buffer, layout: Layout) -> Buffer:
    """Return integer samples with nothing in the bits outside those stored but a sign."""
    if not layout.stored - 1 <= layout.high < layout.allocated:
        return pixels
    order, size, span = ">" if layout.swapped else "<", layout.allocated // 8, 1 << layout.stored
    was = np.frombuffer(pixels, f"{order}u{size}")
    if layout.high == layout.stored - 1 and len(was) and _fits(was, order, size, span, signed=layout.signed):
        return pixels
    mask = (span - 1) << (layout.high - layout.stored + 1)
    now = was & mask
    if layout.signed:
        upper = ((1 << layout.allocated) - 1) ^ ((1 << (layout.high + 1)) - 1)
        signed = np.where(now & (1 << layout.high), now | upper, now)
        now = np.where((was & (mask | upper)) == signed, signed, now)
    return pixels if np.array_equal(now, was) else now.astype(was.dtype).tobytes()


def _fits(samples: np.ndarray[Any, Any], order: str, size: int, span: int, *, signed: bool) -> bool:
    """Say whether all samples are numbers of the bits stored: then no other bit is used but for their sign."""
    if not signed:
        return bool(samples.max() < span)
    numbers = samples.view(f"{order}i{size}")
    return bool(numbers.min() >= -(span >> 1) and numbers.max() < span >> 1)


def _store(dataset: FileDataset, frames: DicomFrames) -> None:
    """Decode every frame, put the edited ones in, and encode them all."""
    count, rows, columns, samples, bits = geometry(frames.dataset)
    if count * rows * columns * samples * ((bits + 7) // 8) > 2 * MAX_FRAME_BYTES:
        raise LimitExceeded("frames to encode again unpack to more than is accepted")
    arrays: list[Any] = []
    meta: Mapping[str, Any] = {}
    encoded_bytes = len(frames.dataset[pixel_keyword(frames.dataset)].value)
    for frame in range(count):
        array, meta = frames.decoded(frame)
        arrays.append(frames.edited.get(frame, array))
    pixels = np.stack(arrays)
    _describe(dataset, pixels, meta)
    _note_loss(dataset, frames.transfer_syntax, pixels.nbytes / max(encoded_bytes, 1))
    if not (frames.transfer_syntax in LOSSLESS_ENCODERS and _compressed(dataset, pixels, frames)):
        _native(dataset, pixels, frames.transfer_syntax)


def _describe(dataset: Dataset, pixels: np.ndarray[Any, Any], meta: Mapping[str, Any]) -> None:
    """Make the Image Pixel attributes say what the samples are now."""
    if pixels.dtype.kind == "f":
        return
    dataset.PhotometricInterpretation = meta["photometric_interpretation"]
    if dataset.get("SamplesPerPixel", 1) > 1:
        dataset.PlanarConfiguration = 0
    if dataset.BitsAllocated != 1:
        dataset.BitsAllocated = pixels.dtype.itemsize * 8
        stored = min(int(meta.get("bits_stored") or dataset.BitsStored), dataset.BitsAllocated)
        dataset.BitsStored = stored if _are_within(pixels, stored) else dataset.BitsAllocated
        dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")


def _are_within(pixels: np.ndarray[Any, Any], bits: int) -> bool:
    """Say whether samples are numbers of so many bits; a codestream can hold more than its dataset says."""
    if pixels.dtype.kind not in "iu" or not pixels.size:
        return True
    low, high = (-(1 << bits >> 1), (1 << bits >> 1) - 1) if pixels.dtype.kind == "i" else (0, (1 << bits) - 1)
    return bool(pixels.min() >= low and pixels.max() <= high)


def _note_loss(dataset: Dataset, transfer_syntax: UID, ratio: float) -> None:
    """Keep on record that the samples were once compressed with loss: PS3.3 C.7.6.1.1.5."""
    method = LOSSY_METHODS.get(str(transfer_syntax))
    if method and dataset.get("LossyImageCompression") != "01":
        dataset.LossyImageCompression = "01"
        dataset.LossyImageCompressionRatio = f"{ratio:.2f}"
        dataset.LossyImageCompressionMethod = method


def _compressed(dataset: FileDataset, pixels: np.ndarray[Any, Any], frames: DicomFrames) -> bool:
    """Encode in the frames' own transfer syntax; False where that fails or does not decode to the same samples."""
    try:
        with quiet("frames cannot be encoded"):
            compress(
                dataset,
                frames.transfer_syntax,
                pixels if len(pixels) > 1 else pixels[0],
                encoding_plugin="pylibjpeg"
                if frames.transfer_syntax == RLELossless
                else "",  # GDCM's can end the process
                generate_instance_uid=False,
            )
            again = DicomFrames(dataset)
            return all(np.array_equal(again.decoded_anew(frame)[0], pixels[frame]) for frame in range(len(pixels)))
    except Quarantine:
        return False


def _native(dataset: FileDataset, pixels: np.ndarray[Any, Any], transfer_syntax: UID) -> None:
    """Store samples uncompressed, in the frames' own transfer syntax where that is native."""
    target = transfer_syntax if transfer_syntax in NATIVE else ExplicitVRLittleEndian
    keyword = pixel_keyword(dataset)
    order = ">" if target == ExplicitVRBigEndian else "<"
    if dataset.get("BitsAllocated") == 1 and pixels.dtype.kind != "f":
        value = bytes(pack_bits((pixels > 0).astype(np.uint8), pad=False))
    else:
        value = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    vr = _native_vr(dataset[keyword].VR, pixels, target)
    dataset[keyword] = DataElement(dataset[keyword].tag, vr, value + b"\0" * (len(value) % 2))
    _drop_offset_tables(dataset)
    dataset.file_meta.TransferSyntaxUID = target


def _native_vr(vr: str, pixels: np.ndarray[Any, Any], target: UID) -> str:
    """Return the value representation of samples: PS3.5 A.1 and A.2."""
    if pixels.dtype.kind == "f":
        return vr
    return "OB" if pixels.dtype.itemsize == 1 and target != ImplicitVRLittleEndian else "OW"

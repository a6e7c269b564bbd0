"""The frames of a DICOM image, decoded one at a time when asked for.

Every frame is shown, segmentations, dose grids and floating-point maps too: whatever can be rendered can hold text, so
none is exempt from being searched. Unused high bits, where old overlays lie, are cleared by decoding.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    UID,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from deid_core.errors import LimitExceeded, MalformedAsset, UncertainAsset
from deid_core.ingest import dicom_apart
from deid_core.ingest.decoded_frames import owned, remembered
from deid_core.ingest.dicom_quiet import quiet
from deid_core.ingest.dicom_raster import stands_in_rows
from deid_core.ingest.pieces import View, let_go

MAX_FRAME_BYTES, MAX_FRAMES = 2 << 30, 1_000_000
PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
CLIPPED = 0.995  # a window that leaves fewer than 1 sample in 200 between black and white shows nothing

# Codecs to decode with where they are there: a broken frame makes GDCM, which pydicom asks first, end the process.
# They give the same samples; JPEG of 12 bits and lossless JPEG have GDCM alone, which decodes them in a process apart.
# pylibjpeg panics on broken RLE.
CODECS = {
    JPEGBaseline8Bit: "pillow", RLELossless: "pydicom",
    **dict.fromkeys(JPEG2000TransferSyntaxes, "pylibjpeg"), **dict.fromkeys(JPEGLSTransferSyntaxes, "pyjpegls"),
    **dict.fromkeys(dicom_apart.DECODER_DEPENDENCIES, dicom_apart.NAME),
}  # fmt: skip

Array = NDArray[Any]


def geometry(dataset: Dataset) -> tuple[int, int, int, int, int]:
    """Return (frames, rows, columns, samples, bits allocated) of a dataset with pixels.

    Raises MalformedAsset where it does not say, LimitExceeded where a frame is larger than MAX_FRAME_BYTES or there are
    more than MAX_FRAMES.
    """
    try:
        shape = (
            int(dataset.get("NumberOfFrames") or 1),
            int(dataset.Rows),
            int(dataset.Columns),
            int(dataset.get("SamplesPerPixel") or 1),
            int(dataset.BitsAllocated),
        )
    except (AttributeError, TypeError, ValueError):
        raise MalformedAsset("pixel data without rows, columns or bits") from None
    if min(shape) < 1:
        raise MalformedAsset("pixel data of no extent")
    if shape[1] * shape[2] * shape[3] * ((shape[4] + 7) // 8) > MAX_FRAME_BYTES:
        raise LimitExceeded(f"a frame unpacks to more than {MAX_FRAME_BYTES >> 20} MiB")
    if shape[0] > MAX_FRAMES:  # of single bits a megabyte holds eight million
        raise LimitExceeded(f"more than {MAX_FRAMES} frames")
    return shape


@dataclass(frozen=True, slots=True)
class DicomFrames:
    """Hold the pixels of a dataset that is not edited; `edited` maps a frame to its new samples."""

    dataset: FileDataset = field(repr=False)
    edited: Mapping[int, Array] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def count(self) -> int:
        """Count the frames."""
        return geometry(self.dataset)[0]

    @property
    def transfer_syntax(self) -> UID:
        """Name how the frames are encoded."""
        return UID(str(self.dataset.file_meta.TransferSyntaxUID))

    def stored(self, frame: int) -> Array:
        """Return a frame's samples: (rows, columns), or (rows, columns, samples) interleaved, YBR converted to RGB.

        Raises MalformedAsset where it cannot be decoded, UncertainAsset where no codec is there.
        """
        return self.edited[frame].copy() if frame in self.edited else owned(self.decoded(frame)[0])

    def decoded(self, frame: int) -> tuple[Array, Mapping[str, Any]]:
        """Return a frame's samples as they are in the file, and the Image Pixel attributes that describe them."""
        if not 0 <= frame < self.count:
            raise IndexError(frame)
        samples, meta = remembered(self.dataset, frame, lambda: self.decoded_anew(frame))
        return samples, meta

    def decoded_anew(self, frame: int) -> tuple[Array, Mapping[str, Any]]:
        """Do what `decoded` does, whatever was decoded before: of a dataset that was written into."""
        decoder = decoder_for(self.transfer_syntax)
        value = next((self.dataset[keyword].value for keyword in PIXEL_KEYWORDS if keyword in self.dataset), b"")
        with quiet("a frame cannot be decoded"):
            if isinstance(value, View):
                value.seek(0)
            # samples that nobody counts would be shown to nobody, and leave
            warnings.filterwarnings("error", "The decoded RLE segment contains")
            samples, meta = decoder.as_array(self.dataset, index=frame, decoding_plugin=_plugin(decoder))
        let_go(value)
        return samples, meta

    def readable(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a person would see it: (rows, columns, 3), RGB.

        Monochrome frames are windowed by the file's first window, or where it has none, or one that shows nothing,
        between the frame's outer half per cents. Raises UncertainAsset where samples that do not say their extent
        themselves stand in rows of another length.
        """
        samples, meta = self.decoded(frame)
        syntax = self.transfer_syntax
        if frame == 0 and (syntax == RLELossless or not syntax.is_encapsulated) and not stands_in_rows(samples):
            raise UncertainAsset("the samples stand in rows of another length than the dataset says")
        samples = self.edited.get(frame, samples)
        photometric = str(meta.get("photometric_interpretation", "MONOCHROME2"))
        with quiet("a frame cannot be shown"):
            if photometric == "PALETTE COLOR":
                samples = apply_color_lut(samples, self.dataset)
            if samples.ndim == 3:
                return owned(np.ascontiguousarray(_eight_bits(samples, meta)[..., :3]))
            grey = _grey(samples, self.dataset)
            if photometric == "MONOCHROME1":
                grey = 255 - grey
            return np.repeat(grey[..., np.newaxis], 3, axis=2)

    def replaced(self, frames: Mapping[int, Array]) -> DicomFrames:
        """Return frames in which those have other samples; ValueError where their shape or type differs."""
        for frame, samples in frames.items():
            was = self.stored(frame)
            if samples.shape != was.shape or samples.dtype != was.dtype:
                raise ValueError("a frame is replaced by samples of its own shape and type only")
        return replace(self, edited=MappingProxyType({**self.edited, **frames}))


def decoder_for(transfer_syntax: UID) -> Any:
    """Return the decoder of a transfer syntax; UncertainAsset where there is none (video), or no codec for it."""
    if transfer_syntax in dicom_apart.DECODER_DEPENDENCIES:
        dicom_apart.add()
    try:
        decoder = get_decoder(transfer_syntax)
    except NotImplementedError:
        raise UncertainAsset(f"pixels in transfer syntax {transfer_syntax.name} cannot be searched") from None
    if not decoder.is_available:
        raise UncertainAsset(f"no codec is installed for transfer syntax {transfer_syntax.name}")
    return decoder


def _plugin(decoder: Any) -> str:
    """Name the codec that alone may decode frames of a transfer syntax; "" for any."""
    name = CODECS.get(decoder.UID, "")
    return name if name in decoder.available_plugins else ""


def _eight_bits(samples: Array, meta: Mapping[str, Any]) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return samples
    bits = int(meta.get("bits_stored", 0)) if samples.dtype.kind == "u" else 0
    if meta.get("photometric_interpretation") == "PALETTE COLOR":
        bits = samples.dtype.itemsize * 8
    return (samples >> (bits - 8)).astype(np.uint8) if bits > 8 else _stretched(samples.astype(np.float64))


def _grey(samples: Array, dataset: Dataset) -> NDArray[np.uint8]:
    if samples.dtype == np.bool_ or dataset.get("BitsAllocated") == 1:
        return (samples > 0).astype(np.uint8) * 255
    values = np.nan_to_num(apply_modality_lut(samples, dataset).astype(np.float64))
    if "VOILUTSequence" in dataset and samples.dtype.kind in "iu":
        return _stretched(apply_voi_lut(apply_modality_lut(samples, dataset), dataset).astype(np.float64))
    window = _window(dataset)
    if window is not None:
        shown = _scaled(values, *window)
        if np.mean((shown == 0) | (shown == 255)) < CLIPPED:
            return shown
    return _stretched(values)


def _window(dataset: Dataset) -> tuple[float, float] | None:
    try:
        centre, width = (dataset[name].value for name in ("WindowCenter", "WindowWidth"))
        centre, width = (float(one if isinstance(one, (int, float, str)) else one[0]) for one in (centre, width))
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return (centre - width / 2, centre + width / 2) if width >= 1 else None


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    low, high = np.percentile(values[:: max(1, values.shape[0] // 512), :: max(1, values.shape[1] // 512)], (0.5, 99.5))
    if high <= low:
        low, high = values.min(), values.max()
    return _scaled(values, float(low), float(high))


def _scaled(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    return (np.clip((values - low) / max(high - low, 1e-9), 0, 1) * 255).astype(np.uint8)

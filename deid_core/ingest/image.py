"""PNG, JPEG, TIFF, WebP and PDF: pixels to be searched and covered, metadata to be known of and left out.

Only pixels are written, and what is needed to show them. Whatever else a file holds has no way out: it is not removed,
it is not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deid_core.errors import EmptyAsset, MalformedAsset
from deid_core.ingest import (
    image_jpeg,
    image_jpeg_blocks,
    image_metadata_read,
    image_pdf,
    image_png,
    image_tiff,
    image_webp,
)
from deid_core.ingest.decoded_frames import owned, remembered
from deid_core.ingest.image_quiet import quiet
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

BEHIND = 128  # what is transparent is shown on grey, where both black and white text can be read
LEAST_OPAQUE = 128  # of 255
Array = NDArray[Any]
Parsed = image_png.Png | image_jpeg.Jpeg | image_tiff.Tiff | image_webp.Webp | image_pdf.Pdf


@dataclass(frozen=True, slots=True)
class ImageFrames:
    """Hold an image's frames, decoded and turned upright when asked for; `turns` are Exif orientations, 1 to 8."""

    parsed: Parsed = field(repr=False)
    turns: tuple[int, ...] = (1,)
    edited: Mapping[int, Array] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def count(self) -> int:
        """Count the frames."""
        return len(self.turns)

    def stored(self, frame: int) -> Array:
        """Return a frame's samples: (rows, columns), or (rows, columns, 3 or 4) in RGB, RGBA or CMYK.

        Raises MalformedAsset where it cannot be decoded.
        """
        return self.upright(frame)[0]

    def upright(self, frame: int) -> tuple[Array, str]:
        """Return a frame's samples as a person would see them, and "CMYK" where those are its colours."""
        if not 0 <= frame < self.count:
            raise IndexError(frame)
        samples, mode = remembered(self.parsed, frame, lambda: self._decoded(frame))
        if frame in self.edited:
            return self.edited[frame].copy(), mode
        return owned(np.ascontiguousarray(_turned(samples, self.turns[frame]))), mode

    def _decoded(self, frame: int) -> tuple[Array, str]:
        if isinstance(self.parsed, image_tiff.Tiff):
            return image_tiff.decode(self.parsed, frame)
        if isinstance(self.parsed, image_jpeg.Jpeg):
            return image_jpeg.decode(self.parsed)
        if isinstance(self.parsed, image_pdf.Pdf):
            return image_pdf.decode(self.parsed, frame), ""
        if isinstance(self.parsed, image_webp.Webp):
            return image_webp.decode(self.parsed), ""
        return image_png.decode(self.parsed), ""

    def readable(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a person would see it: (rows, columns, 3), RGB.

        Grey of more than 8 bits is stretched between its outer half per cents, what is transparent lies on grey.
        """
        samples, mode = self.upright(frame)
        if mode == "CMYK":
            size = (samples.shape[1], samples.shape[0])
            return np.array(Image.frombytes("CMYK", size, samples.tobytes()).convert("RGB"))
        if samples.ndim == 2:
            grey = samples if samples.dtype == np.uint8 else _stretched(np.nan_to_num(samples.astype(np.float64)))
            return np.repeat(grey[..., np.newaxis], 3, axis=2)
        colour = samples if samples.dtype == np.uint8 else (samples >> 8).astype(np.uint8)
        return _on_grey(colour, samples[..., 3] > 0) if colour.shape[2] == 4 else colour

    def replaced(self, frames: Mapping[int, Array]) -> ImageFrames:
        """Return frames in which those have other samples; ValueError where their shape or type differs."""
        for frame, samples in frames.items():
            was = self.stored(frame)
            if samples.shape != was.shape or samples.dtype != was.dtype:
                raise ValueError("a frame is replaced by samples of its own shape and type only")
        return replace(self, edited=MappingProxyType({**self.edited, **frames}))


def _turned(samples: Array, turn: int) -> Array:
    """Undo an orientation (Exif 2.3, tag 274): from 5 on rows and columns change places first."""
    if turn >= 5:
        samples = samples.swapaxes(0, 1)
    upside_down = turn in (3, 4, 7, 8)
    mirrored = turn in (2, 3, 6, 7)
    return samples[:: -1 if upside_down else 1, :: -1 if mirrored else 1]


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    sample = values[:: max(1, values.shape[0] // 512), :: max(1, values.shape[1] // 512)]
    low, high = np.percentile(sample, (0.5, 99.5))
    if high <= low:
        low, high = values.min(), values.max()
    share: NDArray[np.float64] = np.clip((values - low) / max(float(high - low), 1e-9), 0, 1)
    return (share * 255).astype(np.uint8)


def _on_grey(colour: Array, seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return RGBA on grey; what is `seen`, however faintly, counts half at least: a viewer can make it opaque."""
    opacity = np.where(seen, LEAST_OPAQUE + colour[..., 3] * np.uint16(255 - LEAST_OPAQUE) // 255, 0)[..., np.newaxis]
    shown: NDArray[np.uint8] = ((colour[..., :3] * opacity + BEHIND * (255 - opacity) + 127) // 255).astype(np.uint8)
    return shown


def _opened(data: bytes) -> tuple[ImageFrames, dict[str, str], str]:
    if data.startswith(image_png.SIGNATURE):
        png = image_png.parse(data)
        metadata, turn = image_metadata_read.of_png(png)
        return ImageFrames(png, (turn,)), metadata, "image/png"
    if data.startswith(image_jpeg.START):
        jpeg = image_jpeg.parse(data)
        metadata, turn = image_metadata_read.of_jpeg(jpeg)
        return ImageFrames(jpeg, (turn,)), metadata, "image/jpeg"
    if data.startswith((b"II*\0", b"MM\0*")):
        tiff = image_tiff.parse(data)
        turns = (page.number(image_tiff.ORIENTATION, 1) for page in tiff.pages)
        upright = tuple(turn if 1 <= turn <= 8 else 1 for turn in turns)
        return ImageFrames(tiff, upright), image_metadata_read.of_tiff(tiff), "image/tiff"
    if data[8:12] == image_webp.MARK:
        webp = image_webp.parse(data)
        metadata, turn = image_metadata_read.of_webp(webp)
        return ImageFrames(webp, (turn,)), metadata, "image/webp"
    if data.startswith(image_pdf.MARK):
        pdf = image_pdf.parse(data)
        return ImageFrames(pdf, (1,) * len(pdf.extents)), image_pdf.metadata(pdf), "application/pdf"
    raise MalformedAsset("neither PNG, JPEG, TIFF, WebP nor PDF")


class ImageReader:
    """Read and write PNG, JPEG, TIFF and WebP images, and PDF as images; which it is, their first bytes say."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read an image; raise MalformedAsset where it breaks off, LimitExceeded where it unpacks to too much."""
        if not data:
            raise EmptyAsset("the asset has no bytes")
        with quiet("an image's metadata cannot be read"):
            frames, metadata, media_type = _opened(data)
        parts = Part("pixels", PartKind.PIXELS, frames), Part("metadata", PartKind.RECORD, metadata)
        return Document(asset_id, media_type, key.subject("asset", asset_id), parts)

    def write(self, document: Document) -> bytes:
        """Write the pixels and nothing else: losslessly, and what did not change of a JPEG bit for bit.

        A JPEG that is turned, progressive or otherwise uncommon is encoded anew where it changed, with its own tables.
        """
        frames: ImageFrames = document.part("pixels").value
        if isinstance(frames.parsed, image_tiff.Tiff):
            return image_tiff.encode(map(frames.upright, range(frames.count)))
        if isinstance(frames.parsed, image_png.Png):
            return image_png.encode(frames.stored(0))
        if isinstance(frames.parsed, image_webp.Webp):
            return image_webp.encode(frames.stored(0))
        if isinstance(frames.parsed, image_pdf.Pdf):
            return image_pdf.encode(map(frames.stored, range(frames.count)), frames.parsed.extents)
        return _jpeg(frames, frames.parsed)


def _jpeg(frames: ImageFrames, parsed: image_jpeg.Jpeg) -> bytes:
    samples, mode = frames.upright(0)
    if frames.turns == (1,):
        was, _ = image_jpeg.decode(parsed)
        blocks = image_jpeg_blocks.covered(parsed, was, samples) if frames.edited else parsed.clean
        if blocks is not None:
            return blocks
    return image_jpeg.encode(parsed, samples, mode)

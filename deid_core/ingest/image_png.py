"""PNG: its picture, told from its other chunks (W3C PNG, third edition).

Palettes, low bit depths and colour keys are resolved to grey, RGB or RGBA that shows the same; 16-bit samples stay.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngImageFile

from deid_core.errors import MalformedAsset, UnsupportedFormat
from deid_core.ingest.image_quiet import check_extent, quiet

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
ANIMATION = (b"acTL", b"fcTL", b"fdAT")
STEP = 1 << 20

Chunk = tuple[bytes, bytes]
Array = NDArray[Any]


@dataclass(slots=True)
class Png:
    """Hold a parsed PNG: its picture's chunks, and the other chunks and trailing bytes."""

    header: bytes
    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    palette: bytes = field(default=b"", repr=False)
    transparency: bytes = field(default=b"", repr=False)
    data: bytes = field(default=b"", repr=False)
    left_out: list[Chunk] = field(default_factory=list, repr=False)
    trailing: bytes = field(default=b"", repr=False)


def parse(data: bytes) -> Png:
    """Parse a PNG; raise MalformedAsset where it breaks off or a checksum is wrong, UnsupportedFormat if animated."""
    with quiet("not a whole PNG"):
        chunks, trailing = _chunks(data)
        if chunks[0][0] != b"IHDR":
            raise MalformedAsset("a PNG without its header")
        png = _header(chunks[0][1])
        pieces = []
        for kind, payload in chunks[1:-1]:
            if kind == b"IDAT":
                pieces.append(payload)
            elif kind == b"PLTE" and not png.palette:
                png.palette = payload
            elif kind == b"tRNS" and not png.transparency:
                png.transparency = payload
            elif kind in ANIMATION:
                raise UnsupportedFormat("an animated PNG")
            elif kind[:1].isupper():
                raise UnsupportedFormat("a PNG with a critical chunk of unknown kind")
            else:
                png.left_out.append((kind, payload))
        png.data, png.trailing = b"".join(pieces), trailing
        if not pieces or (png.colour == PALETTE and (not png.palette or len(png.palette) % 3)):
            raise MalformedAsset("a PNG without a picture, or its palette")
        return png


def _chunks(data: bytes) -> tuple[list[Chunk], bytes]:
    chunks: list[Chunk] = []
    at = len(SIGNATURE)
    while not chunks or chunks[-1][0] != b"IEND":
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data) or not kind.isalpha():
            raise MalformedAsset("a PNG breaks off")
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise MalformedAsset("a PNG chunk's checksum is wrong")
        chunks.append((kind, data[at + 8 : end - 4]))
        at = end
    if chunks[-1][1]:
        raise MalformedAsset("bytes in a PNG's end")
    return chunks, data[at:]


def _header(header: bytes) -> Png:
    if len(header) != 13:
        raise MalformedAsset("a PNG header of the wrong length")
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (0, 4))
    depth, colour, compression, filters, interlace = header[8:]
    if depth not in DEPTHS.get(colour, ()) or compression or filters or interlace > 1:
        raise MalformedAsset("a PNG header that says what PNG does not know")
    check_extent(width, height)
    return Png(header, width, height, depth, colour, interlace == 1)


def decode(png: Png) -> Array:
    """Return samples: (rows, columns), or (rows, columns, 3 or 4) RGB(A), uint8 or uint16.

    What is fully transparent has no colour: nobody sees it, and a picture could lie there.
    """
    _check_length(png)
    with quiet("a PNG cannot be decoded"):
        samples = _with_transparency(png, _samples(png))
        if samples.ndim == 3 and samples.shape[2] == 4:
            samples[samples[..., 3] == 0] = 0
        return samples


def _check_length(png: Png) -> None:
    """Raise MalformedAsset where the picture's data are not a zlib stream of at least its extent."""
    passes = ADAM7 if png.interlaced else ((0, 0, 1, 1),)
    needed = 0
    for left, top, across, down in passes:
        columns, rows = -(-(png.width - left) // across), -(-(png.height - top) // down)
        if columns > 0 and rows > 0:
            needed += rows * (1 + (columns * SAMPLES[png.colour] * png.depth + 7) // 8)
    with quiet("a PNG's picture cannot be unpacked"):
        inflater = zlib.decompressobj()
        for start in range(0, len(png.data), STEP):
            rest = png.data[start : start + STEP]
            while rest and needed > 0:
                needed -= len(inflater.decompress(rest, STEP))
                rest = inflater.unconsumed_tail
        if needed - len(inflater.flush() if needed > 0 else b"") > 0:
            raise MalformedAsset("a PNG's picture breaks off")


def _samples(png: Png) -> Array:
    bare = b"".join(_chunk(kind, payload) for kind, payload in _picture(png))
    if png.depth == 16 and png.colour != GREY:  # Pillow would keep eight bits of them
        image = cv2.imdecode(np.frombuffer(SIGNATURE + bare, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None or image.dtype != np.uint16 or image.shape[:2] != (png.height, png.width):
            raise MalformedAsset("a PNG of 16 bits cannot be decoded")
        return np.ascontiguousarray(image[..., [2, 1, 0, 3][: image.shape[2]]])
    with PngImageFile(BytesIO(SIGNATURE + bare)) as image:
        image.load()
        if image.mode in ("LA", "P"):
            return np.array(image.convert("RGBA") if image.mode == "LA" else image)
        samples = np.array(image)
    return samples.astype(np.uint8) * 255 if samples.dtype == np.bool_ else samples.astype(_native(samples))


def _native(samples: Array) -> type[Any]:
    return np.uint8 if samples.dtype == np.uint8 else np.uint16


def _picture(png: Png) -> list[Chunk]:
    palette = [(b"PLTE", png.palette)] if png.colour == PALETTE else []
    return [(b"IHDR", png.header), *palette, (b"IDAT", png.data), (b"IEND", b"")]


def _with_transparency(png: Png, samples: Array) -> Array:
    if png.colour == PALETTE:
        colours = np.zeros((256, 4), np.uint8)
        entries = np.frombuffer(png.palette[:768], np.uint8).reshape(-1, 3)
        colours[: len(entries), :3], colours[:, 3] = entries, 255
        opacity = np.frombuffer(png.transparency[:256], np.uint8)
        colours[: len(opacity), 3] = opacity
        return colours[samples] if len(opacity) else colours[samples][..., :3].copy()
    if not png.transparency or png.colour not in (GREY, RGB):
        return samples
    key = np.frombuffer(png.transparency, ">u2").astype(np.int64)
    if len(key) != SAMPLES[png.colour]:
        raise MalformedAsset("a PNG's transparent colour has not its samples")
    if png.depth < 8:
        key = key * (255 // (2**png.depth - 1))
    colour = samples if samples.ndim == 3 else np.repeat(samples[..., np.newaxis], 3, axis=2)
    opacity = np.where((colour == key).all(axis=2), 0, np.iinfo(samples.dtype).max).astype(samples.dtype)
    return np.dstack((colour, opacity))


def _chunk(kind: bytes, payload: bytes) -> bytes:
    body = kind + payload
    return len(payload).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def encode(samples: Array) -> bytes:
    """Return a PNG of samples and nothing else: grey, RGB or RGBA, of 8 or 16 bits."""
    rows, columns = samples.shape[:2]
    colour = {2: GREY, 3: RGB if samples.shape[-1] == 3 else RGBA}[samples.ndim]
    raw = np.frombuffer(samples.astype(samples.dtype.newbyteorder(">")).tobytes(), np.uint8).reshape(rows, -1)
    filtered = np.empty((rows, raw.shape[1] + 1), np.uint8)
    filtered[:, 0] = 2  # filter Up: each byte less the one above
    filtered[0, 1:] = raw[0]
    np.subtract(raw[1:], raw[:-1], out=filtered[1:, 1:])
    header = columns.to_bytes(4, "big") + rows.to_bytes(4, "big")
    header += bytes([samples.dtype.itemsize * 8, colour, 0, 0, 0])
    packed = zlib.compress(filtered.tobytes(), 6)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, payload) for kind, payload in chunks)

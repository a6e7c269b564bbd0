"""TIFF 6.0 of one or more pages: each page is shown to the decoder through a directory of layout tags alone.

Written anew: one strip a page, deflated, with the tags of a baseline reader and no other.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import TiffImageFile

from deid_core.errors import LimitExceeded, MalformedAsset, UnsupportedFormat
from deid_core.ingest.image_ifd import Directory, byte_order, directory, first
from deid_core.ingest.image_quiet import MAX_PIXELS, check_extent, quiet

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION = 256, 257, 258, 259, 262, 274
SAMPLES, PLANAR, EXTRA, FORMAT = 277, 284, 338, 339
# fill order, strips, fax options, predictor, colour map, tiles, ink set, JPEG tables, YCbCr layout
LAYOUT = frozenset({WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR, EXTRA, FORMAT})
LAYOUT |= {266, 273, 278, 279, 292, 293, 317, 320, 322, 323, 324, 325, 332, 347, 529, 530, 531, 532}
JPEG = 7
COMPRESSIONS = {1, 2, 3, 4, 5, JPEG, 8, 32773, 32946}
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = range(7)
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
MAX_PAGES, MAX_ENTRIES = 10_000, 300_000

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tiff:
    """Hold a TIFF's bytes and the directories of its pages."""

    data: bytes = field(repr=False)
    pages: tuple[Directory, ...]


def parse(data: bytes) -> Tiff:
    """Parse the pages' directories; raise MalformedAsset where one is not whole, LimitExceeded for too many pixels."""
    with quiet("not a whole TIFF"):
        at, pixels, entries, pages, seen = first(data), 0, 0, list[Directory](), set[int]()
        while at:
            if at in seen:
                raise MalformedAsset("the pages of a TIFF go in a circle")
            seen.add(at)
            page = directory(data, at)
            _check(page)
            pages.append(page)
            pixels += page.number(WIDTH) * page.number(HEIGHT)
            entries += len(page.entries)
            if pixels > MAX_PIXELS or len(pages) > MAX_PAGES or entries > MAX_ENTRIES:
                raise LimitExceeded("a TIFF of too many pages, tags or pixels in all")
            at = page.following
        if not pages:
            raise MalformedAsset("a TIFF without a page")
        return Tiff(data, tuple(pages))


def _check(page: Directory) -> None:
    if not all(entry.is_whole for entry in page.entries):
        raise MalformedAsset("a TIFF tag's value lies beyond the end")
    check_extent(page.number(WIDTH), page.number(HEIGHT))
    bits, samples, colours = page.number(BITS, 1), page.number(SAMPLES, 1), page.number(PHOTOMETRIC, -1)
    compression = page.number(COMPRESSION, 1)
    known = compression in COMPRESSIONS and colours in range(7) and colours != MASK and 1 <= samples <= 5
    if bits == 16 and colours not in (WHITE_IS_ZERO, BLACK_IS_ZERO):
        known &= colours == RGB and samples in (3, 4) and page.number(PLANAR, 1) == 1
    if bits == 32 or (bits == 16 and colours < RGB):
        known &= colours < RGB and samples == 1
    if colours == YCBCR:
        known &= compression == JPEG
    if not known or bits not in (1, 2, 4, 8, 16, 32):
        raise UnsupportedFormat("a TIFF page of an uncommon kind")


def decode(tiff: Tiff, frame: int) -> tuple[Array, str]:
    """Return (samples, Pillow's mode) of a page: (rows, columns), or (rows, columns, 3 or 4) RGB(A) or CMYK.

    uint8 or uint16; a single sample of 32 bits is uint32, int32 or float32, one of 16 bits with a sign int32.
    White-is-zero samples are turned round; what is fully transparent has no colour.
    """
    page = tiff.pages[frame]
    with quiet("a TIFF page cannot be decoded"):
        bare = _bare(tiff, page)
        if page.number(BITS, 1) == 16 and page.number(PHOTOMETRIC) == RGB:
            samples, mode = _deep_colour(bare, page), "RGB"
        else:
            samples, mode = _samples(bare, page)
        if samples.shape[:2] != (page.number(HEIGHT), page.number(WIDTH)):
            raise MalformedAsset("a TIFF page has not the extent it declares")
        if samples.ndim == 3 and samples.shape[2] == 4 and mode != "CMYK":
            samples[samples[..., 3] == 0] = 0
        return samples, mode


def _bare(tiff: Tiff, page: Directory) -> bytes:
    """Return the file with one page, whose directory says how its samples are laid out and nothing else."""
    order = byte_order(tiff.data)
    kept = [entry.raw for entry in page.entries if entry.tag in LAYOUT]
    body = tiff.data + b"\0" * (len(tiff.data) % 2)
    ifd = struct.pack(order + "H", len(kept)) + b"".join(kept) + bytes(4)
    return body[:4] + struct.pack(order + "I", len(body)) + body[8:] + ifd


def _deep_colour(bare: bytes, page: Directory) -> Array:
    if page.number(FORMAT, UNSIGNED) != UNSIGNED:
        raise UnsupportedFormat("a TIFF page of signed colours")
    image = cv2.imdecode(np.frombuffer(bare, np.uint8), cv2.IMREAD_UNCHANGED)  # Pillow would keep eight bits
    if image is None or image.dtype != np.uint16 or image.ndim != 3 or image.shape[2] != page.number(SAMPLES):
        raise MalformedAsset("a TIFF page of 16 bits cannot be decoded")
    return np.ascontiguousarray(image[..., [2, 1, 0, 3][: image.shape[2]]])


def _samples(bare: bytes, page: Directory) -> tuple[Array, str]:
    with TiffImageFile(BytesIO(bare)) as image:
        image.load()
        mode = image.mode
        if mode in ("LA", "PA", "RGBa") or (mode == "P" and "transparency" in image.info):
            return np.array(image.convert("RGBA")), "RGBA"
        if mode in ("P", "YCbCr", "RGBX"):
            return np.array(image.convert("RGB")), "RGB"
        samples = np.array(image)
    if mode == "1":
        return samples.astype(np.uint8) * 255, "L"
    if mode in ("L", "RGB", "RGBA", "CMYK"):
        return samples, mode
    return _deep_grey(samples.astype(samples.dtype.newbyteorder("=")), mode, page), mode


def _deep_grey(samples: Array, mode: str, page: Directory) -> Array:
    if not (mode.startswith("I") or mode == "F"):
        raise UnsupportedFormat("a TIFF page of an uncommon kind")
    unsigned = page.number(FORMAT, UNSIGNED) == UNSIGNED
    if samples.dtype == np.int32 and unsigned and page.number(BITS) == 32:
        samples = samples.view(np.uint32)
    if page.number(PHOTOMETRIC) == WHITE_IS_ZERO:
        if samples.dtype.kind != "u":
            raise UnsupportedFormat("a TIFF page of signed samples, white at zero")
        samples = ~samples
    return samples


def encode(frames: Iterable[tuple[Array, str]]) -> bytes:
    """Return a little-endian TIFF of frames, (samples, mode) each, and nothing else."""
    out = bytearray(b"II*\0" + bytes(4))
    link = 4  # where the offset of the next directory is to be written
    for samples, mode in frames:
        strip = zlib.compress(_predicted(samples).tobytes(), 6)
        strip_at = len(out)
        out += strip + b"\0" * (len(strip) % 2)
        if len(out) > 0xFFFF0000:
            raise LimitExceeded("the TIFF would be larger than TIFF can be")
        struct.pack_into("<I", out, link, len(out))
        entries = _entries(samples, mode, strip_at, len(strip))
        link = len(out) + 2 + 12 * len(entries)
        out += _packed(entries, link + 4)
    return bytes(out)


def _predicted(samples: Array) -> Array:
    """Return samples less their left neighbours (predictor 2), which pack smaller; others than 8 and 16 bits as is."""
    little = samples.astype(samples.dtype.newbyteorder("<"))
    if little.dtype.itemsize > 2:
        return little
    little[:, 1:] -= samples[:, :-1]
    return little


def _entries(samples: Array, mode: str, strip_at: int, strip_size: int) -> list[tuple[int, list[int], str]]:
    rows, columns = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    colours = CMYK if mode == "CMYK" else RGB if channels > 1 else BLACK_IS_ZERO
    kind = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}[samples.dtype.kind]
    entries = [(WIDTH, [columns], "I"), (HEIGHT, [rows], "I"), (BITS, [samples.dtype.itemsize * 8] * channels, "H")]
    entries += [(COMPRESSION, [8], "H"), (PHOTOMETRIC, [colours], "H"), (273, [strip_at], "I")]
    entries += [(SAMPLES, [channels], "H"), (278, [rows], "I"), (279, [strip_size], "I"), (PLANAR, [1], "H")]
    if samples.dtype.itemsize <= 2:
        entries.append((317, [2], "H"))
    if channels == 4 and colours == RGB:
        entries.append((EXTRA, [2], "H"))  # unassociated alpha
    return [*entries, (FORMAT, [kind] * channels, "H")]


def _packed(entries: list[tuple[int, list[int], str]], values_at: int) -> bytes:
    ifd, values = struct.pack("<H", len(entries)), b""
    for tag, numbers, code in entries:
        raw = struct.pack(f"<{len(numbers)}{code}", *numbers)
        head = struct.pack("<HHI", tag, {"H": 3, "I": 4}[code], len(numbers))
        if len(raw) <= 4:
            ifd += head + raw.ljust(4, b"\0")
        else:
            ifd += head + struct.pack("<I", values_at + len(values))
            values += raw
    return ifd + bytes(4) + values

"""JPEG: what is needed to show it, told from what is said about it (ITU-T T.81 annex B).

The clean stream keeps tables, frame and scans bit for bit. JFIF (APP0) and Adobe (APP14) segments say which colours
the components are, so each is replaced by one that says nothing else; all other APPn and COM segments are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from deid_core.errors import LimitExceeded, MalformedAsset, UnsupportedFormat
from deid_core.ingest.image_quiet import check_extent, quiet

START, END = b"\xff\xd8", b"\xff\xd9"
EOI, SOS, DQT, DHT, DRI, COM = 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
APP0, APP14, APPLICATION = 0xE0, 0xEE, range(0xE0, 0xF0)
FRAMES = range(0xC0, 0xD0)  # SOFn, but for DHT, JPG and DAC
DECODED = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive, with Huffman codes
PROGRESSIVE = 0xC2
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"  # and one byte, the transform
MAX_SCANS, MAX_PASSED = 100, 2_500_000_000  # each makes a decoder pass over the whole frame; pixels passed over in all
NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)  # stuffed and restart bytes belong to the scan

Segment = tuple[int, bytes]


@dataclass(slots=True)
class Jpeg:
    """Hold a parsed JPEG: its clean stream, and the segments and trailing bytes that were left out of it."""

    clean: bytes = field(default=b"", repr=False)
    left_out: list[Segment] = field(default_factory=list, repr=False)
    trailing: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0
    frame: int = 0
    rgb: bool = False


def parse(data: bytes) -> Jpeg:
    """Parse a JPEG stream; raise MalformedAsset where it breaks off or does not hold together."""
    with quiet("not a whole JPEG"):
        found, out, at, scans = Jpeg(), bytearray(START), 2, 0
        while True:
            marker, at = _marker(data, at)
            if marker == EOI:
                break
            length = int.from_bytes(data[at : at + 2], "big")
            payload = data[at + 2 : at + length]
            if length < 2 or len(payload) != length - 2:
                raise MalformedAsset("a JPEG segment breaks off")
            at += length
            out += _kept(found, marker, payload, in_header=scans == 0)
            if marker == SOS:
                scans += 1
                end = _scan_end(data, at)
                out += data[at:end]
                at = end
        if not scans or scans > MAX_SCANS or scans * found.width * found.height > MAX_PASSED:
            raise LimitExceeded("a JPEG of too many scans") if scans else MalformedAsset("a JPEG without a picture")
        found.clean, found.trailing = bytes(out + END), data[at:]
        return found


def _marker(data: bytes, at: int) -> tuple[int, int]:
    if data[at] != 0xFF:
        raise MalformedAsset("bytes between JPEG segments")
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def _scan_end(data: bytes, at: int) -> int:
    following = NEXT_MARKER.search(data, at)
    if following is None:
        raise MalformedAsset("a JPEG scan breaks off")
    return following.start()


def _kept(found: Jpeg, marker: int, payload: bytes, *, in_header: bool) -> bytes:
    """Return the bytes that stand for a segment in the clean stream, and note the others."""
    if marker in APPLICATION or marker == COM:
        found.left_out.append((marker, payload))
        return _colour(found, marker, payload) if in_header else b""
    if marker in FRAMES and marker != DHT:
        _frame(found, marker, payload)
    elif marker == SOS and not found.frame:
        raise MalformedAsset("a JPEG scan before its frame")
    elif marker not in (SOS, DQT, DHT, DRI):
        raise UnsupportedFormat("a JPEG of an uncommon process")
    if not _is_exact(marker, payload):
        raise MalformedAsset("a JPEG segment is longer than what it holds")
    return b"\xff" + bytes([marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def _colour(found: Jpeg, marker: int, payload: bytes) -> bytes:
    if marker == APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 14:
        return JFIF
    if marker == APP14 and payload.startswith(b"Adobe") and len(payload) >= 12:
        if payload[11] > 2:
            raise MalformedAsset("an unknown colour transform")
        found.rgb = payload[11] == 0
        return ADOBE + payload[11:12]
    return b""


def _frame(found: Jpeg, marker: int, payload: bytes) -> None:
    if found.frame:
        raise UnsupportedFormat("a JPEG of several frames")
    if marker not in DECODED or payload[0] != 8 or payload[5] not in (1, 3, 4):
        raise UnsupportedFormat("a JPEG of an uncommon process")
    found.frame = marker
    found.height, found.width = (int.from_bytes(payload[at : at + 2], "big") for at in (1, 3))
    check_extent(found.width, found.height)


def _is_exact(marker: int, payload: bytes) -> bool:
    """Say whether a segment ends where what it declares ends, so that nothing rides along."""
    if marker == DRI:
        return len(payload) == 2
    if marker == SOS:
        return len(payload) == 4 + 2 * payload[0]
    if marker not in (DQT, DHT):
        return len(payload) == 6 + 3 * payload[5]
    at = 0
    while at < len(payload):
        at += 1 + 64 * (1 + (payload[at] >> 4)) if marker == DQT else 17 + sum(payload[at + 1 : at + 17])
    return at == len(payload)


def decode(jpeg: Jpeg) -> tuple[NDArray[Any], str]:
    """Return (samples, Pillow's mode): uint8 (rows, columns) in L, or (rows, columns, 3 or 4) in RGB or CMYK."""
    with quiet("a JPEG cannot be decoded"), JpegImageFile(BytesIO(jpeg.clean)) as image:
        return np.array(image), image.mode


def encode(jpeg: Jpeg, samples: NDArray[Any], mode: str) -> bytes:
    """Encode changed samples with the tables, subsampling and process of the original; only its clean stream."""
    out = BytesIO()
    with quiet("a JPEG cannot be encoded"), JpegImageFile(BytesIO(jpeg.clean)) as was:
        was.load()
        options: dict[str, Any] = {"progressive": jpeg.frame == PROGRESSIVE}
        if mode == "RGB":
            is_rgb = jpeg.rgb or [layer[0] for layer in was.layer] == list(b"RGB")
            sampling = get_sampling(was)
            options |= {"keep_rgb": True} if is_rgb else {"subsampling": max(sampling, 0)}  # -1: none Pillow can write
        tables = [was.quantization[layer[3]] for layer in was.layer]
        if mode == "CMYK":
            tables = tables[:1]  # YCCK is written as CMYK: one table for all
        size = (samples.shape[1], samples.shape[0])
        Image.frombytes(mode, size, samples.tobytes()).save(out, "JPEG", qtables=tables, **options)
        return parse(out.getvalue()).clean

"""WebP: its picture, told from its other chunks (RFC 9649). Written anew, losslessly, as a picture and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from deid_core.errors import LimitExceeded, MalformedAsset, UnsupportedFormat
from deid_core.ingest.image_quiet import check_extent, quiet

MARK = b"WEBP"  # at offset 8, after RIFF and a size
HEAD = 12
LOSSY, LOSSLESS, EXTENDED, ALPHA = b"VP8 ", b"VP8L", b"VP8X", b"ALPH"
ANIMATION = (b"ANIM", b"ANMF")
ANIMATED = 2  # a flag of VP8X
FRAME_START = b"\x9d\x01\x2a"  # of a lossy key frame, RFC 6386 9.1
LOSSLESS_START = 0x2F
LARGEST = 16_383  # pixels a side

Chunk = tuple[bytes, bytes]
Array = NDArray[Any]


@dataclass(slots=True)
class Webp:
    """Hold a parsed WebP: the chunks of its picture, and the others and trailing bytes."""

    picture: list[Chunk] = field(default_factory=list, repr=False)
    left_out: list[Chunk] = field(default_factory=list, repr=False)
    trailing: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0
    has_alpha: bool = False


def parse(data: bytes) -> Webp:
    """Parse a WebP; raise MalformedAsset where it breaks off, UnsupportedFormat if animated."""
    with quiet("not a whole WebP"):
        end = 8 + int.from_bytes(data[4:8], "little")
        if data[:4] != b"RIFF" or data[8:HEAD] != MARK or end > len(data):
            raise MalformedAsset("a WebP breaks off")
        found, at = Webp(trailing=data[end + end % 2 :]), HEAD
        while at < end:
            kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
            payload = data[at + 8 : at + 8 + size]
            at += 8 + size + size % 2
            if len(payload) != size or at > end + end % 2:
                raise MalformedAsset("a WebP chunk breaks off")
            _take(found, kind, payload)
        if [kind for kind, _ in found.picture] not in ([LOSSY], [LOSSLESS], [ALPHA, LOSSY]):
            raise MalformedAsset("a WebP without one picture")
        check_extent(found.width, found.height)
        return found


def _take(found: Webp, kind: bytes, payload: bytes) -> None:
    if kind in ANIMATION or (kind == EXTENDED and payload[0] & ANIMATED):
        raise UnsupportedFormat("an animated WebP")
    if kind == LOSSY:
        if payload[3:6] != FRAME_START:
            raise MalformedAsset("a WebP whose picture has no beginning")
        found.width, found.height = (int.from_bytes(payload[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    elif kind == LOSSLESS:
        if payload[0] != LOSSLESS_START:
            raise MalformedAsset("a WebP whose picture has no beginning")
        bits = int.from_bytes(payload[1:5], "little")
        found.width, found.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        found.has_alpha = bool(bits >> 28 & 1)
    elif kind != ALPHA:
        if kind != EXTENDED:
            found.left_out.append((kind, payload))
        return
    found.has_alpha |= kind == ALPHA
    found.picture.append((kind, payload))


def decode(webp: Webp) -> Array:
    """Return samples, uint8: (rows, columns, 3 or 4) RGB or RGBA; what is fully transparent has no colour."""
    with quiet("a WebP cannot be decoded"), WebPImageFile(BytesIO(_bare(webp))) as image:
        samples = np.array(image.convert("RGBA" if webp.has_alpha else "RGB"))
    if samples.shape[:2] != (webp.height, webp.width):
        raise MalformedAsset("a WebP has not the extent it declares")
    if webp.has_alpha:
        samples[samples[..., 3] == 0] = 0
    return samples


def _bare(webp: Webp) -> bytes:
    chunks = webp.picture
    if chunks[0][0] == ALPHA:
        extent = (webp.width - 1).to_bytes(3, "little") + (webp.height - 1).to_bytes(3, "little")
        chunks = [(EXTENDED, b"\x10\0\0\0" + extent), *chunks]
    body = b"".join(
        kind + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2) for kind, payload in chunks
    )
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + MARK + body


def encode(samples: Array) -> bytes:
    """Return a WebP of samples and nothing else, without loss; LimitExceeded above LARGEST pixels a side."""
    if max(samples.shape[:2]) > LARGEST:
        raise LimitExceeded("the picture, turned, would be larger than WebP can be")
    out = BytesIO()
    with quiet("a WebP cannot be encoded"):
        Image.fromarray(samples).save(out, "WEBP", lossless=True, exact=True, quality=50, method=2)
    return out.getvalue()

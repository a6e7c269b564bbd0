"""Images that break off, lie, or unpack to too much are set aside."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deid_core import ingest
from deid_core.errors import EmptyAsset, LimitExceeded, MalformedAsset, UnsupportedFormat
from deid_core.ingest import image_png, image_tiff
from deid_core.ingest.image import ImageFrames, ImageReader
from deid_core.keys import ProjectKey
from deid_core.model import Document

ROWS, COLUMNS = 33, 45


def samples(*shape: int, dtype: type = np.uint8, seed: int = 1) -> NDArray:
    """Make random samples: what is lost of them shows."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def smooth(rows: int = ROWS, columns: int = COLUMNS) -> NDArray:
    """Make an RGB picture that JPEG keeps well."""
    down, across = np.mgrid[:rows, :columns]
    return np.dstack((down * 255 // rows, across * 255 // columns, (down + across) % 256)).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image's file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes, key: ProjectKey) -> Document:
    """Read an image as its content says, and check that its reader is found by it."""
    document = ImageReader().read(data, "a", key)
    assert ingest.media_type(data) == document.media_type
    return document


def frames(document: Document) -> ImageFrames:
    """Return a document's frames."""
    return document.part("pixels").value


def rewritten(data: bytes, key: ProjectKey) -> tuple[bytes, Document]:
    """Return what is written of an image, and that read again; the same bytes each time, without metadata."""
    output = ImageReader().write(read(data, key))
    assert output == ImageReader().write(read(data, key))
    again = read(output, key)
    assert again.part("metadata").value == {}
    return output, again


def segment(marker: int, payload: bytes) -> bytes:
    """Return a JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that claims an extent."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    return image_png.SIGNATURE + chunks


def packed_bomb(kind: bytes, before: bytes) -> bytes:
    """Return a PNG with a chunk that unpacks to 64 MiB."""
    data = image_png.encode(smooth())
    return data[:33] + png_chunk(kind, before + zlib.compress(bytes(64 << 20))) + data[33:]


def large_jpeg() -> bytes:
    """Return a JPEG that claims 65535 by 65535 pixels."""
    data = saved(Image.fromarray(smooth()), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]


def many_pages() -> bytes:
    """Return a TIFF of three pages that claim 150 million pixels each."""
    data = image_tiff.encode([(np.zeros((10, 15), np.uint8), "L")] * 3)
    data = data.replace(struct.pack("<HHII", 256, 4, 1, 15), struct.pack("<HHII", 256, 4, 1, 15_000))
    return data.replace(struct.pack("<HHII", 257, 4, 1, 10), struct.pack("<HHII", 257, 4, 1, 10_000))


def many_scans() -> bytes:
    """Return a JPEG that repeats its last scan."""
    data = saved(Image.fromarray(smooth()), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 200 + b"\xff\xd9"


def large_scans() -> bytes:
    """Return a progressive JPEG that claims 195 million pixels and has thirty scans."""
    data = saved(Image.fromarray(smooth()), "JPEG", progressive=True)
    at = data.index(b"\xff\xc2") + 5
    data = data[:at] + struct.pack(">HH", 13_000, 15_000) + data[at + 4 :]
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 20 + b"\xff\xd9"


BOMBS = {
    "PNG of 10 gigapixels": lambda: bomb(100_000, 100_000),
    "packed text": lambda: packed_bomb(b"zTXt", b"Comment\0\0"),
    "packed international text": lambda: packed_bomb(b"iTXt", b"Comment\0\1\0\0\0"),
    "packed profile": lambda: packed_bomb(b"iCCP", b"name\0\0"),
    "JPEG of 4 gigapixels": large_jpeg,
    "TIFF of many large pages": many_pages,
    "JPEG of many scans": many_scans,
    "large JPEG of some scans": large_scans,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_set_aside_unopened(name: str, key: ProjectKey) -> None:
    """What unpacks to too much is refused when it is read."""
    with pytest.raises(LimitExceeded):
        ImageReader().read(BOMBS[name](), "a", key)


def test_a_header_that_lies_is_found_out(key: ProjectKey) -> None:
    """A picture of fewer data than its header claims is not filled up."""
    with pytest.raises(MalformedAsset):
        frames(read(bomb(10_000, 10_000), key)).stored(0)
    tiff = image_tiff.encode([(smooth(), "RGB")])
    tall = tiff.replace(struct.pack("<HHII", 257, 4, 1, ROWS), struct.pack("<HHII", 257, 4, 1, 9 * ROWS))
    with pytest.raises(MalformedAsset):
        frames(read(tall, key)).stored(0)


def animated() -> bytes:
    """Return a PNG of two frames."""
    one, two = Image.fromarray(smooth()), Image.fromarray(255 - smooth())
    return saved(one, "PNG", save_all=True, append_images=[two])


def circular() -> bytes:
    """Return a TIFF whose page is followed by itself."""
    data = image_tiff.encode([(smooth()[..., 0], "L")])
    (at,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, at)
    link = at + 2 + 12 * entries
    return data[:link] + struct.pack("<I", at) + data[link + 4 :]


def wrong_checksum() -> bytes:
    """Return a PNG with a flipped bit."""
    data = bytearray(image_png.encode(smooth()))
    data[60] ^= 1
    return bytes(data)


REFUSED = {
    "no bytes": (lambda: b"", EmptyAsset),
    "no image": (lambda: b"GIF89a" + bytes(100), MalformedAsset),
    "animated PNG": (animated, UnsupportedFormat),
    "circle of pages": (circular, MalformedAsset),
    "wrong checksum": (wrong_checksum, MalformedAsset),
    "12-bit JPEG": (lambda: _with_precision(12), UnsupportedFormat),
    "lossless JPEG": (
        lambda: saved(Image.new("L", (8, 8)), "JPEG").replace(b"\xff\xc0", b"\xff\xc3"),
        UnsupportedFormat,
    ),
    "text between segments": (lambda: b"\xff\xd8CANARY" + saved(Image.new("L", (8, 8)), "JPEG")[2:], MalformedAsset),
    "longer table": (lambda: b"\xff\xd8" + segment(0xDB, bytes(65) + b"CANARY") + bytes(9), MalformedAsset),
    "no picture": (lambda: b"\xff\xd8\xff\xd9", MalformedAsset),
}


def _with_precision(bits: int) -> bytes:
    data = bytearray(saved(Image.new("L", (8, 8)), "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = bits
    return bytes(data)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_image_is_set_aside(name: str, key: ProjectKey) -> None:
    """Each is refused with its own reason, and a message without a value."""
    make, reason = REFUSED[name]
    with pytest.raises(reason) as caught:
        ImageReader().read(make(), "a", key)
    assert "CANARY" not in str(caught.value)

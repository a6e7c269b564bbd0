"""Images of every kind that their formats know show the same before and after."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deid_core import ingest
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


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def palette_image() -> Image.Image:
    """Make an image with a palette."""
    return Image.fromarray(smooth()).quantize(40)


def with_alpha(image: NDArray) -> NDArray:
    """Return RGBA samples without colour where nobody sees one."""
    image[image[..., 3] == 0] = 0
    return image


PNGS: dict[str, Callable[[], tuple[bytes, NDArray]]] = {
    "1 bit": lambda: _pillow(Image.fromarray(samples(ROWS, COLUMNS) > 127)),
    "8 bits": lambda: _pillow(Image.fromarray(samples(ROWS, COLUMNS))),
    "16 bits": lambda: _array(samples(ROWS, COLUMNS, dtype=np.uint16)),
    "RGB": lambda: _array(samples(ROWS, COLUMNS, 3)),
    "RGB of 16 bits": lambda: _array(samples(ROWS, COLUMNS, 3, dtype=np.uint16)),
    "RGBA": lambda: _array(with_alpha(samples(ROWS, COLUMNS, 4))),
    "RGBA of 16 bits": lambda: _array(with_alpha(samples(ROWS, COLUMNS, 4, dtype=np.uint16))),
    "grey and alpha": lambda: _pillow(Image.fromarray(smooth()).convert("LA"), "RGBA"),
    "palette": lambda: _pillow(palette_image(), "RGB"),
    "palette of 16 colours": lambda: _pillow(Image.fromarray(smooth()).quantize(16), "RGB", bits=4),
    "palette with a hole": lambda: _pillow(palette_image(), "RGBA", transparency=3),
    "colour key": lambda: _pillow(Image.fromarray(smooth()), "RGBA", transparency=(0, 0, 0)),
    "grey key": lambda: _pillow(Image.fromarray(smooth()[..., 0]), "RGBA", transparency=7),
    "1 x 1": lambda: _array(samples(1, 1, 3)),
}


def _pillow(image: Image.Image, mode: str = "", **options: object) -> tuple[bytes, NDArray]:
    data = saved(image, "PNG", **options)
    with Image.open(BytesIO(data)) as again:
        shown = np.array(again.convert(mode) if mode else again)
    if shown.dtype == np.bool_:
        shown = shown.astype(np.uint8) * 255
    return data, with_alpha(shown.copy()) if mode == "RGBA" else shown


def _array(image: NDArray) -> tuple[bytes, NDArray]:
    """Return a PNG that OpenCV wrote, whose own order is blue first."""
    order = [2, 1, 0, 3][: image.shape[2]] if image.ndim == 3 else slice(None)
    return cv2.imencode(".png", image[..., order] if image.ndim == 3 else image)[1].tobytes(), image


@pytest.mark.parametrize("name", PNGS)
def test_a_png_of_any_kind_shows_the_same(name: str, key: ProjectKey) -> None:
    """Every kind of PNG shows the same samples after it is written."""
    data, shown = PNGS[name]()
    output, again = rewritten(data, key)
    assert np.array_equal(frames(read(data, key)).stored(0), shown)
    assert np.array_equal(frames(again).stored(0), shown)
    assert frames(again).stored(0).dtype == shown.dtype
    assert frames(again).readable(0).shape == (*shown.shape[:2], 3)
    order = [2, 1, 0, 3][: shown.shape[2]] if shown.ndim == 3 else slice(None)
    theirs = cv2.imdecode(np.frombuffer(output, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(theirs[..., order] if shown.ndim == 3 else theirs, shown)


@pytest.mark.parametrize("colour", [0, 2, 3, 4, 6])
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("interlaced", [False, True])
def test_any_depth_and_interlace_of_png_is_decoded(colour: int, depth: int, interlaced: bool, key: ProjectKey) -> None:
    """A PNG of one value is one value after decoding, whatever its layout."""
    if depth not in image_png.DEPTHS[colour]:
        return
    raw = b""
    for left, top, across, down in image_png.ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(9 - left) // across), -(-(5 - top) // down)
        raw += rows * (b"\0" + b"\xff" * ((columns * image_png.SAMPLES[colour] * depth + 7) // 8))
    header = struct.pack(">IIBBBBB", 9, 5, depth, colour, 0, 0, interlaced)
    palette = png_chunk(b"PLTE", b"\xff" * 3 * 2 ** min(depth, 8)) if colour == 3 else b""
    data = image_png.SIGNATURE + png_chunk(b"IHDR", header) + palette
    data += png_chunk(b"IDAT", zlib.compress(raw)) + png_chunk(b"IEND", b"")
    stored = frames(read(data, key)).stored(0)
    assert stored.shape[:2] == (5, 9)
    assert (stored == np.iinfo(stored.dtype).max).all()
    assert stored.dtype == (np.uint16 if depth == 16 else np.uint8)


def test_a_picture_under_full_transparency_is_not_released(key: ProjectKey) -> None:
    """Colour that nobody sees is taken away: a name could be written in it."""
    hidden = np.zeros((ROWS, COLUMNS, 4), np.uint8)
    hidden[4:8, 4:8, :3] = 200
    for kind in ("PNG", "TIFF"):
        output, _ = rewritten(saved(Image.fromarray(hidden), kind), key)
        with Image.open(BytesIO(output)) as image:
            assert not np.array(image).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_text_that_is_nearly_transparent_is_seen(dtype: type, key: ProjectKey) -> None:
    """Who opens the picture can make it opaque: so it is shown to the reader with half its strength at least."""
    most = np.iinfo(dtype).max
    image = np.zeros((ROWS, COLUMNS, 4), dtype)
    image[..., 3] = 1
    image[10:20, 10:20, :3] = most
    shown = frames(read(_array(image)[0], key)).readable(0)
    assert int(shown[15, 15, 0]) - int(shown[0, 0, 0]) > 100
    image[..., 3] = most
    image[10:20, 10:20, 3] = most // 2
    image[..., :3] = 0
    faint = frames(read(_array(image)[0], key)).readable(0)
    assert int(faint[15, 15, 0]) - int(faint[0, 0, 0]) > 25


def test_text_on_nothing_can_be_read(key: ProjectKey) -> None:
    """Black and white text on a transparent ground both stand out from it."""
    image = np.zeros((ROWS, COLUMNS, 4), np.uint8)
    image[2:4] = (0, 0, 0, 255)
    image[6:8] = (255, 255, 255, 255)
    shown = frames(read(saved(Image.fromarray(image), "PNG"), key)).readable(0)
    assert shown[0, 0, 0] == 128
    assert shown[2, 0, 0] == 0
    assert shown[6, 0, 0] == 255


def tiff_pages(*pages: Image.Image, **options: object) -> bytes:
    """Return a TIFF of pages."""
    return saved(pages[0], "TIFF", save_all=True, append_images=list(pages[1:]), **options)


TIFFS: dict[str, tuple[Image.Image, dict[str, object]]] = {
    "1 bit": (Image.fromarray(samples(ROWS, COLUMNS) > 127), {}),
    "1 bit, fax": (Image.fromarray(samples(ROWS, COLUMNS) > 127), {"compression": "group4"}),
    "8 bits": (Image.fromarray(samples(ROWS, COLUMNS)), {"compression": "tiff_lzw"}),
    "16 bits": (Image.fromarray(samples(ROWS, COLUMNS, dtype=np.uint16)), {}),
    "16 bits, packed": (Image.fromarray(samples(ROWS, COLUMNS, dtype=np.uint16)), {"compression": "tiff_deflate"}),
    "32 bits": (Image.fromarray(samples(ROWS, COLUMNS, dtype=np.int32)), {}),
    "floating point": (Image.fromarray(np.linspace(-1, 1, ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, -1)), {}),
    "RGB": (Image.fromarray(samples(ROWS, COLUMNS, 3)), {}),
    "RGB, packed bits": (Image.fromarray(samples(ROWS, COLUMNS, 3)), {"compression": "packbits"}),
    "RGBA": (Image.fromarray(with_alpha(samples(ROWS, COLUMNS, 4))), {"compression": "tiff_adobe_deflate"}),
    "CMYK": (Image.frombytes("CMYK", (COLUMNS, ROWS), samples(ROWS, COLUMNS, 4).tobytes()), {}),
    "palette": (palette_image(), {}),
    "grey and alpha": (Image.fromarray(smooth()).convert("LA"), {}),
    "JPEG inside": (Image.fromarray(smooth()), {"compression": "jpeg", "quality": 90}),
}


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("name", TIFFS)
def test_a_tiff_of_any_kind_shows_the_same(name: str, big_endian: bool, key: ProjectKey) -> None:
    """Every kind of TIFF shows the same samples after it is written, to us and to another reader."""
    picture, options = TIFFS[name]
    data = tiff_pages(picture, picture, **options, big_endian=big_endian)
    shown = []
    with Image.open(BytesIO(data)) as image:
        for page in range(2):
            image.seek(page)
            mode = {"P": "RGB", "LA": "RGBA"}.get(image.mode)
            shown.append(np.array(image.convert(mode) if mode else image.convert("L") if image.mode == "1" else image))
    output, again = rewritten(data, key)
    with Image.open(BytesIO(output)) as theirs:
        for page in range(2):
            theirs.seek(page)
            for stored in (frames(read(data, key)).stored(page), frames(again).stored(page), np.array(theirs)):
                assert np.array_equal(stored, shown[page])
            assert frames(again).readable(page).shape == (ROWS, COLUMNS, 3)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_tiff_of_deep_colour_keeps_its_16_bits(channels: int, key: ProjectKey) -> None:
    """RGB and RGBA of 16 bits are as OpenCV wrote them."""
    image = samples(ROWS, COLUMNS, channels, dtype=np.uint16)
    data = cv2.imencode(".tiff", image[..., [2, 1, 0, 3][:channels]])[1].tobytes()
    shown = with_alpha(image) if channels == 4 else image
    _, again = rewritten(data, key)
    assert np.array_equal(frames(read(data, key)).stored(0), shown)
    assert np.array_equal(frames(again).stored(0), shown)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_whose_white_is_zero_is_turned_round(dtype: type, key: ProjectKey) -> None:
    """Samples mean the same when zero is black; a film scan is no negative afterwards."""
    image = samples(ROWS, COLUMNS, dtype=dtype)
    data = image_tiff.encode([(image, "L")])
    tag = struct.pack("<HHIH", 262, 3, 1, 1)
    assert data.count(tag) == 1
    document = read(data.replace(tag, struct.pack("<HHIH", 262, 3, 1, 0)), key)
    assert np.array_equal(frames(document).stored(0), ~image)
    _, again = rewritten(ImageReader().write(document), key)
    assert np.array_equal(frames(again).stored(0), ~image)


def test_samples_of_another_shape_are_refused(key: ProjectKey) -> None:
    """A frame is replaced by one of its own kind only; a frame that is not there is not read."""
    own = frames(read(saved(Image.fromarray(smooth()), "PNG"), key))
    with pytest.raises(ValueError, match="own shape"):
        own.replaced({0: np.zeros((2, 2, 3), np.uint8)})
    with pytest.raises(ValueError, match="own shape"):
        own.replaced({0: np.zeros((ROWS, COLUMNS, 3), np.uint16)})
    with pytest.raises(IndexError):
        own.stored(1)


def test_deep_grey_is_shown_by_what_it_holds(key: ProjectKey) -> None:
    """Twelve bits in sixteen are stretched to what a person can see, and grow no darker."""
    ramp = np.tile(np.arange(COLUMNS, dtype=np.uint16) * 50, (ROWS, 1))
    shown = frames(read(_array(ramp)[0], key)).readable(0)[0, :, 0].astype(int)
    assert shown[0] == 0
    assert shown[-1] == 255
    assert all(left <= right for left, right in pairwise(shown))

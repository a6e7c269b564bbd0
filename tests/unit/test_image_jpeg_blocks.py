"""A covered JPEG keeps every block that was not covered, bit for bit, and nothing of what was."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deid_core.edit import put
from deid_core.ingest import image_jpeg
from deid_core.ingest.image import ImageReader
from deid_core.ingest.image_jpeg_blocks import covered, touched
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox

BOX = slice(37, 80), slice(50, 131)


def scene(rows: int = 150, columns: int = 210) -> NDArray:
    """Make a picture with slopes, edges and noise."""
    down, across = np.mgrid[:rows, :columns]
    picture = np.dstack((down * 255 // rows, across * 255 // columns, (down // 9 + across // 7) % 2 * 200))
    return (picture + np.random.default_rng(2).integers(0, 30, picture.shape)).clip(0, 255).astype(np.uint8)


def jpeg(picture: NDArray, **options: object) -> bytes:
    """Return a picture's file."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", **options)
    return out.getvalue()


SEQUENTIAL: dict[str, tuple[NDArray, dict[str, object]]] = {
    "not subsampled": (scene(), {"quality": 92, "subsampling": 0}),
    "subsampled across": (scene(), {"quality": 80, "subsampling": 1}),
    "subsampled across and down": (scene(), {"quality": 90}),
    "grey": (scene()[..., 0].copy(), {"quality": 85}),
    "RGB": (scene(), {"quality": 90, "keep_rgb": True}),
    "restarts in a row": (scene(), {"quality": 85, "restart_marker_blocks": 5}),
    "restarts by rows": (scene(), {"quality": 85, "restart_marker_rows": 1}),
    "of no whole blocks": (scene(83, 133), {"quality": 75}),
    "of few bits": (scene(), {"quality": 20}),
    "with tables of its own": (scene(), {"quality": 60, "optimize": True}),
    "with tables of its own and restarts": (scene(), {"quality": 60, "optimize": True, "restart_marker_blocks": 5}),
    "grey with tables of its own": (scene()[..., 0].copy(), {"quality": 50, "optimize": True}),
    "of many bits": (scene(), {"quality": 100, "subsampling": 0}),
}


def grown(where: NDArray) -> NDArray:
    """Return pixels with their neighbours: a decoder draws the colours of a block's edge from both sides."""
    padded = np.pad(where, 1)
    return np.logical_or.reduce(
        [np.roll(padded, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    )[1:-1, 1:-1]


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_what_is_outside_the_touched_blocks_decodes_to_the_same_pixels(name: str) -> None:
    """Blocks that no box touches are the same, blocks on its edge change by rounding, the box is black."""
    picture, options = SEQUENTIAL[name]
    was = image_jpeg.parse(jpeg(picture, **options))
    before, _ = image_jpeg.decode(was)
    wanted = before.copy()
    wanted[BOX] = 0
    data = covered(was, before, wanted)
    assert data is not None
    after, _ = image_jpeg.decode(image_jpeg.parse(data))
    anew = touched(was, before, wanted)
    assert anew[BOX].all()
    assert anew.mean() < 0.5
    assert np.array_equal(after[~grown(anew)], before[~grown(anew)])
    if "subsampled across" not in name and "whole" not in name:
        drift = np.abs(after.astype(int) - wanted)[anew].mean()
        assert drift < (12 if "few" in name else 5), drift
    assert image_jpeg.parse(data).clean == data


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_two_pictures_that_differ_in_the_box_only_become_one_file(name: str) -> None:
    """Nothing of what was covered is in the file: not in a block, not in the difference that follows it."""
    picture, options = SEQUENTIAL[name]
    was = image_jpeg.parse(jpeg(picture, **options))
    before, _ = image_jpeg.decode(was)
    anew = np.zeros(before.shape[:2], np.bool_)
    rows, columns = before.shape[:2]
    anew[32 : min(80, rows), 48 : min(128, columns)] = True  # whole blocks of any sampling
    first, second = before.copy(), before.copy()
    first[anew] = 255
    second[anew] = 31
    files = []
    for one in (first, second):
        marked = covered(was, before, one)
        assert marked is not None
        parsed = image_jpeg.parse(marked)
        shown, _ = image_jpeg.decode(parsed)
        black = shown.copy()
        black[anew] = 0
        files.append(covered(parsed, shown, black))
    assert files[0] is not None
    assert files[0] == files[1]


def test_a_file_of_any_restart_interval_is_walked_to_its_end() -> None:
    """Every interval from one MCU to more than there are gives the same pixels."""
    pictures = []
    for interval in (0, 1, 2, 3, 7, 500):
        options = {"restart_marker_blocks": interval} if interval else {}
        was = image_jpeg.parse(jpeg(scene(60, 90), quality=80, **options))
        before, _ = image_jpeg.decode(was)
        wanted = before.copy()
        wanted[20:30, 30:50] = 0
        data = covered(was, before, wanted)
        assert data is not None
        pictures.append(image_jpeg.decode(image_jpeg.parse(data))[0])
    assert all(np.array_equal(one, pictures[0]) for one in pictures)


def test_what_cannot_be_covered_by_blocks_is_left_to_the_encoder(key: ProjectKey) -> None:
    """Progressive files are encoded as a whole; the box is black all the same."""
    data = jpeg(scene(), progressive=True)
    parsed = image_jpeg.parse(data)
    before, _ = image_jpeg.decode(parsed)
    wanted = before.copy()
    wanted[BOX] = 0
    assert covered(parsed, before, wanted) is None
    document = ImageReader().read(data, "a", key)
    output = ImageReader().write(put(document, [(PixelBox("pixels", 50, 37, 81, 43), 0)]))
    after, _ = image_jpeg.decode(image_jpeg.parse(output))
    assert after[BOX][8:-8, 8:-8].max() < 40


def test_a_damaged_scan_is_left_to_the_encoder() -> None:
    """Codes that are in no table, or a scan that ends early, give no file rather than a wrong one."""
    data, chance = jpeg(scene(60, 90)), np.random.default_rng(4)
    start = image_jpeg.parse(data).clean.rindex(b"\xff\xda") + 14
    whole = image_jpeg.parse(data)
    before, _ = image_jpeg.decode(whole)
    wanted = before.copy()
    wanted[20:30, 30:50] = 0
    outcomes = set()
    for _ in range(20):
        broken = bytearray(whole.clean)
        at = int(chance.integers(start, len(broken) - 2))
        broken[at : at + 3] = b"\x5a\xa5\x5a"
        out = covered(image_jpeg.Jpeg(bytes(broken), width=90, height=60, frame=whole.frame), before, wanted)
        outcomes.add(out is None)
    assert True in outcomes


def test_an_edited_file_is_written_by_blocks(key: ProjectKey) -> None:
    """Through the reader: the pixels far from the box are those of the original, exactly."""
    data = jpeg(scene(), quality=88)
    document = ImageReader().read(data, "a", key)
    before = document.part("pixels").value.stored(0)
    output = ImageReader().write(put(document, [(PixelBox("pixels", 50, 37, 81, 43), 0)]))
    after = ImageReader().read(output, "a", key).part("pixels").value.stored(0)
    assert np.array_equal(after[:, 146:], before[:, 146:])
    assert np.array_equal(after[98:], before[98:])
    assert after[BOX].max() < 60

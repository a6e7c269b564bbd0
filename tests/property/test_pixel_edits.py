"""Laws of edits in pixels: what is covered is covered, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deid_core.edit import get, put
from deid_core.ingest.image import ImageReader
from deid_core.ingest.image_png import encode as png
from deid_core.ingest.image_tiff import encode as tiff
from deid_core.keys import ProjectKey
from deid_core.model import Document, PixelBox

KEY = ProjectKey(bytes(range(32)))
SHAPES = ((), (3,), (4,))


@st.composite
def pictures(draw: st.DrawFn) -> NDArray[Any]:
    """Draw samples of any kind that is written, grey, RGB or RGBA, of 8 or 16 bits."""
    rows, columns = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    shape = (rows, columns, *draw(st.sampled_from(SHAPES)))
    dtype = draw(st.sampled_from((np.uint8, np.uint16)))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    samples = chance.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    if shape[2:] == (4,):
        samples[samples[..., 3] == 0] = 0  # what nobody sees has no colour
    return samples


def boxes(frame: int = 0) -> st.SearchStrategy[PixelBox]:
    """Draw boxes, some partly or wholly outside the frame."""
    sides = st.integers(0, 12)
    place = st.integers(-6, 28)
    return st.builds(PixelBox, st.just("pixels"), place, place, sides, sides, st.just(frame))


def covered(samples: NDArray[Any], box: PixelBox, value: int) -> NDArray[Any]:
    """Return what samples are with a box covered, counted pixel by pixel."""
    expected = samples.copy()
    for row in range(max(box.top, 0), min(box.top + box.height, samples.shape[0])):
        for column in range(max(box.left, 0), min(box.left + box.width, samples.shape[1])):
            expected[row, column] = value
    return expected


def read(data: bytes) -> Document:
    """Read an image."""
    return ImageReader().read(data, "a", KEY)


@pytest.mark.parametrize("kind", ["png", "tiff"])
@settings(deadline=None, max_examples=80)
@given(picture=pictures(), box=boxes(), value=st.sampled_from((0, 1, 255)))
def test_a_covered_box_is_all_that_changes(kind: str, picture: NDArray[Any], box: PixelBox, value: int) -> None:
    """Through the file and back, a box holds the value it was given and every other pixel its own."""
    document = read(png(picture) if kind == "png" else tiff([(picture, "")]))
    assert np.array_equal(document.part("pixels").value.stored(0), picture)
    edited = put(document, [(box, value)])
    output = ImageReader().write(edited)
    assert output == ImageReader().write(edited)
    stored = read(output).part("pixels").value.stored(0)
    expected = covered(picture, box, value)
    if expected.shape[2:] == (4,):
        expected[expected[..., 3] == 0] = 0
    assert np.array_equal(stored, expected)
    assert stored.dtype == picture.dtype
    assert not document.part("pixels").value.edited


@settings(deadline=None, max_examples=60)
@given(first=pictures(), second=pictures(), one=boxes(0), other=boxes(1))
def test_pages_are_edited_apart(first: NDArray[Any], second: NDArray[Any], one: PixelBox, other: PixelBox) -> None:
    """Boxes of two pages each change their own; later edits keep the earlier ones."""
    document = put(put(read(tiff([(first, ""), (second, "")])), [(one, 255)]), [(other, 255)])
    again = read(ImageReader().write(document)).part("pixels").value
    assert np.array_equal(again.stored(0), covered(first, one, 255))
    assert np.array_equal(again.stored(1), covered(second, other, 255))


@settings(deadline=None, max_examples=60)
@given(picture=pictures(), box=boxes())
def test_what_a_box_holds_put_back_changes_nothing(picture: NDArray[Any], box: PixelBox) -> None:
    """Get and put of the same samples is the identity."""
    document = read(png(picture))
    same = put(document, [(box, get(document, box))])
    assert ImageReader().write(same) == ImageReader().write(document)
    assert np.array_equal(same.part("pixels").value.readable(0), document.part("pixels").value.readable(0))

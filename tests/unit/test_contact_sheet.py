"""The contact sheet: before beside after, at one size, with an outline around whatever was covered."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deployments.contact_sheet import BAND, GAP, MARK, TITLE, WIDTH, changed, contact_sheet


def scene(rows: int = 240, columns: int = 320) -> NDArray[np.uint8]:
    """Make a grey slope with a little noise."""
    slope = np.linspace(60, 200, columns)[np.newaxis, :, np.newaxis] + np.zeros((rows, 1, 3))
    return (slope + np.random.default_rng(1).integers(0, 8, slope.shape)).astype(np.uint8)


def covered(frame: NDArray[np.uint8], *boxes: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return a frame with boxes filled."""
    after = frame.copy()
    for left, top, width, height in boxes:
        after[top : top + height, left : left + width] = 0
    return after


def opened(data: bytes) -> NDArray[np.uint8]:
    """Return a sheet's pixels."""
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG"
        assert not image.info
        return np.array(image)


def test_a_sheet_is_as_large_as_its_rows_need() -> None:
    """Frames of any shape are drawn at one width, a row each."""
    pairs = [(scene(), scene(), "a"), (scene(100, 400), scene(100, 400), "b"), (scene(1, 1), scene(1, 1), "c")]
    rows, columns, channels = opened(contact_sheet(pairs)).shape
    assert (columns, channels) == (2 * WIDTH + 3 * GAP, 3)
    assert rows == TITLE + sum(WIDTH * h // w + BAND + GAP for h, w in ((240, 320), (100, 400), (1, 1))) + GAP


def test_a_sheet_is_the_same_each_time() -> None:
    """Same frames, same bytes; the caption and the title are drawn."""
    frame = scene()
    pairs = [(frame, covered(frame, (20, 30, 60, 20)), "chest")]
    assert contact_sheet(pairs) == contact_sheet(pairs)
    assert contact_sheet(pairs) != contact_sheet([(*pairs[0][:2], "head")])
    assert contact_sheet(pairs) != contact_sheet(pairs, "Review")


def test_the_after_has_an_outline_and_the_before_has_none() -> None:
    """What was covered is marked on the right side, where it lies; the left side shows the frame as it was."""
    frame = scene()
    sheet = opened(contact_sheet([(frame, covered(frame, (80, 60, 80, 40)), "a")]))
    marked = (sheet == MARK).all(axis=2)
    rows, columns = np.nonzero(marked)
    scale, left = WIDTH / 320, 2 * GAP + WIDTH
    assert abs(columns.min() - (left + 80 * scale)) <= 3
    assert abs(columns.max() - (left + 160 * scale)) <= 3
    assert abs(rows.min() - (TITLE + BAND + 60 * scale)) <= 3
    assert abs(rows.max() - (TITLE + BAND + 100 * scale)) <= 3
    assert not marked[:, : GAP + WIDTH].any()


BOXES = {
    "nothing": [],
    "one": [(20, 30, 60, 20)],
    "two far apart": [(20, 30, 60, 20), (200, 180, 40, 30)],
    "at the corner": [(0, 0, 30, 10)],
}


@pytest.mark.parametrize("name", BOXES)
def test_each_covered_region_is_one_box(name: str) -> None:
    """The box of a region is exactly that of the pixels that changed by much."""
    frame = np.full((240, 320, 3), 200, np.uint8)
    assert sorted(changed(frame, covered(frame, *BOXES[name]))) == sorted(BOXES[name])


def test_words_of_a_line_are_one_region() -> None:
    """Boxes a few pixels apart are marked as one."""
    frame = np.full((240, 320, 3), 200, np.uint8)
    assert changed(frame, covered(frame, (20, 30, 40, 12), (66, 30, 40, 12))) == [(20, 30, 86, 12)]


def test_a_change_of_some_grey_levels_is_no_cover() -> None:
    """A frame that is only shown a little brighter has nothing marked; frames of two shapes are not compared."""
    frame = np.full((240, 320, 3), 200, np.uint8)
    assert changed(frame, frame - 20) == []
    assert changed(frame, frame[:100]) == []

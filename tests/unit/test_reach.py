"""An identifier reaches as far as its letters: ends that OCR cut off and gaps in its line are covered, too."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deid_core.extract.reach import ends, gaps
from deid_core.model import PixelBox
from deid_core.ports import Word


def caption(*, dark: bool = False, turned: bool = False) -> tuple[np.ndarray, int]:
    """Return a frame with a name from column 40 on, and the column where its ink ends."""
    frame = np.full((80, 400, 3), 220 if dark else 10, np.uint8)
    cv2.putText(frame, "HARGREAVES R", (40, 45), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20,) * 3 if dark else (230,) * 3, 2)
    last = int(np.flatnonzero((frame[..., 0] < 120 if dark else frame[..., 0] > 120).any(axis=0))[-1])
    return (np.ascontiguousarray(frame.transpose(1, 0, 2)) if turned else frame), last


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_the_end_of_a_name_that_was_cut_off_is_covered(dark: bool, turned: bool) -> None:
    """Light on dark and dark on light, across and down."""
    frame, last = caption(dark=dark, turned=turned)
    cut = PixelBox("pixels", 38, 26, last - 60, 24, 0)
    box = PixelBox("pixels", cut.top, cut.left, cut.height, cut.width, 0) if turned else cut
    longer = ends(frame, box)
    assert longer is not None
    start, length = (longer.top, longer.height) if turned else (longer.left, longer.width)
    assert start <= 40
    assert last < start + length < last + 12


def test_a_box_that_holds_the_whole_name_stays() -> None:
    """Blank ground is no letter, nor is the edge of a bar."""
    frame, last = caption()
    frame[:, last + 30 :] = 255
    assert ends(frame, PixelBox("pixels", 36, 26, last - 32, 24, 0)) is None


def test_a_blank_box_reaches_nowhere() -> None:
    """What does not stand out is not followed."""
    assert ends(np.zeros((50, 50, 3), np.uint8), PixelBox("pixels", 5, 5, 20, 10, 0)) is None
    assert ends(np.zeros((50, 50, 3), np.uint8), PixelBox("pixels", 60, 60, 20, 10, 0)) is None


def test_the_gap_between_two_parts_of_a_number_is_covered() -> None:
    """555 between an area code and a number was not read; a word that was not covered ends it."""
    words = [Word("Ph:221", 10, 10, 60, 16, 0.9), Word("7842", 100, 10, 40, 16, 0.9), Word("FR", 160, 10, 20, 16, 0.9)]
    boxes = [PixelBox("pixels", word.left - 2, word.top - 2, word.width + 4, word.height + 4, 0) for word in words]
    assert [(box.left, box.width) for box in gaps(words, boxes[:2], "pixels", 0, (80, 400))] == [(72, 26)]
    assert list(gaps(words, boxes[::2], "pixels", 0, (80, 400))) == []

"""How far an identifier reaches beyond the words that were read of it: ends that OCR cut off, and gaps in its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.extract.ocr import PADDING, boxed, lines
from deid_core.model import PixelBox
from deid_core.ports import Word

FARTHEST, BLANK = 1.5, 0.5  # box heights: how far letters are followed, and a gap that ends them
FULL = 0.8  # share of a column's pixels from which it is the edge of a bar, and no letter
FAINT = 12  # grey levels between letters and their ground; less is not followed


def ends(frame: NDArray[np.uint8], box: PixelBox) -> PixelBox | None:
    """Return a box with the letters that go on at its ends in an RGB frame, (rows, columns, 3); None where none do.

    Letters are told from their ground by what is in the box, at the level that divides it best.
    """
    if box.height > box.width:
        turned = ends(np.ascontiguousarray(frame.transpose(1, 0, 2)), _transposed(box))
        return _transposed(turned) if turned else None
    far = int(FARTHEST * box.height)
    start, stop = max(box.left - far, 0), min(box.left + box.width + far, frame.shape[1])
    band = np.ascontiguousarray(frame[box.top : box.top + box.height, start:stop])
    if not band.size:
        return None
    inside = slice(box.left - start, box.left - start + box.width)
    ink = _ink(band, inside)
    if ink is None:
        return None
    gap = max(int(BLANK * box.height), 1)
    before = _followed(ink[: inside.start][::-1], gap)
    after = _followed(ink[inside.stop :], gap)
    if not before and not after:
        return None
    left, right = box.left - before - PADDING * bool(before), box.left + box.width + after + PADDING * bool(after)
    left, right = max(left, 0), min(right, frame.shape[1])
    return PixelBox(box.part, left, box.top, right - left, box.height, box.frame)


def gaps(
    words: Sequence[Word], covered: Sequence[PixelBox], part: str, frame: int, shape: tuple[int, ...]
) -> Iterator[PixelBox]:
    """Yield what lies between two covered words of a line: nothing was read there, and it goes on behind."""
    held = {(box.left, box.top, box.width, box.height) for box in covered}
    for line in lines([word for word in words if word.text]):
        boxes = [boxed(word, part, frame, shape) for word in line]
        for one, other in pairwise(boxes):
            both = all((box.left, box.top, box.width, box.height) in held for box in (one, other))
            right = one.left + one.width
            if both and other.left > right:
                top = min(one.top, other.top)
                bottom = max(one.top + one.height, other.top + other.height)
                yield PixelBox(part, right, top, other.left - right, bottom - top, frame)


def _ink(band: NDArray[np.uint8], inside: slice) -> NDArray[np.bool_] | None:
    """Return which columns of a band hold letters; None where those in the box do not stand out."""
    channel = int(np.argmax(band[:, inside].std(axis=(0, 1))))
    grey = np.ascontiguousarray(band[:, :, channel])
    held = np.ascontiguousarray(grey[:, inside])
    level, bright = cv2.threshold(held, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    high = bright > 0
    if not high.any() or high.all() or float(held[high].mean()) - float(held[~high].mean()) < FAINT:
        return None
    ink = grey > level if high.mean() <= 0.5 else grey <= level
    share = ink.mean(axis=0)
    return np.asarray((share > 0) & (share < FULL))


def _followed(ink: NDArray[np.bool_], gap: int) -> int:
    """Return how many columns letters go on, given those beyond an end; a wide gap, or none at all, ends them."""
    last = -1
    for at in np.flatnonzero(ink).tolist():
        if at - last > gap:
            break
        last = at
    return last + 1


def _transposed(box: PixelBox) -> PixelBox:
    return PixelBox(box.part, box.top, box.left, box.height, box.width, box.frame)

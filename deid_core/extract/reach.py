"""How far an identifier reaches beyond the words that were read of it: ends that OCR cut off, and gaps in its line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deid_core.extract.ink import columns
from deid_core.extract.labels import is_label
from deid_core.extract.ocr import PADDING, boxed, lines
from deid_core.model import PixelBox
from deid_core.ports import Word

FARTHEST, BLANK = 1.5, 0.5  # box heights: how far letters are followed, and a gap that ends them


def ends(frame: NDArray[np.uint8], box: PixelBox, words: Iterable[Word] = ()) -> PixelBox | None:
    """Return a box with the letters that go on at its ends in an RGB frame, (rows, columns, 3); None where none do.

    The label of a letter or a fax among the words that were read is none of it.
    """
    if box.height > box.width:
        turned = ends(np.ascontiguousarray(frame.transpose(1, 0, 2)), _transposed(box))
        return _transposed(turned) if turned else None
    far = int(FARTHEST * box.height)
    start, stop = _between(box, words)
    start, stop = max(box.left - far, start), min(box.left + box.width + far, stop, frame.shape[1])
    band = np.ascontiguousarray(frame[box.top : box.top + box.height, start:stop])
    if not band.size:
        return None
    inside = slice(box.left - start, box.left - start + box.width)
    ink = columns(band, inside)
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


def _between(box: PixelBox, words: Iterable[Word]) -> tuple[int, int]:
    """Return the columns between which a box may grow: those of the labels in its line."""
    middle = box.left + box.width / 2
    beside = [word for word in words if is_label(word) and word.top < box.top + box.height / 2 < word.top + word.height]
    before = [word.left + word.width for word in beside if word.left + word.width / 2 < middle]
    after = [word.left for word in beside if word.left + word.width / 2 > middle]
    start, stop = max(before, default=0), min(after, default=sys.maxsize)
    return min(start, box.left), max(stop, box.left + box.width)


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

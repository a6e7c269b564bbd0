"""Part the labels of letters and faxes from what is said behind them, so that `From:` stays when the sender goes.

OCR gives a caption one box for all its words. The labels of a patient's screen (Name, DOB, MRN) stay with their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from deid_core.extract.ink import columns, widest_gap
from deid_core.ports import Word

LABEL = re.compile(r"(?:to|from|date|re|attn|attention|cc|fax|phone|subject|sent|received|pages?):", re.IGNORECASE)
REACH = 1.5  # letters to either side of where a label should end in which its gap is sought
GAP = 0.12  # line heights of such a gap at least


def is_label(word: Word) -> bool:
    """Say whether a word is such a label, and nothing else."""
    return LABEL.fullmatch(word.text) is not None


def parted(frame: NDArray[np.uint8], words: Iterable[Word]) -> list[Word]:
    """Return the words of an RGB frame, a label apart from what follows it where a gap in the letters shows the place.

    Without such a gap the words stay as they are.
    """
    found: list[Word] = []
    for _, group in groupby(words, lambda word: (word.left, word.top, word.width, word.height)):
        found += _caption(frame, list(group))
    return list(_lines(frame, found))


def _caption(frame: NDArray[np.uint8], words: list[Word]) -> Iterator[Word]:
    """Yield the words of one box; those after a label have what is left of it."""
    first = words[0]
    label = LABEL.match(first.text)
    if label is None or (label.end() == len(first.text) and len(words) == 1):
        yield from words
        return
    letters = sum(len(word.text) for word in words) + len(words) - 1
    cut = _cut(frame, first, (label.end() + 0.5) / letters, 1 / letters)
    if cut is None:
        yield from words
        return
    rest = first.text[label.end() :]
    yield replace(first, text=label[0], width=cut - first.left)
    for word in ([replace(first, text=rest)] if rest else []) + words[1:]:
        yield replace(word, left=cut, width=first.left + first.width - cut)


def _cut(frame: NDArray[np.uint8], box: Word, share: float, letter: float) -> int | None:
    """Return the column that parts a box at about that share of its width; None where no gap in the letters is."""
    if box.height > box.width:
        return None
    band = np.ascontiguousarray(frame[box.top : box.top + box.height, box.left : box.left + box.width])
    ink = columns(band, slice(0, band.shape[1])) if band.size else None
    if ink is None:
        return None
    start, stop = (round((share + side * REACH * letter) * box.width) for side in (-1, 1))
    at = widest_gap(ink, max(start, 1), stop, max(int(GAP * box.height), 2))
    return None if at is None else box.left + at


def _lines(frame: NDArray[np.uint8], words: Sequence[Word]) -> Iterator[Word]:
    """Yield words; where a label and the next word of a line overlap, each ends at the gap between them."""
    moved: int | None = None
    for word, after in pairwise([*words, None]):
        assert word is not None  # noqa: S101 - only the last is
        now = word if moved is None else replace(word, left=moved, width=word.left + word.width - moved)
        moved = None
        if after is not None and is_label(now) and _goes_on(now, after):
            both = replace(now, width=after.left + after.width - now.left)
            letter = now.width / max(len(now.text), 1) / both.width
            moved = _cut(frame, both, (after.left - now.left) / both.width, letter)
            now = now if moved is None else replace(now, width=moved - now.left)
        yield now


def _goes_on(word: Word, after: Word) -> bool:
    """Say whether a word is the next of the same line of OCR: their boxes have one top and touch."""
    level = (word.top, word.height) == (after.top, after.height)
    return level and word.left < after.left <= word.left + word.width + 1

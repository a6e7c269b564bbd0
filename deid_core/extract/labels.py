"""Part the labels of letters and forms from what is said behind them: `From:` and `Date of birth:` stay.

OCR gives a caption one box for all its words. The short labels that screens have, too (Name, DOB, MRN), stay on
paper; on a screen they go with their values.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from deid_core.extract.ink import gaps, is_colon, letters, widest_gap
from deid_core.ports import Word

REACH = 1.5  # letters to either side of where a label should end in which its gap is sought
FARTHEST = 0.25  # of a line's width: how far from there the gap between two words may be, where all of them are counted
GAP = 0.12  # line heights of such a gap at least
AS_WIDE = 0.8  # of the chosen gap's width; before the value no more gaps are so wide than the label has spaces
PAPER, MOST = 190, 0.5  # grey levels of paper at least, and its share of a page
SPACE = 1.4  # times the widest gap between letters that one between words is at least


@cache
def labels(*, paper: bool = True) -> re.Pattern[str]:
    """Return what matches a label of a form, with its colon; on `paper` a short one, too. Read once a process."""
    table = tomllib.loads(files("deid_core.extract").joinpath("labels.toml").read_text("utf-8"))
    held = {name: "|".join(f"(?:{one})" for one in listed) for name, listed in table.items()}
    both = f"(?:{held['whose']}) (?:{held['what']})"
    short = f"|{held['short']}" if paper else ""
    return re.compile(rf"(?:{held['letters']}|{both}|{held['long']}|{held['abroad']}{short}) ?:", re.IGNORECASE)


def is_label(word: Word) -> bool:
    """Say whether a word is such a label, and nothing else."""
    return labels().fullmatch(word.text) is not None


def parted(part: NDArray[np.uint8], words: Iterable[Word], *, paper: bool = False) -> list[Word]:
    """Return the words of an RGB part of a frame, a label apart from what follows it at a gap in the letters.

    Without such a gap the words stay as they are, and so do short labels where the frame is no `paper`.
    """
    found: list[Word] = []
    for _, group in groupby(words, lambda word: (word.left, word.top, word.width, word.height)):
        found += _caption(part, list(group), labels(paper=paper))
    return list(_lines(part, found, labels(paper=paper)))


def is_paper(frame: NDArray[np.uint8]) -> bool:
    """Say whether most of an RGB frame is bright: a page, not a screen."""
    return bool((frame.min(axis=2) >= PAPER).mean() >= MOST)


def _caption(frame: NDArray[np.uint8], words: list[Word], held: re.Pattern[str]) -> Iterator[Word]:
    """Yield the words of one box; those after a label have what is left of it."""
    first, text = words[0], " ".join(word.text for word in words)
    label = held.match(text)
    rest = text[label.end() :].split() if label else []
    if label is None or (not rest and len(words) == 1):
        yield from words
        return
    if not rest:
        yield replace(first, text=text)
        return
    cut = _between(frame, first, label[0], text)
    if cut is None:
        cut = _cut(frame, first, (label.end() + 0.5) / len(text), 1 / len(text), label[0].count(" "))
    if cut is None:
        yield from words
        return
    yield replace(first, text=label[0], width=cut - first.left)
    for word in rest:
        yield replace(first, text=word, left=cut, width=first.left + first.width - cut)


def _between(frame: NDArray[np.uint8], box: Word, label: str, text: str) -> int | None:
    """Return the column behind a label's last word, where the gaps between all words of a line can be told.

    None where they are not as many as the text has, or the one that is meant is not about where the letters say.
    """
    band = np.ascontiguousarray(frame[box.top : box.top + box.height, box.left : box.left + box.width])
    ink = letters(band, slice(0, band.shape[1])) if band.size and box.width >= box.height else None
    count = text.count(" ")
    if ink is None or text[len(label) : len(label) + 1] != " ":
        return None
    found = sorted(gaps(np.asarray(ink.any(axis=0))), key=lambda gap: gap[0] - gap[1])  # the widest first
    narrow = found[count][1] - found[count][0] if len(found) > count else 0
    if len(found) < count or found[count - 1][1] - found[count - 1][0] < max(SPACE * narrow, GAP * box.height):
        return None
    start, stop = sorted(found[:count])[label.count(" ")]
    far = abs((start + stop) / 2 / box.width - (len(label) + 0.5) / len(text)) > FARTHEST
    return None if far or not is_colon(ink, start) else box.left + (start + stop) // 2


def _cut(frame: NDArray[np.uint8], box: Word, share: float, letter: float, spaces: int = 0) -> int | None:
    """Return the column that parts a box at about that share of its width; None where no gap in the letters is.

    None, too, where more gaps as wide stand before it than a label of so many spaces has: it would be in the value.
    """
    if box.height > box.width:
        return None
    band = np.ascontiguousarray(frame[box.top : box.top + box.height, box.left : box.left + box.width])
    shown = letters(band, slice(0, band.shape[1])) if band.size else None
    if shown is None:
        return None
    ink = np.asarray(shown.any(axis=0))
    start, stop = (round((share + side * REACH * letter) * box.width) for side in (-1, 1))
    at = widest_gap(ink, max(start, 1), stop, max(int(GAP * box.height), 2))
    if at is None:
        return None
    wide = next((stop - start for start, stop in gaps(ink) if start <= at < stop), 0)
    before = sum(stop <= at and stop - start >= AS_WIDE * wide for start, stop in gaps(ink))
    return box.left + at if before <= spaces and is_colon(shown, at) else None


def _lines(frame: NDArray[np.uint8], words: Sequence[Word], held: re.Pattern[str]) -> Iterator[Word]:
    """Yield words; where a label and the next word of a line overlap, each ends at the gap between them."""
    moved: int | None = None
    for word, after in pairwise([*words, None]):
        assert word is not None  # noqa: S101 - only the last is
        now = word if moved is None else replace(word, left=moved, width=word.left + word.width - moved)
        moved = None
        if after is not None and held.fullmatch(now.text) and _goes_on(now, after):
            both = replace(now, width=after.left + after.width - now.left)
            letter = now.width / max(len(now.text), 1) / both.width
            moved = _cut(frame, both, (after.left - now.left) / both.width, letter)
            now = now if moved is None else replace(now, width=moved - now.left)
        yield now


def _goes_on(word: Word, after: Word) -> bool:
    """Say whether a word is the next of the same line of OCR: their boxes have one top and overlap."""
    level = (word.top, word.height) == (after.top, after.height)
    return level and word.left < after.left < word.left + word.width

"""Follow what is written through the frames of one scene: what stands is read once, what moves is only looked at.

Moving tissue looks a little like text, in every frame anew. Where that was read and nothing was there, the same place
is read again only when it looks more like text than it did; what looks like text plainly is read wherever it differs
from what was read there before. A frame is looked at when a word has gone, when more strokes stand somewhere than ever
before, and every fourth time at the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.extract.presence import CELL, SURE, Place, by_cell, likely, placed
from deid_core.ports import Word

STILL = 10  # grey levels by which a pixel may change and is still the same: compression does it
STIRRED, ALIKE = 0.04, 0.9  # share of a word's pixels that have changed, and how alike it is, when it is read again
EDGE = 2  # pixels around a word that are painted over with it
BESIDE = 32  # pixels around what has changed that are looked at with it: whole cells
CLEARER = 1.3  # times the contrast that a word had when it was read, from which it is read again
RISE = 0.25  # of what a place read in vain lacked to certainty; so much more like text must it look
PLAIN = 0.5  # probability that no place need exceed but by that rise: plain text is read wherever it stands
DRIFT = 17  # cells a side over which what moved is the same
EVERY = 4  # changed frames of which one is looked at in any case
STROKES, LEAST = 1.15, 1.5  # times the steps between pixels along a line that were there before, and grey levels more
LINE = (9, 3)  # cells of a short line

Picture = NDArray[np.uint8]
Cells = NDArray[np.float32]


class Scene:
    """Hold what is known of a scene: its words now, each pixel as it was last looked at, and what was read in vain."""

    def __init__(
        self, frame: Picture, words: tuple[Word, ...], read: Callable[[Picture, list[Place]], list[Word]]
    ) -> None:
        """Start from a frame that was read whole; `read` reads places of a frame."""
        self.words = words
        self._read = read
        self._clear = {word: _contrast(frame, word) for word in words}
        self._looked = frame.copy()
        self._read_last = frame.copy()
        self._strokes, self._waited = _strokes(frame), 0
        self._vain = np.zeros([-(-side // CELL) for side in frame.shape[:2]], np.float32)
        self._note(likely(frame, _mask(frame.shape, words)), [Place(0, 0, frame.shape[1], frame.shape[0])])

    def fits(self, frame: Picture) -> bool:
        """Say whether a frame is as large as those before."""
        return frame.shape == self._looked.shape

    def follow(self, frame: Picture, *, last: bool = False) -> tuple[Word, ...]:
        """Return the words of the next frame: those that still stand there, and what is new; the last is looked at.

        Each pixel is compared with what it was when it was looked at last: text that fades in by a grey level a frame
        is seen in the end.
        """
        changed = _changed(frame, self._looked)
        if not changed.any():
            return self.words
        stand = tuple(word for word in self.words if self._stands(word, frame, changed))
        kept = tuple(word for word in stand if not self._is_clearer(word, frame, changed))
        strokes = _strokes(frame)
        more = bool((strokes > STROKES * self._strokes + LEAST).any())
        self._waited += 1
        if not (last or more or kept != self.words or self._waited >= EVERY):
            return self.words
        self._waited = 0
        np.maximum(self._strokes, strokes, out=self._strokes)
        np.copyto(self._looked, frame, where=changed[..., np.newaxis])
        known = _mask(frame.shape, kept)
        again = self._new(frame, changed & ~known, known, kept)
        again += [word for word in stand if word not in kept and not any(_within(word, other) for other in again)]
        if again or kept != self.words:
            self.words = (*kept, *again)
            self._clear = {one: self._clear[one] if one in kept else _contrast(frame, one) for one in self.words}
        return self.words

    def _stands(self, word: Word, frame: Picture, changed: NDArray[np.bool_]) -> bool:
        """Say whether a word is still there, though what moves behind it may have changed its pixels."""
        here = _part(word)
        share = float(changed[here].mean()) if changed[here].size else 0.0
        return share < STIRRED or _alike(frame[here], self._looked[here])

    def _is_clearer(self, word: Word, frame: Picture, changed: NDArray[np.bool_]) -> bool:
        """Say whether a word stands out far more than when it was read: then it is read better."""
        return bool(changed[_part(word)].any()) and _contrast(frame, word) > CLEARER * self._clear[word] + 1

    def _new(
        self, frame: Picture, changed: NDArray[np.bool_], known: NDArray[np.bool_], kept: tuple[Word, ...]
    ) -> list[Word]:
        """Return the words that stand where the frame has changed."""
        around = _around(changed)
        if around is None:
            return []
        here = around.rows, around.columns
        lines = np.zeros_like(self._vain)
        cells = tuple(slice(side.start // CELL, -(-side.stop // CELL)) for side in here)
        lines[cells] = likely(np.ascontiguousarray(frame[here]), known[here])
        lines[~by_cell(changed)] = 0
        if (lines >= np.maximum(SURE, self._vain)).any():
            lines[_same(frame, self._read_last)] = 0
        found: list[Word] = []
        shown = None
        for place in placed(lines, lines >= np.maximum(SURE, self._vain), frame.shape, SURE):
            shown = _without(frame, kept) if shown is None else shown
            words = [word for word in self._read(shown, [place]) if not any(_told(word, other) for other in kept)]
            self._read_last[place.rows, place.columns] = frame[place.rows, place.columns]
            if not words:
                self._note(lines, [place])
            found += words
        return found

    def _note(self, lines: Cells, places: Sequence[Place]) -> None:
        """Remember how much like text places looked in which there was none."""
        looked = np.zeros_like(self._vain)
        for place in places:
            part = tuple(slice(side.start // CELL, -(-side.stop // CELL)) for side in (place.rows, place.columns))
            looked[part] = lines[part]
        looked[looked < SURE] = 0
        moved = cv2.dilate(np.minimum(looked, PLAIN), np.ones((DRIFT, DRIFT), np.uint8))
        np.maximum(self._vain, np.where(moved > 0, moved + RISE * (1 - moved), 0), out=self._vain)


def _without(frame: Picture, words: Iterable[Word]) -> Picture:
    """Return a frame in which known words are painted over with what is around them: they are not read again."""
    shown = frame.copy()
    for top, left, bottom, right in {_box(word) for word in words}:
        here = slice(max(top - EDGE, 0), max(bottom + EDGE, 0)), slice(max(left - EDGE, 0), max(right + EDGE, 0))
        part = shown[here]
        if part.size:
            rim = np.concatenate((part[0], part[-1], part[:, 0], part[:, -1]))
            part[...] = np.median(rim, axis=0).astype(np.uint8)
    return shown


def _box(word: Word) -> tuple[int, int, int, int]:
    return word.top, word.left, word.top + word.height, word.left + word.width


def _changed(frame: Picture, before: Picture) -> NDArray[np.bool_]:
    apart = cv2.split(cv2.absdiff(frame, before))
    return np.asarray(cv2.max(cv2.max(apart[0], apart[1]), apart[2]) > STILL, np.bool_)


def _strokes(frame: Picture) -> Cells:
    """Return the mean step from pixel to pixel over a short line at each cell, in grey levels."""
    rows, columns = frame.shape[:2]
    steps = np.zeros((rows, columns), np.uint8)
    for one, other, here in (
        (frame[:, 1:], frame[:, :-1], (slice(None), slice(1, None))),
        (frame[1:], frame[:-1], (slice(1, None), slice(None))),
    ):
        parts = cv2.split(cv2.absdiff(one, other))
        np.maximum(steps[here], cv2.max(cv2.max(parts[0], parts[1]), parts[2]), out=steps[here])
    whole = cv2.copyMakeBorder(steps, 0, -rows % CELL, 0, -columns % CELL, cv2.BORDER_REPLICATE).astype(np.float32)
    cells = cv2.resize(whole, None, fx=1 / CELL, fy=1 / CELL, interpolation=cv2.INTER_AREA)
    return np.asarray(np.maximum(cv2.blur(cells, LINE), cv2.blur(cells, LINE[::-1])), np.float32)


def _same(frame: Picture, before: Picture) -> NDArray[np.bool_]:
    """Return the cells around which a frame shows what was there before, no more clearly; grain is no difference."""
    one, other = (cv2.transform(each, np.full((1, 3), 1 / 3)).astype(np.float32) for each in (frame, before))
    size = LINE[0] * CELL, LINE[1] * CELL
    means = [cv2.blur(each, size) for each in (one, other)]
    both = cv2.blur(one * other, size) - means[0] * means[1]
    spreads = [cv2.blur(each * each, size) - mean * mean for each, mean in zip((one, other), means, strict=True)]
    alike = both >= ALIKE * np.sqrt(np.maximum(spreads[0] * spreads[1], 1e-6))
    alike &= spreads[0] <= CLEARER**2 * spreads[1] + 1  # what fades in keeps its shape
    return np.asarray(~by_cell(~np.asarray(alike, np.bool_)))


def _around(changed: NDArray[np.bool_]) -> Place | None:
    """Return the rectangle around what has changed, from a whole cell on; None for nothing."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return None
    top, left = (max(int(ends[0]) - BESIDE, 0) // CELL * CELL for ends in (rows, columns))
    bottom = min(int(rows[-1]) + BESIDE + 1, changed.shape[0])
    right = min(int(columns[-1]) + BESIDE + 1, changed.shape[1])
    return Place(left, top, right - left, bottom - top)


def _alike(one: Picture, other: Picture) -> bool:
    first, second = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    if first.size < 2 or not first.std() or not second.std():
        return False
    return float(np.corrcoef(first, second)[0, 1]) >= ALIKE


def _contrast(frame: Picture, word: Word) -> float:
    here = frame[_part(word)]
    return float(here.std()) if here.size else 0.0


def _mask(shape: tuple[int, ...], words: Iterable[Word]) -> NDArray[np.bool_]:
    """Return the pixels of a frame where words stand."""
    mask = np.zeros(shape[:2], np.bool_)
    for word in words:
        mask[_part(word)] = True
    return mask


def _part(word: Word) -> tuple[slice, slice]:
    rows = slice(max(word.top, 0), max(word.top + word.height, 0))
    return rows, slice(max(word.left, 0), max(word.left + word.width, 0))


def _told(word: Word, known: Word) -> bool:
    """Say whether a word is known; what has been read now is news where there was an unread place."""
    return _within(word, known) and (bool(known.text) or not word.text)


def _within(word: Word, known: Word) -> bool:
    """Say whether a word's middle lies in a known one and no letter beyond it: it is that one, or cut off from it."""
    across, down = word.left + word.width / 2, word.top + word.height / 2
    beyond = max(known.left - word.left, word.left + word.width - known.left - known.width) > known.height / 2
    inside = known.left <= across <= known.left + known.width and known.top <= down <= known.top + known.height
    return inside and not beyond

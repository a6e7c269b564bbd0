"""Read again, larger, what is marked as text and was not read: a line that was missed, or the end of one.

What then still looks like text plainly is given as an empty word: an unread place, which every policy covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.extract.presence import CELL, SCALES, Place, flattened, likely
from deid_core.ports import OcrEngine, Word

MARKED = 0.2  # mean probability over a line, of what no word covers, from which it is read again
PLAIN, SURELY = 0.5, 0.7  # the same of an unread place where that gives nothing: over all of it, and at its best
FLATTEST, TALLEST = 1.5, 44  # widths in heights at least, and pixels of height at most, of an unread place
CELLS = 6  # of a place at least: a short word of the smallest letters
MOST, PIXELS = 4, 1_200_000  # places that one reading of a frame reads again, and pixels as enlarged in all
AROUND = 24  # pixels around a place that are read with it, and from which a word belongs to its line
TIMES, LEAST, LONGEST = 3.0, 1.5, 2000  # so much larger, or less up to so many pixels a side
READ = 0.5  # confidence; what is read worse when enlarged is the grain of a picture
SAME, WORSE = 0.7, 0.1  # share of a word that a better reading of it covers, and by how much that may be less sure
BLEEDS = 4  # cells by which a line is marked beyond its letters

Picture = NDArray[np.uint8]
Cells = NDArray[np.float32]


class Again:
    """Read places of one frame again, within what a frame is allowed."""

    def __init__(self, engine: OcrEngine, whole: tuple[int, ...], marked: float = MARKED) -> None:
        """Take the engine, the shape of the frame that the parts are cut from, and from where on a place counts."""
        self._engine = engine
        self._marked = marked
        self._whole = whole[:2]
        self._places, self._pixels = MOST, PIXELS

    def words(self, part: Picture, words: Sequence[Word]) -> list[Word]:
        """Return the words of an RGB part of the frame with what is read when the rest that is marked is enlarged.

        `words` are those of the first reading; all are in pixels of the part. A place is read twice at most: as it is,
        then, if it looks like text plainly, inverted with its contrast made even.
        """
        left = likely(part, _mask(part.shape, words), SCALES[:1])  # what is larger needs no enlarging
        found = list(words)
        for marks in _marked(left, words, self._marked):
            if _uncovered(marks, found).sum() < CELLS:
                continue  # a place before it was read with it
            self._places -= 1
            for even in (False, True) if self._places >= 0 else ():
                rest = _uncovered(marks, found)
                if rest.sum() >= CELLS and left[rest].max() >= (PLAIN if even else self._marked):
                    new = self._enlarged(part, _line(marks, found, part.shape), even=even)
                    found = _better(found, [word for word in new if _covers_any(word, marks)])
            found += [*_unread(left, _uncovered(marks, found), found, part.shape)]
        return found

    def _enlarged(self, part: Picture, place: Place, *, even: bool) -> Iterator[Word]:
        """Yield what is read well in a place when it is larger."""
        shown = np.ascontiguousarray(part[place.rows, place.columns])
        area = place.width * place.height
        times = min(TIMES, LONGEST / max(shown.shape), (max(self._pixels, 0) / area) ** 0.5)
        if times < LEAST:
            return
        self._pixels -= int(area * times * times)
        if even:
            channel = np.ascontiguousarray(shown[..., int(np.argmax(shown.std(axis=(0, 1))))])
            shown = np.repeat((127.5 - 31.5 * flattened(channel)).astype(np.uint8)[..., np.newaxis], 3, axis=2)
        larger = cv2.resize(shown, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        for word in self._engine.words(larger, tuple(round(side * times) for side in self._whole)):
            if word.text and word.confidence >= READ:
                yield _smaller(word, times, place)


def _smaller(word: Word, times: float, place: Place) -> Word:
    """Return a word of an enlarged place where it stands in the part."""
    left, top = int(word.left / times), int(word.top / times)
    right, bottom = (int(np.ceil(side / times)) for side in (word.left + word.width, word.top + word.height))
    return replace(word, left=place.left + left, top=place.top + top, width=right - left, height=bottom - top)


def _marked(left: Cells, words: Iterable[Word], least: float) -> Iterator[NDArray[np.bool_]]:
    """Yield the cells of each place that is marked and lies beyond words, the most like text first."""
    marks = left >= MARKED
    labels = cv2.connectedComponents(marks.astype(np.uint8), connectivity=8)[1]
    beyond = np.bincount(labels[_uncovered(marks, words)])
    places = [labels == label for label in np.flatnonzero(beyond >= CELLS)]
    peaks = [float(left[place].max()) for place in places]
    yield from (places[at] for at in np.argsort(peaks)[::-1] if peaks[at] >= least)


def _uncovered(marks: NDArray[np.bool_], words: Iterable[Word]) -> NDArray[np.bool_]:
    """Return the marked cells that lie beyond all words, and beyond what is marked for their letters' sake."""
    rest = marks.copy()
    for word in words:
        top, left = word.top // CELL - 1, word.left // CELL - 1
        bottom, right = -(-(word.top + word.height) // CELL) + 1, -(-(word.left + word.width) // CELL) + 1
        across, down = (BLEEDS - 1, 0) if word.width >= word.height else (0, BLEEDS - 1)
        rest[max(top - down, 0) : max(bottom + down, 0), max(left - across, 0) : max(right + across, 0)] = False
    return rest


def _line(marks: NDArray[np.bool_], words: Iterable[Word], shape: tuple[int, ...]) -> Place:
    """Return the rectangle of a place with the words that touch it and some ground around, within the part."""
    left, top, right, bottom = _sides(marks)
    near = [
        word
        for word in words
        if left - AROUND < word.left + word.width and word.left < right + AROUND
        and top < word.top + word.height and word.top < bottom
    ]  # fmt: skip
    left, top = min([left, *(word.left for word in near)]), min([top, *(word.top for word in near)])
    right = max([right, *(word.left + word.width for word in near)])
    bottom = max([bottom, *(word.top + word.height for word in near)])
    left, top = max(left - AROUND, 0), max(top - AROUND, 0)
    return Place(left, top, min(right + AROUND, shape[1]) - left, min(bottom + AROUND, shape[0]) - top)


def _sides(marks: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of marked cells, in pixels."""
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    return int(columns[0]) * CELL, int(rows[0]) * CELL, int(columns[-1] + 1) * CELL, int(rows[-1] + 1) * CELL


def _covers_any(word: Word, marks: NDArray[np.bool_]) -> bool:
    return bool(marks[_part(word, CELL)].any())


def _better(words: Iterable[Word], new: list[Word]) -> list[Word]:
    """Return words and new ones; a new one takes the place of those that it covers, and all their ground."""
    kept = []
    for word in words:
        at = next((at for at, other in enumerate(new) if _is_better(other, word)), None)
        if at is None:
            kept.append(word)
        else:
            new[at] = _grown(new[at], word)
    return [*kept, *new]


def _is_better(word: Word, than: Word) -> bool:
    return _share(than, word) >= SAME and word.confidence >= than.confidence - WORSE


def _grown(word: Word, by: Word) -> Word:
    left, top = min(word.left, by.left), min(word.top, by.top)
    right, bottom = max(word.left + word.width, by.left + by.width), max(word.top + word.height, by.top + by.height)
    return replace(word, left=left, top=top, width=right - left, height=bottom - top)


def _share(word: Word, other: Word) -> float:
    """Return the share of a word's box that lies in another's."""
    across = min(word.left + word.width, other.left + other.width) - max(word.left, other.left)
    down = min(word.top + word.height, other.top + other.height) - max(word.top, other.top)
    return max(across, 0) * max(down, 0) / max(word.width * word.height, 1)


def _unread(left: Cells, rest: NDArray[np.bool_], words: Iterable[Word], shape: tuple[int, ...]) -> Iterator[Word]:
    """Yield an empty word around each line, or end of one that was read, which looks like text plainly.

    What is as high as wide and alone, or taller than a line, is none: the marks of a ruler, or a texture.
    """
    held = list(words)
    count, labels = cv2.connectedComponents((rest & (left >= PLAIN)).astype(np.uint8), connectivity=8)
    for label in range(1, count):
        line = labels == label
        one = _empty(_sides(line), shape)
        before = next((word for word in held if _goes_on(word, one)), None)
        if before is not None:
            one = _reaching(one, before)
        is_line = before is not None or one.width >= FLATTEST * one.height
        if is_line and one.height <= TALLEST and line.sum() >= CELLS and left[line].max() >= SURELY:
            yield one


def _empty(sides: tuple[int, int, int, int], shape: tuple[int, ...]) -> Word:
    """Return an empty word of those sides and a cell to the left and right, where the mean over a line falls short."""
    left, right = max(sides[0] - CELL, 0), min(sides[2] + CELL, shape[1])
    return Word("", left, sides[1], right - left, min(sides[3], shape[0]) - sides[1], 0.0)


def _goes_on(word: Word, rest: Word) -> bool:
    """Say whether a rest stands at the end of a word's line."""
    beside = max(rest.left - word.left - word.width, word.left - rest.left - rest.width) <= AROUND
    middle = word.top + word.height / 2
    return beside and rest.top <= middle <= rest.top + rest.height


def _reaching(rest: Word, word: Word) -> Word:
    """Return a rest without the gap to the word that it goes on."""
    left = min(rest.left, word.left + word.width)
    return replace(rest, left=left, width=max(rest.left + rest.width, word.left) - left)


def _mask(shape: tuple[int, ...], words: Iterable[Word]) -> NDArray[np.bool_]:
    mask = np.zeros(shape[:2], np.bool_)
    for word in words:
        mask[_part(word, 1)] = True
    return mask


def _part(word: Word, unit: int) -> tuple[slice, slice]:
    """Return the rows and columns of a word, in units of so many pixels."""
    bottom, right = -(-(word.top + word.height) // unit), -(-(word.left + word.width) // unit)
    rows = slice(max(word.top // unit, 0), max(bottom, 0))
    return rows, slice(max(word.left // unit, 0), max(right, 0))

"""Read the frames of an image without looking twice: no text, no reading; what stands still is read once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from deid_core import registry
from deid_core.extract.presence import Place, places
from deid_core.ports import Frames, OcrEngine, Word

SMALLEST = (12, 24)  # rows, columns; a smaller frame holds no word
FLATTEST = 8  # grey levels between the darkest and the brightest pixel; text needs more
REMEMBERED = 64  # frames whose words are kept: a release is verified by reading what it left
STILL = 10  # grey levels by which a pixel may change and is still the same: compression does it
STIRRED, ALIKE = 0.04, 0.9  # share of a word's pixels that have changed, and how alike it is, when it is read again
BESIDE = 32  # pixels around what has changed that are looked at with it
NO_GLYPH = 0.25  # of a frame's shorter side: what is taller and wider, and reads as a letter or two, is anatomy

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold the words of each frame, and which frames show words that the one before did not."""

    words: tuple[tuple[Word, ...], ...]
    fresh: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]


_readings: OrderedDict[tuple[int, str], tuple[Frames, Reading]] = OrderedDict()
_words: OrderedDict[tuple[str, str], tuple[Word, ...]] = OrderedDict()


def reading(frames: Frames, ocr: str) -> Reading:
    """Return what the named engine reads in an image; the same image is read once while it is in use."""
    key = id(frames), ocr
    kept = _readings.get(key)
    if kept is None or kept[0] is not frames:
        kept = _readings[key] = frames, _read_all(frames, ocr)
        while len(_readings) > 2:  # an image, and what became of it
            _readings.popitem(last=False)
    return kept[1]


@cache
def engine(name: str) -> OcrEngine:
    """Return the named engine, loaded once a process."""
    made: OcrEngine = registry.load("ocr", name)()
    return made


def read(frame: Picture, ocr: str) -> tuple[Word, ...]:
    """Return the words of an RGB frame; the same frame is read once."""
    if frame.shape[0] < SMALLEST[0] or frame.shape[1] < SMALLEST[1] or int(np.ptp(frame)) < FLATTEST:
        return ()
    key = ocr, sha256(repr(frame.shape).encode() + frame.tobytes()).hexdigest()
    if key not in _words:
        _words[key] = tuple(_read_in(frame, places(frame), ocr))
        if len(_words) > REMEMBERED:
            _words.popitem(last=False)
    _words.move_to_end(key)
    return _words[key]


def _read_all(frames: Frames, ocr: str) -> Reading:
    words: list[tuple[Word, ...]] = []
    fresh: list[bool] = []
    shapes: list[tuple[int, ...]] = []
    judged: Picture | None = None
    for number in range(frames.count):
        frame = frames.readable(number)
        if judged is None or judged.shape != frame.shape:
            found, judged = read(frame, ocr), frame.copy()
        else:
            found = _followed(frame, judged, words[-1], ocr)
        fresh.append(not words or found != words[-1])
        words.append(found)
        shapes.append(frame.shape)
    return Reading(tuple(words), tuple(fresh), tuple(shapes))


def _followed(frame: Picture, judged: Picture, words: tuple[Word, ...], ocr: str) -> tuple[Word, ...]:
    """Return a frame's words by those of the one before: only what has changed is looked at.

    `judged` holds each pixel as it was when it was looked at last, and is brought up to date here: text that fades in
    by a grey level a frame is seen in the end.
    """
    apart = np.maximum(frame, judged) - np.minimum(frame, judged)
    changed = np.asarray((apart > STILL).any(axis=2), dtype=np.bool_)
    if not changed.any():
        return words
    kept = tuple(word for word in words if _share(changed, word) < STIRRED or _alike(frame, judged, word))
    np.copyto(judged, frame, where=changed[..., np.newaxis])
    for word in kept:
        changed[_rows(word), _columns(word)] = False
    around = _around(changed)
    if around is None:
        return words if kept == words else kept
    seen = np.ascontiguousarray(frame[around.rows, around.columns])
    new = [_moved(place, around) for place in places(seen, changed[around.rows, around.columns])]
    again = [word for word in _read_in(frame, new, ocr) if not any(_within(word, other) for other in kept)]
    return words if kept == words and not again else (*kept, *again)


def _around(changed: NDArray[np.bool_]) -> Place | None:
    """Return the rectangle around what has changed; None for nothing."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return None
    top, left = max(int(rows[0]) - BESIDE, 0), max(int(columns[0]) - BESIDE, 0)
    bottom = min(int(rows[-1]) + BESIDE + 1, changed.shape[0])
    right = min(int(columns[-1]) + BESIDE + 1, changed.shape[1])
    return Place(left, top, right - left, bottom - top)


def _alike(frame: Picture, judged: Picture, word: Word) -> bool:
    """Say whether a word still stands there, though what moves behind it has changed its pixels."""
    one, other = (picture[_rows(word), _columns(word)].astype(np.float64).ravel() for picture in (frame, judged))
    if one.size < 2 or not one.std() or not other.std():
        return False
    return float(np.corrcoef(one, other)[0, 1]) >= ALIKE


def _rows(word: Word) -> slice:
    return slice(max(word.top, 0), max(word.top + word.height, 0))


def _columns(word: Word) -> slice:
    return slice(max(word.left, 0), max(word.left + word.width, 0))


def _share(mask: NDArray[np.bool_], word: Word) -> float:
    part = mask[_rows(word), _columns(word)]
    return float(part.mean()) if part.size else 0.0


def _read_in(frame: Picture, found: list[Place], ocr: str) -> list[Word]:
    """Read places of a frame, and leave out what is too large to be the letter or two that it reads as."""
    words: list[Word] = []
    for place in found:
        part = np.ascontiguousarray(frame[place.rows, place.columns])
        found_here = engine(ocr).words(part, frame.shape)
        words += (replace(word, left=word.left + place.left, top=word.top + place.top) for word in found_here)
    return [word for word in words if not _is_anatomy(word, frame.shape)]


def _is_anatomy(word: Word, shape: tuple[int, ...]) -> bool:
    """Say whether a word is a shape in the picture: a head reads as "O"; three letters are taken for text."""
    large = min(word.width, word.height) > NO_GLYPH * min(shape[:2])
    return large and len(word.text) < 3


def _moved(place: Place, by: Place) -> Place:
    return Place(place.left + by.left, place.top + by.top, place.width, place.height)


def _within(word: Word, known: Word) -> bool:
    """Say whether a word's middle lies in a known one, which stands there unchanged: it is that one, cut off."""
    across, down = word.left + word.width / 2, word.top + word.height / 2
    return known.left <= across <= known.left + known.width and known.top <= down <= known.top + known.height

"""Read the frames of an image without looking twice: no text, no reading; what stands still is read once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from deid_core import registry
from deid_core.extract.again import MARKED, PLAIN, Again
from deid_core.extract.apart import Apart
from deid_core.extract.following import Scene
from deid_core.extract.labels import parted
from deid_core.extract.presence import Place, places
from deid_core.ports import Frames, OcrEngine, Word

SMALLEST = (12, 24)  # rows, columns; a smaller frame holds no word
FLATTEST = 8  # grey levels between the darkest and the brightest pixel; text needs more
SCENES = "application/dicom"  # the media type whose frames are of one scene
REMEMBERED = 64  # frames whose words are kept: a release is verified by reading what it left
NO_GLYPH = 0.25  # of a frame's shorter side: what is taller and wider, and reads as a letter or two, is anatomy

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold the words of each frame, and which frames show words that the one before did not."""

    words: tuple[tuple[Word, ...], ...]
    fresh: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]

    def judged(self, media_type: str) -> Iterator[tuple[int, tuple[Word, ...]]]:
        """Yield (number, words) of the frames that are judged: of one scene the fresh ones, of a document every page.

        What is found in one frame of a scene is covered in all of them; two pages that say the same are two pages.
        """
        for number, words in enumerate(self.words):
            if self.fresh[number] or media_type != SCENES:
                yield number, words


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
    """Return the named engine, once a process: it reads in a process apart, but for one that sees to that itself."""
    kind = registry.load("ocr", name)
    return kind() if getattr(kind, "is_apart", False) else Apart(name, kind.name, kind.version)


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
    scene: Scene | None = None
    for number in range(frames.count):
        frame = frames.readable(number)
        if scene is None or not scene.fits(frame):
            found = read(frame, ocr)
            scene = Scene(frame, found, partial(_read_in, ocr=ocr, marked=PLAIN)) if frames.count > 1 else None
        else:
            found = scene.follow(frame, last=number == frames.count - 1)
        fresh.append(not words or found != words[-1])
        words.append(found)
        shapes.append(frame.shape)
    return Reading(tuple(words), tuple(fresh), tuple(shapes))


def _read_in(frame: Picture, found: list[Place], ocr: str, marked: float = MARKED) -> list[Word]:
    """Read places of a frame, again what is marked so much and not read; a large shape that reads as a letter is none.

    In a scene only what is marked plainly is read again: moving tissue is marked a little in every frame.
    """
    words: list[Word] = []
    again = Again(engine(ocr), frame.shape, marked)
    for place in found:
        part = np.ascontiguousarray(frame[place.rows, place.columns])
        found_here = parted(part, again.words(part, engine(ocr).words(part, frame.shape)))
        words += (replace(word, left=word.left + place.left, top=word.top + place.top) for word in found_here)
    return [word for word in words if not _is_anatomy(word, frame.shape)]


def _is_anatomy(word: Word, shape: tuple[int, ...]) -> bool:
    """Say whether a word is a shape in the picture: a head reads as "O"; three letters are taken for text."""
    large = min(word.width, word.height) > NO_GLYPH * min(shape[:2])
    return large and len(word.text) < 3

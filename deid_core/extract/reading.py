"""Read the frames of an image without looking twice: no text, no reading; what stands still is read once.

Frames of one scene are read one after the other, for each is compared with those before. Pages of a document are read
each by itself, and side by side where there are cores to spare: what is read stays in this process.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from deid_core import registry
from deid_core.extract.again import MARKED, PLAIN, Again
from deid_core.extract.apart import Apart
from deid_core.extract.following import Scene
from deid_core.extract.labels import is_paper, parted
from deid_core.extract.presence import Place, places
from deid_core.ports import Frames, OcrEngine, Word

SMALLEST = (12, 24)  # rows, columns; a smaller frame holds no word
FLATTEST = 8  # grey levels between the darkest and the brightest pixel; text needs more
SCENES = "application/dicom"  # the media type whose frames are of one scene
# multi-frame secondary captures, of one bit to true colour: PS3.6 table A-1; and what says how fast a cine is shown
CAPTURES = frozenset(f"1.2.840.10008.5.1.4.1.1.7.{kind}" for kind in range(1, 5))
PACES = ("FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate")
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


def reading(frames: Frames, ocr: str, media_type: str = SCENES) -> Reading:
    """Return what the named engine reads in an image; the same image is read once while it is in use.

    Of DICOM the frames are of one scene, but for pages that were captured; of any other media type they are pages.
    """
    key = id(frames), ocr
    kept = _readings.get(key)
    if kept is None or kept[0] is not frames:
        is_scene = media_type == SCENES and not _are_captured_pages(frames)
        made = _scene(frames, ocr) if is_scene else _pages(frames, ocr)
        kept = _readings[key] = frames, made
        while len(_readings) > 2:  # an image, and what became of it
            _readings.popitem(last=False)
    return kept[1]


def _are_captured_pages(frames: Frames) -> bool:
    """Say whether a DICOM image is a secondary capture of several frames that follow one another at no pace."""
    dataset = getattr(frames, "dataset", None)
    if dataset is None or str(dataset.get("SOPClassUID") or "") not in CAPTURES:
        return False
    return not any(dataset.get(keyword) for keyword in PACES)


@cache
def engine(name: str) -> OcrEngine:
    """Return the named engine, once a process: it reads in a process apart, but for one that sees to that itself."""
    return _engine(name)


def _engine(name: str) -> OcrEngine:
    kind = registry.load("ocr", name)
    return kind() if getattr(kind, "is_apart", False) else Apart(name, kind.name, kind.version)


_beside: dict[str, list[OcrEngine]] = {}  # engines besides the first, for pages that are read side by side
_most: list[int] = [1]


def side_by_side(pages: int) -> None:
    """Read so many pages of a document at once from now on: each takes a core, and the memory of an engine."""
    _most[:] = [max(pages, 1)]
    for engines in _beside.values():
        while len(engines) >= _most[0]:
            ended = engines.pop()
            if isinstance(ended, Apart):
                ended.close()


def read(frame: Picture, ocr: str) -> tuple[Word, ...]:
    """Return the words of an RGB frame; the same frame is read once."""
    if not _may_hold_text(frame):
        return ()
    key = _named(frame, ocr)
    if key not in _words:
        _remember(key, _read_in(frame, places(frame), engine(ocr)))
    _words.move_to_end(key)
    return _words[key]


def _may_hold_text(frame: Picture) -> bool:
    return frame.shape[0] >= SMALLEST[0] and frame.shape[1] >= SMALLEST[1] and int(np.ptp(frame)) >= FLATTEST


def _named(frame: Picture, ocr: str) -> tuple[str, str]:
    told = sha256(repr(frame.shape).encode())
    told.update(np.ascontiguousarray(frame).reshape(-1).data)
    return ocr, told.hexdigest()


def _remember(key: tuple[str, str], words: Iterable[Word]) -> None:
    _words[key] = tuple(words)
    if len(_words) > REMEMBERED:
        _words.popitem(last=False)


def _pages(frames: Frames, ocr: str) -> Reading:
    """Read each page by itself, some at once: what one has and the one before has not may be faint."""
    words: list[tuple[Word, ...]] = [()] * frames.count
    shapes: list[tuple[int, ...]] = []
    running: deque[tuple[int, tuple[str, str], Future[list[Word]]]] = deque()
    idle = SimpleQueue[OcrEngine]()
    most = min(_most[0], frames.count)
    for reader in _readers(ocr, most):
        idle.put(reader)

    def settle() -> None:
        number, key, future = running.popleft()
        _remember(key, future.result())
        words[number] = _words[key]

    with ThreadPoolExecutor(most) as pool:
        try:
            for number in range(frames.count):
                frame = frames.readable(number)
                shapes.append(frame.shape)
                key = _named(frame, ocr)
                if key in _words:
                    words[number] = _words[key]
                elif _may_hold_text(frame):
                    while len(running) >= most:
                        settle()
                    running.append((number, key, pool.submit(_read_idle, frame, idle)))
            while running:
                settle()
        finally:
            pool.shutdown(cancel_futures=True)
    return Reading(tuple(words), (True,) * frames.count, tuple(shapes))


def _read_idle(frame: Picture, idle: SimpleQueue[OcrEngine]) -> list[Word]:
    """Read a page by an engine that no other page has, and give that back."""
    reader = idle.get()
    try:
        return _read_in(frame, places(frame), reader)
    finally:
        idle.put(reader)


def _readers(ocr: str, count: int) -> list[OcrEngine]:
    engines = _beside.setdefault(ocr, [])
    while len(engines) < count - 1:
        engines.append(_engine(ocr))
    return [engine(ocr), *engines[: count - 1]]


def _scene(frames: Frames, ocr: str) -> Reading:
    words: list[tuple[Word, ...]] = []
    fresh: list[bool] = []
    shapes: list[tuple[int, ...]] = []
    scene: Scene | None = None
    for number in range(frames.count):
        frame = frames.readable(number)
        if scene is None or not scene.fits(frame):
            found = read(frame, ocr)
            follow = partial(_read_in, reader=engine(ocr), marked=PLAIN)
            scene = Scene(frame, found, follow) if frames.count > 1 else None
        else:
            found = scene.follow(frame, last=number == frames.count - 1)
        fresh.append(not words or found != words[-1])
        words.append(found)
        shapes.append(frame.shape)
    return Reading(tuple(words), tuple(fresh), tuple(shapes))


def _read_in(frame: Picture, found: list[Place], reader: OcrEngine, marked: float = MARKED) -> list[Word]:
    """Read places of a frame, again what is marked so much and not read; a large shape that reads as a letter is none.

    In a scene only what is marked plainly is read again: moving tissue is marked a little in every frame.
    """
    words: list[Word] = []
    again, paper = Again(reader, frame.shape, marked), is_paper(frame)
    for place in found:
        part = np.ascontiguousarray(frame[place.rows, place.columns])
        found_here = parted(part, again.words(part, reader.words(part, frame.shape)), paper=paper)
        words += (replace(word, left=word.left + place.left, top=word.top + place.top) for word in found_here)
    return [word for word in words if not _is_anatomy(word, frame.shape)]


def _is_anatomy(word: Word, shape: tuple[int, ...]) -> bool:
    """Say whether a word is a shape in the picture: a head reads as "O"; three letters are taken for text."""
    large = min(word.width, word.height) > NO_GLYPH * min(shape[:2])
    return large and len(word.text) < 3

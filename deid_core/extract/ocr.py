"""Pixels to TextViews: words, and the boxes they came from. OCR detects nothing that identifies; it only reads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deid_core import registry
from deid_core.entities import EntityType
from deid_core.model import Document, Finding, Part, PixelBox
from deid_core.policy import Policy
from deid_core.ports import Frames, OcrEngine, Word
from deid_core.view import Segment, TextView

PADDING = 2  # pixels around a word: anti-aliased edges are readable, too
SMALLEST = (12, 24)  # rows, columns; a smaller frame holds no word
FLATTEST = 8  # grey levels between the darkest and the brightest pixel; text needs more
REMEMBERED = 64  # frames whose words are kept: views, the unread and verification ask for the same ones

_words: OrderedDict[tuple[str, str], list[Word]] = OrderedDict()


def pixel_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:
    """Yield the view of each frame that holds text: words joined by spaces, lines by line ends."""
    frames: Frames = part.value
    for number in range(frames.count):
        frame = frames.readable(number)
        words = [word for word in read(frame, policy) if word.text]
        if not words:
            continue
        text, segments = "", []
        for line in lines(words):
            for word in line:
                box = boxed(word, part.name, number, frame.shape)
                segments.append(Segment(len(text), len(text) + len(word.text), box))
                text += word.text + " "
            text = text[:-1] + "\n"
        yield TextView(text, tuple(segments), part.subject_key or document.subject_key, "ocr")


def unread(document: Document, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG001 - the extractors' shape
    """Yield boxes covered whatever they say: what could not be read well, or all text if the policy says so."""
    frames: Frames = part.value
    reader = engine(policy.pixels.ocr)
    for number in range(frames.count):
        frame = frames.readable(number)
        for word in read(frame, policy):
            badly = not word.text or word.confidence < policy.pixels.min_confidence
            if badly or policy.pixels.cover == "all_text":
                rule = "low_confidence" if badly else "all_text"
                box = boxed(word, part.name, number, frame.shape)
                yield Finding(EntityType.UNREAD_TEXT, box, word.confidence, reader.name, reader.version, rule)


def read(frame: NDArray[np.uint8], policy: Policy) -> list[Word]:
    """Return the words of a frame; the same frame is read once."""
    if frame.shape[0] < SMALLEST[0] or frame.shape[1] < SMALLEST[1] or int(np.ptp(frame)) < FLATTEST:
        return []
    key = policy.pixels.ocr, sha256(repr(frame.shape).encode() + frame.tobytes()).hexdigest()
    if key not in _words:
        _words[key] = engine(policy.pixels.ocr).words(frame)
        if len(_words) > REMEMBERED:
            _words.popitem(last=False)
    _words.move_to_end(key)
    return _words[key]


@cache
def engine(name: str) -> OcrEngine:
    """Return the named engine, loaded once a process."""
    made: OcrEngine = registry.load("ocr", name)()
    return made


def lines(words: list[Word]) -> Iterator[list[Word]]:
    """Group words into lines as a person reads them: by height, then from left to right; a wide gap ends a line.

    A gap of three line heights separates what stands in two columns.
    """
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.top + word.height / 2):
        middle = word.top + word.height / 2
        if rows and abs(middle - _middle(rows[-1])) < word.height / 2:
            rows[-1].append(word)
        else:
            rows.append([word])
    for row in rows:
        row.sort(key=lambda word: word.left)  # stable: words of one caption keep their order
        start = 0
        for at, (one, other) in enumerate(pairwise(row), 1):
            if other.left - (one.left + one.width) > 3 * max(one.height, other.height):
                yield row[start:at]
                start = at
        yield row[start:]


def _middle(row: list[Word]) -> float:
    return sum(word.top + word.height / 2 for word in row) / len(row)


def boxed(word: Word, part: str, frame: int, shape: tuple[int, ...]) -> PixelBox:
    """Return a word's box, padded and inside its frame."""
    left, top = max(word.left - PADDING, 0), max(word.top - PADDING, 0)
    right = min(word.left + word.width + PADDING, shape[1])
    bottom = min(word.top + word.height + PADDING, shape[0])
    return PixelBox(part, left, top, max(right - left, 1), max(bottom - top, 1), frame)

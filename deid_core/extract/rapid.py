"""RapidOCR: PP-OCR's detection and recognition on onnxruntime; its models lie in its wheel, nothing is fetched."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.ports import Word

CAPTION = 5  # words at most; longer lines are prose
SIDE, SHARED = 2000, 400  # pixels: a longer frame is read in tiles too, that share a margin; the engine shrinks it
LEAST, ENLARGED = 736, 4.0  # pixels: a frame with a shorter side is enlarged to it, so many times at most
LOWEST = 32  # pixels a side that the engine shrinks a frame to; a longer strip is read in tiles only
FLAT = 8  # grey levels; a tile with less holds no text
SLANT = 1.5  # a box taller than this times its width is written upwards: its words are not told apart


class RapidOcr:
    """Read text by lines, and give each word its share of the line's box."""

    name = "rapidocr"
    version = version("rapidocr")

    def __init__(self) -> None:
        """Load the models; one thread a process, so that workers do not fight over the cores."""
        from rapidocr import RapidOCR  # noqa: PLC0415 - not in a process that asks another to read

        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": 0.0,  # what is read badly is covered, so it must be known
                "Det.limit_type": "max",  # it is enlarged here, where the size of the whole frame is known
                "Det.limit_side_len": SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)  # its own set-up has set it again

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:
        """Return the words of an RGB frame, line by line; a line that reads as nothing is one empty word.

        `whole` is the shape of the frame that this one was cut from. The engine shrinks a frame to `SIDE` pixels, and
        small text is lost: so a longer one is read in tiles as well.
        """
        scale = min(max(LEAST / min((whole or frame.shape)[:2]), 1.0), ENLARGED)
        if max(frame.shape[:2]) <= SIDE:
            return self._read(frame, scale)
        words = self._read(frame, 1.0) if min(frame.shape[:2]) * SIDE >= LOWEST * max(frame.shape[:2]) else []
        for top, left in product(starts(frame.shape[0]), starts(frame.shape[1])):
            tile = frame[top : top + SIDE, left : left + SIDE]
            if int(np.ptp(tile)) >= FLAT:
                words += (replace(word, left=word.left + left, top=word.top + top) for word in self._read(tile, 1.0))
        return once(words)

    def _read(self, frame: NDArray[np.uint8], scale: float) -> list[Word]:
        shown = np.ascontiguousarray(frame[:, :, ::-1])
        if scale > 1.0:
            shown = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
        found: Any = self._engine(shown, use_cls=True)
        if found is None or found.boxes is None:
            return []
        lines = zip(found.boxes, found.txts, found.scores, strict=True)
        return [word for box, text, score in lines for word in split(box / np.float32(scale), str(text), float(score))]


def starts(length: int) -> list[int]:
    """Return where tiles of `SIDE` pixels start along a side, so that each shares `SHARED` or more with the next."""
    count = 1 + max(0, -(-(length - SIDE) // (SIDE - SHARED)))
    return [round(number * max(length - SIDE, 0) / max(count - 1, 1)) for number in range(count)]


def once(words: list[Word]) -> list[Word]:
    """Return words without those that another reading gave with the same text at the same place."""
    kept: list[Word] = []
    for word in words:
        middle = (word.left + word.width / 2, word.top + word.height / 2)
        if not any(word.text == other.text and _holds(other, *middle) for other in kept):
            kept.append(word)
    return kept


def _holds(word: Word, across: float, down: float) -> bool:
    return word.left <= across <= word.left + word.width and word.top <= down <= word.top + word.height


def split(box: NDArray[np.float32], text: str, score: float) -> Iterator[Word]:
    """Yield the words of a line: each has the part of the box that its letters take up, half a letter to either side.

    A caption's words all have its whole box: what stands beside a name on it ("DOB:", "[M]") says what was there.
    """
    left, top = np.floor(box.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(box.max(axis=0)).astype(int).tolist()
    width, height = right - left, bottom - top
    words = text.split()
    if not words or len(words) <= CAPTION or height > SLANT * width:
        yield from (Word(word, left, top, width, height, score) for word in words or [""])
        return
    letter = width / max(len(text), 1)
    at = 0
    for word in words:
        at = text.index(word, at)
        start = max(int(left + (at - 0.5) * letter), left)
        at += len(word)
        end = min(int(np.ceil(left + (at + 0.5) * letter)), right)
        yield Word(word, start, top, end - start, height, score)

"""Tesseract, selectable by a policy's `pixels.ocr`; it is a program of the system, which somebody has to install."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.errors import LimitExceeded, MissingExtra, UncertainAsset
from deid_core.ports import Word

PATIENCE = 120  # seconds a frame
SIDES = ("left", "top", "width", "height")
SPARSE = "11"  # page segmentation: as much text as there is, in no order
TURNED, SHORTEST = 0.6, 3  # confidence and characters from which a word of a turned frame is no upright one misread
ENLARGED_TO, MOST = 1400, 3.0  # pixels of the shorter side; Tesseract wants letters of 20 pixels or more


class Tesseract:
    """Read text by the program `tesseract`, which is handed a picture and sees no file."""

    name = "tesseract"
    is_apart = True  # the program is a process of its own, and is given so long for a frame

    def __init__(self) -> None:
        """Find the program; raise MissingExtra where it is not installed."""
        program = shutil.which("tesseract")
        if program is None:
            raise MissingExtra("tesseract is not installed: apt install tesseract-ocr, or choose another `pixels.ocr`")
        self._program = program
        self.version = self._run(["--version"], b"").split("\n")[0].removeprefix("tesseract ").strip()

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:
        """Return the words of an RGB frame, and of it turned a quarter either way where that reads.

        Raises LimitExceeded where the program takes longer than `PATIENCE`, UncertainAsset where it fails.
        """
        scale = min(max(ENLARGED_TO / min((whole or frame.shape)[:2]), 1.0), MOST)
        found: list[Word] = []
        for turns in (0, 1, 3):
            turned = np.ascontiguousarray(np.rot90(frame, turns))
            if scale > 1.0:
                turned = cv2.resize(turned, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
            words = [_turned_back(word, turns, frame.shape) for word in self._words(turned, scale)]
            found += [word for word in words if not turns or (_is_sure(word) and not _lies_on(word, found))]
        return found

    def _words(self, frame: NDArray[np.uint8], scale: float) -> list[Word]:
        picture = cv2.imencode(".png", frame[:, :, ::-1])[1].tobytes()
        rows = csv.DictReader(
            io.StringIO(self._run(["-", "-", "--psm", SPARSE, "tsv"], picture)), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        words = []
        for row in rows:
            text = (row["text"] or "").strip()
            if row["level"] == "5" and any(map(str.isalnum, text)):  # grain is read as dashes and dots
                left, top, width, height = (round(int(row[side]) / scale) for side in SIDES)
                words.append(Word(text, left, top, width, height, float(row["conf"]) / 100))
        return words

    def _run(self, arguments: list[str], data: bytes) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program and fixed arguments
                [self._program, *arguments], input=data, capture_output=True, timeout=PATIENCE, check=True,
                env={"OMP_THREAD_LIMIT": "1"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise LimitExceeded(f"tesseract took longer than {PATIENCE} s for a frame") from None
        except (subprocess.CalledProcessError, OSError):
            raise UncertainAsset("tesseract could not read a frame") from None
        return done.stdout.decode("utf-8", "replace")


def _is_sure(word: Word) -> bool:
    return word.confidence >= TURNED and len(word.text) >= SHORTEST


def _lies_on(word: Word, others: Iterable[Word]) -> bool:
    """Say whether a word's middle lies on one that was read as well the other way up."""
    across, down = word.left + word.width / 2, word.top + word.height / 2
    return any(
        other.left <= across <= other.left + other.width and other.top <= down <= other.top + other.height
        for other in others
        if other.confidence >= word.confidence
    )


def _turned_back(word: Word, turns: int, shape: tuple[int, ...]) -> Word:
    """Return a word of a frame turned anticlockwise by quarter turns, where it stands in the upright frame."""
    if turns == 1:
        left, top = shape[1] - word.top - word.height, word.left
    elif turns == 3:
        left, top = word.top, shape[0] - word.left - word.width
    else:
        return word
    return Word(word.text, left, top, word.height, word.width, word.confidence)

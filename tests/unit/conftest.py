"""What unit tests share: frames as a reader holds them, what OCR was asked to read, what the rules leave or take."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

Picture = NDArray[np.uint8]


class Film:
    """Hold frames as a reader does."""

    edited: dict[int, Picture] = {}  # noqa: RUF012 - never changed

    def __init__(self, frames: Sequence[Picture]) -> None:
        """Take the frames."""
        self.frames, self.count = frames, len(frames)

    def readable(self, frame: int) -> Picture:
        """Return a frame."""
        return self.frames[frame]

    stored = readable

    def replaced(self, frames: object) -> Film:
        """Fail the test: who reads does not edit."""
        raise AssertionError(frames)


@pytest.fixture
def film() -> type[Film]:
    """Give what holds frames as a reader does."""
    return Film


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return the shapes of what the real engine is asked to read, while it reads it."""
    from deid_core.extract import reading as module
    from deid_core.extract.apart import Apart

    asked: list[tuple[int, ...]] = []
    own = Apart.words

    def words(self: Apart, frame: Picture, whole: tuple[int, ...] = ()) -> list[Any]:
        asked.append(frame.shape)
        return own(self, frame, whole)

    monkeypatch.setattr(Apart, "words", words)
    module._words.clear()
    return asked


@pytest.fixture(scope="session")
def rules() -> Patterns:
    """Give the rules of Safe Harbor."""
    return Patterns(load_policy("safe_harbor"))


@pytest.fixture(scope="session")
def leaked(rules: Patterns) -> Callable[[str, re.Pattern[str]], list[str]]:
    """Give a function that returns the letters and digits of marked values that the rules leave, whatever the label.

    The mark's last group is the value; a row has its line ends as two characters.
    """

    def left(row: str, mark: re.Pattern[str]) -> list[str]:
        text, places, last = "", [], 0
        row = row.replace("\\n", "\n")
        for found in mark.finditer(row):
            text += row[last : found.start()]
            value = found[mark.groups]
            places.append(range(len(text), len(text) + len(value)))
            text, last = text + value, found.end()
        text += row[last:]
        covered = {place for span in rules.find([TextQuery(text)])[0] for place in range(span.start, span.end)}
        pieces = ("".join(text[place] for place in value if place not in covered) for value in places)
        return [piece for piece in pieces if any(map(str.isalnum, piece))]

    return left


@pytest.fixture(scope="session")
def taken(rules: Patterns) -> Callable[[str], list[str]]:
    """Give a function that returns what the rules take out of a sentence; ages are left to the policy's cap."""

    def spans(sentence: str) -> list[str]:
        found = rules.find([TextQuery(sentence)])[0]
        return [sentence[span.start : span.end] for span in found if span.entity_type != "AGE"]

    return spans

"""What tests of pictures in motion share: frames as a reader holds them, and what the engine was asked to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

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
    from deid_core.extract.rapid import RapidOcr

    asked: list[tuple[int, ...]] = []
    own = RapidOcr.words

    def words(self: RapidOcr, frame: Picture, whole: tuple[int, ...] = ()) -> list[Any]:
        asked.append(frame.shape)
        return own(self, frame, whole)

    monkeypatch.setattr(RapidOcr, "words", words)
    module._words.clear()
    return asked

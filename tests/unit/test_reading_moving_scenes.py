"""What is written in one frame of a cine is read though tissue moves behind it; tissue alone is not read each time."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core.extract import reading as module
from deid_core.extract.reading import reading
from deid_core.ports import Word

Picture = NDArray[np.uint8]
ROWS, COLUMNS, COUNT = 240, 320, 60


def echoes(chance: np.random.Generator) -> Picture:
    """Draw tissue that has nothing in common with the frame before: worse than any that moves."""
    real, imaginary = (
        cv2.GaussianBlur(chance.normal(0, 1, (ROWS, COLUMNS)), (0, 0), 3.0, sigmaY=1.5) for _ in range(2)
    )
    strength = np.hypot(real, imaginary)
    grey = np.clip(strength / strength.mean() * 60, 0, 255).astype(np.uint8)
    grey[:34] = 0  # where captions stand
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def caption(frame: Picture, text: str, left: int, top: int, level: int = 240, size: float = 0.55) -> Picture:
    """Write on a frame as a machine does."""
    return np.asarray(
        cv2.putText(frame.copy(), text, (left, top), cv2.FONT_HERSHEY_SIMPLEX, size, (level,) * 3, 1, cv2.LINE_AA)
    )


def scene(count: int = COUNT, seed: int = 1) -> list[Picture]:
    """Draw moving tissue under a caption that stands."""
    chance = np.random.default_rng(seed)
    return [caption(echoes(chance), "GAIN 60 DEPTH 16", 8, 22) for _ in range(count)]


def texts(words: tuple[Word, ...]) -> str:
    """Return words as one text."""
    return " ".join(word.text for word in words)


def test_moving_tissue_is_not_read_in_each_frame(looked: list[tuple[int, ...]], film: Any) -> None:
    """Whatever it looks like, it is read in vain a few times, not sixty."""
    seen = reading(film(scene()), "rapidocr")
    assert all("GAIN" in texts(words) for words in seen.words)
    assert len(looked) <= 8


@pytest.mark.parametrize(
    ("left", "top", "level", "size"),
    [(60, 150, 240, 0.55), (150, 220, 250, 0.45), (20, 60, 225, 0.8), (170, 22, 200, 0.5)],
    ids=["in the tissue", "small, at the edge", "large", "beside the caption that stands"],
)
def test_a_name_in_one_frame_alone_is_read(left: int, top: int, level: int, size: float, film: Any) -> None:
    """It stands over tissue in frame 57, and nowhere else."""
    frames = scene()
    frames[57] = caption(frames[57], "OKONKWO", left, top, level, size)
    module._words.clear()
    seen = reading(film(frames), "rapidocr")
    there = [number for number, words in enumerate(seen.words) if "KONK" in texts(words)]
    assert 57 in there
    assert min(there) == 57


def test_a_running_clock_is_read_as_it_runs(film: Any) -> None:
    """Its digits change in every frame; a reading of each minute is there, and every frame has its place."""
    frames = [caption(frame, f"14:{number:02}:{7 * number % 60:02}", 215, 22) for number, frame in enumerate(scene(24))]
    module._words.clear()
    seen = reading(film(frames), "rapidocr")
    assert all(any(word.left > 190 and word.top < 30 for word in words) for words in seen.words)
    assert sum(f"14:{number:02}" in texts(words) for number, words in enumerate(seen.words)) >= 20


def test_a_name_that_fades_in_over_tissue_is_read_in_the_end(film: Any) -> None:
    """Eight grey levels a frame, in a scene that moves elsewhere."""
    frames = scene(30)
    still = frames[0]
    for number in range(30):
        frame = still.copy()
        frame[180:] = frames[number][180:]
        frames[number] = caption(frame, "OKONKWO", 60, 120, min(60 + 8 * number, 255), 0.8)
    module._words.clear()
    assert "OKONKWO" in texts(reading(film(frames), "rapidocr").words[-1])

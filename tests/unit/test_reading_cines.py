"""A cine is read once where it stands still, and again where something new is written; read by the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.extract import reading as module
from deid_core.extract.reading import engine, reading
from deid_core.ports import Word

Picture = NDArray[np.uint8]
GROUND = np.full((140, 420, 3), 12, np.uint8)


def written(frame: Picture, text: str, left: int, top: int, level: int = 230) -> Picture:
    """Return a frame with a text on it, in the strokes of old machines."""
    drawn = frame.copy()
    cv2.putText(drawn, text, (left, top), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (level,) * 3, 1, cv2.LINE_AA)
    return drawn


def texts(words: Sequence[Word]) -> str:
    """Return words as one text."""
    return " ".join(word.text for word in words)


def test_a_static_overlay_is_read_once(looked: list[tuple[int, ...]], film: Any) -> None:
    """Thirty frames over which a soft shape moves, and a caption that stands."""
    caption = written(GROUND, "HARGREAVES 00817263", 20, 30)
    frames = []
    for step in range(30):
        frame = caption.copy()
        cv2.circle(frame, (60 + 10 * step, 100), 18, (90, 90, 90), -1)
        frames.append(np.vstack([frame[:60], cv2.GaussianBlur(frame[60:], (0, 0), 4)]).astype(np.uint8))
    seen = reading(film(frames), "rapidocr")
    assert sum(seen.fresh) == 1
    assert all("00817263" in texts(words) for words in seen.words)
    assert len(looked) == 1


def test_what_is_written_later_is_read(looked: list[tuple[int, ...]], film: Any) -> None:
    """A name that stands in the third frame and after it only."""
    first = written(GROUND, "GAIN 60", 20, 30)
    later = written(first, "OKONKWO", 200, 110)
    seen = reading(film([first, first, later, later]), "rapidocr")
    assert ["OKONKWO" in texts(words) for words in seen.words] == [False, False, True, True]
    assert seen.fresh == (True, False, True, False)
    assert all("GAIN" in texts(words) for words in seen.words)
    assert len(looked) == 2


def test_text_that_fades_in_slowly_is_read_in_the_end(film: Any) -> None:
    """Six grey levels a frame are no change from one frame to the next."""
    frames = [written(GROUND, "OKONKWO", 120, 80, 12 + 6 * step) for step in range(30)]
    assert "OKONKWO" in texts(reading(film(frames), "rapidocr").words[-1])


def test_text_that_changes_where_it_stands_is_read_again(film: Any) -> None:
    """One caption gives way to another at the same place."""
    frames = [written(GROUND, text, 40, 80) for text in ("GAIN 60 DEPTH 16", "OKONKWO TEMPER")]
    seen = reading(film(frames), "rapidocr")
    assert "OKONKWO" in texts(seen.words[1])
    assert "GAIN" not in texts(seen.words[1])


def test_an_image_is_read_once_while_it_is_in_use(looked: list[tuple[int, ...]], film: Any) -> None:
    """Views, what is unread, and verification ask for the same image."""
    still = film([written(GROUND, "HARGREAVES", 20, 80)])
    assert reading(still, "rapidocr") is reading(still, "rapidocr")
    assert len(looked) == 1


def test_a_frame_without_text_is_not_read(looked: list[tuple[int, ...]], film: Any) -> None:
    """Most frames of CT and MR are like this."""
    y, x = np.mgrid[0:256, 0:256]
    head = np.clip(255 * np.exp(-(((x - 128) / 90.0) ** 4) - ((y - 128) / 100.0) ** 4), 0, 255).astype(np.uint8)
    assert reading(film([np.repeat(head[..., np.newaxis], 3, axis=2)]), "rapidocr").words == ((),)
    assert looked == []


def test_a_shape_as_large_as_the_frame_is_no_letter() -> None:
    """A head in outline reads as the letter O; covering it would cover the picture."""
    ring = cv2.circle(np.zeros((300, 300, 3), np.uint8), (150, 150), 120, (255, 255, 255), 6)
    assert [
        word for word in module._read_in(ring, [module.Place(0, 0, 300, 300)], engine("rapidocr")) if word.width > 150
    ] == []


def test_an_engine_is_loaded_once() -> None:
    """Its models take a second to load."""
    assert engine("rapidocr") is engine("rapidocr")

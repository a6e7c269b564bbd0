"""What the first reading misses is read again, larger; what is plainly text and cannot be read is an unread place."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core.extract import reading as module
from deid_core.extract.again import MOST, Again
from deid_core.extract.presence import SURE, likely
from deid_core.extract.reading import engine
from deid_core.ports import Word

Picture = NDArray[np.uint8]
ROWS, COLUMNS = 600, 760


class Reader:
    """Read as the real engine does, or nothing at all, and remember what was asked."""

    name, version = "reader", "1"

    def __init__(self, *, blind: bool = False) -> None:
        """Start with nothing asked."""
        self.asked: list[tuple[int, ...]] = []
        self._blind = blind

    def words(self, frame: Picture, whole: tuple[int, ...] = ()) -> list[Word]:
        """Return what stands in a picture."""
        self.asked.append(frame.shape[:2])
        return [] if self._blind else engine("rapidocr").words(frame, whole)


def ground(noise: float = 2.0, level: int = 40) -> Picture:
    """Draw a flat ground with the grain of a sensor."""
    grey = np.clip(np.random.default_rng(3).normal(level, noise, (ROWS, COLUMNS)), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def written(frame: Picture, text: str, left: int, top: int, level: int, size: float = 0.45) -> Picture:
    """Write on a frame in the strokes of an old machine."""
    return np.asarray(
        cv2.putText(frame.copy(), text, (left, top), cv2.FONT_HERSHEY_SIMPLEX, size, (level,) * 3, 1, cv2.LINE_AA)
    )


def texts(words: list[Word]) -> str:
    """Return words as one text."""
    return " ".join(word.text for word in words)


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (written(ground(), "OKONKWO TEMPERANCE", 200, 300, 72), 0.45),
        (written(ground(), "OKONKWO TEMPERANCE", 200, 300, 220, 0.3), 0.3),
        (written(ground(noise=14.0), "OKONKWO TEMPERANCE", 200, 300, 190), 0.45),
        (written(ground(level=215), "OKONKWO TEMPERANCE", 200, 300, 150), 0.45),
    ],
    ids=["low contrast", "small", "over noise", "dark on light"],
)
def test_a_line_that_the_first_reading_missed_is_read_larger(frame: Picture, size: float) -> None:
    """The first reading gave nothing; the second finds the name where it stands."""
    found = Again(engine("rapidocr"), frame.shape).words(frame, [])
    assert "OKONKWO" in texts(found)
    name = next(word for word in found if "OKON" in word.text)
    assert abs(name.left - 200) < 12
    assert name.top < 300 - 4 * size < name.top + name.height


def test_the_end_of_a_line_that_was_cut_off_is_found() -> None:
    """The first reading has only the given name; the whole line takes its place."""
    frame = written(ground(), "OKONKWO TEMPERANCE", 200, 300, 200)
    whole = engine("rapidocr").words(frame, frame.shape)
    cut = Word("TEMPERANCE", 265, min(word.top for word in whole), 75, max(word.height for word in whole), 0.95)
    found = Again(engine("rapidocr"), frame.shape).words(frame, [cut])
    assert "OKONKWO" in texts(found)
    assert cut not in found


def test_what_no_reading_gives_and_is_plainly_text_is_an_unread_place() -> None:
    """An engine that sees nothing: the line is given without a text, which every policy covers."""
    frame = written(ground(), "OKONKWO TEMPERANCE", 200, 300, 200)
    reader = Reader(blind=True)
    found = Again(reader, frame.shape).words(frame, [])
    assert [word.text for word in found] == [""]
    assert found[0].left <= 202
    assert found[0].left + found[0].width >= 338
    assert found[0].top <= 294 <= found[0].top + found[0].height
    assert len(reader.asked) == 2


def test_what_was_read_well_is_not_read_again() -> None:
    """All that is marked lies in words or beside them."""
    frame = written(written(ground(), "GAIN 60", 60, 80, 220), "OKONKWO TEMPERANCE", 200, 300, 220)
    reader = Reader()
    words = reader.words(frame, frame.shape)
    assert Again(reader, frame.shape).words(frame, words) == words
    assert len(reader.asked) == 1


def test_a_frame_full_of_unread_lines_costs_no_more_than_it_may() -> None:
    """A few places are read again; the others are unread places without it."""
    frame = ground()
    for number in range(12):
        frame = written(frame, "OKONKWO TEMPERANCE", 60 + 340 * (number % 2), 60 + 90 * (number // 2), 200)
    reader = Reader(blind=True)
    found = Again(reader, frame.shape).words(frame, [])
    assert len(reader.asked) <= 2 * MOST
    assert len(found) == 12
    assert {word.text for word in found} == {""}


def fibres() -> Picture:
    """Draw a patch of tissue whose fibres look like text to the network: taller than a line, and without a gap."""
    chance = np.random.default_rng(5)
    frame = ground()
    for _ in range(1500):
        left, top = int(chance.integers(200, 500)), int(chance.integers(240, 380))
        end = left + int(chance.integers(-3, 4)), top + int(chance.integers(6, 14))
        cv2.line(frame, (left, top), end, (int(chance.integers(90, 230)),) * 3, 1, cv2.LINE_AA)
    return frame


def test_tissue_that_looks_like_text_is_read_again_once_and_not_covered() -> None:
    """It is marked, so it is looked at; nothing is there, and no line would be so tall, so nothing is covered."""
    frame = fibres()
    assert float(likely(frame).max()) >= SURE
    reader = Reader(blind=True)
    assert Again(reader, frame.shape).words(frame, []) == []
    assert 1 <= len(reader.asked) <= 2


def test_tissue_that_was_read_in_vain_is_not_read_again_in_each_frame(
    monkeypatch: pytest.MonkeyPatch, film: Any
) -> None:
    """What twelve frames cost is what the first few do."""
    reader = Reader(blind=True)
    monkeypatch.setattr(module, "engine", lambda _: reader)
    module._words.clear()
    trembling = [np.ascontiguousarray(np.roll(fibres(), frame % 2, axis=1)) for frame in range(12)]
    seen = module.reading(film(trembling), "rapidocr")
    module._words.clear()
    assert set(seen.words) == {()}
    assert len(reader.asked) <= 8

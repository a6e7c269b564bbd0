"""A text in a single frame of a hundred is covered there, in whatever hand, and speckle is not read again and again."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core.evaluate.box_gold import GoldBox
from deid_core.extract import reading as module
from deid_core.extract.reading import reading
from deid_core.ports import Word
from deployments.sample.burn import EVERY_HAND, texts
from deployments.sample.burned import HANDS, Hand, burned

Picture = NDArray[np.uint8]
ROWS, COLUMNS, COUNT, EACH = 360, 480, 100, 9
COVERED = 0.9  # by what is read; what an identifier reaches over besides is found later
CAPTIONS = [("NAME", "HARGREAVES, ROSALIND", True), ("MRN", "MRN: 00817263", True), ("TECH", "MI 0.6 TIS 0.4", False)]


def speckle() -> list[Picture]:
    """Draw a fan of echoes that have nothing in common from frame to frame, and captions beside it that stand."""
    chance = np.random.default_rng(2)
    ground, _ = burned(np.zeros((ROWS, COLUMNS, 3), np.uint8), HANDS[0], 3, CAPTIONS)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    beside = cv2.dilate(ground.max(axis=2), np.ones((25, 25), np.uint8)) == 0
    fan = (np.hypot(x - COLUMNS / 2, y - 30) < 300) & (np.abs(x - COLUMNS / 2) < (y - 30) * 0.7) & beside
    frames = []
    for _ in range(COUNT):
        echoes = cv2.GaussianBlur(chance.normal(0, 1, (ROWS, COLUMNS)), (0, 0), 2.5) * 160 + 70
        grey = np.where(fan, np.clip(echoes, 0, 255), 0).astype(np.uint8)
        frames.append(np.maximum(ground, grey[..., np.newaxis]))
    return frames


def beside_captions(frame: Picture, hand: Hand, seed: list[int]) -> tuple[Picture, list[GoldBox]]:
    """Burn an identifier into a frame where no caption stands: one over the other is read by nobody."""
    _, standing = burned(np.zeros((ROWS, COLUMNS, 3), np.uint8), HANDS[0], 3, CAPTIONS)
    chance = np.random.default_rng(seed)
    written = [text for text in texts(chance) if text[2]][:1]
    while True:
        picture, boxes = burned(frame, hand, int(chance.integers(1 << 31)), written)
        if not any(_touch(box, caption) for box in boxes for caption in standing):
            return picture, boxes


def _touch(one: GoldBox, other: GoldBox) -> bool:
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.top + other.height and other.top < one.top + one.height


def share_of(box: GoldBox, words: tuple[Word, ...]) -> float:
    """Return the share of a box that words cover, padded as they are covered."""
    covered = np.zeros((box.height, box.width), bool)
    for word in words:
        top, left = word.top - 2 - box.top, word.left - 2 - box.left
        covered[max(top, 0) : max(top + word.height + 4, 0), max(left, 0) : max(left + word.width + 4, 0)] = True
    return float(covered.mean())


def test_speckle_alone_is_hardly_read(looked: list[tuple[int, ...]], film: Any) -> None:
    """What is handed to OCR of ninety-nine frames is less than one frame."""
    frames = speckle()
    reading(film(frames[:1]), "rapidocr")
    first = len(looked)
    module._words.clear()
    reading(film(frames), "rapidocr")
    assert sum(rows * columns for rows, columns, *_ in looked[2 * first :]) <= ROWS * COLUMNS


@pytest.mark.parametrize("seed", [1, 2])
def test_a_text_in_one_frame_of_a_hundred_is_covered(seed: int, film: Any) -> None:
    """Plain, small, large, faint, inverted, turned, slanted, blurred or coloured; over the echoes and beside them."""
    frames, gold = speckle(), []
    for number in range(3 + seed, COUNT, EACH):
        hand = EVERY_HAND[(number // EACH + 7 * seed) % len(EVERY_HAND)]
        picture, boxes = beside_captions(frames[number], hand, [seed, number])
        if boxes and not hand.noise:  # grain over the whole frame would be seen for its own sake
            frames[number] = picture
            gold.append((number, boxes[0]))
    module._words.clear()
    seen = reading(film(frames), "rapidocr")
    assert len(gold) >= 9
    assert [(number, box.kind) for number, box in gold if share_of(box, seen.words[number]) < COVERED] == []

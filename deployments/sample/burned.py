"""Burn text into frames in many hands, and say where each text stands: box gold for `deidflow evaluate`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deid_core.evaluate.box_gold import GoldBox

Frame = NDArray[np.uint8]
IDENTIFIERS = (
    ("NAME", "HARGREAVES, ROSALIND"), ("NAME", "Okonkwo^Temperance^M"), ("MRN", "MRN: 00817263"),
    ("DOB", "DOB: 04/17/1951"), ("DATE", "03/04/2020 14:05:09"), ("SITE", "St Agnes Regional Hospital"),
    ("PHONE", "Tel 555-010-4477"), ("MRN", "ID 483-20-7719"), ("NAME", "Patient: Ludvik Branagh"),
    ("DATE", "17-MAR-2019"),
)  # fmt: skip
TECHNICAL = ("MI 0.6", "36Hz", "PORTABLE", "L12-5", "TIS 0.4", "Gn 60", "16 cm", "FR 28", "DR 65", "SEMI-UPRIGHT")
TYPEFACES = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "LiberationSansNarrow-Regular.ttf",
             "LiberationSerif-Italic.ttf", "LiberationMono-Bold.ttf")  # fmt: skip
TRIES, FULL, SHOWS, READABLE, BAR, SEEN = 60, 0.6, 0.6, 0.95, 215.0, 0.25
STROKES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX)  # as drawn by old machines


@dataclass(frozen=True, slots=True)
class Hand:
    """Say how text is written: sizes in pixels, contrast in grey levels (negative: darker than its ground)."""

    kind: str
    sizes: tuple[int, int] = (14, 22)
    contrasts: tuple[int, int] = (120, 200)
    turns: int = 0  # quarter turns anticlockwise
    noise: float = 0.0  # standard deviation of the ground, in grey levels
    colour: bool = False
    slant: float = 0.0  # degrees at most, to either side
    blur: float = 0.0  # standard deviation, in pixels


HANDS = (
    Hand("plain"),
    Hand("small", sizes=(10, 12)),
    Hand("large", sizes=(40, 72)),
    Hand("low contrast", contrasts=(28, 40)),
    Hand("inverted", contrasts=(-200, -120)),
    Hand("turned left", turns=1),
    Hand("turned right", turns=3),
    Hand("over noise", noise=18.0),
    Hand("coloured", colour=True),
)


@cache
def typefaces(size: int) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, ...]:
    """Return the typefaces at hand, in pixels: Pillow's own, and the common ones that this machine has."""
    found: list[ImageFont.FreeTypeFont | ImageFont.ImageFont] = [ImageFont.load_default(size=size)]
    for name in TYPEFACES:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)


def ink(text: str, size: int, chance: np.random.Generator, hidden: str = "") -> NDArray[np.float64]:
    """Return a text as coverage in 0..1, cropped to what is drawn; a `hidden` beginning leaves a gap."""
    choice = int(chance.integers(len(TYPEFACES) + 1 + len(STROKES)))
    if choice < len(STROKES):
        scale = size / cv2.getTextSize("Hg", STROKES[choice], 1.0, 1)[0][1] * 0.75
        (width, height), base = cv2.getTextSize(text, STROKES[choice], scale, 1)
        canvas = np.zeros((height + base + 8, width + width // 4 + size), np.uint8)  # wide letters go beyond that width
        cv2.putText(canvas, text, (4, height + 4), STROKES[choice], scale, 255, max(1, size // 16), cv2.LINE_AA)
        behind = 4 + cv2.getTextSize(hidden, STROKES[choice], scale, 1)[0][0] if hidden else 0
    else:
        faces = typefaces(size)
        face = faces[choice % len(faces)]
        left, top, right, bottom = (int(side) for side in face.getbbox(text))
        page = Image.new("L", (right - left + 8, bottom - top + 8), 0)
        ImageDraw.Draw(page).text((4 - left, 4 - top), text, fill=255, font=face)
        canvas = np.asarray(page)
        behind = 4 - left + int(face.getlength(hidden)) if hidden else 0
    rows, columns = np.nonzero(canvas > 64)
    shown = np.where(np.arange(canvas.shape[1]) >= behind, canvas, 0)
    return shown[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] / 255.0


def burned(
    frame: Frame, hand: Hand, seed: int, texts: Sequence[tuple[str, str, bool]], label: re.Pattern[str] | None = None
) -> tuple[Frame, list[GoldBox]]:
    """Return an RGB frame with those texts (kind, text, whether it identifies) burned in, and where they stand.

    Of an identifier that begins with what `label` matches, where the rest of it stands. A text that does not fit beside
    the others is left out. The same seed gives the same frame.
    """
    chance = np.random.default_rng(seed)
    canvas = frame.astype(np.float64)
    if hand.noise:
        canvas += chance.normal(0.0, hand.noise, canvas.shape[:2])[..., np.newaxis]
    taken = np.zeros(frame.shape[:2], bool)
    gold: list[GoldBox] = []
    for kind, text, identifies in texts:
        size, again = int(chance.integers(hand.sizes[0], hand.sizes[1] + 1)), deepcopy(chance)
        says = label.match(text) if label and identifies else None
        drawn = ink(text, size, chance)
        value = ink(text, size, again, says[0]) if says else drawn
        drawn, value = (np.rot90(one, hand.turns) for one in _bent(drawn, value, hand, chance))
        placed = _placed(canvas, taken, drawn, hand, chance)
        if placed is None:
            continue
        top, left, written = placed
        here = slice(top, top + drawn.shape[0]), slice(left, left + drawn.shape[1])
        taken[max(top - 12, 0) : here[0].stop + 12, max(left - 40, 0) : here[1].stop + 40] = True
        canvas[here] = written
        box = _around(value) if says else (0, 0, drawn.shape[1], drawn.shape[0])
        gold.append(GoldBox(left + box[0], top + box[1], box[2], box[3], f"{kind}, {hand.kind}", identifies))
    return np.clip(canvas, 0, 255).astype(np.uint8), gold


def _around(value: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Return left, top, width and height of what can be seen of a text."""
    rows, columns = np.nonzero(value > SEEN)
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top


def _bent(
    drawn: NDArray[np.float64], value: NDArray[np.float64], hand: Hand, chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a text, and a part of it, slanted and blurred as the hand does it, cropped to what can be seen of it."""
    if not hand.slant and not hand.blur:
        return drawn, value
    angle = float(chance.uniform(-hand.slant, hand.slant))
    margin = int(drawn.shape[1] * abs(np.sin(np.radians(angle))) + 4 * hand.blur) + 4
    pages = [_turned(np.pad(one, margin), angle, hand.blur) for one in (drawn, value)]
    rows, columns = np.nonzero(pages[0] > SEEN)
    seen = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    return pages[0][seen], pages[1][seen]


def _turned(page: NDArray[np.float64], angle: float, blur: float) -> NDArray[np.float64]:
    turn = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), angle, 1.0)
    page = np.asarray(cv2.warpAffine(page, turn, page.shape[::-1], flags=cv2.INTER_LINEAR), np.float64)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), blur), np.float64) if blur else page


def specimens(frames: Sequence[Frame], seed: int = 0, each: int = 3) -> Iterator[tuple[Frame, list[GoldBox]]]:
    """Yield each frame with `each` identifiers and a technical text burned in by every hand."""
    for number, frame in enumerate(frames):
        for turn, hand in enumerate(HANDS):
            chance = np.random.default_rng([seed, number, turn])
            chosen = chance.choice(len(IDENTIFIERS), each, replace=False)
            texts = [(*IDENTIFIERS[one], True) for one in chosen]
            texts.append(("TECH", TECHNICAL[int(chance.integers(len(TECHNICAL)))], False))
            yield burned(frame, hand, int(chance.integers(1 << 31)), texts)


def _placed(
    canvas: NDArray[np.float64], taken: NDArray[np.bool_], drawn: NDArray[np.float64], hand: Hand,
    chance: np.random.Generator,
) -> tuple[int, int, NDArray[np.float64]] | None:  # fmt: skip
    """Return a free place where the text stands out from its ground, and the ground with the text on it."""
    height, width = drawn.shape
    rows, columns = canvas.shape[0] - height - 4, canvas.shape[1] - width - 4
    for _ in range(TRIES if min(rows, columns) >= 4 else 0):
        top, left = int(chance.integers(4, rows + 1)), int(chance.integers(4, columns + 1))
        here = slice(top, top + height), slice(left, left + width)
        if taken[here].any():
            continue
        ground, target = _colours(canvas[here], hand, chance)
        apart = np.abs(target - ground).max(axis=2)[drawn > FULL]
        if np.mean(apart > min(abs(one) for one in hand.contrasts) * SHOWS) >= READABLE:
            share = drawn[..., np.newaxis]
            return top, left, ground * (1 - share) + target * share
    return None


def _colours(
    ground: NDArray[np.float64], hand: Hand, chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ground and the colour of a text on it, lighter or darker by the hand's contrast."""
    low, high = sorted(hand.contrasts)
    contrast, level = float(chance.integers(low, high + 1)), float(np.median(ground))
    if contrast < 0:  # dark on a light bar, as machines do it
        ground, level = np.full_like(ground, max(level, BAR)), max(level, BAR)
    elif level + contrast > 255:
        contrast = -contrast
    tint = np.ones(3)
    if hand.colour:
        tint[int(chance.integers(3))] = 0.3
    return ground, np.clip(level + contrast * tint, 0, 255)

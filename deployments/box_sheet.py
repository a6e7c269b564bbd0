"""Before beside after, with the gold boxes by kind: one picture for the eyes of who may see the before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deid_core.evaluate.boxes import BoxOutcome
from deployments.contact_sheet import pasted

Frame = NDArray[np.uint8]
Colour = tuple[int, int, int]
WIDTH, TALLEST = 560, 620  # of a picture, in pixels
GAP, BAND, LINE, TITLE = 16, 26, 24, 40
PAPER, INK = (246, 246, 243), (30, 32, 36)
RIGHT, LEAKED, TOUCHED = (40, 160, 70), (214, 40, 40), (240, 150, 20)
IDENTIFIERS: tuple[Colour, ...] = (
    (204, 121, 167), (230, 100, 40), (240, 200, 40), (150, 90, 210), (250, 130, 130), (150, 100, 30), (255, 60, 200),
    (130, 20, 60), (255, 150, 90), (170, 150, 250), (190, 190, 20), (160, 60, 130),
)  # fmt: skip
KEPT: tuple[Colour, ...] = (
    (86, 180, 233), (0, 158, 115), (150, 210, 100), (60, 90, 210), (20, 120, 120), (60, 220, 220), (150, 170, 220),
    (120, 140, 90), (100, 130, 160), (170, 230, 200), (30, 60, 130), (90, 90, 90),
)  # fmt: skip
Kind = tuple[bool, str]  # whether it identifies, and its name


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold a frame before and after, RGB, (rows, columns, 3), both of one shape, and what became of its gold boxes."""

    before: Frame
    after: Frame
    boxes: tuple[BoxOutcome, ...]
    caption: str


def box_sheet(pairs: Sequence[Pair], title: str) -> bytes:
    """Return a PNG with a row a pair: gold boxes by kind on the left; on the right what became of them."""
    colours = kinds({(one.gold.identifies, one.gold.kind) for pair in pairs for one in pair.boxes})
    legend = [*_legend(colours)]
    rows = [_row(pair, colours) for pair in pairs]
    head = TITLE + LINE * len(legend) + GAP
    width = 2 * WIDTH + 3 * GAP
    sheet = Image.new("RGB", (width, head + sum(row.height for row in rows) + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 10), title, INK, ImageFont.load_default(size=20))
    for number, line in enumerate(legend):
        for left, text, colour in line:
            top = TITLE + number * LINE
            draw.rectangle((left, top + 4, left + 14, top + 16), outline=colour, width=3)
            draw.text((left + 20, top), text, INK, ImageFont.load_default(size=14))
    return pasted(sheet, rows, head)


def kinds(found: set[Kind]) -> dict[Kind, Colour]:
    """Return a colour a kind: warm ones identify, cold ones stay; more kinds than colours share them."""
    colours: dict[Kind, Colour] = {}
    for identifies, palette in ((True, IDENTIFIERS), (False, KEPT)):
        named = sorted(kind for kind in found if kind[0] == identifies)
        colours |= {kind: palette[number % len(palette)] for number, kind in enumerate(named)}
    return colours


def _legend(colours: dict[Kind, Colour]) -> Iterator[list[tuple[int, str, Colour]]]:
    """Yield lines of (left, text, colour) that fit the sheet."""
    entries = [(f"{kind}{'' if identifies else ' (stays)'}", colour) for (identifies, kind), colour in colours.items()]
    entries += [("after: covered", RIGHT), ("after: NOT covered", LEAKED), ("after: covered needlessly", TOUCHED)]
    font = ImageFont.load_default(size=14)
    line: list[tuple[int, str, Colour]] = []
    left = GAP
    for text, colour in entries:
        width = 20 + int(font.getlength(text)) + 2 * GAP
        if line and left + width > 2 * WIDTH + 3 * GAP:
            yield line
            line, left = [], GAP
        line.append((left, text, colour))
        left += width
    yield line


def _row(pair: Pair, colours: dict[Kind, Colour]) -> Image.Image:
    rows, columns = pair.before.shape[:2]
    scale = min(WIDTH / columns, TALLEST / rows)
    size = max(round(columns * scale), 1), max(round(rows * scale), 1)
    row = Image.new("RGB", (2 * WIDTH + 3 * GAP, size[1] + BAND + GAP), PAPER)
    draw = ImageDraw.Draw(row)
    draw.text((GAP, 4), pair.caption, INK, ImageFont.load_default(size=14))
    for number, frame in enumerate((pair.before, pair.after)):
        left = GAP + number * (WIDTH + GAP)
        row.paste(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS), (left, BAND))
        for one in pair.boxes:
            colour, width = _mark(one, colours, after=bool(number))
            if width:
                gold = one.gold
                right, bottom = left + (gold.left + gold.width) * scale, BAND + (gold.top + gold.height) * scale
                corners = (
                    left + gold.left * scale - width,
                    BAND + gold.top * scale - width,
                    right + width,
                    bottom + width,
                )
                draw.rectangle(corners, outline=colour, width=width)
    return row


def _mark(one: BoxOutcome, colours: dict[Kind, Colour], *, after: bool) -> tuple[Colour, int]:
    """Return how a box is outlined: by its kind before, by what became of it after; width 0 is not at all."""
    if not after:
        return colours[one.gold.identifies, one.gold.kind], 2 if one.gold.identifies else 1
    if one.gold.identifies != one.covered:
        return (LEAKED if one.gold.identifies else TOUCHED), 3
    return RIGHT, 1 if one.gold.identifies else 0

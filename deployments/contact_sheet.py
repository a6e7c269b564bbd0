"""Before beside after, in one picture: what was covered is outlined. For the eyes of who may see the before."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Frame = NDArray[np.uint8]
WIDTH = 480  # of each picture, in pixels
GAP, BAND, TITLE = 16, 30, 44
FAR = 24  # grey levels
PAPER, INK, MARK = (246, 246, 243), (30, 32, 36), (214, 60, 40)


def contact_sheet(pairs: Sequence[tuple[Frame, Frame, str]], title: str = "Before and after") -> bytes:
    """Return a PNG of (before, after, caption) rows; frames are RGB, (rows, columns, 3), both of one shape."""
    rows = [_row(before, after, caption) for before, after, caption in pairs]
    height = TITLE + sum(row.height for row in rows) + GAP
    sheet = Image.new("RGB", (2 * WIDTH + 3 * GAP, height), PAPER)
    ImageDraw.Draw(sheet).text((GAP, 10), title, INK, ImageFont.load_default(size=22))
    return pasted(sheet, rows, TITLE)


def pasted(sheet: Image.Image, rows: Sequence[Image.Image], top: int) -> bytes:
    """Paste rows on a sheet, one below the other from `top` on, and return it as a PNG."""
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    out = BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


def _row(before: Frame, after: Frame, caption: str) -> Image.Image:
    scale = WIDTH / before.shape[1]
    size = WIDTH, max(round(before.shape[0] * scale), 1)
    row = Image.new("RGB", (2 * WIDTH + 3 * GAP, size[1] + BAND + GAP), PAPER)
    draw = ImageDraw.Draw(row)
    font = ImageFont.load_default(size=15)
    for number, (frame, word) in enumerate(((before, "before"), (after, "after"))):
        left = GAP + number * (WIDTH + GAP)
        row.paste(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS), (left, BAND))
        draw.text((left, 8), f"{caption} · {word}", INK, font)
    for x, y, width, height in changed(before, after):
        left, top = 2 * GAP + WIDTH + x * scale, BAND + y * scale
        draw.rectangle((left - 2, top - 2, left + width * scale + 1, top + height * scale + 1), outline=MARK, width=2)
    return row


def changed(before: Frame, after: Frame) -> list[tuple[int, int, int, int]]:
    """Return (left, top, width, height) of each region in which two frames differ; near ones count as one."""
    if before.shape != after.shape:
        return []
    # what is shown may be windowed anew after a change; only what was covered differs by much
    far = np.abs(before.astype(np.int16) - after) > FAR
    differs: NDArray[Any] = far.any(axis=2).astype(np.uint8)
    joined = cv2.dilate(differs, np.ones((9, 25), np.uint8))
    number, labels = cv2.connectedComponents(joined)
    boxes = []
    for label in range(1, number):
        rows, columns = np.nonzero(differs * (labels == label))
        left, top = int(columns.min()), int(rows.min())
        boxes.append((left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1))
    return boxes

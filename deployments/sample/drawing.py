"""Draw text as machines and typewriters leave it in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Line = tuple[int, int, int, str]  # left, top, size in pixels, text; a negative left or top counts from the far side

ACCENTED = "uni"  # one of the typefaces that OpenCV carries
BASELINE = 0.95  # of a line's size, below its top


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the typeface that Pillow carries, at a size in pixels."""
    return ImageFont.load_default(size=size)


def overlay(width: int, height: int, lines: Sequence[Line]) -> NDArray[np.uint8]:
    """Return lines of text as coverage, (H, W) of 0..255."""
    image = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(image)
    for left, top, size, text in lines:
        x = left if left >= 0 else width + left - int(draw.textlength(text, font=font(size)))
        y = top if top >= 0 else height + top - size
        write(image, (x, y), text, 255, size)
    return np.asarray(image)


def write(page: Image.Image, at: tuple[int, int], text: str, ink: int, size: int) -> None:
    """Draw a line of text on a grey page, its top left corner at `at`.

    Pillow's own typeface has no letters with accents; OpenCV carries one that has them.
    """
    if text.isascii():
        ImageDraw.Draw(page).text(at, text, fill=ink, font=font(size))
        return
    drawn = np.array(page)
    cv2.putText(drawn, text, (at[0], at[1] + round(BASELINE * size)), (ink,), cv2.FontFace(ACCENTED), size)
    page.paste(Image.fromarray(drawn))


def typed(size: tuple[int, int], lines: Sequence[Line], rules: Sequence[int] = ()) -> Image.Image:
    """Return a white page (width, height) with black lines of text and a thin rule at each height in `rules`."""
    page = Image.new("L", size, 250)
    draw = ImageDraw.Draw(page)
    for left, top, size_of_text, text in lines:
        write(page, (left, top), text, 20, size_of_text)
    for height in rules:
        draw.line((60, height, size[0] - 60, height), fill=120, width=2)
    return page


def grained(values: NDArray[np.float64], chance: np.random.Generator, spread: float) -> NDArray[np.float64]:
    """Return values with noise of a spread, as every sensor has it."""
    return values + chance.normal(0.0, spread, values.shape)


def inside(height: int, width: int, centre: tuple[float, float], radii: tuple[float, float]) -> NDArray[np.bool_]:
    """Return where an ellipse is, (H, W): centre (x, y) and radii in pixels."""
    y, x = np.mgrid[0:height, 0:width]
    ellipse: NDArray[np.bool_] = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1
    return ellipse

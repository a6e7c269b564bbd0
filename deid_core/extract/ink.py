"""Where letters stand in a line of text, by the columns that they darken or light up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FULL = 0.8  # share of a column's pixels from which it is the edge of a bar, and no letter
FAINT = 12  # grey levels between letters and their ground; less is not followed


def columns(band: NDArray[np.uint8], inside: slice) -> NDArray[np.bool_] | None:
    """Return which columns of an RGB band, (rows, columns, 3), hold letters; None where those inside do not stand out.

    Letters are told from their ground by what is inside, at the level that divides it best.
    """
    channel = int(np.argmax(band[:, inside].std(axis=(0, 1))))
    grey = np.ascontiguousarray(band[:, :, channel])
    held = np.ascontiguousarray(grey[:, inside])
    level, bright = cv2.threshold(held, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    high = bright > 0
    if not high.any() or high.all() or float(held[high].mean()) - float(held[~high].mean()) < FAINT:
        return None
    ink = grey > level if high.mean() <= 0.5 else grey <= level
    share = ink.mean(axis=0)
    return np.asarray((share > 0) & (share < FULL))


def widest_gap(ink: NDArray[np.bool_], start: int, stop: int, least: int) -> int | None:
    """Return the middle of the widest run of at least so many columns in [start, stop) without letters, if any."""
    best, at = 0, None
    run = 0
    for column in range(max(start, 0), min(stop, len(ink))):
        run = 0 if ink[column] else run + 1
        if run >= max(least, best + 1):
            best, at = run, column - run // 2
    return at

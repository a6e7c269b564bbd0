"""Where letters stand in a line of text, by the columns that they darken or light up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FULL = 0.8  # share of a column's pixels from which it is the edge of a bar, and no letter
DOT = 0.25  # of a line's height: as wide and as high as a colon's dots are at most
FAINT = 12  # grey levels between letters and their ground; less is not followed


def letters(band: NDArray[np.uint8], inside: slice) -> NDArray[np.bool_] | None:
    """Return which pixels of an RGB band, (rows, columns, 3), are of letters; None where those inside do not stand out.

    Letters are told from their ground by what is inside, at the level that divides it best.
    """
    channel = int(np.argmax(band[:, inside].std(axis=(0, 1))))
    grey = np.ascontiguousarray(band[:, :, channel])
    held = np.ascontiguousarray(grey[:, inside])
    level, bright = cv2.threshold(held, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    high = bright > 0
    if not high.any() or high.all() or float(held[high].mean()) - float(held[~high].mean()) < FAINT:
        return None
    return np.asarray(grey > level if high.mean() <= 0.5 else grey <= level, np.bool_)


def columns(band: NDArray[np.uint8], inside: slice) -> NDArray[np.bool_] | None:
    """Return which columns of an RGB band, (rows, columns, 3), hold letters; None where `letters` does."""
    ink = letters(band, inside)
    if ink is None:
        return None
    share = ink.mean(axis=0)
    return np.asarray((share > 0) & (share < FULL))


def is_colon(ink: NDArray[np.bool_], stop: int) -> bool:
    """Say whether the last sign before a column of a line, (rows, columns), is a colon: a dot above another."""
    held = np.asarray(ink.any(axis=0))
    before = np.flatnonzero(held[:stop])
    if not before.size:
        return False
    end = int(before[-1]) + 1
    blank = np.flatnonzero(~held[:end])
    start = int(blank[-1]) + 1 if blank.size else 0
    rows = np.asarray(ink[:, start:end].any(axis=1)).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], rows, [0]))))
    sizes = (edges[1::2] - edges[::2]).tolist()
    return len(sizes) == 2 and end - start <= DOT * len(rows) + 1 and max(sizes) <= DOT * len(rows) + 1


def widest_gap(ink: NDArray[np.bool_], start: int, stop: int, least: int) -> int | None:
    """Return the middle of the widest run of at least so many columns in [start, stop) without letters, if any."""
    best, at = 0, None
    run = 0
    for column in range(max(start, 0), min(stop, len(ink))):
        run = 0 if ink[column] else run + 1
        if run >= max(least, best + 1):
            best, at = run, column - run // 2
    return at


def gaps(ink: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the columns [start, stop) of each run without letters that stands between letters, from left to right."""
    edges = np.flatnonzero(np.diff(ink.astype(np.int8)))
    starts, stops = edges[~ink[edges + 1]] + 1, edges[ink[edges + 1]] + 1
    held = [stop for stop in stops.tolist() if len(starts) and stop > int(starts[0])]
    return list(zip(starts.tolist(), held, strict=False))

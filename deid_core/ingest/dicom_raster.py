"""Say whether samples stand in rows as long as a file says: where they do not, nobody can read what they show.

A row is much like the one below it. Where samples are more like those at another distance, the file says the wrong
number of columns, and whoever guesses the right one reads what was written there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 64  # pixels a side of what is looked at
MOST = 1 << 16  # samples that are compared
NEAR = 2  # columns by which the best distance may lie beside that of a row: slanted lines
FAR = 8  # columns from which another distance counts: halftones repeat
LONGER = 1.5  # times the columns that are said: in twice as many, every other row is the same
ALIKE, MORE, LEFT, BETTER = 0.6, 0.3, 0.05, 2.5  # correlation, so much more of it; what is left to 1, times as little


def stands_in_rows(samples: NDArray[Any]) -> bool:
    """Say whether samples, (rows, columns) or (rows, columns, n), are as like those a row below as like any others.

    Small frames do, and flat ones, and noise, of which no distance is better than another.
    """
    rows, columns = samples.shape[:2]
    count = min(max(MOST // columns, 8), rows)
    if min(rows, columns) < LEAST or count < 8:
        return True
    first = (rows - count) // 2
    grey = samples[first : first + count, :, 0] if samples.ndim == 3 else samples[first : first + count]
    values = np.nan_to_num(grey.astype(np.float64)).ravel()
    longest = int(LONGER * columns)
    alike = _autocorrelation(values - values.mean(), max(longest, rows + NEAR + 1))
    if alike is None or len(values) < 2 * len(alike):
        return True
    own = float(alike[columns - NEAR : columns + NEAR + 1].max())
    exchanged = alike[rows - NEAR : rows + NEAR + 1].max() if abs(rows - 2 * columns) > FAR else -1
    alike[: columns // 2] = alike[columns - FAR : columns + FAR + 1] = alike[longest:] = -1
    best = float(max(alike.max(), exchanged if abs(rows - columns) > FAR else -1))
    return best < ALIKE or (best <= own + MORE and 1 - own <= max(BETTER * (1 - best), LEFT))


def _autocorrelation(values: NDArray[np.float64], most: int) -> NDArray[np.float64] | None:
    """Return how alike values are at each distance below `most`; None where they do not differ."""
    size = len(values)
    waves = np.fft.rfft(values, 1 << (2 * size - 1).bit_length())
    sums = np.fft.irfft(waves * np.conj(waves))[:most]
    if sums[0] <= 0:
        return None
    alike: NDArray[np.float64] = sums / sums[0] * size / (size - np.arange(most))
    return alike

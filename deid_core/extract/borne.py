"""Which names people bear: of the words on the lists of names, those of 60 countries that Faker has, and a census.

The lists hold what was ever somebody's name, `lappen` and `destro` among it. `borne.npy` holds 32-bit hashes, sorted,
as `python -m deployments.train.borne` writes them from Faker 40 (MIT), the surnames of the United States' census of
1990 that two of 100,000 bear (public domain; the package names 0.3.0, MIT) and Philter's lists (BSD-3-Clause).
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid_core.detect.word_lists import WordLists

SHORTEST = 4  # letters of a name that is told in a word of two


@lru_cache(maxsize=4096)
def is_borne(word: str) -> bool:
    """Say whether people are called so, or may be."""
    value, held = np.uint32(WordLists.hashed(word)), _held()
    at = int(np.searchsorted(held, value))
    return at < len(held) and int(held[at]) == value


def are_borne_together(word: str) -> bool:
    """Say whether a word is two that people bear, of four letters each, and an initial at most: `frostderekr`."""
    return any(
        is_borne(word[:at]) and is_borne(word[at:end])
        for end in (len(word), len(word) - 1)
        for at in range(SHORTEST, end - SHORTEST + 1)
    )


@cache
def _held() -> NDArray[np.uint32]:
    with as_file(files("deid_core.extract").joinpath("borne.npy")) as path:
        return np.asarray(np.load(Path(path)), np.uint32)

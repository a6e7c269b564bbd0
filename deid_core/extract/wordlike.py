"""Which words on no list are built as words are, and which as names: by the letters that they have in a row.

Suffixes and joints of words recur in all of Europe's languages (`afgedrukt`, `enregistré`, `uložit`), and so do those
of names. `wordlike.npz` holds a logistic model's weights of runs of two to five letters, as
`python -m deployments.train.wordlike` learns them.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from unicodedata import combining, normalize
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SIZE = 1 << 16  # places for weights: runs of letters share them
RUNS = (2, 3, 4, 5)
LEAST, RATHER, MOST = 0, 1, 2  # which bound
SHORTEST = 4  # letters: shorter words are built like everything


@lru_cache(maxsize=4096)
def is_wordlike(word: str, *, rather: bool = False) -> bool:
    """Say whether a word in small letters is built as words are: of 400 names that no list has, three are.

    Or `rather` as words than as names: so are 20 of those 400.
    """
    _, _, *bounds = _held()
    return _weight(word) < bounds[RATHER if rather else LEAST]


@lru_cache(maxsize=4096)
def is_namelike(word: str) -> bool:
    """Say whether a word in small letters is built as names are: one word in ten is, and 74 % of names on no list."""
    _, _, *bounds = _held()
    return _weight(word) >= bounds[MOST]


def _weight(word: str) -> float:
    """Return a word's weight: 0 of a short one, more of what is like names."""
    weights, (scale, base), *_ = _held()
    bare = plain(word)
    if len(bare) < SHORTEST or not bare.isalpha():
        return 0.0
    return float(weights[places_of(bare)].sum(dtype=np.int64)) * scale + base


def plain(word: str) -> str:
    """Return a word without its accents."""
    return "".join(letter for letter in normalize("NFD", word) if not combining(letter))


def places_of(word: str) -> NDArray[np.int64]:
    """Return where the weights of a word's runs of letters stand; each counts once."""
    whole = f"^{word}$"
    runs = {whole[at : at + size] for size in RUNS for at in range(len(whole) - size + 1)}
    return np.array(sorted({crc32(run.encode()) % SIZE for run in runs}), np.int64)


@cache
def _held() -> tuple[NDArray[np.int8], tuple[float, float], float, float, float]:
    """Return the weights, their scale and what is added, and the bounds: of words, of rather words, of names."""
    with as_file(files("deid_core.extract").joinpath("wordlike.npz")) as path, np.load(Path(path)) as arrays:
        scale, base, least, rather, most = (float(one) for one in arrays["numbers"])
        return np.asarray(arrays["weights"], np.int8), (scale, base), least, rather, most

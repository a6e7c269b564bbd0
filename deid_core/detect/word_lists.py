"""Which words are names and which are safe, as hashes: the models ask, and the gate before them."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FOLDER, WORDS = "en_deid_cnn", "words.npz"


class WordLists:
    """Know which words are on lists of names and of safe words; the lists hold 32-bit hashes, sorted, no words.

    A word off the lists is taken for one on them once in about 10,000.
    """

    KINDS = ("names", "safe_words")

    def __init__(self, arrays: Sequence[NDArray[np.uint32]]) -> None:
        """Take one sorted array a kind."""
        self._arrays = arrays

    @classmethod
    def load(cls, path: Path) -> WordLists:
        """Read an .npz with one array a kind."""
        with np.load(path) as arrays:
            return cls([arrays[kind] for kind in cls.KINDS])

    @classmethod
    def empty(cls) -> WordLists:
        """Return lists that know no word."""
        return cls([np.array([], dtype=np.uint32) for _ in cls.KINDS])

    @staticmethod
    def hashed(word: str) -> int:
        """Return a word's place in the lists, the same for every case."""
        return int.from_bytes(blake2b(word.casefold().encode("utf-8", "replace"), digest_size=4).digest(), "big")

    def feature(self, word: str) -> str:
        """Return what the model is told of a word: its first character, and which lists it is on."""
        return word[:1].lower() + "".join(str(int(on)) for on in self.on(word.removesuffix("'s")))

    def on(self, word: str) -> list[bool]:
        """Tell for each kind of list whether the word is on it."""
        value = np.uint32(self.hashed(word))  # of the arrays' own type: else each look-up converts a whole array
        found = ((array, int(np.searchsorted(array, value))) for array in self._arrays)
        return [at < len(array) and int(array[at]) == value for array, at in found]


@cache
def load_lists() -> WordLists:
    """Load the shipped lists, once a process."""
    with as_file(files("deid_core.models").joinpath(FOLDER, WORDS)) as path:
        return WordLists.load(Path(path))

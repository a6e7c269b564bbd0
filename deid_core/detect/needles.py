"""Where any of many short texts stand in a long one, in time by the long one's length, however many they are.

Those of one length are told by a hash that rolls over the text; what it tells is compared letter by letter.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

Codes = np.ndarray[Any, np.dtype[np.uint64]]
WORK = 1 << 24  # letters to be compared, at most, up to which they are quicker sought one by one
LONGEST = 16  # letters that are hashed; of a longer one, its last
STRETCH = 1 << 18  # letters that are hashed together
BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse: the golden ratio of 2**64, Knuth's
INVERSE = pow(BASE, -1, 1 << 64)
BITS = 20


def occurrences(sought: Iterable[str], text: str) -> dict[str, Sequence[int]]:
    """Return where each of some texts stands in another, in order, overlapping ones too; an empty one nowhere."""
    wanted = dict.fromkeys(filter(None, sought))
    found: dict[str, array[int]] = {one: array("I") for one in wanted}
    if len(wanted) * len(text) <= WORK:
        for one, places in found.items():
            at = text.find(one)
            while at >= 0:
                places.append(at)
                at = text.find(one, at + 1)
    else:
        _together(found, text)
    return {"": (), **found}


def _together(found: Mapping[str, array[int]], text: str) -> None:
    """Put into `found` where each of its keys stands."""
    by_length: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        by_length[min(len(one), LONGEST)][one[-LONGEST:]].append(one)
    marks = {length: _marked("".join(ends), length) for length, ends in by_length.items()}
    for low in range(0, len(text), STRETCH):
        stretch = text[low : low + STRETCH + LONGEST - 1]
        sums = _sums(stretch)
        for length, ends in by_length.items():
            hashed = _hashed(sums, length)[:STRETCH]
            for at in np.flatnonzero(marks[length][hashed]).tolist():
                for one in ends.get(stretch[at : at + length], ()):
                    start = low + at + length - len(one)
                    if start >= 0 and (len(one) == length or text.startswith(one, start)):
                        found[one].append(start)


def _marked(joined: str, length: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the hashes of texts of one length, which come joined."""
    marks = np.zeros(1 << BITS, dtype=bool)
    for low in range(0, len(joined), STRETCH // length * length):
        marks[_hashed(_sums(joined[low : low + STRETCH // length * length]), length)[::length]] = True
    return marks


def _sums(text: str) -> Codes:
    """Return the sums of a text's code points, each times a power of BASE: what is before each place."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * _powers(BASE, STRETCH)[: len(codes)], out=sums[1:])
    return sums


def _hashed(sums: Codes, length: int) -> Codes:
    """Return a hash of the `length` letters that begin at each place."""
    size = max(len(sums) - length, 0)
    told = (sums[length : length + size] - sums[:size]) * _powers(INVERSE, STRETCH)[:size]
    return (told * np.uint64(BASE)) >> np.uint64(64 - BITS)


@cache
def _powers(base: int, stretch: int) -> Codes:
    powers = np.full(stretch + LONGEST, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers)

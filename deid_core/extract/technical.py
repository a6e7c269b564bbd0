"""Tell text about the picture (gain, depth, side, maker) from text that may be about the person."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

NUMBER = r"(?:[+-]?\d{1,4}(?:[.,]\d{1,3})?[.%]?)"  # five digits in a row are no setting
EDGE = " .,:;()[]=*-+"
SPAN = 5  # words at most that are one expression: "Siemens Medical Solutions USA Inc"
SIDES, VIEWS = ("lt", "rt"), ("trv", "sag", "obl")
SHORTEST_RUN, LONGEST_RUN, PIECE = 6, 40, 4  # letters
SEEN = 4096  # expressions that are remembered: overlays repeat
TELEPHONE, DECIMAL = 7, re.compile(r"\d[.,]\d")  # digits at least; what a number on a scale may be
SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what `technical.toml` lists."""

    words: frozenset[str]
    pattern: re.Pattern[str]
    settled: re.Pattern[str]
    makers: frozenset[str]


def is_technical(words: Sequence[str]) -> bool:
    """Say whether a line, of one word or more, is made of nothing but words and expressions about the picture."""
    if _may_be_a_number(words):
        return False
    ends = {0}
    for end in range(1, len(words) + 1):
        if any(start in ends and is_word(" ".join(words[start:end])) for start in range(max(end - SPAN, 0), end)):
            ends.add(end)
    return bool(words) and len(words) in ends


def _may_be_a_number(words: Sequence[str]) -> bool:
    """Say whether a line without a letter holds as many digits as a telephone; decimals are a scale."""
    if any(char.isalpha() for word in words for char in word):
        return False
    return sum(char.isdigit() for word in words if not DECIMAL.search(word) for char in word) >= TELEPHONE


@lru_cache(maxsize=SEEN)
def is_word(text: str) -> bool:
    """Say whether a word, or an expression of several, is about the picture."""
    held = _vocabulary()
    lowered = text.lower()
    bare = lowered.strip(EDGE)
    return bare in held.words or held.pattern.fullmatch(lowered) is not None or is_settled(text) or _is_run(bare)


def _is_run(bare: str) -> bool:
    """Say whether a word is listed words without the spaces between them, as small text is read: RTKIDNEYTRV.

    Each has four letters or more, but for a side before them and a view behind; a lone L or R makes names of too many.
    """
    if not LONGEST_RUN >= len(bare) >= SHORTEST_RUN or not bare.isalpha():
        return False
    words = _vocabulary().words
    starts = [0, *(len(side) for side in SIDES if bare.startswith(side))]
    ends = [len(bare), *(len(bare) - len(view) for view in VIEWS if bare.endswith(view))]
    reached = set(starts)
    for end in range(PIECE, len(bare) + 1):
        if any(start in reached and bare[start:end] in words for start in range(end - PIECE + 1)):
            reached.add(end)
    return any(end in reached and end >= PIECE for end in ends)


@lru_cache(maxsize=SEEN)
def is_settled(text: str) -> bool:
    """Say whether an expression is nobody's, whatever it looks like: an elapsed time, a picture's number, a maker."""
    held = _vocabulary()
    lowered = text.lower()
    return held.settled.fullmatch(lowered) is not None or SIGNS.sub("", lowered) in held.makers


def open_words(words: Sequence[str]) -> list[int]:
    """Return which words of a line about the picture are searched all the same: those of no settled expression."""
    settled: set[int] = set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + SPAN, len(words)) + 1):
            if is_settled(" ".join(words[start:end])):
                settled.update(range(start, end))
    return [number for number in range(len(words)) if number not in settled]


@cache
def _vocabulary() -> Vocabulary:
    table = tomllib.loads(files("deid_core.extract").joinpath("technical.toml").read_text("utf-8"))
    patterns = table["patterns"]
    for name, listed in (("{quantity}", "quantities"), ("{unit}", "units"), ("{sequence}", "sequences")):
        patterns = [one.replace(name, "|".join(table[listed])) for one in patterns]
    return Vocabulary(
        frozenset(map(str.lower, table["words"])),
        _any(patterns),
        _any(table["settled"]),
        frozenset(table["makers"]),
    )


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of the patterns; `#` in them is a number, but in `im#`, where it is the sign."""
    filled = (one.replace("im#", "im\0").replace("#", NUMBER).replace("\0", "#") for one in patterns)
    return re.compile("|".join(f"(?:{one})" for one in filled))

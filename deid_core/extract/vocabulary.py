"""Hold the words and expressions about the picture that `technical.toml` and `technical_words.txt` list."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NUMBER = r"(?:[+-]?\d{1,4}(?:[.,]\d{1,3})?[.%]?)"  # five digits in a row are no setting
ROUGH = 6  # letters of a word that is known though one of them is misread


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what is listed, in lower case.

    `words` are about the picture wherever they stand, `beside` and `namesakes` only next to one that is; `quantities`
    where a number follows; what follows one of `people` is somebody's. `rough` holds the longer words with one letter
    missing or any other, as OCR may read them.
    """

    words: frozenset[str]
    beside: frozenset[str]
    namesakes: frozenset[str]
    quantities: frozenset[str]
    pattern: re.Pattern[str]
    unit: re.Pattern[str]
    measured: re.Pattern[str]
    amounts: re.Pattern[str]
    settled: re.Pattern[str]
    makers: frozenset[str]
    people: frozenset[str]
    rough: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return what is listed, read once a process."""
    folder = files("deid_core.extract")
    table = tomllib.loads(folder.joinpath("technical.toml").read_text("utf-8"))
    text = folder.joinpath("technical_words.txt").read_text("utf-8")
    more = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    words = frozenset(map(str.lower, (*table["words"], *more)))
    patterns = table["patterns"]
    for name, listed in (("{quantity}", "quantities"), ("{unit}", "units"), ("{sequence}", "sequences")):
        patterns = [one.replace(name, "|".join(table[listed])) for one in patterns]
    measures = "|".join(map(re.escape, sorted(table["measures"], key=len, reverse=True)))
    return Vocabulary(
        words,
        frozenset(table["beside"]),
        frozenset(table["namesakes"]),
        frozenset(table["quantities"]),
        _any(patterns),
        _any(table["units"]),
        re.compile(rf"((?:[^\W\d_][\w'./()-]{{0,6}}\s?){{1,3}})[\s:=]{{0,3}}{NUMBER}\s?(?:{measures})"),
        re.compile(rf"(?:{NUMBER}\s?(?:{measures})\W{{0,2}})+"),
        _any(table["settled"]),
        frozenset(table["makers"]),
        frozenset(table["people"]),
        frozenset(form for word in words if len(word) >= ROUGH for form in (*missing(word), *misread(word))),
    )


def missing(word: str) -> Iterator[str]:
    """Yield a word with each of its letters left out."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def misread(word: str) -> Iterator[str]:
    """Yield a word with a blank for each of its letters: two words that share one differ in that letter only."""
    return (f"{word[:at]} {word[at + 1 :]}" for at in range(len(word)))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of the patterns; `#` in them is a number, but in `im#`, where it is the sign."""
    filled = (one.replace("im#", "im\0").replace("#", NUMBER).replace("\0", "#") for one in patterns)
    return re.compile("|".join(f"(?:{one})" for one in filled))

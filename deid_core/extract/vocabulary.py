"""Hold the words and expressions about the picture that `technical.toml` and the lists beside it name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from deid_core.detect.word_lists import load_lists

NUMBER = r"(?:[+-]?\d{1,4}(?:[.,]\d{1,3})?[.%]?)"  # five digits in a row are no setting
ROUGH = 6  # letters of a word that is known though one of them is misread
STEM = 3  # letters at least before an ending


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what is listed, in lower case.

    `words` are about the picture wherever they stand, `beside` and `namesakes` only next to one that is; `quantities`
    where a number follows; what follows one of `people` is somebody's, but of `fields`. Few people are called as one
    of `seldom`, which are words of other languages. `rough` holds the longer words with one letter missing or any
    other, as OCR may read them. A word that `formed` matches has the ending of a thing, in some language;
    `institutions` are called by theirs.
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
    fields: frozenset[str]
    seldom: frozenset[str]
    formed: re.Pattern[str]
    institutions: frozenset[str]
    rough: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return what is listed, read once a process."""
    folder = files("deid_core.extract")
    table = tomllib.loads(folder.joinpath("technical.toml").read_text("utf-8"))
    more = frozenset(_listed("technical_words_more.txt"))
    surnames = frozenset(word for word in more if load_lists().on(word)[0])
    words = frozenset(map(str.lower, (*table["words"], *_listed("technical_words.txt"), *(more - surnames))))
    patterns = table["patterns"]
    for name, listed in (("{quantity}", "quantities"), ("{unit}", "units"), ("{sequence}", "sequences")):
        patterns = [one.replace(name, "|".join(table[listed])) for one in patterns]
    measures = "|".join(map(re.escape, sorted(table["measures"], key=len, reverse=True)))
    return Vocabulary(
        words,
        frozenset(table["beside"]) | (surnames - words),
        frozenset(table["namesakes"]),
        frozenset(table["quantities"]),
        _any(patterns),
        _any(table["units"]),
        re.compile(rf"((?:[^\W\d_][\w'./()-]{{0,6}}\s?){{1,3}})[\s:=]{{0,3}}{NUMBER}\s?(?:{measures})"),
        re.compile(rf"(?:{NUMBER}\s?(?:{measures})\W{{0,2}})+"),
        _any(table["settled"]),
        frozenset(table["makers"]),
        frozenset(table["people"]),
        frozenset(table["fields"]),
        surnames - words - frozenset(table["called"]),
        re.compile(rf"(?!(?:{'|'.join(table['given'])})$)\w{{{STEM},}}(?:{'|'.join(table['endings'])})"),
        frozenset(table["institutions"]),
        frozenset(form for word in words if len(word) >= ROUGH for form in (*missing(word), *misread(word))),
    )


def _listed(name: str) -> Iterator[str]:
    """Yield the words of a list beside this module."""
    for line in files("deid_core.extract").joinpath(name).read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


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

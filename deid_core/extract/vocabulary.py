"""Hold the words and expressions about the picture that `technical.toml` and the lists beside it name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from unicodedata import combining, normalize

from deid_core.detect.word_lists import load_lists

NUMBER = r"(?:[+-]?\d{1,4}(?:[.,]\d{1,3})?[.%]?)"  # five digits in a row are no setting
ROUGH = 6  # letters of a word that is known though one of them is misread
LONG = 9  # the same where there are many: shorter ones are alike
STEM = 3  # letters at least before an ending
MORE, ABROAD = "technical_words_more.txt", ("technical_words_abroad.txt", "technical_words_world.txt")
LIGATURES = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae"})
DOTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

FILLED = {
    "{quantity}": "quantities", "{unit}": "units", "{sequence}": "sequences", "{eponym}": "eponyms",
    "{eponyms}": "pairs", "{author}": "authors", "{growth}": "growth",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what is listed, in lower case.

    `words` are about the picture wherever they stand, `beside` and `namesakes` only next to one that is; `quantities`
    where a number follows; what follows one of `people` is somebody's, but of `fields`. Few people are called as one
    of `seldom`, which are words of other languages. `rough` holds the longer words with one letter missing or any
    other, as OCR may read them. A word that `formed` matches has the ending or the stem of a thing, in some language;
    `institutions` are called by theirs, and begin or end with `houses`. `subjects` are labels that settings have, too;
    `particles` and `months` are none of a phrase or a table of settings. `whole` words may be cut short.
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
    houses: frozenset[str]
    subjects: frozenset[str]
    particles: frozenset[str]
    months: frozenset[str]
    rough: frozenset[str]
    whole: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return what is listed, read once a process."""
    folder = files("deid_core.extract")
    table = tomllib.loads(folder.joinpath("technical.toml").read_text("utf-8"))
    held = frozenset(word for name in (MORE, *ABROAD) for word in _listed(name))
    abroad = frozenset(form for name in ABROAD for word in _listed(name) for form in written(word))
    more = frozenset(form for word in held for form in written(word))
    surnames = frozenset(form for word in held if any(map(_is_name, written(word))) for form in written(word))
    words = frozenset(map(str.lower, (*table["words"], *_listed("technical_words.txt"), *(more - surnames))))
    rough = (word for word in words if len(word) >= (LONG if word in abroad else ROUGH))
    patterns = table["patterns"]
    for name, listed in FILLED.items():
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
        surnames - words - frozenset(form for word in table["called"] for form in written(word)),
        _formed(table),
        frozenset(table["institutions"]),
        frozenset(table["houses"]),
        frozenset(table["subjects"]),
        frozenset(table["particles"]),
        frozenset(table["months"]),
        frozenset(form for word in rough for form in (*missing(word), *misread(word))),
        words - abroad,
    )


def _formed(table: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """Return what matches a word with the ending of a thing or a stem of one, but no name that has the ending."""
    given, endings, stems = ("|".join(table[name]) for name in ("given", "endings", "stems"))
    return re.compile(rf"(?!(?:{given})$)(?:\w{{{STEM},}}(?:{endings})|\w*(?:{stems})\w*)")


def _is_name(word: str) -> bool:
    return load_lists().on(word)[0]


def _listed(name: str) -> Iterator[str]:
    """Yield the words of a list beside this module."""
    for line in files("deid_core.extract").joinpath(name).read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


def written(word: str) -> Iterator[str]:
    """Yield a word in small letters as it is, and as screens without accents show it: `colédoco`, `coledoco`."""
    yield word
    if not word.isascii():
        for plain in (word.translate(LIGATURES), word.translate(LIGATURES).translate(DOTS)):
            yield "".join(letter for letter in normalize("NFD", plain) if not combining(letter))


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

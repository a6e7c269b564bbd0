"""Numbers in the words of other languages than English, as figures.

The words are each language's own (`values.toml` in its folder). What English reads is never asked of another language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from unicodedata import combining, normalize

from deid_core import languages

WORD = re.compile(r"[^\W\d_]+")
JOINED = r"[\s-]{1,3}"


def plain(word: str) -> str:
    """Return a text in small letters without accents."""
    return "".join(char for char in normalize("NFD", word.casefold()) if not combining(char))


def figures(text: str) -> Iterator[str]:
    """Yield a text with its numbers in words as figures, for each language that has any there."""
    for code in languages.codes():
        numbers, pattern = _numbers(code)
        if pattern and (made := pattern.sub(lambda match: str(numbers[_spaced(match[0])]), text)) != text:  # noqa: B023
            yield made


@cache
def _numbers(code: str) -> tuple[Mapping[str, int], re.Pattern[str] | None]:
    """Return the numbers from 1 to 199 by their words, without accents, and what finds the longest of them."""
    told: dict[str, Any] = languages.values(code).get("ages", {})
    if not told:
        return {}, None
    below = {plain(word): number for number, word in enumerate(told["below_30"], 1)}
    tens = {plain(word): number for word, number in told["tens"].items()}
    ones = {word: number for word, number in below.items() if number < 10}
    joint, hundred = told["joint"], told["hundred"]
    to_99 = below | tens
    to_99 |= {f"{ten} {joint} {one}": tens[ten] + ones[one] for ten in tens for one in ones}
    numbers = to_99 | {f"{hundred['before']} {word}": 100 + number for word, number in to_99.items()}
    numbers |= {hundred["alone"]: 100, hundred["before"]: 100}
    numbers |= {plain(word): number for word, number in told["others"].items()}
    longest = sorted(numbers, key=len, reverse=True)
    pattern = "|".join(JOINED.join(map(_accented, words.split())) for words in longest)
    return numbers, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def _accented(word: str) -> str:
    """Return what matches a word with accents or without."""
    vowels = {"a": "[aá]", "e": "[eé]", "i": "[ií]", "o": "[oó]", "u": "[uúü]"}
    return "".join(vowels.get(letter, re.escape(letter)) for letter in word)


def _spaced(text: str) -> str:
    return " ".join(WORD.findall(plain(text)))

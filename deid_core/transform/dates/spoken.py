"""Dates in other languages than English, read as English ones.

The words are each language's own (`values.toml` in its folder). What English reads is never asked of another language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from deid_core import languages
from deid_core.transform.dates.notation import MONTHS, WEEKDAYS
from deid_core.transform.number_words import WORD, plain

SHORT = 3  # letters of a month's short name in English


@dataclass(frozen=True, slots=True)
class Dates:
    """Hold a language's words of dates: what each is in English, and what English months and weekdays are in it."""

    english: Mapping[str, str]
    own: Mapping[str, str]


def in_english(text: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield a date as English writes it, and what takes an English one of its shape back, for each language of it.

    What takes it back raises ValueError where the words are not those that went in, but for months and weekdays.
    """
    words = WORD.findall(text)
    for code in languages.codes():
        held = _dates(code)
        told = [held.english.get(plain(word)) for word in words]
        if words and None not in told and any(word in held.own for word in filter(None, told)):
            made = iter([_styled(english, word) for english, word in zip(told, words, strict=True) if english])
            yield WORD.sub(lambda _, made=made: next(made), text), _back(held, words)  # type: ignore[misc]


def _back(held: Dates, words: list[str]) -> Callable[[str], str]:
    def back(text: str) -> str:
        found = WORD.findall(text)
        own = iter([_own(held, new, old) for new, old in zip(found, words, strict=True)])
        return WORD.sub(lambda _: next(own), text)

    return back


def _own(held: Dates, new: str, old: str) -> str:
    """Return a month or a weekday in the language, in the letters that it has; any other word as it was."""
    name = new.capitalize()
    return _styled(held.own[name], new) if name in held.own else old


def _styled(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.lower() if like.islower() else word.capitalize()


@cache
def _dates(code: str) -> Dates:
    """Return a language's words; none of English, which the operators read themselves."""
    told: dict[str, Any] = languages.values(code).get("dates", {})
    if not told:
        return Dates({}, {})
    pairs = [*zip(told["months"], MONTHS, strict=True), *zip(told["weekdays"], WEEKDAYS, strict=True)]
    short = zip(told["short_months"], (name[:SHORT] for name in MONTHS), strict=True)
    other = ((word, MONTHS[number - 1]) for word, number in told["other_months"].items())
    own = {english: word for word, english in [*short, *pairs]} | {"Sept": told["short_months"][8]}
    every = [*told["around"].items(), *other, *((word, english) for english, word in own.items())]
    return Dates({plain(word): english for word, english in every}, own)

"""Tokens of a value, word lists, and keyed draws from them.

The lists are Faker's; its random source is never used, so values change only when its version does.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files
from itertools import count, groupby
from string import ascii_uppercase

from faker.providers.address.en_US import Provider as Address
from faker.providers.job import Provider as Job
from faker.providers.person.en_US import Provider as Person

from deid_core.keys import ProjectKey

TRIES = 64
KEPT: dict[str, frozenset[str]] = {
    name: frozenset(words)
    for name, words in json.loads(files(__package__).joinpath("words.json").read_text("utf-8")).items()
    if isinstance(words, list)
}
FEMALE: tuple[str, ...] = tuple(sorted(Person.first_names_female))
MALE: tuple[str, ...] = tuple(sorted(Person.first_names_male))
GIVEN: tuple[str, ...] = tuple(sorted({*FEMALE, *MALE}))
FAMILY: tuple[str, ...] = tuple(sorted(Person.last_names))
STATES: tuple[str, ...] = tuple(sorted(Address.states))
STATE_CODES: tuple[str, ...] = tuple(sorted(Address.states_abbr))
COUNTRIES: tuple[str, ...] = tuple(sorted(name for name in Address.countries if name.replace(" ", "").isalpha()))
COUNTRY_CODES: dict[int, tuple[str, ...]] = {
    2: tuple(sorted(Address.alpha_2_country_codes)),
    3: tuple(sorted(Address.alpha_3_country_codes)),
}
CITY_SUFFIXES: tuple[str, ...] = tuple(sorted(set(Address.city_suffixes)))
JOBS: tuple[str, ...] = tuple(sorted(job for job in Job.jobs if job.isascii() and "," not in job))
LETTERS: tuple[str, ...] = tuple(ascii_uppercase)
_POOLS = {word.casefold(): GIVEN for word in GIVEN if word in FEMALE and word in MALE}
_POOLS |= {word.casefold(): FEMALE for word in FEMALE if word not in MALE}
_POOLS |= {word.casefold(): MALE for word in MALE if word not in FEMALE}


def fold(text: str) -> str:
    """Return the text without case, accents, apostrophes and outer white space: what makes two spellings one."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn")
    return " ".join(text.casefold().replace("'", "").replace("\u2019", "").split())


def pieces(text: str) -> list[tuple[str, str]]:
    """Cut a text into (kind, piece) that join to it again: "a" letters and their marks, "0" numerals, "-" the rest.

    A one-letter prefix with an apostrophe stays with its name: O'Brien is one piece.
    """
    runs = [(kind, "".join(group)) for kind, group in groupby(text, _kind)]
    joined: list[tuple[str, str]] = []
    for kind, piece in runs:
        prefixed = len(joined) > 1 and joined[-1][1] in ("'", "\u2019") and len(joined[-2][1]) == 1
        if kind == "a" and len(piece) > 1 and prefixed and joined[-2][0] == "a":
            _, apostrophe = joined.pop()
            _, prefix = joined.pop()
            joined.append(("a", prefix + apostrophe + piece))
        else:
            joined.append((kind, piece))
    return joined


def pool_of(token: str) -> Sequence[str]:
    """Return the names to draw from for a folded token: given names of its kind, or family names."""
    return _POOLS.get(token, FAMILY)


def draw(
    token: str, pool: Sequence[str], key: ProjectKey, purpose: str, attempt: int = 0, forbidden: Collection[str] = ()
) -> str:
    """Return the word of a pool that stands for a folded token, neither forbidden nor holding the token itself.

    Where a draw is refused the next is taken, so two values of one token differ only where one of them forbids.
    """
    for number in range(attempt, attempt + TRIES):
        word = key.choice(pool, purpose, token, str(number))
        folded = word.casefold()
        if folded != token and folded not in forbidden and not (len(token) > 2 and token in folded):
            return word
    return shape(token, key)


def shape(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a text with other letters and digits in the same places and case, separators as they are.

    It depends on the letters and digits alone, so `123-45` and `12345` agree. A leading digit stays non-zero.
    """
    core = "".join(c for c in fold(text) if c.isalnum())
    made = text
    for number in range(attempt, attempt + (TRIES if core else 0)):
        made = _shaped(text, _bytes(key, core, number))
        if fold(made) != fold(text):
            return made
    return made


def styled(word: str, like: str) -> str:
    """Return a word in the case of another: upper, lower, or as it is listed."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.lower() if like.islower() else word


def is_possessive(parts: list[tuple[str, str]], index: int) -> bool:
    """Say whether a piece is the s of a possessive: Doe's."""
    return (
        index > 1 and parts[index][1] in "sS" and parts[index - 1][1] in ("'", "\u2019") and parts[index - 2][0] == "a"
    )


def _kind(char: str) -> str:
    if char.isalpha() or unicodedata.category(char).startswith("M"):
        return "a"
    return "0" if char.isnumeric() else "-"


def _bytes(key: ProjectKey, core: str, number: int) -> Iterator[int]:
    for block in count():
        yield from key.digest("shape", core, str(number), str(block))


def _shaped(text: str, source: Iterator[int]) -> str:
    made, first = [], True
    for char in text:
        kind = _kind(char)
        if kind == "0":
            low = 1 if first and char != "0" else 0
            made.append(str(low + (next(source) << 8 | next(source)) % (10 - low)))
            first = False
        elif kind == "a" and not unicodedata.category(char).startswith("M"):
            letter = ascii_uppercase[(next(source) << 8 | next(source)) % 26]
            made.append(letter if char.isupper() else letter.lower())
            first = False
        elif kind == "-":
            made.append(char)
    return "".join(made)

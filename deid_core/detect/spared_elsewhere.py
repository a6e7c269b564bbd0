"""Leave alone what another language's model takes for an identifier though its words name nobody.

The lists are data of the language's folder: words that end a name, what is called after somebody (`enfermedad de X`),
words of generic places. Without such a list nothing is spared by it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from deid_core.detect.rules.days import IDIOMS
from deid_core.detect.rules.words import listed, never_names, of_the_trade, words
from deid_core.entities import EntityType

if TYPE_CHECKING:
    from collections.abc import Callable

    from deid_core.model import Span

WORD = re.compile(r"[^\W_]+(?:[-'\u2019/+][^\W_]+)*")
FRACTION = re.compile(r"(\d{1,2})\s?/\s?(\d{1,2})")
MEASURED = re.compile(r"([^\W\d_]{1,8})[\s.:]{0,3}(?:(?P<year>(?:19|20)\d\d)|\d{1,3}(?:[.,]\d+)?)")
PLACES = frozenset({EntityType.CITY, EntityType.COUNTY, EntityType.STATE, EntityType.COUNTRY, EntityType.ORGANISATION})
HOUSES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION})
HEAD = 48  # code points before a span in which its head is looked for
FEW = 2  # words of a name that a head may stand before
ACRONYM = 5


def spared(text: str, span: Span, code: str, *, named: Callable[[str], int], cued: bool) -> Span | None:
    """Return a span without common words at its ends; None where what is left names nobody.

    `named` says of a word how sure it is a name: 2, 1 or not at all; `cued`: a title or a person's label stands ahead.
    """
    value = text[span.start : span.end]
    values = [word[0] for word in WORD.finditer(value)]
    if span.entity_type is EntityType.NAME:
        headed = not cued and len(values) <= FEW and _is_headed(text, span.start, code)
        headed = headed and not all(map(named, values))
        return None if headed else _name(text, span, code, named=named, cued=cued)
    nothing = (
        (span.entity_type is EntityType.DATE and _is_no_date(value, code))
        or (span.entity_type is EntityType.ID and _is_measured(value, code))
        or (span.entity_type is EntityType.ADDRESS and not _is_somewhere(values, code))
        or (span.entity_type in HOUSES and _generic(span.entity_type, values, code))
        or (span.entity_type in PLACES and not cued and len(values) <= FEW and _is_headed(text, span.start, code))
    )
    return None if nothing else span


def _is_measured(value: str, code: str) -> bool:
    """Say whether a number is a figure or a year behind an abbreviation: `CPK 450`, `ESC 2023`."""
    found = MEASURED.fullmatch(value)
    return bool(found and (found["year"] or found[1].lower() in never_names(code)))


def _name(text: str, span: Span, code: str, *, named: Callable[[str], int], cued: bool) -> Span | None:
    """Return a name without the small common words, the heads and the numbers at its ends."""
    found = list(WORD.finditer(text, span.start, span.end))
    headed = len(found) > 1 and found[0][0].lower() in _heads_of(code)
    small = words("particles", code=code) if listed("particles", code) else frozenset[str]()
    while found and (_names_nobody(found[0][0], code) or (headed and found[0][0].lower() in _heads_of(code) | small)):
        found.pop(0)
    while found and (_names_nobody(found[-1][0], code) or (len(found) > 1 and _follows(found[-1][0], named))):
        found.pop()
    if not found:
        return None
    values = [word[0] for word in found]
    if headed and len(values) <= FEW and not all(map(named, values)):
        return None
    plain = not any(map(str.isupper, text))
    if not plain and all(value.islower() and not named(value) for value in values):
        return None if text[: span.start].rstrip()[-1:] != ":" else span  # who writes capitals writes them in names
    if all(value.lower() in never_names(code) for value in values) and len(values) > 1:
        return None
    if not cued and not plain and _names_none(text, values, code, named=named):
        return None
    return replace(span, start=found[0].start(), end=found[-1].end())


def _follows(word: str, named: Callable[[str], int]) -> bool:
    """Say whether a word in small letters only follows a name."""
    return word.islower() and not named(word)


def _names_none(text: str, values: list[str], code: str, *, named: Callable[[str], int]) -> bool:
    """Say whether words without a cue name nobody: none of them is on a list of names, or one is an eponym alone."""
    uncommon = [value for value in values if value.lower() not in never_names(code)]
    asked = 1 if len(values) > 1 else 2
    likely = [value for value in uncommon if named(value) >= asked]
    if all(value.islower() for value in likely):
        return True
    return len(values) == 1 and (values[0].lower() in words("eponyms", code=code) or _clipped(text, values[0]))


def _names_nobody(word: str, code: str) -> bool:
    if any(map(str.isdigit, word)):
        return True
    return word.lower() in of_the_trade(code) or (word.islower() and word in never_names(code))


def _clipped(text: str, word: str) -> bool:
    """Say whether a word alone in capitals is an abbreviation in a text that has small letters too."""
    return word.isupper() and len(word) <= ACRONYM and any(char.islower() for char in text)


def _is_no_date(value: str, code: str) -> bool:
    """Say whether a date is none: a part (`24/7`), or a day of the week or a season without a number."""
    part = FRACTION.fullmatch(value.strip(" .,;"))
    if part:
        return (int(part[1]), int(part[2])) in IDIOMS
    if any(map(str.isdigit, value)) or not listed("days_of_the_week", code):
        return False
    told = [word[0].lower() for word in WORD.finditer(value)]
    if all(word in words("days_of_the_week", code=code) for word in told):
        return True
    return not any(word in words("words_of_dates", code=code) for word in told)


def _generic(label: EntityType, values: list[str], code: str) -> bool:
    """Say whether anybody could mean a place by these words; an employer is told by no common word at all."""
    if not listed("generic_places", code):
        return False
    generic = words("generic_places", code=code)
    if label is EntityType.ORGANISATION and len(values) > 1:  # one word alone is an insurer as often: `EsSalud`
        generic |= never_names(code)
    return all(value.lower() in generic for value in values)


def _is_somewhere(values: list[str], code: str) -> bool:
    """Say whether an address has a number, or a word that streets and quarters are called by."""
    if not listed("street_words", code) or any(char.isdigit() for value in values for char in value):
        return True
    return any(value.lower() in words("street_words", code=code) for value in values)


def _is_headed(text: str, start: int, code: str) -> bool:
    head = _heads(code)
    return head is not None and head.search(text, max(0, start - HEAD), start) is not None


def _heads_of(code: str) -> frozenset[str]:
    return words("heads", code=code) if listed("heads", code) else frozenset()


@cache
def _heads(code: str) -> re.Pattern[str] | None:
    if not listed("heads", code):
        return None
    heads = "|".join(sorted(map(re.escape, _heads_of(code)), reverse=True))
    small = "|".join(sorted(words("particles", code=code) | words("joints_of_heads", code=code)))
    return re.compile(rf"(?i)\b(?:{heads})(?:\s[^\W\d_]{{3,20}})?(?:\s(?:{small}))*\s\Z")

"""Functions that rules of places name: what is a city, a country, a facility's own name."""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.words import (
    JOINERS,
    LEADS,
    MONTHS,
    STREET_ENDS,
    ambiguous,
    countries,
    never_names,
    states,
    words,
)

Spot = tuple[int, int] | None
ACRONYM = 4  # a lone word in capitals up to this length is more likely an abbreviation
WORD = re.compile(r"[^\s,]+")


def _low(word: re.Match[str]) -> str:
    return word.group().lower().replace("\u2019", "'").rstrip(".")


def _in_capitals(text: str, start: int, end: int) -> bool:
    """Say whether a candidate stands in a text of capitals, where a capital letter says nothing."""
    return not any(char.islower() for char in text[max(0, start - 30) : end + 10])


def facility(text: str, start: int, end: int) -> Spot:
    """Keep a facility's name from its first word of its own; refuse one made of generic words."""
    found = list(WORD.finditer(text, start, end))
    capitals = _in_capitals(text, start, end)
    first = 0
    for position, word in enumerate(found[:-1]):
        low = _low(word)
        common = low in never_names() and low not in words("facility_generic") and low not in JOINERS
        if low in LEADS - {"of", "and", "for", "at"} or (capitals and common and low not in ambiguous()):
            first = position + 1
    kept = found[first:]
    while kept and _low(kept[0]) in JOINERS | LEADS:
        kept = kept[1:]
    if (
        len(kept) > 1
        and _low(kept[0]) in never_names() - words("facility_generic")
        and begins_sentence(text, kept[0].start())
    ):
        kept = kept[1:]
    if not kept or all(_low(word) in words("facility_generic") or _low(word) in JOINERS for word in kept):
        return None
    return kept[0].start(), kept[-1].end()


DEGREE = re.compile(r", ?(?:MD|PA|MA)\b(?! ?\d{5})")
TOWN_CUE = re.compile(r"\b(?:in|from|of|near|to|at|live[sd]?|born|around|outside)\s\Z")


def city(text: str, start: int, end: int) -> Spot:
    """Keep a town's name before its State: the words after the last that cannot belong to it.

    Before MD, PA and MA, which are degrees too, the town must be known or follow a preposition.
    """
    kept: list[re.Match[str]] = []
    for word in reversed(list(WORD.finditer(text, start, end))):
        low = _low(word)
        if (
            low in LEADS
            or low in STREET_ENDS - {"st"}
            or any(char.isdigit() for char in low)
            or (kept and low in never_names())
        ):
            break
        kept.insert(0, word)
    if not kept or all(_low(word) in words("clinical_terms") for word in kept):
        return None
    if text[kept[0].start() : end].isupper() and end - kept[0].start() < ACRONYM:
        return None
    first = kept[0].start()
    degree = DEGREE.match(text, end) and not text[end:].startswith((", MA", ",MA"))
    known = any(_low(word) in words("cities_md_pa") for word in kept)
    if degree and not known and not TOWN_CUE.search(text[max(0, first - 12) : first].lower()):
        return None
    return first, end


def place(text: str, start: int, end: int) -> Spot:
    """Keep a place's name after a cue, as far as its words are not common ones."""
    kept: list[re.Match[str]] = []
    for word in WORD.finditer(text, start, end):
        if _low(word) in never_names() or any(char.isdigit() for char in word.group()):
            break
        kept.append(word)
    if not kept or (kept[0].group().lower().rstrip(".,") in MONTHS):
        return None
    if kept[0].group().isupper() and len(kept[0].group()) <= ACRONYM and not _in_capitals(text, start, end):
        return None
    last = kept[-1].start() + len(kept[-1].group().rstrip(".,;:)?!"))
    name = text[kept[0].start() : last].lower()
    if name in countries() or name in {state.lower() for state in states().values()}:
        return None
    return kept[0].start(), last


def country(text: str, start: int, end: int) -> Spot:
    """Keep a country's name."""
    return (start, end) if text[start:end].lower() in countries() else None


def county(text: str, start: int, end: int) -> Spot:
    """Keep a county's name without words that lead to it."""
    found = [word for word in WORD.finditer(text, start, end) if _low(word) not in LEADS]
    if not found or all(_low(word) in words("facility_generic") or _low(word) in never_names() for word in found[:-1]):
        return None
    return found[0].start(), end


def street(text: str, start: int, end: int) -> Spot:
    """Keep a street's address unless its words are clinical ones."""
    found = [_low(word) for word in WORD.finditer(text, start, end)][1:]
    names = [low for low in found if low.isalpha() and low not in STREET_ENDS]
    return None if names and all(low in words("clinical_terms") for low in names) else (start, end)


def street_low(text: str, start: int, end: int) -> Spot:
    """Keep a street in lower case whose name is no direction or count: not `10 mile drive`."""
    found = [_low(word) for word in WORD.finditer(text, start, end)][1:2]
    return (
        None
        if found
        and found[0] in words("clinical_terms") | LEADS | {"mile", "miles", "minute", "hour", "min", "lane", "hr"}
        else (start, end)
    )


def street_abroad(text: str, start: int, end: int) -> Spot:
    """Keep a street abroad: with a number, or of a word that is no way in the body or of giving a drug (`via`)."""
    value = text[start:end]
    return (
        (start, end) if any(map(str.isdigit, value)) or not value.lower().startswith(("via ", "c/", "plaza ")) else None
    )


def no_year(text: str, start: int, end: int) -> Spot:
    """Keep a post code of four or five digits that is no year of this time."""
    return None if re.fullmatch(r"(?:19|20)\d\d", text[start:end]) else (start, end)


def address_line(text: str, start: int, end: int) -> Spot:
    """Keep a line after `Address:` to the next label on it; refuse one without a capital or a digit."""
    value = re.split(r"\s+(?:[A-Z][\w#/]*\.?\s?){1,3}[:#]|\s{3,}", text[start:end], maxsplit=1)[0].rstrip(" .,;")
    first = re.match(r"[^\W\d_]+", value)
    if not re.search(r"[A-Z0-9]", value) or (
        first and first.group().lower() in never_names() and not re.search(r"\d", value)
    ):
        return None
    return start, start + len(value)


def labelled_place(text: str, start: int, end: int) -> Spot:
    """Keep what follows `Hospital:` or `Location:` unless it begins with a common word or is generic."""
    found = list(WORD.finditer(text, start, end))
    if _low(found[0]) in never_names() and not any(
        _low(word) in {"hospital", "clinic", "center", "centre"} for word in found[1:]
    ):
        return None
    return facility(text, start, end)


def organisation(text: str, start: int, end: int) -> Spot:
    """Keep an employer's name to the end of its sentence; refuse one of common words only."""
    kept: list[re.Match[str]] = []
    for word in WORD.finditer(text, start, end):
        kept.append(word)
        if word.group().endswith(".") and len(word.group()) > 2:
            break
    while kept and _low(kept[-1]) in JOINERS:
        kept.pop()
    if all(_low(word) in words("clinical_terms", "common_words", "facility_generic") for word in kept):
        return None
    return start, start + len(text[start : kept[-1].end()].rstrip(".,"))


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        facility,
        city,
        place,
        country,
        county,
        street,
        street_low,
        street_abroad,
        no_year,
        address_line,
        labelled_place,
        organisation,
    )
}

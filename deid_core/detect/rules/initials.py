"""Functions that rules of rosters and of initials name: who is meant by a given name with an age, or by two letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from deid_core.detect.rules.trim import NAME_WORD, full_person, is_common, person_after_cue
from deid_core.detect.rules.words import of_the_trade, words

Spot = tuple[int, int] | None
LEGEND = re.compile(r"[ ]?[=\u2013\u2014][ ]?")
LONGEST_NAME = 60
LOOSE = 32  # code points before a quote in which its cue is looked for


def listed_person(text: str, start: int, end: int) -> Spot:
    """Keep a person of a list who stands before an age: no drug, test, scale or step."""
    found = person_after_cue(text, start, end)
    if found is None:
        return None
    names = [word[0] for word in NAME_WORD.finditer(text, *found)]
    things = words("eponym_words", "eponym_heads", "headings", "headings_of_things", "nobody", "labels")
    return None if len(names) == 1 and names[0].lower() in things else found


def initials(text: str, start: int, end: int) -> Spot:
    """Keep two or three letters that are no abbreviation of the trade, no order and no place; any behind such ones."""
    if text[start - 1 : start] in {"/", ":"}:
        return start, end
    value = text[start:end].replace(".", "").replace(" ", "").lower()
    return None if value in words("signs_of_nobody", "labels") or value in of_the_trade() else (start, end)


def initials_after_a_label(text: str, start: int, end: int) -> Spot:
    """Keep letters behind a label that asks who: only what is surely an order or a place is none."""
    dotted = "." in text[start:end]
    value = text[start:end].replace(".", "").replace(" ", "").lower()
    return (start, end) if dotted or value not in words("signs_of_nobody", "labels", "no_value") else None


def legend(text: str, start: int, end: int) -> Spot:
    """Keep letters before a name that begins with them, and the name: `RM = Rosario Magsaysay`."""
    apart = LEGEND.match(text, end)
    if end - start > 3 or not apart:
        return full_person(text, start, end)
    named = full_person(text, apart.end(), min(len(text), apart.end() + LONGEST_NAME))
    if named is None:
        return None
    first = "".join(word[0][0] for word in NAME_WORD.finditer(text, *named)).lower()
    return (start, end) if first.startswith(text[start:end].lower()) else None


def british_plate(text: str, start: int, end: int) -> Spot:
    """Keep a plate of two letters, two digits and three letters that are no abbreviation."""
    last = text[end - 3 : end].lower()
    return None if last in of_the_trade() or last in words("signs_of_nobody") or is_common(last) else (start, end)


def house_of_a_unit(text: str, start: int, end: int) -> Spot:
    """Keep a unit's house from its first word that is no common one on; none where every word is common."""
    found = [*NAME_WORD.finditer(text, start, end)][:-1]
    nobody = words("nobody", "labels", "eponym_words", "headings")
    first = next((word for word in found if not is_common(word[0]) and word[0].lower() not in nobody), None)
    return (first.start(), end) if first else None


def spelt(text: str, start: int, end: int) -> Spot:
    """Keep letters said one by one: three at least."""
    return (start, end) if len(re.findall(r"\b[A-Za-z]\b", text[start:end])) > 2 else None


def spelt_apart(text: str, start: int, end: int) -> Spot:
    """Keep letters with dashes between that are no abbreviation and no run of the alphabet: `T-I-E-N`."""
    letters = text[start:end].replace("-", "")
    run = all(ord(after) - ord(before) == 1 for before, after in pairwise(letters))
    return None if run or letters.lower() in of_the_trade() or letters.lower() in words("labels") else (start, end)


def quoted(text: str, start: int, end: int) -> Spot:
    """Keep what somebody is called in quotes; behind a looser cue, only what is no common word and no eponym."""
    names = [word[0].lower() for word in NAME_WORD.finditer(text, start, end)]
    loose = re.search(r"(?i)(?:called|known\b.{0,16})[: ]{1,2}.\Z", text[max(0, start - LOOSE) : start])
    nobody = all(is_common(name) or name in words("eponym_words", "eponyms") for name in names)
    return None if loose and nobody else (start, end)


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        listed_person,
        initials,
        initials_after_a_label,
        legend,
        british_plate,
        house_of_a_unit,
        spelt,
        spelt_apart,
        quoted,
    )
}

"""Functions that rules of courts and of cited people name: whose court it is, who are a case's parties, who is `CW`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.initials import initials
from deid_core.detect.rules.people import NAME_WORD
from deid_core.detect.rules.trim import last_words, person
from deid_core.detect.rules.words import MONTHS, ambiguous, countries, never_names, of_the_trade, states, words

Spot = tuple[int, int] | None
PRIOR, LONG_WORD = 6, 26  # words before a court's kind that can belong to its name, and their letters
WORD_BEFORE = re.compile(r"(?:\A|(?<=[\s(]))([^\s()]+)[ ]\Z")
WORD = re.compile(r"[^\W\d_][\w'\u2019\-]*")
SMALL = frozenset({"and", "of", "&"})
TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "lord", "lady", "hon", "he", "she"})
CHILD = re.compile(
    r"(?i)(?:(?<=[ ])|(?<![\w'\u2019/]))(?:[sdw]/o|a/[pl]|ap|ab|[fv]erch|bin|binti?|bte|bt|b|ibn|ben|bat|arap|anak"
    r"|o\u011flu|k\u0131z\u0131)(?!\w)\.?:?(?:[ ](?:late|shri|smt|sri|sh)\b\.?){0,2}[ ]?"
)
OTHERS = re.compile(r"[ ](?:and|AND|&)[ ]\w+\.?\Z")
ADJECTIVE = re.compile(r"(?:ed|ing|ology|ics|ical|onal|ral|tal|ial|ic|est|acute|ive|ary|ory|ous|ist)\Z")
DOTTED = re.compile(r"(?:[A-Z]\.){2,3}")
IN_A_ROW, ROW = re.compile(r"[A-Z]{2,3}(?:,|,? and| &) \Z"), 12
JUDGES = frozenset(
    {"sessions", "additional", "civil", "principal", "judicial", "metropolitan", "divisional", "executive"}
)
UNITS = frozenset(
    {"dl", "ml", "kg", "min", "hr", "day", "hpf", "lpf", "wk", "mo", "yr", "mm", "cm", "ul", "l", "or", "kcal"}
)


def court_and_place(text: str, start: int, end: int) -> Spot:
    """Keep a court, tribunal or board with the words before its kind, where what stands behind says where it sits.

    What stands behind tells nothing where all of it is of courts, as in `Court of Appeal`, or a person is next.
    """
    kind = WORD.match(text, start)
    first = _first(text, start)
    before = {word[0].lower() for word in WORD.finditer(text, first, start)}
    behind = [word[0] for word in WORD.finditer(text, kind.end() if kind else start, end)]
    if kind and not kind[0].isupper():
        behind = [word for word in behind if not word.isupper()]  # an abbreviation, not a place
    if not kind or not _told(behind) or TITLES.intersection(word.lower() for word in behind):
        return None
    legal = words("courts")
    beyond = {word.lower() for word in behind}
    if kind[0].lower() in {"judge", "magistrate"} and before.isdisjoint(JUDGES):
        return None
    if kind[0].lower().rstrip("s") not in {"court", "tribunal"} and not legal & (before | beyond):
        return None
    if text[kind.end() : kind.end() + 1] == "," and not legal & before:
        return None
    return first, end


def place_and_court(text: str, start: int, end: int) -> Spot:
    """Keep a court in capitals with a place's own name before it and before its kind: `ASHFORD FAMILY COURT`."""
    first = _first(text, start)
    before = [word[0] for word in WORD.finditer(text, first, start)]
    return (first, end) if len(before) > 1 and before[-1].lower() in words("courts") and _told(before[:-1]) else None


def _first(text: str, start: int) -> int:
    """Return where the capitalised words begin that stand right before a place of a text, with no stop between."""
    at = first = start
    legal, leads = words("courts"), words("leads", "court_leads")
    for _ in range(PRIOR):
        word = WORD_BEFORE.search(text, max(0, at - LONG_WORD), at)
        low = word[1].lower() if word else ""
        if not word or low[-1] in ",.;:|?!" or (low in leads and low not in SMALL):
            break
        at = word.start()
        if low in SMALL:
            continue
        if not word[1][0].isupper() or (low in never_names() and low not in legal):
            break
        first = at
    return first


def _told(found: list[str]) -> bool:
    """Say whether one of some words says where: no word of courts, no common one, no month."""
    kinds = _of_courts()
    return any(
        low not in kinds and low not in never_names() and len(low) > 1
        for low in (word.lower() for word in found if word[0].isupper())
    )


@cache
def _of_courts() -> frozenset[str]:
    """Return words that tell no place smaller than a State: of courts, of months, of States' and countries' names."""
    whole = frozenset(word for name in (*states().values(), *countries()) for word in name.lower().split())
    return words("courts", "leads", "joiners", "court_leads", "facility_generic") | MONTHS | whole


def and_others(text: str, start: int, end: int) -> Spot:
    """Keep a party of a case together with what says that there are more: `Haldane and Others`."""
    more = OTHERS.search(text, start, end)
    if more and DOTTED.fullmatch(text, start, more.start()):
        return start, end
    found = last_words(text, start, more.start()) if more else None
    return (found[0], end) if found else None


def child_of(text: str, start: int, end: int) -> Spot:
    """Keep a child's name and a parent's with what is between them: `Devi a/p Raju`, not `CXR s/o Pneumonia`.

    The child's is what no common word stands behind; without one, only `S/o` in capitals says whose child it is.
    """
    sign = CHILD.search(text, start, end)
    behind = person(text, sign.end(), end) if sign else None
    if sign is None or (behind is None and sign.end() < end):
        return None
    stop = behind[1] if behind else end
    named = [word for word in NAME_WORD.findall(text, *behind) if len(word) > 1] if behind else []
    small = sign[0].strip().islower() and all(word.lower() in words("eponym_words") for word in named)
    if behind and (not any(map(_may_be_called, named)) or (small and "/" in sign[0] and len(named) < 2)):
        return None
    first = None
    for word in reversed(list(NAME_WORD.finditer(text, start, sign.start()))):
        if not _may_be_called(word[0]):
            break
        first = word.start()
    if first is None:
        return (start, stop) if sign.start() <= start and sign[0].strip()[0].isupper() else None
    ahead = text[first : sign.start()].split()
    few = sign[0].strip() == "b." and len(ahead) < 2
    return None if few or (ahead[-1].isalpha() and len(ahead[-1]) < 2) else (first, stop)


def party(text: str, start: int, end: int) -> Spot:
    """Keep a party of a case: one of its words at least is no common one, or all of them are names too.

    Drugs, tests and abbreviations that are set against each other are none: `CT v. MRI`, `Viral v Bacterial`.
    """
    found = list(NAME_WORD.finditer(text, start, end))
    while found and found[0][0].lower() in words("leads", "court_leads", "joiners"):
        found.pop(0)
    kinds = words("eponym_words", "nobody", "labels", "headings", "scales")
    named = [word[0] for word in found if len(word[0].rstrip(".")) > 1]
    dotted = bool(DOTTED.fullmatch(text, start, end))
    if not found or any(word.lower() in of_the_trade() for word in named):
        return (start, end) if dotted else None
    told = [
        word for word in named if _may_be_called(word) and word.lower() not in kinds and word.lower() not in ambiguous()
    ]
    called = [word for word in named if word.lower() in words("names_that_are_words")]
    letters = all(word.isupper() and len(word) < 4 for word in named) and not text[start:end].isupper()
    if letters or re.search(r"[a-z]-[a-z]", text[start:end]) or not (told or (called and len(called) == len(named))):
        return (start, end) if dotted else None
    if len(named) == 1 and named[0].isupper() and len(named[0]) < 4:
        return None
    return found[0].start(), end


def accused(text: str, start: int, end: int) -> Spot:
    """Keep whom the State is against: the words up to the first that is common and no name."""
    found = person(text, start, end)
    return (
        found if found and not all(word.isupper() and len(word) < 4 for word in text[slice(*found)].split()) else None
    )


def initials_of_a_party(text: str, start: int, end: int) -> Spot:
    """Keep letters that a text tells of as of somebody, where they are no abbreviation, illness, label or heading."""
    value = text[start:end].lower()
    known = words("headings", "headings_of_things", "labels", "units_in_letters", "kinds_of_houses_in_letters")
    return None if value in known or value in never_names() else initials_of_a_person(text, start, end)


def irish_family(text: str, start: int, end: int) -> Spot:
    """Keep the last words that can all be of a name, `an` among them: `Nic an Bhaird`."""
    first = None
    for word in reversed(list(NAME_WORD.finditer(text, start, end))):
        if word[0] not in {"an", "AN"} and not _may_be_called(word[0]):
            break
        first = word.start()
    return None if first is None or " " not in text[first:end] else (first, end)


def _may_be_called(word: str) -> bool:
    """Say whether a word can be part of a name: no common word, no label, no heading and nobody's role."""
    low = word.lower().rstrip(".")
    return len(low) < 2 or not (low in never_names() or low in words("labels", "nobody", "no_value"))


def initials_of_a_person(text: str, start: int, end: int) -> Spot:
    """Keep two or three letters that are no abbreviation and no illness: `the child (LM)`, not `the child (CP)`."""
    value = text[start:end].replace(".", "").lower()
    return None if value in words("illnesses_in_letters") else initials(text, start, end)


def initials_in_a_row(text: str, start: int, end: int) -> Spot:
    """Keep two or three letters that are no abbreviation; behind others of a row, any: `LM and PM`."""
    return (start, end) if IN_A_ROW.search(text, max(0, start - ROW), start) else initials_of_a_person(text, start, end)


def hospital_in_letters(text: str, start: int, end: int) -> Spot:
    """Keep capitals that end in H for a hospital, unless they are an abbreviation of the trade."""
    low = text[start:end].lower()
    known = (
        low in of_the_trade() or low in never_names() or low in words("signs_of_nobody", "kinds_of_houses_in_letters")
    )
    return None if known else (start, end)


def place_of_a_clinic(text: str, start: int, end: int) -> Spot:
    """Keep a clinic with a town before it: one word that is no common one, no drug, no eponym and opens no sentence."""
    word = WORD.match(text, start)
    low = word[0].lower() if word else ""
    stem = low.removesuffix("s").rstrip("'\u2019")
    kinds = words("facility_generic", "names_of_kinds", "eponym_words", "headings", "nobody", "labels", "leads")
    if any(form in kinds or form in never_names() or form in ambiguous() for form in (low, stem)):
        return None
    if len(low) < len("Hove") or ADJECTIVE.search(low) or low in countries():
        return None
    return None if begins_sentence(text, start) and low.endswith(("s", "er")) else (start, end)


def prefixed_facility(text: str, start: int, end: int) -> Spot:
    """Keep a kind of health centre in letters with its place behind, where that is no common word."""
    names = [word[0].lower() for word in NAME_WORD.finditer(text, start, end)][1:]
    kinds = words("facility_generic", "names_of_kinds", "health_services")
    generic = (name in kinds or name in never_names() or name in ambiguous() or name in countries() for name in names)
    return None if all(generic) else (start, end)


def answered_place(text: str, start: int, end: int) -> Spot:
    """Keep what answers where somebody was, lives or works: no yes or no, no common word alone, no country."""
    found, unsaid = [word[0].lower() for word in WORD.finditer(text, start, end)], words("answers_of_nobody")
    common = words("leads", "joiners", "no_value", "nobody", "facility_generic", "names_of_kinds", "labels")
    plain = all(word in common or word in never_names() for word in found)
    return None if plain or text[start:end].lower() in countries() or found[0] in unsaid else (start, end)


def typed_by(text: str, start: int, end: int) -> Spot:
    """Keep letters of who dictated and who typed: capitals that are none of the trade, small ones that are no unit."""
    if text[start:end].islower():
        return None if text[start:end] in UNITS else (start, end)
    return initials_of_a_person(text, start, end)


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        court_and_place,
        place_and_court,
        and_others,
        child_of,
        irish_family,
        party,
        accused,
        initials_of_a_party,
        initials_in_a_row,
        initials_of_a_person,
        hospital_in_letters,
        place_of_a_clinic,
        prefixed_facility,
        answered_place,
        typed_by,
    )
}

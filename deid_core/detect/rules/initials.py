"""Functions that rules of rosters and of initials name: who is meant by a given name with an age, or by two letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from deid_core.detect.rules.people import NAME_WORD, is_common
from deid_core.detect.rules.trim import full_person, person, person_after_cue
from deid_core.detect.rules.words import CREDENTIALS, of_the_trade, words

Spot = tuple[int, int] | None
TWO_LETTERS = re.compile(r"[A-Z][a-z](?![\w'\u2019.])")
GENTLE = re.compile(r"\b(?:Mr|Mrs|Miss)\.?\s\Z")
BEHIND_GENTLE = frozenset({"or", "vs", "to"})
BEHIND_A_TITLE = frozenset(
    ["he", "we", "it", "is", "so", "no", "in", "my", "as", "at", "by", "if", "of", "on", "or", "to", "up", "us", "am"]
) | {"be", "me", "vs", "re", "pt", "go", "ok"}
UNITS_AS_WRITTEN = frozenset({"dB", "mA", "eV", "pH", "mL", "kV", "kPa", "pO", "pCO", "mV"})
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
    value = text[start:end]
    whole = re.sub(r"[\W_]", "", value.lower())
    parts = [part for part in re.split(r"[\W_]+", value.lower()) if len(part) > 1]
    known = words("signs_of_nobody", "no_value", "units_in_letters") | CREDENTIALS
    told = value not in UNITS_AS_WRITTEN and known.isdisjoint([*parts, whole])
    return (start, end) if told or ("." in value and whole not in CREDENTIALS) else None


def who_did_it(text: str, start: int, end: int) -> Spot:
    """Keep letters of who did something: no way to give it, no degree, unit or common word, none of the trade."""
    value = re.sub(r"[^\w]", "", text[start:end]).lower()
    known = words("signs_of_nobody", "no_value", "devices", "units_in_letters") | CREDENTIALS
    first = re.split(r"[\W_]", text[start:end], maxsplit=1)[0].lower()
    plain = text[start:end].islower() and is_common(value)
    unit = text[start:end] in UNITS_AS_WRITTEN or value in known or (len(first) > 1 and first in known)
    mixed = not (text[start:end].isupper() or text[start:end].islower())
    return None if plain or unit or (value in of_the_trade() and not mixed) else (start, end)


def family_and_initials(text: str, start: int, end: int) -> Spot:
    """Keep a family's name with initials before or behind it: neither is a common word or of the trade."""
    names = text[start:end].split()
    letters, family = sorted(names, key=lambda name: not name.isupper())
    known = words("eponym_words", "headings", "nobody", "labels")
    nobody = words("signs_of_nobody", "units_in_letters", "illnesses_in_letters")
    told = not is_common(family) and family.lower() not in known and letters.lower() not in nobody
    return (start, end) if told else None


def person_by_place(text: str, start: int, end: int) -> Spot:
    """Keep who stands where only people do, an eponym too: `to Osgood`, not `to Crohn patients` or `to OR`."""
    found = person(text, start, end)
    if found is None:
        return None
    names = text[slice(*found)].split()
    behind = re.match(r"['\u2019]?s?[ ]([a-z]+)", text[found[1] : found[1] + LOOSE])
    known = words("headings", "nobody", "labels", "facility_generic", "alone")
    nobody = all(is_common(name) or name.lower() in known or (name.isupper() and len(name) < 5) for name in names)
    return None if nobody or (behind and behind[1] in words("eponym_heads")) else found


def titled_person(text: str, start: int, end: int) -> Spot:
    """Keep a name behind a title; a family's name of two letters too, though it is a word: `Mrs Ng`, `Mr So`.

    Behind a doctor's a sentence may begin: `saw the Dr. He said`.
    """
    found, first = person(text, start, end), TWO_LETTERS.match(text, start, end)
    if found or not first:
        return found
    gentle = GENTLE.search(text[max(0, start - 8) : start])
    if first[0].lower() in (BEHIND_GENTLE if gentle else BEHIND_A_TITLE):
        return None
    rest = person(text, first.end() + 1, end) if text[first.end() : first.end() + 1] == " " else None
    return start, rest[1] if rest and rest[0] == first.end() + 1 else first.end()


def name_before_a_role(text: str, start: int, end: int) -> Spot:
    """Keep who has a role behind a stroke: an eponym too, but no word of the trade and no department."""
    found = person(text, start, end)
    if found is None or found[1] < end:
        return None
    names = text[slice(*found)].split()
    known = words("headings", "nobody", "labels", "signs_of_nobody", "facility_generic")
    plain = all(is_common(name) or name.lower() in known or name.isupper() for name in names)
    return None if plain else found


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


def person_of_a_file(text: str, start: int, end: int) -> Spot:
    """Keep a person's family and initial, or initials and a day, in the name of a file or folder: `szabo_f`.

    Two words are somebody's where one of a report, letter or scan stands beside them: `smith-john-mri`.
    """
    known = words("words_of_files", "headings", "headings_of_things", "nobody", "organisms")
    for part in re.finditer(r"[^/\\:]+", text[start:end]):
        found = list(re.finditer(r"[^\W\d_]+", part[0]))
        told = {piece.start() for piece in found if _is_somebody(piece[0], known)}
        kinds = any(piece[0].lower() in words("words_of_documents") for piece in found)
        at = start + part.start()
        for first, second in pairwise(found):
            apart = part[0][first.end() : second.start()]
            letter = len(second[0]) == 1 and first.start() in told and len(first[0]) > 3
            ahead = len(first[0]) == 1 and second.start() in told and len(second[0]) > 3
            whole = part[0][second.end() : second.end() + 1].isdigit() or part[0][max(0, first.start() - 1)].isdigit()
            if (
                len(apart) == 1
                and not whole
                and (letter or ahead or (kinds and {first.start(), second.start()} <= told))
            ):
                return at + first.start(), at + second.end()
        dated = re.match(r"([A-Z]{2,3})[_-]((?:19|20)?\d{6})(?!\d)", part[0])
        if dated and not (
            dated[1].lower() in of_the_trade()
            or dated[1].lower() in words("signs_of_nobody", "illnesses_in_letters")
            or dated[1].lower() in known
        ):
            return at, at + dated.end()
    return None


def _is_somebody(piece: str, known: frozenset[str]) -> bool:
    low = piece.lower()
    return len(piece) > 2 and not is_common(low) and low not in known and low not in words("words_of_documents")


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
        who_did_it,
        family_and_initials,
        name_before_a_role,
        titled_person,
        person_by_place,
        person_of_a_file,
        legend,
        british_plate,
        house_of_a_unit,
        spelt,
        spelt_apart,
        quoted,
    )
}

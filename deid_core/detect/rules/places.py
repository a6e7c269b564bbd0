"""Functions that rules of places name: what is a city, a country, a facility's own name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

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
BEHIND, LONG_WORD = 6, 26  # words before a kind of body that can belong to its name, and their letters
SHORT, JOINING = frozenset({"St.", "Mt.", "Ste.", "Ft."}), frozenset({"and", "&", "of", "the", "de", "del", "la", "y"})
ACRONYM = 4  # a lone word in capitals up to this length is more likely an abbreviation
WORD = re.compile(r"[^\s,]+")
NO_SAINT = re.compile(r"(?i)\b(?:wort|vitus|jude (?:valve|device)|segment|elevation|depression)")
STOPPED = re.compile(r"[ ]?(?:[.,;)?!\r\n]|\Z|(?:for|with|by|on|at|yesterday|today|last|this|in|after|when|and)\b)")
TITLED = re.compile(r"(?i)\b(?:drs?|prof(?:essor)?|mr|mrs|ms|miss|nurse|sister|sir|judge|justice|officer)\.?\s\Z")


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
        and _low(kept[0]) in never_names()
        and _low(kept[0]) not in words("facility_generic")  # asked so, since a difference of sets costs 0.2 ms
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


def street_in_small_letters(text: str, start: int, end: int) -> Spot:
    """Keep a street in small letters with its kind cut short where a word of its name is its own, or a usual one."""
    names = [low for word in WORD.finditer(text, start, end) if (low := _low(word)).isalpha() and len(low) > 1][:-1]
    told = names and (names[0] in words("streets") or any(low not in never_names() for low in names))
    clinical = words("clinical_terms")
    return (start, end) if told and not any(low in clinical or low in LEADS for low in names) else None


def street_abroad(text: str, start: int, end: int) -> Spot:
    """Keep a street abroad: with a number, or of a word that is no way in the body or of giving a drug (`via`)."""
    value = text[start:end]
    return (
        (start, end) if any(map(str.isdigit, value)) or not value.lower().startswith(("via ", "c/", "plaza ")) else None
    )


def no_year(text: str, start: int, end: int) -> Spot:
    """Keep a post code of four or five digits that is no year of this time."""
    return None if re.fullmatch(r"(?:19|20)\d\d", text[start:end]) else (start, end)


def with_a_number(text: str, start: int, end: int) -> Spot:
    """Keep a road that is named by its number."""
    return (start, end) if any(map(str.isdigit, text[start:end])) else None


def after_town(text: str, start: int, end: int) -> Spot:
    """Keep digits behind a capitalised word that is no common one, as a post code stands behind its town."""
    before = re.search(r"([^\W\d_]+)[ ]?[-\u2013,]?[ ]?\Z", text[max(0, start - 26) : start])
    low = before[1].lower() if before else ""
    return (start, end) if low and low not in never_names() and low not in ambiguous() else None


def not_a_dose(text: str, start: int, end: int) -> Spot:
    """Keep a post code in small letters that is no dose or time: `e1 1mg`, `s1 2nd`."""
    value = text[start:end]
    counted = value[-2:] in {"mg", "ml", "nd", "rd", "th", "st", "pm", "am", "hr", "wk"}
    return (start, end) if value.islower() and not counted else None


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


@cache
def _ordinary() -> frozenset[str]:
    return never_names() | words("facility_generic", "joiners", "leads", "names_of_kinds")


def _own(kept: list[re.Match[str]]) -> bool:
    """Say whether one of some words is a name's own: no common word, none of medicine, no State and no country."""
    ordinary = _ordinary()
    for word in kept:
        low = _low(word)
        if low not in ordinary and len(low) > 1 and not low.isdigit():
            stem = low.removesuffix("s").removesuffix("'")
            if stem == low or "'" not in low or stem not in ordinary:
                return True
    return False


def own_name(text: str, start: int, end: int) -> Spot:
    """Keep a body's name from its first word of its own, where one word of it, not its kind, is no common one."""
    found = facility(text, start, end)
    kept = list(WORD.finditer(text, *found))[:-1] if found else []
    return found if kept and _own(kept) else None


def named_body(text: str, start: int, end: int) -> Spot:
    """Keep a body's name whose words are not all of those that say what kind of body it is."""
    found = facility(text, start, end)
    kept = list(WORD.finditer(text, *found)) if found else []
    kinds = words("facility_generic", "clinical_terms", "joiners", "leads", "names_of_kinds")
    named = [word for word in kept[:-1] if _low(word) not in kinds] or (kept if _own(kept) else [])
    return found if named else None


def own_facility(text: str, start: int, end: int) -> Spot:
    """Keep a facility's name as `own_name` does, and no physician's before a speciality."""
    found = own_name(text, start, end)
    titled = found and TITLED.search(text[max(0, found[0] - 12) : found[0]])
    return None if titled else found


def behind(text: str, start: int) -> int:
    """Return where the words begin that stand right before a kind of body and belong to its name.

    They are capitalised, at most six, on its line, with no stop between; small words join them but begin none.
    """
    first = at = start
    for _ in range(BEHIND):
        floor = max(0, at - LONG_WORD)
        if text[at - 1 : at] != " " or at < 2:
            break
        before = max(text.rfind(" ", floor, at - 1), text.rfind("\n", floor, at - 1))
        if before < 0 and floor:
            break
        word_at = before + 1
        word = text[word_at : at - 1]
        if not word or (word[-1] in ",.;:)|?!" and word not in SHORT):
            break
        if word[0] in '("\u201c[' and word[1:2].isupper():
            return word_at + 1
        if word[0].isupper():
            first = word_at
        elif word not in JOINING or (at == start and word in {"of", "the"}):
            break
        at = word_at
    return first


def _behind_own(text: str, start: int) -> int:
    """Return where the words before a kind of body begin, or its own place where none of them is a name's own."""
    first = behind(text, start)
    if _ordinary().issuperset(text[first:start].lower().split()):
        return start
    return first if _own(list(WORD.finditer(text, first, start))) else start


def behind_own_name(text: str, start: int, end: int) -> Spot:
    """Keep a kind of body with the words before it as `own_name` does."""
    first = _behind_own(text, start)
    return own_name(text, first, end) if first < start else None


def behind_named_body(text: str, start: int, end: int) -> Spot:
    """Keep a kind of body with the words before it as `named_body` does."""
    first = behind(text, start)
    return named_body(text, first, end) if first < start else None


def behind_own_facility(text: str, start: int, end: int) -> Spot:
    """Keep a kind of facility with the words before it as `own_facility` does."""
    first = _behind_own(text, start)
    return own_facility(text, first, end) if first < start else None


def behind_numbered(text: str, start: int, end: int) -> Spot:
    """Keep an institution by its number, with the words before it that belong to its name."""
    found = facility(text, behind(text, start), end)
    return (min(found[0], start), end) if found else (start, end)


def body_after_cue(text: str, start: int, end: int) -> Spot:
    """Keep an employer's or a school's name to the end of its sentence: a common word alone is none."""
    found = organisation(text, start, end)
    if found is None:
        return None
    kept = list(WORD.finditer(text, *found))
    if TITLED.match(kept[0].group() + " "):
        return None
    low = text[slice(*found)].lower()
    several = (
        sum(_low(word) not in words("clinical_terms", "facility_generic", "joiners", "leads") for word in kept) > 1
    )
    if low in countries() or low in MONTHS or (found[1] - found[0] <= ACRONYM and text[slice(*found)].isupper()):
        return None
    return found if several or _own(kept) else None


def saint(text: str, start: int, end: int) -> Spot:
    """Keep a place called for a saint or a mount, as far as its words are capitalised; a wort or a dance is none."""
    value = re.sub(r"[ \-](?:of|the|&|and)\Z", "", text[start:end])
    return None if NO_SAINT.search(value) else (start, start + len(value))


def place_moved_to(text: str, start: int, end: int) -> Spot:
    """Keep where somebody was moved to, unless it is a speciality, a kind of ward or a country."""
    kept = list(WORD.finditer(text, start, end))
    last = len(kept)
    for place_of, word in enumerate(kept):
        if word.group().endswith((".", ";", ":", ")")):
            last = place_of + 1
            break
    kept = kept[:last]
    final = kept[-1].start() + len(kept[-1].group().rstrip(".,;:)?!"))
    value = text[kept[0].start() : final]
    if (value.isupper() and len(value) <= ACRONYM + 1) or value.lower() in countries() or _low(kept[0]) in MONTHS:
        return None
    kinds = words("clinical_terms", "facility_generic", "joiners", "leads", "names_of_kinds")
    lone = STOPPED.match(text, final) and all(_low(word) not in kinds and len(_low(word)) > ACRONYM for word in kept)
    return (kept[0].start(), final) if lone or _own(kept) else None


def facility_abroad(text: str, start: int, end: int) -> Spot:
    """Keep a facility's name in another language without the small words at its end."""
    value = re.sub(r"(?:[ ](?:de la|de los|de|del|da|do|dos|das|di|du|des|ng|y|e|la|le|el))+\Z", "", text[start:end])
    return (start, start + len(value)) if " " in value else None


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
        street_in_small_letters,
        street_abroad,
        no_year,
        with_a_number,
        after_town,
        not_a_dose,
        address_line,
        labelled_place,
        organisation,
        own_name,
        behind_own_name,
        behind_named_body,
        behind_own_facility,
        behind_numbered,
        named_body,
        own_facility,
        body_after_cue,
        saint,
        place_moved_to,
        facility_abroad,
    )
}

"""Functions that rules name: each takes a candidate [start, end) of a text, and narrows, widens or refuses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from deid_core.detect import checks
from deid_core.detect.rules import days
from deid_core.detect.rules.numbers import is_told
from deid_core.detect.rules.people import NAME_WORD, called, is_ambiguous, is_common
from deid_core.detect.rules.words import CREDENTIALS, PARTICLES, ambiguous, words

Spot = tuple[int, int] | None
REST_OF_URL = re.compile(r"[^\s<>\"'|]{0,4096}")
ACRONYM = 4  # a lone word in capitals up to this length is more likely an abbreviation
APART = 4  # characters that stand apart, at least
NEIGHBOURHOOD = 30
TALK = 2_000  # code points around a turn of a talk in which its speaker speaks again
SMALL_WORD = re.compile(r",? (?!and\b)[a-z]")
DATE_SHAPE = re.compile(r"\d{1,4}[./\-]\d{1,2}[./\-]\d{2,4}|\d{1,2}[\-/]?[A-Za-z]{3}[\-/]?\d{2,4}")
CLINICAL_CODE = re.compile(r"(?i)(?:covid|sars|icd|cpt|loinc|ndc|cas|dsm|snomed|hla|nct|t\d|[clst]\d{1,2}-[clst]?\d)")
COUNTED = re.compile(
    r"(?i)(?:[ ,]{1,2}(?:and )?(?:second|third|fourth|fifth))*[ ,]{1,2}(?:and \w{1,12} )?"
    r"(?:second|third|fourth|fifth|centile|percentile|rib|toe|finger|digit|mtp|line|degree)"
)
APART_BEFORE = re.compile(r"(?<![\w.'\u2019])(?:[A-Za-z](?:[ ]as[ ]in[ ][A-Za-z]{2,10})?(?:,?[ ]|-)){1,3}\Z")
LETTER_BEFORE = re.compile(r"(?<![\w.'\u2019])(?:[B-HJ-Zb-hj-z](?:[ ]as[ ]in[ ][A-Za-z]{2,10})?,?[ ]){1,3}\Z")
DIGITS_SAID = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DATED = re.compile(r"(?i)\b(?:on|since|until|till|due|dated|is|was|from|b-?day|birthday|born|dob|edd|lmp):? \Z")
DATED_FIRST = re.compile(r"(\d{1,4}([/.\-])\d{1,2}\2\d{2,4})(?!\d)(?![ ]?[\-./]?\d{3,4}[\-. ]\d)")
LABEL_FIRST = re.compile(r"(?:[A-Za-z]{2,8}\.?[ ]{1,2}){1,2}(?=[\w\-]*\d)")
READ_AS = str.maketrans("OoIl|SBZ", "00111582")
DOES = re.compile(
    r",? (?:who|is|was|has|live[sd]?|phoned|called|rang|sa(?:id|ys)|found|attended|came|told|does|died)\b"
)
TOWN_CUE = re.compile(r"(?i)\b(?:in|from|near|at|of)\s\Z")  # "in Baltimore, MD" is a place, not a physician


def person(text: str, start: int, end: int) -> Spot:
    """Keep the words that can be a name after a title or a name's own label."""
    found = called(text[start : end + 1], end - start)
    return None if found is None else (start + found[0], start + found[1])


def _stands_in_prose(text: str, start: int, names: list[str]) -> bool:
    """Say whether one capitalised word follows its cue as in `his son Mark`, not as in `Mother: Graves`."""
    after_word = text[start - 1 : start] == " " and text[max(0, start - 2)].islower()
    if not after_word or len(names) != 1 or not names[0].istitle():
        return False
    return names[0].lower() in words("names_that_are_words") or bool(
        DOES.match(text, text.find(names[0], start) + len(names[0]))
    )


def person_after_cue(text: str, start: int, end: int) -> Spot:
    """Keep what can be a name after a cue that is no name's label: not a lone word or abbreviation."""
    found = person(text, start, end)
    if found is None:
        return None
    names = [
        word for word in NAME_WORD.findall(text, *found) if len(word.rstrip(".")) > 1 and word.lower() not in PARTICLES
    ]
    if not names or (all(is_ambiguous(name) for name in names) and not _stands_in_prose(text, found[0], names)):
        return None
    if len(names) > 1:
        return None if all(name.lower() in words("nobody", "alone") for name in names) else found
    asked = text[found[1] : found[1] + 1] in {"?", "!"} and text[start - 2 : start] == ": "
    told = SMALL_WORD.match(text, found[1]) and _is_a_turn(text, start)
    if asked or told or names[0].lower() in words("nobody", "alone"):
        return None  # a turn of a talk that is one word
    around = text[max(0, start - NEIGHBOURHOOD) : end + NEIGHBOURHOOD]
    if names[0].isupper() and (len(names[0]) <= ACRONYM or any(char.islower() for char in around)):
        return None
    return found


def _is_a_turn(text: str, start: int) -> bool:
    """Say whether what stands before is a speaker, who speaks again near by: `Nurse: Pabrinex is up`."""
    line = text.rfind("\n", max(0, start - NEIGHBOURHOOD), start)
    speaker = text[line + 1 : start].rstrip()
    if not speaker.endswith(":"):
        return False
    low = max(0, start - TALK)
    return text.count(f"\n{speaker}", low, start + TALK) + text.startswith(speaker, low) > 1


def headed_person(text: str, start: int, end: int) -> Spot:
    """Keep all of what stands behind a label on a line of its own, where one word of it at least is uncommon.

    A family may be called Pain and a child An: on a header line the layout says more than the words.
    """
    names = [word for word in NAME_WORD.findall(text, start, end) if len(word.rstrip(".")) > 1]
    known = [name for name in names if is_common(name.rstrip(".").lower())]
    return (start, end) if len(names) > 1 and len(known) < len(names) else None


def full_person(text: str, start: int, end: int) -> Spot:
    """Keep what can be a name of two words or more, as far as it is one."""
    found = person_after_cue(text, start, end)
    if found is None or len(NAME_WORD.findall(text, *found)) < 2:
        return None
    return found


def whole_person(text: str, start: int, end: int) -> Spot:
    """Keep a name of two words or more where every word of the candidate can be one."""
    found = full_person(text, start, end)
    return found if found is not None and found[1] >= end - 1 else None


def low_person(text: str, start: int, end: int) -> Spot:
    """Keep a line of words in lower case where none is common or a word that is also a name."""
    found = person_after_cue(text, start, end)
    return found if found == (start, end) else None


def last_words(text: str, start: int, end: int) -> Spot:
    """Keep the last words of a candidate that can all be names, as before a credential."""
    kept: list[re.Match[str]] = []
    found = list(NAME_WORD.finditer(text, start, end))
    while len(found) > 1 and found[-1].group().isupper() and found[-1].group().lower() in CREDENTIALS:
        found.pop()
        end = found[-1].end()
    for word in reversed(found):
        low = word.group().rstrip(".").lower()
        if (len(low) > 1 and low not in PARTICLES and is_common(low)) or any(char.isdigit() for char in low):
            break
        kept.insert(0, word)
    while kept and kept[0].group().lower() in PARTICLES and kept[0].group() != kept[0].group().capitalize():
        if len(kept) == 1:
            break
        return kept[0].start(), end
    if len(kept) == 1 and kept[0].group().isupper() and len(kept[0].group()) <= ACRONYM:
        around = text[max(0, start - NEIGHBOURHOOD) : end + NEIGHBOURHOOD]
        if any(char.islower() for char in around):
            return None
    names = [word for word in kept if len(word.group().rstrip(".")) > 1 and word.group().lower() not in ambiguous()]
    if names and TOWN_CUE.search(text[max(0, start - 8) : start]) and names[0].group().lower() in words("cities_md_pa"):
        return None
    return (kept[0].start(), end) if names or len(kept) > 1 else None


def pn(text: str, start: int, end: int) -> Spot:
    """Keep a DICOM or HL7 name of letters, without empty components at its end."""
    value = text[start:end].rstrip("^ ")
    return (start, start + len(value)) if any(char.isalpha() for char in value) and "^" in value else None


def identifier(text: str, start: int, end: int) -> Spot:
    """Keep an identifier with a digit in it, cut before the next sentence or a date."""
    label = LABEL_FIRST.match(text, start, end)
    if label and all(word.strip(".").lower() in words("number_labels") for word in label[0].split()):
        start = label.end()
    value = re.split(r"[./](?=[A-Za-z]{3,})|[/.]\Z", text[start:end], maxsplit=1)[0]
    dated = label and label.end() == start and DATE_SHAPE.fullmatch(value)
    kept = len(value) > 2 and any(char.isdigit() for char in value) and not dated and not is_told(value)
    return (start, start + len(value)) if kept else None


def coded(text: str, start: int, end: int) -> Spot:
    """Keep a code that stands behind a cue alone: four digits, or two in five characters with a letter or a sign.

    A year, a date, a decimal or a fraction is none.
    """
    found = identifier(text, start, end)
    if found is None:
        return None
    value = text[found[0] : found[1]]
    digits = sum(map(str.isdigit, value))
    plain = re.fullmatch(r"(?:19|20)\d\d|(?!\d\d\d?\.\d\d[1-9]\Z)\d{1,5}[.,]\d+|\d{1,3}[/\-]\d{1,3}", value)
    if plain or DATE_SHAPE.fullmatch(value) or CLINICAL_CODE.match(value):
        return None
    return found if digits > 3 or (digits > 1 and len(value) > 4 and not value.isdigit()) else None


def structured(text: str, start: int, end: int) -> Spot:
    """Keep a code of three groups or more with a letter, four digits, and three of them in a row."""
    value = text[start:end]
    whole = re.search(r"[A-Z]", value) and re.search(r"\d{3}", value) and sum(map(str.isdigit, value)) > 3
    return (start, end) if whole and not CLINICAL_CODE.match(value) and not DATE_SHAPE.match(value) else None


def mixed(text: str, start: int, end: int) -> Spot:
    """Keep letters and digits that take turns three times or more, with five digits and two letters at least."""
    value = text[start:end]
    digits, turns = sum(map(str.isdigit, value)), len(re.findall(r"\d+|[A-Z]+", value))
    return (start, end) if digits > 4 and len(value) - digits > 1 and turns > 3 else None


def plate(text: str, start: int, end: int) -> Spot:
    """Keep a vehicle's plate: five characters or more, of letters and digits both."""
    bare = checks.bare(text[start:end])
    return (start, end) if len(bare) > 4 and not bare.isdigit() and not bare.isalpha() else None


def not_counted(text: str, start: int, end: int) -> Spot:
    """Keep digits in words that do not count upwards by one and are not all the same."""
    said = [DIGITS_SAID.index(word) for word in re.findall(r"[a-z]+", text[start:end].lower()) if word in DIGITS_SAID]
    counted = all(later - sooner == 1 for sooner, later in pairwise(said))
    letter = LETTER_BEFORE.search(text[max(0, start - NEIGHBOURHOOD) : start])
    first = start - len(letter[0]) if letter else start
    return None if len(said) > 1 and (counted or len(set(said)) == 1) else (first, end)


def apart(text: str, start: int, end: int) -> Spot:
    """Keep characters that stand apart, with letters before them; digits up to five are grades of strength."""
    digits = [int(char) for char in re.findall(r"\b\d\b", text[start:end])]
    ahead = APART_BEFORE.search(text[max(0, start - NEIGHBOURHOOD) : start])
    first = start - len(ahead[0]) if ahead else start
    graded = max(digits) < 6 and not ahead and not re.search(r"[A-Z]", text[start:end])
    counted = all(later > sooner for sooner, later in pairwise(digits))
    few = len(re.findall(r"\b[A-Z0-9]\b", text[first:end])) < APART
    return None if len(digits) < 2 or few or graded or counted else (first, end)


def short_identifier(text: str, start: int, end: int) -> Spot:
    """Keep the number of a room: three characters or more with a digit; fewer say where on a ward, not who."""
    value = checks.bare(text[start:end])
    return (start, end) if len(value) > 2 and any(map(str.isdigit, value)) else None


def numbers(text: str, start: int, end: int) -> Spot:
    """Keep digits that are a real date: three numbers, or eight digits with the year first."""
    value = text[start:end]
    if len(value) >= 8 and checks.is_digits(value):
        parts = [value[:4], value[4:6], value[6:8]]
    else:
        parts = [part for part in re.split(r"\D+", value) if part]
    return (start, end) if checks.real_numbers(parts) else None


def any_date(text: str, start: int, end: int) -> Spot:
    """Keep a date that names its month, or whose numbers are a real date."""
    return (start, end) if re.search(r"[^\W\d_]{3}", text[start:end]) else numbers(text, start, end)


def phone(text: str, start: int, end: int) -> Spot:
    """Keep 7 to 15 digits, without an extension counted, that are no date."""
    dated = DATED_FIRST.match(text, start, end)
    if dated and numbers(text, *dated.span(1)):
        return None
    parts = [int(part) for part in re.findall(r"\d+", text[start:end])]
    if len(parts) > 2 and all(part % 50 == 0 and part for part in parts):
        return None
    digits = checks.bare(re.split(r"(?i)[,;]?\s{0,2}e?xt?", text[start:end], maxsplit=1)[0]).translate(
        str.maketrans("", "", "()+")
    )
    return (start, end) if 7 <= len(digits) <= 15 and checks.is_digits(digits) else None


def worn_phone(text: str, start: int, end: int) -> Spot:
    """Keep a telephone's digits of which some, but no more than half, were read as letters."""
    value = checks.bare(re.sub(r"[()+]", "", text[start:end]))
    digits = sum(map(str.isdigit, value))
    return (start, end) if 7 <= len(value) <= 15 and len(value) // 2 <= digits < len(value) else None


def seven_digits(text: str, start: int, end: int) -> Spot:
    """Keep a local number that is no range of round figures."""
    first, last = text[start : start + 3], text[end - 4 : end]
    return None if last.endswith("00") and first.endswith(("0", "5")) else (start, end)


def url(text: str, start: int, end: int) -> Spot:
    """Keep an address to its end, without the punctuation that ends its sentence."""
    rest = REST_OF_URL.match(text, end) if "/" in text[start:end] else None
    end = rest.end() if rest else end
    return start, start + len(text[start:end].rstrip(".,;:!?)]}'\"\u2019”"))


def day_after_the(text: str, start: int, end: int) -> Spot:
    """Keep a day of the month that no part of the body, grade or centile is counted by."""
    return None if COUNTED.match(text, end) else (start, end)


def worn(text: str, start: int, end: int) -> Spot:
    """Keep a date whose digits were read as letters, or that has blanks in it, where it is real once put right."""
    value = text[start:end]
    parts = [part.strip() for part in re.split(r"[/.,\-]", value.translate(READ_AS))]
    worn_out = re.search(r"[^0-9/]", value) and any(map(str.isdigit, value))
    return (start, end) if worn_out and checks.real_numbers(parts) else None


def not_modal(text: str, start: int, end: int) -> Spot:
    """Keep a month beside a day unless it is a verb in lower case: `may 1`, `march 2 miles`."""
    modal = re.search(r"(?:may|march|mar)\b", text[start:end])
    told = modal and (
        re.search(r"\d(?:st|nd|rd|th)\b", text[start:end]) or DATED.search(text[max(0, start - 12) : start])
    )
    return None if modal and not told else (start, end)


def age_sex(text: str, start: int, end: int) -> Spot:
    """Keep two or three digits before a sex that are no temperature, French size or dose."""
    before, after = text[max(0, start - 24) : start].lower(), text[end : end + 12]
    measured = re.search(
        r"(?:temp(?:erature)?|fever|tmax|t|to|of|at|size|catheter|sheath|foley|french|[a-z] ?=)[ :]{0,2}\Z", before
    )
    degrees = re.match(r"[ ]?[Ff]r|[ ]?[mf]\b|[ ]?F[ ](?:temp|fever|oral|tmax)", after)
    return None if measured or degrees else (start, end)


def _checked(check: Callable[[str], bool]) -> Callable[[str, int, int], Spot]:
    return lambda text, start, end: (start, end) if check(text[start:end]) else None


def not_version(text: str, start: int, end: int) -> Spot:
    """Keep four numbers that are an address and are not called a version."""
    before = text[max(0, start - 16) : start].lower()
    called = re.search(r"(?:version|ver|software|firmware|build|release|rev|v)\.?\s?\Z", before)
    return (start, end) if not called and checks.address(text[start:end]) else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    **days.TRIMS,
    **{
        function.__name__: function
        for function in (person, person_after_cue, headed_person, full_person, whole_person, low_person, last_words)
    },
    **{
        function.__name__: function
        for function in (
            pn,
            identifier,
            coded,
            structured,
            mixed,
            plate,
            not_counted,
            apart,
            short_identifier,
            day_after_the,
            worn,
            numbers,
            any_date,
            not_modal,
            age_sex,
        )
    },
    **{function.__name__: function for function in (phone, worn_phone, seven_digits, url, not_version)},
    **{
        f"checked_{check.__name__}": _checked(check)
        for check in (checks.ssn, checks.npi, checks.dea, checks.mbi, checks.vin)
    },
    **{
        f"checked_{check.__name__}": _checked(check)
        for check in (checks.credit_card, checks.iban, checks.imei, checks.address, checks.dni, checks.nass)
    },
}

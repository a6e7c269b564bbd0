"""Functions that rules of wards, clinics and offices name: what a ward is called, which clinic a number tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from deid_core.detect.rules.cited import ADJECTIVE
from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.places import TITLED, behind
from deid_core.detect.rules.words import LEADS, MONTHS, ambiguous, countries, never_names, states, words

Spot = tuple[int, int] | None
WORD = re.compile(r"[^\s,]+")
LONG_ENOUGH = 6
LONE = frozenset(
    {"peds", "paeds", "derm", "obgyn", "ob/gyn", "obs/gynae", "cboc", "vamc"}
)  # one word before them makes a house
CARDS = re.compile(r"(?i)[ ](?:debit |credit )?(?:cards?\b|ending\b|ends\b|x+\d|\*|#|statement|account)")
PLANS = "medicare medicaid commercial private dental vision medical silver gold bronze platinum standard basic"
PLANS += " insurance plan advantage in-network network"
PLANS_OF_NOBODY = frozenset(f"{PLANS} managed marketplace state employer ins ppo hmo has new old blue".split())
OF_VISAS = "student work tourist visitor travel entry exit transit spouse spousal fiance fiancee immigrant residence"
OF_VISAS += " schengen temporary permanent expired"
NO_BANK = frozenset(f"{OF_VISAS} h1b h-1b f1 j1 k1 u t diplomatic medical business holiday us uk eu".split())
NO_FORCE = frozenset({"baxter", "fresenius", "flair", "stir", "dopa", "tenckhoff", "parkinson", "parkinsons"})
ANSWERS = "no not yes idk dont don't know sure idea home here there none unsure"
ANSWERS += " nowhere somewhere anywhere remember forgot what why who alone myself with house apartment flat same"
NO_TOWN = frozenset(
    f"{ANSWERS} please help um uh ok okay thanks sorry maybe it its it's that this ma'am maam sir she he they".split()
)


@cache
def _plain() -> frozenset[str]:
    return never_names() | words("facility_generic", "joiners", "leads", "names_of_kinds", "eponym_words", "headings")


def _lows(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Return the words of [start, end) in lower case, with where each begins."""
    found = WORD.finditer(text, start, end)
    return [(word.start(), word.group().lower().replace("\u2019", "'").rstrip(".:;")) for word in found]


def _named(low: str) -> bool:
    """Say whether a word names a house or a ward: no common one, or one that such are called after."""
    stem = low.removesuffix("s").removesuffix("'")
    return len(low) > 1 and not low.isdigit() and (low in words("ward_names") or _plain().isdisjoint({low, stem}))


def _after_lead(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Return the words of [start, end) behind the last that leads to a name, without a sentence's first verb."""
    found = _lows(text, start, end)
    for place in range(len(found) - 1, -1, -1):
        if found[place][1] in LEADS - {"of", "and", "for"}:
            found = found[place + 1 :]
            break
    while found and found[0][1] in {"of", "and", "&", "for"}:
        found = found[1:]
    if len(found) > 1 and not _named(found[0][1]) and begins_sentence(text, found[0][0]):
        found = found if found[0][1] in words("names_of_kinds", "facility_generic") else found[1:]
    return found


def called_ward(text: str, start: int, end: int) -> Spot:
    """Keep a ward with the word that it is called by: no kind of ward, no common word; a tree in small letters."""
    found = _lows(text, start, end)
    names = [low for _, low in found[:-1]]
    called = all(low in words("ward_names") for low in names)
    own = text[start].isupper() and all(_named(low) and low not in ambiguous() for low in names)
    return (start, end) if names and (called or own) else None


def clinic_by_number(text: str, start: int, end: int) -> Spot:
    """Keep a clinic or a ward by its number where words before say which: `Cardiac Clinic 2`, not `Ward 2`."""
    kinds = words("names_of_kinds", "facility_generic", "clinical_terms", "ward_names") | {
        "fracture",
        "plaster",
        "chest",
    }
    found = _lows(text, behind(text, start), start)
    while found and not (found[0][1] in kinds or _named(found[0][1])):
        found = found[1:]
    told = [
        low
        for _, low in found
        if low not in {"the", "of", "and", "&", "clinic", "ward", "unit", "admission", "transfer"}
    ]
    return (found[0][0], end) if told else None


def house_before_letters(text: str, start: int, end: int) -> Spot:
    """Keep a house with a speciality or its kind in letters behind it: `Prairie Sky OB`, no physician's."""
    found = _after_lead(text, behind(text, start), start)
    kind = text[start:end].lower().split()[0]
    alone = found[0][1] if len(found) == 1 else ""
    enough = len(found) > 1 or kind in LONE or (len(alone) >= LONG_ENOUGH and not ADJECTIVE.search(alone))
    titled = found and TITLED.search(text[max(0, found[0][0] - 12) : found[0][0]])
    if not enough or titled or not any(_named(low) for _, low in found):
        return None
    return found[0][0], end


def practice_cut_short(text: str, start: int, end: int) -> Spot:
    """Keep a practice that ends in `Assoc.` or `Grp` with the words before that belong to it."""
    found = _after_lead(text, behind(text, start), start)
    return (found[0][0], end) if any(_named(low) for _, low in found) else None


def shop(text: str, start: int, end: int) -> Spot:
    """Keep where prescriptions go: a shop by its name or its letters, no common word and no kind of one."""
    found = _lows(text, start, end)
    if (
        not found
        or found[0][1] in {"noon", "midnight"}
        or not (_named(found[0][1]) or found[0][1] in {"cvs", "heb", "target", "boots", "well", "clicks", "giant"})
    ):
        return None
    return start, start + len(text[start:end].rstrip(".,;: "))


def plan_of_an_insurer(text: str, start: int, end: int) -> Spot:
    """Keep an insurer before its kind of plan: any name that is no kind of insurance itself."""
    found = _after_lead(text, behind(text, start), start)
    while found and (found[0][1] in PLANS_OF_NOBODY or found[0][1] in LEADS):
        found = found[1:]
    own = [low for _, low in found if low not in PLANS_OF_NOBODY and low not in words("clinical_terms", "labels")]
    return (found[0][0], end) if own else None


def bank_of_a_card(text: str, start: int, end: int) -> Spot:
    """Keep a bank before a kind of card; one word only where what follows speaks of a card; no visa to a country."""
    found = _after_lead(text, start, end)
    names = [low for _, low in found]
    abroad = any(low in NO_BANK or low in countries() or low.endswith(("ian", "ish", "ese")) for low in names)
    common = all(low in never_names() and low not in words("names_of_kinds") for low in names)
    if not names or abroad or common or (len(names) < 2 and not (CARDS.match(text, end) or _card_next(text, end))):
        return None
    return found[0][0], end


def _card_next(text: str, end: int) -> bool:
    behind_it = re.match(r"(?i)[ ](?:visa|master ?card|amex|debit|credit|checking|savings)", text[end : end + 14])
    return bool(behind_it and (CARDS.match(text, end + behind_it.end()) or behind_it[0].lower().strip() != "visa"))


def force(text: str, start: int, end: int) -> Spot:
    """Keep a police or fire force by its town or its letters before: no word of medicine."""
    found = _lows(text, start, end)[:-1]
    lead = [place for place, (_, low) in enumerate(found) if low in LEADS or low in never_names()]
    found = found[lead[-1] + 1 :] if lead else found
    named = found and all(_named(low) and low not in NO_FORCE and not any(map(str.isdigit, low)) for _, low in found)
    return (found[0][0], end) if named else None


def place_before_a_kind(text: str, start: int, end: int) -> Spot:
    """Keep a town before `fair`, `station` or `section`: no common word, no eponym, no country."""
    lows = [low for _, low in _lows(text, start, end)]
    if any(
        not _named(low) or "-" in low or low == "achilles" or low in countries() or low in MONTHS or low in ambiguous()
        for low in lows
    ):
        return None
    return None if {name.lower() for name in states().values()} & {" ".join(lows)} else (start, end)


def town_in_small_letters(text: str, start: int, end: int) -> Spot:
    """Keep what answers which town in small letters: no word of not knowing, none of a sentence."""
    lows = [low for _, low in _lows(text, start, end)]
    sentence = words("joiners", "leads", "answers_of_nobody", "no_value") | NO_TOWN
    return None if any(low in sentence for low in lows) or " ".join(lows) in countries() else (start, end)


def called_house(text: str, start: int, end: int) -> Spot:
    """Keep a hospital in small letters with a word before its kind that is no common one."""
    return (start, end) if _named(_lows(text, start, end)[0][1]) else None


def house_of_a_chain(text: str, start: int, end: int) -> Spot:
    """Keep a chain of hospitals with the place of one: no common word, no eponym and nothing of a trade."""
    lows = [low for _, low in _lows(text, start, end)][1:]
    own = lows and _named(lows[-1]) and not lows[-1].endswith(("surgery", "ology", "ation", "itis", "oma"))
    return (start, end) if own else None


def office_of_a_county(text: str, start: int, end: int) -> Spot:
    """Keep an office with the county before it, which is no common word."""
    found = _lows(text, start, end)
    named = [place for place, low in found if low not in never_names() and low not in words("names_of_kinds", "leads")]
    return (named[0], end) if named and text[named[0]].isupper() and found[0][1] != "cardiac" else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        called_ward,
        clinic_by_number,
        house_before_letters,
        practice_cut_short,
        shop,
        plan_of_an_insurer,
        bank_of_a_card,
        force,
        place_before_a_kind,
        town_in_small_letters,
        called_house,
        house_of_a_chain,
        office_of_a_county,
    )
}

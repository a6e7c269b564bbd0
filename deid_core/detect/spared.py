"""Leave alone what a model takes for an identifier though its words name nobody: drugs, public bodies, small words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deid_core.detect.eponyms import is_of_a_field, names_a_thing
from deid_core.detect.figures import is_figure
from deid_core.detect.rules.bodies import is_called_after, is_professional
from deid_core.detect.rules.days import is_no_day
from deid_core.detect.rules.words import CREDENTIALS, PARTICLES, never_names, of_the_trade, words
from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deid_core.model import Span

WORD = re.compile(r"[^\W_]+(?:[-'\u2019][^\W_]+)*")
NAME_PART = re.compile(r"[^\W\d_]+")
# what may stand between a person and the noun of what is called after him: `Harris hip score`
_KINDS = (
    "forearm elbow hip knee ankle shoulder wrist lumbar cervical chest gastric suction bulb urethral tunnell?ed double"
)
_KINDS += (
    " triple modified revised simplified closed open giant nerve node gas fall falls pressure pain risk depression"
)
_KINDS += " anxiety mania activity severity coma bundle rescue self-report universal toric wound ring cell bone skin"
EPONYM_HEAD = re.compile(rf"(['\u2019]s?)?\s(?:(?:{'|'.join(_KINDS.split())})\s)?([a-z]+)\b", re.IGNORECASE)
TITLE = re.compile(r"\b(?:m(?:r|rs|s|x)|miss|dr|prof|sir|nurse|sister|pt|patient|doctor)\b\.?\s*$", re.IGNORECASE)
DOSE = re.compile(r"\d\s?(?:m?c?g|m?l|units?|u|iu|meq|tabs?|caps?|puffs?|drops?|gtts?)\s*$", re.IGNORECASE)
_ROUTES = "po iv im sc sq sl pr pv ng og gt td it ip in io bd od on tds qds prn"  # and how often
ROUTES = frozenset(_ROUTES.split())
# a name, or several, and a grade: a Roman number or a letter that is no initial
GRADE = r"[IVX]{1,4}[A-Ca-c]?|[1-6]|[A-F]"
GRADED = re.compile(rf"[^\W\d_]+(?:[-/\u2013\s][^\W\d_]{{3,}})*(?=\s(?:{GRADE})(?!\w|\.\s*\w|/\d))")
PLACES_OF_WORK = frozenset({EntityType.ORGANISATION, EntityType.FACILITY})
PLACES = PLACES_OF_WORK | {EntityType.CITY, EntityType.COUNTY, EntityType.STATE, EntityType.COUNTRY}
CALLED = PLACES_OF_WORK | {EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME, EntityType.CITY}
ARTICLE = re.compile(r"(?i)\b(?:the|an?|this|that|each|every|any|our|its) \Z")
_HOUSEHOLD = "family|household|residence|house|home|twins?|boys?|girls?|children|kids|baby|brothers|sisters"
HOUSEHOLD = re.compile(rf" (?:{_HOUSEHOLD})\b")
GENUS = re.compile(r"([A-Z])(?:\. ([A-Za-z]{4,}))?")
SPECIES = re.compile(r"\. ([A-Za-z]{4,})\b")  # after a letter: `H. pylori`
GENERA = re.compile(r"\b[A-Z][a-z]{4,}\b")
OWNS = re.compile(
    r"['\u2019]s?\b| (?:is|was) (?:an?|the|\d)\b| (?:has|had|says|said|told|wants|came|went|takes|needs)\b"
)
OF_PEOPLE = re.compile(
    r"(?i)\b(?:by|with|from|to|for|per|told|called|asked|tell|ask|and|son|mr|baby|bed \d+|room \d+) $"
)
TRIMMED = frozenset({EntityType.NAME, EntityType.ID})
SHORTEST = 4
EVEN = 0.5
LIKELY, CERTAIN = 0.7, 0.8
SENTENCE = 4  # spaces, at least
SURE = 0.9  # a common word that the model finds with so much is somebody's name


def spared(text: str, span: Span, *, beside: bool) -> Span | None:
    """Return a span without the words at its ends that name nobody: `DOB 3/4/2021`; None where it is all such words.

    Words of the trade (drugs, devices, abbreviations) name nobody however sure the model is. Common words in small
    letters may after all, where it is very sure, or where they stand `beside` the rest of an identifier. So may those
    of public bodies and peoples: `Ms English`, `Ankara State Court`.
    """
    if span.entity_type is EntityType.DATE:
        nothing = is_no_day(text, span.start, span.end) or is_figure(text, span.start, span.end, span.entity_type)
        return None if nothing else span
    found = list(WORD.finditer(text, span.start, span.end))
    at = span.start, span.end
    spoken = is_eponym(text, *at) or is_graded(text, *at) or _is_route(text, *at) or _is_seldom_a_name(text, span)
    if spoken or _is_genus(text, *at) or all(_is_of_the_trade(word[0]) for word in found):
        return None
    values = [word[0] for word in found]
    if _names_a_thing(text, span) or is_nobody(text, span) or (not beside and _is_public(span, values)):
        return None
    if all(map(_names_nobody, values)) or _is_small(text, span, values):
        return None if span.score < SURE and not beside else span
    if span.entity_type in TRIMMED:
        while _names_nobody(found[0][0]):
            found.pop(0)
        while _names_nobody(found[-1][0]):
            found.pop()
        return replace(span, start=found[0].start(), end=found[-1].end())
    return span


def believed(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans of a sentence or more without what is doubtful where nothing in it identifies anybody for sure.

    There a place or an institution is likelier a maker or a scale, and so is a word that is whom a disease is called
    after, or is written as no name is: `EudraCT`. Cells and labels of a few words are left as they are.
    """
    if text.count(" ") < SENTENCE or any(span.score >= CERTAIN for span in spans):
        return list(spans)
    doubtful = [_is_doubtful(text, span) for span in spans]
    somebody = any(
        span.entity_type is EntityType.NAME and not doubt for span, doubt in zip(spans, doubtful, strict=True)
    )
    return [
        span
        for span, doubt in zip(spans, doubtful, strict=True)
        if not doubt or (somebody and span.entity_type is EntityType.NAME)
    ]


def is_nobody(text: str, span: Span, *, sure: bool = False) -> bool:
    """Say whether a finding is a figure, or a word in a thing's name; not by the field alone where a cue is `sure`."""
    at = span.start, span.end
    if span.entity_type in CALLED:
        asked = not sure or span.entity_type in PLACES_OF_WORK
        return names_a_thing(text, *at) or (asked and is_of_a_field(text, *at))
    return is_figure(text, *at, span.entity_type)


def _is_doubtful(text: str, span: Span) -> bool:
    if span.entity_type in PLACES:
        return True
    if span.entity_type is not EntityType.NAME or span.score >= LIKELY:
        return False
    found = NAME_PART.findall(text[span.start : span.end])
    called_after = all(part.lower() in words("eponym_words", "scales") for part in found)
    titled = TITLE.search(text, max(0, span.start - 8), span.start)
    return not titled and (
        called_after or not any(part.istitle() or (part.islower() and len(part) > 1) for part in found)
    )


def is_eponym(text: str, start: int, end: int) -> bool:
    """Say whether what stands there is whom a disease, sign or device is called after: `De Quervain's tenosynovitis`.

    Not after a title, and not where any of the words is in no list of such persons.
    """
    found = NAME_PART.findall(text[start:end].lower())
    known = words("eponym_words", "eponyms_before_nouns") | PARTICLES | {"s"}
    if not found or not all(word in known for word in found):
        return False
    after = EPONYM_HEAD.match(text, end)
    if not after or TITLE.search(text, max(0, start - 8), start):
        return False
    owned = bool(after[1]) or found[-1] == "s"
    return after[2].lower() in words("eponym_heads") - (words("owned_nouns") if owned else frozenset())


def is_graded(text: str, start: int, end: int) -> bool:
    """Say whether what stands there is a scale by its author and its grade: `Schatzker V`, `Masaoka-Koga stage`."""
    match = GRADED.match(text, start)
    graded = match is not None and match.end() <= end <= match.end() + 6
    found = NAME_PART.findall(text[start : match.end() if match and graded else end].lower())
    after = EPONYM_HEAD.match(text, end)
    said = graded or bool(after and after[2].lower() in words("eponym_heads"))
    return said and bool(found) and all(part in words("scales") for part in found)


def _is_genus(text: str, start: int, end: int) -> bool:
    """Say whether a letter stands for a genus, alone or with what follows: `H. pylori`, `Salmonella, S. Dublin`."""
    short = GENUS.fullmatch(text, start, end)
    species = SPECIES.match(text, end) if short and not short[2] else None
    told = short and (short[2] or (species and species[1]))
    if short is None or (told and told in words("organisms", "epithets")):
        return short is not None
    whole = (word[0].lower() for word in GENERA.finditer(text) if word[0][0] == short[1])
    return (bool(short[2]) or bool(species)) and any(word in words("organisms") for word in whole)


def _is_seldom_a_name(text: str, span: Span) -> bool:
    """Say whether nobody else is meant than whom a scale or disease is called after: `Wegener is GPA`.

    In a sentence only, not behind a title or what is said of people (`seen by Schatzker`), nor where it owns something.
    """
    if span.entity_type is not EntityType.NAME or text.count(" ") < SENTENCE or OWNS.match(text, span.end):
        return False
    found = NAME_PART.findall(text[span.start : span.end].lower())
    before = text[max(0, span.start - 16) : span.start]
    if TITLE.search(before) or OF_PEOPLE.search(before):
        return False
    rare = words("scales")
    return any(part in rare for part in found) and all(part in rare or part in words("eponym_words") for part in found)


def _names_a_thing(text: str, span: Span) -> bool:
    """Say whether a place or institution is a body of a profession, or gives its name to a scale or a study."""
    at, institution = (span.start, span.end), span.entity_type in PLACES_OF_WORK
    if institution and is_professional(text, *at):
        return True
    titled = TITLE.search(text, max(0, span.start - 8), span.start)
    return span.entity_type in PLACES and not titled and is_called_after(text, *at, stayed_at=institution)


def _is_small(text: str, span: Span, found: list[str]) -> bool:
    """Say whether words in small letters are a language's own, in a text that begins as who writes capitals does.

    They are on no list of names, or stand behind an article: `the autumn rota`. Short ones are initials as often.
    """
    if span.entity_type not in CALLED or not all(word.islower() and len(word) >= SHORTEST for word in found):
        return False
    on = [load_lists().on(word) for word in found]
    if all(safe and not name for name, safe in on):
        return True
    if not text[:1].isupper():
        return False
    low = max(0, span.start - 24)
    article = ARTICLE.search(text, low, span.start) and not HOUSEHOLD.match(text, span.end)
    known = never_names() | words("names_that_are_words")
    return bool(article) and all(safe or word in known for (_, safe), word in zip(on, found, strict=True))


def _is_route(text: str, start: int, end: int) -> bool:
    """Say whether letters stand behind a dose and say how it is given: `40 mg SC`."""
    return text[start:end].lower() in ROUTES and bool(DOSE.search(text, max(0, start - 12), start))


def _is_public(span: Span, found: list[str]) -> bool:
    """Say whether all words are of states, peoples and public bodies: `the Polish Government`, `Court of Cassation`."""
    may_be_a_person = span.entity_type is EntityType.NAME and span.score >= EVEN  # Ms English
    parts = (part for word in found for part in word.lower().split("-"))
    return not may_be_a_person and all(part in words("public", "nobody") for part in parts)


def _is_of_the_trade(word: str) -> bool:
    low = word.lower()
    # an abbreviation is not written like a name: Ed is a man
    return low in of_the_trade() and not (word.istitle() and low in words("abbreviations"))


def _names_nobody(word: str) -> bool:
    low = word.lower()
    small = word.islower() and low in never_names() and low not in PARTICLES
    return small or _is_of_the_trade(word) or (word.isupper() and low in CREDENTIALS)

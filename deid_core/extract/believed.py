"""What is believed of a finding in a DICOM header value: detectors know sentences, and a header has few of them.

A descriptor is words of the trade in a row (`CHEST PA`, `DTI_32dir`), in which a model of language sees names, and a
rule sees accounts. What is known of the subject always holds; of the rest only what is not made of such words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from deid_core.detect.rules.words import PARTICLES, never_names
from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.descriptors import (
    cased_in,
    is_listed,
    is_named,
    is_shortened,
    is_trade,
    is_trade_or_name,
    is_word,
    parts,
)
from deid_core.model import Span

VERSIONS = frozenset({"SoftwareVersions", "DetectorDescription", "SecondaryCaptureDeviceSoftwareVersions"})
# what names a maker, a product or who keeps a vocabulary: institutions that treat nobody
MAKERS = frozenset(
    {"Manufacturer", "ManufacturerModelName", "SecondaryCaptureDeviceManufacturer", "CodingSchemeName"}
    | {"SecondaryCaptureDeviceManufacturerModelName", "CodingSchemeResponsibleOrganization"}
)
CODES = frozenset({"CodeValue", "LongCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion"})
OWN = frozenset({EntityType.NAME, EntityType.MRN, EntityType.DATE_OF_BIRTH, EntityType.SSN})
NAMES = frozenset({EntityType.NAME, EntityType.STAFF_NAME, EntityType.RELATIVE_NAME})
FORMED = frozenset({EntityType.ID, EntityType.USERNAME, EntityType.IP})
DATES = frozenset({EntityType.DATE, EntityType.TIME})
INSTITUTIONS = frozenset({EntityType.ORGANISATION, EntityType.FACILITY, EntityType.URL, EntityType.ADDRESS})
HOUSES = frozenset({EntityType.ORGANISATION, EntityType.FACILITY})
PLACES = frozenset({EntityType.CITY, EntityType.COUNTY, EntityType.STATE, EntityType.ZIP, EntityType.COUNTRY})
SAYS_NOTHING = {
    **dict.fromkeys(VERSIONS, DATES | {EntityType.IP, EntityType.PHONE}),
    **dict.fromkeys(MAKERS, INSTITUTIONS | PLACES),
    **dict.fromkeys(CODES, frozenset()),
}
KNOWN, MODELS = "known_values", "ner"
SURE, LIKELY, GUESSED = 0.9, 0.85, 0.7  # a model's finding; a rule's in a code; a rule's by form alone
FAINT = 0.55  # a model's name of one word that is on no list of names: below it, it is an abbreviation
NUMBER = 4  # digits at most in a row that count or measure something
INITIALS = 2  # letters at most
GLUED_TITLES = frozenset({"dr", "prof"})
YEARLESS = 2  # numbers at most, and digits of each, that say no year
Place = tuple[int, int]
Judge = Callable[[str, str, Span, str], Span | None]
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")
_MODALITY = re.compile(r"(?<![^\W_])MR[ _-]+\Z")  # in capitals, before words of the trade, it is no title
_TITLED = re.compile(r"(?<![^\W\d_])(?:dr|prof)\Z", re.IGNORECASE)
_ISOTOPE = re.compile(r"(?:I|In|Tc|Ga|Tl|Lu|Zr|Cu|Rb|Xe|Sm|Sr|Y|Ra|F|C|N|O)-?\d{1,3}m?", re.IGNORECASE)
_UID = re.compile(r"(?<![\d.])[0-2](?:\.\d+){5,}(?![\d.])")


def believed(keyword: str, text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a detector's finding in a header value of that keyword; None for nothing.

    `text` is the value as it is stored, not as it is shown to detectors.
    """
    if span.entity_type is not EntityType.UID and _in_uid(text, span):
        return None
    if detector == KNOWN:
        return _between(text, span, _is_small) if span.entity_type in NAMES else span
    if keyword in SAYS_NOTHING and (
        span.entity_type in SAYS_NOTHING[keyword] or (span.entity_type in FORMED and span.score < LIKELY)
    ):
        return None
    if _is_setting(text, span):
        return None
    if span.entity_type in NAMES:
        asked_less = detector.startswith(MODELS) and _beside_brackets(text, span) and not is_named(text, span.start)
        return None if asked_less else _name_in(text, span)
    if span.entity_type in HOUSES:
        span = _between(text, span, _goes)  # `CT Lakeside Medical Center`
    weak = detector.startswith(MODELS) and span.score < GUESSED
    return None if weak and span.entity_type in INSTITUTIONS | PLACES and _is_plain(text, span) else span


def known_of_person(keyword: str, text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a finding in a patient's characteristic that the policy retains: what is known."""
    return believed(keyword, text, span, detector) if detector == KNOWN and span.score >= SURE else None


def known_of_house(keyword: str, text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a finding in what else the policy retains: only who the subject is, or its number.

    Other names there are the institution's, the device's or a physician's, and that they stay is what was asked for.
    """
    return known_of_person(keyword, text, span, detector) if span.entity_type in OWN else None


def told_in_parts(judge: Judge, keyword: str, text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a finding in a text whose words were parted: what is known, or a date.

    A rule that goes by words would be misled: `HI POTESIS` is no greeting.
    """
    return judge(keyword, text, span, detector) if detector == KNOWN or span.entity_type in DATES else None


def _in_uid(text: str, span: Span) -> bool:
    """Say whether a finding ends within a UID, which is mapped whole: its digits are no telephone and no record's."""
    return "." in text and any(uid.start() < span.end <= uid.end() for uid in _UID.finditer(text))


def _is_setting(text: str, span: Span) -> bool:
    """Say whether a finding by form is a word of the trade with a number, two numbers among such, or an isotope."""
    found = text[span.start : span.end]
    if span.entity_type is EntityType.ADDRESS and _ISOTOPE.fullmatch(found):
        return True  # I-123 is no interstate
    runs = _DIGITS.findall(found)
    if span.entity_type in FORMED and all(len(run) <= NUMBER for run in runs) and any(map(str.isalpha, found)):
        return all(map(_plain, parts(found)))
    yearless = len(runs) <= YEARLESS and all(len(run) <= YEARLESS for run in runs)
    return span.entity_type in DATES and span.score < GUESSED and yearless and is_trade(text)


def _name_in(text: str, span: Span) -> Span | None:
    """Return a name without the plain words around it; None where it is nothing else, and no title says otherwise."""
    if _is_plain(text, span):
        sure = span.score >= SURE and not _MODALITY.search(text, 0, span.start)
        return span if sure or is_named(text, span.start) else None
    if (
        span.score < FAINT
        and not is_named(text, span.start)
        and not any(map(is_listed, parts(text[span.start : span.end])))
    ):
        return None
    if span.score < FAINT and _is_described(text, span):
        return None
    return _joined(text, span) if "^" in text[span.start : span.end] else _apart(text, _between(text, span, _goes))


def _beside_brackets(text: str, span: Span) -> bool:
    """Say whether a finding stands before brackets, or behind them, in nothing but words of the trade.

    A model is not asked of a text of such words: `RENAL STONE`, nor of them in `RENAL STONE (VANDERBILT)`.
    """
    opened, closed = text.find("(", span.start), text.rfind(")", 0, span.start)
    if opened < 0 and closed < 0:
        return False
    end = opened if opened >= 0 else len(text)
    return span.end <= end and is_trade(text[closed + 1 : end])


def _is_described(text: str, span: Span) -> bool:
    """Say whether words that are names as well stand right beside a word of the trade: the stone of `RENAL STONE`."""
    if is_named(text, span.start) or not all(map(is_trade_or_name, _WORD.findall(text[span.start : span.end]))):
        return False
    before, after = _WORD.findall(text[: span.start])[-1:], _WORD.findall(text[span.end :])[:1]
    return any(len(word) > 1 and is_word(word.lower()) for word in (*before, *after))


def _joined(text: str, span: Span) -> Span:
    """Return a name whose parts carets join, without the plain words before and after these.

    `Sent with patient Doe^Jane`, `PA Doe^Jane ICU`: a family name of several words begins after the last plain one.
    """
    words = list(_WORD.finditer(text, span.start, span.end))
    carets = [at for at in range(span.start, span.end) if text[at] == "^"]
    first = max((at for at, word in enumerate(words) if word.end() <= carets[0]), default=None)
    last = min((at for at, word in enumerate(words) if word.start() > carets[-1]), default=len(words) - 1)
    if first is None:
        return span
    begin = max((at + 1 for at in range(first) if _goes(words[at][0])), default=0)
    stop = next((at for at in range(last + 1, len(words)) if _goes(words[at][0])), len(words))
    return _of(span, words, begin, stop)


def _between(text: str, span: Span, goes: Callable[[str], bool]) -> Span:
    """Return a name without words at its edges that go and are written otherwise than it is: `AX doe`, `Doe at`."""
    words = list(_WORD.finditer(text, span.start, span.end))
    core = {_style(word[0]) for word in words if not goes(word[0])}
    begin, stop = 0, len(words)
    if core:
        while begin < stop and goes(words[begin][0]) and _style(words[begin][0]) not in core:
            begin += 1
        while stop > begin and goes(words[stop - 1][0]) and _style(words[stop - 1][0]) not in core:
            stop -= 1
    return _of(span, words, begin, stop)


def _apart(text: str, span: Span) -> Span:
    """Return a name without words of the trade at its edges that signs or capitals join to it, or a particle follows.

    `Kowalski-BETTLUNGE`, `SchädelWeidenbach`, `Tórax de José`: a blank alone parts a name's own words, too.
    """
    if is_named(text, span.start):
        return span
    pieces = cased_in(text, span.start, span.end)
    begin, stop = 0, len(pieces)
    while begin < stop - 1 and _is_joined(text, pieces[begin], pieces[begin + 1], pieces[begin]):
        begin += 1
    while stop > begin + 1 and _is_joined(text, pieces[stop - 2], pieces[stop - 1], pieces[stop - 1]):
        stop -= 1
    start = pieces[begin][0] if begin else span.start
    return replace(span, start=start, end=pieces[stop - 1][1] if stop < len(pieces) else span.end)


def _is_joined(text: str, one: Place, other: Place, edge: Place) -> bool:
    """Say whether of two pieces that follow each other the one at the edge is a word of the trade, joined to a name."""
    word = text[slice(*edge)].lower()
    if len(word) > INITIALS and edge is other and is_trade_or_name(word) and _TITLED.search(text, 0, one[0]):
        return text[one[1] : other[0]] == "_"  # ProfWeidenbach_Leber
    if edge is one and word in GLUED_TITLES:
        return one[1] == other[0]  # DrQuintanilla
    if len(word) <= INITIALS or not is_word(word):
        return False
    return not text[one[1] : other[0]].isspace() or (edge is one and text[slice(*other)] in PARTICLES)


def _of(span: Span, words: Sequence[re.Match[str]], begin: int, stop: int) -> Span:
    """Return what of a finding holds words [begin, stop) of it, with the signs at its own ends."""
    start = words[begin].start() if begin else span.start
    return replace(span, start=start, end=words[stop - 1].end() if stop < len(words) else span.end)


def _style(word: str) -> str:
    return "small" if word.islower() else "capitals" if word.isupper() else "title"


def _is_small(word: str) -> bool:
    """Say whether a word is one or two small letters: nobody writes an initial so."""
    return len(word) <= INITIALS and word.islower()


def _is_plain(text: str, span: Span) -> bool:
    found = parts(text[span.start : span.end])
    return bool(found) and all(map(_plain, found))


def _goes(word: str) -> bool:
    """Say whether a word at a name's edge is none of it: nobody's name, and no initial."""
    inside = [part for part in parts(word) if len(part) > 1]
    return bool(inside) and all(is_word(part) or part in never_names() for part in inside)


@lru_cache(maxsize=4096)
def _plain(word: str) -> bool:
    """Say whether a word in small letters is one of the trade or on the list of safe words, and nobody's name."""
    if len(word) == 1 or is_word(word):
        return True
    name, safe = load_lists().on(word)
    return not name and (safe or is_shortened(word))

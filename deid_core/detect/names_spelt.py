"""Find names by their letters: spelt, `Gzik, G Z I K`, `B as in bravo, R, E, N, T`, and signed, `NKL/rs`."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from deid_core.detect.rules.cited import hospital_in_letters, typed_by
from deid_core.detect.rules.initials import initials_after_a_label, who_did_it
from deid_core.detect.rules.people import is_common
from deid_core.detect.rules.words import never_names, words
from deid_core.entities import EntityType
from deid_core.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LETTER = r"[^\W\d_](?: as in [^\W\d_]{2,12})?"
SPELT = re.compile(
    rf"(?<![\w'\u2019-]){LETTER}(?P<sign>[ \u2010\u2011-]|, |\. ){LETTER}(?:(?P=sign){LETTER}(?![\w'\u2019])){{1,24}}"
)
ALONE = re.compile(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])")
WORD = re.compile(r"[^\W\d_]+")
TYPED = re.compile(r"([A-Z]{2,3})[/:]([a-z]{2,3})[ \t]*(?=[\r\n]|\Z)")
NAMED = re.compile(
    r"((?:[A-Z]\.?[ ]|[A-Z][a-z]{1,12}[ ])?[A-Z][\w'\u2019-]{2,20})[ ]?/[ ]?([a-z]{2,3})[ \t]*(?=[\r\n]|\Z)"
)
STROKE = re.compile(r"[/:]")
ENDED = re.compile(r"(?:\A|\n|[.!?)][ \t]{1,3})[ \t]*(?=[A-Za-z])")  # what stands before who dictated and who typed
AHEAD, BEHIND = 44, 28  # code points around the stroke between them
LETTERS = r"(?:[A-Z]{2,4}|[a-z]{2,3}|[A-Z][a-z]{1,2}[A-Z]{1,2}|[A-Z]\.[A-Z]\.(?:[A-Z]\.)?)"
# letters behind a dash, stroke or bracket that end a line: `No concerns. --mt`, `Home today. /jkl`, `[ksb]`
SIGN_OFF = re.compile(
    rf"(?:[-\u2013\u2014~/]{{1,2}}[ \t]?(?P<v>{LETTERS})|\[(?P<v2>{LETTERS})\])"
    r"(?:,?[ ](?:rn|RN|lpn|LPN|CNA|cna|RMN|EN|np|NP|hca|HCA))?(?:[ ]\d\d:?\d\d)?\.?[ \t]*(?=[\r\n]|\Z)"
)
SENTENCE_ENDED = re.compile(r"[.!?)\]][ \t]{0,3}\n?[ \t]*\Z|(?<=\w)\n[ \t]*\Z|\n[ \t]*\n[ \t]*\Z")
BULLET = re.compile(r"(?:\A|\n)[ \t]*[-\u2013\u2014][^\n]*\n[ \t]*\Z")
# who dictated and who assisted, at a line's end: `ERH / asst Bri`, `MCD / Tully`, `Okeke/ kt`
PAIRED = re.compile(
    rf"(?P<v>{LETTERS})[ ]?/[ ]?(?:(?:asst|assist|1st asst|typed|dict|tr)\.?[ ])?"
    r"(?P<v2>[A-Z][a-z]{2,14}|[A-Z]{3,4})[ \t]*(?=[\r\n]|\Z)"
)
ITEM = re.compile(
    r"[ \t]*(?:[,/;|\u2022]|\r?\n)[ \t]*(?P<v>[^\W\d_]{2,14}(?:[ ][^\W\d_]{2,14}){0,2})[ \t]*(?=[,/;|\u2022\r\n]|\Z)"
)
BEGUN = re.compile(r"[ \t]*(?:[,/;|\u2022]|\r?\n)[ \t]*(?P<v>[^\W\d_]{2,14})[ ]")  # the first word of an item's two
SIGNED = re.compile(r"(?<=[.!])[ \t]*\r?\n\s{0,8}([A-Z]\.|[A-Z]{2,3}\.?)\s{0,8}\Z")
LAST = 32  # code points of a text's end in which a letter of who wrote it stands
HOUSES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION})
PLACES = HOUSES | {EntityType.CITY, EntityType.COUNTY, EntityType.ADDRESS}
PEOPLE = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
LISTED_BY = " \t\r\n,/;|\u2022"
SMALL = frozenset({" of ", " of the ", " & ", " on ", " am ", " i "})
LETTERS_AHEAD = re.compile(r"(?<![\w/.-])([A-Z]{3,5}) \Z")
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SURE, LIKELY = 0.9, 0.6
UNHEARD = 5  # letters of a word that is spelt though it stands nowhere else


def with_spelt(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans in order with those of spelt and signed names, each made one with what overlaps it."""
    found = [*_spelt(text, [span for span in spans if span.entity_type is EntityType.NAME]), *_signed(text)]
    found += _listed(text, sorted(spans, key=lambda span: span.start)) if len(spans) > 1 else []
    joined: list[Span] = []
    for span in sorted([*spans, *found], key=lambda span: span.start) if found else ():
        if joined and span.start < joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return _bridged(text, joined or sorted(spans, key=lambda span: span.start))


def _bridged(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans in order, with a house's and its place's made one over a small word: `Sunrise of Cuyahoga Falls`.

    Capitals right before a facility belong to its name too, unless they are an abbreviation: `CMC Vellore`.
    """
    bridged: list[Span] = []
    for span in spans:
        last = bridged[-1] if bridged else None
        if (
            last
            and last.entity_type in HOUSES
            and span.entity_type in PLACES | PEOPLE
            and text[last.end : span.start] in SMALL
        ):
            bridged[-1] = replace(last, end=max(last.end, span.end))
            continue
        letters = LETTERS_AHEAD.search(text, max(0, span.start - 8), span.start)
        if span.entity_type is EntityType.FACILITY and letters and hospital_in_letters(text, *letters.span(1)):
            bridged.append(replace(span, start=letters.start(1)))
        else:
            bridged.append(span)
    return bridged


def _spelt(text: str, names: Sequence[Span]) -> Iterator[Span]:
    """Yield where letters in a row spell a word of one of the `names`, or a longer word that is none of the language.

    Three letters at least; those of a row such as `A, B, C, D, E` spell nothing.
    """
    told: set[str] | None = None
    for match in SPELT.finditer(text):
        letters = "".join(ALONE.findall(match[0])).casefold()
        if letters in ALPHABET or len(set(letters)) == 1:
            continue
        if told is None:
            told = {word.casefold() for name in names for word in WORD.findall(text, name.start, name.end)}
        if letters in told:
            yield Span(*match.span(), EntityType.NAME, SURE, "spelt_name")
        elif (
            len(letters) >= UNHEARD
            and letters not in never_names()
            and (" as in " in match[0] or (len(match["sign"]) == 1 and match[0].isupper()))
        ):
            yield Span(*match.span(), EntityType.NAME, LIKELY, "spelt_name")


def _signed_off(text: str) -> Iterator[Span]:
    """Yield letters and names that end a line behind a sentence, by a dash, a stroke or in brackets: who wrote it."""
    for match in SIGN_OFF.finditer(text):
        group = "v" if match["v"] else "v2"
        near = max(0, match.start() - LAST)
        if (
            SENTENCE_ENDED.search(text, near, match.start())
            and not BULLET.search(text, near, match.start())
            and who_did_it(text, *match.span(group))
            and match[group].lower() not in words("illnesses_in_letters", "labels")
        ):
            yield Span(*match.span(group), EntityType.NAME, LIKELY, "signed")


def _is_known(word: str) -> bool:
    """Say whether a word is a common one, a heading or whom a disease is called after."""
    return is_common(word) or word.lower() in words(
        "headings", "headings_of_things", "eponym_words", "illnesses_in_letters"
    )


def _listed(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield names in small letters between or behind names of a list: `Jelena / wee kiat / Ottoline`."""
    names = [span for span in spans if span.entity_type in PEOPLE]
    for before, span in pairwise(names):
        near = text[before.end : span.start]
        half = BEGUN.fullmatch(text, before.end, span.start)
        if half and not is_common(half["v"]):
            yield Span(half.start("v"), span.end, EntityType.NAME, LIKELY, "listed_name")
        if len(near) > LAST or not near.strip(LISTED_BY):
            follows = ITEM.match(text, span.end) if near and not near.strip(LISTED_BY) else None
            end = len(text) if follows is None else follows.end()
            if follows and not any(other.start < end and span.end < other.end for other in names):
                yield from _item(follows, near)
            continue
        item = ITEM.match(text, before.end)
        if item and not text[item.end() : span.start].strip(LISTED_BY):
            yield from _item(item, text[item.end() : span.start])


def _item(item: re.Match[str], sign: str) -> Iterator[Span]:
    """Yield an item of a list where what parts it from the others is one sign and its words can all be names."""
    found = item["v"].split()
    parted = item[0][: item.start("v") - item.start()].strip(" \t\r") == sign.strip(" \t\r")
    if parted and not any(is_common(word) or word.lower() in words("headings", "labels", "nobody") for word in found):
        yield Span(*item.span("v"), EntityType.NAME, LIKELY, "listed_name")


def _begun(text: str) -> Iterator[int]:
    """Yield where a line's last words begin that have a stroke or a colon in them, behind a sentence or a line."""
    for stroke in STROKE.finditer(text):
        at = stroke.start()
        if text.find("\n", at, at + BEHIND) >= 0 or len(text) <= at + BEHIND:
            yield from (ended.end() for ended in ENDED.finditer(text, max(0, at - AHEAD), at))


def _end_of_signers(text: str, start: int) -> int:
    """Return where two who sign together end: `AB/cd`, `J Okeke/ kt`, `ERH / asst Bri`; 0 where no two do."""
    typed = TYPED.match(text, start)
    if typed and typed_by(text, *typed.span(1)) and typed_by(text, *typed.span(2)):
        return typed.end(2)
    named = NAMED.match(text, start)
    if named and initials_after_a_label(text, *named.span(2)) and not any(map(_is_known, named[1].split())):
        return named.end(2)
    paired = PAIRED.match(text, start)
    names = [paired.span("v"), paired.span("v2")] if paired else []
    signed = all(who_did_it(text, *name) and not _is_known(text[slice(*name)]) for name in names)
    return paired.end("v2") if paired and signed else 0


def _signed(text: str) -> Iterator[Span]:
    """Yield letters of who dictated and who typed, behind a sentence or on a line of their own, and of who signs."""
    for first in dict.fromkeys(_begun(text)):
        end = _end_of_signers(text, first)
        if end:
            yield Span(first, end, EntityType.NAME, LIKELY, "signed")
    yield from _signed_off(text)
    last = SIGNED.search(text, max(0, len(text) - LAST))
    if last and typed_by(text, *last.span(1)):
        yield Span(*last.span(1), EntityType.NAME, LIKELY, "signed")

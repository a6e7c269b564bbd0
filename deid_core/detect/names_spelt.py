"""Find names by their letters: spelt, `Gzik, G Z I K`, `B as in bravo, R, E, N, T`, and signed, `NKL/rs`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deid_core.detect.rules.cited import hospital_in_letters, typed_by
from deid_core.detect.rules.words import never_names
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
ENDED = re.compile(r"(?:\A|\n|[.!?)][ \t]{1,3})[ \t]*\Z")  # what stands before letters of who dictated and who typed
SIGNED = re.compile(r"(?<=[.!])[ \t]*\r?\n\s{0,8}([A-Z]\.|[A-Z]{2,3}\.?)\s{0,8}\Z")
LAST = 32  # code points of a text's end in which a letter of who wrote it stands
HOUSES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION})
PLACES = HOUSES | {EntityType.CITY, EntityType.COUNTY, EntityType.ADDRESS}
SMALL = frozenset({" of ", " of the ", " & ", " on ", " am ", " i "})
LETTERS_AHEAD = re.compile(r"(?<![\w/.-])([A-Z]{3,5}) \Z")
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SURE, LIKELY = 0.9, 0.6
UNHEARD = 5  # letters of a word that is spelt though it stands nowhere else


def with_spelt(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans in order with those of spelt and signed names, each made one with what overlaps it."""
    found = [*_spelt(text, [span for span in spans if span.entity_type is EntityType.NAME]), *_signed(text)]
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
        if last and last.entity_type in HOUSES and span.entity_type in PLACES and text[last.end : span.start] in SMALL:
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


def _signed(text: str) -> Iterator[Span]:
    """Yield letters of who dictated and who typed, behind a sentence or on a line of their own, and of who signs."""
    for match in TYPED.finditer(text):
        first, end = match.start(1), match.end(2)
        if (
            ENDED.search(text, max(0, first - 5), first)
            and typed_by(text, *match.span(1))
            and typed_by(text, *match.span(2))
        ):
            yield Span(first, end, EntityType.NAME, LIKELY, "signed")
    last = SIGNED.search(text, max(0, len(text) - LAST))
    if last and typed_by(text, *last.span(1)):
        yield Span(*last.span(1), EntityType.NAME, LIKELY, "signed")

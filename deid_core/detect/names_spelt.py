"""Find names that are spelt: `Gzik, G Z I K`, `S-Z-C-Z-E-P-A-N-I-K`, `B as in bravo, R, E, N, T`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

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
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SURE, LIKELY = 0.9, 0.6
UNHEARD = 5  # letters of a word that is spelt though it stands nowhere else


def with_spelt(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans in order with those of spelt names, each made one with what overlaps it."""
    found = list(_spelt(text, [span for span in spans if span.entity_type is EntityType.NAME]))
    joined: list[Span] = []
    for span in sorted([*spans, *found], key=lambda span: span.start) if found else ():
        if joined and span.start < joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined or sorted(spans, key=lambda span: span.start)


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

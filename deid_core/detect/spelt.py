"""Forms of known values that are spelt out piece by piece, found by their letters without a regular expression.

To compile the pattern of one number takes as long as to read a page, and it is looked for in one cell or line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product
from typing import NamedTuple

from deid_core.detect.around import Folded, Region
from deid_core.detect.rules import name_forms, value_forms
from deid_core.detect.rules.fold import fold, spellings
from deid_core.detect.traces import bare

ZEROS, COUNTRY = r"0{0,12}", r"(?:\+?1[\s.\-]{0,2})?[(]?"  # what may stand before a number, and before a telephone's
BEFORE = 12  # code points of either, at most
FEW = 16  # places in a text; a pattern finds more of them sooner
LETTER, WORD, DIGIT = r"[^\W\d_]", r"[^\W_]", r"\d"
NO_TIME = rf"(?:(?!{WORD})|(?=t\d\d))"
INITIAL = rf"(?:{name_forms.GAP}\b[a-z]\b\.?)?"
NAME_GAP, NUMBER_GAP = re.compile(name_forms.GAP), re.compile(value_forms.GAP)
DATE_GAP, SPACE, NONE = re.compile(value_forms.SEPARATOR), re.compile(r"\s{1,4}"), re.compile("")


def _before(what: str, unless: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!{unless}){what}\Z")


HEADS = {kind: _before("", kind) for kind in (LETTER, WORD)}
ZEROS_HEADS = {kind: _before(ZEROS, kind) for kind in (WORD, DIGIT)}
COUNTRY_HEAD = _before(COUNTRY, WORD)
ANY_HEAD = re.compile(r"\Z")
TAILS = {kind: re.compile(rf"(?!{kind})") for kind in (LETTER, WORD, DIGIT)}
DATE_TAIL, STAMP_TAIL, INITIAL_TAIL = (
    re.compile(tail) for tail in (NO_TIME, rf"(?:\d{{4,6}})?{NO_TIME}", rf"{INITIAL}(?!{LETTER})")
)


class Spelt(NamedTuple):
    """Hold the ways in which a form is spelt: the pieces of each, each begun by a letter or digit; hidden from repr.

    `gap` matches what stands between pieces, `head` what belongs to the form before them, up to a place, and `tail`
    what does behind them. Only the pattern can say where `doubtful` stands in it, or, if `between`, where one letter
    that is none of the pieces stands behind the first.
    """

    ways: tuple[tuple[str, ...], ...]
    gap: re.Pattern[str]
    head: re.Pattern[str]
    tail: re.Pattern[str]
    between: bool = False
    doubtful: str = ""

    def __repr__(self) -> str:
        """Show no value."""
        return "Spelt()"

    def found(self, folded: str, near: Folded) -> list[Region] | None:
        """Return where it stands in a part of a folded text, in order; None where only the pattern can say."""
        letters, spans = near.letters, list[Region]()
        for way in self.ways:
            sought, last = bare("".join(way)), -1
            if self.between and _parted(letters, bare(way[0]), sought):
                return None
            if letters.count(sought) > FEW:
                return None
            at = letters.find(sought)
            while at >= 0:
                if at <= last:
                    return None  # two of them share letters
                last = at + len(sought) - 1
                if self.doubtful and self.doubtful in folded[near.places[at] : near.places[last]]:
                    return None
                span = self._whole(folded, near.places, at, way)
                spans += [span] if span else []
                at = letters.find(sought, at + 1)
        spans.sort()
        if any(other[0] < one[1] for one, other in pairwise(spans)):
            return None
        return spans

    def _whole(self, folded: str, places: Sequence[int], at: int, way: tuple[str, ...]) -> Region | None:
        """Return the form whose letters begin at a place, with what belongs to it; None where it is not whole."""
        start = end = places[at]
        for piece in way:
            begun = places[at]
            if (begun > start and not self.gap.fullmatch(folded, end, begun)) or not folded.startswith(piece, begun):
                return None
            end = begun + len(piece)
            at += len(piece) if piece.isalnum() else len(bare(piece))
        head, tail = self.head.search(folded, max(0, start - BEFORE), start), self.tail.match(folded, end)
        return (head.start(), tail.end()) if head and tail else None


def _parted(letters: str, first: str, whole: str) -> bool:
    """Say whether one other letter stands somewhere between the first piece and the others."""
    at, others = letters.find(first), whole[len(first) :]
    while at >= 0:
        if letters.startswith(others, at + len(first) + 1):
            return True
        at = letters.find(first, at + 1)
    return False


def number(core: str, *, alone: bool) -> Spelt:
    """Return how a number is spelt; no letter may touch it if it is `alone`, and no digit in any case."""
    edge = WORD if alone else DIGIT
    return Spelt((tuple(core),), NUMBER_GAP, ZEROS_HEADS[edge], TAILS[edge])


def phone(digits: str, *, country: bool) -> Spelt:
    """Return how a telephone number is spelt, behind its country's code or not."""
    return Spelt((tuple(digits),), NUMBER_GAP, COUNTRY_HEAD if country else HEADS[WORD], TAILS[WORD])


def literal(value: str, *, named: bool | None) -> Spelt | None:
    """Return how a value as it is is spelt: `named` as a name, None: as one between words without spaces.

    None where a word of it begins with a sign, or where it is too long.
    """
    folded = fold(value.strip())
    words = tuple(folded.split())
    if len(folded) > value_forms.LONGEST or not all(word[0].isalnum() for word in words):
        return None
    if named is None:
        return Spelt((words,), SPACE, ANY_HEAD, NONE)
    edge = LETTER if named else WORD
    return Spelt((words,), SPACE, HEADS[edge], TAILS[edge])


def date(year: int, month: int, day: int) -> tuple[Spelt | None, ...]:
    """Return how each of `value_forms.date_patterns` is spelt; None of those with the month's name."""
    years = (f"{year}", f"{year % 100:02d}")
    months, days = ((str(one), f"0{one}") for one in (month, day))
    head = HEADS[WORD]
    stamp = (f"{year}{month:02d}{day:02d}",)
    backward = ((f"{month:02d}{day:02d}{year}",), (f"{day:02d}{month:02d}{year}",))
    return (
        Spelt((*product(years[:1], months, days),), DATE_GAP, head, DATE_TAIL, doubtful="'"),
        Spelt((*product(months, days, years),), DATE_GAP, head, DATE_TAIL, doubtful="'"),
        Spelt((*product(days, months, years),), DATE_GAP, head, DATE_TAIL, doubtful="'"),
        Spelt((stamp,), NONE, head, STAMP_TAIL),
        Spelt((*dict.fromkeys(backward),), NONE, head, DATE_TAIL),
        *(None, None, None),
    )


def sequences(name: name_forms.PersonName) -> tuple[Spelt | None, ...]:
    """Return how each of `name_forms.sequences` is spelt; None of one with more ways, another name, or initials."""
    pieces = [spellings(part) for part in (*name.given, *name.family)]
    if len(name.given) != 1 or any(len(spelt) > 1 or not spelt[0].isalnum() for spelt in pieces):
        return (None,) * 4
    first, *family = (spelt[0] for spelt in pieces)
    head, tail = HEADS[LETTER], TAILS[LETTER]
    return (
        Spelt(((first, *family),), NAME_GAP, head, tail, between=True),
        Spelt(((*family, first),), NAME_GAP, head, INITIAL_TAIL),
        *(None, None),
    )


def glued(name: name_forms.PersonName) -> tuple[Spelt | None, ...]:
    """Return how each of `name_forms.glued` is spelt; None where there are several ways."""
    pieces = [spellings(part) for part in (name.given[0], *name.family)]
    if any(len(spelt) > 1 or not spelt[0].isalnum() for spelt in pieces):
        return (None, None)
    first, *family = (spelt[0] for spelt in pieces)
    whole = "".join(family)
    return tuple(Spelt(((one,),), NONE, ANY_HEAD, NONE) for one in (first + whole, whole + first))

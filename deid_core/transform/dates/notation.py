"""Read the dates of a value as fields in place, so that they can be rewritten in the notation they were found in."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

READ = 8192  # texts that are remembered: a table is read to change it, and to say what was put there
_WORDS = json.loads(files(__package__).joinpath("notation.json").read_text("utf-8"))
MONTHS: tuple[str, ...] = tuple(_WORDS["months"])
WEEKDAYS: tuple[str, ...] = tuple(_WORDS["weekdays"])
AROUND: frozenset[str] = frozenset(_WORDS["around"])

_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS if name != "September") + "|September|Sept|Sep"
_WEEKDAY = "|".join((*WEEKDAYS, "Tues", "Thurs", "Thur", *(name[:3] for name in WEEKDAYS)))
_YEAR = r"(?P<y>(?:1[6-9]|2[01])\d\d)"
_YEARS = r"(?P<y>(?:1[6-9]|2[01])\d\d|(?<=['\u2019])\d\d|\d\d(?![\d:]))"
_ORDINAL = r"(?P<o>st|nd|rd|th)?"
_SEP = r"\s{0,2}(?P<s>[-/.])\s{0,2}"
_SAME = r"\s{0,2}(?P=s)\s{0,2}"
_GAP = r"[\s,.\-/]{0,3}"
_NO_YEAR = r"(?!,?\s{1,2}(?:1[6-9]|2[01])\d\d(?!\d))"  # a day that does not exist in its year is no day at all
_MONTH_DAY = rf"\b(?P<n>{_MONTH})\b{_GAP}(?:the\s)?(?P<d>\d{{1,2}}){_ORDINAL}"
_DAY_MONTH = rf"(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}(?:\s+day)?(?:\s+of)?{_GAP}(?P<n>{_MONTH})"
_CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\.\d{1,6})?)?(?:[+-]\d{4})?"
_ZONE = r"(?:\s?(?:Z|UTC|GMT|[ECMP][SD]T|[+-]\d\d(?::?\d\d)?)\b)?"
_TIME = (
    r"(?P<time>(?:(?<=\d)T|(?<![\d.]))\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?m\b\.?)?"
    rf"{_ZONE}|T\d{{4}}(?:\d\d(?:\.\d{{1,9}})?)?(?:Z|[+-]\d\d:?\d\d)?(?!\w)"
    r"|\b\d{1,2}\s?[ap]\.?m\b\.?|\b\d{4}\s?(?=h(?:ou)?rs\b))"
)
_NOTATIONS = (  # in the order they are tried; y, m, d: digits; n: a month's name; a, b: digits in an order to be found
    rf"(?<!\d){_YEAR}{_SEP}(?P<m>\d{{1,2}}){_SAME}(?P<d>\d{{1,2}})(?=T\d|\D|$)",
    rf"(?<!\d)(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}}){_SAME}{_YEARS}(?!\d)",
    rf"(?<!\d){_YEAR}(?P<m>\d\d)(?P<d>\d\d){_CLOCK}(?!\d)",  # HL7 TS: the time has no separators
    rf"(?<!\d){_YEAR}(?P<m>\d\d)(?P<d>\d\d)(?=T\d|\D|$)",
    r"(?<!\d)(?P<a>\d\d)(?P<b>\d\d)(?P<y>(?:1[6-9]|2[01])\d\d)(?!\d)",
    r"(?<!\d)(?P<a>\d\d)(?P<b>\d\d)(?P<y>\d\d)(?!\d)",
    rf"(?<!\d){_YEAR}{_GAP}(?P<n>{_MONTH})\b{_GAP}(?P<d>\d{{1,2}}){_ORDINAL}(?!\w)",
    rf"{_DAY_MONTH}(?![^\W\d]){_GAP}(?:of\s)?['\u2019]?{_YEARS}(?!\d)",
    rf"{_MONTH_DAY}(?:,\s{{0,2}}|\s{{1,2}}|\.\s|-|/)(?:of\s|in\s)?['\u2019]?{_YEARS}(?!\d)",
    rf"\b(?P<n>{_MONTH})\b{_GAP}(?:of\s)?{_YEAR}(?!\d)",
    rf"\b(?P<n>{_MONTH})\b\.?[\s-]?['\u2019](?P<y>\d\d)(?!\d)",
    rf"{_MONTH_DAY}(?!\w){_NO_YEAR}",
    rf"{_DAY_MONTH}(?!\w){_NO_YEAR}",
    rf"(?<!\d)(?P<m>\d{{1,2}}){_SEP}{_YEAR}(?!\d)",
    rf"(?<!\d){_YEAR}{_SEP}(?P<m>\d{{1,2}})(?!\d)",
    rf"(?<!\d)(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}})(?!\d|{_SAME}\d)",
    rf"(?<!\d){_YEAR}(?!\d)",
    rf"\b(?P<n>{_MONTH})\b",
    rf"\b(?P<w>{_WEEKDAY})\b",
)
_PATTERNS = (re.compile(_TIME, re.IGNORECASE), *(re.compile(pattern, re.IGNORECASE) for pattern in _NOTATIONS))
_DAYS = r"\d{1,2}(?:st|nd|rd|th)?"
_RANGE = re.compile(
    rf"(?P<head>\b(?:{_MONTH})\b\.?\s)(?P<low>{_DAYS})\s?[-\u2013]\s?(?P<high>{_DAYS})(?P<tail>,?\s\d{{4}}(?!\d))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")


class NotADate(Exception):
    """Say that a value holds more than the dates that are understood here."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Hold one date of a value: its numbers as far as they are given, and where each field stands, [start, end).

    `fields` maps y, m, d, n (month's name), o (ordinal suffix), w (weekday's name) to their places in the text.
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    fields: dict[str, tuple[int, int]]

    @property
    def weekday_only(self) -> bool:
        """Say whether nothing but a weekday is given."""
        return "w" in self.fields


def spread(text: str) -> str:
    """Write `March 14-16, 2021` as two whole dates, which the rest of this module reads."""
    return _RANGE.sub(lambda m: f"{m['head']}{m['low']}{m['tail']} - {m['head']}{m['high']}{m['tail']}", text)


@lru_cache(maxsize=READ)
def read(text: str, *, day_first: bool = False) -> tuple[Stamp, ...]:
    """Return the dates of a text, in order; times of day are passed over.

    Between day and month the plausible order is taken, else `day_first`, else day first where dots separate.
    Raises NotADate where the text holds no date or time, or anything that is not understood: other digits or words.
    """
    stamps: list[Stamp] = []
    rest: list[str] = []
    at, timed = 0, False
    for start, end, stamp in _found(text, day_first=day_first):
        rest.append(text[at:start])
        at = end
        timed |= stamp is None
        stamps += [stamp] if stamp else []
    rest.append(text[at:])
    if not (stamps or timed) or any(_is_unknown(piece) for piece in rest):
        raise NotADate
    return tuple(stamps)


def _found(text: str, *, day_first: bool) -> Iterator[tuple[int, int, Stamp | None]]:
    """Yield [start, end) and date (None: a time of day) from left to right, the first notation that fits leftmost."""
    at = 0
    while True:
        best: tuple[int, int, Stamp | None] | None = None
        for pattern in _PATTERNS:
            match = pattern.search(text, at)
            if not match or (best and match.start() >= best[0]):
                continue
            stamp = None if pattern is _PATTERNS[0] else _stamp(match, day_first=day_first)
            if stamp or pattern is _PATTERNS[0]:
                best = (*match.span(), stamp)
        if best is None:
            return
        yield best
        at = best[1]


def _stamp(match: re.Match[str], *, day_first: bool) -> Stamp | None:
    """Return the date of a match, None where there is no such day."""
    group = {name: value for name, value in match.groupdict().items() if value}
    places = {name: match.span(name) for name in group}
    if "a" in group:
        as_day, as_month = (
            "ab"
            if _is_day_first(int(group["a"]), int(group["b"]), day_first=day_first or group.get("s") == ".")
            else "ba"
        )
        for name, source in (("d", as_day), ("m", as_month)):
            group[name], places[name] = group[source], places[source]
    year, month, day = (int(group[name]) if name in group else None for name in "ymd")
    if "n" in group:
        month = 1 + next(i for i, name in enumerate(MONTHS) if name[:3].lower() == group["n"][:3].lower())
    if year is not None and year < 100:
        year += 2000  # for leap years alone: both centuries agree in them, 1900 aside
    if (month is not None and not 1 <= month <= 12) or (
        day is not None and not 1 <= day <= monthrange(year or 2000, month or 1)[1]
    ):
        return None
    return Stamp(*match.span(), year, month, day, {name: places[name] for name in "ymdnow" if name in places})


def _is_day_first(first: int, second: int, *, day_first: bool) -> bool:
    """Say which of two numbers is the day: the one over 12, else as told."""
    return first > 12 or (second <= 12 and day_first)


def _is_unknown(piece: str) -> bool:
    words = _WORD.findall(piece)
    return any(char.isnumeric() for char in piece) or any(word.casefold() not in AROUND for word in words)

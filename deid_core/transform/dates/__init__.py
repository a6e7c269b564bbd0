"""Operators that shift a date or keep its year, in whatever notation it stands."""

from __future__ import annotations

import re
from datetime import date, timedelta

from deid_core.errors import PolicyError
from deid_core.ports import Site, operator
from deid_core.standards.vr import conform, label, values
from deid_core.transform.dates import spoken
from deid_core.transform.dates.notation import MONTHS, WEEKDAYS, NotADate, Stamp, read, spread

REFERENCE_YEAR = 2026  # of this edition; a policy sets `reference_year` to that of its newest data
LONGEST = 200  # characters: no value that is a date is longer
EMPTY = " \t\r\n\0"
CODED = frozenset({"DA", "DT", "TM"})
_DATETIME = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2}))?)?((?:(?<=[0-9]{8})[0-9]{2,6})?(?:\.[0-9]{1,6})?(?:[+-][0-9]{4})?)"
)


@operator("Shift the date by its subject's own number of days, keeping notation and intervals.")
def date_shift(value: str, site: Site) -> str:
    """Return the value with every date in it moved back by the subject's days; times of day stay.

    Parameters: `low`, `high`, the fewest and most days (30, 365); `day_first`, for dates whose order is not plain.
    Whole dates keep their intervals to the day. A month without a day is shifted from its 15th, a year alone from
    2 July, a day without a year as in the next date of the value or in a common year. DICOM: DA and DT shift, TM stays.
    What is not understood as a date in whole gets its label, never the source. Raises PolicyError for bad parameters.
    """
    low, high = int(site.params.get("low", 30)), int(site.params.get("high", 365))
    if not 1 <= low <= high:
        raise PolicyError("date_shift: 1 <= low <= high, in days")
    if site.vr == "TM":
        return conform(str(value).strip(EMPTY), "TM")
    days = timedelta(days=site.key.days(site.subject_key, low, high))
    made = (_shifted(one, days, site) for one in values(value, site.vr))
    return conform("\\".join(made), site.vr)


@operator("Keep the year of the date and nothing else of it.")
def date_year(value: str, site: Site) -> str:
    """Return the year, or the years of a range; the label where none is written in four digits.

    Parameters: `cap_age`: a year that reveals an age over it goes too (45 CFR 164.514(b)(2)(i)(C)): one that lies more
    than so many years before `reference_year` (2026, the year of this edition: set it to that of the newest data).
    `day_first` as in date_shift. DICOM: a DA becomes the first of January, YYYY0101, as it must be a whole date;
    a DT becomes YYYY; a TM becomes empty.
    """
    made = (_years(one, site) for one in values(value, site.vr))
    return conform("\\".join(made), site.vr)


def _shifted(text: str, days: timedelta, site: Site) -> str:
    text = text.strip(EMPTY) if site.vr else text
    if not text.strip(EMPTY):
        return text
    try:
        made = _compact(text, days) if site.vr == "DT" else _rewritten(_bounded(text, site), days, site)
    except (NotADate, OverflowError, ValueError):
        return _shifted_elsewhere(text, days, site)
    return label(site.entity_type, site.vr) if made == text and _names_a_month(text, site) else made


def _shifted_elsewhere(text: str, days: timedelta, site: Site) -> str:
    """Return a date in another language than English shifted, in that language; else its label."""
    for english, back in spoken.in_english(text) if len(text) <= LONGEST and site.vr not in CODED else ():
        try:
            made = back(_rewritten(_bounded(english, site), days, site))
        except (NotADate, OverflowError, ValueError):
            continue
        if made != text:
            return made
    return label(site.entity_type, site.vr)


def _bounded(text: str, site: Site) -> str:
    """Return a text to read dates in; a DA without the dots it had before 1993 (PS3.5, 6.2)."""
    if len(text) > LONGEST:
        raise NotADate
    return text.replace(".", "") if site.vr == "DA" else spread(text)


def _names_a_month(text: str, site: Site) -> bool:
    return (
        text[4:5].isdecimal()
        if site.vr == "DT"
        else any(stamp.month for stamp in read(text, day_first=_day_first(site)))
    )


def _day_first(site: Site) -> bool:
    return bool(site.params.get("day_first", False))


def _compact(text: str, days: timedelta) -> str:
    """Return a DT with its date shifted, to the precision it was given in; raise NotADate where it is none."""
    match = _DATETIME.fullmatch(text)
    if not match:
        raise NotADate
    year, month, day = (int(match[group]) if match[group] else None for group in (1, 2, 3))
    digits = _moved(year, month, day, days).isoformat().replace("-", "")
    return digits[: match.end(3) if day else match.end(2) if month else 4] + match[4]


def _rewritten(text: str, days: timedelta, site: Site) -> str:
    stamps = read(text, day_first=_day_first(site))
    made, after = text, None
    for stamp in reversed(stamps):
        if stamp.weekday_only:
            made = _put_weekday(made, stamp, days)
            continue
        after = stamp.year if stamp.year is not None and stamp.month else after
        made = _put(made, stamp, _moved(stamp.year or after, stamp.month, stamp.day, days))
    return made


def _moved(year: int | None, month: int | None, day: int | None, days: timedelta) -> date:
    common = 2000 if (month, day) == (2, 29) else 2001
    return date(year or common, month or 7, day or (15 if month else 2)) + days


def _put(text: str, stamp: Stamp, moved: date) -> str:
    """Write a date over a stamp's fields, from right to left, each in the style of what stood there."""
    padded = _is_padded(text, stamp)
    for name, (start, end) in sorted(stamp.fields.items(), key=lambda item: -item[1][0]):
        source = text[start:end]
        numbers = {"y": moved.year, "m": moved.month, "d": moved.day}
        if name == "y":
            new = f"{moved.year:04d}"[-len(source) :]
        elif name == "n":
            new = _styled(_month_name(moved.month, source, text[end : end + 1]), source)
        elif name == "o":
            new = _styled(_ordinal(moved.day), source)
        else:
            new = f"{numbers[name]:02d}" if padded else str(numbers[name])
        text = text[:start] + new + text[end:]
    return text


def _put_weekday(text: str, stamp: Stamp, days: timedelta) -> str:
    start, end = stamp.fields["w"]
    source = text[start:end]
    index = next(i for i, name in enumerate(WEEKDAYS) if name[:3].lower() == source[:3].lower())
    name = WEEKDAYS[(index + days.days) % 7]
    return text[:start] + _styled(name if source.lower().endswith("day") else name[:3], source) + text[end:]


def _is_padded(text: str, stamp: Stamp) -> bool:
    """Say whether days and months have two digits: as seen, and where all have two anyway, unless a name is by them."""
    numbers = [text[slice(*stamp.fields[name])] for name in "md" if name in stamp.fields]
    if any(number.startswith("0") for number in numbers):
        return True
    spaced = "n" in stamp.fields and " " in text[stamp.start : stamp.end]
    return all(len(number) == 2 for number in numbers) and not spaced


def _month_name(month: int, source: str, after: str) -> str:
    short = len(source) <= 4 and source.lower() not in ("may", "june", "july")
    return MONTHS[month - 1][:3] if short or (source.lower() == "may" and after in (".", "-")) else MONTHS[month - 1]


def _ordinal(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _styled(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.lower() if like.islower() else word


def _years(text: str, site: Site) -> str:
    if not text.strip(EMPTY):
        return text
    try:
        years = _years_of(text.strip(EMPTY), site)
    except NotADate:
        years = []
    if not years or years[0] < _oldest(site):
        return label(site.entity_type, site.vr)
    return (
        f"{years[0]:04d}0101" if site.vr == "DA" else "-".join(dict.fromkeys((f"{years[0]:04d}", f"{years[-1]:04d}")))
    )


def _years_of(text: str, site: Site) -> list[int]:
    """Return the years of a text in ascending order, none where one of them is not written in four digits."""
    if site.vr == "DT":
        match = _DATETIME.fullmatch(text)
        return [int(match[1])] if match else []
    source, stamps = _read(_bounded(text, site), site)
    written = [source[slice(*stamp.fields["y"])] for stamp in stamps if "y" in stamp.fields]
    return sorted(map(int, written)) if all(len(year) == 4 for year in written) else []


def _read(text: str, site: Site) -> tuple[str, tuple[Stamp, ...]]:
    """Return the dates of a text, and the text that they are places of: it, or what it is in English."""
    try:
        return text, read(text, day_first=_day_first(site))
    except NotADate:
        for english, _ in spoken.in_english(text):
            return english, read(english, day_first=_day_first(site))
        raise


def _oldest(site: Site) -> int:
    """Return the earliest year that may be shown: in the reference year, no one born in it is older than `cap_age`."""
    if "cap_age" not in site.params:
        return 1
    return int(site.params.get("reference_year", REFERENCE_YEAR)) - int(site.params["cap_age"])

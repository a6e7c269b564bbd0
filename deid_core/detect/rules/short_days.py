"""Tell a day and a month with a dot or a dash and no year, `14.03` or `03-14`, from numbers that look alike.

A log's lines begin with one, a row of them or a range goes on from one, a cue stands before one: a number alone that
could be one is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_core.detect import checks

Spot = tuple[int, int] | None
REACH = 48  # code points before and after one that are read
MONTHS = 12
ROWS = 8  # of a row or a range, those behind one another that are followed
SHORT = r"\d{1,2}(?:\.\d{1,2}\.?|-\d{1,2})"
ONE = re.compile(r"(\d{1,2})([.\-])(\d{1,2})(\.?)")
LINKED = r"(?:[ ]?[-\u2013\u2014][ ]?|,?[ ](?:and|to|til|till|until|thru|through)[ ]|[ ]?[,;/&][ ]?(?:and[ ])?)"
DAY = r"(?:(?i:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:[a-z]{3,6})?\.?,?[ ])?"
LAST = re.compile(rf"(?<![\w./\-])(?P<v>{SHORT}){LINKED}(?:(?i:next|due|last|then|again)[ ])?{DAY}\Z")
RANGE = re.compile(r"[ ]?[-\u2013\u2014][ ]?(?P<v>\d{1,2}\.\d{1,2}\.)(?!\w)")
RANGED = re.compile(r"(?<![\w./\-])(?P<v>\d{1,2}\.\d{1,2}\.)[ ]?[-\u2013\u2014][ ]?\Z")
_CUES = r"""(?x) (?:\b(?:
    on|seen|dated?|dates(?:[ ]of[ ]\w+)?|dos|since|until|till|from|between|admit(?:ted)?|adm|discharged?|d/?c(?:'?d)?
    |visits?|lmp|ed[dc]|dob|due|next|last|start(?:ed)?|stop(?:ped)?|surgery|scan|op|appt|appointment|review(?:ed)?
    |booked|signed|removed|changed|collected|taken|drawn|received|sent|period|w/[ec]|week[ ]of|rx|dispensed|filled
    |issued|valid|exp(?:ires|iry)?|c\d{1,2}d\d{1,2}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat
    |sun)(?:[ ]date|[ ]visit|[ ]on)?[:,]?[ ]{1,2}\(?
    |\b(?:dr\.?|nurse|rn)[ ][a-z'\-]{2,20},?[ ]|\b(?:sig|init|signed|by)\b[^\n.]{2,20}[ ])\Z"""
DATED = re.compile(_CUES, re.IGNORECASE)
SURE = re.compile(  # nothing else follows these than a day, or a number with its unit
    r"\b(?:seen|dated?|dates(?: of \w+)?|dos|lmp|ed[dc]|dob|week of|w/[ec]|c\d{1,2}d\d{1,2}|start|stop"
    r"|admit(?:ted)?|discharged)(?: on)?:? {1,2}\Z",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?:\u00a7{1,2} ?|\b(?:sections?|ss?|rules?|articles?|art|paras?|paragraphs?|tables?|figs?|figures?|chapters?"
    r"|items?|pages?|pp?|version|v|ver|no|step|parts?|clauses?|regulations?|psalms?|verses?|codes?|lots?|units?|ext|versions?|builds?)\.?"
    r" ?(?:\d[\w.,() ]{0,24})?)\Z",
    re.IGNORECASE,
)
_COUNTED = r"""(?x) [ ]?(?:%|[x\u00d7]\b|(?:mg|mcg|ml|g|kg|units?|iu|mm|cm|m|l|cells|years?|yrs?|days?|weeks?|wks?
    |hours?|hrs?|h|mins?|minutes?|times|months?|mos?|pounds?|lbs?|inch(?:es)?|points?|percent|per|mmol|meq|puffs?|tabs?
    |tablets?|drops?|of|am|pm|people|occasions|a[ ]day|shifts?|mmhg|bpm|reps?|breaths|beats|slides|nodes|doses|degrees
    |steps|cases|patients|cigarettes|lines|pages|items|sets|sessions|cycles)\b)"""
MEASURED = re.compile(_COUNTED, re.IGNORECASE)
CELL = re.compile(r"(?P<v>\d{1,2}[./\-]\d{1,2}\.?)(?:[ ,]{1,2}[0-2]?\d[:.]?[0-5]\d)?")
OPENS = re.compile(r"(?:[ \t]*[*\u2022|>\-\u2013][ \t]{0,3}|[ \t]*)[(\[]?\Z")
GOES_ON = re.compile(r"[)\]]?(?:[:\t|]|[ ]{1,3}[-\u2013@|]|[ ]{1,4}(?:[A-Za-z]|[0-2]\d:?[0-5]\d))")
CLOCK = re.compile(r"[ ]{1,3}(?:@ ?)?(?:[01]\d|2[0-3]):?[0-5]\d(?![\w.])")
LINE = re.compile(rf"(?m)^[ \t]*(?:[*\u2022|>\-\u2013][ \t]{{0,3}})?[(\[]?(?P<v>{SHORT})[)\]]?(?=[:\t |])")


def short_day(text: str, start: int, end: int) -> Spot:
    """Keep a day and a month that a cue, a log's lines, or another one beside it says to be one."""
    if not _exists(text[start:end]):
        return None
    line = text.rfind("\n", max(0, start - REACH), start) + 1
    before = text[max(line, start - REACH) : start]
    told = _is_cued(before, text[start:end], text[end : end + 3]) or _opens(text, start, end, before)
    if not told and not _goes_on(before) and not _is_ranged(text, start, end, before):
        return None
    return None if MEASURED.match(text, end) or NUMBERED.search(before) else (start, end)


def dashed_day(text: str, start: int, end: int) -> Spot:
    """Keep a day and a month with its nought, with a dash and no cue, that are no number of a list: `25-04`."""
    counted = MEASURED.match(text, end) or NUMBERED.search(text[max(0, start - REACH) : start].rpartition("\n")[2])
    return (start, end) if _exists(text[start:end]) and not counted else None


def cell_short_day(text: str, start: int, end: int) -> Spot:
    """Keep a day and a month that are all of a cell below a heading of dates."""
    one = CELL.fullmatch(text, start, end)
    return one.span("v") if one and _exists(one["v"].replace("/", "-")) else None


def _exists(value: str) -> bool:
    """Say whether a value is a day of some year: with a dot the day first, with a dash in either order."""
    one = ONE.fullmatch(value)
    if one is None:
        return False
    first, second = int(one[1]), int(one[3])
    return checks.real_date(2000, second, first) or (one[2] == "-" and checks.real_date(2000, first, second))


def _is_padded(value: str) -> bool:
    """Say whether a value is written as days are: two digits each, the month with its nought or above ten."""
    return len(value.rstrip(".")) == len("14.03")


def _is_no_range(value: str) -> bool:
    """Say whether two numbers with a dash are no `10-12` from one to the other: one has a nought or no such month."""
    first, second = value.split("-")
    return "0" in (first[0], second[0]) or max(int(first), int(second)) > MONTHS or int(first) >= int(second)


def _is_cued(before: str, value: str, after: str) -> bool:
    if "-" in value and not _is_no_range(value):
        return False
    dotted = value.endswith(".") and int(value.partition(".")[0]) > MONTHS and not after[:2].strip().istitle()
    if _is_padded(value) or dotted:
        return bool(DATED.search(before))
    return bool(SURE.search(before))


def _opens(text: str, start: int, end: int, before: str) -> bool:
    """Say whether a value opens a line of a log: with a dash, in brackets, or another line opens with one too."""
    if not OPENS.match(before) or not GOES_ON.match(text, end) or not _is_padded(text[start:end]):
        return False
    if text[start + 2] == "-":
        return _is_no_range(text[start:end])
    if before.endswith(("(", "[")) or CLOCK.match(text, end):
        return True
    others = (one["v"] for one in LINE.finditer(text, max(0, start - 2000), end + 2000) if one.start("v") != start)
    return any(_exists(other) and other[:2] != text[start : start + 2] for other in others if _is_padded(other))


def _goes_on(before: str) -> bool:
    """Say whether a value follows another one in a row or a range whose first has a cue."""
    for _ in range(ROWS):
        last = LAST.search(before)
        if last is None or not _exists(last["v"]):
            return False
        before, value = before[: last.start("v")], last["v"]
        if _is_cued(before, value, ", "):
            return True
    return False


def _is_ranged(text: str, start: int, end: int, before: str) -> bool:
    """Say whether a value with a dot behind it begins or ends a range of such: `14.03.-17.03.`."""
    if not text[start:end].endswith(".") and text[end : end + 1] != ".":
        return False
    other = RANGE.match(text, end) or RANGED.search(before)
    return other is not None and _exists(other["v"])


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function for function in (short_day, dashed_day, cell_short_day)
}

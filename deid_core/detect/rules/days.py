"""Functions that rules of dates name: which fractions are a month and a day, and which digits a date run together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import lru_cache

from deid_core.detect import checks
from deid_core.detect.rules.words import words

Spot = tuple[int, int] | None
FULL = words("months") | {"april"}
LIKE = 0.74  # of two words, the share of letters in common that makes one the other misspelt
REACH = 64  # code points on either side in which a fraction's neighbours are looked for
MONTHS, DAYS, OUT_OF = 12, 31, 12
NOTE, SEVERAL = 1_200, 2  # code points on either side in which dates of the same month are looked for, and how many
ENOUGH = 2  # points that make a fraction a date
FRACTION = re.compile(r"(?<![\w./])(\d{1,2})/(\d{1,2})(?![\w/%])")
NUMBERED = re.compile(r"\d[/.\-]\d")  # without it there is no date beside
WHOLE_DATE = re.compile(r"(?<![\w./])\d{1,2}([/.\-])\d{1,2}\1(?:\d\d){1,2}(?!\w)")
TOTALS = frozenset(
    {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 18, 20, 21, 24, 25, 27, 28, 30}
)  # what is scored or counted out of
# Regimens, letters read on a chart, days and weeks as British notes write them: no dates unless a cue says so.
IDIOMS = frozenset(
    {(24, 7), (16, 8), (18, 6), (20, 4), (5, 2), (8, 2), (4, 1), (12, 3), (16, 4), (6, 5), (6, 4), (2, 1)}
)
EARLY = frozenset({(5, 2), (8, 2), (4, 1), (12, 3), (6, 5), (6, 4), (2, 1)})  # idioms that a cue makes a date
BRITISH = frozenset({7, 12})  # days in a week, months in a year: `10/7` is ten days
SCALE = re.compile(
    r"(?i)(?:\b(?:improved|decreased|increased|reduced|worsened|fell|rose|dropped|went|"
    r"pain|scales?|scor(?:e[sd]?|ing)|strength|motor|murmur|graded?|vision|acuity|visus|bp|pressure|ratio|"
    r"reflex(?:es)?|power|tab(?:let)?s?|rat(?:ed?|ing)|level|intensity|severity|systolic|diastolic|pulses?|intervals?|"
    r"fractions?|fx|t[12]|[cl]\d|cycles?|sessions?|pages?|images?|slides?|questions?|dos(?:e|es|ing)|shots?|verse|mmse|"
    r"moca|phq|gad|gcs|apgars?|ecog|aims|hads|epds|nihss|audit|barthel|braden|suboxone|bup\w*|zubsolv|naloxone|entresto|"
    r"advair|diet|fasting|tone|gravida|para|stage|i:e|criteria|nodes?|lymph|cores?|points?|beats?)\b[^.;\n]{0,24}|"
    r"\b(?:gives?|gave|giving|takes?|taking|prescribed?|"
    r"va|x|a|an|about|approximately|only|out of|od|os|re|le|ou|r|l|part|item|step|set|course|visit|pg|g\d|about|"
    r"positive in|negative in|leads?|up to|size|by|than|every|and)[ ]{1,2}|[#$°+=<>\u00d7x~])\Z"
)
COUNTED = re.compile(
    r"(?i)(?:[ ]or \d{1,2}/\d{1,2})?"
    r"[ ]?(?:power|tab(?:let)?s?|cups?|packs?|ppd|strength|pain|mg|mcg|ml|g\b|teaspoons?|tsp|inch|in\b|"
    r"doses?|systolic|"
    r"murmur|full|of\b|normal|pints?|miles?|hours?|hrs?|cm|mm|pills?|bilat\w*|throughout|motor|reflexes|nodes?|"
    r"lns?\b|lymph|"
    r"cores?|points?|(?:\w+ )?criteria|patients?|pts\b|cases|cent(?:re|er)s|eyes|bottles|specimens?|samples?|subjects|"
    r"women|men\b|beats|"
    r"levels?|sessions?|cycles?|fractions?|weeks?|days?|months?|years?|"
    r"on (?:the|a|exertion|movement|vas|nrs|scale)|positive|correct|right\b|left\b|"
    r"in (?:the )?(?:left|right|all|both|upper|"
    r"lower)|ago\b|r\b|l\b|[x\u00d7=<>+*]|-\s?\d|/|%|\b(?:ns|nacl|saline|dose|cap|cc|l\b))"
)
LASTS = re.compile(
    r"(?i)\b(?:x|over|every|within|another|further"
    r"|(?:mg|mcg|ml|g|[bo]d|[tq]d?s|prn|nocte|mane|ab[xs]|antibiotics?|steroids?|course|pred\w*"
    r"|\w{3,}c[iy]llin|doxy\w*|nitro\w*)"
    r"\b[^.\n\d]{0,16}\bfor) \Z"
)
MEASURES = re.compile(
    r"(?i)\b(?:phq|gad|mmse|moca|gcs|apgars?|cage|nihss|audit|epds|must|news|4at|amts?|edss|bdi|bprs|dast|scored?)"
    r"(?:-?\d{1,2})?[ :]{1,2}\Z"
)
DEED_ENDS = re.compile(r"[ ]?(?:[,;:)(\n]|\.\s|\Z)|[ ](?:at|for|due|per|by|w/|with|pending|and|to|@)\b")
HALVES = frozenset({(1, 2), (1, 4), (3, 4)})
TAKEN = re.compile(r"(?i)\b(?:took|takes?|taking|gave|give|given) \Z")
SAME = re.compile(r"(?i)(?:cx|cultures?|bottles?|power|strength|pulses?|motor|pinhole|\d/\d{1,2}[,;]?)\s\Z")
_CUES = "on since until till admitted discharged seen from dated started stopped last next due cx scan surgery d/c"
CUES = frozenset(f"{_CUES} monday tuesday wednesday thursday friday saturday sunday".split())
COURSE = re.compile(r"(?i)\b(?:for|give|further|another|last|past|x) \Z")
SPAN = re.compile(
    r"\d{1,2}/\d{1,2}(?:/(?:\d\d){1,2})?"
    r"(?:[ ]?[-\u2013\u2014][ ]?|[ ](?:to|til|till|until|thru|through)[ ])\d{1,2}/\d{1,2}(?:/(?:\d\d){1,2})?"
)
ROW = re.compile(r"\d{1,2}/\d{1,2}(?:(?:,[ ]?|;[ ]?|[ ]&[ ]|,?[ ]and[ ])\d{1,2}/\d{1,2}){1,5}")
ROW_OF = range(3)  # as many pairs at least
REVIEWED = re.compile(r"(?i)[ ](?:review|bloods|check|follow|post|course|supply|rv|r/v|opd)")
PADDED = re.compile(r"\b0[1-9]")
OPENED = re.compile(
    r"(?i)[ ]?(?:[ \t]{0,8}\||[:)\]@]|-[ ]|(?:am|pm|at|visit|call(?:ed)?|labs?|bloods|notes?|seen|clinic|scan|ct|"
    r"mri|echo|cxr|pt|patient|"
    r"addendum|update|phone|email|appt|review|s?he|i|we|wrote|started|stopped|admitted|discharged|surgery|op|dr|x-?ray|us|"
    r"[0-2]\d:?[0-5]\d)\b)"
)
STANDS_ALONE = re.compile(r"[ ]?(?:[)\]]|:[ ]|-[ ]|@|(?:am|pm)\b|[0-2]\d:?[0-5]\d\b)")


def _parts(fraction: str) -> tuple[int, int]:
    first, second = re.findall(r"\d+", fraction)[:2]
    return int(first), int(second)


def _exists(first: int, second: int) -> bool:
    return checks.real_date(2000, first, second) or checks.real_date(2000, second, first)


def _shape_points(first: int, second: int) -> int:
    """Return how much a fraction alone looks like a date: out of an unusual total, or larger than one."""
    if (first, second) in IDIOMS or first == second or (second in BRITISH and first % 7 in {0, 3, 5, 6} and first > 9):
        return 0
    return ENOUGH if first > second or second not in TOTALS else 0


def likely_day(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day that no cue tells, where its numbers, its place and its neighbours say it is a date."""
    first, second = _parts(text[start:end])
    if not _exists(first, second):
        return None
    before, after = text[max(0, start - REACH) : start], text[end : end + REACH]
    if COUNTED.match(after):
        return None
    points = ENOUGH if PADDED.search(text[start:end]) else _shape_points(first, second)
    if points < ENOUGH:
        points = ENOUGH * _is_of_its_month(text, start, (first, second))
    if points < ENOUGH:
        line, rest = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
        if not (NUMBERED.search(line) or NUMBERED.search(rest)):
            return None
        points += bool(WHOLE_DATE.search(line) or WHOLE_DATE.search(rest))
        points += bool(STANDS_ALONE.match(after) and (not line.strip() or line[-1:] in "([\t"))
        points += 2 * _in_a_row(line, (first, second), rest)
    return None if points < ENOUGH or SCALE.search(before) else (start, end)


def _is_of_its_month(text: str, start: int, own: tuple[int, int]) -> bool:
    """Say whether others of its month, in one order, are dates for sure near by: a note of few days names them so."""
    if own[0] == own[1] or own in IDIOMS:
        return False
    near = [pair for at, pair in _sure_days(text) if abs(at - start) < NOTE and at != start and pair != own]
    return any(own[place] <= MONTHS and sum(pair[place] == own[place] for pair in near) >= SEVERAL for place in (0, 1))


@lru_cache(maxsize=4)  # asked for each fraction of a text in turn
def _sure_days(text: str) -> tuple[tuple[int, tuple[int, int]], ...]:
    """Return where fractions stand that are dates for sure, and their numbers."""
    found = ((other, (int(other[1]), int(other[2]))) for other in _fractions(text))
    return tuple((other.start(), pair) for other, pair in found if _exists(*pair) and _is_sure(text, other, pair))


def _fractions(text: str) -> Iterator[re.Match[str]]:
    """Yield the fractions of a text; a search from slash to slash takes a tenth of the time."""
    at = text.find("/")
    while at > 0:
        found = FRACTION.match(text, max(at - 2, 0)) or FRACTION.match(text, at - 1)
        if found:
            yield found
        at = text.find("/", at + 1)


def _is_sure(text: str, fraction: re.Match[str], pair: tuple[int, int]) -> bool:
    before = text[max(0, fraction.start() - REACH) : fraction.start()]
    told = _shape_points(*pair) or PADDED.search(fraction[0]) or before[:-1].rpartition(" ")[2].lower() in CUES
    return bool(told) and not COUNTED.match(text, fraction.end()) and not SCALE.search(before)


def _in_a_row(before: str, own: tuple[int, int], after: str) -> bool:
    """Say whether a fraction stands beside another of the same month and a later or an earlier day."""
    others = [(int(part[1]), int(part[2])) for part in (*FRACTION.finditer(before), *FRACTION.finditer(after))]
    ordered = [other for other in others if other[0] == own[0] and other[1] != own[1]]
    return any(_shape_points(*pair) for pair in ordered) or (bool(ordered) and bool(_shape_points(*own)))


def month_day(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day behind a cue, in either order, that exist in some year and count nothing."""
    first, second = _parts(text[start:end])
    before = text[max(0, start - REACH) : start]
    same = first == second and SAME.search(before)
    course = second in BRITISH and COURSE.search(before)
    if same or course or (first, second) in IDIOMS - EARLY or COUNTED.match(text, end):
        return None
    return (start, end) if _exists(first, second) else None


def day_of_a_deed(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day behind a deed that are no part: `declined 2/3 meals`, `bronch 2/2 RML`."""
    first, second = _parts(text[start:end])
    part = first == second or (first < second < 5 and not DEED_ENDS.match(text, end))
    return None if part else month_day(text, start, end)


def event_day(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day, or a month and a year, behind what happened then, unless a part or a score."""
    first, second = _parts(text[start:end].replace("'", ""))
    if COUNTED.match(text[end : end + REACH]) or first == second or (first < second < 5) or (first, second) in IDIOMS:
        return None
    month_and_year = first <= MONTHS and second > DAYS and second not in {36, 52, 60}
    return (start, end) if month_and_year or _exists(first, second) else None


def span_of_days(text: str, start: int, end: int) -> Spot:
    """Keep two dates with a dash or a word between them that are no scores out of one total and no letters on a chart.

    The second of the two, which begins no span, is kept where the first was.
    """
    whole = SPAN.match(text, start)
    if whole is None:
        return start, end
    pairs = [(int(part[1]), int(part[2])) for part in re.finditer(r"(\d{1,2})/(\d{1,2})", whole[0])]
    if not all(_exists(*pair) for pair in pairs) or SCALE.search(text[max(0, start - REACH) : start]):
        return None
    if whole[0].count("/") > len(pairs):
        return start, end
    if not COUNTED.match(text, whole.end()):
        days_first = pairs[0][0] > MONTHS or pairs[-1][0] > MONTHS
        alike = (
            pairs[0][1] == pairs[-1][1] and not days_first and not (pairs[0][0] < pairs[-1][0] and pairs[0][1] > OUT_OF)
        )
        return None if alike or pairs[0] == pairs[-1] else (start, end)
    return None


def row_of_days(text: str, start: int, end: int) -> Spot:
    """Keep three pairs or more in a row that are no parts, and not all out of one small total; then each of the row."""
    row = ROW.match(text, start)
    if row is None:
        return start, end
    pairs = [(int(part[1]), int(part[2])) for part in re.finditer(r"(\d{1,2})/(\d{1,2})", row[0])]
    if len(pairs) < len(ROW_OF) or not all(_exists(*pair) for pair in pairs) or COUNTED.match(text, row.end()):
        return (start, end) if len(pairs) < len(ROW_OF) else None
    parts = all(first <= second < 5 for first, second in pairs)
    one_total = len({second for _, second in pairs}) == 1 and all(first <= second for first, second in pairs)
    return None if parts or one_total else (start, end)


def day_of_a_bracket(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day, in either order, that exist in some year: what stands beside says that it is no score."""
    return (start, end) if _exists(*_parts(text[start:end])) else None


def opening_day(text: str, start: int, end: int) -> Spot:
    """Keep a month and a day that open a line or a sentence and are no part, scale or strength."""
    if month_day(text, start, end) is None:
        return None
    if _parts(text[start:end])[1] in BRITISH and REVIEWED.match(text, end):
        return None
    told = OPENED.match(text, end) or text[end : end + 1] in {"", "\r", "\n"} or PADDED.search(text[start:end])
    return (start, end) if told or _shape_points(*_parts(text[start:end])) else None


def run_together(text: str, start: int, end: int) -> Spot:
    """Keep six or eight digits, or three numbers with blanks between, that are a date in some order."""
    value = text[start:end]
    parts = value.split()
    if len(parts) == 1:
        middle = (value[:2], value[2:4], value[4:])
        parts = [value[:4], value[4:6], value[6:]] if len(value) == 8 and value[:2] in {"19", "20"} else list(middle)
    numbers = [int(part) for part in parts]
    if len(parts[0]) == 4:
        return (start, end) if checks.real_date(*numbers) else None
    year = numbers[2] if numbers[2] > 99 else 2000 + numbers[2]
    orders = (
        (year, numbers[0], numbers[1]),
        (year, numbers[1], numbers[0]),
        (2000 + numbers[0], numbers[1], numbers[2]),
    )
    real = any(checks.real_date(*order) for order in orders if order[2] < 32)
    return (start, end) if real and checks.FIRST_YEAR <= year <= checks.LAST_YEAR else None


def is_no_day(text: str, start: int, end: int) -> bool:
    """Say whether a fraction is days or months of British notes, a score or a part: `500 mg bd for 5/7`, `PHQ 8/27`."""
    whole = FRACTION.fullmatch(text, start, end)
    if whole is None:
        return False
    pair, before = (int(whole[1]), int(whole[2])), text[max(0, start - REACH) : start]
    lasts = pair[1] in {*BRITISH, 52} and LASTS.search(before)
    return bool(lasts or MEASURES.search(before) or (pair in HALVES and TAKEN.search(before)))


def month_elsewhere_sure(text: str, start: int, end: int) -> Spot:
    """Keep a day and a month of another language, spelt right."""
    return (start, end) if text[start:end].lower().split()[-1] in words("months_elsewhere") else None


def month_elsewhere(text: str, start: int, end: int) -> Spot:
    """Keep a day, a word and a year where the word is a month of another language or a misspelt one of English."""
    word = next(
        (word for word in re.findall(r"[^\W\d_]{3,}", text[start:end].lower()) if word not in {"del", "of"}), ""
    )
    known = word in words("months_elsewhere") or get_close_matches(word, FULL, 1, LIKE)
    return (start, end) if known else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        likely_day,
        month_day,
        event_day,
        day_of_a_deed,
        span_of_days,
        opening_day,
        day_of_a_bracket,
        row_of_days,
        run_together,
        month_elsewhere,
        month_elsewhere_sure,
    )
}

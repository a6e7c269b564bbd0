"""The forms in which a known date, number or address can stand in a text: patterns over folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid_core.detect import checks
from deid_core.detect.rules.fold import fold

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SUFFIXES = (
    ("street", "st"), ("avenue", "ave", "av"), ("road", "rd"), ("drive", "dr"), ("lane", "ln"), ("boulevard", "blvd"),
    ("court", "ct"), ("circle", "cir"), ("place", "pl"), ("terrace", "ter"), ("parkway", "pkwy"), ("highway", "hwy"),
    ("square", "sq"), ("apartment", "apt"), ("suite", "ste"), ("north", "n"), ("south", "s"), ("east", "e"),
    ("west", "w"), ("saint", "st"),
)  # fmt: skip
GAP = r"[\s.\-/()_:\u2013]{0,3}"
Traces = tuple[tuple[str, ...], ...]  # where a pattern matches, a text's letters and digits hold all of one of them
LONGEST = 200
TRACE = 5  # characters that every form of a number ends with
SHORT_NUMBER, GLUED_NUMBER = 4, 6  # digits; letters may touch a number from the second on


def date_parts(value: str) -> tuple[int, int, int] | None:
    """Read a date as ISO 8601, DICOM DA or DT, American or European numbers, or with its month named."""
    text = fold(value.strip())[:40]
    if (match := re.match(r"(\d{4})(\d\d)(\d\d)(?:\d{2,6}(?:\.\d+)?)?(?:[+-]\d{4})?$", text)) or (
        match := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text)
    ):
        found = (int(match[1]), int(match[2]), int(match[3]))
    elif match := re.match(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)", text):
        first, second = int(match[1]), int(match[2])
        found = (int(match[3]), first, second) if first <= len(MONTHS) else (int(match[3]), second, first)
    elif match := re.match(
        r"(?:(\d{1,2})[ \-.]{1,2})?([a-z]{3,9})\.?[ \-]{1,2}(?:(\d{1,2}),?[ \-]{1,2})?(\d{4})$", text
    ):
        month = next((place for place, name in enumerate(MONTHS, 1) if name.startswith(match[2])), 0)
        found = (int(match[4]), month, int(match[1] or match[3] or 0))
    else:
        return None
    return found if checks.real_date(*found) else None


def date_patterns(year: int, month: int, day: int) -> list[tuple[str, float]]:
    """Return patterns of a date in every usual notation, with their scores; without its year it is less certain."""
    name = MONTHS[month - 1]
    sept = "sept|" if name == "september" else ""
    named = rf"(?:{name}|{sept}{name[:3]})\.?"
    y, m, d = rf"(?:{year}|'?{year % 100:02d})", f"0?{month}", f"0?{day}"
    nth = rf"{d}(?:st|nd|rd|th)?"
    sep = r"\s?[/.\-\u2013\s]\s?"
    return [
        (rf"{year}{sep}{m}{sep}{d}", 0.95),
        (rf"{m}{sep}{d}{sep}{y}", 0.95),
        (rf"{d}{sep}{m}{sep}{y}", 0.95),
        (rf"{year}{month:02d}{day:02d}(?:\d{{4,6}})?", 0.95),
        (rf"{month:02d}{day:02d}{year}|{day:02d}{month:02d}{year}", 0.95),
        (rf"{named}[\s\-]{{0,2}}(?:the\s)?{nth},?[\s\-]{{0,2}}{y}", 0.95),
        (rf"{nth}[\s\-.]{{0,2}}(?:of\s)?{named},?[\s\-]{{0,2}}{y}", 0.95),
        (rf"{named}\s{{1,2}}(?:the\s)?{nth}|{nth}\s(?:of\s)?{named}", 0.75),
    ]


def date_traces(year: int, month: int, day: int) -> Traces:
    """Return the traces of a date's patterns."""
    return ((str(day), f"{year % 100:02d}"), (str(day), MONTHS[month - 1][:3]))


def number_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of an identifier whatever separates its characters, with or without leading zeros."""
    bare = re.sub(r"[^0-9a-z]", "", fold(value))[:LONGEST]
    core = bare.lstrip("0")
    if len(bare) < 3 or not core:
        return []
    if len(core) <= SHORT_NUMBER and core.isdigit():
        forms = dict.fromkeys((fold(value.strip()), bare))
        return [(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", 0.6) for form in forms]
    spaced = "0{0,12}" + GAP.join(map(re.escape, core))
    if len(core) < GLUED_NUMBER or not core.isdigit():
        spaced = rf"(?<![^\W_]){spaced}(?![^\W_])"
    patterns = [(spaced, 0.97)]
    digits = re.sub(r"\D", "", core).lstrip("0")
    if digits != core and len(digits) > SHORT_NUMBER and re.fullmatch(r"[a-z]{1,6}\d+", core):
        patterns.append(("0{0,12}" + GAP.join(digits), 0.85))
    return patterns


def number_traces(value: str) -> Traces:
    """Return the traces of a number's patterns."""
    return ((re.sub(r"[^0-9a-z]", "", fold(value))[:LONGEST].lstrip("0")[-TRACE:],),)


def phone_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of a telephone number whatever separates its digits, with or without the country's code."""
    digits = re.sub(r"\D", "", re.split(r"(?i)\s*(?:x|ext)", value, maxsplit=1)[0])[:20]
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) <= SHORT_NUMBER:
        return number_patterns(value)
    patterns = [(r"(?:\+?1[\s.\-]{0,2})?[(]?" + GAP.join(digits), 0.97)]
    if len(digits) == 10:
        patterns.append((GAP.join(digits[3:]), 0.8))
    return patterns


def phone_traces(value: str) -> Traces:
    """Return the traces of a telephone number's patterns."""
    digits = re.sub(r"\D", "", re.split(r"(?i)\s*(?:x|ext)", value, maxsplit=1)[0])[:20]
    return ((digits[-TRACE:],),) if len(digits) > SHORT_NUMBER else number_traces(value)


def address_traces(value: str) -> Traces:
    """Return the traces of an address's patterns: the longest number of its street, where it has one."""
    numbers = re.findall(r"\d+", fold(next(_lines(value), "")))
    return ((max(numbers, key=len, default=""),),)


def _lines(value: str) -> Iterator[str]:
    return (line for line in re.split(r"[,\n\r^|;]+", value[:LONGEST]) if line.strip())


def address_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of an address as a whole and of its street, with the usual abbreviations."""
    lines = list(_lines(value))
    if not lines:
        return []
    whole = r"[\s,^|;]{1,4}".join(_line(line) for line in lines)
    patterns = [(whole, 0.97)]
    street = lines[0].strip()
    if len(lines) > 1 and re.search(r"\d", street) and re.search(r"[^\W\d_]{2}", street):
        patterns.append((_line(street), 0.95))
    return patterns


def _line(line: str) -> str:
    return r"[\s,.]{1,4}".join(_abbreviated(word) for word in re.findall(r"[^\s.,]+", fold(line)))


def _abbreviated(word: str) -> str:
    forms = next((forms for forms in SUFFIXES if word in forms), (word,))
    return "(?:" + "|".join(map(re.escape, forms)) + ")"


def literal_patterns(value: str) -> list[tuple[str, float]]:
    """Return the pattern of a value as it is, whatever its case and the spaces in it."""
    words = fold(value.strip())[:LONGEST].split()
    return [(r"\s{1,4}".join(map(re.escape, words)), 0.95)] if words else []

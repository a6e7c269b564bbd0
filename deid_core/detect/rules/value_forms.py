"""The forms in which a known date, number or address can stand in a text: patterns over folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
SEPARATOR = r"\s?[/.\-\u2013\s]\s?"  # between the numbers of a date
GAP = r"[\s.\-/()_:\u2013]{0,3}"
LONGEST = 200
SHORTEST_NUMBER, SHORT_NUMBER, GLUED_NUMBER = 3, 4, 6  # digits; letters may touch a number from the last on


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
    sep = SEPARATOR
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


def number_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of an identifier whatever separates its characters, with or without leading zeros."""
    bare = plain_number(value)
    core = bare.lstrip("0")
    if len(bare) < SHORTEST_NUMBER or not core:
        return []
    if is_short(core):
        forms = dict.fromkeys((fold(value.strip()), bare))
        return [(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", 0.6) for form in forms]
    spaced = "0{0,12}" + GAP.join(map(re.escape, core))
    if stands_alone(core):
        spaced = rf"(?<![^\W_]){spaced}(?![^\W_])"
    patterns = [(spaced, 0.97)]
    if digits := digits_alone(core):
        patterns.append(("0{0,12}" + GAP.join(digits), 0.85))
    return patterns


def plain_number(value: str) -> str:
    """Return the letters and digits of an identifier, folded."""
    return re.sub(r"[^0-9a-z]", "", fold(value))[:LONGEST]


def is_short(core: str) -> bool:
    """Say whether a number is so short that it is looked for as it is written only."""
    return len(core) <= SHORT_NUMBER and core.isdigit()


def stands_alone(core: str) -> bool:
    """Say whether no letter may touch a number: it is short, or has letters of its own."""
    return len(core) < GLUED_NUMBER or not core.isdigit()


def digits_alone(core: str) -> str:
    """Return the digits of a number behind letters that may be left out; "" of another."""
    digits = re.sub(r"\D", "", core).lstrip("0")
    told = digits != core and len(digits) > SHORT_NUMBER and re.fullmatch(r"[a-z]{1,6}\d+", core)
    return digits if told else ""


def phone_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of a telephone number whatever separates its digits, with or without the country's code."""
    digits = phone_digits(value)
    if len(digits) <= SHORT_NUMBER:
        return number_patterns(value)
    patterns = [(r"(?:\+?1[\s.\-]{0,2})?[(]?" + GAP.join(digits), 0.97)]
    if local := digits_here(digits):
        patterns.append((GAP.join(local), 0.8))
    return patterns


def phone_digits(value: str) -> str:
    """Return the digits of a telephone number, without an extension and the country's code."""
    digits = re.sub(r"\D", "", re.split(r"(?i)\s*(?:x|ext)", value, maxsplit=1)[0])[:20]
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def digits_here(digits: str) -> str:
    """Return the digits of a telephone number within its area; "" of one that has none."""
    return digits[3:] if len(digits) == 10 else ""


def lines_of(value: str) -> Iterator[str]:
    """Yield the lines of an address that hold anything."""
    return (line for line in re.split(r"[,\n\r^|;]+", value[:LONGEST]) if line.strip())


def address_patterns(value: str) -> list[tuple[str, float]]:
    """Return patterns of an address as a whole and of its street, with the usual abbreviations."""
    lines = list(lines_of(value))
    if not lines:
        return []
    whole = r"[\s,^|;]{1,4}".join(_line(line) for line in lines)
    patterns = [(whole, 0.97)]
    if street := street_of(lines):
        patterns.append((_line(street), 0.95))
    return patterns


def street_of(lines: Sequence[str]) -> str:
    """Return the street of an address of several lines, which identifies on its own; "" without one."""
    street = lines[0].strip()
    told = len(lines) > 1 and re.search(r"\d", street) and re.search(r"[^\W\d_]{2}", street)
    return street if told else ""


def _line(line: str) -> str:
    return r"[\s,.]{1,4}".join("(?:" + "|".join(map(re.escape, forms)) + ")" for forms in words_of(line))


def words_of(line: str) -> Iterator[tuple[str, ...]]:
    """Yield each word of an address's line, folded, in all forms that it may be written in."""
    for word in re.findall(r"[^\s.,]+", fold(line)):
        yield next((forms for forms in SUFFIXES if word in forms), (word,))


def literal_patterns(value: str) -> list[tuple[str, float]]:
    """Return the pattern of a value as it is, whatever its case and the spaces in it."""
    words = fold(value.strip())[:LONGEST].split()
    return [(r"\s{1,4}".join(map(re.escape, words)), 0.95)] if words else []

"""Operators that make a value coarser: ages, ZIP codes, and whatever has a hierarchy."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from unicodedata import decimal

from deid_core.errors import PolicyError
from deid_core.ports import Site, operator
from deid_core.standards.vr import conform, label, values
from deid_core.standards.zip3 import restricted
from deid_core.transform.number_words import figures

_WORDS = json.loads(files("deid_core.standards").joinpath("ages.json").read_text("utf-8"))
_ONES: dict[str, int] = _WORDS["ones"]
_TENS: dict[str, int] = _WORDS["tens"]
_DECADES: dict[str, int] = _WORDS["decades"]
_UNITS: dict[str, int] = _WORDS["units"]  # how many of them make a year
_DICOM_UNITS: dict[str, int] = _WORDS["dicom_units"]
_COUNTING = frozenset((*_ONES, *_TENS, *_WORDS["ordinals"], "hundred"))
_DIGIT_WORDS = "|".join(list(_ONES)[:9])
_BELOW_100 = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[\s-]{{0,3}}(?:{_DIGIT_WORDS})\b|\b)"
    rf"|(?:{'|'.join(sorted(_ONES, key=len, reverse=True))})\b)"
)
_AGE = re.compile(
    r"(?:\b(?:early|mid|late)(?:\s+to\s+(?:mid|late))?[\s-]{0,2})?"
    rf"(?:(?P<decade>\b(?:{'|'.join(_DECADES)})s?\b|(?<![\d.,])\d{{1,4}}['\u2019]?s\b)"
    rf"|(?P<hundred>\b(?:(?:an?|{_DIGIT_WORDS})[\s-]{{1,3}})?hundred\b(?:[\s-]{{1,3}}(?:and[\s-]{{1,3}})?{_BELOW_100})?)"
    rf"|(?P<words>\b{_BELOW_100})|(?P<number>\d+(?:[.,]\d+)*))"
    rf"(?:(?P<gap>[\s-]{{0,3}})(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![^\W\d_]))?",
    re.IGNORECASE,
)
_NUMBER_WORD = re.compile("|".join(sorted((*_ONES, *_TENS), key=len, reverse=True)))  # "ninetythree" holds two
_AS = re.compile(r"([0-9]{3})([DWMY])")
_ZIP = re.compile(r"(?<![0-9])([0-9]{5})(?:[-\s]{0,3}[0-9]{4})?(?![0-9])")
EMPTY = " \t\r\n\0"


@operator("Keep the age to a cap of 89 years, and write 90+ above it.")
def age_cap(value: str, site: Site) -> str:
    """Return the value with ages over `cap` (89) as one class: `93-year-old` as `90+-year-old`, AS `093Y` as `090Y`.

    Reads figures, number words and decades (`nineties`); months, weeks and days are counted in years.
    What holds no age that is understood gets its label. Source: 45 CFR 164.514(b)(2)(i)(C).
    """
    cap = _whole(site, "cap", 89)
    return _by_age(value, site, lambda age: str(age) if age <= cap else None, cap + 1)


@operator("Replace the age with its band of ten years, and write 90+ for the last.")
def age_band(value: str, site: Site) -> str:
    """Return the value with each age as its band: `43-year-old` as `40-49-year-old`, AS `043Y` as `040Y`.

    Parameters: `width` of a band in years (10), `cap` (89), above which all is one band. Ages in months, weeks or days
    become years. What holds no age that is understood gets its label.
    """
    width, cap = _whole(site, "width", 10), _whole(site, "cap", 89)

    def band(age: int) -> str | None:
        low = age - age % width
        return None if age > cap else f"{low}-{min(low + width - 1, cap)}"

    return _by_age(value, site, band, cap + 1)


@operator("Keep the first three digits of the ZIP code, or 000 where 20,000 people or fewer live.")
def zip3(value: str, site: Site) -> str:
    """Return three digits for a ZIP code, with or without its +4: `02139-4307` to `021`; 000 for a small area.

    Parameter `census` ("2000"): whose list of small areas holds. A ZIP code that lost its leading zero in a table gets
    it back. Three digits that may be all of one (`601` of 00601) become 000; other postcodes get their label.
    Source: 45 CFR 164.514(b)(2)(i)(B). Raises PolicyError for a census without a list.
    """
    small = restricted(str(site.params.get("census", "2000")))
    return conform("\\".join(_zip3(one, small, site) for one in values(value, site.vr)), site.vr)


@operator("Replace the value with the coarser one that a hierarchy file gives for it.")
def hierarchy(value: str, site: Site) -> str:
    """Return the value's ancestor, case aside; the label where the file does not know it.

    Parameters: `file`, a shipped hierarchy's name (`us_cities`) or a path that ends in .csv: a header, then a value and
    its ancestors a line, lines of # aside. `level`, a column's name or number (1: the first ancestor).
    Raises PolicyError where the file cannot be read or has no such level.
    """
    table = _hierarchy(str(site.params.get("file", "us_cities")), str(site.params.get("level", 1)))
    made = (
        table.get(_folded(one)) or label(site.entity_type, site.vr) if one.strip(EMPTY) else one
        for one in values(value, site.vr)
    )
    return conform("\\".join(made), site.vr)


def _by_age(value: str, site: Site, shown: Callable[[int], str | None], top: int) -> str:
    """Rewrite each age of a value; `shown` gives an age's text, or None for the class of `top` and older."""
    made = []
    for one in values(value, site.vr):
        if not one.strip(EMPTY):
            made.append(one)
        elif site.vr == "AS":
            made.append(_age_string(one.strip(EMPTY), shown, top))
        else:
            text = _read_ages(one, shown, top)
            made.append(label(site.entity_type, site.vr) if text is None else text)
    return conform("\\".join(made), site.vr)


def _read_ages(one: str, shown: Callable[[int], str | None], top: int) -> str | None:
    """Return a text with its ages rewritten, whatever language they are in; None where none is understood."""
    for text in (one, *figures(one)):
        made, count = _AGE.subn(lambda match: _age(match, shown, top), text)
        if count and not _is_unread(_AGE.sub(" ", text)):
            return one if made == text else made
    return None


def _is_unread(rest: str) -> bool:
    """Say whether what stands around the ages of a value counts too: `ninety-ninth`, a superscript."""
    return any(char.isnumeric() for char in rest) or not _COUNTING.isdisjoint(re.findall(r"[a-z]+", rest.casefold()))


def _age(match: re.Match[str], shown: Callable[[int], str | None], top: int) -> str:
    unit = (match["unit"] or "").casefold()
    age = _years(match)
    text = shown(age // _UNITS.get(unit, 1))
    if text is None:
        return f"{top}+" + (f"{match['gap']}year{'s' if unit.endswith('s') else ''}" if unit else "")
    if text == str(age // _UNITS.get(unit, 1)):  # nothing to make coarser
        return match[0]
    return text + (f"{match['gap']}year{'s' if unit.endswith('s') else ''}" if unit else "")


def _years(match: re.Match[str]) -> int:
    """Return the number that a match of _AGE says, rounded down; a decade counts as its first year."""
    if match["number"]:
        whole, _, part = match["number"].partition(".")
        thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+", whole)
        number = whole.replace(",", "") if thousands else whole.partition(",")[0]
        huge = any(
            decimal(char) for char in number[:-9]
        )  # int() refuses very long texts; leading zeros count for nothing
        return 10**9 if huge or "." in part else int(number[-9:])
    if match["decade"]:
        text = match["decade"].casefold()
        return int(re.sub(r"\D", "", text) or 0) or _DECADES.get(text) or _DECADES[text.removesuffix("s")]
    words = _NUMBER_WORD.findall((match["hundred"] or match["words"]).casefold())
    return (100 if match["hundred"] else 0) + sum(_TENS.get(word, 0) + _ONES.get(word, 0) for word in words)


def _age_string(text: str, shown: Callable[[int], str | None], top: int) -> str:
    """Return a DICOM Age String (PS3.5): the low end of its class, "" where it is malformed."""
    match = _AS.fullmatch(text)
    if not match:
        return ""
    age = int(match[1]) // _DICOM_UNITS[match[2]]
    made = shown(age)
    if made is None:
        return f"{min(top, 999):03d}Y"
    return text if made == str(age) else f"{int(made.partition('-')[0]):03d}Y"


def _zip3(text: str, small: frozenset[str], site: Site) -> str:
    if not text.strip(EMPTY):
        return text
    digits = "".join(str(decimal(char)) if char.isdecimal() else char for char in text).strip()
    if digits.isdecimal() and len(digits) in (4, 8):
        digits = f"0{digits}"
    match = _ZIP.search(digits)
    rest = digits[: match.start()] + digits[match.end() :] if match else digits
    if match and not any(char.isnumeric() for char in rest):
        return "000" if match[1][:3] in small else match[1][:3]
    if digits.isdecimal() and len(digits) == 3:
        return digits if digits.startswith("0") and digits not in small else "000"
    return label(site.entity_type, site.vr)


@cache
def _hierarchy(file: str, level: str) -> Mapping[str, str]:
    shipped = files("deid_core.standards").joinpath("hierarchies", f"{file}.csv")
    try:
        text = Path(file).read_text("utf-8") if file.endswith(".csv") else shipped.read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise PolicyError(f"hierarchy: the file cannot be read: {type(error).__name__}") from None
    header, *rows = [row for row in csv.reader(text.splitlines()) if row and not row[0].startswith("#")] or [[""]]
    index = header.index(level) if level in header else int(level) if level.isdecimal() else 0
    if not 0 < index < len(header):
        raise PolicyError(f"hierarchy: `level` is one of {', '.join(header[1:])}, or a number from 1")
    return {_folded(row[0]): row[index].strip() for row in rows if len(row) == len(header)}


def _folded(text: str) -> str:
    return " ".join(text.strip(EMPTY).casefold().split())


def _whole(site: Site, name: str, default: int) -> int:
    """Return a parameter that is a positive whole number of years; raise PolicyError otherwise."""
    number = site.params.get(name, default)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise PolicyError(f"`{name}` is a whole number of years, 1 or more")
    return number

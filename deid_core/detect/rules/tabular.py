"""Read a column of a table in plain text: its heading says what the cells under it are.

The table's separator is that of its heading line: a pipe, a tab, a semicolon, a comma, or two blanks and more, where
cells are told apart by where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from deid_core.detect import checks
from deid_core.detect.rules.people import NAME_WORD, is_common
from deid_core.detect.rules.words import CREDENTIALS, PARTICLES, words

Spot = tuple[int, int] | None
LONGEST_LINE, LONGEST_HEADING = 320, 30  # code points
ROWS, GAPS = 200, 1  # lines under a heading that are read; blank or ruled ones among them before the first row
FEWEST = {"|": 2, "\t": 2, "  ": 2, ";": 3, ",": 3}  # columns that make a table, by what parts them
REMEMBERED = 256  # lines and headings last met
SLACK = 2  # code points that a cell may stand left of its heading
RUN = re.compile(r"[^\s|](?:[^\n|\t]*?[^\s|])??(?=[ ]{2}|\t|[ ]*\||\s*\Z)")
RULE = re.compile(r"[\s|+:=_\-\u2500-\u257f]*\Z")
PARENTHESES = re.compile(r"[(\[/,]?\s?(?:(?:[MFmf]\s?[/,]?\s?)?\d{1,3}\b[^,;]{0,12}|dob\b.*|[MF])[)\]]?\s*\Z")
TITLE = re.compile(
    r"(?i)(?:(?:mr|mrs|ms|miss|mx|dr|prof|sr|sra|fr|hr|frau|herr|mme|mlle|sig|dhr|mevr)\b\.?\s{1,2}){1,2}"
)
AGE = re.compile(
    r"(?i)(?:[mfwd♀♂]\s?/?\s?)?(?P<v>1[0-2]\d|\d{1,2})(?!\d)(?:\s?(?:y(?:rs?|/?o|ears?)?|a|j)\b\.?)?(?:\s?/?\s?[mfwdx♀♂])?"
)
AGE_LAST = re.compile(
    r"[^\W\d_]{2}[.,]?\s?[(\[/,]?\s?(?:[MF]\s?/?\s?)?(?P<v>9\d|1[01]\d)(?:\s?(?:y(?:rs?|/?o)?|[MF]))?\s?[)\]]?\Z"
)
CODE = re.compile(r"[A-Za-z0-9#](?:[\w./\-]|[ ](?=\d)){1,28}[A-Za-z0-9]")
DAY = re.compile(
    r"\d{1,4}[./\-\s]{1,2}(?:\d{1,2}|[^\W\d_]{3,9})[./\-,\s]{1,2}\d{2,4}\.?|[^\W\d_]{3,9}\.?\s\d{1,2},?\s\d{2,4}|\d{8}"
)
NUMBER = re.compile(r"[+(]{0,2}\d[\d ().\-/]{4,20}\d(?:\s?(?:x|ext)\.?\s?\d{1,5})?")
LETTERS = (  # `kt`, `HN`, `TMcG`, `RdS`, `EB-S`, `W.J.T.`
    r"(?:[a-z]{2,3}|[A-Z]{2,4}|[A-Z]{1,2}[a-z]{1,2}[A-Z]{0,2}|[a-z]{1,2}[A-Z]{1,2}|[A-Z]{1,3}[\-'\u2019][A-Z]{1,3}"
    r"|(?:[A-Z]c?\.[ -]?){1,3}[A-Z]?(?:c[A-Z])?\.?)"
)
SIGNED = re.compile(rf"(?:\d{{1,2}}:?\d\d\s)?(?P<v>-?{LETTERS}(?:\s?[/&,+]\s?{LETTERS})?)")
BOOKED = re.compile(
    r"(?P<v>[^\d\n]{2,40}?)[ ,@-]{1,3}\d{1,2}[:.]?(?:\d\d)?(?:\s?[ap]m)?|\d{1,2}[:.]?\d\d[ -]{1,3}(?P<v2>[^\d\n]{2,40})"
)
UNIT = re.compile(r"[A-Z]{1,4}[ -]?\d{1,4}[A-Z]?")


def cells(text: str, start: int, end: int, *, of_people: bool) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of the filled cells under a heading; none where its line heads no table.

    `of_people`: the heading alone does not say so (`Name`), so no other may tell of drugs, tests or figures.
    """
    first = text.rfind("\n", max(0, start - LONGEST_LINE), start) + 1
    stop = text.find("\n", end, end + LONGEST_LINE)
    if stop < 0 or start - first >= LONGEST_LINE:
        return
    line = text[first:stop]
    apart = next((sign for sign in ("|", "\t", ";") if sign in line), "," if line.count(",") > 1 else "  ")
    heads = _fields(line, apart)
    own = next((place for place, (low, high) in enumerate(heads) if low <= start - first < high), None)
    if (
        own is None
        or len(heads) < FEWEST[apart]
        or not _is_heading(line[slice(*heads[own])])
        or not _heads(line, heads, own, of_people=of_people)
    ):
        return
    left, right = heads[own][0], heads[own + 1][0] if own + 1 < len(heads) else LONGEST_LINE
    filled = blank = 0
    for _ in range(ROWS):
        first, stop = stop + 1, text.find("\n", stop + 1, stop + 1 + LONGEST_LINE)
        stop = len(text) if stop < 0 and len(text) - first < LONGEST_LINE else stop
        if stop < 0 or first >= len(text):
            return
        row = text[first:stop]
        if RULE.match(row):
            blank += 1
            if filled or blank > GAPS:
                return
            continue
        found = _fields(row, apart)
        if apart in {",", ";"} and len(found) != len(heads):
            return
        cell = _under(found, own, len(heads), left, right, ruled=apart != "  ")
        filled += 1
        if cell and _is_heading(row[slice(*cell)]) and sum(_is_heading(row[slice(*each)]) for each in found) > 1:
            return  # another heading; alone, `HN` is who signed
        if cell and cell[0] < cell[1]:
            yield first + cell[0], first + cell[1]


@lru_cache(maxsize=REMEMBERED)  # a row is read once a column
def _fields(line: str, apart: str) -> list[tuple[int, int]]:
    """Return [start, end) of a line's fields, without the blanks around them; pipes at its ends part nothing."""
    if apart == "  ":
        return [match.span() for match in RUN.finditer(line)]
    found, at = [], 0
    for piece in line.split(apart):
        low = at + len(piece) - len(piece.lstrip())
        found.append((low, max(low, at + len(piece.rstrip()))))
        at += len(piece) + 1
    if apart == "|":
        found = found[line.lstrip().startswith("|") :]
        found = found[:-1] if line.rstrip().endswith("|") else found
    return found


def _under(
    found: list[tuple[int, int]], own: int, columns: int, left: int, right: int, *, ruled: bool
) -> tuple[int, int] | None:
    """Return the field that stands under a heading: by its number where all are there, else by its place."""
    if ruled or len(found) == columns:
        return found[own] if own < len(found) else None
    return next((field for field in found if left - SLACK <= field[0] < right - SLACK), None)


@lru_cache(maxsize=REMEMBERED)
def _is_heading(value: str) -> bool:
    parts = re.findall(r"[^\W\d_]+(?:[./][^\W\d_]+)*", value.lower())
    known = words("headings", "headings_of_things")
    return bool(parts) and not any(map(str.isdigit, value)) and all(part in known for part in parts)


def _heads(line: str, heads: list[tuple[int, int]], own: int, *, of_people: bool) -> bool:
    """Say whether a line is the heading of a table: short fields, of which one more at least is known."""
    others = [line[low:high] for place, (low, high) in enumerate(heads) if place != own and low < high]
    if not others or any(len(other) > LONGEST_HEADING or re.search(r"\d{3}", other) for other in others):
        return False
    known = [other for other in others if _is_heading(other)]
    things = {word for other in others for word in re.findall(r"[^\W\d_]+", other.lower())} & words(
        "headings_of_things"
    )
    return 2 * len(known) >= len(others) and not (of_people and things)


def cell_person(text: str, start: int, end: int) -> Spot:
    """Keep a cell that can be a person: letters in six words or fewer, not all of them common words or labels."""
    title = TITLE.match(text, start, end)
    start = title.end() if title else start
    value = PARENTHESES.sub("", text[start:end]).rstrip(" ,")
    found = list(NAME_WORD.finditer(value))
    names = [word[0].rstrip(".") for word in found if word[0].rstrip(".").lower() not in PARTICLES]
    while names and names[-1].isupper() and names[-1].lower() in CREDENTIALS:
        names.pop()
    if not names or len(names) > 6 or re.search(r"[\d:;?!=+<>%]", value):
        return None
    long = [name for name in names if len(name) > 1]
    initials = not long or (len(long) == 1 and len(names) == 1 and len(long[0]) < 3)
    nobody = words("no_value", "labels", "nobody", "headings", "headings_of_things", "cells_of_nobody")
    told = [name for name in long if not is_common(name) and name.lower() not in nobody]
    called = [name for name in long if name[0].isupper() and name.lower() in words("names_that_are_words") - nobody]
    if initials or not (told or called):
        return None
    return start, start + len(value)


def cell_initials(text: str, start: int, end: int) -> Spot:
    """Keep two or three letters that somebody signed with, behind a time or without one; no order or answer."""
    found = SIGNED.fullmatch(text, start, end)
    return found.span("v") if found and found["v"].lower() not in words("signs_of_nobody") else None


def cell_signed(text: str, start: int, end: int) -> Spot:
    """Keep what somebody signed with, or a whole name."""
    return cell_initials(text, start, end) or cell_person(text, start, end)


def cell_booked(text: str, start: int, end: int) -> Spot:
    """Keep who is booked: a name before a time, or behind one."""
    found = BOOKED.fullmatch(text, start, end)
    return cell_person(text, *found.span("v" if found["v"] else "v2")) if found else None


def cell_age(text: str, start: int, end: int) -> Spot:
    """Keep an age: two or three figures with a sex or a unit beside them at most."""
    found = AGE.fullmatch(text, start, end)
    return found.span("v") if found else None


def cell_age_last(text: str, start: int, end: int) -> Spot:
    """Keep an age over 89 that stands behind a name in its cell."""
    found = AGE_LAST.search(text, start, end)
    return found.span("v") if found else None


def cell_code(text: str, start: int, end: int) -> Spot:
    """Keep a code of three digits or more."""
    found = CODE.fullmatch(text, start, end)
    return (start, end) if found and sum(map(str.isdigit, found[0])) > 2 else None


def cell_unit(text: str, start: int, end: int) -> Spot:
    """Keep what a vehicle or a crew is called by: letters and a number."""
    return (start, end) if UNIT.fullmatch(text, start, end) else None


def cell_day(text: str, start: int, end: int) -> Spot:
    """Keep a whole date."""
    return (start, end) if DAY.fullmatch(text, start, end) else None


def cell_number(text: str, start: int, end: int) -> Spot:
    """Keep a telephone number, with its extension."""
    found = NUMBER.fullmatch(text, start, end)
    return (start, end) if found and sum(map(str.isdigit, checks.bare(found[0]))) > 5 else None


def cell_place(text: str, start: int, end: int) -> Spot:
    """Keep a place with a capital word that is no common one: `Beeches RH`, not `Ward 4` or `Home`."""
    names = [word[0] for word in NAME_WORD.finditer(text, start, end)]
    told = [name for name in names if len(name) > 2 and name[0].isupper() and not is_common(name)]
    known = words("headings", "nobody", "labels")
    return (start, end) if len(names) < 8 and any(name.lower() not in known for name in told) else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function
    for function in (
        cell_person,
        cell_signed,
        cell_booked,
        cell_initials,
        cell_age,
        cell_age_last,
        cell_code,
        cell_unit,
        cell_day,
        cell_number,
        cell_place,
    )
}

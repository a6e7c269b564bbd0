"""What OCR misreads: letters for digits, a letter of a name for another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from deid_core.entities import EntityType
from deid_core.ports import KnownValue, Word

DIGITS = str.maketrans("OoQDIl|!ZzSsBGgq", "0000111122558699")
LOOKALIKES = str.maketrans("0oq1il|!z2s5b8g6", "ooo" + "llll" + "l" + "zz" + "ss" + "bb" + "gg")
PARTED = re.compile(r"[^\W_]+")
SHORTEST = 4  # letters and digits of a value that is looked for inexactly
ONE_IN = 5  # one letter in so many may be wrong
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
NUMBERS = frozenset({EntityType.MRN, EntityType.ID, EntityType.ENCOUNTER, EntityType.ACCOUNT, EntityType.SSN})
DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
COMPACT_DATE = 8


def as_number(word: Word) -> Word:
    """Return a word whose letters may be misread digits with digits in their place, else the same word.

    It has a digit already, and nothing but digits, look-alikes of digits, and marks between them.
    """
    text = word.text
    digits = text.translate(DIGITS)
    if digits == text or not any(map(str.isdigit, text)) or any(map(str.isalpha, digits)):
        return word
    return replace(word, text=digits)


def resembles(text: str, known: Iterable[KnownValue]) -> bool:
    """Say whether a line of text holds a known value but for what OCR misreads.

    Names by their words of four letters or more, numbers whole, dates in the usual notations.
    """
    read = ["".join(PARTED.findall(word)).lower().translate(LOOKALIKES) for word in text.split()]
    joined = "".join(read)
    return any(_holds(read, joined, form) for value in known for form in _forms(value))


def _forms(known: KnownValue) -> Iterable[str]:
    label, value = known.entity_type, known.value.lower()
    if label in NAMES:
        forms = [word for word in PARTED.findall(value) if not word.isdigit()]
    elif label in NUMBERS:
        forms = ["".join(PARTED.findall(value))]
    elif label in DATES:
        forms = _dates("".join(PARTED.findall(value)))
    else:
        forms = []
    return (form.translate(LOOKALIKES) for form in forms if len(form) >= SHORTEST)


def _dates(digits: str) -> list[str]:
    """Return a date as it is burned in, letters and digits only: 17MAR1951, 04171951, 17041951, 19510417, 17MAR51."""
    if len(digits) != COMPACT_DATE or not digits.isdigit() or not "01" <= digits[4:6] <= "12":
        return []
    year, month, day = digits[:4], digits[4:6], digits[6:]
    name = MONTHS[int(month) - 1]
    return [
        digits, month + day + year, day + month + year, day + name + year, name + day + year,
        day + name + year[2:], month + day + year[2:], day + month + year[2:],
    ]  # fmt: skip


def _holds(read: list[str], joined: str, form: str) -> bool:
    allowed = len(form) // ONE_IN
    if form in joined and len(form) > SHORTEST:
        return True
    words = (*read, joined)
    return any(abs(len(word) - len(form)) <= allowed and _apart(word, form, allowed) <= allowed for word in words)


def _apart(one: str, other: str, most: int) -> int:
    """Count the letters to insert, drop or change between two words; more than `most` is not counted out."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        last, row[0] = row[0], number
        for at, against in enumerate(other, 1):
            last, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, last + (letter != against))
        if min(row) > most:
            return most + 1
    return row[-1]

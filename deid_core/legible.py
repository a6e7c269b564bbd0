"""Read a text as people see it, and know where each character came from.

What cannot be seen is left out, every kind of space is one, digits and letters of another width or style are plain, and
a letter of another alphabet within a Latin word is the Latin one that it looks like. Detectors read this; what is
written is the text as it was stored.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

# soft hyphen, joiners, marks of direction, variation selectors (Unicode: Default_Ignorable_Code_Point)
UNSEEN = "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
MARKS = "\u0300-\u034e\u0350-\u036f"
SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
SIGNS = {**dict.fromkeys("\u2010\u2011\u2012\u2212\ufe63", "-"), **dict.fromkeys("\u2044\u2215", "/"), "\u02bc": "'"}
# full-width forms and mathematical alphanumerics, then digits: Arabic, Persian, Devanagari, Bengali, Thai
FORMS = "".join(map(chr, (*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800))))
DIGITS = "".join(chr(zero + digit) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for digit in range(10))
STRAY = 0x10FF00  # and more than a byte of damaged UTF-8 stands in private use, in nobody's way: read as Windows-1252
PLAIN = {
    **dict.fromkeys(SPACES, " "),
    **SIGNS,
    **{form: unicodedata.normalize("NFKC", form) for form in FORMS},
    **{digit: str(unicodedata.digit(digit)) for digit in DIGITS},
    **{chr(STRAY + byte): bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)},
}
# Unicode Technical Standard 39, confusables: those that are the same in print, of Cyrillic and of Greek
ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",  # noqa: RUF001 - that they cannot be told apart is the point
    "ABESIJKMHOPCTYXaeopcyxijshdqwABEZHIKMNOPTYXo",
)
# as ranges, for a long list of these would be gone through each time: mathematical alphanumerics, tags, stray bytes
TAGS = "\U000e0000-\U000e0fff"
HIGH = f"\U0001d400-\U0001d7ff{TAGS}\U0010ff80-\U0010ffff"
NEAR = "".join((*filter("\uffff".__gt__, PLAIN), *map(chr, ALIKE)))
ODD = re.compile(f"[\x1b{UNSEEN}{MARKS}{NEAR}{HIGH}]")
COLOUR = r"\x1b(?:\[[0-9;?]*[A-Za-z]?)?"  # what a terminal is told: ECMA-48
RUN, LETTERS = re.compile(f"[{UNSEEN}{TAGS}]+|[{MARKS}]+|{COLOUR}"), re.compile(r"[^\W\d_]+")
WORD = 40  # letters before a likeness among which a Latin one is looked for


@dataclass(frozen=True, slots=True)
class Legible:
    """Hold a legible text, hidden from repr, and the way back.

    From each of `keys` on, an offset lies `shifts` further in the stored text; a character is one wide there, unless
    `wide` says otherwise.
    """

    text: str = field(repr=False)
    keys: Sequence[int] = ()
    shifts: Sequence[int] = ()
    wide: dict[int, int] = field(default_factory=dict)

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return where code points [start, end) are in the stored text; what is unseen at their ends is left out."""
        if not self.keys or start >= end:
            return start, end
        return self._at(start), self._at(end - 1) + self.wide.get(end - 1, 1)

    def _at(self, place: int) -> int:
        before = bisect_right(self.keys, place)
        return place + (self.shifts[before - 1] if before else 0)


def legible(text: str) -> Legible:
    """Return a text as people see it; linear in its length, and nothing to do for most."""
    if (text.isascii() and "\x1b" not in text) or not ODD.search(text):
        return Legible(text)
    pieces: list[str] = []
    keys, shifts, wide = array("Q"), array("Q"), dict[int, int]()
    taken = made = 0  # of the stored text, and of the legible one
    for match in ODD.finditer(text):
        if match.start() < taken:
            continue  # within a run
        start, end, new = _seen(text, match.start(), taken)
        pieces += (text[taken:start], new)
        made += start - taken + len(new)
        taken = end
        if end - start != len(new):
            keys.append(made)
            shifts.append(taken - made)
            if new:
                wide[made - 1] = end - start
    return Legible("".join((*pieces, text[taken:])), keys, shifts, wide)


def plain(text: str) -> str:
    """Return a text as people see it."""
    return legible(text).text


def _seen(text: str, at: int, taken: int) -> tuple[int, int, str]:
    """Return where an odd character and what belongs to it start and end, from `taken` on, and what is seen there."""
    char = text[at]
    if char in PLAIN:
        return at, at + 1, PLAIN[char]
    if ord(char) in ALIKE:
        return _word(text, at, taken)
    run = RUN.match(text, at)
    end = run.end() if run else at + 1
    if not unicodedata.combining(char):
        return at, end, _between(text[at - 1 : at], text[end : end + 1])
    composed = unicodedata.normalize("NFC", text[at - 1 : end]) if at > taken else ""
    return (at - 1, end, composed) if len(composed) == 1 else (at, end, text[at:end])


def _word(text: str, at: int, taken: int) -> tuple[int, int, str]:
    """Return the word around a likeness, with Latin letters for all of them where one of it is Latin."""
    start, end = at, at + 1
    while start > max(taken, at - WORD) and text[start - 1].isalpha():
        start -= 1
    if letters := LETTERS.match(text, at):
        end = letters.end()
    word = text[start:end]
    latin = any(letter.isascii() for letter in word)
    return start, end, word.translate(ALIKE) if latin else word


def _between(before: str, after: str) -> str:
    """Return what stands for an unseen sign: nothing within a word or number, a space where two of them meet."""
    meet = (before.islower() or before.isdigit()) and (after.isupper() if before.islower() else after.isalpha())
    return " " if meet else ""

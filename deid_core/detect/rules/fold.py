"""Fold case and accents away, and remember where each folded character came from."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat

LETTERS = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "\u0131": "i",
    "\u2019": "'",
    "\u02bc": "'",
    "\u2018": "'",
    "\u2010": "-",
    "\u2011": "-",
    "\u2013": "-",
}
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
DIGRAPHS = re.compile(r"[aou]e|aa")
SHORTEST_COLLAPSED = 5
BEYOND = re.compile(r"[^\x00-\x7f]")  # ASCII


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """Fold one character: lower case, without marks; "" for a mark on its own."""
    low = char.lower()
    if low in LETTERS:
        return LETTERS[low]
    plain = "".join(part for part in unicodedata.normalize("NFKD", low) if not unicodedata.combining(part))
    return "".join(LETTERS.get(part, part) for part in plain)


def fold(text: str) -> str:
    """Fold a text."""
    return text.lower() if text.isascii() else "".join(map(fold_char, text))


def fold_with_offsets(text: str) -> tuple[str, Sequence[int] | None]:
    """Return a folded text, and for each of its characters and its end the offset in the text (None: the same)."""
    if text.isascii():
        return text.lower(), None
    pieces: list[str] = []
    odd: list[tuple[int, int]] = []  # where a character became none or several, and how many
    at = 0
    for found in BEYOND.finditer(text):
        start, piece = found.start(), fold_char(found[0])
        pieces += (text[at:start].lower(), piece)
        at = start + 1
        if len(piece) != 1:
            odd.append((start, len(piece)))
    folded = "".join((*pieces, text[at:].lower()))
    return folded, _offsets(len(text), odd) if odd else None


def _offsets(length: int, odd: Iterable[tuple[int, int]]) -> Sequence[int]:
    offsets = array("I")
    at = 0
    for start, wide in odd:
        offsets.extend(range(at, start))
        offsets.extend(repeat(start, wide))
        at = start + 1
    offsets.extend(range(at, length + 1))
    return offsets


@lru_cache(maxsize=2048)
def spellings(word: str) -> tuple[str, ...]:
    """Return the folded spellings of a word: Müller is muller and mueller, Mueller is mueller and muller."""
    composed = unicodedata.normalize("NFC", word.lower())
    plain, german = fold(composed), fold(composed.translate(GERMAN))
    found = [plain, german]
    if len(plain) >= SHORTEST_COLLAPSED:
        found.append(DIGRAPHS.sub(lambda match: match.group()[0], plain))
    return tuple(dict.fromkeys(found))

"""Show a descriptor to the text detectors so that the words of the trade do not look like names.

`HEAD ROUTINE` and `Thorax^Spirale` are written as people are: in capitals, with a caret. What is shown has the length
of what is stored, so that every character keeps its place; nothing is hidden, and a known name is found in any case.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"(?<![^\W_])([A-Z])(?=[\W_]+([a-z]+))")  # W WO: a letter before a word, by then in small letters
_CARET = re.compile(r"([^\W\d_]*)\^+([^\W\d_]*)")
_CUE = re.compile(r"\b(?:dr|drs|mrs|ms|doctor|md|physician|by|name|patient|pt)\b[^\w]*$", re.IGNORECASE)
_DOTTED = re.compile(r"(?<=\d)[.-](?=\d)")
CUE_WITHIN = 16  # characters


def is_trade(text: str) -> bool:
    """Say whether all words of a text are of the trade, at least one of them nobody's name, and none after a title."""
    words, names, _ = _lists()
    found = [(match, match[0].lower()) for match in _WORD.finditer(text)]
    certain = [low for _, low in found if low in words]
    doubtful = [(match, low) for match, low in found if low not in words and len(low) > 1]
    if not all(low in names and not _is_named(text, match) for match, low in doubtful):
        return False
    return bool(certain) or not doubtful


def shown(text: str, *, short: bool) -> str:
    """Return the text with words of the trade in small letters, and a blank for the caret beside one.

    In a short text (SH, LO) all of them; in prose those in capitals. A word that is also somebody's name (Chambers,
    Stone) counts only where all words of the text are of the trade, and no title stands before it.
    """
    words, _, either = _lists()
    trade = either if is_trade(text) else words

    def small(match: re.Match[str]) -> str:
        word, low = match[0], match[0].lower()
        return low if low in trade and (short or word.isupper()) and len(low) == len(word) else word

    def apart(match: re.Match[str]) -> str:
        beside = match[1].lower() in trade or match[2].lower() in trade
        return match[0].replace("^", " ") if beside else match[0]

    read = _WORD.sub(small, _CARET.sub(apart, text) if "^" in text else text)
    return _LETTER.sub(lambda match: match[1].lower() if match[2] in trade else match[1], read)


def version(text: str) -> str:
    """Return a text of version numbers as it can be read without taking 2.6.3.7 for an address or 3.1.62 for a date."""
    return _DOTTED.sub("_", text)


def _is_named(text: str, match: re.Match[str]) -> bool:
    return _CUE.search(text, max(0, match.start() - CUE_WITHIN), match.start()) is not None


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the words of the trade, those that are also names, and either."""
    text = files("deid_core.standards").joinpath("descriptor_words.txt").read_text("utf-8")
    words, names = (frozenset(part.split()) for part in text.partition("[words]\n")[2].split("[names]\n"))
    return words, names, words | names

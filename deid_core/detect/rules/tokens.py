"""What a text is cut into: words, runs of digits, and the few signs that rules start from."""

from __future__ import annotations

import re

# Letters beyond ASCII are given as blocks, which is twice as fast as asking what is a letter; no punctuation is there.
LETTERS = r"A-Za-z\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufefe"
SIGNS = r"[@^]|\+(?=\d)|\((?=\d)|,(?=\s?[A-Z\u00c0-\u00de])|:(?=[0-9a-fA-F]{0,4}:)|-(?=[0-9a-fA-F]{2}-)"
TOKEN = re.compile(rf"([{LETTERS}]+)|([0-9]+)|{SIGNS}")
SIGN = re.compile(SIGNS)
DIGITS = re.compile("[0-9]+")
WORD = re.compile(rf"[{LETTERS}]+")
LETTER = re.compile(rf"[{LETTERS}]")
LETTER_OR_LINE = re.compile(rf"[{LETTERS}_]")


def touches_letter(text: str, start: int, end: int) -> bool:
    """Say whether a letter or a low line stands right before or after [start, end)."""
    return bool(LETTER_OR_LINE.match(text, end) or (start and LETTER_OR_LINE.match(text, start - 1)))


def is_word(text: str, start: int, end: int) -> bool:
    """Say whether [start, end) is all letters, and whole."""
    if start and LETTER.match(text, start - 1):
        return False
    word = WORD.match(text, start)
    return word is not None and word.end() == end

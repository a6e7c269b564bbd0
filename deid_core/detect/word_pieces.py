"""Cut a text into words and words into the pieces of a BERT vocabulary; where every word stands stays known.

BERT's own cutting forgets line ends, wide gaps and capitals, which tell a header from prose and a name from a word:
here each word has a shape, which says how it is written and what stands before it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

LONGEST = 64  # letters: a longer word is read as unknown
REMEMBERED = 50_000  # words whose pieces are kept
MOST = 12  # word pieces of one word
PAD, UNKNOWN, FIRST, LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
WORD = re.compile(
    r"(?P<ruled>[^\w\s]|_)(?P=ruled){2,}"  # a ruled line is one word
    r"|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|[A-Z]?[a-z]{3,}(?=[A-Z])"  # words that OCR ran together
    r"|(?:[^\W\d_][\u0300-\u036f]*)+|\d+|\S"
)
BLANK = "\x00\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # nothing to see: read as spaces
PLAIN = str.maketrans({**dict.fromkeys(BLANK, " "), "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
CASES, GAPS = 6, 4  # how a word is written, and what stands before it: together its shape
LINE = 2  # the gap of a word that begins a line
GAP = {"": 0, " ": 1, "\n": LINE}  # the commonest, told at once


class Word(NamedTuple):
    """Locate a word's code points [start, end) and say how it is written."""

    start: int
    end: int
    shape: int


def _case(word: str) -> int:
    if word.islower():
        return 1
    if word.isupper():
        return 3 if len(word) > 1 else 4
    if word.istitle():
        return 2
    return 5 if word.isalpha() and word.lower() != word else 0


def _gap(before: str) -> int:
    """Tell what stands before a word: nothing, a space, a line's end, a wide gap."""
    if "\n" in before or "\r" in before:
        return LINE
    return min(len(before), 1) if len(before) < 2 and before != "\t" else 3


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """Return the words of a text, in order: runs of letters, runs of digits, single signs; offsets in code points.

    `start`, `end`: a part of the text, between blanks; its words are those that the whole text has there.
    """
    plain = text[start:end].translate(PLAIN)
    before = _blank_before(text, start)
    found: list[Word] = []
    last = 0
    for match in WORD.finditer(plain):
        at, stop = match.span()
        between = plain[last:at] if found else before + plain[:at] if len(before) < start else "\n"
        gap = GAP.get(between)
        found.append(Word(start + at, start + stop, GAPS * _case(match[0]) + (_gap(between) if gap is None else gap)))
        last = stop
    return found


def _blank_before(text: str, end: int) -> str:
    """Return the blanks that end at a place."""
    at = end
    while at and (text[at - 1].isspace() or text[at - 1] in BLANK):
        at -= 1
    return text[at:end].translate(PLAIN)


class WordPieces:
    """Cut words into the pieces of a BERT vocabulary: small letters, no accents, the longest piece first."""

    def __init__(self, vocabulary: str) -> None:
        """Take the vocabulary's text, one piece a line."""
        self.ids = {piece: index for index, piece in enumerate(vocabulary.splitlines())}
        self.pad, self.first, self.last = self.ids[PAD], self.ids[FIRST], self.ids[LAST]
        self._unknown = [self.ids[UNKNOWN]]
        self._cut: dict[str, list[int]] = {}

    def cut(self, word: str) -> list[int]:
        """Return a word's pieces, at most MOST; one that says "unknown" where the vocabulary fails."""
        found = self._cut.get(word)
        if found is None:
            found = self._pieces(word)
            if len(self._cut) < REMEMBERED and len(word) <= LONGEST:
                self._cut[word] = found
        return found

    def _pieces(self, word: str) -> list[int]:
        plain = word.translate(PLAIN)
        if not plain[0].isalnum():
            plain = plain[0]
        bare = plain[: LONGEST + 1].lower()
        if not bare.isascii():
            bare = "".join(char for char in unicodedata.normalize("NFD", bare) if unicodedata.category(char) != "Mn")
        if len(plain) > LONGEST:
            return self._unknown
        found: list[int] = []
        at = 0
        while at < len(bare) and len(found) < MOST:
            end = len(bare)
            while end > at and (("##" if at else "") + bare[at:end]) not in self.ids:
                end -= 1
            if end == at:
                return self._unknown
            found.append(self.ids[("##" if at else "") + bare[at:end]])
            at = end
        return found or self._unknown

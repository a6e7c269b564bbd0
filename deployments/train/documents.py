"""Whole documents written by hand and marked, whose identifiers are others each time they are drawn.

`data/documents_train.txt` and its lines without identifiers are in the form of our gold (`### id kind`, [LABEL value])
but apart from it. In a document the same word of a name becomes the same other word, so that it stays one story.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from deid_core.detect.plain import load_plain
from deid_core.evaluate import inline
from deployments.train.examples import UNKNOWN, Example, Writer
from deployments.train.lexicon import DATA, templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from deployments.train.lexicon import Lexicon

NUMBERS = ("MRN", "ENCOUNTER", "HEALTH_PLAN", "ACCOUNT", "SSN", "LICENSE", "VEHICLE", "DEVICE", "USERNAME", "ID")
LABEL = {
    **dict.fromkeys(("CITY", "COUNTY", "STATE", "COUNTRY"), "LOCATION"),
    **dict.fromkeys(("PHONE", "FAX"), "PHONE"),
    **dict.fromkeys(NUMBERS, "ID"),
    **{same: same for same in ("NAME", "DATE", "ADDRESS", "FACILITY", "ORGANISATION")},
}  # the rest (addresses of e-mail, ages, postcodes) is the rules' business: taught neither way
WEEKDAY = re.compile(r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:\w*day)?s?\.?", re.IGNORECASE)
NUMBERED = re.compile(r"(?:\w+ )?#? ?\d{1,2}", re.IGNORECASE)  # a bed, a bay, a room that may stay
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
TITLED = re.compile(r"(?i)(?:dr|mr|mrs|ms|miss|prof|professor|doctor|sir|rn|nurse|judge|justice|sister)\.? $")
AS_WRITTEN = 0.3  # share of the draws in which a document's values stay
KEPT = 0.15  # of the words of names, so that names that are words, too, are learnt
WHOLE = 0.5  # share of the draws that are the document; the others are the parts that the model will be given


@cache
def documents() -> tuple[Example, ...]:
    """Return the documents and the lines without identifiers, in the files' order; labels are ours."""
    found = inline.read({"documents": (DATA / "documents_train.txt").read_bytes()})
    marked = [Example(one.text, tuple(_label(one.text, *span) for span in one.spans), "documents") for one in found]
    return (*marked, *(Example(line, (), "negatives") for line in templates("documents_negatives_train.txt")))


def _label(text: str, start: int, end: int, label: str) -> tuple[int, int, str]:
    value = text[start:end]
    stays = (label == "DATE" and WEEKDAY.fullmatch(value)) or (label == "FACILITY" and NUMBERED.fullmatch(value))
    return start, end, UNKNOWN if stays else LABEL.get(label, UNKNOWN)


def drawn(lexicon: Lexicon, count: int) -> Iterator[Example]:
    """Yield so many draws of documents, whole or as the parts that are not plain."""
    rng = lexicon.rng
    for document in rng.choices(documents(), k=count):
        one = document if rng.random() < AS_WRITTEN else Renewed(lexicon, document).example()
        if rng.random() < WHOLE:
            yield one
        else:
            yield from (_part(one, start, end) for start, end in load_plain().read_at(one.text))


def _part(example: Example, start: int, end: int) -> Example:
    inside = ((s - start, e - start, label) for s, e, label in example.spans if start <= s and e <= end)
    return Example(example.text[start:end], tuple(inside), example.source)


class Renewed:
    """Write a document with other names, places and numbers, each as the old one was written."""

    def __init__(self, lexicon: Lexicon, document: Example) -> None:
        """Choose a word for each word of the document's names."""
        self.lexicon, self.document = lexicon, document
        self.rng: Random = lexicon.rng
        self.named: dict[str, str] = {}
        for start, end, label in sorted(document.spans, key=lambda span: span[0] - span[1]):  # full names first
            if label == "NAME":
                self._learn(start, end)

    def _learn(self, start: int, end: int) -> None:
        words = [match[0] for match in WORD.finditer(self.document.text, start, end) if len(match[0]) > 1]
        listed = "," in self.document.text[start:end]
        titled = TITLED.search(self.document.text[max(0, start - 12) : start]) is not None
        given, family = self.lexicon.person()
        for index, word in enumerate(words):
            last = index == 0 if listed else index == len(words) - 1 and (len(words) > 1 or titled)
            other = family if last else given if index == 0 or listed else self.lexicon.person()[0]
            if (word[0].isupper() or len(words) == 1) and not (word.isupper() and len(word) <= 2):
                kept = self.rng.random() < KEPT
                self.named.setdefault(word.casefold(), word if kept else other.partition(" ")[0])

    def example(self) -> Example:
        """Return the document as it is now."""
        writer, at, text = Writer(), 0, self.document.text
        for start, end, label in sorted(self.document.spans):
            writer.add(text[at:start])
            writer.add(self._value(text[start:end], label), label)
            at = end
        writer.add(text[at:])
        return writer.example(self.document.source)

    def _value(self, value: str, label: str) -> str:
        if label == "NAME":
            return WORD.sub(lambda match: _cased(self.named.get(match[0].casefold(), match[0]), match[0]), value)
        if label == "LOCATION" and self.rng.random() < 0.4:
            return _cased(self.lexicon.place("city"), value)
        if label in {"ID", "PHONE"}:
            return "".join(self._sign(char, letters=label == "ID") for char in value)
        if label in {"FACILITY", "ORGANISATION", "ADDRESS"} and self.rng.random() < 0.5:
            other = self.lexicon.person()[1] if self.rng.random() < 0.6 else self.lexicon.place("city")
            first = WORD.search(value)
            if first and first[0].istitle() and len(first[0]) > 3 and first.end() < len(value):
                value = value[: first.start()] + other + value[first.end() :]
        return re.sub(r"\d", lambda match: self._sign(match[0]), value) if label == "ADDRESS" else value

    def _sign(self, char: str, *, letters: bool = False) -> str:
        """Return another digit, never a first 0 for another; of a code half of the capitals are others, too."""
        if char.isdecimal() and char.isascii() and char != "0":
            return self.rng.choice("123456789")
        if letters and char.isascii() and char.isupper() and self.rng.random() < 0.5:
            return self.rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
        return char


def _cased(word: str, like: str) -> str:
    """Return a word written as another is: in capitals, in small letters, or as it is."""
    return word.upper() if like.isupper() and len(like) > 1 else word.lower() if like.islower() else word

"""Trims of a language by its own lists of words; what English asks besides is in `trim.py` and `places.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from deid_core.detect.rules.people import NAME_WORD
from deid_core.detect.rules.words import ambiguous, never_names, words

Spot = tuple[int, int] | None
ACRONYM = 4  # a lone word in capitals up to this length is more likely an abbreviation


@dataclass(frozen=True, slots=True)
class Listed:
    """Tell what of a candidate can be a name, a street, a town or an institution; all words in lower case.

    `common` words end a name, `ambiguous` ones are names beside others or after a title only, `particles` stand in
    small letters within one; `terms` are those of the common words that are labels, titles and abbreviations.
    """

    common: frozenset[str]
    ambiguous: frozenset[str]
    particles: frozenset[str]
    terms: frozenset[str]

    def trims(self) -> dict[str, Callable[[str, int, int], Spot]]:
        """Return the trims by the names that rules call them by."""
        persons = (self.person, self.person_after_cue, self.full_person, self.whole_person)
        return {method.__name__: method for method in (*persons, self.street, self.town, self.facility)}

    def person(self, text: str, start: int, end: int) -> Spot:
        """Keep the words that can be a name after a title or a name's own label."""
        kept = self._run(text, start, end, self.common)
        return (kept[0][0], kept[-1][1]) if self._names(text, kept) else None

    def person_after_cue(self, text: str, start: int, end: int) -> Spot:
        """Keep what can be a name after a cue that is no name's label: not a lone eponym or abbreviation."""
        kept = self._run(text, start, end, self.common)
        names = self._names(text, kept)
        lone = names[0] if len(names) == 1 else ""
        if not names or all(name.lower() in self.ambiguous for name in names):
            return None
        return None if lone.isupper() and len(lone) <= ACRONYM else (kept[0][0], kept[-1][1])

    def full_person(self, text: str, start: int, end: int) -> Spot:
        """Keep what can be a name of two words or more."""
        found = self.person_after_cue(text, start, end)
        return found if found and len(NAME_WORD.findall(text, *found)) > 1 else None

    def whole_person(self, text: str, start: int, end: int) -> Spot:
        """Keep a name of two words or more where every word of the candidate can be one."""
        found = self.full_person(text, start, end)
        return found if found and found[1] >= end - 1 else None

    def street(self, text: str, start: int, end: int) -> Spot:
        """Keep a street whose name has a capital, or no common word; its first word says what it is."""
        names = self._after_first(text, start, end)
        named = any(name[0].isupper() for name in names) or not any(name.lower() in self.common for name in names)
        return (start, end) if names and named else None

    def town(self, text: str, start: int, end: int) -> Spot:
        """Keep the words up to a label; one common word is a town behind an article in capitals only: `La Línea`."""
        kept = self._run(text, start, end, self.terms)
        names = self._names(text, kept)
        titled = len(kept) > 1 and text[slice(*kept[0])].istitle()
        named = len(names) > 1 or (names and (titled or names[0].lower() not in self.common))
        return (kept[0][0], kept[-1][1]) if named else None

    def facility(self, text: str, start: int, end: int) -> Spot:
        """Keep an institution whose name is more than one common word."""
        names = [name for name in self._after_first(text, start, end) if name[0].isupper() or name[0].isdigit()]
        named = len(names) > 1 or (names and names[0].lower() not in self.common)
        return (start, end) if named else None

    def _after_first(self, text: str, start: int, end: int) -> list[str]:
        found = [match[0].rstrip(".") for match in NAME_WORD.finditer(text, start, end)][1:]
        return [name for name in found if name.lower() not in self.particles and not name.isdigit() and len(name) > 1]

    def _run(self, text: str, start: int, end: int, ending: frozenset[str]) -> list[tuple[int, int]]:
        """Return the places of the words up to the first that is one of the ending, a label or holds a digit."""
        kept: list[tuple[int, int]] = []
        for match in NAME_WORD.finditer(text, start, end):
            value = match[0].rstrip(".")
            low = value.lower()
            label = text[match.end() : match.end() + 1] == ":" and kept
            if label or any(char.isdigit() for char in value):
                break
            if low not in self.particles and len(value) > 1 and low in ending:
                break
            kept.append(match.span())
        while kept and text[slice(*kept[-1])].lower() in self.particles:
            kept.pop()
        return kept

    def _names(self, text: str, kept: list[tuple[int, int]]) -> list[str]:
        found = (text[start:end].rstrip(".") for start, end in kept)
        return [name for name in found if len(name) > 1 and name.lower() not in self.particles]


@cache
def listed(code: str) -> Listed:
    """Return the trims of a language by its word lists."""
    particles, terms = words("particles", code=code), words("clinical_terms", code=code)
    return Listed(never_names(code), ambiguous(code), particles, terms)

"""Where in a text a known value can stand: around the letters and digits that each match of it holds.

With hundreds of values of one subject, each pattern over the whole text would take time by the text's length squared.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress, count

from deid_core.detect.needles import occurrences
from deid_core.detect.traces import Trace, bare

EDGE = 8  # code points behind a match that its pattern looks at, at most
TOLD = 3  # letters by which a place is told; fewer stand all over a text

Region = tuple[int, int]  # [start, end) of a folded text


class Folded:
    """Hold a folded text, its letters and digits alone, and their places in it; hidden from repr."""

    def __init__(self, text: str) -> None:
        """Take a folded text."""
        self.text, self.letters = text, bare(text)

    @cached_property
    def places(self) -> Sequence[int]:
        """Return the place of each letter and digit."""
        return array("I", compress(count(), map(str.isalnum, self.text)))

    def part(self, region: Region) -> Folded:
        """Return a region of the text as one of its own; the places are still those in the whole."""
        if region == (0, len(self.text)):
            return self
        part = Folded(self.text[slice(*region)])
        part.places = array("I", compress(range(*region), map(str.isalnum, part.text)))
        return part


class Around:
    """Find the traces of values in one folded text."""

    def __init__(self, folded: Folded) -> None:
        """Take a text; the places of its letters are told when they are asked for."""
        self._folded, self._letters = folded, folded.letters
        self._found: dict[str, Sequence[int]] = {}

    def seek(self, traces: Iterable[Trace]) -> None:
        """Look for many traces at once."""
        sought = {one for trace in traces for one in _telling(trace)}
        self._found |= occurrences(sought, self._letters)

    def regions(self, traces: Sequence[Trace], width: int) -> list[Region]:
        """Return [start, end) in order, without overlap, of where a match may stand that is no wider than `width`.

        Each match holds one of the traces; one without letters may stand anywhere, and so may one of which all letters
        stand all over the text.
        """
        reach, found = width + EDGE, []
        for trace in traces:
            told = min(_telling(trace), key=lambda one: len(self._places_of(one)))
            if not told or len(self._places_of(told)) * width > len(self._letters):
                return [(0, len(self._folded.text))]
            others = [one for one in trace.held if one is not told]
            for at in self._places_of(told):
                near = self._letters[max(0, at - width) : at + len(told) + width] if others else ""
                if all(one in near for one in others) and (others or trace.has_initials(self._letters, at)):
                    start, last = self._folded.places[at], self._folded.places[at + len(told) - 1]
                    found.append((max(0, start - reach), min(len(self._folded.text), last + 1 + reach)))
        return list(_joined(sorted(found)))

    def _places_of(self, letters: str) -> Sequence[int]:
        if letters not in self._found:
            self._found |= occurrences([letters], self._letters)
        return self._found[letters]


def matches(pattern: re.Pattern[str], folded: str, region: Region) -> Iterator[re.Match[str]]:
    """Yield a pattern's matches in a region; one that ends with its region was cut off, and is none."""
    start, end = region
    for match in pattern.finditer(folded, start, end):
        if match.end() + EDGE <= end or end == len(folded):
            yield match


def _telling(trace: Trace) -> Sequence[str]:
    """Return those of a trace's letters that can say where it stands."""
    return [one for one in trace.held if len(one) >= TOLD] or [max(trace.held, key=len)]


def _joined(regions: Sequence[Region]) -> Iterator[Region]:
    begun: Region | None = None
    for start, end in regions:
        if begun and start <= begun[1]:
            begun = begun[0], max(begun[1], end)
            continue
        if begun:
            yield begun
        begun = start, end
    if begun:
        yield begun

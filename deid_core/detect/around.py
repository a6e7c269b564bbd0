"""Where in a long text a pattern can match: around the letters that each match of it holds.

With hundreds of values of one subject, each pattern over the whole text would take time by the text's length squared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

BARE = re.compile(r"[^\W_]+")
EDGE = 8  # code points behind a match that its pattern looks at, at most

Region = tuple[int, int]


class Around:
    """Find the traces of patterns in one folded text; `letters` are its letters and digits alone."""

    def __init__(self, folded: str, letters: str) -> None:
        """Take a text; the places of its letters are told when they are asked for."""
        self._folded, self._letters = folded, letters
        self._places: list[int] = []
        self._found: dict[str, list[int]] = {}

    def regions(self, traces: Sequence[Sequence[str]], width: int) -> list[Region]:
        """Return [start, end) in order, without overlap, of where a match may stand that is no wider than `width`.

        Each match holds all the traces of one of the alternatives; one without any may match anywhere, and so may one
        whose longest trace stands all over the text.
        """
        if any(not "".join(one) for one in traces):
            return [(0, len(self._folded))]
        reach, found = width + EDGE, []
        for one in traces:
            longest = max(one, key=len)
            if len(self._occurrences(longest)) * width > len(self._letters):
                return [(0, len(self._folded))]
            others = [trace for trace in one if trace is not longest]
            for at in self._occurrences(longest):
                near = self._letters[max(0, at - width) : at + len(longest) + width] if others else ""
                if all(trace in near for trace in others):
                    start, last = self._place(at), self._place(at + len(longest) - 1)
                    found.append((max(0, start - reach), min(len(self._folded), last + 1 + reach)))
        return list(_joined(sorted(found)))

    def _occurrences(self, trace: str) -> list[int]:
        if trace not in self._found:
            places, at = [], self._letters.find(trace)
            while at >= 0:
                places.append(at)
                at = self._letters.find(trace, at + 1)
            self._found[trace] = places
        return self._found[trace]

    def _place(self, letter: int) -> int:
        if not self._places:
            self._places = [place for run in BARE.finditer(self._folded) for place in range(*run.span())]
        return self._places[letter]


def matches(pattern: re.Pattern[str], folded: str, regions: Sequence[Region]) -> Iterator[re.Match[str]]:
    """Yield a pattern's matches in some regions; one that ends with its region was cut off, and is none."""
    for start, end in regions:
        for match in pattern.finditer(folded, start, end):
            if match.end() + EDGE <= end or end == len(folded):
                yield match


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

"""TextView: a text whose every character knows where it came from. All text is detected through it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from deid_core.legible import Legible, legible
from deid_core.model import Location, Span

Belief = Callable[[Span, str], Span | None]


@dataclass(frozen=True, slots=True)
class Segment:
    """Say that code points [start, end) of a view came from a location."""

    start: int
    end: int
    location: Location


@dataclass(frozen=True, slots=True)
class TextView:
    """Hold a text for detection and the way back; the text is hidden from repr.

    `prose` says that it reads like language, so that a model of language can judge it; a code does not.
    Segments are in order and do not overlap; between them stands glue (a space between two words) from nowhere.
    `belief` says what of a finding holds in this text (the finding, the detector's name); without it, all.
    `stored` knows where the text's characters are in the one that the segments are of; None where it is that one.
    """

    text: str = field(repr=False)
    segments: tuple[Segment, ...]
    subject_key: str
    source: str = "note"
    prose: bool = True
    belief: Belief | None = field(default=None, repr=False, compare=False)
    stored: Legible | None = field(default=None, repr=False, compare=False)

    def project(self, start: int, end: int) -> Iterator[Location]:
        """Yield the locations of code points [start, end), one a segment touched."""
        if self.stored:
            start, end = self.stored.back(start, end)
        first = max(bisect_right(self.segments, start, key=lambda segment: segment.start) - 1, 0)
        for segment in self.segments[first:]:
            if segment.start >= end:
                return
            low, high = max(start, segment.start), min(end, segment.end)
            if low < high:
                yield segment.location.narrowed(low - segment.start, high - segment.start)


def whole(
    text: str,
    location: Location,
    subject_key: str,
    source: str = "note",
    *,
    prose: bool = True,
    belief: Belief | None = None,
) -> TextView:
    """Make the view of a text that came from one location, as people see it, unless a belief knows it as stored."""
    stored = legible(text) if belief is None else Legible(text)
    return TextView(stored.text, (Segment(0, len(text), location),), subject_key, source, prose, belief, stored)

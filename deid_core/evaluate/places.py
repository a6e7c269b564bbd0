"""How the places of spans lie to each other: the same, overlapping, or one within others. Positions only."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any

from deid_core.review import Span

Range = tuple[float, float]
Sides = tuple[Range, ...]


class Placed:
    """Hold spans by where they are, so that a table of a hundred thousand cells is not searched for each of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        """Sort spans within each text, cell, element, frame or sound."""
        self._held: defaultdict[tuple[Any, ...], list[tuple[Sides, int, Span]]] = defaultdict(list)
        for number, span in enumerate(spans):
            self._held[_field(span["location"])].append((_sides(span["location"]), number, span))
        self._longest: dict[tuple[Any, ...], float] = {}
        for field, held in self._held.items():
            held.sort(key=lambda one: one[:2])
            self._longest[field] = max(sides[0][1] - sides[0][0] for sides, _, _ in held)

    def near(self, span: Span) -> list[Span]:
        """Return the spans that share a character, a pixel or a moment with a span."""
        return [other for _, _, other in self._near(span)]

    def covers(self, span: Span) -> bool:
        """Say whether all of a span's place lies in these, taken together."""
        return _covered(_sides(span["location"]), [sides for sides, _, _ in self._near(span)])

    def _near(self, span: Span) -> list[tuple[Sides, int, Span]]:
        field, sides = _field(span["location"]), _sides(span["location"])
        held = self._held.get(field, [])
        low, high = sides[0]
        first = bisect_left(held, low - self._longest.get(field, 0), key=lambda one: one[0][0][0])
        last = bisect_left(held, high, key=lambda one: one[0][0][0])
        return [one for one in held[first:last] if _overlap(one[0], sides)]


def same(one: Span, other: Span) -> bool:
    """Say whether two spans are at one place."""
    here, there = one["location"], other["location"]
    return _field(here) == _field(there) and _sides(here) == _sides(there)


def clusters(spans: Sequence[Span]) -> list[list[int]]:
    """Return the spans' numbers in groups: whatever overlaps, straight or over others, is in one group."""
    placed = Placed({"location": span["location"], "number": number} for number, span in enumerate(spans))
    left = dict.fromkeys(range(len(spans)))
    groups = []
    while left:
        group, reached = [], [next(iter(left))]
        del left[reached[0]]
        while reached:
            group.append(reached.pop())
            new = [other["number"] for other in placed.near(spans[group[-1]]) if other["number"] in left]
            reached += new
            for number in new:
                del left[number]
        groups.append(group)
    return groups


def _field(place: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return in what a place lies: a text, a cell, an element, a frame, a sound."""
    return (place["kind"], place["part"], *(place.get(name) for name in ("path", "row", "column", "frame")))


def _sides(place: Mapping[str, Any]) -> Sides:
    """Return a place as a range in each of its directions; a whole cell or element has no end."""
    if place["kind"] == "box":
        left, top = place["left"], place["top"]
        return (left, left + place["width"]), (top, top + place["height"])
    return ((place.get("start", 0), place.get("end", inf)),)


def _overlap(one: Sides, other: Sides) -> bool:
    return all(low < end and start < high for (low, high), (start, end) in zip(one, other, strict=True))


def _covered(sides: Sides, others: Sequence[Sides]) -> bool:
    """Cut the first side where others begin and end, and ask the next side of each piece."""
    (low, high), rest = sides[0], sides[1:]
    cuts = sorted({low, high, *(at for other in others for at in other[0] if low < at < high)})
    for start, end in pairwise(cuts):
        near = [other[1:] for other in others if other[0][0] <= start and end <= other[0][1]]
        if not near or (rest and not _covered(rest, near)):
            return False
    return True

"""Remember runs of elements that the files, or items, of one series have in common: they are compared, not walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

COMPARED = 2  # walks of a table that are compared, in each series
ANEW = 3  # times that runs are sought anew where they do not hold
MISSED = 16  # runs that did not hold, after which others are sought
FEWEST = 2  # elements of a run
LONGEST = 1 << 14  # bytes of an element of a run
ALONE = -1  # the section of an element that is in no run


class Seen(NamedTuple):
    """Hold an element that was walked: its first bytes, its tag, offsets of its first byte and its end, its section.

    A run lies in one section: what is marked stands between two.
    """

    name: bytes
    tag: int
    start: int
    end: int
    section: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Hold the bytes of a run, its last tag, and what a pass over it gives: bytes, or where what was learned stands."""

    data: bytes = field(repr=False)
    last: int
    chunks: tuple[bytes | None, ...] = field(repr=False)  # None where an element is looked up
    blanks: tuple[tuple[int, int, Any], ...] = field(repr=False)  # offset, end and mode of each of these
    signature: bytes = field(repr=False)
    known: bytes = field(repr=False)  # what it becomes where nothing of it is looked up

    def filled(self, fills: Sequence[bytes]) -> bytes:
        """Return what the run becomes, given what each element that is looked up becomes."""
        left = iter(fills)
        return b"".join(next(left) if chunk is None else chunk for chunk in self.chunks)


@dataclass(slots=True)
class Runs:
    """Gather the runs of one table in one series."""

    by_start: dict[bytes, Run] = field(default_factory=dict, repr=False)
    left: int = COMPARED
    missed: int = 0
    anew: int = ANEW
    before: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def compare(self, data: bytes, seen: Sequence[Seen], made: Callable[[bytes, int], Run]) -> None:
        """Compare elements with those of the walk before, and keep what stretches are the same."""
        self.left -= 1
        held = {one.name: data[one.start : one.end] for one in seen if one.end - one.start <= LONGEST}
        for stretch in self._same(seen, held) if self.before else ():
            at = stretch[0].start
            self.by_start[stretch[0].name[:4]] = made(data[at : stretch[-1].end], stretch[-1].tag)
        self.before = held if self.left else {}

    def miss(self) -> None:
        """Note that a run did not hold; after many, seek others."""
        self.missed += 1
        if self.missed > MISSED and self.anew:
            self.by_start.clear()
            self.left, self.missed, self.anew = COMPARED, 0, self.anew - 1

    def _same(self, seen: Sequence[Seen], held: dict[bytes, bytes]) -> Iterator[list[Seen]]:
        """Yield stretches of elements that are what they were before."""
        stretch: list[Seen] = []
        for one in (*seen, Seen(b"", 0, 0, 0, ALONE)):
            same = one.section != ALONE and one.name in held and held[one.name] == self.before.get(one.name)
            if stretch and not (same and one.section == stretch[0].section):
                if len(stretch) >= FEWEST:
                    yield stretch
                stretch = []
            if same:
                stretch.append(one)

"""Remember runs of elements that the files, or items, of one series or one maker have in common.

They are compared, not walked; where one differs in an element it is parted there, so that what is left holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

COMPARED = 2  # walks of a table that are compared, in each series, and of each maker
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
    starts: tuple[int, ...]  # the offset of each of its elements

    def filled(self, fills: Sequence[bytes]) -> bytes:
        """Return what the run becomes, given what each element that is looked up becomes."""
        left = iter(fills)
        return b"".join(next(left) if chunk is None else chunk for chunk in self.chunks)


def held_of(data: bytes, seen: Sequence[Seen]) -> dict[bytes, bytes]:
    """Return the bytes of elements by their first ones; long elements are in no run."""
    return {one.name: data[one.start : one.end] for one in seen if one.end - one.start <= LONGEST}


Made = Callable[[bytes, tuple[int, ...]], Run]


@dataclass(slots=True)
class Runs:
    """Gather the runs of one table in one series, or of one maker."""

    by_start: dict[bytes, Run] = field(default_factory=dict, repr=False)
    left: int = COMPARED
    met: bool = False  # a first walk went by the maker's runs
    before: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def compare(self, data: bytes, seen: Sequence[Seen], held: dict[bytes, bytes], made: Made) -> None:
        """Compare elements, their bytes held by name, with those of the walk before, and keep what is the same."""
        self.left -= 1
        for stretch in self._same(seen, held) if self.before else ():
            at = stretch[0].start
            self._keep(data[at : stretch[-1].end], tuple(one.start - at for one in stretch), made)
        self.before = held if self.left else {}

    def part(self, run: Run, data: bytes, at: int, made: Made) -> None:
        """Part a run that does not stand at an offset: at the first of its elements that is another there."""
        del self.by_start[run.data[:4]]
        ends = (*run.starts[1:], len(run.data))
        for index, (start, end) in enumerate(zip(run.starts, ends, strict=True)):
            if data[at + start : at + end] != run.data[start:end]:
                self._keep(run.data[:start], run.starts[:index], made)
                self._keep(run.data[end:], tuple(one - end for one in run.starts[index + 1 :]), made)
                return

    def _keep(self, data: bytes, starts: tuple[int, ...], made: Made) -> None:
        if len(starts) >= FEWEST:
            self.by_start[data[:4]] = made(data, starts)

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

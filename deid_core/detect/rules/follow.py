"""What can stand after a rule's trigger: sets of characters, read from the rule's own pattern.

A pattern becomes a small automaton over 128 characters, with assertions left out and long repeats made endless, so
it takes every text that the pattern takes, and more. Every character beyond ASCII is the one character `?`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

OTHER = "?"  # stands for every character beyond ASCII
ALL = (1 << 128) - 1
ENDLESS = 2  # a repeat of more than that is taken to be endless
FOLDED = frozenset("iks")  # letters that characters beyond ASCII fold to: dotted and dotless i, Kelvin, long s
CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
ACCEPT = 0


def longest(pattern: str) -> int:
    """Return how many characters a pattern can take, or a very large number where it has no bound."""
    return int(parser.parse(pattern).getwidth()[1])


def mask(chars: Iterable[str]) -> int:
    """Return a set of characters as bits."""
    bits = 0
    for char in chars:
        bits |= 1 << (ord(char) if char.isascii() else ord(OTHER))
    return bits


@cache
def _category(expression: str) -> int:
    chosen = re.compile(expression)
    return mask(OTHER) | mask(char for char in map(chr, range(128)) if chosen.match(char))


@cache
def either_case(bits: int) -> int:
    """Return a set with both cases of its letters, and what else folds to them."""
    chars = [chr(code) for code in range(128) if bits >> code & 1]
    folded = mask(other for char in chars for other in (char.lower(), char.upper()))
    return bits | folded | (mask(OTHER) if any(char.lower() in FOLDED for char in chars) else 0)


def _items(items: Iterable[tuple[Any, Any]], *, fold: bool) -> int:
    """Return the set that a class in brackets stands for, and at least that."""
    bits, negated = 0, False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            bits |= mask(chr(value))
        elif kind is op.RANGE:
            bits |= mask(map(chr, range(value[0], min(value[1], 127) + 1))) | (mask(OTHER) if value[1] > 127 else 0)
        else:
            bits |= _category(CATEGORIES[value])
    if negated:
        return ALL & ~bits | mask(OTHER)
    return either_case(bits) if fold else bits


def _read_by(kind: Any, value: Any, *, fold: bool) -> int | None:
    """Return the set of characters that an item reads one of; None for one that reads none or more."""
    if kind is op.LITERAL:
        return _items([(kind, value)], fold=fold)
    if kind is op.NOT_LITERAL:
        return _items([(op.NEGATE, None), (op.LITERAL, value)], fold=fold)
    if kind is op.IN:
        return _items(value, fold=fold)
    return ALL if kind is op.ANY else None


def _union(reads: Iterable[tuple[int, int] | None]) -> int:
    bits = 0
    for read in reads:
        bits |= read[0] if read else 0
    return bits


class Automaton:
    """Hold the states of a pattern: each reads one character of a set, or goes on to others without reading."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Build the states from the pattern's parse tree."""
        self._reads: list[tuple[int, int] | None] = [None]  # a set and the state after it; state 0 accepts
        self._skips: list[list[int]] = [[]]
        self._anything = self._state(None, [ACCEPT])
        self._skips[self._anything].append(self._state((ALL, self._anything)))
        self._groups: dict[int, tuple[Any, bool]] = {}
        self._closed: dict[int, frozenset[int]] = {}
        self._written: dict[tuple[frozenset[int], int, int], str | None] = {}
        self.start = self._sequence(parser.parse(pattern.pattern), ACCEPT, fold=bool(pattern.flags & re.IGNORECASE))

    def _state(self, reads: tuple[int, int] | None, skips: Sequence[int] = ()) -> int:
        self._reads.append(reads)
        self._skips.append(list(skips))
        return len(self._reads) - 1

    def _sequence(self, items: Any, after: int, *, fold: bool) -> int:
        for kind, value in items:  # a reference back may stand behind its group only
            if kind is op.SUBPATTERN and value[0]:
                self._groups[value[0]] = (value[3], fold or bool(value[1] & re.IGNORECASE))
        for kind, value in reversed(list(items)):
            after = self._item(kind, value, after, fold=fold)
        return after

    def _item(self, kind: Any, value: Any, after: int, *, fold: bool) -> int:
        """Return the state from which one item of a pattern is read, and then what is after it."""
        chars = _read_by(kind, value, fold=fold)
        if chars is not None:
            return self._state((chars, after))
        if kind is op.BRANCH:
            return self._state(None, [self._sequence(branch, after, fold=fold) for branch in value[1]])
        if kind in REPEATS:
            low, high, items = value
            return self._repeat(low, high, items, after, fold=fold)
        if kind is op.ASSERT and value[0] > 0:
            return min(after, self._sequence(value[1], self._anything, fold=fold), key=self._openness)
        return self._part(kind, value, after, fold=fold)

    def _part(self, kind: Any, value: Any, after: int, *, fold: bool) -> int:
        """Return the state of a group, a reference or an assertion."""
        if kind in (op.ASSERT, op.ASSERT_NOT, op.AT):
            return after
        if kind is op.SUBPATTERN:
            return self._sequence(value[3], after, fold=(fold or bool(value[1] & re.IGNORECASE)))
        if kind is op.ATOMIC_GROUP:
            return self._sequence(value, after, fold=fold)
        if kind is op.GROUPREF and value in self._groups:
            items, folded = self._groups[value]
            return self._sequence(items, after, fold=folded)
        return self._anything  # a reference to a group that holds groups

    def _openness(self, state: int) -> int:
        """Count the characters that a state can go on with; what may end can go on with all."""
        reached = self._reached([state])
        self._closed.clear()  # states that are still being built are no longer what they were
        return 128 if ACCEPT in reached else _union(self._reads[other] for other in reached).bit_count()

    def _repeat(self, low: int, high: Any, items: Any, after: int, *, fold: bool) -> int:
        if high is op.MAXREPEAT or high > max(low, ENDLESS):
            loop = self._state(None)
            self._skips[loop] = [self._sequence(items, loop, fold=fold), after]
            after = loop
        else:
            end = after
            for _ in range(high - low):
                after = self._state(None, [self._sequence(items, after, fold=fold), end])
        for _ in range(low):
            after = self._sequence(items, after, fold=fold)
        return after

    def _reached(self, states: Iterable[int]) -> frozenset[int]:
        """Return the states that are reached without reading, from any of some."""
        found: set[int] = set()
        for state in states:
            if state not in self._closed:
                seen, waiting = {state}, [state]
                while waiting:
                    new = [other for other in self._skips[waiting.pop()] if other not in seen]
                    seen.update(new)
                    waiting.extend(new)
                self._closed[state] = frozenset(other for other in seen if self._reads[other] or other == ACCEPT)
            found |= self._closed[state]
        return frozenset(found)

    def _read(self, states: Iterable[int], chars: int) -> frozenset[int]:
        reads = [self._reads[state] for state in states]
        return self._reached({read[1] for read in reads if read and read[0] & chars})

    def after(self, trigger: Sequence[int], *, inside: int = 0) -> frozenset[int]:
        """Return the states after a trigger, a set a character; none where no match holds it.

        `inside`: characters behind which it may stand inside a match, where it need not begin one.
        """
        begun = {read[1] for read in self._reads if read and read[0] & inside}
        states = self._reached({self.start, *begun})
        ended = False
        for chars in trigger:
            states = self._read(states, chars)
            ended = ended or ACCEPT in states
        return states | {ACCEPT} if ended else states

    def allows(self, states: frozenset[int], text: str) -> bool:
        """Say whether a text of the 128 characters can stand next, as far as it goes."""
        for char in text:
            if ACCEPT in states or not states:
                break
            states = self._read(states, 1 << ord(char))
        return bool(states)

    def expression(self, states: frozenset[int], length: int, without: int = 0) -> str | None:
        """Return an expression of as many characters as can stand next, the first not of some; None where none can."""
        if ACCEPT in states:
            return characters(ALL & ~without) + characters(ALL) * (length - 1)
        if (states, length, without) not in self._written:
            branches: dict[str, int] = {}
            for bits, reached in self._successors(states, ALL & ~without):
                rest = self.expression(reached, length - 1) if length > 1 else ""
                if rest is not None:
                    branches[rest] = branches.get(rest, 0) | bits
            written = "|".join(characters(bits) + rest for rest, bits in branches.items())
            self._written[states, length, without] = (f"(?:{written})" if len(branches) > 1 else written) or None
        return self._written[states, length, without]

    def _successors(self, states: frozenset[int], among: int) -> list[tuple[int, frozenset[int]]]:
        """Return sets of characters that do not overlap, each with the states that all of its characters lead to."""
        reads = [read for read in (self._reads[state] for state in states) if read]
        parts = [among]
        for bits in {read[0] for read in reads}:
            parts = [piece for part in parts for piece in (part & bits, part & ~bits) if piece]
        found = [(part, frozenset(after for bits, after in reads if bits & part)) for part in parts]
        return [(part, self._reached(after)) for part, after in found if after]


@cache
def characters(bits: int) -> str:
    """Return a set of characters as an expression."""
    parts: list[str] = []
    code = 0
    while bits >> code:
        if bits >> code & 1:
            last = code
            while bits >> (last + 1) & 1:
                last += 1
            parts.append(rf"\x{code:02x}-\x{last:02x}" if last > code else rf"\x{code:02x}")
            code = last
        code += 1
    return "[" + "".join(parts) + "]"

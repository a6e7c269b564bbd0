"""What can stand after a rule's trigger or before it: sets of characters, read from the rule's own patterns.

A pattern becomes a small automaton over 128 characters, with most assertions left out and long repeats made endless,
so it takes every text that the pattern takes, and more. Every character beyond ASCII is the one character `?`.
Backwards, it reads what a pattern takes from its end on; then NUL stands for the begin of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
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
START = "\0"  # before the first character of a text and behind its last, and a character that texts hardly have


def longest(pattern: str) -> int:
    """Return how many characters a pattern can take, or a very large number where it has no bound."""
    return int(parser.parse(pattern).getwidth()[1])


def mask(chars: Iterable[str]) -> int:
    """Return a set of characters as bits."""
    bits = 0
    for char in chars:
        bits |= 1 << (ord(char) if char.isascii() else ord(OTHER))
    return bits


WORD = mask("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
PADDING = mask(" " + START)  # what stands in for a text's end and for its begin: no assertion can refuse these
# What a text's end is read as forwards, and its begin or a line's backwards.
ENDS = (
    {op.AT_END_STRING: mask(START)},
    {op.AT_BEGINNING: mask((START, "\n")), op.AT_BEGINNING_STRING: mask((START, "\n"))},
)


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


@cache  # the same letters and classes come again in all patterns
def _items(items: tuple[tuple[Any, Any], ...], *, fold: bool) -> int:
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
        return _items(((kind, value),), fold=fold)
    if kind is op.NOT_LITERAL:
        return _items(((op.NEGATE, None), (op.LITERAL, value)), fold=fold)
    if kind is op.IN:
        return _items(tuple(value), fold=fold)
    return ALL if kind is op.ANY else None


def _is_word(items: Any, *, last: bool) -> bool:
    """Say whether what a sequence takes begins, or ends, with a letter, a digit or a low line of ASCII for sure."""
    for kind, value in reversed(list(items)) if last else items:
        if kind in (op.ASSERT, op.ASSERT_NOT, op.AT):
            continue
        if kind is op.SUBPATTERN:
            return _is_word(value[3], last=last)
        if kind is op.BRANCH:
            return all(_is_word(branch, last=last) for branch in value[1])
        if kind in REPEATS:
            return value[0] > 0 and _is_word(value[2], last=last)
        chars = _read_by(kind, value, fold=False)
        return chars is not None and not chars & ~WORD
    return False


def _forbidden(items: Any) -> int:
    """Return the characters that a negative assertion refuses by themselves, of ASCII."""
    kind: Any
    value: Any
    kind, value = items[0] if len(items) == 1 else (None, None)
    if kind is op.BRANCH:
        return _union((_forbidden(branch), 0) for branch in value[1])
    if kind is op.SUBPATTERN:
        return _forbidden(value[3])
    return (_read_by(kind, value, fold=False) or 0) & ~mask(OTHER)


def _union(reads: Iterable[tuple[int, int] | None]) -> int:
    bits = 0
    for read in reads:
        bits |= read[0] if read else 0
    return bits


def _edge(tree: Any) -> str:
    """Return an expression of what a pattern begins with asking for: a line's begin, or no such character before."""
    kind: Any
    value: Any
    kind, value = tree[0] if len(tree) else (None, None)
    if kind is op.SUBPATTERN:
        whole_line = value[1] & re.MULTILINE and value[3][0] == (op.AT, op.AT_BEGINNING)
        return "(?m:^)" if whole_line else _edge(value[3])
    if kind is op.ASSERT_NOT and value[0] < 0 and len(value[1]) == 1:
        bits = (_read_by(*value[1][0], fold=False) or 0) & ~mask(OTHER)
        return f"(?<!{characters(bits)})" if bits else ""
    return ""


class Automaton:
    """Hold the states of a pattern: each reads one character of a set, or goes on to others without reading."""

    def __init__(self, pattern: str, *, backwards: bool = False) -> None:
        """Build the states from the pattern's parse tree; raises re.error for a pattern that is none."""
        self._backwards = backwards
        self._edges: dict[int, int] = {ACCEPT: ALL}  # states at a match's end, by what may stand next
        self._reads: list[tuple[int, int] | None] = [None]  # a set and the state after it; state 0 accepts
        self._skips: list[list[int]] = [[]]
        self._anything = self._endless()
        self._beyond: set[int] = set()  # states behind a match's end, of assertions
        self._groups: dict[int, tuple[Any, bool]] = {}
        self._closed: dict[int, frozenset[int]] = {}
        self._after: dict[tuple[frozenset[int], int], frozenset[int]] = {}
        tree = parser.parse(pattern)
        self._edge = _edge(tree)
        self._reads_met: list[tuple[int, int]] = []  # those that a match can come to
        self.start = self._sequence(tree, ACCEPT, fold=bool(tree.state.flags & re.IGNORECASE))

    def _endless(self) -> int:
        """Return a state that accepts, whatever is read."""
        state = self._state(None, [ACCEPT])
        self._skips[state].append(self._state((ALL, state)))
        return state

    def _state(self, reads: tuple[int, int] | None, skips: Sequence[int] = ()) -> int:
        self._reads.append(reads)
        self._skips.append(list(skips))
        return len(self._reads) - 1

    def _sequence(self, items: Any, after: int, *, fold: bool) -> int:
        for kind, value in items:  # a reference back may stand behind its group only
            if kind is op.SUBPATTERN and value[0]:
                self._groups[value[0]] = (value[3], fold or bool(value[1] & re.IGNORECASE))
        ordered = list(items) if self._backwards else list(items)[::-1]
        for place, (kind, value) in enumerate(ordered):
            allowed = self._allowed(kind, value, ordered[place + 1 :]) if after in self._edges else ALL
            after = self._item(kind, value, after, fold=fold) if allowed == ALL else self._edge_of(after, allowed)
        return after

    def _allowed(self, kind: Any, value: Any, read: Sequence[Any]) -> int:
        """Return what may stand behind a match's end that an assertion is, for what is read before it."""
        if kind is op.AT and value is op.AT_BOUNDARY:
            inner = read if self._backwards else read[::-1]
            return ALL & ~WORD if _is_word(inner, last=not self._backwards) else ALL
        if kind is op.ASSERT_NOT and (value[0] < 0) == self._backwards:
            return ALL & ~_forbidden(value[1]) | PADDING
        return ALL

    def _edge_of(self, after: int, allowed: int) -> int:
        """Return a state at a match's end behind which only some characters may stand."""
        allowed &= self._edges[after]
        state = self._state((allowed, ACCEPT))
        self._edges[state] = allowed
        return state

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
        if kind is op.ASSERT and value[0] > 0 and not self._backwards:
            first = len(self._reads)
            asked = self._sequence(value[1], self._endless(), fold=fold)
            self._beyond.update(range(first, len(self._reads)) if after in self._edges else ())
            return min(after, asked, key=self._openness)
        return self._part(kind, value, after, fold=fold)

    def _part(self, kind: Any, value: Any, after: int, *, fold: bool) -> int:
        """Return the state of a group, a reference or an assertion."""
        if kind is op.AT and value in ENDS[self._backwards]:
            return self._state((ENDS[self._backwards][value], after))
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

    def read(self, states: frozenset[int], chars: int) -> frozenset[int]:
        """Return the states after one more character of a set; none where it cannot stand there."""
        after = self._after.get((states, chars))
        if after is None:
            reads = [self._reads[state] for state in states]
            after = self._reached({read[1] for read in reads if read and read[0] & chars})
            self._after[states, chars] = after
        return after

    def ready(self) -> frozenset[int]:
        """Return the states before anything is read."""
        return self._reached([self.start])

    def forget(self) -> None:
        """Drop what was worked out for states met in texts."""
        self._after.clear()

    def after(self, trigger: Sequence[int], *, inside: int = 0) -> frozenset[int]:
        """Return the states after a trigger, a set a character; none where no match holds it.

        `inside`: characters behind which it may stand inside a match, where it need not begin one.
        """
        states = frozenset(self._reached({self.start, *self._begun(inside)}) - self._edges.keys() - self._beyond)
        ended = False
        for chars in trigger:
            states = self.read(states, chars)
            ended = ended or ACCEPT in states
        return states | {ACCEPT} if ended else states

    def next(self, states: frozenset[int]) -> int:
        """Return the characters that can stand next."""
        return ALL if ACCEPT in states else _union(self._reads[state] for state in states)

    def expression(self, states: frozenset[int], length: int, allowed: int = ALL) -> str:
        """Return an expression of a number of characters that can stand next, the first of some; "" for none."""
        if not length or ACCEPT in states:
            return characters(allowed) + characters(ALL) * (length - 1) if length else ""
        chars: dict[str, int] = {}  # by what can stand behind them
        for bits, after in filter(None, map(self._reads.__getitem__, states)):
            rest = self.expression(self._reached([after]), length - 1)
            chars[rest] = chars.get(rest, 0) | bits & allowed
        forms = sorted(f"{characters(bits)}{rest}" for rest, bits in chars.items() if bits)
        return f"(?:{'|'.join(forms)})" if len(forms) > 1 else "".join(forms)

    def begins(self) -> str:
        """Return an expression of what every match begins with: one character, by what is before it and behind it."""
        states = self.ready()
        if ACCEPT in states or self._edge.startswith("(?m"):
            return self._edge + characters(ALL if ACCEPT in states else self.next(states), beyond=True)
        seconds: dict[int, int] = {}  # the characters behind, and those that they may stand behind
        for first, after in filter(None, map(self._reads.__getitem__, states)):
            reached = self._reached([after])
            second = self.next(reached)
            seconds[second] = seconds.get(second, 0) | first
        pairs = "|".join(
            f"(?<={characters(first, beyond=True)})(?={characters(second, beyond=True)})"
            if second != ALL
            else f"(?<={characters(first, beyond=True)})"
            for second, first in seconds.items()
        )
        apart = self._edge.replace("])", r"][\s\S])")  # seen from behind the first character, which is quicker to seek
        return f"{characters(_union((first, 0) for first in seconds.values()), beyond=True)}{apart}(?:{pairs})"

    def takes(self, char: str) -> bool:
        """Say whether a match may hold a character."""
        return bool(self._begun(mask(char)))

    def _begun(self, chars: int) -> set[int]:
        """Return the states of a match that has begun and has just read one of some characters."""
        if not self._reads_met:
            met, waiting = {self.start}, [self.start]
            while waiting:
                state = waiting.pop()
                read = None if state in self._edges or state in self._beyond else self._reads[state]
                new = {*self._skips[state], *([read[1]] if read else [])} - met
                met |= new
                waiting.extend(new)
            self._reads_met = [
                read for state in met - self._edges.keys() - self._beyond if (read := self._reads[state])
            ]
        return {after for bits, after in self._reads_met if bits & chars}


def characters(bits: int, *, beyond: bool = False) -> str:
    """Return a set of characters as an expression; those beyond ASCII are all there or, but for `?`, none.

    A set with all of them is written by what it lacks, which is compiled sooner.
    """
    if beyond and bits == ALL:
        return r"[\s\S]"
    negated = beyond and bool(bits & mask(OTHER))
    bits = ALL & ~bits if negated else bits
    found = "^" if negated else ""
    for _, run in groupby(enumerate(code for code in range(128) if bits >> code & 1), lambda pair: pair[1] - pair[0]):
        codes = [f"\\x{code:02x}" for _, code in run]
        found += f"{codes[0]}-{codes[-1]}" if len(codes) > 2 else "".join(codes)
    return f"[{found}]"

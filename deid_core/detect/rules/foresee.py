"""Read what stands behind a trigger, then before it, for all of its rules together; say which are worth trying.

Each rule's automaton goes on by one character; a state of all of them together is made when it is first met and kept
with what follows it, so text like that of before costs one look-up a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deid_core.detect.rules.follow import ACCEPT, ALL, START, Automaton, characters, either_case, mask
from deid_core.detect.rules.table import TextRule

NEXT = 2  # characters behind a common word that are looked for with it: a third costs more to compile than it saves
BACK = 16  # characters before a trigger that are read at most
LETTERS = mask("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
Entry = tuple[int, TextRule]  # the rule's place among the rules
Live = tuple[int, TextRule, frozenset[int]]  # and the states of its automaton


class Following(dict[str, "Foreseen"]):
    """Hold what is left after each next character that was met; another one is read when it is asked for."""

    __slots__ = ("_foresight", "_known")

    def __init__(self, foresight: Foresight, known: Foreseen) -> None:
        """Know what the characters stand behind, and who reads one."""
        super().__init__()
        self._foresight, self._known = foresight, known

    def __missing__(self, char: str) -> Foreseen:
        """Read a character that was not met yet."""
        return self.setdefault(char, self._foresight.step(self._known, char))


@dataclass(slots=True, eq=False)
class Foreseen:
    """Hold the rules that may match: those of which that is settled, and those that a next character may rule out."""

    settled: tuple[Entry, ...]
    live: tuple[Live, ...]
    rules: tuple[Entry, ...] = ()
    following: Following | None = None  # by the next character; None where none rules anything out
    behind: Foreseen | None = None  # what the text before the trigger may still rule out

    def __post_init__(self) -> None:
        """Put both together: what is still open is tried too."""
        self.rules = (*self.settled, *((place, rule) for place, rule, _ in self.live))


class Foresight:
    """Keep what was foreseen, and the automata of the rules that were met."""

    def __init__(self) -> None:
        """Know nothing; automata are built when a rule's trigger is first met."""
        self.steps = 0
        self._automata: dict[int, Automaton] = {}
        self._begun: dict[tuple[str, str], Foreseen] = {}
        self._made: dict[tuple[tuple[int, ...], tuple[tuple[int, frozenset[int]], ...]], Foreseen] = {}

    def forget(self) -> None:
        """Drop what was foreseen, so that memory does not grow with the text.

        What holds one another is parted, so that it goes at once: a process with much in memory is seldom searched for
        circles. Who is reading meanwhile reads no further, and tries all that is open.
        """
        self.steps = 0
        for known in list(self._made.values()):
            known.following = None
        for kept in (self._begun, self._made):
            kept.clear()
        for automaton in self._automata.values():
            automaton.forget()

    def expression(self, word: str, rules: Sequence[Entry]) -> str:
        """Return an expression of a word, small in `word`, whole and with what can stand next.

        It is empty where no rule allows any.
        """
        forms: set[str] = set()
        for entry in rules:
            automaton, inside = self._automaton(entry), ALL if entry[1].before else 0
            asked = entry[1].written[word]
            folded = word in asked
            for written in asked:
                chars = [either_case(mask(char)) if folded else mask(char) for char in written]
                next_ones = automaton.expression(automaton.after(chars, inside=inside), NEXT, ALL & ~LETTERS)
                if next_ones:
                    forms.add("".join(map(characters, chars)) + next_ones)
        return f"[^A-Za-z](?:{'|'.join(sorted(forms))})" if forms else ""

    def begin(self, trigger: str, rules: Sequence[Entry], before: str, read: str) -> Foreseen:
        """Return what is open at a trigger once its own characters have been read.

        `before`: the character ahead of it. `read`: its own; "" for a run of digits, read with what follows it.
        """
        known = self._begun.get((trigger, before))
        if known is None:
            chars, inside = [mask(char) for char in read], mask(before)
            found: list[Live] = []
            for place, rule in rules:
                states = self._automaton((place, rule)).after(chars, inside=inside if rule.before else 0)
                found.append((place, rule, states if read else states - {ACCEPT}))
            self.steps += 1
            known = self._begun.setdefault((trigger, before), self._kept((), found))
        return known

    def read(self, known: Foreseen, text: str) -> Foreseen:
        """Return what is left once a text has been read, as far as anything is open."""
        for char in text:
            following = known.following
            if following is None:
                break
            known = following[char]
        return known

    def step(self, known: Foreseen, char: str) -> Foreseen:
        """Return what is left after one more character; whatever is beyond ASCII is the same."""
        chars = mask(char)
        after = [(place, rule, self._automata[place].read(states, chars)) for place, rule, states in known.live]
        self.steps += 1
        return self._kept(known.settled, after)

    def _kept(self, settled: tuple[Entry, ...], found: Sequence[Live]) -> Foreseen:
        settled += tuple((place, rule) for place, rule, states in found if ACCEPT in states)
        live = tuple(one for one in found if one[2] and ACCEPT not in one[2])
        key = tuple(place for place, _ in settled), tuple((place, states) for place, _, states in live)
        kept = self._made.get(key)
        if kept is None:
            kept = self._made.setdefault(key, Foreseen(settled, live))
            kept.following = kept.following or (Following(self, kept) if live else None)
        return kept

    def _automaton(self, entry: Entry) -> Automaton:
        place, rule = entry
        return self._automata.setdefault(place, rule.automaton)


class Hindsight(Foresight):
    """Keep what the text before triggers leaves of rules that ask for something there."""

    def left(self, known: Foreseen, text: str, at: int) -> tuple[Entry, ...]:
        """Return which of the foreseen rules the text before a trigger leaves."""
        behind = known.behind or self._asked(known)
        if not behind.live:
            return behind.rules
        before = text[at - 1 : at - BACK - 1 : -1] if at > BACK else text[:at][::-1] + START
        return self.read(behind, before).rules

    def may_leave(self, known: Foreseen, before: str) -> bool:
        """Say whether any of the foreseen rules may be left by what stands before their trigger, read backwards."""
        return bool(self.read(known.behind or self._asked(known), before).rules)

    def _asked(self, known: Foreseen) -> Foreseen:
        found: list[Live] = []
        for place, rule in known.rules:
            states = self._automaton((place, rule)).ready() if rule.asked else frozenset([ACCEPT])
            found.append((place, rule, states))
        known.behind = self._kept((), found)
        return known.behind

    def _automaton(self, entry: Entry) -> Automaton:
        place, rule = entry
        if place not in self._automata and rule.asked:
            self._automata[place] = rule.asked.automaton
        return self._automata[place]

"""Find, in one pass over a text for all rules at once, where which rule is worth trying.

Hyperscan looks for every trigger word with the characters that can follow it; runs of digits and signs are few and are
looked up by theirs. What is reported is tried by the exact rule, so the findings are those of trying every rule at
every word. The text is read as one byte a code point between two line ends, so offsets are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from threading import local

import hyperscan

from deid_core.detect.rules.follow import ALL, Automaton, characters, either_case, mask
from deid_core.detect.rules.table import LONGEST_RUN, TextRule, shipped_rules
from deid_core.detect.rules.tokens import DIGITS, SIGN, is_word, touches_letter
from deid_core.languages import DEFAULT

AFTER_NUMBER = 4  # characters looked at after a run of digits
AFTER_WORD = {True: 3, False: 2}  # and after a word or sign: more where a rule has few, since they take long to compile
FEW = 8  # words of a rule
BLOCK = 1 << 20  # code points of a text that are looked at together
REMEMBERED = 50_000  # what can follow digits, kept for the next that are followed so
LETTERS = mask("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
NUMERALS = mask("0123456789")
# What a sign must stand before to be a token, as `tokens.SIGNS` asks, where that says more than the rules do.
AFTER_SIGN = {
    ",": Automaton(re.compile(r"\s?[A-Z\u00c0-\u00de]")),
    ":": Automaton(re.compile("[0-9a-fA-F]{0,4}:")),
    "-": Automaton(re.compile("[0-9a-fA-F]{2}-")),
}
DOTTED = "i\u0307"  # the lower case of U+0130 is two code points
Found = tuple[int, int, int, TextRule]  # start and end of a trigger, the order of trying there, the rule
BESIDE = 1 << 32  # rules of digits beside letters are tried after those of digits
PLACE = itemgetter(0, 2)


@dataclass(frozen=True, slots=True)
class Lead:
    """Hold what a report means: which rule to try, and where its trigger stands.

    `words`: the trigger as it must stand, or in lower case where case does not matter. `length`: its
    code points; `behind`: those from its end to the report's. `order`: the rule's place among the rules.
    """

    order: int
    rule: TextRule
    words: frozenset[str]
    length: int
    sign: bool
    behind: int


class Gate:
    """Find the places of a text where rules are worth trying."""

    def __init__(self, rules: Sequence[TextRule]) -> None:
        """Compile one database of all rules' trigger words and signs, and read what can follow digits."""
        self._numbers: dict[int, list[tuple[int, TextRule, str, Automaton, frozenset[int]]]] = {}
        self._worth: dict[tuple[int, str], tuple[list[tuple[int, TextRule]], list[tuple[int, TextRule]]]] = {}
        self._leads: list[Lead | None] = [None]
        expressions = [b"[^0-9][0-9]"]  # report 0: a run of digits begins
        for place, rule in enumerate(rules):
            for lead, expression in self._read(place, rule):
                self._leads.append(lead)
                expressions.append(expression.encode("ascii"))
        self._longest = max((lead.length + lead.behind for lead in self._leads if lead), default=0)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        numbers, flags = list(range(len(expressions))), hyperscan.HS_FLAG_DOTALL
        self._database.compile(expressions=expressions, ids=numbers, elements=len(numbers), flags=flags)
        self._thread = local()  # a scratch space serves one thread at a time

    def _read(self, place: int, rule: TextRule) -> Iterator[tuple[Lead, str]]:
        """Yield what the words and signs of a rule are looked for by; keep its digits."""
        automaton, inside = Automaton(rule.regex), ALL if rule.before else 0
        behind = AFTER_WORD[len(rule.at) <= FEW]
        made: dict[tuple[int, str], tuple[list[str], list[str]]] = {}
        for trigger in dict.fromkeys(word.lower() for word in rule.at):
            if trigger[1:].isdigit():
                states = automaton.after([NUMERALS] * int(trigger[1:]), inside=inside & ~NUMERALS)
                if states:
                    self._numbers.setdefault(int(trigger[1:]), []).append((place, rule, trigger[0], automaton, states))
                continue
            for word in [trigger] if trigger in rule.at else [word for word in rule.at if word.lower() == trigger]:
                for written in dict.fromkeys((word, word.replace(DOTTED, "\u0130"))):
                    chars = [either_case(mask(char)) if word == trigger else mask(char) for char in written]
                    run = LETTERS if word[0].isalpha() else 0
                    ahead = AFTER_SIGN.get(word)
                    states = ahead.after(()) if ahead else automaton.after(chars, inside=inside & ~run)
                    after = (ahead or automaton).expression(states, behind, run)
                    if after:
                        words, expressions = made.setdefault((len(written), after), ([], []))
                        words.append(word)
                        expressions.append((characters(ALL & ~run) if run else "") + "".join(map(characters, chars)))
        for (length, after), (words, expressions) in made.items():
            sign = not words[0][0].isalpha()
            yield (
                Lead(place, rule, frozenset(words), length, sign, behind),
                "(?:" + "|".join(dict.fromkeys(expressions)) + ")" + after,
            )

    def find(self, text: str, source: str) -> Iterator[list[Found]]:
        """Yield each trigger that is worth it, its end and its rule, in the order in which rules are tried.

        A long text is read a block at a time, a list a block, so what is kept meanwhile does not grow with it.
        """
        plain = text.isascii()
        for low in range(0, len(text), BLOCK):
            found = self._block(text, low, low + BLOCK, plain=plain)
            found.sort(key=PLACE)
            yield [entry for entry in found if not (sources := entry[3].sources) or source in sources]

    def _block(self, text: str, low: int, high: int, *, plain: bool) -> list[Found]:
        """Return what begins in [low, high) of a text, in any order."""
        if not hasattr(self._thread, "scratch"):
            self._thread.scratch = hyperscan.Scratch(self._database)
        reports: list[tuple[int, int]] = []
        before = text[low - 1] if low else "\n"
        data = f"{before}{text[low : high + self._longest]}" + "\n" * AFTER_WORD[True]
        self._database.scan(
            data.encode("ascii", "replace"),
            lambda number, _start, end, _flags, _context: reports.append((end + low - 1, number)),
            scratch=self._thread.scratch,
        )
        found: list[Found] = []
        leads = self._leads
        for end, number in reports:
            lead = leads[number]
            if lead is None:
                if end <= high:
                    found += self._digits(text, end - 1, plain=plain)
                continue
            to = end - lead.behind
            at = to - lead.length
            word = text[at:to]
            if (
                low <= at < high
                and (word in lead.words or word.lower() in lead.words)
                and (SIGN.match(text, at) if lead.sign else plain or is_word(text, at, to))
            ):
                found.append((at, to, lead.order, lead.rule))
        return found

    def _digits(self, text: str, at: int, *, plain: bool) -> list[Found]:
        """Return the rules of a run of digits that what follows it allows."""
        run = DIGITS.match(text, at)
        if run is None:
            return []
        to = run.end()
        after = text[to : to + AFTER_NUMBER]
        key = (min(to - at, LONGEST_RUN), after if plain else after.encode("ascii", "replace").decode("ascii"))
        rules = self._worth.get(key)
        if rules is None:
            if len(self._worth) >= REMEMBERED:
                self._worth.clear()
            rules = self._worth[key] = self._allowed(*key)
        found = [(at, to, place, rule) for place, rule in rules[0]]
        if rules[1] and touches_letter(text, at, to):
            found += [(at, to, place + BESIDE, rule) for place, rule in rules[1]]
        return found

    def _allowed(self, length: int, after: str) -> tuple[list[tuple[int, TextRule]], list[tuple[int, TextRule]]]:
        """Return the rules of a run of digits after which these characters can stand; then those beside letters."""
        found: tuple[list[tuple[int, TextRule]], list[tuple[int, TextRule]]] = ([], [])
        for place, rule, kind, automaton, states in self._numbers.get(length, ()):
            if length == LONGEST_RUN or automaton.allows(states, after):
                found[kind == "&"].append((place, rule))
        return found


def shipped_gate(code: str = DEFAULT) -> Gate:
    """Return the gate of a language's rules, made once a process."""
    return _shipped_gate(code)


@cache
def _shipped_gate(code: str) -> Gate:
    return Gate(shipped_rules(code))

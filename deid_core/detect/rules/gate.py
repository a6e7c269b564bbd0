"""Find, in one pass over a text for all rules at once, where which rule is worth trying.

Hyperscan looks for every trigger; then what follows it is read character by character, for all of its rules together,
until each is sure to be tried or ruled out. What is left is tried by the exact rule, so the findings are those of
trying every rule at every word. The text is read as one byte a code point between two blanks, so offsets are exact.
What a rule needs is built when its trigger is first met, so a process is ready at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from threading import local

import hyperscan

from deid_core.detect.rules.follow import START
from deid_core.detect.rules.foresee import NEXT, Foreseen, Foresight, Hindsight
from deid_core.detect.rules.table import LONGEST_RUN, TextRule, shipped_rules
from deid_core.detect.rules.tokens import DIGITS, SIGN, is_word, touches_letter
from deid_core.languages import DEFAULT

AHEAD = 16  # characters that are read behind a trigger before its rules are tried
SHORT_RUN = 5  # characters from a first digit on that are looked up together: a run of fewer digits is all there
REMEMBERED = 100_000  # words, numbers and states that are kept for the next time
BLOCK = 1 << 20  # code points of a text that are looked at together
# A blank for all but letters: words are looked for in this, between blanks.
WORDS = bytes(code if code < 128 and chr(code).isalpha() else ord(" ") for code in range(256))
BEYOND = b"?"  # stands for every character beyond ASCII
# Words so common that they are looked for with what rules allow behind them: the others cost less to compile without.
COMMON = frozenset(["a", "for", "in", "is", "of", "patient", "the", "to"])
# Where a sign can be a token, as `tokens.SIGNS` asks, and the characters behind the sign that this reads.
SIGNS = {
    "@": (rb"@", 0),
    "^": (rb"\^", 0),
    "+": (rb"\+[0-9?]", 1),
    "(": (rb"\([0-9?]", 1),
    ",": (rb",(?:[A-Z?].|[\s?][A-Z?])", 2),
    ":": (rb":[0-9a-fA-F:]", 1),
    "-": (rb"-[0-9a-fA-F]{2}-", 3),
}
NUMBER = rb"[^0-9][0-9]"  # a run of digits begins
FARTHEST = 3  # characters behind a sign
BESIDE_WORD = 6  # characters behind a word that are looked up with it: what they leave of its rules is kept
BEFORE = 3  # and before it, as before a run of digits
DOTTED, KELVIN = "i\u0307", "\u212a"  # the lower case of U+0130 is two code points; that of U+212A is the letter k
Found = tuple[int, int, int, TextRule]  # start and end of a trigger, the order of trying there, the rule
Run = tuple[tuple[int, int, Foreseen], ...]  # digits, what is added to the order, what they leave of their rules
UNMET = True  # stands for what was not met before
BESIDE = 1 << 32  # rules of digits beside letters are tried after those of digits


def _database(expressions: Sequence[bytes], flags: Sequence[int], *, literal: bool) -> hyperscan.Database:
    """Compile expressions that are told apart by their place, with flags for each."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    numbers = list(range(len(expressions)))
    database.compile(expressions=expressions, ids=numbers, elements=len(numbers), flags=flags, literal=literal)
    return database


class Gate:
    """Find the places of a text where rules are worth trying."""

    def __init__(self, rules: Sequence[TextRule]) -> None:
        """Compile the triggers of all rules: words as they are; signs and common words with what must follow them."""
        self._by_trigger: dict[str, list[tuple[int, TextRule]]] = {}
        for place, rule in enumerate(rules):
            for trigger in rule.written:
                self._by_trigger.setdefault(trigger, []).append((place, rule))
        limited = [place for place, rule in enumerate(rules) if rule.sources]  # tried in some sources only
        self._elsewhere = frozenset([*limited, *(place + BESIDE for place in limited)])
        self._foresight, self._hindsight = Foresight(), Hindsight()
        self._met: dict[str, Foreseen | None] = {}  # by a word with what is right beside it; None: nothing to try
        self._runs: dict[str, Run] = {}  # by a short run of digits with what is right beside it
        letters = {word for word in self._by_trigger if word[0].isalpha()}
        self._strange_words = sorted(word for word in letters if not word.encode("ascii", "replace").strip(BEYOND))
        literals = self._literals(letters - COMMON - {*self._strange_words})
        self._lengths = [len(literal) for literal, _ in literals]  # of a word and what is beside it
        self._words = _database(*zip(*literals, strict=True), literal=True) if literals else None
        self._signs = [sign for sign in SIGNS if sign in self._by_trigger]
        common, lengths = self._expressions(sorted(letters & COMMON))
        rest = [NUMBER, *(SIGNS[sign][0] for sign in self._signs)]
        self._common = [0] * len(rest) + lengths  # by a report's number: of a common word, as above
        self._rest = _database([*rest, *common], [hyperscan.HS_FLAG_DOTALL] * len(self._common), literal=False)
        strange = max(map(len, self._strange_words), default=0) + 1 + NEXT
        self._longest = max([FARTHEST, strange, *self._lengths, *self._common]) + AHEAD  # read beyond a block
        self._thread = local()  # a scratch space serves one thread at a time

    def _expressions(self, words: Iterable[str]) -> tuple[list[bytes], list[int]]:
        """Return expressions of words with what must follow them, and how many characters each of them takes."""
        found = [(word, self._foresight.expression(word, self._by_trigger[word])) for word in words]
        held = [(word, expression) for word, expression in found if expression]
        return [expression.encode() for _, expression in held], [len(word) + 1 + NEXT for word, _ in held]

    @cached_property
    def _strange(self) -> tuple[hyperscan.Database | None, list[int]]:
        """Compile the words that have no letter of ASCII, and what follows them, when a text first has such letters."""
        expressions, lengths = self._expressions(self._strange_words)
        flags = [hyperscan.HS_FLAG_DOTALL] * len(expressions)
        return _database(expressions, flags, literal=False) if expressions else None, lengths

    def _literals(self, words: Iterable[str]) -> list[tuple[bytes, int]]:
        """Return words between blanks; in any case, or as they are where all of their rules ask so.

        No two of them are the same text.
        """
        asked: dict[bytes, set[bytes]] = {}
        for low in words:
            for _, rule in self._by_trigger[low]:
                forms = rule.written[low]
                folded = low in forms
                for form in (low, low.replace(DOTTED, "\u0130")) if folded else forms:
                    plain = form.encode("ascii", "replace").translate(WORDS)
                    asked.setdefault(plain.lower(), set()).add(plain.lower() if folded else plain)
        return [
            (b" " + plain + b" ", hyperscan.HS_FLAG_CASELESS if plain == small else 0)
            for small, forms in sorted(asked.items())
            for plain in ([small] if small in forms else sorted(forms))
        ]

    def find(self, text: str, source: str) -> Iterator[list[Found]]:
        """Yield each trigger that is worth it, its end and its rule, in the order in which rules are tried.

        A long text is read a block at a time, a list a block, so what is kept meanwhile does not grow with it.
        """
        plain = text.isascii()
        for low in range(0, len(text), BLOCK):
            if self._foresight.steps + self._hindsight.steps + len(self._met) + len(self._runs) > REMEMBERED:
                self._forget()
            found = self._block(text, low, min(low + BLOCK, len(text)), plain=plain)
            found.sort()
            yield [entry for entry in found if entry[2] not in self._elsewhere or source in entry[3].sources]

    def _forget(self) -> None:
        self._foresight.forget()
        self._hindsight.forget()
        self._met, self._runs = {}, {}  # another thread may be reading the old ones

    def _block(self, text: str, low: int, high: int, *, plain: bool) -> list[Found]:
        """Return what begins in [low, high) of a text, in any order."""
        part = text[low : high + self._longest]
        if not plain:
            part = part.replace(KELVIN, "K")
        # the text from BEFORE characters before `low` on; bytes of it from one on
        part = f"{text[max(0, low - BEFORE) : low].rjust(BEFORE, START)}{part}{START * BESIDE_WORD}"
        data = part[BEFORE - 1 :].encode("ascii", "replace")
        rest, words = self._reported(part, data, plain=plain)
        found = self._at_words(text, part, words, low, high)
        for end, number in rest:
            if number:
                found += self._at_sign(text, low, high, end, self._signs[number - 1])
            elif low + end - 2 < high:
                found += self._at_digits(text, low + end - 2, part[end - 2 : end + BEFORE - 1 + SHORT_RUN])
        return found

    def _reported(self, part: str, data: bytes, *, plain: bool) -> tuple[list[tuple[int, int]], list[tuple[int, str]]]:
        """Return where digits and signs are, by their numbers, and where words are, with what is beside them.

        What was met before and left no rule is left out at once.
        """
        rest: list[tuple[int, int]] = []
        words: list[tuple[int, str]] = []
        lengths, common = self._lengths, self._common
        known: Callable[[str, object], object] = self._met.get
        run: Callable[[str, object], object] = self._runs.get

        def report_rest(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            length = common[number]
            if length:
                behind = end - NEXT + 1  # of the word and one character
                around = part[end - length : behind + BEFORE - 2 + BESIDE_WORD]
                if known(around, UNMET):
                    words.append((behind, around))
            elif number or run(part[end - 2 : end + BEFORE - 1 + SHORT_RUN], UNMET):
                rest.append((end, number))

        def report_word(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            around = part[end - lengths[number] : end + BEFORE - 2 + BESIDE_WORD]
            if known(around, UNMET):
                words.append((end, around))

        self._rest.scan(data, report_rest, scratch=self._scratch(self._rest))
        strange, common = (None, []) if plain else self._strange  # what is reported from now on is by its numbers
        if strange:
            strange.scan(data, report_rest, scratch=self._scratch(strange))
        if self._words:
            self._words.scan(data.translate(WORDS), report_word, scratch=self._scratch(self._words))
        return rest, words

    def _scratch(self, database: hyperscan.Database) -> hyperscan.Scratch:
        """Return this thread's scratch space of a database."""
        if not hasattr(self._thread, "scratches"):
            self._thread.scratches = {}
        scratches: dict[int, hyperscan.Scratch] = self._thread.scratches
        return scratches.get(id(database)) or scratches.setdefault(id(database), hyperscan.Scratch(database))

    def _at_words(self, text: str, part: str, reports: list[tuple[int, str]], low: int, high: int) -> list[Found]:
        """Return the rules of words, which stand whole but for letters beyond ASCII."""
        found: list[Found] = []
        plain = text.isascii()
        for end, around in reports:
            met = self._met.get(around) or self._meet(around)
            at = low + end + BEFORE - 2 + BESIDE_WORD - len(around)
            if met is None or at >= high:
                continue
            to = low + end - 2
            if not (plain or text[max(0, at - 1) : to + 1].isascii() or is_word(text, at, to)):
                continue
            if met.live:
                met = self._foresight.read(met, part[end + BEFORE - 2 + BESIDE_WORD : end + BEFORE - 1 + AHEAD])
            for order, rule in self._hindsight.left(met, text, at) if met.rules else ():
                found.append((at, to, order, rule))
        return found

    def _meet(self, around: str) -> Foreseen | None:
        """Return what a word and some characters before and behind it leave of its rules, and keep it."""
        before, word, behind = around[:BEFORE][::-1], around[BEFORE:-BESIDE_WORD], around[-BESIDE_WORD:]
        known = self._foresight.read(self._begun(before[0], word), behind)
        return self._met.setdefault(around, known if self._hindsight.may_leave(known, before) else None)

    def _begun(self, before: str, written: str) -> Foreseen:
        """Return what a character and a word or sign behind it leave of the rules that have it for a trigger."""
        low = written.lower()
        rules = [
            entry for entry in self._by_trigger.get(low, ()) if not {low, written}.isdisjoint(entry[1].written[low])
        ]
        return self._foresight.begin(written, rules, before, written)

    def _at_sign(self, text: str, low: int, high: int, end: int, sign: str) -> list[Found]:
        """Return the rules of a sign that was reported, where it is a token of this block."""
        to = low + end - 1 - SIGNS[sign][1]
        if not low < to <= high or not SIGN.match(text, to - 1):
            return []
        known = self._foresight.read(self._begun(text[to - 2 : to - 1] or START, sign), text[to : to + AHEAD])
        return [(to - 1, to, order, rule) for order, rule in self._hindsight.left(known, text, to - 1)]

    def _at_digits(self, text: str, at: int, around: str) -> list[Found]:
        """Return the rules of a run of digits that it and what follows it allow; `around`: its begin, and beside it."""
        known = self._runs.get(around)
        if known is None:
            known = self._meet_digits(text, at, around)
        found: list[Found] = []
        for length, later, met in known:
            ahead = text[at + SHORT_RUN : at + min(length, LONGEST_RUN) + AHEAD]
            read = self._foresight.read(met, ahead)
            for order, rule in self._hindsight.left(read, text, at) if read.rules else ():
                found.append((at, at + length, order + later, rule))
        return found

    def _meet_digits(self, text: str, at: int, around: str) -> Run:
        """Return what a run of digits leaves of its rules, as far as `around` goes; keep it if that is all."""
        run = DIGITS.match(text, at)
        if run is None:
            return ()
        to = run.end()
        length, beside = min(to - at, LONGEST_RUN), touches_letter(text, at, to)
        before, found = around[:BEFORE][::-1], []
        for kind, later in ((f"#{length}", 0), (f"&{length}", BESIDE))[: 1 + beside]:
            known = self._foresight.begin(kind, self._by_trigger.get(kind, ()), before[0], "")
            known = self._foresight.read(known, text[at : at + SHORT_RUN])
            found += [(to - at, later, known)] if self._hindsight.may_leave(known, before) else []
        return self._runs.setdefault(around, tuple(found)) if to - at < SHORT_RUN else tuple(found)


def shipped_gate(code: str = DEFAULT) -> Gate:
    """Return the gate of a language's rules, made once a process."""
    return _shipped_gate(code)


@cache
def _shipped_gate(code: str) -> Gate:
    return Gate(shipped_rules(code))

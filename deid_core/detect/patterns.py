"""Find identifiers by rules: by a cue, a shape or a check digit, for every letter of the Safe Harbor list but faces."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.overlap import uncovered
from deid_core.detect.rules.table import AHEAD, CONTEXT, LONGEST_RUN, Entries, TextRule, index, make_rule, shipped_rules
from deid_core.detect.rules.words import ambiguous, never_names
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.model import Span
from deid_core.policy import Policy
from deid_core.ports import TextQuery

# Words, runs of digits, and the few signs that rules start from. Letters beyond ASCII are given as blocks, which
# is twice as fast as asking what is a letter, and no punctuation lies in them.
LETTERS = r"A-Za-z\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufeff"
TOKEN = re.compile(
    rf"([{LETTERS}]+)|([0-9]+)|[@^]|\+(?=\d)|\((?=\d)|,(?=\s?[A-Z\u00c0-\u00de])|:(?=[0-9a-fA-F]{{0,4}}:)|-(?=[0-9a-fA-F]{{2}}-)"
)
TOUCHING = re.compile(rf"[{LETTERS}]")
DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
BESIDE = 40  # code points between a time and the date that makes it identifying
ECHO_SCORE, ECHO_FROM, ECHO_LETTERS, ECHO_DIGITS = 0.7, 0.85, 3, 5
ECHO_WORD = re.compile(r"[\w\u0300-\u036f]+(?:['\u2019\-](?![sS]\b)[\w\u0300-\u036f]+)*")


class Patterns:
    """Find identifiers by the shipped rules and by a policy's own patterns, deny list and allow list.

    Raises PolicyError where a pattern of the policy is no regular expression.
    """

    name = "patterns"
    needs_prose = False
    version = "1"

    def __init__(self, policy: Policy) -> None:
        """Index the rules by the words that they start from."""
        self._index = index([*shipped_rules(), *_denied(policy)])
        self._custom = [
            _custom(pattern.name, pattern.entity_type, pattern.regex, pattern.score) for pattern in policy.patterns
        ]
        self._allow = frozenset(value.casefold() for value in policy.allow)

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in code points, in order, one list a query."""
        return [self._find(query.text, query.source) for query in queries]

    def _find(self, text: str, source: str) -> list[Span]:
        hits = list(self._hits(text, source))
        spans = beside_dates(text, hits)
        spans.extend(echoes(text, hits))
        spans.extend(_matches(self._custom, text))
        return uncovered(
            span for span in spans if span.rule == "deny" or text[span.start : span.end].casefold() not in self._allow
        )

    def _hits(self, text: str, source: str) -> Iterator[tuple[TextRule, Span]]:
        """Try, at each word or number of a text, the rules that start from it."""
        get = self._index.get
        for token in TOKEN.finditer(text):
            word = token.group()
            entries = _digit_rules(get, text, token) if token.lastindex == 2 else get(word.lower())
            if entries is None:
                continue
            for rule, spellings in entries:
                if (spellings and word not in spellings) or (rule.sources and source not in rule.sources):
                    continue
                for span in _apply(rule, text, token.start(), token.end()):
                    yield rule, span


def _digit_rules(get: Callable[[str], Entries | None], text: str, token: re.Match[str]) -> Entries:
    """Return the rules for a run of digits, with those for one that touches a letter where it does."""
    start, end = token.span()
    length = min(end - start, LONGEST_RUN)
    found = get(f"#{length}") or ()
    if TOUCHING.match(text, end) or (start and TOUCHING.match(text, start - 1)):
        found += get(f"&{length}") or ()
    return found


def _apply(rule: TextRule, text: str, at: int, to: int) -> Iterator[Span]:
    """Yield the spans of a rule's matches that hold the trigger [at, to)."""
    if not rule.before:
        match = rule.regex.match(text, at, at + AHEAD)
        matches: Iterable[re.Match[str]] = (match,) if match else ()
    else:
        found = rule.regex.finditer(text, max(0, at - rule.before), to + rule.after)
        matches = (match for match in found if match.start() <= at < match.end())
    for match in matches:
        start = match.start()
        before = text[max(0, start - CONTEXT) : start]
        if (rule.unless and rule.unless.search(before)) or (rule.given and not rule.given.search(before)):
            continue
        yield from _groups(rule, text, match)


def _groups(rule: TextRule, text: str, match: re.Match[str]) -> list[Span]:
    """Return a span a group; none at all where the rule's first own group is refused."""
    spans: list[Span] = []
    own = 0
    for group, label in rule.groups:
        start, end = match.span(group)
        if start < 0:
            continue
        if rule.trim and label is rule.entity_type:
            own += 1
            trimmed = rule.trim(text, start, end)
            if trimmed is None and own == 1:
                return []
            if trimmed is None:
                continue
            start, end = trimmed
        spans.append(Span(start, end, label, rule.score, rule.name))
    return spans


def beside_dates(text: str, hits: Iterable[tuple[TextRule, Span]]) -> list[Span]:
    """Return the spans of hits, without times and weekdays that stand beside no date of their line."""
    hits = list(hits)
    dates = sorted((span.start, span.end) for rule, span in hits if span.entity_type in DATES and not rule.near_date)
    return [span for rule, span in hits if not rule.near_date or _has_neighbour(text, span, dates)]


def _has_neighbour(text: str, span: Span, dates: list[tuple[int, int]]) -> bool:
    place = bisect_left(dates, (span.start, span.start))
    for start, end in dates[max(0, place - 1) : place + 1]:
        low, high = min(end, span.end), max(start, span.start)
        if high - low <= BESIDE and "\n" not in text[low:high]:
            return True
    return False


def echoes(text: str, hits: Iterable[tuple[TextRule, Span]]) -> list[Span]:
    """Find again, as whole words, the parts of names and the numbers that a cue has told."""
    told: dict[str, EntityType] = {}
    for rule, span in hits:
        if rule.echo and span.score >= ECHO_FROM:
            for part in _told(text[span.start : span.end], span.entity_type):
                told.setdefault(part, span.entity_type)
    if not told:
        return []
    return [
        Span(*word.span(), told[word.group()], ECHO_SCORE, "echo")
        for word in ECHO_WORD.finditer(text)
        if word.group() in told and not (word.group().lower() in ambiguous() and begins_sentence(text, word.start()))
    ]


def _told(value: str, label: EntityType) -> Iterator[str]:
    """Yield the words of a value that identify on their own: long parts of names, whole numbers."""
    if label not in NAMES:
        if len(value) >= ECHO_DIGITS:
            yield value
        return
    for word in ECHO_WORD.findall(value):
        if len(word) >= ECHO_LETTERS and word.lower() not in never_names() and word[0].isupper():
            yield from (word, word.upper(), word.capitalize())


def _denied(policy: Policy) -> Iterator[TextRule]:
    """Make a rule of each value that the policy denies: whole words, in any case, with any space between them."""
    for label, values in policy.deny.items():
        for value in values:
            words = value.split()
            first = TOKEN.search(value)
            if first is None:
                continue
            regex, span = r"\s{1,4}".join(map(re.escape, words)), 4 * len(value)
            trigger = f"#{min(len(first.group()), LONGEST_RUN)}" if first.lastindex == 2 else first.group().lower()
            yield make_rule("deny", label, rf"(?i)(?<!\w)(?P<v>{regex})(?!\w)", 1.0, [trigger], before=span, after=span)


def _custom(name: str, label: EntityType, regex: str, score: float) -> TextRule:
    try:
        return make_rule(name, label, f"(?P<v>{regex})", score, ())
    except (re.error, ValueError, OverflowError) as error:
        raise PolicyError(f"pattern {name!r} is no regular expression: {type(error).__name__}") from None


def _matches(rules: Iterable[TextRule], text: str) -> Iterator[Span]:
    """Yield what a policy's own patterns match, wherever they do."""
    for rule in rules:
        for match in rule.regex.finditer(text):
            if match.end() > match.start():
                yield Span(match.start(), match.end(), rule.entity_type, rule.score, rule.name)

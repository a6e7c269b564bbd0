"""Find identifiers by rules: by a cue, a shape or a check digit, for every letter of the Safe Harbor list but faces."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deid_core.detect.rules import tabular
from deid_core.detect.rules.bodies import is_called_after, is_professional
from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.gate import Found, Gate, shipped_gate
from deid_core.detect.rules.overlap import uncovered
from deid_core.detect.rules.short_names import is_short_name, may_be_short
from deid_core.detect.rules.table import AHEAD, LONGEST_RUN, TextRule, make_rule
from deid_core.detect.rules.tokens import TOKEN
from deid_core.detect.rules.words import ambiguous, never_names
from deid_core.detect.spared import GRADED, is_graded, is_nobody
from deid_core.detect.whole_values import whole_values
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.languages import DEFAULT
from deid_core.model import Span
from deid_core.policy import Policy
from deid_core.ports import TextQuery

DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
CALLED = frozenset({EntityType.NAME, EntityType.ORGANISATION, EntityType.FACILITY})  # as a body or a scale can be too
TOGETHER = 1 << 18  # code points of texts that are read together
BESIDE = 40  # code points between a time and the date that makes it identifying
ECHO_SCORE, ECHO_FROM, ECHO_LETTERS, ECHO_DIGITS = 0.7, 0.85, 3, 5
ECHO_FEW = 40  # words that are quicker looked for one by one
ECHO_LETTER, POSSESSIVE, JOINERS = re.compile(r"[\w\u0300-\u036f]"), re.compile(r"[sS]\b"), ("'", "\u2019", "-")
BLANKS, ENDS = frozenset(" \n"), frozenset(" \n.,;:)")
ECHO_WORD = re.compile(r"[\w\u0300-\u036f]+(?:['\u2019\-](?![sS]\b)[\w\u0300-\u036f]+)*")


class Patterns:
    """Find identifiers by the shipped rules and by a policy's own patterns, deny list and allow list.

    Raises PolicyError where a pattern of the policy is no regular expression.
    """

    name = "patterns"
    needs_prose = False
    version = "1"

    def __init__(self, policy: Policy) -> None:
        """Make a gate of the values that the policy denies, beside the one of the shipped rules."""
        self._language = policy.language
        self._gates = [shipped_gate(policy.language), *([Gate(denied)] if (denied := tuple(_denied(policy))) else [])]
        self._custom = [
            _custom(pattern.name, pattern.entity_type, pattern.regex, pattern.score) for pattern in policy.patterns
        ]
        self._allow = frozenset(value.casefold() for value in policy.allow)

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in code points, in order, one list a query."""
        alike = {
            (query.text, query.source): query for query in queries
        }  # cells of a table come again: each is read once
        found = (spans for some in _together(alike.values()) for spans in self._find(some))
        read = dict(zip(alike, found, strict=True))
        return [read[query.text, query.source] for query in queries]

    def _find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Take each step over all texts before the next: its code and its tables are at hand then."""
        hits = [_of_people(query.text, own) for query, own in zip(queries, self._hits(queries), strict=True)]
        found = [beside_dates(query.text, own) for query, own in zip(queries, hits, strict=True)]
        for query, own, spans in zip(queries, hits, found, strict=True):
            spans.extend(echoes(query.text, own, self._language))
            spans[:] = [span for span in spans if span.entity_type not in CALLED or not _is_body(query.text, span)]
            spans.extend(_matches(self._custom, query.text))
        return [
            uncovered(self._allowed(query.text, whole_values(query.text, spans)))
            for query, spans in zip(queries, found, strict=True)
        ]

    def _hits(self, queries: Sequence[TextQuery]) -> list[list[tuple[TextRule, Span]]]:
        places = [[gate.find(query.text, query.source) for gate in self._gates] for query in queries]
        if len(queries) > 1:
            places = [[iter(list(blocks)) for blocks in own] for own in places]
        return [
            [hit for blocks in own for found in blocks for hit in applied(query.text, found)]
            for query, own in zip(queries, places, strict=True)
        ]

    def _allowed(self, text: str, spans: list[Span]) -> list[Span]:
        """Leave out what the policy allows, unless it denies it too."""
        if not self._allow:
            return spans
        return [s for s in spans if s.rule == "deny" or text[s.start : s.end].casefold() not in self._allow]


def _of_people(text: str, hits: list[tuple[TextRule, Span]]) -> list[tuple[TextRule, Span]]:
    """Leave out a product, a law or a figure that a shipped rule took for somebody's, before it is looked for again."""
    return [hit for hit in hits if hit[1].rule == "deny" or not is_nobody(text, hit[1], sure=True)]


def _is_body(text: str, span: Span) -> bool:
    """Say whether a shipped rule found a professional body or a scale, which is nobody and nobody's institution."""
    if span.rule == "deny":
        return False
    if span.entity_type is EntityType.NAME:
        if not GRADED.match(text, span.start):
            return False
        comma = text.find(",", span.start, span.end)  # `Killip III, TIMI 5`
        return is_graded(text, span.start, span.end if comma < 0 else comma)
    return is_professional(text, span.start, span.end) or is_called_after(text, span.start, span.end, stayed_at=True)


def _together(queries: Iterable[TextQuery]) -> Iterator[list[TextQuery]]:
    """Yield queries in turn, as many at once as are of TOGETHER code points or fewer; a longer one alone."""
    some: list[TextQuery] = []
    size = 0
    for query in queries:
        if some and size + len(query.text) > TOGETHER:
            yield some
            some, size = [], 0
        some.append(query)
        size += len(query.text)
    if some:
        yield some


def applied(text: str, places: Iterable[Found]) -> list[tuple[TextRule, Span]]:
    """Return what each rule finds around its trigger."""
    hits: list[tuple[TextRule, Span]] = []
    for at, to, _, rule in places:
        if rule.lead and not rule.lead.ends(text, at):
            continue
        if not rule.before:
            match = rule.over(text, at, at + AHEAD).match(text, at, at + AHEAD)
            if match:
                hits += _groups(rule, text, match)
            continue
        match = _over(rule, text, at, to + rule.after)
        if match:
            hits += _groups(rule, text, match)
    return hits


def _over(rule: TextRule, text: str, at: int, end: int) -> re.Match[str] | None:
    """Return the match over a place, of those in a row that do not overlap; tried only where one can begin."""
    tried = max(0, at - rule.before)
    if rule.one_line:
        tried = max(tried, text.rfind("\n", tried, at) + 1)
    regex = rule.over(text, tried, end)
    for begin in rule.begins.finditer(text, tried, at + 2):
        start = begin.start()
        if start > at:
            break
        match = regex.match(text, start, end) if start >= tried else None
        if match and match.end() > at:
            return match
        if match:
            tried = match.end()
    return None


def _groups(rule: TextRule, text: str, match: re.Match[str]) -> list[tuple[TextRule, Span]]:
    """Return a span a group; none at all where the context forbids or the rule's first own group is refused."""
    start = match.start()
    if (rule.unless and rule.unless.ends(text, start)) or (rule.given and not rule.given.ends(text, start)):
        return []
    spans: list[tuple[TextRule, Span]] = []
    own = 0
    for group, label in rule.groups:
        start, end = match.span(group)
        if start < 0:
            continue
        if rule.heads:
            spans += _column(rule, text, start, end)
            continue
        if rule.trim and label is rule.entity_type:
            own += 1
            trimmed = rule.trim(text, start, end)
            if trimmed is None and own == 1:
                return []
            if trimmed is None:
                continue
            start, end = trimmed
        spans.append((rule, Span(start, end, label, rule.score, rule.name)))
    return spans


def _column(rule: TextRule, text: str, start: int, end: int) -> Iterator[tuple[TextRule, Span]]:
    """Yield a span of each cell under a heading that can be what the heading says."""
    for low, high in tabular.cells(text, start, end, of_people=rule.of_people):
        spot = rule.trim(text, low, high) if rule.trim else (low, high)
        if spot:
            yield rule, Span(*spot, rule.entity_type, rule.score, rule.name)


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


def echoes(text: str, hits: Iterable[tuple[TextRule, Span]], language: str = DEFAULT) -> list[Span]:
    """Find again, as whole words, the parts of names and the numbers that a cue has told."""
    told: dict[str, EntityType] = {}
    whole: dict[str, bool] = {}
    for rule, span in hits:
        if rule.echo and span.score >= ECHO_FROM:
            value = text[span.start : span.end]
            if rule.whole or span.entity_type not in NAMES:
                if (rule.whole or len(value) >= ECHO_DIGITS) and ECHO_WORD.fullmatch(value):
                    told.setdefault(value, span.entity_type)
                    whole[value] = True
                continue
            for part in _told(value, never_names(language)):
                told.setdefault(part, span.entity_type)
    if not told:
        return []
    return [
        Span(start, start + len(word), told[word], ECHO_SCORE, "echo")
        for start, word in _whole_words(text, told)
        if (
            is_short_name(text, start, language)
            if len(word) < ECHO_LETTERS and told[word] in NAMES and not whole.get(word)
            else not (word.lower() in ambiguous(language) and begins_sentence(text, start))
        )
    ]


def _whole_words(text: str, sought: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """Yield where some words stand whole: each looked for by itself where they are few, in one pass where not."""
    if len(sought) > ECHO_FEW:
        yield from ((word.start(), word[0]) for word in ECHO_WORD.finditer(text) if word[0] in sought)
        return
    for value in sought:
        start = text.find(value)
        while start >= 0:
            if _stands_whole(text, start, value):
                yield start, value
            start = text.find(value, start + 1)


def _stands_whole(text: str, start: int, value: str) -> bool:
    """Say whether a value is a whole word where it stands; between plain signs that needs no further look."""
    end = start + len(value)
    if text[start - 1 : start] in BLANKS and text[end : end + 1] in ENDS:
        return True
    word = None if _inside_word(text, start) else ECHO_WORD.match(text, start)
    return word is not None and word[0] == value


def _inside_word(text: str, start: int) -> bool:
    """Say whether a word that began before goes on at a place."""
    before = text[max(0, start - 2) : start]
    if before[-1:] in JOINERS and before[:-1]:
        return bool(ECHO_LETTER.match(before)) and not POSSESSIVE.match(text, start)
    return bool(ECHO_LETTER.match(before[-1:]))


def _told(value: str, common: frozenset[str]) -> Iterator[str]:
    """Yield the words of a name that identify on their own: its long parts."""
    for word in ECHO_WORD.findall(value):
        if len(word) >= ECHO_LETTERS and word.lower() not in common and word[0].isupper():
            yield from (word, word.upper(), word.capitalize())
        elif len(word) == ECHO_LETTERS - 1 and word.isalpha() and word[0].isupper() and may_be_short(word):
            yield word.capitalize()


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
        rule = make_rule(name, label, f"(?P<v>{regex})", score, ())
        _ = rule.groups  # compiles the pattern: what is none is found here, not in a text
    except (re.error, ValueError, OverflowError) as error:
        raise PolicyError(f"pattern {name!r} is no regular expression: {type(error).__name__}") from None
    return rule


def _matches(rules: Iterable[TextRule], text: str) -> Iterator[Span]:
    """Yield what a policy's own patterns match, wherever they do."""
    for rule in rules:
        for match in rule.regex.finditer(text):
            if match.end() > match.start():
                yield Span(match.start(), match.end(), rule.entity_type, rule.score, rule.name)

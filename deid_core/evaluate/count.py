"""One document, its gold and what was found in it, to counts: sums of them over documents give every figure.

A count's name is (view, row, column). Views: `label` (in the gold's own kinds), `hipaa` (the Safe Harbor letter), and
`overall` with the rows `same label`, `any label` (found at all) and `direct` (direct identifiers, found at all); and
`words`, `lines` and `terms` (drugs, devices, organisms, abbreviations) of what identifies nobody.
Columns: `M.gold`, `M.found`, `M.predicted`, `M.right` for M of exact, overlap and token; `covered`, `leaked`, `kept`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from deid_core.entities import ENTITIES, EntityType
from deid_core.evaluate.gold import GoldDocument, GoldSpan
from deid_core.evaluate.labels import Scheme
from deid_core.evaluate.outcome import Mention, Outcome, touching
from deid_core.evaluate.predict import Found

WORD = re.compile(r"[^\W_]+")
MEASURES = ("exact", "overlap", "token")
NO_TERMS: frozenset[str] = frozenset()
UNLETTERED = "none"  # no Safe Harbor identifier: States, countries, professions

Name = tuple[str, str, str]
Counts = Counter[Name]
Unit = tuple[int, int, str]  # a place and the kind of identifier that is there


@dataclass(frozen=True, slots=True)
class View:
    """Say in which row an identifier is counted ("" for none), and what must be equal for it to be found."""

    name: str
    row: Callable[[EntityType], str]
    key: Callable[[EntityType], str]


def views(scheme: Scheme) -> tuple[View, ...]:
    """Return the views on identifiers that are labelled by a set."""
    group: Callable[[EntityType], str] = scheme.groups.__getitem__
    return (
        View("label", group, group),
        View("hipaa", letter, letter),
        View("overall", lambda _: "same label", group),
        View("overall", lambda _: "any label", lambda _: ""),
        View("overall", lambda label: "direct" if ENTITIES[label].direct else "", lambda _: ""),
    )


def letter(label: EntityType) -> str:
    """Return the Safe Harbor letter of a label, or `none`."""
    return ENTITIES[label].hipaa or UNLETTERED


def counted(
    document: GoldDocument,
    found: Sequence[Found],
    told: Sequence[Mention],
    scheme: Scheme,
    terms: frozenset[str] = NO_TERMS,
) -> Counts:
    """Return the counts of one document; of `terms`, words of the trade in small letters, those kept are counted.

    A finding that the policy leaves as it is, and that lies on no identifier, is neither right nor wrong.
    """
    spans = document.spans
    pairs = [(span, one) for span, near in zip(spans, touching(spans, found), strict=True) for one in near]
    marked = {one for _, one in pairs}
    judged = [one for one in found if one.changes or one in marked]
    words = [match.span() for match in WORD.finditer(document.text)]
    counts: Counts = Counter()
    for view in views(scheme):
        _count_units(counts, view, "exact", spans, judged, _whole)
        _count_units(counts, view, "token", spans, judged, partial(_words_in, words))
        _count_overlaps(counts, view, spans, judged, pairs)
        for mention in told:
            _add(counts, view, mention.span.entity_type, mention.outcome)
    _count_entities(counts, told, scheme)
    touched = _count_words(counts, words, spans, found, scheme)
    _count_terms(counts, document.text, words, touched, _marked(words, spans), terms)
    return counts


def counted_negative(text: str, found: Sequence[Found], scheme: Scheme, terms: frozenset[str] = NO_TERMS) -> Counts:
    """Return the counts of a text that identifies nobody: whether it is touched, by what, and how many of its words."""
    counts: Counts = Counter({("lines", "all", "lines"): 1})
    groups = {scheme.groups[one.entity_type] for one in found if one.changes}
    for row in ("all", *groups) if groups else ():
        counts["lines", row, "touched"] = 1
    words = [match.span() for match in WORD.finditer(text)]
    _count_terms(counts, text, words, _count_words(counts, words, (), found, scheme), frozenset(), terms)
    return counts


def _add(counts: Counts, view: View, label: EntityType, column: str, number: int = 1) -> None:
    row = view.row(label)
    if row:
        counts[view.name, row, column] += number


def _whole(one: GoldSpan | Found) -> Iterable[tuple[int, int]]:
    return ((one.start, one.end),)


def _words_in(words: Sequence[tuple[int, int]], one: GoldSpan | Found) -> Iterator[tuple[int, int]]:
    for number in _touched_words(words, one):
        yield words[number]


def _touched_words(words: Sequence[tuple[int, int]], one: GoldSpan | Found) -> range:
    """Return the numbers of the words that a span overlaps; words are in order."""
    first = _bisect(words, lambda word: word[1] <= one.start)
    return range(first, max(first, _bisect(words, lambda word: word[0] < one.end)))


def _bisect(words: Sequence[tuple[int, int]], is_before: Callable[[tuple[int, int]], bool]) -> int:
    low, high = 0, len(words)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if is_before(words[middle]) else (low, middle)
    return low


def _count_units(
    counts: Counts,
    view: View,
    measure: str,
    spans: Sequence[GoldSpan],
    found: Sequence[Found],
    units: Callable[[GoldSpan | Found], Iterable[tuple[int, int]]],
) -> None:
    """Count places that are in both, in the gold alone, or found alone: whole spans, or words."""
    gold, predicted = _by_row(view, spans, units), _by_row(view, found, units)
    all_gold, all_predicted = _all_units(view, spans, units), _all_units(view, found, units)
    for row, of_row in gold.items():
        counts[view.name, row, f"{measure}.gold"] += len(of_row)
        counts[view.name, row, f"{measure}.found"] += len(of_row & all_predicted)
    for row, of_row in predicted.items():
        counts[view.name, row, f"{measure}.predicted"] += len(of_row)
        counts[view.name, row, f"{measure}.right"] += len(of_row & all_gold)


def _by_row(
    view: View,
    items: Sequence[GoldSpan] | Sequence[Found],
    units: Callable[[GoldSpan | Found], Iterable[tuple[int, int]]],
) -> dict[str, set[Unit]]:
    rows: defaultdict[str, set[Unit]] = defaultdict(set)
    for one in items:
        if row := view.row(one.entity_type):
            rows[row].update((*place, view.key(one.entity_type)) for place in units(one))
    return rows


def _all_units(
    view: View,
    items: Sequence[GoldSpan] | Sequence[Found],
    units: Callable[[GoldSpan | Found], Iterable[tuple[int, int]]],
) -> set[Unit]:
    return {(*place, view.key(one.entity_type)) for one in items for place in units(one)}


def _count_overlaps(
    counts: Counts,
    view: View,
    spans: Sequence[GoldSpan],
    found: Sequence[Found],
    pairs: Sequence[tuple[GoldSpan, Found]],
) -> None:
    same = [(span, one) for span, one in pairs if view.key(span.entity_type) == view.key(one.entity_type)]
    hit, right = {span for span, _ in same}, {one for _, one in same}
    for span in spans:
        _add(counts, view, span.entity_type, "overlap.gold")
        _add(counts, view, span.entity_type, "overlap.found", span in hit)
    for one in found:
        _add(counts, view, one.entity_type, "overlap.predicted")
        _add(counts, view, one.entity_type, "overlap.right", one in right)


def _count_entities(counts: Counts, told: Iterable[Mention], scheme: Scheme) -> None:
    """Count the values of a document, each once, and those of which no mention leaked."""
    for leaked in leaks_by_value(told, scheme).values():
        counts["entities", "document", "values"] += 1
        counts["entities", "document", "whole"] += not leaked


def leaks_by_value(told: Iterable[Mention], scheme: Scheme) -> dict[tuple[str, str], bool]:
    """Return, for each value by its kind, whether any mention of it leaked; case and punctuation do not count."""
    values: dict[tuple[str, str], bool] = {}
    for mention in told:
        if mention.outcome is not Outcome.KEPT:
            key = scheme.groups[mention.span.entity_type], mention.value
            values[key] = values.get(key, False) or mention.outcome is Outcome.LEAKED
    return values


def _count_words(
    counts: Counts,
    words: Sequence[tuple[int, int]],
    spans: Sequence[GoldSpan],
    found: Sequence[Found],
    scheme: Scheme,
) -> set[int]:
    """Count the words that belong to no identifier, and those of them that the release changes, by the label found.

    Returns the latter, by number.
    """
    marked = _marked(words, spans)
    counts["words", "all", "words"] += len(words) - len(marked)
    touched: defaultdict[str, set[int]] = defaultdict(set)  # two findings may touch one word
    for one in found:
        if one.changes:
            for row in ("all", scheme.groups[one.entity_type]):
                touched[row].update(number for number in _touched_words(words, one) if number not in marked)
    for row, numbers in touched.items():
        counts["words", row, "touched"] += len(numbers)
    return touched["all"]


def _marked(words: Sequence[tuple[int, int]], spans: Sequence[GoldSpan]) -> frozenset[int]:
    return frozenset(number for span in spans for number in _touched_words(words, span))


def _count_terms(
    counts: Counts,
    text: str,
    words: Sequence[tuple[int, int]],
    touched: set[int],
    marked: frozenset[int],
    terms: frozenset[str],
) -> None:
    """Count the words of the trade that belong to no identifier, and those of them that the release keeps."""
    held = [
        number for number, (start, end) in enumerate(words) if text[start:end].lower() in terms and number not in marked
    ]
    counts["terms", "all", "terms"] += len(held)
    counts["terms", "all", "kept"] += sum(number not in touched for number in held)

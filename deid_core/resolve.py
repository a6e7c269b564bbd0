"""Overlapping decisions to one each: what any detector covered stays covered.

| overlap | becomes |
|---|---|
| a whole element or cell to transform, and characters in it | the whole |
| spans that overlap | their union, labelled by the best: highest score, then longest, then first |
| a model's span, and a surer kind by cue, shape or check digit in most of it | their union, labelled by that kind |
| a span to keep under one to transform | the one to transform |
| a span to review under a surer one that covers all of it | the surer one |
| any of them unsure, and no surer one covers the union | review |
| boxes | each stays, duplicates once |

A union keeps the findings that it is made of as its `sources`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from deid_core.entities import ENTITIES, FAMILY, EntityType
from deid_core.model import CellRef, Decision, Finding, TagPath, TextSpan, Verdict

Spanned = TextSpan | TagPath | CellRef
DISPUTED = "detectors disagree on the label"
# What goes by a cue, a shape or a check digit tells a record number from a telephone; a model tells a number.
BY_FORM = frozenset({"patterns", "columns", "dicom_tags"})
TOLD = BY_FORM | {"known_values"}  # says again what somebody said elsewhere
SURE = 0.75  # of its kind; an address of four numbers scores so


def resolve(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions that do not overlap, ordered by place; their union covers every transformed input."""
    placed = sorted({*decisions}, key=_order)
    spanned = [decision for decision in placed if isinstance(decision.finding.location, Spanned)]
    others = [decision for decision in placed if not isinstance(decision.finding.location, Spanned)]
    resolved: list[Decision] = []
    for _, group in groupby(spanned, key=_container):
        resolved += _resolve_container(list(group))
    return (*resolved, *others)


def _container(decision: Decision) -> tuple[Any, ...]:
    location = decision.finding.location
    if isinstance(location, CellRef):
        return ("cell", location.part, location.row, location.column)
    if isinstance(location, TagPath):
        return ("tag", location.part, location.path)
    return ("text", location.part)


def _order(decision: Decision) -> tuple[Any, ...]:
    finding = decision.finding
    start, end = _bounds(decision)
    place = (
        "" if isinstance(finding.location, Spanned) else str(finding.location)
    )  # else the container and the bounds say it
    said = (finding.entity_type, finding.detector, finding.detector_version, finding.rule, place)
    return (str(_container(decision)), start, -end, -finding.score, said)


def _bounds(decision: Decision) -> tuple[float, float]:
    location = decision.finding.location
    if not isinstance(location, Spanned) or location.start is None or location.end is None:
        return (0, float("inf"))
    return (location.start, location.end)


def _resolve_container(group: list[Decision]) -> list[Decision]:
    if len(group) == 1:
        return group
    wholes = [decision for decision in group if _bounds(decision)[1] == float("inf")]
    going = [decision for decision in wholes if decision.verdict is not Verdict.KEEP]
    if going:
        return [max(going, key=lambda decision: (decision.verdict is Verdict.TRANSFORM, decision.finding.score))]
    gone = _merged([decision for decision in group if decision.verdict is not Verdict.KEEP])
    kept = [decision for decision in group if decision.verdict is Verdict.KEEP]
    bounds = [_bounds(decision) for decision in gone]  # in order, and apart
    return [*gone, *(decision for decision in kept if not _touches(decision, bounds))]


def _merged(group: Sequence[Decision]) -> list[Decision]:
    clusters: list[list[Decision]] = []
    reach = -1.0
    for decision in group:
        start, end = _bounds(decision)
        if clusters and start < reach:
            clusters[-1].append(decision)
        else:
            clusters.append([decision])
        reach = max(reach, end)
    return [_union(cluster) for cluster in clusters]


def _union(cluster: Sequence[Decision]) -> Decision:
    start, end = min(_bounds(decision)[0] for decision in cluster), max(_bounds(decision)[1] for decision in cluster)
    best = _labelled(cluster, end - start)
    sure = any(_bounds(decision) == (start, end) and decision.verdict is Verdict.TRANSFORM for decision in cluster)
    unsure = any(decision.verdict is Verdict.REVIEW for decision in cluster) and not sure
    location: Any = replace(best.finding.location, start=int(start), end=int(end))  # type: ignore[arg-type] # a Spanned
    finding = replace(best.finding, location=location, score=_best(cluster).finding.score)
    reason = DISPUTED if _disputed(cluster) else best.reason
    verdict = Verdict.REVIEW if unsure else Verdict.TRANSFORM
    return replace(best, finding=finding, verdict=verdict, reason=reason, sources=_sources(cluster))


def _sources(cluster: Sequence[Decision]) -> tuple[Finding, ...]:
    """Return the findings behind a union, each once, in order of place; none where there is one only: it is it."""
    found = dict.fromkeys(one for decision in cluster for one in decision.sources or (decision.finding,))
    return tuple(found) if len(found) > 1 else ()


def _labelled(cluster: Sequence[Decision], length: float) -> Decision:
    """Return the decision that gives a union its label: the best, or a kind by form where a model's label is best."""
    best = _best(cluster)
    if best.finding.detector in BY_FORM:
        return best
    told = [decision for decision in cluster if _knows_kind(decision, length)]
    best = _best(told or [best])
    family = FAMILY.get(best.finding.entity_type)
    finer = [one for one in told if FAMILY.get(one.finding.entity_type) == family != one.finding.entity_type]
    return _best(finer) if finer and best.finding.entity_type == family else best


def _best(cluster: Sequence[Decision]) -> Decision:
    return max(cluster, key=lambda decision: (decision.finding.score, _length(decision)))


def _knows_kind(decision: Decision, length: float) -> bool:
    """Say whether a finding by form of most of a union gives it its label, though a model is surer of another.

    It is one that takes a value away whole, whatever it is: of a date or a ZIP code something stays.
    """
    finding = decision.finding
    whole = ENTITIES[finding.entity_type].direct and finding.entity_type is not EntityType.DATE_OF_BIRTH
    return whole and finding.detector in TOLD and finding.score >= SURE and 2 * _length(decision) > length


def _disputed(cluster: Sequence[Decision]) -> bool:
    """Say whether two detectors call one place by labels of two families: NAME and STAFF_NAME are one."""
    findings = [decision.finding for decision in cluster]
    families = {FAMILY.get(one.entity_type, one.entity_type) for one in findings}
    return len(families) > 1 and len({one.detector for one in findings}) > 1


def _length(decision: Decision) -> float:
    start, end = _bounds(decision)
    return end - start


def _touches(decision: Decision, bounds: Sequence[tuple[float, float]]) -> bool:
    """Say whether a decision overlaps any of some bounds, which are in order and apart."""
    start, end = _bounds(decision)
    first = bisect_right(bounds, start, key=itemgetter(1))  # that ends behind its start
    return first < len(bounds) and bounds[first][0] < end

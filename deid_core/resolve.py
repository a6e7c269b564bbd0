"""Overlapping decisions to one each: what any detector covered stays covered.

| overlap | becomes |
|---|---|
| a whole element or cell to transform, and characters in it | the whole |
| spans that overlap | their union, labelled by the best: highest score, then longest, then first |
| a span to keep under one to transform | the one to transform |
| a span to review under a surer one that covers all of it | the surer one |
| any of them unsure, and no surer one covers the union | review |
| boxes | each stays, duplicates once |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from deid_core.model import CellRef, Decision, TagPath, TextSpan, Verdict

Spanned = TextSpan | TagPath | CellRef
DISPUTED = "detectors disagree on the label"


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
    return [*gone, *(decision for decision in kept if not any(_overlap(decision, other) for other in gone))]


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
    best = max(cluster, key=lambda decision: (decision.finding.score, _length(decision)))
    start, end = min(_bounds(decision)[0] for decision in cluster), max(_bounds(decision)[1] for decision in cluster)
    sure = any(_bounds(decision) == (start, end) and decision.verdict is Verdict.TRANSFORM for decision in cluster)
    unsure = any(decision.verdict is Verdict.REVIEW for decision in cluster) and not sure
    location: Any = replace(best.finding.location, start=int(start), end=int(end))  # type: ignore[arg-type] # a Spanned
    finding = replace(best.finding, location=location)
    reason = DISPUTED if _disputed(cluster) else best.reason
    return replace(best, finding=finding, verdict=Verdict.REVIEW if unsure else best.verdict, reason=reason)


def _disputed(cluster: Sequence[Decision]) -> bool:
    """Say whether two detectors call one place by two labels."""
    findings = [decision.finding for decision in cluster]
    return len({one.entity_type for one in findings}) > 1 and len({one.detector for one in findings}) > 1


def _length(decision: Decision) -> float:
    start, end = _bounds(decision)
    return end - start


def _overlap(one: Decision, other: Decision) -> bool:
    (start, end), (low, high) = _bounds(one), _bounds(other)
    return start < high and low < end

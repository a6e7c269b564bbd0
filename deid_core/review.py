"""What people change about a plan: edits of spans, the plan that comes of them, and how two versions differ.

A span is a decision as `codec.decision_to_dict` writes it, with two members more: `id`, which it keeps through all
versions of an item, and `origin`, "detector" or "person". Nothing here is an identifier's value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from deid_core import codec
from deid_core.decide import decide
from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.model import (
    Action,
    CellRef,
    Decision,
    Finding,
    Location,
    PixelBox,
    Plan,
    TagPath,
    TimeSpan,
    Verdict,
)
from deid_core.policy import Policy
from deid_core.resolve import resolve

Act = Literal["accept", "reject", "relabel", "resize", "add", "restore"]
Kind = Literal["same", "added", "removed", "relabelled", "resized", "verdict"]
Span = dict[str, Any]
PERSON, DETECTOR = "person", "detector"
REVIEWER = "reviewer"  # the detector of what a person added
NAME_LIMIT = 200  # characters of a part's, a column's or an element's name


@dataclass(frozen=True, slots=True)
class Edit:
    """Change one span: `span_id` names it but for `add`; `relabel` and `add` have a label, `resize` and `add` a place.

    `restore` takes a span back to what the detectors said, and away where a person had added it.
    """

    act: Act
    span_id: str = ""
    entity_type: EntityType | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Say how a span differs between two versions; a side that has it not is None."""

    kind: Kind
    left: Span | None
    right: Span | None


def edit_from_dict(data: Mapping[str, Any]) -> Edit:
    """Read an edit from JSON {act, span_id, entity_type, location}; raise UsageError where it is none."""
    try:
        act, label, place = data["act"], data.get("entity_type"), data.get("location")
        edit = Edit(
            act,
            data.get("span_id") or "",
            EntityType(label) if label else None,
            codec.location_from_dict(place) if place else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError("not an edit: it has an act, a span_id, and a label of ours or a place") from None
    return _checked(edit)


def numbered(decisions: Iterable[Decision], version: int = 1) -> list[Span]:
    """Return a plan's decisions as the spans of a version, with an id each."""
    return [
        {**codec.decision_to_dict(decision), "id": f"{version}.{number}", "origin": DETECTOR}
        for number, decision in enumerate(decisions)
    ]


def apply_edits(
    spans: Sequence[Span], edits: Iterable[Edit], who: str, version: int, found: Sequence[Span] = ()
) -> list[Span]:
    """Return the spans of a new version after somebody's edits, done in their order.

    `found` is what the detectors said, for `restore`. Raises UsageError for a span that is not there, a place of
    another kind or part, or an edit that lacks what it needs.
    """
    held = {span["id"]: span for span in spans}
    original = {span["id"]: span for span in found}
    for number, edit in enumerate(map(_checked, edits)):
        if edit.act == "add":
            added = _added(edit, who, f"{version}.{number}")
            held[added["id"]] = added
            continue
        if edit.span_id not in held:
            raise UsageError("there is no such span in that version")
        if edit.act == "restore":
            if edit.span_id in original:
                held[edit.span_id] = dict(original[edit.span_id])
            elif held[edit.span_id]["origin"] == PERSON:
                del held[edit.span_id]
            continue
        held[edit.span_id] = _changed(held[edit.span_id], edit, who)
    return list(held.values())


def reviewed_plan(base: Plan, spans: Iterable[Span], policy: Policy) -> Plan:
    """Return the plan that carries people's decisions out, for the same asset, input and policy.

    What a person calls an identifier goes, by the policy's operator for its label, or by its default where it would
    keep that label; what a person rejects stays, unless it overlaps what goes.
    """
    return replace(base, decisions=resolve(_decision(span, policy) for span in spans))


def is_carried_out_by(plan: Plan, spans: Iterable[Span]) -> bool:
    """Say whether a plan is what the detectors' spans of a version say already, nothing more and nothing else.

    The plan may be older than the version: a later run of the detectors makes spans that it does not know.
    """
    held = list(spans)
    if len(held) != len(plan.decisions):
        return False
    pairs = zip(held, map(codec.decision_to_dict, plan.decisions), strict=True)
    return all(_bare(span) == told or _text(_bare(span)) == _text(told) for span, told in pairs)


def _bare(span: Span) -> Span:
    return {name: value for name, value in span.items() if name not in {"id", "origin"}}


def _text(span: Span) -> str:
    return json.dumps(span, sort_keys=True)


def differences(left: Sequence[Span], right: Sequence[Span]) -> list[Difference]:
    """Return what differs between two versions and what does not, by place; a span is matched by id, else by place."""
    unmatched = list(right)
    found: list[Difference] = []
    for one in left:
        other = _match(one, unmatched)
        if other is None:
            found.append(Difference("removed", one, None))
        else:
            unmatched.remove(other)
            found.append(Difference(_kind(one, other), one, other))
    found += [Difference("added", None, other) for other in unmatched]
    return sorted(found, key=lambda difference: _place(difference.left or cast("Span", difference.right)))


def agree(left: Iterable[Span], right: Iterable[Span]) -> bool:
    """Say whether two people let the same places go under the same labels."""
    return _going(left) == _going(right)


def goes(span: Span) -> bool:
    """Say whether a span is taken out: what is undecided is."""
    return bool(span["verdict"] != Verdict.KEEP)


def summary(spans: Iterable[Span]) -> tuple[dict[str, int], int, float]:
    """Return how many of each label go, how many are unsure, and the lowest score of those that go (1 for none)."""
    labels: dict[str, int] = {}
    unsure, lowest = 0, 1.0
    for span in spans:
        if goes(span):
            labels[span["entity_type"]] = labels.get(span["entity_type"], 0) + 1
            lowest = min(lowest, float(span["score"]))
        unsure += span["verdict"] == Verdict.REVIEW
    return dict(sorted(labels.items())), unsure, lowest


def _checked(edit: Edit) -> Edit:
    needs = {"add": ("entity_type", "location"), "relabel": ("entity_type",), "resize": ("location",)}
    if edit.act not in get_args(Act) or not all(getattr(edit, name) for name in needs.get(edit.act, ())):
        raise UsageError("an edit lacks what it needs: a known act, a label to relabel, a place to resize, both to add")
    if edit.act != "add" and not edit.span_id:
        raise UsageError("an edit names its span")
    if edit.location is not None:
        _check_place(edit.location)
    return edit


def _check_place(place: Location) -> None:
    """Raise UsageError for a place that could be nowhere."""
    names = [place.part, *([place.path] if isinstance(place, TagPath) else [])]
    names += [place.column] if isinstance(place, CellRef) else []
    if not all(isinstance(name, str) and 0 < len(name) <= NAME_LIMIT for name in names):
        raise UsageError("a place names its part, and its element or column")
    if isinstance(place, PixelBox):
        numbers: tuple[Any, ...] = (place.left, place.top, place.frame, place.width - 1, place.height - 1)
    elif isinstance(place, TimeSpan):
        numbers = (place.start, place.end)
    else:
        numbers = (place.start, place.end, *([place.row] if isinstance(place, CellRef) else []))
    whole = isinstance(place, TagPath | CellRef) and place.start is None and place.end is None
    if whole:
        numbers = numbers[2:]
    kinds: Any = (int, float) if isinstance(place, TimeSpan) else int
    if not all(isinstance(number, kinds) and not isinstance(number, bool) and number >= 0 for number in numbers):
        raise UsageError("a place is told in whole numbers from 0")
    if not isinstance(place, PixelBox) and not whole and not cast("float", place.start) < cast("float", place.end):
        raise UsageError("a place ends after it starts")


def _added(edit: Edit, who: str, span_id: str) -> Span:
    finding = Finding(cast("EntityType", edit.entity_type), cast("Location", edit.location), 1.0, REVIEWER, "1")
    decision = Decision(finding, Verdict.TRANSFORM, Action("mask_label"), "a reviewer added it", who)
    return {**codec.decision_to_dict(decision), "id": span_id, "origin": PERSON}


def _changed(span: Span, edit: Edit, who: str) -> Span:
    verdict = Verdict.KEEP if edit.act == "reject" else Verdict.TRANSFORM
    reasons = {"accept": "confirmed", "reject": "rejected", "relabel": "relabelled", "resize": "resized"}
    changed = {**span, "verdict": str(verdict), "decided_by": who, "reason": f"a reviewer {reasons[edit.act]} it"}
    if edit.act == "relabel":
        changed["entity_type"] = str(edit.entity_type)
    if edit.act == "resize":
        place = codec.location_to_dict(cast("Location", edit.location))
        if any(place.get(name) != span["location"].get(name) for name in ("kind", "part", "path", "row", "column")):
            raise UsageError("a span is resized where it is, in its own part")
        changed["location"] = place
    return changed


def _decision(span: Span, policy: Policy) -> Decision:
    decision = codec.decision_from_dict(span)
    if decision.decided_by == "policy" or decision.verdict is Verdict.KEEP:
        return decision
    ruled = decide(replace(decision.finding, score=1.0, rule=_standing(decision.finding)), policy)
    action = ruled.action if ruled.verdict is not Verdict.KEEP else policy.default.as_action()
    return replace(decision, action=Action("remove") if action.operator == "keep" else action)


def _standing(finding: Finding) -> str:
    """Return a finding's rule but where it is the one by which the policy kept it."""
    return "" if finding.rule == "policy_keep" else finding.rule


def _match(span: Span, others: Sequence[Span]) -> Span | None:
    by_id = (other for other in others if other["id"] == span["id"])
    by_place = (other for other in others if _place(other) == _place(span))
    return next(by_id, None) or next(by_place, None)


def _kind(one: Span, other: Span) -> Kind:
    if goes(one) != goes(other):
        return "verdict"
    if _place(one) != _place(other):
        return "resized"
    return "same" if one["entity_type"] == other["entity_type"] else "relabelled"


def _place(span: Span) -> tuple[Any, ...]:
    place = span["location"]
    start = place.get("start", place.get("top", 0))
    return (place["part"], place.get("row", 0), start, json.dumps(place, sort_keys=True))


def _going(spans: Iterable[Span]) -> set[tuple[Any, ...]]:
    return set(_labelled(spans))


def _labelled(spans: Iterable[Span]) -> Iterator[tuple[Any, ...]]:
    yield from ((*_place(span), span["entity_type"]) for span in spans if goes(span))

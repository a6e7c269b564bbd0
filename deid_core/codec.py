"""Findings and plans as JSON: the contract of `deidflow detect --json`, of plan files and of the review queue.

The schema is `deid_core/standards/finding.schema.json`; nothing here can hold an identifier's value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from deid_core.entities import EntityType
from deid_core.errors import IntegrityError
from deid_core.model import (
    Action,
    CellRef,
    Decision,
    Finding,
    Location,
    PixelBox,
    Plan,
    TagPath,
    TextSpan,
    TimeSpan,
    Verdict,
)

KINDS: dict[str, type[Location]] = {
    "text": TextSpan,
    "box": PixelBox,
    "time": TimeSpan,
    "tag": TagPath,
    "cell": CellRef,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def location_to_dict(location: Location) -> dict[str, Any]:
    """Return a location as {kind, its fields}; fields that are None are left out."""
    held = {field.name: getattr(location, field.name) for field in fields(location)}
    return {"kind": NAMES[type(location)], **{name: value for name, value in held.items() if value is not None}}


def location_from_dict(data: Mapping[str, Any]) -> Location:
    """Read a location back."""
    return KINDS[data["kind"]](**{name: value for name, value in data.items() if name != "kind"})


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as the JSON object that the schema describes, without `asset`."""
    return {
        "entity_type": str(finding.entity_type),
        "score": round(finding.score, 4),
        "detector": finding.detector,
        "detector_version": finding.detector_version,
        "rule": finding.rule,
        "location": location_to_dict(finding.location),
    }


def finding_from_dict(data: Mapping[str, Any]) -> Finding:
    """Read a finding back."""
    return Finding(
        EntityType(data["entity_type"]),
        location_from_dict(data["location"]),
        data["score"],
        data["detector"],
        data["detector_version"],
        data["rule"],
    )


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """Return a decision with its finding as a JSON object."""
    return {
        **finding_to_dict(decision.finding),
        "verdict": str(decision.verdict),
        "action": decision.action.operator,
        "params": dict(decision.action.params),
        "reason": decision.reason,
        "decided_by": decision.decided_by,
        **({"sources": sources_to_list(decision.sources)} if decision.sources else {}),
    }


def sources_to_list(sources: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the findings behind a resolved one, in its part: what each says, from `start` to `end`."""
    found = []
    for one in sources:
        said = finding_to_dict(one)
        place = said.pop("location")
        found.append({**said, **{name: place[name] for name in ("start", "end") if name in place}})
    return found


def _sources(data: Mapping[str, Any]) -> tuple[Finding, ...]:
    own = {name: held for name, held in data["location"].items() if name not in {"start", "end"}}
    return tuple(
        finding_from_dict({**one, "location": {**own, "start": one.get("start"), "end": one.get("end")}})
        for one in data.get("sources", ())
    )


def decision_from_dict(data: Mapping[str, Any]) -> Decision:
    """Read a decision back."""
    return Decision(
        finding_from_dict(data),
        Verdict(data["verdict"]),
        Action(data["action"], tuple(sorted(data["params"].items()))),
        data["reason"],
        data["decided_by"],
        _sources(data),
    )


def plan_to_json(plan: Plan) -> str:
    """Return a plan as canonical JSON: same plan, same bytes."""
    data = {
        "asset_id": plan.asset_id,
        "input_sha256": plan.input_sha256,
        "policy_sha256": plan.policy_sha256,
        "subject_key": plan.subject_key,
        "media_type": plan.media_type,
        "versions": dict(plan.versions),
        "decisions": [decision_to_dict(decision) for decision in plan.decisions],
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def plan_from_json(text: str | bytes) -> Plan:
    """Read a plan back; raise IntegrityError where it is not one."""
    try:
        data = json.loads(text)
        return Plan(
            data["asset_id"],
            data["input_sha256"],
            data["policy_sha256"],
            tuple(map(decision_from_dict, data["decisions"])),
            data["subject_key"],
            data["media_type"],
            tuple(sorted(data["versions"].items())),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError("not a plan that this version understands") from None

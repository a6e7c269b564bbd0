"""What is written down of every act: a line of history, and a record of the audit in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from deid_core.audit import AuditRecord
from deid_core.review import Edit
from infra import audit_log
from infra.database import timestamp
from infra.review_queue.tables import Batch, Event, Item

DECISIONS = ("review.approved", "review.rejected", "review.sent_back")  # of a batch: a releaser's; the rest a steward's


def of_item(
    batch: Batch, item: Item, agent: str, activity: str, reason: str, *, role: str = "reviewer", **counts: Any
) -> AuditRecord:
    """Return the audit's record of an act about an item."""
    return AuditRecord(
        agent=agent,
        role=role if agent != "deidflow" else "pipeline",
        activity=activity,
        entity=f"item:{item.id}",
        reason=reason,
        flow_run_id=batch.flow_run_id,
        asset_id=item.asset_id,
        input_sha256=item.input_sha256,
        policy_sha256=batch.policy_sha256,
        counts=counts,
    )


def of_batch(batch: Batch, agent: str, activity: str, reason: str, counts: Mapping[str, Any]) -> AuditRecord:
    """Return the audit's record of an act about a batch."""
    return AuditRecord(
        agent=agent,
        role=("releaser" if activity in DECISIONS else "steward") if agent != "deidflow" else "pipeline",
        activity=activity,
        entity=f"batch:{batch.id}",
        reason=reason,
        flow_run_id=batch.flow_run_id,
        policy_sha256=batch.policy_sha256,
        counts=dict(counts),
    )


def audited(session: Session, *written: AuditRecord) -> None:
    """Append records to the audit in this transaction: last of all, since other writers wait for it from here on."""
    session.flush()
    audit_log.append_within(session, written)


def note(session: Session, item: Item, who: str, act: str, **fields: Any) -> None:
    """Add a line to an item's history."""
    session.add(Event(batch_id=item.batch_id, item_id=item.id, at=timestamp(), who=who, act=act, **fields))


def note_edits(
    session: Session,
    item: Item,
    who: str,
    edits: Iterable[Edit],
    spans: tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]],
    number: int,
) -> None:
    """Add a line for each edit: the span before it and after it all."""
    before, after = ({span["id"]: span for span in version} for version in spans)
    for place, edit in enumerate(edits):
        span_id = edit.span_id or f"{number}.{place}"
        held = {"before": _told(edit, before.get(span_id)), "after": _told(edit, after.get(span_id))}
        note(session, item, who, f"span.{edit.act}", span_id=span_id, step=item.step, completion=number, **held)


def _told(edit: Edit, span: Mapping[str, Any] | None) -> str:
    """Return what an edit is about as text: a label, a verdict or a place."""
    if span is None:
        return ""
    if edit.act == "relabel":
        return str(span["entity_type"])
    if edit.act in ("resize", "add"):
        label = f"{span['entity_type']} " if edit.act == "add" else ""
        return label + json.dumps(span["location"], sort_keys=True)
    return str(span["verdict"])

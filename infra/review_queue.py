"""The review queue: batches of items that wait for a person. Findings by place, never a value.

An item is undecided while pending or sent back; only undecided items can be approved or rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Column, UniqueConstraint, func, or_, update
from sqlmodel import Field, SQLModel, col, select

from deid_core.codec import decision_to_dict
from deid_core.errors import UsageError
from deid_core.model import Plan
from infra.database import create_tables, insert_new, reading, timestamp, writing


class Status(StrEnum):
    """Name where an item stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"  # seen, and to be looked at again


UNDECIDED = (Status.PENDING, Status.SENT_BACK)
NON_DEIDENTIFIED, DEIDENTIFIED = "NonDeidentified", "DeIdentified"


class Batch(SQLModel, table=True):
    """Hold one flow run's review; `status` is open or closed, `release` names the release it is for."""

    __tablename__ = "review_batch"
    id: str = Field(primary_key=True)
    flow_run_id: str = Field(unique=True)
    release: str = ""
    status: str = "open"
    created: str


class Item(SQLModel, table=True):
    """Hold one asset's review; `spans` are decisions as deid_core.codec writes them. Times are ISO 8601 in UTC."""

    __tablename__ = "review_item"
    __table_args__ = (UniqueConstraint("batch_id", "asset_id"),)
    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="review_batch.id", index=True)
    asset_id: str
    subject_key: str = ""
    media_type: str = ""
    status: str = Field(default=Status.PENDING.value, index=True)
    reason: str = ""
    priority: int = 0  # higher first
    spans: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    tag: str = NON_DEIDENTIFIED
    decided_by: str = ""
    decided_at: str = ""
    version: int = 1  # counts changes
    claimed_by: str = ""
    claimed_until: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """Put an asset's plan before a person: why, and how urgent (higher first)."""

    plan: Plan
    reason: str = ""
    priority: int = 0


def create(url: str) -> None:
    """Create the queue's tables where they are missing."""
    create_tables(url, Batch, Item)


def create_batch(url: str, flow_run_id: str, release: str = "") -> Batch:
    """Open a flow run's batch, or return the one it has."""
    row = {"id": uuid4().hex, "flow_run_id": flow_run_id, "release": release, "status": "open", "created": timestamp()}
    with writing(url) as session:
        insert_new(session, Batch, [row])
        return session.exec(select(Batch).where(Batch.flow_run_id == flow_run_id)).one()


def batch_of(url: str, flow_run_id: str) -> Batch:
    """Return a flow run's batch; raise UsageError where it has none."""
    with reading(url) as session:
        found = session.exec(select(Batch).where(Batch.flow_run_id == flow_run_id)).first()
    if found is None:
        raise UsageError("this run has no review batch")
    return found


def close_batch(url: str, batch_id: str) -> None:
    """Close a batch; raise UsageError while an item of it is undecided."""
    with writing(url) as session:
        if _undecided(session, batch_id):
            raise UsageError("the batch holds undecided items")
        session.connection().execute(update(Batch).where(col(Batch.id) == batch_id).values(status="closed"))


def add_items(url: str, batch_id: str, items: Iterable[NewItem]) -> int:
    """Add items in one transaction and return how many are new; an asset that is there already stays as it is."""
    rows = [
        {
            "batch_id": batch_id,
            "asset_id": item.plan.asset_id,
            "subject_key": item.plan.subject_key,
            "media_type": item.plan.media_type,
            "reason": item.reason,
            "priority": item.priority,
            "spans": [decision_to_dict(decision) for decision in item.plan.decisions],
            "status": Status.PENDING.value,
            "tag": NON_DEIDENTIFIED,
            "decided_by": "",
            "decided_at": "",
            "version": 1,
            "claimed_by": "",
            "claimed_until": "",
        }
        for item in items
    ]
    with writing(url) as session:
        return insert_new(session, Item, rows)


def decide_items(
    url: str,
    batch_id: str,
    verdict: Status,
    who: str,
    reason: str = "",
    *,
    asset_ids: Sequence[str] | None = None,
) -> int:
    """Decide a batch's undecided items, or those of the named assets, and return how many.

    Sending back also takes what was approved. A decision ends a claim; whose the claim was is not asked, since claims
    only keep two people from opening one item. Raises UsageError for the verdict `pending` or without a name.
    """
    if verdict is Status.PENDING or not who:
        raise UsageError("a decision is approved, rejected or sent back, and somebody's")
    open_to_it = (*UNDECIDED, Status.APPROVED) if verdict is Status.SENT_BACK else UNDECIDED
    statement = (
        update(Item)
        .where(col(Item.batch_id) == batch_id, col(Item.status).in_(open_to_it))
        .values(
            status=verdict.value,
            reason=reason or col(Item.reason),
            decided_by=who,
            decided_at=timestamp(),
            version=col(Item.version) + 1,
            claimed_by="",
            claimed_until="",
        )
    )
    if asset_ids is not None:
        statement = statement.where(col(Item.asset_id).in_(asset_ids))
    with writing(url) as session:
        return session.connection().execute(statement).rowcount


def tag_items(url: str, batch_id: str, asset_ids: Sequence[str], tag: str = DEIDENTIFIED) -> int:
    """Tag the named assets' items, by default as de-identified, and return how many; for after an export."""
    if tag not in (DEIDENTIFIED, NON_DEIDENTIFIED):
        raise UsageError("no such tag")
    where = (col(Item.batch_id) == batch_id, col(Item.asset_id).in_(asset_ids))
    with writing(url) as session:
        return session.connection().execute(update(Item).where(*where).values(tag=tag)).rowcount


def pending_count(url: str, batch_id: str) -> int:
    """Count a batch's undecided items."""
    with reading(url) as session:
        return _undecided(session, batch_id)


def counts(url: str, batch_id: str) -> dict[str, int]:
    """Count a batch's items by status; a status that no item has is left out."""
    statement = select(Item.status, func.count()).where(Item.batch_id == batch_id).group_by(col(Item.status))
    with reading(url) as session:
        return dict(session.exec(statement).all())


def items(
    url: str, batch_id: str, statuses: Sequence[Status] = tuple(Status), offset: int = 0, limit: int = 100
) -> list[Item]:
    """Return a page of a batch's items, most urgent first."""
    statement = (
        select(Item)
        .where(Item.batch_id == batch_id, col(Item.status).in_(statuses))
        .order_by(col(Item.priority).desc(), col(Item.id))
        .offset(offset)
        .limit(limit)
    )
    with reading(url) as session:
        return list(session.exec(statement))


def claim(url: str, batch_id: str, who: str, count: int = 1, lease: timedelta = timedelta(minutes=15)) -> list[Item]:
    """Give somebody the most urgent undecided items that nobody holds, for the length of a lease.

    Nobody else gets them meanwhile: PostgreSQL skips rows that another claim has locked, SQLite lets one write
    at a time.
    """
    now = timestamp()
    until = (datetime.now(UTC) + lease).isoformat(timespec="microseconds")
    statement = (
        select(Item)
        .where(Item.batch_id == batch_id, col(Item.status).in_(UNDECIDED))
        .where(or_(col(Item.claimed_until) < now, col(Item.claimed_by) == who))
        .order_by(col(Item.priority).desc(), col(Item.id))
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    with writing(url) as session:
        taken = list(session.exec(statement))
        for item in taken:
            item.claimed_by, item.claimed_until = who, until
            item.version += 1
        return taken


def _undecided(session: Any, batch_id: str) -> int:
    statement = select(func.count()).where(Item.batch_id == batch_id, col(Item.status).in_(UNDECIDED))
    return int(session.exec(statement).one())

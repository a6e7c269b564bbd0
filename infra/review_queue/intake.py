"""Batches: a flow run's items, how they are to be reviewed, and how far that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import func, insert, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from deid_core.errors import UsageError
from deid_core.model import Plan
from deid_core.policy import ReviewRules
from deid_core.review import numbered, summary
from infra import audit_log, migrations
from infra.database import insert_new, reading, timestamp, writing
from infra.review_queue.tables import (
    DEIDENTIFIED,
    DETECTOR,
    FAILED,
    NON_DEIDENTIFIED,
    OPEN,
    REVIEW,
    SECOND,
    SUBMITTED,
    UNDECIDED,
    WAITING,
    Batch,
    Completion,
    Event,
    Item,
    Turn,
)

CHUNK = 500  # items a statement


@dataclass(frozen=True, slots=True)
class NewItem:
    """Put an asset's plan before a person: why, and how urgent (higher first).

    `second` says whether a second person confirms it, where the batch is reviewed in two steps.
    """

    plan: Plan
    reason: str = ""
    priority: int = 0
    second: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far a batch is: items by status and by step, submissions by person, leases now, seconds spent."""

    items: int
    by_status: dict[str, int] = field(default_factory=dict)
    by_step: dict[str, int] = field(default_factory=dict)
    by_reviewer: dict[str, int] = field(default_factory=dict)
    leased: int = 0
    seconds: int = 0


def create(url: str) -> None:
    """Create the queue's tables, or bring those of an older version up to this one; and the audit's."""
    audit_log.create(url)
    migrations.upgrade(url)


def create_batch(
    url: str,
    flow_run_id: str,
    release: str = "",
    rules: ReviewRules | None = None,
    policy_sha256: str = "",
    mode: str = "required",
) -> Batch:
    """Open a flow run's batch, or return the one it has."""
    held = rules or ReviewRules()
    row = Batch(
        id=uuid4().hex,
        flow_run_id=flow_run_id,
        release=release,
        created=timestamp(),
        policy_sha256=policy_sha256,
        mode=mode,
        steps=held.steps,
        people=held.people,
        conflict=held.conflict,
        lease_minutes=held.lease_minutes,
        escalate_hours=held.escalate_hours,
    )
    with writing(url) as session:
        insert_new(session, Batch, [row.model_dump()])
        return session.exec(select(Batch).where(Batch.flow_run_id == flow_run_id)).one()


def batches(url: str, status: str = "open") -> list[Batch]:
    """Return the batches of a status ("" for any), newest first."""
    statement = select(Batch).order_by(col(Batch.created).desc())
    with reading(url) as session:
        return list(session.exec(statement.where(Batch.status == status) if status else statement))


def batch(url: str, batch_id: str) -> Batch:
    """Return a batch by its id; raise UsageError where there is none."""
    with reading(url) as session:
        return found(session, batch_id)


def found(session: Session, batch_id: str, lock: Literal["none", "shared", "alone"] = "none") -> Batch:
    """Return a batch within a session; raise UsageError where there is none.

    Locked until the session ends if asked: "shared" with others who work on single items, and kept from being closed;
    "alone" for what changes many, so that no two wait for each other's rows.
    """
    statement = select(Batch).where(Batch.id == batch_id)
    if lock != "none":
        statement = statement.with_for_update(read=lock == "shared", key_share=lock == "alone")
    held = session.exec(statement).first()
    if held is None:
        raise UsageError("there is no such review batch")
    return held


def batch_of(url: str, flow_run_id: str) -> Batch:
    """Return a flow run's batch; raise UsageError where it has none."""
    with reading(url) as session:
        held = session.exec(select(Batch).where(Batch.flow_run_id == flow_run_id)).first()
    if held is None:
        raise UsageError("this run has no review batch")
    return held


def close_batch(url: str, batch_id: str) -> None:
    """Close a batch: nothing in it changes any more; raise UsageError while an item of it is undecided."""
    with writing(url) as session:
        found(session, batch_id, "alone")
        if undecided(session, batch_id):
            raise UsageError("the batch holds undecided items")
        session.connection().execute(update(Batch).where(col(Batch.id) == batch_id).values(status="closed"))


def add_items(url: str, batch_id: str, items: Iterable[NewItem]) -> int:
    """Add items in one transaction and return how many are new; an asset that is there already stays as it is.

    An item's first version is what the detectors found; it has a turn for each person who is to look.
    """
    done = 0
    with writing(url) as session:
        held = session.get(Batch, batch_id)
        for some in _chunks(items):
            done += _insert(session, batch_id, held, some)
    return done


def _chunks(items: Iterable[NewItem]) -> Iterator[list[NewItem]]:
    waiting = iter(items)
    while some := list(islice(waiting, CHUNK)):
        yield some


def _insert(session: Session, batch_id: str, batch: Batch | None, items: Sequence[NewItem]) -> int:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    spans = {item.plan.asset_id: numbered(item.plan.decisions) for item in items}
    rows = [_row(batch_id, item, spans[item.plan.asset_id]) for item in items]
    statement = dialect.insert(Item).values(rows).on_conflict_do_nothing()
    new = session.connection().execute(statement.returning(col(Item.id), col(Item.asset_id), col(Item.priority))).all()
    if not new:
        return 0
    now = timestamp()
    first = {"number": 1, "origin": DETECTOR, "created": now, "status": SUBMITTED, "verdict": ""}
    versions = [
        {**first, "item_id": item_id, "parent": None, "who": "", "rank": 0, "seconds": 0, "spans": spans[asset_id]}
        for item_id, asset_id, _ in new
    ]
    session.connection().execute(insert(Completion), versions)
    steps = _steps(batch)
    confirmed = {item.plan.asset_id for item in items if item.second}
    turns = [
        {"batch_id": batch_id, "item_id": item_id, "number": number, "priority": priority, **held}
        for item_id, asset_id, priority in new
        for number, held in enumerate(steps, 1)
        if held["step"] != SECOND or asset_id in confirmed
    ]
    session.connection().execute(insert(Turn), turns)
    return len(new)


def _row(batch_id: str, item: NewItem, spans: Sequence[dict[str, Any]]) -> dict[str, Any]:
    labels, unsure, lowest = summary(spans)
    row = Item(
        batch_id=batch_id,
        asset_id=item.plan.asset_id,
        subject_key=item.plan.subject_key,
        media_type=item.plan.media_type,
        input_sha256=item.plan.input_sha256,
        reason=item.reason,
        priority=item.priority,
        labels=labels,
        findings=sum(labels.values()),
        unsure=unsure,
        lowest=lowest,
    )
    return row.model_dump(exclude={"id"})


def _steps(batch: Batch | None) -> list[dict[str, Any]]:
    """Return an item's turns: one, one and a second that waits for it, or one for each of several people."""
    blank = {"assigned_to": "", "who": None, "until": "", "completion": None}
    turns = [{"step": REVIEW, "status": OPEN, **blank}] * (batch.people if batch else 1)
    return [*turns, {"step": SECOND, "status": WAITING, **blank}] if batch and batch.steps == 2 else turns


def tag_items(url: str, batch_id: str, asset_ids: Sequence[str], tag: str = DEIDENTIFIED, *, failure: str = "") -> int:
    """Tag the named assets' items, by default as de-identified, and return how many; for after an export.

    `failure` is the code of the reason where they failed, and only there; raise UsageError for another tag.
    """
    if tag not in (DEIDENTIFIED, NON_DEIDENTIFIED, FAILED) or (tag == FAILED) != bool(failure):
        raise UsageError("no such tag")
    done = 0
    with writing(url) as session:
        for first in range(0, len(asset_ids), CHUNK):
            where = (col(Item.batch_id) == batch_id, col(Item.asset_id).in_(asset_ids[first : first + CHUNK]))
            done += session.connection().execute(update(Item).where(*where).values(tag=tag, failure=failure)).rowcount
    return done


def pending_count(url: str, batch_id: str) -> int:
    """Count a batch's undecided items."""
    with reading(url) as session:
        return undecided(session, batch_id)


def undecided(session: Session, batch_id: str) -> int:
    """Count a batch's undecided items within a session."""
    statement = select(func.count()).where(Item.batch_id == batch_id, col(Item.status).in_(UNDECIDED))
    return int(session.exec(statement).one())


def counts(url: str, batch_id: str) -> dict[str, int]:
    """Count a batch's items by status; a status that no item has is left out."""
    statement = select(Item.status, func.count()).where(Item.batch_id == batch_id).group_by(col(Item.status))
    with reading(url) as session:
        return dict(session.exec(statement).all())


def progress(url: str, batch_id: str) -> Progress:
    """Return how far a batch is; counted again only after somebody did something in it."""
    held = col(Turn.until) != literal_column("''")  # written out, not bound: the index is of these only
    leases = select(func.count()).where(Turn.batch_id == batch_id, held, Turn.until > timestamp(), Turn.status == OPEN)
    with reading(url) as session:
        leased = int(session.exec(leases).one())
    return replace(_standing(url, batch_id, acts(url, batch_id)), leased=leased)


def acts(url: str, batch_id: str) -> tuple[int, int]:
    """Return how many lines a batch's history and how many items it has: whatever is decided makes one more."""
    of_batch = (select(func.count()).where(model.batch_id == batch_id) for model in (Event, Item))
    with reading(url) as session:
        lines, items = (int(session.exec(statement).one()) for statement in of_batch)
    return lines, items


def media_types(url: str, batch_id: str, items: int) -> dict[str, int]:
    """Count a batch's items by media type; `items` is how many it has, so that they are counted again only if added."""
    return dict(_types(url, batch_id, items))


@lru_cache(maxsize=256)
def _types(url: str, batch_id: str, _items: int) -> tuple[tuple[str, int], ...]:
    statement = select(Item.media_type, func.count()).where(Item.batch_id == batch_id).group_by(col(Item.media_type))
    with reading(url) as session:
        return tuple(sorted(session.exec(statement).all()))


@lru_cache(maxsize=64)
def _standing(url: str, batch_id: str, _acts: tuple[int, int]) -> Progress:
    standing = (Item.status, Item.step)
    items = select(*standing, func.count()).where(Item.batch_id == batch_id).group_by(*map(col, standing))
    # written out, not bound: an index of these only serves no other query
    by_person = (
        col(Completion.status) == literal_column(f"'{SUBMITTED}'"),
        col(Completion.origin) != literal_column(f"'{DETECTOR}'"),
    )
    people = (
        select(Completion.who, func.count(), func.sum(Completion.seconds))
        .join(Item, col(Item.id) == col(Completion.item_id))
        .where(Item.batch_id == batch_id, *by_person)
        .group_by(col(Completion.who))
    )
    by_status: Counter[str] = Counter()
    by_step: Counter[str] = Counter()
    with reading(url) as session:
        for status, step, number in session.exec(items):
            by_status[status] += number
            if status in UNDECIDED:
                by_step[step] += number
        worked = session.exec(people).all()
    by_reviewer = {who: number for who, number, _ in worked}
    seconds = sum(int(spent or 0) for _, _, spent in worked)
    return Progress(by_status.total(), dict(by_status), dict(by_step), by_reviewer, 0, seconds)


def escalate_overdue(url: str) -> list[Batch]:
    """Mark the open batches whose people are late, and return them: once for each time that the policy gives them."""
    now = datetime.now(UTC)
    late: list[Batch] = []
    with writing(url) as session:
        for held in session.exec(select(Batch).where(Batch.status == "open").with_for_update(skip_locked=True)):
            since = datetime.fromisoformat(held.escalated or held.created)
            if now - since >= timedelta(hours=held.escalate_hours) and undecided(session, held.id):
                held.escalated = now.isoformat(timespec="microseconds")
                session.add(held)
                session.add(
                    Event(
                        batch_id=held.id, at=held.escalated, who="deidflow", act="escalated", reason="people are late"
                    )
                )
                late.append(held)
    return late

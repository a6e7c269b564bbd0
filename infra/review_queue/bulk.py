"""What is done to many items at once: decide, send back, begin anew, take in what a new detector found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from sqlalchemy import insert, literal, null, select, update
from sqlmodel import Session, col
from sqlmodel import select as rows

from deid_core.errors import UsageError
from deid_core.model import Plan
from deid_core.review import numbered, summary
from infra.database import timestamp, writing
from infra.review_queue import stages
from infra.review_queue.intake import CHUNK, found
from infra.review_queue.reading import outlines, spans_of, start
from infra.review_queue.records import audited, note, of_batch
from infra.review_queue.tables import (
    ADJUDICATION,
    DETECTOR,
    DONE,
    OPEN,
    PERSON,
    SUBMITTED,
    UNDECIDED,
    WITHDRAWN,
    Batch,
    Completion,
    Conflict,
    Event,
    Item,
    Reason,
    Status,
    Turn,
)
from infra.review_queue.work import Work, new_version

CLOSED = "that batch is closed: its run went on with what was decided"
Scope = Literal["untouched", "manual", "all"]


def decide_items(
    url: str,
    batch_id: str,
    verdict: Status,
    who: str,
    reason: str = "",
    *,
    asset_ids: Sequence[str] | None = None,
    rank: int = 0,
    **told: int,
) -> int:
    """Decide a batch's undecided items as they stand, or those of the named assets; return how many were looked at.

    It counts as one person's look: where two people or more must look, items wait for the others, and what this
    person has looked at before is left out. Rejecting needs no second pair of eyes, since it releases nothing.
    Sending back also takes what was approved. A decision ends a claim. `told` are counts for the audit.
    Raises UsageError for the verdict `pending`, without a name or for a reason that is none, Conflict when closed.
    """
    if verdict is Status.PENDING or not who or (reason and reason not in set(Reason)):
        raise UsageError("a decision is approved, rejected or sent back, somebody's, and for one of the reasons")
    why = reason or Reason.REVIEWED.value
    with writing(url) as session:
        batch = found(session, batch_id, "alone")
        if batch.status != OPEN:
            raise Conflict(CLOSED)
        open_to_it = (*UNDECIDED, Status.APPROVED) if verdict is Status.SENT_BACK else UNDECIDED
        done = 0
        for ids in _scope(session, batch_id, open_to_it, asset_ids):
            if verdict is Status.SENT_BACK:
                done += _send_back(session, batch, ids, who, why)
            elif verdict is Status.APPROVED and (batch.people > 1 or batch.steps > 1):
                done += sum(_looked(session, batch, item, who, rank, why) for item in _items(session, ids))
            else:
                done += _decide(session, ids, verdict, who, rank, why)
        audited(session, of_batch(batch, who, f"review.{verdict}", why, {"items": done, **told}))
        return done


def reset(url: str, batch_id: str, by: str, asset_ids: Sequence[str] | None = None) -> int:
    """Begin a batch's items anew, or those of the named assets, and return how many.

    How the batch is reviewed, who is assigned, the history and the audit stay; people's versions stay, withdrawn.
    """
    with writing(url) as session:
        batch = found(session, batch_id, "alone")
        if batch.status != OPEN:
            raise Conflict(CLOSED)
        done = 0
        for ids in _scope(session, batch_id, tuple(Status), asset_ids):
            for item in _items(session, ids):
                stages.sent_back(session, batch, item, by, "begun anew")
                _begun(session, item)
            theirs = (col(Completion.item_id).in_(ids), col(Completion.origin) != DETECTOR)
            session.flush()
            session.connection().execute(update(Completion).where(*theirs).values(status=WITHDRAWN))
            anew = update(Turn).where(col(Turn.item_id).in_(ids)).values(who=None)
            session.connection().execute(anew)
            done += len(ids)
        audited(session, of_batch(batch, by, "review.reset", "begun anew", {"items": done}))
        return done


def redetect(url: str, batch_id: str, plans: Iterable[Plan], by: str, scope: Scope = "untouched") -> int:
    """Add what a new run of the detectors found as a version of each undecided item, and return how many got one.

    "untouched": items that nobody saved or submitted; "manual": those that somebody did; "all". Every older version
    stays. People go on from the new one; what is decided stays decided.
    """
    with writing(url) as session:
        batch = found(session, batch_id, "alone")
        if batch.status != OPEN:
            raise Conflict(CLOSED)
        by_asset = {plan.asset_id: plan for plan in plans}
        done = 0
        for ids in _scope(session, batch_id, UNDECIDED, list(by_asset)):
            for item in _items(session, ids):
                touched = any(version.origin != DETECTOR for version in outlines(session, item.id or 0))
                if scope == "all" or touched == (scope == "manual"):
                    _detected(session, item, by_asset[item.asset_id], by)
                    done += 1
        audited(session, of_batch(batch, by, "review.redetected", scope, {"items": done}))
        return done


def set_priority(url: str, batch_id: str, item_ids: Sequence[int], priority: int, by: str) -> int:
    """Make items of a batch more or less urgent (higher first), and return how many; UsageError for another batch's."""
    with writing(url) as session:
        items = _items(session, item_ids)
        if {item.batch_id for item in items} != {batch_id}:
            raise UsageError("those are items of another batch, or of none")
        batch = found(session, batch_id, "alone")
        for item in items:
            item.priority = priority
        turns = update(Turn).where(col(Turn.item_id).in_([item.id for item in items])).values(priority=priority)
        session.connection().execute(turns)
        told = {"items": len(items), "priority": priority}
        audited(session, of_batch(batch, by, "review.priority", "priority", told))
        return len(items)


def _scope(
    session: Session, batch_id: str, statuses: Sequence[Status], asset_ids: Sequence[str] | None
) -> Iterator[list[int]]:
    """Yield the ids of items in those statuses, some hundreds at a time, locked until the transaction ends."""
    where = [col(Item.batch_id) == batch_id, col(Item.status).in_(statuses)]
    named = [None] if asset_ids is None else [asset_ids[n : n + CHUNK] for n in range(0, len(asset_ids), CHUNK)]
    for names in named:
        statement = select(col(Item.id)).where(*where, *([] if names is None else [col(Item.asset_id).in_(names)]))
        ids: list[Any] = list(
            session.connection().execute(statement.order_by(col(Item.id)).with_for_update()).scalars()
        )
        yield from (ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK))


def _items(session: Session, ids: Sequence[int]) -> list[Item]:
    return list(session.exec(rows(Item).where(col(Item.id).in_(ids)).order_by(col(Item.id))))


def _decide(session: Session, ids: Sequence[int], verdict: Status, who: str, rank: int, why: str) -> int:
    """Decide items in a few statements, however many they are: each gets a version that is its parent's."""
    now, run = timestamp(), session.connection().execute
    version = {
        "item_id": col(Item.id),
        "number": col(Item.versions) + 1,
        "parent": col(Item.head),
        "origin": literal(PERSON),
        "who": literal(who),
        "created": literal(now),
        "status": literal(SUBMITTED),
        "verdict": literal(verdict.value),
        "rank": literal(rank),
        "seconds": literal(0),
        "spans": null(),
    }
    run(insert(Completion).from_select(list(version), select(*version.values()).where(col(Item.id).in_(ids))))
    next_number = col(Item.versions) + 1
    decision = {"status": verdict.value, "answer": why, "decided_by": who, "decided_at": now}
    numbers = {"versions": next_number, "head": next_number, "truth": next_number, "version": col(Item.version) + 1}
    done = run(update(Item).where(col(Item.id).in_(ids)).values(**decision, **numbers)).rowcount
    run(update(Turn).where(col(Turn.item_id).in_(ids)).values(status=DONE, until=""))
    _noted(session, ids, who, verdict.value, why)
    return int(done)


def _send_back(session: Session, batch: Batch, ids: Sequence[int], who: str, why: str) -> int:
    for item in _items(session, ids):
        stages.sent_back(session, batch, item, who, why)
    session.flush()
    return len(ids)


def _looked(session: Session, batch: Batch, item: Item, who: str, rank: int, why: str) -> bool:
    """Take one item as somebody's look at it, if it has an open turn for him."""
    turns = list(session.exec(rows(Turn).where(Turn.item_id == item.id).order_by(col(Turn.number))))
    own = [turn for turn in turns if turn.who == who]
    free = own or [turn for turn in turns if turn.status == OPEN and turn.assigned_to in ("", who)]
    if not free or free[0].status != OPEN or free[0].step == ADJUDICATION:
        return False
    turn = free[0]
    held = outlines(session, item.id or 0)
    if turn.who != who:
        turn.who, turn.completion = who, None
    version = new_version(session, Work(batch, item, turn, held), who, (), start(batch, item, turn, held))
    version.status, version.verdict, version.rank = SUBMITTED, Status.APPROVED.value, rank
    session.flush()
    note(session, item, who, "passed", step=turn.step, reason=why, completion=version.number)  # not "submitted": unread
    stages.submitted(session, batch, item, turn, version, why)
    return True


def _begun(session: Session, item: Item) -> None:
    """Take an item back to what the detectors said last."""
    found_last = [version for version in outlines(session, item.id or 0) if version.origin == DETECTOR][-1]
    item.status, item.answer, item.decided_by, item.decided_at = Status.PENDING.value, "", "", ""
    item.head = found_last.number
    item.labels, item.unsure, item.lowest = summary(spans_of(session, item.id or 0, found_last.number))
    item.findings = sum(item.labels.values())
    note(session, item, "deidflow", "reset", completion=found_last.number)


def _detected(session: Session, item: Item, plan: Plan, by: str) -> None:
    if plan.input_sha256 != item.input_sha256 and item.input_sha256:
        raise UsageError("a plan is of another input than the item's")
    number = item.versions + 1
    spans = numbered(plan.decisions, number)
    session.add(
        Completion(
            item_id=item.id or 0,
            number=number,
            parent=item.head,
            origin=DETECTOR,
            created=timestamp(),
            status=SUBMITTED,
            spans=spans,
        )
    )
    item.versions = item.head = number
    item.version += 1
    item.labels, item.unsure, item.lowest = summary(spans)
    item.findings = sum(item.labels.values())
    where = (col(Turn.item_id) == item.id, col(Turn.status) == OPEN)
    session.connection().execute(update(Turn).where(*where).values(completion=None))
    note(session, item, by, "redetected", completion=number)


def _noted(session: Session, ids: Sequence[int], who: str, act: str, why: str) -> None:
    line: dict[str, Any] = {
        "batch_id": col(Item.batch_id),
        "item_id": col(Item.id),
        "at": literal(timestamp()),
        "who": literal(who),
        "act": literal(act),
        "step": col(Item.step),
        "span_id": literal(""),
        "before": literal(""),
        "after": literal(""),
        "reason": literal(why),
        "completion": col(Item.truth),
    }
    chosen = select(*line.values()).where(col(Item.id).in_(ids))
    session.connection().execute(insert(Event).from_select(list(line), chosen))

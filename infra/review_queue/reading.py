"""What pages show: items by filter, one item with its versions, its history, and how versions differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import and_, func, or_
from sqlalchemy.orm import QueryableAttribute, defer
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from deid_core.errors import UsageError
from deid_core.review import Difference, differences
from infra.audit_log import append
from infra.database import reading
from infra.review_queue import records
from infra.review_queue.intake import found
from infra.review_queue.tables import (
    ADJUDICATION,
    DETECTOR,
    DONE,
    OPEN,
    SUBMITTED,
    UNDECIDED,
    Batch,
    Completion,
    Event,
    Item,
    NotSubmitted,
    Status,
    Turn,
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Hold a turn with its item."""

    turn: Turn
    item: Item


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold an item as somebody may see it: `current` is where he goes on, `plan` where the plan lies in the workspace.

    In a blind review he sees the detectors' versions and his own until somebody decides between them. Of the versions
    only `current` has its spans: the others are read one by one, by `completion`.
    """

    batch: Batch
    item: Item
    turn: Turn | None
    current: Completion
    completions: list[Completion]
    plan: str
    blind: bool = False


def items(
    url: str,
    batch_id: str,
    statuses: Sequence[Status] = tuple(Status),
    offset: int = 0,
    limit: int = 100,
    *,
    after: tuple[int, int] | None = None,
    **filters: str,
) -> list[Item]:
    """Return a page of a batch's items, most urgent first; `filters` are those of `count_items`.

    `after` is the (priority, id) of the last item seen: as quick on the last page as on the first.
    """
    statement = select(Item).where(*_filtered(batch_id, statuses, filters))
    if after is not None:
        priority, last = after
        same = and_(col(Item.priority) == priority, col(Item.id) > last)
        statement = statement.where(or_(col(Item.priority) < priority, same))
    statement = statement.order_by(col(Item.priority).desc(), col(Item.id)).offset(offset).limit(limit)
    with reading(url) as session:
        return list(session.exec(statement))


def count_items(url: str, batch_id: str, statuses: Sequence[Status] = tuple(Status), **filters: str) -> int:
    """Count a batch's items by status and by label, step, reason, media_type, decided_by or assigned_to."""
    with reading(url) as session:
        return int(session.exec(select(func.count()).where(*_filtered(batch_id, statuses, filters))).one())


def _filtered(batch_id: str, statuses: Sequence[Status], filters: dict[str, str]) -> list[Any]:
    where: list[Any] = [col(Item.batch_id) == batch_id]
    if len(set(statuses)) < len(Status):
        where.append(col(Item.status).in_(statuses))
    for name, value in filters.items():
        if not value:
            continue
        if name in ("step", "reason", "media_type", "decided_by"):
            where.append(col(getattr(Item, name)) == value)
        elif name == "label":
            where.append(col(Item.labels)[value].as_integer().is_not(None))
        elif name == "assigned_to":
            where.append(col(Item.id).in_(select(Turn.item_id).where(Turn.assigned_to == value)))
        else:
            raise UsageError("items are not told apart by that")
    return where


def load(url: str, item_id: int, who: str, *, sees_all: bool = False) -> Loaded:
    """Return an item as somebody may see it; raise UsageError where there is none."""
    with reading(url) as session:
        item = one(session, item_id)
        batch = found(session, item.batch_id)
        turn = session.exec(select(Turn).where(Turn.item_id == item_id, Turn.who == who)).first()
        held = outlines(session, item_id)
        current = numbered(held, start(batch, item, turn, held))
        with_spans(current, spans_of(session, item_id, current.number))
    blind = is_blind(batch, item) and not sees_all
    shown = held if sees_all else shown_to(who, batch, item, held)
    return Loaded(batch, item, turn, current, shown, f"runs/{batch.flow_run_id}/plans/{item.asset_id}.json", blind)


def is_blind(batch: Batch, item: Item) -> bool:
    """Say whether several people look at an item apart just now."""
    return batch.people > 1 and item.status in UNDECIDED and item.step != ADJUDICATION


def shown_to(who: str, batch: Batch, item: Item, held: Sequence[Completion]) -> list[Completion]:
    """Return the versions that somebody may know of: all, or while people look apart the detectors' and his own."""
    return [one for one in held if not is_blind(batch, item) or one.origin == DETECTOR or one.who == who]


def one(session: Session, item_id: int, *, lock: bool = False) -> Item:
    """Return an item within a session, locked until it ends if asked; raise UsageError where there is none."""
    statement = select(Item).where(Item.id == item_id)
    item = session.exec(statement.with_for_update() if lock else statement).first()
    if item is None:
        raise UsageError("there is no such item")
    return item


def start(batch: Batch, item: Item, turn: Turn | None, held: Sequence[Completion]) -> int:
    """Return the number of the version that a person goes on from: his own, or where his turn starts."""
    if turn is not None and turn.completion is not None:
        return turn.completion
    if batch.people > 1 and item.status in UNDECIDED:
        return max(one.number for one in held if one.origin == DETECTOR)
    return item.head


def outlines(session: Session, item_id: int) -> list[Completion]:
    """Return an item's versions in order without their spans, which raise where they are read; apart from the session.

    A long piece of work leaves hundreds of versions: reading the spans of all of them is what takes the time.
    """
    statement = select(Completion).where(Completion.item_id == item_id).order_by(col(Completion.number))
    rows = session.exec(
        statement.options(defer(cast("QueryableAttribute[Any]", Completion.spans), raiseload=True))
    ).all()
    for row in rows:
        session.expunge(row)
    return list(rows)


def spans_of(session: Session, item_id: int, number: int) -> list[dict[str, Any]]:
    """Return the spans of one version: its own, or its parent's; raise UsageError where there is none."""
    while True:
        where = (Completion.item_id == item_id, Completion.number == number)
        row = session.exec(select(Completion.spans, Completion.parent).where(*where)).first()
        if row is None:
            raise UsageError("there is no such version")
        spans, parent = row
        if spans is not None:
            return list(spans)
        number = min(parent or 1, number - 1)


def with_spans(row: Completion, spans: list[dict[str, Any]]) -> Completion:
    """Return a version that is apart from the session, with these spans."""
    set_committed_value(row, "spans", spans)
    return row


def versions_of(session: Session, item_ids: Sequence[int]) -> dict[int, list[Completion]]:
    """Return the versions of several items by item, in order, each with its spans; objects apart from the session."""
    where = col(Completion.item_id).in_(item_ids)
    rows = session.exec(select(Completion).where(where).order_by(col(Completion.item_id), col(Completion.number))).all()
    held: dict[int, list[Completion]] = {}
    spans: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        session.expunge(row)
        place = row.item_id, row.number
        spans[place] = row.spans if row.spans is not None else spans[row.item_id, row.parent or 1]
        row.spans = spans[place]
        held.setdefault(row.item_id, []).append(row)
    return held


def completions(url: str, item_id: int) -> list[Completion]:
    """Return all of an item's versions in order."""
    with reading(url) as session:
        return versions_of(session, [item_id]).get(item_id, [])


def completion(url: str, item_id: int, number: int) -> Completion:
    """Return one version of an item; raise UsageError where there is none."""
    with reading(url) as session:
        return with_spans(numbered(outlines(session, item_id), number), spans_of(session, item_id, number))


def numbered(held: Sequence[Completion], number: int) -> Completion:
    """Return the version of a number; raise UsageError where there is none."""
    for row in held:
        if row.number == number:
            return row
    raise UsageError("there is no such version")


def compare(url: str, item_id: int, left: int, right: int) -> list[Difference]:
    """Return how two versions of an item differ, by place."""
    with reading(url) as session:
        return differences(spans_of(session, item_id, left), spans_of(session, item_id, right))


def my_turns(url: str, who: str) -> list[Claimed]:
    """Return the turns that somebody holds or is to take, most urgent first."""
    statement = (
        select(Turn, Item)
        .join(Item, col(Item.id) == col(Turn.item_id))
        .where(Turn.status == OPEN, or_(col(Turn.who) == who, col(Turn.assigned_to) == who))
        .order_by(col(Turn.priority).desc(), col(Turn.id))
    )
    with reading(url) as session:
        return [Claimed(turn, item) for turn, item in session.exec(statement)]


def holders(url: str, item_ids: Sequence[int]) -> dict[int, list[Turn]]:
    """Return by item the open turns that somebody holds or is to take, for who shares them out."""
    named = or_(col(Turn.assigned_to) != "", col(Turn.who).is_not(None))
    where = (col(Turn.item_id).in_(item_ids), col(Turn.status) != DONE, named)
    held: dict[int, list[Turn]] = {}
    with reading(url) as session:
        for turn in session.exec(select(Turn).where(*where).order_by(col(Turn.item_id), col(Turn.number))):
            held.setdefault(turn.item_id, []).append(turn)
    return held


def turns(url: str, item_id: int) -> list[Turn]:
    """Return an item's turns in order."""
    with reading(url) as session:
        return list(session.exec(select(Turn).where(Turn.item_id == item_id).order_by(col(Turn.number))))


def history(url: str, item_id: int, offset: int = 0, limit: int = 1000, *, only: str = "") -> list[Event]:
    """Return what was done about an item, oldest first; `only` one person's part, for whom an item is blind."""
    statement = select(Event).where(Event.item_id == item_id, *([Event.who == only] if only else []))
    statement = statement.order_by(col(Event.id)).offset(offset).limit(limit)
    with reading(url) as session:
        return list(session.exec(statement))


def ground_truth(url: str, item_id: int, who: str = "deidflow") -> Completion:
    """Return what is exported of an item: the ground truth that somebody submitted.

    Raises NotSubmitted where there is none or the item was rejected, after the refusal of `who` is in the audit.
    """
    with reading(url) as session:
        item = one(session, item_id)
        batch = found(session, item.batch_id)
        held = outlines(session, item_id)
    return completion(url, item_id, _truth(url, batch, item, held, who).number)


def ground_truths(url: str, batch_id: str, asset_ids: Sequence[str]) -> dict[str, tuple[Completion, Completion]]:
    """Return by asset what detectors said and what is exported, for those of the named assets that people approved.

    Raises NotSubmitted as `ground_truth` does.
    """
    where = (Item.batch_id == batch_id, Item.status == Status.APPROVED, col(Item.asset_id).in_(asset_ids))
    with reading(url) as session:
        batch = found(session, batch_id)
        approved = session.exec(select(Item).where(*where)).all()
        held = versions_of(session, [item.id or 0 for item in approved])
    mine = {item.asset_id: held.get(item.id or 0, []) for item in approved}
    return {item.asset_id: (mine[item.asset_id][0], _truth(url, batch, item, mine[item.asset_id])) for item in approved}


def _truth(url: str, batch: Batch, item: Item, held: Sequence[Completion], who: str = "deidflow") -> Completion:
    truth = next((version for version in held if version.number == item.truth), None)
    if truth is None or truth.status != SUBMITTED or item.status != Status.APPROVED:
        why = "it was rejected" if item.status == Status.REJECTED else "no ground truth was submitted"
        append(url, [records.of_item(batch, item, who, "review.export_refused", why)])
        raise NotSubmitted(f"that item is not exported: {why}")
    return truth

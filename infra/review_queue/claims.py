"""Claims: who holds which item, and until when. Nobody gets what another holds, and nobody looks at an item twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from deid_core.errors import UsageError
from infra.database import timestamp, writing
from infra.review_queue.intake import found
from infra.review_queue.reading import Claimed, one
from infra.review_queue.tables import OPEN, REVIEW, SECOND, Batch, Conflict, Item, Turn

STEPS = (REVIEW, SECOND)
TRIES = 3
LOST = "the lease on that item is over: somebody else has it, or it was decided"


def claim(
    url: str,
    batch_id: str,
    who: str,
    count: int = 1,
    lease: timedelta | None = None,
    *,
    steps: Sequence[str] = STEPS,
) -> list[Claimed]:
    """Give somebody the most urgent turns that nobody holds, for a lease: first his own, then those assigned to him.

    Nobody else gets them meanwhile: PostgreSQL skips rows that another claim has locked, SQLite lets one write at a
    time; and the database refuses anybody a second turn of one item.
    """
    if not who or count < 1:
        raise UsageError("a claim is somebody's, of one item or more")
    for _ in range(TRIES):
        try:
            with writing(url) as session:
                return _claim(session, found(session, batch_id), who, (count, lease), steps)
        except _SameItem:
            continue  # the same person claimed in another tab at that moment
    return []


class _SameItem(Exception):
    """Say that a person would have had two turns of one item."""


def _claim(
    session: Session, batch: Batch, who: str, wanted: tuple[int, timedelta | None], steps: Sequence[str]
) -> list[Claimed]:
    count, lease = wanted
    if batch.status != OPEN:
        return []
    until = _until(batch, lease)
    taken: list[Claimed] = []
    mine = [col(Turn.who) == who]
    for where in (mine, _free(who, who, batch), _free("", who, batch)):
        if len(taken) < count:
            left = count - len(taken)
            turns = _taken(session, batch.id, where, left, (steps, [held.turn.id for held in taken]))
            for turn in turns:
                if turn.who != who:
                    turn.completion = None  # what another drafted stays his
                turn.who, turn.until = who, until
            _flush(session)
            held = {item.id: item for item in _items(session, [turn.item_id for turn in turns])}
            taken += [Claimed(turn, held[turn.item_id]) for turn in turns]
    return taken


def _taken(
    session: Session, batch_id: str, where: Sequence[Any], limit: int, but: tuple[Sequence[str], Sequence[int | None]]
) -> list[Turn]:
    steps, already = but
    statement = (
        select(Turn)
        .where(Turn.batch_id == batch_id, Turn.status == OPEN, col(Turn.step).in_(steps), *where)
        .order_by(col(Turn.priority).desc(), col(Turn.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(statement.where(col(Turn.id).not_in(already)) if already else statement))


def _free(assigned_to: str, who: str, batch: Batch) -> list[Any]:
    """Return what a turn must be to be taken: assigned so, held by nobody, and of an item not looked at by this one."""
    where: list[Any] = [col(Turn.assigned_to) == assigned_to, col(Turn.until) < timestamp()]
    if batch.people > 1 or batch.steps > 1:
        other = aliased(Turn)
        same = and_(col(other.item_id) == col(Turn.item_id), col(other.who) == who, col(other.id) != col(Turn.id))
        where.append(~select(other.id).where(same).exists())
    return where


def _items(session: Session, item_ids: Sequence[int]) -> Sequence[Item]:
    if not item_ids:
        return []
    return session.exec(select(Item).where(col(Item.id).in_(item_ids))).all()


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise _SameItem from None


def claim_item(
    url: str, item_id: int, who: str, *, steps: Sequence[str] = STEPS, lease: timedelta | None = None
) -> Claimed:
    """Give somebody one chosen item; raise Conflict where it is held, decided, another's, or seen by him before."""
    if not who:
        raise UsageError("a claim is somebody's")
    with writing(url) as session:
        item = one(session, item_id)
        batch = found(session, item.batch_id)
        free = or_(col(Turn.who) == who, and_(*_free("", who, batch)), and_(*_free(who, who, batch)))
        statement = (
            select(Turn)
            .where(Turn.item_id == item_id, Turn.status == OPEN, col(Turn.step).in_(steps), free)
            .order_by(col(Turn.number))
            .with_for_update(skip_locked=True)
        )
        turns = sorted(session.exec(statement), key=lambda turn: (turn.who != who, turn.number))
        if batch.status != OPEN or not turns:
            raise Conflict("that item is not free: held, decided, assigned to another, or seen by you before")
        turn = turns[0]
        if turn.who != who:
            turn.completion = None
        turn.who, turn.until = who, _until(batch, lease)
        try:
            _flush(session)
        except _SameItem:
            raise Conflict("you have a turn of that item already") from None
        return Claimed(turn, item)


def heartbeat(url: str, turn_id: int, who: str, lease: timedelta | None = None) -> str:
    """Renew somebody's lease and return its new end; raise Conflict where he has it no longer."""
    with writing(url) as session:
        turn = session.get(Turn, turn_id)
        if turn is None:
            raise Conflict(LOST)
        until = _until(found(session, turn.batch_id), lease)
        where = (col(Turn.id) == turn_id, col(Turn.who) == who, col(Turn.status) == OPEN)
        if not session.connection().execute(update(Turn).where(*where).values(until=until)).rowcount:
            raise Conflict(LOST)
        return until


def release(url: str, turn_id: int, who: str) -> None:
    """Give a turn back, so that others can have it at once; what was saved of it stays among the versions."""
    where = (col(Turn.id) == turn_id, col(Turn.who) == who, col(Turn.status) == OPEN)
    with writing(url) as session:
        done = session.connection().execute(update(Turn).where(*where).values(until="", who=None, completion=None))
        if not done.rowcount:
            raise Conflict(LOST)


def renewed(batch: Batch) -> str:
    """Return the end of a lease that starts now."""
    return _until(batch, None)


def _until(batch: Batch, lease: timedelta | None) -> str:
    length = timedelta(minutes=batch.lease_minutes) if lease is None else lease
    return (datetime.now(UTC) + length).isoformat(timespec="microseconds")

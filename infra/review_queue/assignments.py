"""Assignments: who is to look at what, in order or at random, in equal shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Literal

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from deid_core.errors import UsageError
from infra.database import timestamp, writing
from infra.review_queue.intake import found
from infra.review_queue.records import audited, of_batch
from infra.review_queue.tables import ADJUDICATION, DONE, Batch, Event, Turn

LIMIT = 200  # items at once


def assign(  # noqa: PLR0913 - each says one thing of how items are shared out
    url: str,
    batch_id: str,
    reviewers: Sequence[str],
    item_ids: Sequence[int] | None = None,
    *,
    order: Literal["in_order", "random"] = "in_order",
    seed: int = 0,
    limit: int = LIMIT,
    by: str,
) -> dict[str, int]:
    """Share items' free turns out to reviewers and return how many each got: no two differ by more than they did.

    Without `item_ids`, the most urgent free ones or, at random, any, by a seed that is written down. Several turns of
    one item go to different people. Raises UsageError for more than 200 items at once, or for nobody to take them.
    """
    people = list(dict.fromkeys(name for name in reviewers if name))
    if not people or not by:
        raise UsageError("an assignment is somebody's, to somebody")
    if not 0 < limit <= LIMIT or (item_ids is not None and len(item_ids) > LIMIT):
        raise UsageError(f"at most {LIMIT} items are assigned at once")
    with writing(url) as session:
        batch = found(session, batch_id, "alone")
        chosen = _chosen(session, batch, item_ids, Random(seed) if order == "random" else None, limit)  # noqa: S311
        given = _share(session, batch, chosen, people)
        if order == "random":
            batch.seed = str(seed)
        told = {"items": len(chosen), "order": order, "seed": seed}
        session.add(Event(batch_id=batch_id, at=timestamp(), who=by, act="assigned", reason=order, after=str(seed)))
        audited(session, of_batch(batch, by, "review.assigned", order, {**told, "turns": sum(given.values())}))
        return {name: given[name] for name in people}


def unassign(url: str, batch_id: str, by: str, item_ids: Sequence[int] | None = None) -> int:
    """Take assignments of what is not done back, and return how many."""
    where = [col(Turn.batch_id) == batch_id, col(Turn.status) != DONE, col(Turn.assigned_to) != ""]
    if item_ids is not None:
        where.append(col(Turn.item_id).in_(item_ids))
    with writing(url) as session:
        batch = found(session, batch_id, "alone")
        statement = update(Turn).where(*where).values(assigned_to="", who=None, until="", completion=None)
        done = int(session.connection().execute(statement).rowcount)
        session.add(Event(batch_id=batch_id, at=timestamp(), who=by, act="unassigned"))
        audited(session, of_batch(batch, by, "review.unassigned", "steward", {"turns": done}))
        return done


def _chosen(
    session: Session, batch: Batch, item_ids: Sequence[int] | None, chance: Random | None, limit: int
) -> list[int]:
    """Return the items whose turns are shared out, in that order."""
    statement = (
        select(Turn.item_id, func.max(Turn.priority))
        .where(Turn.batch_id == batch.id, Turn.status != DONE, Turn.assigned_to == "", Turn.until < timestamp())
        .where(Turn.step != ADJUDICATION)
        .group_by(col(Turn.item_id))
        .order_by(func.max(Turn.priority).desc(), col(Turn.item_id))
    )
    if item_ids is not None:
        statement = statement.where(col(Turn.item_id).in_(item_ids))
    free = [item_id for item_id, _ in session.exec(statement if chance else statement.limit(limit))]
    if chance:
        chance.shuffle(free)
    return free[:limit]


def _share(session: Session, batch: Batch, item_ids: Sequence[int], people: Sequence[str]) -> Counter[str]:
    """Give each free turn to who has least, and has none of that item yet."""
    busy = select(Turn.assigned_to, func.count()).where(
        Turn.batch_id == batch.id, Turn.status != DONE, col(Turn.assigned_to).in_(people)
    )
    load: Counter[str] = Counter(dict(session.exec(busy.group_by(col(Turn.assigned_to))).all()))
    held: dict[int, list[Turn]] = {}
    statement = select(Turn).where(col(Turn.item_id).in_(item_ids)).order_by(col(Turn.item_id), col(Turn.number))
    for turn in session.exec(statement.with_for_update()):
        held.setdefault(turn.item_id, []).append(turn)
    given: Counter[str] = Counter()
    for item_id in item_ids:
        taken = {name for turn in held[item_id] for name in (turn.assigned_to, turn.who) if name}
        for turn in held[item_id]:
            free = [name for name in people if name not in taken]
            if turn.status == DONE or turn.assigned_to or turn.step == ADJUDICATION or not free:
                continue
            if turn.who and turn.until >= timestamp():
                continue
            name = min(free, key=lambda one: (load[one], people.index(one)))
            turn.assigned_to, turn.who = name, None
            taken.add(name)
            load[name] += 1
            given[name] += 1
    return given

"""What people decided, read for figures: versions of items as `deid_core.evaluate.quality` counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from deid_core.evaluate.quality import Judged, quality
from infra.database import reading
from infra.review_queue.intake import CHUNK, acts, found
from infra.review_queue.reading import versions_of
from infra.review_queue.tables import (
    ADJUDICATION,
    ADJUDICATOR,
    DETECTOR,
    DONE,
    REVIEW,
    SUBMITTED,
    UNDECIDED,
    WITHDRAWN,
    Batch,
    Completion,
    Event,
    Item,
    Reason,
    Status,
    Turn,
)

DRAWN = ("no_finding", "sample")  # reasons that are chance
EVERY = "every"  # all of the batch was put before people


def figures(url: str, batch_id: str) -> dict[str, Any]:
    """Return a batch's quality figures, as `deid_core.evaluate.quality.quality` does; UsageError for no such batch.

    Counted again only after somebody did something in the batch.
    """
    with reading(url) as session:
        found(session, batch_id)
    return _figures(url, batch_id, acts(url, batch_id))


@lru_cache(maxsize=32)
def _figures(url: str, batch_id: str, _acts: tuple[int, int]) -> dict[str, Any]:
    return quality(judged(url, batch_id))


def judged(url: str, batch_id: str) -> Iterator[Judged]:
    """Yield what was said of each item that is decided, or that all who were to look have looked at."""
    ready = (Item.batch_id == batch_id, or_(col(Item.status).not_in(UNDECIDED), col(Item.step) == ADJUDICATION))
    by_hand = select(Event.item_id).where(Event.batch_id == batch_id, Event.act == SUBMITTED)
    left, last = 0, 0
    with reading(url) as session:
        left = int(session.exec(select(func.count()).where(*ready)).one())
    while True:
        with reading(url) as session:
            batch = found(session, batch_id)
            where = (*ready, col(Item.id) > last, col(Item.id).in_(by_hand))
            items = session.exec(select(Item).where(*where).order_by(col(Item.id)).limit(CHUNK)).all()
            some = list(_judged(session, batch, items))
        yield from some
        left -= len(items)
        if len(items) < CHUNK:
            break
        last = items[-1].id or 0
    yield from repeat(Judged(()), left)  # decided without a look


def _judged(session: Session, batch: Batch, items: Sequence[Item]) -> Iterator[Judged]:
    ids = [item.id or 0 for item in items]
    held = versions_of(session, ids)
    handed = set(
        session.exec(
            select(Event.item_id, Event.completion).where(col(Event.item_id).in_(ids), Event.act == SUBMITTED)
        ).all()
    )
    done = (Turn.step == REVIEW, Turn.status == DONE, col(Turn.completion).is_not(None))
    turns: dict[int, list[Turn]] = {}
    for turn in session.exec(select(Turn).where(col(Turn.item_id).in_(ids), *done)):
        turns.setdefault(turn.item_id, []).append(turn)
    for item, number in zip(items, ids, strict=True):
        own = {version.number: version for version in held.get(number, [])}
        by_hand = {one.number for one in own.values() if one.origin == ADJUDICATOR or (number, one.number) in handed}
        apart = turns.get(number, []) if batch.people > 1 else []
        yield _item(batch, item, own, by_hand, {turn.who or "": turn.completion or 0 for turn in apart})


def _item(
    batch: Batch, item: Item, held: Mapping[int, Completion], by_hand: set[int], apart: Mapping[str, int]
) -> Judged:
    """Return what was said of an item; a decision about many at once says nothing of each.

    What the detectors found is their last version before people's; whoever only clicked a batch away did not look.
    """
    line = _line(held, item.truth)
    looked = any(number in by_hand for number in line)
    detectors = [number for number, version in held.items() if version.origin == DETECTOR]
    begun = [number for number in line if number in detectors] or detectors
    spent: dict[str, int] = {}
    for version in held.values():
        if version.origin != DETECTOR and version.status != WITHDRAWN:
            spent[version.who] = spent.get(version.who, 0) + version.seconds
    withheld = item.status == Status.REJECTED
    return Judged(
        found=held[max(begun)].spans,
        truth=held[line[0]].spans if looked and item.status == Status.APPROVED else None,
        looks={who: held[number].spans for who, number in apart.items() if number in by_hand},
        seconds=list(spent.values()),
        drawn=EVERY if batch.mode == "required" else item.reason if item.reason in DRAWN else "",
        withheld_for_missed=looked and withheld and item.answer == Reason.MISSED,
    )


def _line(held: Mapping[int, Completion], number: int | None) -> list[int]:
    """Return a version's number and those of its parents, to the first."""
    line: list[int] = []
    while number is not None and number in held and number not in line:
        line.append(number)
        number = held[number].parent
    return line

"""What an item goes through: one look, a second person's, or several people's and an adjudicator's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from deid_core.review import agree, summary
from infra.database import timestamp
from infra.review_queue.reading import numbered, outlines, spans_of, with_spans
from infra.review_queue.records import note
from infra.review_queue.tables import (
    ADJUDICATION,
    DONE,
    OPEN,
    REVIEW,
    SECOND,
    WAITING,
    Batch,
    Completion,
    Item,
    Status,
    Turn,
)


def submitted(session: Session, batch: Batch, item: Item, turn: Turn, version: Completion, reason: str) -> None:
    """Take somebody's submission: the item is decided, or goes on to whom it still needs."""
    turn.status, turn.until, turn.completion = DONE, "", version.number
    session.flush()
    if turn.step == REVIEW and batch.people > 1:
        _counted(session, batch, item, reason)
    elif turn.step == REVIEW and (seconds := [one for one in _turns(session, item) if one.step == SECOND]):
        item.step, item.head, item.status = SECOND, version.number, Status.PENDING.value
        for other in seconds:
            other.status, other.completion = OPEN, None
    else:
        decided(session, item, version, Status(version.verdict), version.who, reason)


def decided(session: Session, item: Item, version: Completion, verdict: Status, who: str, reason: str) -> None:
    """Decide an item by a version, which is its ground truth from now on."""
    spans = spans_of(session, item.id or 0, version.number)
    item.status, item.answer, item.decided_by, item.decided_at = verdict.value, reason, who, timestamp()
    item.truth = item.head = version.number
    item.labels, item.unsure, item.lowest = summary(spans)
    item.findings = sum(item.labels.values())
    for turn in _turns(session, item):
        turn.status, turn.until = DONE, ""
    note(session, item, who, verdict.value, step=item.step, reason=reason, completion=version.number)


def sent_back(session: Session, batch: Batch, item: Item, who: str, reason: str) -> None:
    """Take an item back to its first step with the reason; who looked first looks again where a second person asks."""
    item.status, item.answer, item.decided_by, item.decided_at = Status.SENT_BACK.value, reason, who, timestamp()
    item.truth, item.step = None, REVIEW
    item.version += 1
    for turn in _turns(session, item):
        turn.status = OPEN if turn.step == REVIEW else WAITING
        turn.until, turn.completion = "", None
        if turn.step == REVIEW and batch.steps == 2:
            turn.assigned_to = turn.who or turn.assigned_to
        elif turn.step != SECOND:
            turn.who = None
    note(session, item, who, Status.SENT_BACK.value, reason=reason)


def _counted(session: Session, batch: Batch, item: Item, reason: str) -> None:
    """Decide an item that all have looked at: what they agree on, or the first in rank, or an adjudicator."""
    looks = [turn for turn in _turns(session, item) if turn.step == REVIEW]
    if not all(turn.status == DONE for turn in looks):
        return
    held, own = outlines(session, item.id or 0), [turn.completion for turn in looks if turn.completion is not None]
    told = [with_spans(numbered(held, number), spans_of(session, item.id or 0, number)) for number in own]
    chosen = _chosen(told, batch.conflict)
    if chosen is not None:
        decided(session, item, chosen, Status(chosen.verdict), chosen.who, reason)
        return
    item.step = ADJUDICATION
    waiting = [turn for turn in _turns(session, item) if turn.step == ADJUDICATION]
    for turn in waiting:
        turn.status, turn.who = OPEN, None
    if not waiting:
        session.add(
            Turn(
                batch_id=item.batch_id,
                item_id=item.id or 0,
                number=len(looks) + 1,
                step=ADJUDICATION,
                priority=item.priority,
            )
        )
    note(session, item, "deidflow", "disagreement", step=ADJUDICATION)


def _chosen(told: Sequence[Completion], conflict: str) -> Completion | None:
    """Return the version that decides, or None where an adjudicator must."""
    first = max(told, key=lambda version: (version.rank, -version.number))
    same = all(version.verdict == first.verdict and agree(version.spans, first.spans) for version in told)
    alone = sum(version.rank == first.rank for version in told) == 1
    return first if same or (conflict == "priority" and alone) else None


def _turns(session: Session, item: Item) -> list[Turn]:
    return list(session.exec(select(Turn).where(Turn.item_id == item.id).order_by(col(Turn.number))))

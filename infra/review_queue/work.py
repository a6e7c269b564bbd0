"""Work on one item: save a version, submit it as the ground truth, choose between people's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from deid_core.errors import UsageError
from deid_core.review import Edit, apply_edits
from infra.database import timestamp, writing
from infra.review_queue import stages
from infra.review_queue.checklist import answered
from infra.review_queue.claims import LOST, renewed
from infra.review_queue.intake import found, undecided
from infra.review_queue.reading import numbered, one, outlines, shown_to, spans_of, start, with_spans
from infra.review_queue.records import audited, note, note_edits, of_item
from infra.review_queue.tables import (
    ADJUDICATION,
    ADJUDICATOR,
    DETECTOR,
    DRAFT,
    OPEN,
    PERSON,
    REVIEW,
    SUBMITTED,
    Batch,
    Completion,
    Conflict,
    Item,
    Reason,
    Status,
    Turn,
)

VERDICTS = (Status.APPROVED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what a submission led to; `batch_done` where it was the batch's last undecided item."""

    completion: Completion
    item: Item
    batch_done: bool


@dataclass(frozen=True, slots=True)
class Work:
    """Hold what somebody works on within a transaction: the item is locked, and `held` outlines its versions."""

    batch: Batch
    item: Item
    turn: Turn
    held: list[Completion]


def save(url: str, turn_id: int, who: str, edits: Sequence[Edit], expected: int, seconds: int = 0) -> Completion:
    """Save somebody's edits as a new version and renew the lease; `expected` is the version that he saw.

    Raises Conflict where that is not his last, or the lease went to another: nobody's work is overwritten.
    """
    with writing(url) as session:
        work = _opened(session, turn_id, who, expected)
        version = new_version(session, work, who, edits, expected, seconds=seconds)
        work.turn.completion, work.turn.until = version.number, renewed(work.batch)
        told = of_item(
            work.batch, work.item, who, "review.saved", Reason.REVIEWED, edits=len(edits), version=version.number
        )
        audited(session, told)
        return _whole(session, version)


def clone(url: str, turn_id: int, who: str, number: int, expected: int) -> Completion:
    """Go on from another version: add a copy of it, whose parent it is, as somebody's last; what he had stays.

    Raises Conflict as `save` does, UsageError for a version that is not there or that he may not know of.
    """
    with writing(url) as session:
        work = _opened(session, turn_id, who, expected)
        if number not in {one.number for one in shown_to(who, work.batch, work.item, work.held)}:
            raise UsageError("there is no such version")
        version = new_version(session, work, who, (), number)
        work.turn.completion, work.turn.until = version.number, renewed(work.batch)
        why = f"from version {number}"
        note(session, work.item, who, "cloned", step=work.turn.step, reason=why, completion=version.number)
        audited(session, of_item(work.batch, work.item, who, "review.cloned", why, version=version.number))
        return _whole(session, version)


def submit(  # noqa: PLR0913 - each says one thing of a submission
    url: str,
    turn_id: int,
    who: str,
    verdict: str,
    expected: int,
    *,
    edits: Sequence[Edit] = (),
    reason: str = Reason.REVIEWED,
    rank: int = 0,
    seconds: int = 0,
    questions: Sequence[str] = (),
    yes: Collection[int] = (),
) -> Outcome:
    """Submit a version as the ground truth of somebody's turn, or send the item back as the second person.

    `questions` are the policy's checklist and `yes` the numbers, from 1, of those that he answered so.
    Raises Conflict as `save` does, UsageError for a verdict or reason that is none or a checklist left open.
    """
    chosen, why = _verdict(verdict), _reason(reason)
    answers = answered(questions, yes, chosen)
    with writing(url) as session:
        work = _opened(session, turn_id, who, expected)
        if chosen is Status.SENT_BACK:
            version = _returned(session, work, who, edits, expected, why)
        else:
            version = new_version(session, work, who, edits, expected, seconds=seconds)
            version.status, version.verdict, version.rank, version.checklist = SUBMITTED, chosen.value, rank, answers
            session.flush()
            told = f"checklist {len(set(yes))} of {len(answers)}" if answers else ""
            step, number = work.turn.step, version.number
            note(session, work.item, who, "submitted", step=step, after=told, reason=why, completion=number)
            stages.submitted(session, work.batch, work.item, work.turn, version, why)
        return _outcome(session, work, version, (who, f"review.{chosen.value}", why))


def adjudicate(  # noqa: PLR0913 - each says one thing of a choice
    url: str,
    turn_id: int,
    who: str,
    number: int,
    expected: int,
    *,
    edits: Sequence[Edit] = (),
    verdict: str = Status.APPROVED,
    reason: str = Reason.REVIEWED,
    seconds: int = 0,
) -> Outcome:
    """Make one of people's versions, edited or not, the ground truth; `expected` is the item's `version` as seen.

    Raises Conflict where the item changed since or is not at its adjudication.
    """
    chosen, why = _verdict(verdict), _reason(reason)
    with writing(url) as session:
        work = _opened(session, turn_id, who, None)
        if work.turn.step != ADJUDICATION or work.item.version != expected:
            raise Conflict("that item is not as it was when you looked at it")
        if chosen is Status.SENT_BACK:
            version = _returned(session, work, who, (), number, why)
        else:
            version = new_version(session, work, who, edits, number, seconds=seconds)
            version.status, version.verdict = SUBMITTED, chosen.value
            session.flush()
            stages.submitted(session, work.batch, work.item, work.turn, version, why)
        return _outcome(session, work, version, (who, "review.adjudicated", why))


def new_version(
    session: Session, work: Work, who: str, edits: Sequence[Edit], parent: int, *, seconds: int = 0
) -> Completion:
    """Add a version to an item: a parent's spans after somebody's edits. It is a draft until it is submitted."""
    item, number = work.item, work.item.versions + 1
    before = spans_of(session, item.id or 0, parent)
    spans: Any = None  # the parent's
    if edits:
        found_first = [version for version in work.held if version.origin == DETECTOR]
        spans = apply_edits(before, edits, who, number, spans_of(session, item.id or 0, found_first[-1].number))
    version = Completion(
        item_id=item.id or 0,
        number=number,
        parent=parent,
        origin=ADJUDICATOR if work.turn.step == ADJUDICATION else PERSON,
        who=who,
        created=timestamp(),
        status=DRAFT,
        seconds=max(seconds, 0),
        spans=spans,
    )
    session.add(version)
    item.versions, item.version = number, item.version + 1
    note_edits(session, item, who, edits, (before, spans or before), number)
    session.flush()
    return version


def _opened(session: Session, turn_id: int, who: str, expected: int | None) -> Work:
    """Lock what a turn is about; raise Conflict where it is not this person's, or not as he saw it."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise Conflict(LOST)
    batch = found(session, turn.batch_id, "shared")
    item = one(session, turn.item_id, lock=True)
    turn = session.exec(select(Turn).where(Turn.id == turn_id).execution_options(populate_existing=True)).one()
    if batch.status != OPEN or turn.status != OPEN or turn.who != who:
        raise Conflict(LOST)
    held = outlines(session, item.id or 0)
    if expected is not None and start(batch, item, turn, held) != expected:
        raise Conflict("there is a newer version of your work on that item")
    return Work(batch, item, turn, held)


def _returned(session: Session, work: Work, who: str, edits: Sequence[Edit], parent: int, reason: str) -> Completion:
    if work.turn.step == REVIEW:
        raise UsageError("who looks first approves or rejects; sending back is the second person's")
    version = numbered(work.held, parent)
    if edits:
        version = new_version(session, work, who, edits, parent)
        work.item.head = version.number
    stages.sent_back(session, work.batch, work.item, who, reason)
    return version


def _outcome(session: Session, work: Work, version: Completion, told: tuple[str, str, str]) -> Outcome:
    who, activity, why = told
    role = "adjudicator" if work.turn.step == ADJUDICATION else "reviewer"
    audited(session, of_item(work.batch, work.item, who, activity, why, role=role, version=version.number))
    # counted behind the audit's lock: of two who decide the last two items at once, the later one sees both
    return Outcome(_whole(session, version), work.item, undecided(session, work.batch.id) == 0)


def _whole(session: Session, version: Completion) -> Completion:
    """Return a version with its spans, apart from the session."""
    session.flush()
    if version in session:
        session.expunge(version)
    return with_spans(version, spans_of(session, version.item_id, version.number))


def _verdict(verdict: str) -> Status:
    if verdict not in (*VERDICTS, Status.SENT_BACK):
        raise UsageError("a verdict is approved, rejected or sent_back")
    return Status(verdict)


def _reason(reason: str) -> str:
    if reason not in set(Reason):
        raise UsageError("a reason is one of: " + ", ".join(Reason))
    return str(reason)

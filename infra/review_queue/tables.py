"""The review queue's tables, and the words they use: places, labels and scores, never an identifier's value."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from deid_core.errors import UsageError


class Status(StrEnum):
    """Name where an item stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"  # seen, and to be looked at again


class Reason(StrEnum):
    """Name why somebody decided so; choices only, since free text could hold a patient's name."""

    REVIEWED = "reviewed"
    MISSED = "identifier missed"
    TOO_MUCH = "too much removed"
    WRONG_SUBJECT = "wrong subject"
    WITHHELD = "not to be released"
    OTHER = "other"


UNDECIDED = (Status.PENDING, Status.SENT_BACK)
NON_DEIDENTIFIED, DEIDENTIFIED, FAILED = "NonDeidentified", "DeIdentified", "Failed"
WAITING, OPEN, DONE = "waiting", "open", "done"  # a turn: not yet, now, no more
REVIEW, SECOND, ADJUDICATION = "review", "second", "adjudication"
DRAFT, SUBMITTED, WITHDRAWN = "draft", "submitted", "withdrawn"
DETECTOR, PERSON, ADJUDICATOR = "detector", "person", "adjudicator"


class Conflict(UsageError):
    """Report work on a version that is no longer the last, or without the lease on it."""


class NotSubmitted(UsageError):
    """Report an export asked for where nobody submitted a ground truth."""


def _json(nullable: bool = False) -> Any:  # noqa: FBT001, FBT002 - one switch of one column
    return Column(JSON(none_as_null=True), nullable=nullable)


def _where(condition: str) -> dict[str, Any]:
    """Return an index's condition, for both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Batch(SQLModel, table=True):
    """Hold one flow run's review and how it is done; `status` is open or closed, `release` names what it is for."""

    __tablename__ = "review_batch"
    id: str = Field(primary_key=True)
    flow_run_id: str = Field(unique=True)
    release: str = ""
    status: str = "open"
    created: str
    policy_sha256: str = ""
    mode: str = "required"
    steps: int = 1
    people: int = 1
    conflict: str = "adjudicate"
    lease_minutes: int = 15
    escalate_hours: int = 72
    escalated: str = ""  # when it was last said that people are late
    seed: str = ""  # of the last assignment at random


class Item(SQLModel, table=True):
    """Hold one asset's review. Times are ISO 8601 in UTC; `head` and `truth` are numbers of its completions."""

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("batch_id", "asset_id"),
        Index("ix_review_item_order", "batch_id", text("priority DESC"), "id"),
        Index("ix_review_item_standing", "batch_id", "status", "step"),
    )
    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="review_batch.id")
    asset_id: str
    subject_key: str = ""
    media_type: str = ""
    input_sha256: str = ""
    status: str = Status.PENDING.value
    reason: str = ""  # why people are asked
    answer: str = ""  # why it was decided so
    priority: int = 0  # higher first
    labels: dict[str, int] = Field(default_factory=dict, sa_column=_json())
    findings: int = 0
    unsure: int = 0
    lowest: float = 1.0  # the lowest score of what goes
    tag: str = NON_DEIDENTIFIED
    failure: str = ""  # the reason's code, where carrying the decision out failed
    decided_by: str = ""
    decided_at: str = ""
    version: int = 1  # counts changes
    step: str = REVIEW
    versions: int = 1  # completions that it has
    head: int = 1  # where people start from
    truth: int | None = None  # what is exported


class Turn(SQLModel, table=True):
    """Hold one person's look at an item: nobody has two of one item, and the database sees to it."""

    __tablename__ = "review_turn"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        UniqueConstraint("item_id", "who"),
        Index("ix_review_turn_order", "batch_id", "status", "assigned_to", text("priority DESC"), "id"),
        Index("ix_review_turn_holder", "who", "status"),
        Index("ix_review_turn_assigned", "assigned_to", "status"),
        Index("ix_review_turn_lease", "batch_id", "until", **_where("until <> ''")),
    )
    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="review_batch.id")
    item_id: int = Field(foreign_key="review_item.id")
    number: int = 1
    step: str = REVIEW
    status: str = OPEN
    assigned_to: str = ""
    who: str | None = None  # who holds it, or did it
    until: str = ""  # the lease's end
    priority: int = 0
    completion: int | None = None  # the number of this person's last version


class Completion(SQLModel, table=True):
    """Hold one version of an item's spans; versions are added, never changed but in how they stand."""

    __tablename__ = "review_completion"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        Index(
            "ix_review_completion_person",
            "item_id",
            "who",
            "seconds",
            **_where(f"status = '{SUBMITTED}' AND origin <> '{DETECTOR}'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="review_item.id")
    number: int = 1
    parent: int | None = None
    origin: str = PERSON
    who: str = ""
    created: str
    status: str = DRAFT
    verdict: str = ""
    rank: int = 0  # of the person, where ground truths differ
    seconds: int = 0
    # NULL in the table where they are the parent's; filled in when read
    spans: list[dict[str, Any]] = Field(default=None, sa_column=_json(nullable=True))
    # each question's number, the SHA-256 of its text, and whether it was answered by yes; NULL where none was asked
    checklist: list[dict[str, Any]] | None = Field(default=None, sa_column=_json(nullable=True))


class Event(SQLModel, table=True):
    """Hold one line of an item's history: an edit of a span, or what was done about the item."""

    __tablename__ = "review_event"
    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="review_batch.id", index=True)
    item_id: int | None = Field(default=None, foreign_key="review_item.id", index=True)  # None: of the batch
    at: str
    who: str
    act: str
    step: str = ""
    span_id: str = ""
    before: str = ""  # a label, a verdict, a place, or how much of the checklist was answered
    after: str = ""
    reason: str = ""
    completion: int | None = None


class SealedComment(SQLModel, table=True):
    """Hold one comment sealed under the project's key: what people type can name a patient."""

    __tablename__ = "review_comment"
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="review_item.id", index=True)
    span_id: str = ""
    who: str
    at: str
    ciphertext: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


MODELS: tuple[type[SQLModel], ...] = (Batch, Item, Turn, Completion, Event, SealedComment)

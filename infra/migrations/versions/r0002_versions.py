"""Versions of an item with parents, turns with leases, history and sealed comments; findings move to version 1."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

CHUNK = 500
BATCH = (("policy_sha256", ""), ("mode", "required"), ("steps", 1), ("people", 1), ("conflict", "adjudicate"))
BATCH_LATER = (("lease_minutes", 15), ("escalate_hours", 72), ("escalated", ""), ("seed", ""))
ITEM = (("input_sha256", ""), ("answer", ""), ("findings", 0), ("unsure", 0), ("step", "review"))
ITEM_LATER = (("versions", 1), ("head", 1))
OLD = sa.table(
    "review_item",
    *map(sa.column, ("id", "batch_id", "status", "reason", "decided_by", "decided_at", "priority")),
    sa.column("claimed_by"),
    sa.column("claimed_until"),
    sa.column("spans", sa.JSON()),
)


def upgrade() -> None:
    """Add what is new, carry over what is there, and drop what moved."""
    for name, default in BATCH + BATCH_LATER:
        _add("review_batch", name, default)
    for name, default in ITEM + ITEM_LATER:
        _add("review_item", name, default)
    op.add_column("review_item", sa.Column("labels", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("review_item", sa.Column("lowest", sa.Float(), nullable=False, server_default="1"))
    op.add_column("review_item", sa.Column("truth", sa.Integer(), nullable=True))
    _create()
    _carry_over()
    for name in ("ix_review_item_batch_id", "ix_review_item_status"):
        op.drop_index(name, "review_item")
    for name in ("spans", "claimed_by", "claimed_until"):
        op.drop_column("review_item", name)
    op.create_index("ix_review_item_order", "review_item", ["batch_id", sa.text("priority DESC"), "id"])
    op.create_index("ix_review_item_standing", "review_item", ["batch_id", "status", "step"])


def _add(table: str, name: str, default: str | int) -> None:
    kind = sa.Integer() if isinstance(default, int) else sa.String()
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=str(default)))


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _whole(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def _key(table: str, *, nullable: bool = False) -> sa.Column[Any]:
    kind: Any = sa.String() if table == "batch" else sa.Integer()
    return sa.Column(f"{table}_id", kind, sa.ForeignKey(f"review_{table}.id"), nullable=nullable)


def _create() -> None:
    op.create_table(
        "review_turn",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("batch"),
        _key("item"),
        *_whole("number"),
        *_text("step", "status", "assigned_to"),
        sa.Column("who", sa.String(), nullable=True),
        *_text("until"),
        *_whole("priority"),
        *_whole("completion", nullable=True),
        sa.UniqueConstraint("item_id", "number"),
        sa.UniqueConstraint("item_id", "who"),
    )
    order: list[Any] = ["batch_id", "status", "assigned_to", sa.text("priority DESC"), "id"]
    op.create_index("ix_review_turn_order", "review_turn", order)
    op.create_index("ix_review_turn_holder", "review_turn", ["who", "status"])
    op.create_table(
        "review_completion",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("item"),
        *_whole("number"),
        *_whole("parent", nullable=True),
        *_text("origin", "who", "created", "status", "verdict"),
        *_whole("rank", "seconds"),
        sa.Column("spans", sa.JSON(), nullable=True),
        sa.UniqueConstraint("item_id", "number"),
    )
    op.create_table(
        "review_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("batch"),
        _key("item", nullable=True),
        *_text("at", "who", "act", "step", "span_id", "before", "after", "reason"),
        *_whole("completion", nullable=True),
    )
    op.create_index("ix_review_event_batch_id", "review_event", ["batch_id"])
    op.create_index("ix_review_event_item_id", "review_event", ["item_id"])
    op.create_table(
        "review_comment",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("item"),
        *_text("span_id", "who", "at"),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_review_comment_item_id", "review_comment", ["item_id"])


def _carry_over() -> None:
    """Make each item's findings its version 1, a decision its version 2, and give it the one turn that it had."""
    run = op.get_bind().execute
    names = ("batch_id", "item_id", "number", "step", "status", "assigned_to", "who", "until", "priority")
    turn = sa.table("review_turn", *map(sa.column, (*names, "completion")))
    columns = ("item_id", "number", "parent", "origin", "who", "created", "status", "verdict", "rank", "seconds")
    version = sa.table("review_completion", *map(sa.column, columns), sa.column("spans", sa.JSON(none_as_null=True)))
    item = sa.table(
        "review_item",
        *map(sa.column, ("id", "findings", "unsure", "lowest", "versions", "head", "truth", "answer", "reason")),
        sa.column("labels", sa.JSON()),
    )
    last = 0
    while held := run(sa.select(OLD).where(OLD.c.id > last).order_by(OLD.c.id).limit(CHUNK)).mappings().all():
        last = held[-1]["id"]
        run(sa.insert(version), [row for old in held for row in _versions(old)])
        run(sa.insert(turn), [_turn(old) for old in held])
        for old in held:
            run(sa.update(item).where(item.c.id == old["id"]).values(**_standing(old)))


def _spans(old: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [{**span, "id": f"1.{number}", "origin": "detector"} for number, span in enumerate(old["spans"])]


def _decided(old: Mapping[Any, Any]) -> bool:
    return old["status"] in ("approved", "rejected")


def _versions(old: Mapping[Any, Any]) -> list[dict[str, Any]]:
    blank = {"item_id": old["id"], "rank": 0, "seconds": 0, "status": "submitted"}
    first = {**blank, "number": 1, "parent": None, "origin": "detector", "who": "", "created": "", "verdict": ""}
    second = {**blank, "number": 2, "parent": 1, "origin": "person", "who": old["decided_by"], "spans": None}
    second |= {"created": old["decided_at"], "verdict": old["status"]}
    return [{**first, "spans": _spans(old)}, *([second] if _decided(old) else [])]


def _turn(old: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "batch_id": old["batch_id"],
        "item_id": old["id"],
        "number": 1,
        "step": "review",
        "status": "done" if _decided(old) else "open",
        "assigned_to": "",
        "who": old["claimed_by"] or None,
        "until": old["claimed_until"],
        "priority": old["priority"],
        "completion": None,
    }


def _standing(old: Mapping[Any, Any]) -> dict[str, Any]:
    gone = [span for span in old["spans"] if span["verdict"] != "keep"]
    labels: dict[str, int] = {}
    for span in gone:
        labels[span["entity_type"]] = labels.get(span["entity_type"], 0) + 1
    number = 2 if _decided(old) else 1
    return {
        "labels": labels,
        "findings": len(gone),
        "unsure": sum(span["verdict"] == "review" for span in old["spans"]),
        "lowest": min((float(span["score"]) for span in gone), default=1.0),
        "versions": number,
        "head": number,
        "truth": number if _decided(old) else None,
        "answer": old["reason"] if _decided(old) else "",
    }

"""Indexes for what the pages ask of large batches: who holds or is given what, leases, and people's versions."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    by_person = sa.text("status = 'submitted' AND origin <> 'detector'")
    op.create_index("ix_review_turn_assigned", "review_turn", ["assigned_to", "status"])
    op.create_index("ix_review_turn_lease", "review_turn", ["batch_id", "until"])
    op.create_index(
        "ix_review_completion_person",
        "review_completion",
        ["item_id", "who", "seconds"],
        sqlite_where=by_person,
        postgresql_where=by_person,
    )

"""The queue as it was before there were migrations: batches and items, an item's findings in its row."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "review_batch",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("flow_run_id", sa.String(), nullable=False, unique=True),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
    )
    texts = ("subject_key", "media_type", "status", "reason")
    op.create_table(
        "review_item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("batch_id", sa.String(), sa.ForeignKey("review_batch.id"), nullable=False),
        sa.Column("asset_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tag", "decided_by", "decided_at")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("claimed_by", "claimed_until")),
        sa.UniqueConstraint("batch_id", "asset_id"),
    )
    op.create_index("ix_review_item_batch_id", "review_item", ["batch_id"])
    op.create_index("ix_review_item_status", "review_item", ["status"])

"""Answers to the policy's checklist, kept with the version that was submitted."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was submitted before was not asked."""
    op.add_column("review_completion", sa.Column("checklist", sa.JSON(), nullable=True))

"""Why carrying a decision out failed, by the reason's code."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what failed before nothing was kept with the item."""
    op.add_column("review_item", sa.Column("failure", sa.String(), nullable=False, server_default=""))

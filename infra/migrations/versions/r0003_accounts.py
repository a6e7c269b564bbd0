"""Who may sign in to the review pages: users, sessions, API tokens and failed sign-ins.

Databases of before this revision may hold these tables, made without one; they are the same and stay as they are.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what is missing."""
    held = set(sa.inspect(op.get_bind()).get_table_names())
    tables: dict[str, list[sa.Column[Any]]] = {
        "review_user": [
            *_text("name", key=True),
            sa.Column("roles", sa.JSON(), nullable=False),
            *_text("password_hash", "subject"),
            sa.Column("active", sa.Boolean(), nullable=False),
            *_text("created"),
        ],
        "review_session": [
            *_text("id", key=True),
            _user(),
            *_text("expires", "idle_until"),
        ],
        "review_token": [
            *_text("id", key=True),
            _user(),
            *_text("label"),
            sa.Column("scopes", sa.JSON(), nullable=False),
            *_text("expires", "created"),
        ],
        "review_login_failure": [
            *_text("key", key=True),
            sa.Column("count", sa.Integer(), nullable=False),
            *_text("wait_until"),
        ],
    }
    for name, columns in tables.items():
        if name not in held:
            op.create_table(name, *columns)
            if any(column.name == "user" for column in columns):
                op.create_index(f"ix_{name}_user", name, ["user"])


def _user() -> sa.Column[Any]:
    return sa.Column("user", sa.String(), sa.ForeignKey("review_user.name"), nullable=False)


def _text(*names: str, key: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=False, primary_key=key) for name in names]

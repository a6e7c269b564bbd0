"""One user a subject; and the index of leases holds leases only.

Where several users have one subject of the identity provider, the one that was added first keeps it. The others lose
it, their sessions and their tokens, and are let in no longer until an administrator says so; what they did stays.
An index over every turn made SQLite look for free turns by it, one by one, where another index has them in order.
"""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

USER = sa.table("review_user", *(sa.column(name) for name in ("name", "subject", "active", "created")))
ENDED = ("review_session", "review_token")


def upgrade() -> None:
    """Take the subject from all but the first, then make both indexes."""
    _part_doubles(op.get_bind())
    by_subject = sa.text("subject <> ''")
    op.create_index(
        "ix_review_user_subject",
        "review_user",
        ["subject"],
        unique=True,
        sqlite_where=by_subject,
        postgresql_where=by_subject,
        if_not_exists=True,
    )
    held = sa.text("until <> ''")
    op.drop_index("ix_review_turn_lease", "review_turn")
    op.create_index(
        "ix_review_turn_lease", "review_turn", ["batch_id", "until"], sqlite_where=held, postgresql_where=held
    )


def _part_doubles(connection: sa.Connection) -> None:
    chosen = sa.select(USER.c.name, USER.c.subject).where(USER.c.subject != "")
    seen: set[str] = set()
    for name, subject in connection.execute(chosen.order_by(USER.c.created, USER.c.name)).all():
        if subject in seen:
            connection.execute(sa.update(USER).where(USER.c.name == name).values(subject="", active=False))
            for table in ENDED:
                whose = sa.table(table, sa.column("user"))
                connection.execute(sa.delete(whose).where(whose.c.user == name))
        seen.add(subject)

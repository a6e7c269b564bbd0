"""Migrations of the review's tables, queue and accounts, as Alembic revisions in `versions`.

Applied by `review_queue.create` and by `accounts.create`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from deid_core.errors import ServiceError
from infra.database import SCHEMA_LOCK, lock, reading, writing

HEAD = "r0007"
FIRST = "r0001"  # what databases hold that are older than the migrations
VERSION_TABLE = "review_version"


def upgrade(url: str, to: str = HEAD) -> None:
    """Bring a database to a revision, from none, from an older one or from before there were any; takes turns.

    Raises ServiceError where the database does not answer or was made by a later version of this package.
    """
    if _stands_at(url, to):
        return
    from alembic.config import Config  # noqa: PLC0415 - once in a database's life
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(Path(__file__).parent))
    known = {revision.revision for revision in script.walk_revisions()}

    def steps(revision: Any, context: Any) -> Any:
        if set(context.get_current_heads()) - known:
            raise ServiceError("the database was made by a later version of deidflow")
        return script._upgrade_revs(to, revision)  # noqa: SLF001 - as alembic's own command does it

    with writing(url) as session:
        lock(session, SCHEMA_LOCK)
        connection = session.connection()
        with EnvironmentContext(Config(), script, fn=steps, destination_rev=to) as environment:
            environment.configure(connection=connection, version_table=VERSION_TABLE)
            context = environment.get_context()
            if context.get_current_revision() is None and inspect(connection).has_table("review_batch"):
                context.stamp(script, FIRST)
            environment.run_migrations()


def _stands_at(url: str, revision: str) -> bool:
    """Say whether a database is at a revision; False, too, where it has no table that says so."""
    try:
        with reading(url) as session:
            held = session.connection().execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()  # noqa: S608
    except ServiceError:
        return False
    return held == [revision]

"""Throttled sign-in: failures are counted under a name or an address, and after a few of them each makes it wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select

from deid_core.errors import UsageError
from infra.database import reading, timestamp, writing

FREE_TRIES = 5  # wrong passwords before sign-in begins to wait
LONGEST_WAIT = timedelta(minutes=15)


class Failures(SQLModel, table=True):
    """Count wrong passwords for a name or an address; nobody is let in under it before `wait_until`."""

    __tablename__ = "review_login_failure"
    key: str = Field(primary_key=True)
    count: int = 0
    wait_until: str = ""


class Throttled(UsageError):
    """Report a sign-in that has to wait because too many before it were wrong."""


def wait(url: str, keys: Sequence[str]) -> None:
    """Let a sign-in be tried; raise Throttled where too many before it, under one of the keys, failed."""
    with reading(url) as session:
        waits = session.exec(select(Failures.wait_until).where(col(Failures.key).in_(keys))).all()
    if max(waits, default="") > timestamp():
        raise Throttled("too many sign-ins failed: wait and try again")


def count_failure(url: str, keys: Sequence[str]) -> None:
    """Count a sign-in that failed; from the sixth on each doubles the wait, from a second to a quarter of an hour."""
    with writing(url) as session:
        for key in keys:
            held = session.get(Failures, key) or Failures(key=key)
            held.count += 1
            seconds = 2 ** min(held.count - FREE_TRIES - 1, 12) if held.count > FREE_TRIES else 0
            until = datetime.now(UTC) + min(timedelta(seconds=seconds), LONGEST_WAIT)
            held.wait_until = until.isoformat(timespec="microseconds")
            session.add(held)


def forget_failures(url: str, keys: Sequence[str]) -> None:
    """Forget what was counted: somebody signed in."""
    with writing(url) as session:
        session.connection().execute(delete(Failures).where(col(Failures.key).in_(keys)))

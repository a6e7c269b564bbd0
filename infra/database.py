"""Databases by URL: SQLite (WAL) on one machine, PostgreSQL beyond it; one engine a process and URL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import Engine, Table, event, literal_column, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, create_engine

from deid_core.errors import ServiceError, UsageError

BUSY_MS = 30_000
SCHEMA_LOCK = 0x6465_6964  # any number, the same in every process
ROWS = 500  # a statement's rows; SQLite takes 32,766 parameters


def engine(url: str) -> Engine:
    """Return this process's engine for a URL; a forked or spawned process gets its own.

    Raises UsageError for a URL that is neither SQLite nor PostgreSQL.
    """
    return _engine(url, os.getpid())


@cache
def _engine(url: str, _process: int) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        raise UsageError("the database URL is malformed") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10},
        )
    if kind != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise UsageError("a database is sqlite:///file or postgresql://host/name")
    _create_file(Path(parsed.database))
    made = create_engine(parsed, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _create_file(path: Path) -> None:
    """Make the file ahead of SQLite, so that it and its journals are readable by the owner only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise ServiceError(f"the database file cannot be made: {type(error).__name__}") from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own comes too late to lock
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit is on the disk before it returns
        "foreign_keys=ON",
        "recursive_triggers=ON",  # without it INSERT OR REPLACE deletes behind a trigger's back
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    immediate = connection.get_execution_options().get("deidflow_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """Open a session to read; raise ServiceError where the database does not answer."""
    with _errors(), Session(engine(url)) as session:
        yield session


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """Open a session to write: SQLite locks at once; committed (to disk) on leaving, rolled back on any error.

    Threads of this process write to SQLite one after the other: waiting for each other costs less than for its lock.
    Raises ServiceError where the database does not answer or refuses.
    """
    made = engine(url).execution_options(deidflow_write=True)
    turn = _turns(url, os.getpid()) if made.dialect.name == "sqlite" else nullcontext()
    with turn, _errors(), Session(made, expire_on_commit=False) as session:
        yield session
        session.commit()


@cache
def _turns(_url: str, _process: int) -> AbstractContextManager[bool]:
    return RLock()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise ServiceError(f"the database does not answer or refuses: {type(error).__name__}") from None


def timestamp() -> str:
    """Return the time as ISO 8601 in UTC to the microsecond: all of one length, so they sort as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def tables(*models: type[SQLModel]) -> list[Table]:
    """Return the tables of models."""
    return [model.__table__ for model in models]  # type: ignore[attr-defined]


def create_tables(url: str, *models: type[SQLModel], extra: Sequence[str] = ()) -> None:
    """Create what is missing of the models' tables, then run `extra` statements; processes take turns."""
    with writing(url) as session:
        lock(session, SCHEMA_LOCK)
        SQLModel.metadata.create_all(session.connection(), tables=tables(*models))
        for statement in extra:
            session.connection().exec_driver_sql(statement)


def compact(url: str) -> None:
    """Rewrite a SQLite file without what was deleted, and empty its journal; raise ServiceError while it is in use."""
    connection = engine(url).raw_connection()
    try:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement)
    except sqlite3.Error as error:
        raise ServiceError(f"the database cannot be compacted: {type(error).__name__}") from None
    finally:
        connection.close()


def lock(session: Session, number: int) -> None:
    """Hold a lock until the transaction ends; on SQLite the write transaction is one already."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def insert_new(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that collide with none, and return how many they were."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    done = 0
    for first in range(0, len(rows), ROWS):
        statement = dialect.insert(model).values(list(rows[first : first + ROWS])).on_conflict_do_nothing()
        done += len(session.connection().execute(statement.returning(literal_column("1"))).all())
    return done

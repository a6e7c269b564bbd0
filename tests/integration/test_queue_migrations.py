"""Migrations: from nothing and from a database of before there were any, to what the models say."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from deid_core.errors import ServiceError
from infra import accounts, migrations
from infra import review_queue as queue
from infra.database import create_tables, engine, tables, writing
from infra.review_queue import Status
from infra.review_queue.tables import MODELS

SPANS = [
    {
        "entity_type": "NAME",
        "score": 0.4,
        "detector": "ner",
        "detector_version": "1",
        "rule": "cue",
        "location": {"kind": "text", "part": "text", "start": 3, "end": 9},
        "verdict": verdict,
        "action": "mask_label",
        "params": {},
        "reason": "score below 0.5",
        "decided_by": "policy",
    }
    for verdict in ("review", "keep")
]


@pytest.fixture
def fresh_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a second empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    name = f"fresh_{uuid4().hex}"
    with engine(database_url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return f"{database_url.rpartition('/')[0]}/{name}"


def differing(url: str) -> list[Any]:
    """Return what Alembic would change so that the queue's and the accounts' tables are as the models say."""
    ours = {table.name for table in tables(*MODELS, *accounts.MODELS)}
    # Alembic cannot read an index by a falling column back from SQLite; PostgreSQL's run compares them
    unread = {"ix_review_item_order", "ix_review_turn_order"} if url.startswith("sqlite") else set()

    def ours_only(_thing: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return name in ours if kind == "table" else name not in unread

    with engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours_only, "compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def old_database(url: str) -> None:
    """Make the tables and rows that a database holds whose queue is older than the migrations."""
    migrations.upgrade(url, migrations.FIRST)
    with writing(url) as session:
        run = session.connection().exec_driver_sql
        run(f"DROP TABLE {migrations.VERSION_TABLE}")
        run("INSERT INTO review_batch VALUES ('b1', 'run-1', '', 'open', '2026-01-01T00:00:00.000000+00:00')")
        for number, (status, who) in enumerate([("approved", "ann"), ("pending", ""), ("sent_back", "bob")], 1):
            row = {"n": number, "asset": f"a{number}", "status": status, "who": who, "spans": json.dumps(SPANS)}
            statement = (
                "INSERT INTO review_item VALUES (:n, 'b1', :asset, 's', 'text/plain', :status, 'required', 5, :spans, "
                "'NonDeidentified', :who, '', 1, '', '')"
            )
            session.connection().execute(text(statement), row)


def test_migrations_and_models_agree(database_url: str) -> None:
    """What the migrations make of an empty database is what the models say, and doing it again changes nothing."""
    queue.create(database_url)
    queue.create(database_url)
    assert differing(database_url) == []


def test_an_old_database_is_brought_up_with_its_rows(database_url: str) -> None:
    """Findings become version 1, a decision a submitted ground truth, and the next claim goes to what is undecided."""
    old_database(database_url)
    queue.create(database_url)
    assert differing(database_url) == []
    batch = queue.batch_of(database_url, "run-1")
    assert queue.counts(database_url, batch.id) == {"approved": 1, "pending": 1, "sent_back": 1}
    decided, *_ = queue.items(database_url, batch.id)
    assert (decided.labels, decided.unsure, decided.decided_by, decided.truth) == ({"NAME": 1}, 1, "ann", 2)
    truth = queue.ground_truth(database_url, decided.id or 0)
    assert [(span["id"], span["origin"]) for span in truth.spans] == [("1.0", "detector"), ("1.1", "detector")]
    taken = queue.claim(database_url, batch.id, "cy", 9)
    assert [held.item.asset_id for held in taken] == ["a2", "a3"]
    outcome = queue.submit(database_url, taken[0].turn.id or 0, "cy", Status.APPROVED, 1)
    assert (outcome.item.status, outcome.item.truth, outcome.batch_done) == ("approved", 2, False)


def columns(url: str) -> dict[str, Any]:
    """Return what the database itself says of each table but the one of versions: columns, keys and indexes."""
    held = inspect(engine(url))
    return {
        name: (
            {one["name"]: (str(one["type"]), one["nullable"]) for one in held.get_columns(name)},
            held.get_pk_constraint(name)["constrained_columns"],
            sorted((one["constrained_columns"], one["referred_table"]) for one in held.get_foreign_keys(name)),
            sorted((one["name"], one["column_names"]) for one in held.get_indexes(name) if name.startswith("review_")),
        )
        for name in held.get_table_names()
        if name in {table.name for table in tables(*MODELS, *accounts.MODELS)}
    }


@pytest.mark.parametrize("made_before", [False, True], ids=["no accounts yet", "accounts made without a revision"])
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection:sqlalchemy.exc.SAWarning")
def test_accounts_come_by_a_revision(database_url: str, fresh_url: str, made_before: bool) -> None:
    """From the revision before, with and without its tables, and from nothing: the same schema, and users stay."""
    migrations.upgrade(database_url, "r0002")
    if made_before:
        create_tables(database_url, *accounts.MODELS)
        accounts.add_user(database_url, "ann", ["reviewer"], "correct horse battery")
    accounts.create(database_url)
    accounts.create(fresh_url)
    assert differing(database_url) == differing(fresh_url) == []
    assert columns(database_url) == columns(fresh_url)
    assert len(columns(fresh_url)) == len(MODELS) + len(accounts.MODELS)
    assert [user.name for user in accounts.users(database_url)] == ["ann"] * made_before


def test_the_head_is_the_last_revision() -> None:
    """The revision that is looked for at each start is the last one there is."""
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_heads() == [migrations.HEAD]


def test_a_database_of_a_later_version_is_left_alone(database_url: str) -> None:
    """A database that a later version made is refused, not changed."""
    queue.create(database_url)
    with writing(database_url) as session:
        session.connection().exec_driver_sql(f"UPDATE {migrations.VERSION_TABLE} SET version_num = 'r9999'")
    with pytest.raises(ServiceError):
        queue.create(database_url)


def test_of_two_users_of_one_subject_the_first_keeps_it(database_url: str) -> None:
    """The others keep their names and what they did, lose sessions and tokens, and are let in no longer."""
    migrations.upgrade(database_url, "r0004")
    people = [("olga", "idp|1", 1), ("olga2", "idp|1", 2), ("per", "idp|2", 3), ("ann", "", 4), ("bob", "", 5)]
    with writing(database_url) as session:
        for name, subject, day in people:
            values = {"name": name, "subject": subject, "created": f"2026-01-0{day}T00:00:00.000000+00:00"}
            statement = "INSERT INTO review_user VALUES (:name, '[\"auditor\"]', '', :subject, true, :created)"
            session.connection().execute(text(statement), values)
    tokens = {name: accounts.new_token(database_url, name, "scripts", ["read"]) for name, _, _ in people}
    sessions = {name: accounts.begin_session(database_url, name) for name, _, _ in people}
    accounts.create(database_url)
    told = {user.name: (user.subject, user.active) for user in accounts.users(database_url)}
    assert told == {
        "olga": ("idp|1", True),
        "olga2": ("", False),
        "per": ("idp|2", True),
        "ann": ("", True),
        "bob": ("", True),
    }
    assert {name for name, token in tokens.items() if accounts.token_holder(database_url, token)} == set(told) - {
        "olga2"
    }
    assert {name for name, token in sessions.items() if accounts.session_of(database_url, token)} == set(told) - {
        "olga2"
    }
    assert accounts.admit(database_url, "idp|1", "olga", None) == "olga"


def test_a_subject_that_comes_twenty_times_at_once_is_one_user(database_url: str) -> None:
    """Twenty first sign-ins of one person at one moment, under two names, make one user, and all are let in as that."""
    accounts.create(database_url)
    together = Barrier(20)

    def come(number: int) -> str:
        together.wait()
        return accounts.admit(database_url, "idp|7", f"ida{number % 2}", ["auditor"])

    with ThreadPoolExecutor(20) as pool:
        names = set(pool.map(come, range(20)))
    assert len(names) == 1
    assert {user.name for user in accounts.users(database_url)} == names

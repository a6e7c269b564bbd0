"""The audit log, on SQLite and PostgreSQL: it only grows, in one chain, and its anchors show what was done to it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deid_core.audit import GENESIS, AuditRecord, verify_chain
from deid_core.errors import IntegrityError, ServiceError, UsageError
from deployments import verify_audit
from infra import audit_log
from infra.database import engine, writing
from infra.objects import ObjectStore, open_store

RECORD = AuditRecord("ann", "reviewer", "approve", "asset:1", "Grund: süß \u2028", "run-1", "a1", counts={"NAME": 2})


@pytest.fixture
def log(database_url: str) -> str:
    """Give an empty log's database."""
    audit_log.create(database_url)
    audit_log.create(database_url)
    return database_url


@pytest.fixture
def anchors(tmp_path: Path) -> ObjectStore:
    """Give an empty audit store."""
    return open_store(str(tmp_path / "audit"), create=True)


def fill(url: str, number: int, flow_run_id: str = "run-1") -> list[AuditRecord]:
    """Append so many records."""
    return audit_log.append(url, [replace(RECORD, flow_run_id=flow_run_id, asset_id=f"a{n}") for n in range(number)])


def test_records_are_sealed_in_order(log: str) -> None:
    """Records get number, time, previous hash and hash; the log's head is the last; an asset has its history."""
    assert audit_log.head(log) == (0, GENESIS)
    first, second = fill(log, 2)
    (third,) = fill(log, 1)
    assert [record.seq for record in (first, second, third)] == [1, 2, 3]
    assert (first.previous, second.previous, third.previous) == (GENESIS, first.hash, second.hash)
    assert first.recorded.endswith("+00:00")
    assert audit_log.head(log) == (3, third.hash)
    assert audit_log.history(log, "a0") == [first, third]
    assert audit_log.append(log, []) == []


def test_an_export_verifies_by_itself(log: str) -> None:
    """A run's export is its stretch of the chain with what others wrote between, and verifies in both verifiers."""
    fill(log, 2, "run-0")
    fill(log, 3)
    fill(log, 1, "run-2")
    fill(log, 1)
    fill(log, 2, "run-3")
    lines, head = audit_log.export(log, "run-1")
    assert head is not None
    assert (head.first, head.seq) == (3, 7)
    assert verify_chain(lines.splitlines(), head.hash) == head
    assert verify_audit.verify(lines.splitlines()) == (7, head.hash, 5)
    assert audit_log.export(log, "none") == ("", None)


def test_a_long_log_is_exported_whole(log: str) -> None:
    """More records than a page of the database are exported and verified."""
    fill(log, 2100)
    lines, head = audit_log.export(log, "run-1")
    assert head is not None
    assert (lines.count("\n"), head.seq) == (2100, 2100)


ROW = "seq, recorded, agent, role, activity, entity, reason, flow_run_id, asset_id, input_sha256, output_sha256, "
ROW += "policy_sha256, counts, previous, hash"
CHANGES = [
    "UPDATE audit_record SET reason = 'x' WHERE seq = 2",
    "UPDATE audit_record SET reason = reason",
    "DELETE FROM audit_record WHERE seq = 3",
    "DELETE FROM audit_record",
    f"INSERT INTO audit_record ({ROW}) SELECT {ROW.replace('seq', 'seq + 5', 1)} FROM audit_record WHERE seq = 3",
    f"INSERT INTO audit_record ({ROW}) SELECT {ROW.replace('seq', 'seq + 1', 1)} FROM audit_record WHERE seq = 3",
]
SQLITE_CHANGES = [
    f"INSERT OR REPLACE INTO audit_record ({ROW}) SELECT {ROW} FROM audit_record WHERE seq = 2",
    f"REPLACE INTO audit_record ({ROW}) SELECT {ROW} FROM audit_record",
    "UPDATE OR REPLACE audit_record SET seq = 1 WHERE seq = 2",
    "UPDATE OR IGNORE audit_record SET reason = 'x'",
]
POSTGRES_CHANGES = [
    "TRUNCATE audit_record",
    (
        f"INSERT INTO audit_record ({ROW}) SELECT {ROW} FROM audit_record WHERE seq = 2 "
        "ON CONFLICT (seq) DO UPDATE SET reason = 'x'"
    ),
]


def test_no_statement_changes_a_record(log: str) -> None:
    """UPDATE, DELETE, REPLACE, TRUNCATE and rows out of turn are refused, and leave the log as it was."""
    fill(log, 3)
    before = audit_log.export(log, "run-1")
    for statement in [*CHANGES, *(SQLITE_CHANGES if log.startswith("sqlite") else POSTGRES_CHANGES)]:
        with engine(log).connect() as connection, pytest.raises(DBAPIError, match=r"only grows|UNIQUE|unique"):
            connection.execute(text(statement))
    assert audit_log.export(log, "run-1") == before
    fill(log, 1)
    assert audit_log.head(log)[0] == 4


def test_a_replace_by_a_careless_program_is_refused(tmp_path: Path) -> None:
    """SQLite's own shell, whose triggers do not recurse, cannot replace a record either."""
    url = f"sqlite:///{tmp_path / 'log.db'}"
    audit_log.create(url)
    fill(url, 3)
    connection = sqlite3.connect(tmp_path / "log.db")
    try:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for statement in [*CHANGES, *SQLITE_CHANGES]:
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
            connection.rollback()
    finally:
        connection.close()
    assert audit_log.head(url)[0] == 3


def append_some(url: str, name: str) -> None:
    """Append in singles and in bulk, as one process of many."""
    audit_log.create(url)
    for number in range(10):
        fill(url, number % 3 + 1, name)


def test_processes_at_once_write_one_chain(database_url: str, anchors: ObjectStore) -> None:
    """Three processes that create and append leave one chain with every record in it."""
    names = ["run-a", "run-b", "run-c"]
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        list(pool.map(append_some, [database_url] * 3, names))
    last, _ = audit_log.verify(database_url, anchors)
    assert last == 3 * 19
    for name in names:
        lines, head = audit_log.export(database_url, name)
        assert head is not None
        assert lines.count(f'"flow_run_id":"{name}"') == 19


def tampered(url: str, statements: Sequence[str]) -> None:
    """Do what the table's owner can: take the triggers away first."""
    sqlite = url.startswith("sqlite")
    names = ["audit_no_update", "audit_no_delete"] if sqlite else ["audit_no_change"]
    drops = [f"DROP TRIGGER {name}" + ("" if sqlite else " ON audit_record") for name in names]
    with writing(url) as session:
        for statement in [*drops, *statements]:
            session.connection().execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE audit_record SET reason = 'x' WHERE seq = 2", "record 2"),
        ("UPDATE audit_record SET counts = '{}' WHERE seq = 3", "record 3"),
        ("DELETE FROM audit_record WHERE seq = 2", "record 2"),
        ("DELETE FROM audit_record WHERE seq = 1", "record 1"),
        ("DELETE FROM audit_record WHERE seq > 2", "ends at record 2, but record 4 was anchored"),
        ("DELETE FROM audit_record", "ends at record 0, but record 4 was anchored"),
    ],
)
def test_what_the_tables_owner_does_shows(log: str, anchors: ObjectStore, statement: str, message: str) -> None:
    """Who can drop triggers can change, remove and cut records; chain and anchors together show each."""
    fill(log, 4)
    audit_log.anchor(log, anchors)
    assert audit_log.verify(log, anchors)[0] == 4
    tampered(log, [statement])
    with pytest.raises(IntegrityError, match=message):
        audit_log.verify(log, anchors)


def test_a_log_written_anew_does_not_fit_its_anchors(log: str, anchors: ObjectStore) -> None:
    """A chain that was cut and continued holds by itself, and neither verifies nor anchors over the old one."""
    fill(log, 4)
    audit_log.anchor(log, anchors)
    tampered(log, ["DELETE FROM audit_record WHERE seq > 2"])
    fill(log, 2, "run-1b")
    with pytest.raises(IntegrityError, match="record 4"):
        audit_log.verify(log, anchors)
    with pytest.raises(IntegrityError):
        audit_log.anchor(log, anchors)


def test_anchors_are_made_once_a_head(log: str, store: ObjectStore) -> None:
    """An empty log has no anchor, an anchored head keeps its one; in a folder and in S3."""
    assert audit_log.anchor(log, store) == ""
    assert audit_log.verify(log, store) == (0, GENESIS)
    fill(log, 2)
    assert audit_log.anchor(log, store) == audit_log.anchor(log, store) == "anchors/000000000002.json"
    fill(log, 1)
    audit_log.anchor(log, store)
    assert len(list(store.list("anchors/"))) == 2
    assert audit_log.verify(log, store)[0] == 3


def test_an_anchor_that_is_none_is_said(log: str, anchors: ObjectStore) -> None:
    """An anchor that cannot be read is not passed over."""
    fill(log, 1)
    anchors.put("anchors/000000000001.json", b"{}")
    with pytest.raises(IntegrityError, match="anchor"):
        audit_log.verify(log, anchors)


def test_a_record_that_lacks_something_fails_the_whole_act(log: str) -> None:
    """A record without a reason takes the records beside it along: none is written."""
    with pytest.raises(UsageError):
        audit_log.append(log, [RECORD, replace(RECORD, reason="")])
    assert audit_log.head(log)[0] == 0


def test_a_record_that_cannot_be_written_fails_the_act(tmp_path: Path) -> None:
    """Without a table, and with a log that another holds locked for good, appending raises ServiceError."""
    with pytest.raises(ServiceError):
        audit_log.append(f"sqlite:///{tmp_path / 'none.db'}", [RECORD])
    url = f"sqlite:///{tmp_path / 'log.db'}"
    audit_log.create(url)
    with engine(url).connect() as connection:
        connection.exec_driver_sql("DROP TABLE audit_record")
        connection.commit()
    with pytest.raises(ServiceError):
        audit_log.append(url, [RECORD])


WRITER = """
import sys
from deid_core.audit import AuditRecord
from infra import audit_log
number = 0
while True:
    audit_log.append(sys.argv[1], [AuditRecord("p", "pipeline", "act", "asset:1", "why", "run-1", str(number))])
    print(number, flush=True)
    number += 1
"""


def test_what_was_acknowledged_survives_a_kill(log: str, anchors: ObjectStore) -> None:
    """Whenever a writer is killed, every record that it was told is written is there, and the chain holds."""
    repository = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", WRITER, log]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(40)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    told = [line.strip() for line in acknowledged if line.endswith("\n")]
    assert audit_log.verify(log, anchors)[0] in (len(told), len(told) + 1)
    assert all(len(audit_log.history(log, number)) == 1 for number in told)

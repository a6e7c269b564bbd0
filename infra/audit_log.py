"""The audit log: a table that only grows, chained by hash, anchored elsewhere.

Triggers refuse every UPDATE, DELETE and REPLACE and every row that does not continue the chain. Who owns the table can
drop a trigger, so on PostgreSQL the services should run as a role that does not; and whatever was done to the table,
the anchors in the audit store show it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel, col, select

from deid_core.audit import FIELDS, GENESIS, AuditRecord, Head, canonical, members, record_line, sealed, verify_chain
from deid_core.errors import IntegrityError, Quarantine
from infra.database import create_tables, engine, lock, reading, timestamp, writing
from infra.objects import ObjectStore

CHAIN_LOCK = 0x6175_6469
ANCHORS = "anchors/"
ANCHOR_LIMIT = 4096
PAGE = 1000


class AuditRow(SQLModel, table=True):
    """Hold one record of deid_core.audit; the columns are its fields."""

    __tablename__ = "audit_record"
    seq: int = Field(primary_key=True)
    recorded: str
    agent: str
    role: str
    activity: str
    entity: str
    reason: str
    flow_run_id: str = Field(index=True)
    asset_id: str = Field(index=True)
    input_sha256: str
    output_sha256: str
    policy_sha256: str
    counts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    previous: str = Field(unique=True)
    hash: str = Field(unique=True)


SQLITE_TRIGGERS = (
    *(
        f"CREATE TRIGGER IF NOT EXISTS audit_no_{verb.lower()} BEFORE {verb} ON audit_record "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    # fires before a REPLACE deletes, whatever the connection's recursive_triggers
    f"""CREATE TRIGGER IF NOT EXISTS audit_continues BEFORE INSERT ON audit_record
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_record)
          OR NEW.previous <> coalesce((SELECT hash FROM audit_record ORDER BY seq DESC LIMIT 1), '{GENESIS}')
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END""",  # noqa: S608 - a constant
)
POSTGRES_TRIGGERS = (
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$""",
    f"""CREATE OR REPLACE FUNCTION audit_continue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_record)
            OR NEW.previous <> coalesce((SELECT hash FROM audit_record ORDER BY seq DESC LIMIT 1), '{GENESIS}')
          THEN RAISE EXCEPTION 'the audit log only grows'; END IF;
          RETURN NEW; END $$""",  # noqa: S608 - a constant
    """CREATE OR REPLACE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_record
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_record
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE OR REPLACE TRIGGER audit_continues BEFORE INSERT ON audit_record
       FOR EACH ROW EXECUTE FUNCTION audit_continue()""",
)


def create(url: str) -> None:
    """Create the log's table and triggers where they are missing."""
    postgres = engine(url).dialect.name == "postgresql"
    create_tables(url, AuditRow, extra=POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS)


def append(url: str, records: Sequence[AuditRecord]) -> list[AuditRecord]:
    """Append records at the chain's end in one transaction and return them sealed; on the disk before it returns.

    `recorded` is set to now where it is empty. Safe in many processes at once: they take turns.
    Raises ServiceError where they cannot be written: then the act that they record has failed.
    """
    with writing(url) as session:
        return append_within(session, records)


def append_within(session: Session, records: Sequence[AuditRecord]) -> list[AuditRecord]:
    """Append records in a transaction of the caller's, so that an act and its record stand or fall together.

    Other writers wait from here until the transaction ends: to be the last thing that it does.
    """
    lock(session, CHAIN_LOCK)
    seq, previous = _end(session)
    done: list[AuditRecord] = []
    for record in records:
        seq += 1
        done.append(sealed(replace(record, recorded=record.recorded or timestamp()), seq, previous))
        previous = done[-1].hash
        session.add(AuditRow(**members(done[-1])))
    session.flush()
    return done


def head(url: str) -> tuple[int, str]:
    """Return the last record's number and hash; 0 and zeros for an empty log."""
    with reading(url) as session:
        return _end(session)


def export(url: str, flow_run_id: str) -> tuple[str, Head | None]:
    """Return the chain from a flow run's first record to its last as JSON lines, and its head (None for no record).

    Records of other runs that stand between are part of it: without them it would be no chain. Verified on the way.
    """
    with reading(url) as session:
        numbers = session.exec(select(AuditRow.seq).where(AuditRow.flow_run_id == flow_run_id)).all()
    if not numbers:
        return "", None
    lines = list(_lines(url, min(numbers), max(numbers)))
    return "".join(line + "\n" for line in lines), verify_chain(lines)


def history(url: str, asset_id: str) -> list[AuditRecord]:
    """Return every record of an asset, in order: the whole chain of decisions about it."""
    with reading(url) as session:
        rows = session.exec(select(AuditRow).where(AuditRow.asset_id == asset_id).order_by(col(AuditRow.seq)))
        return [_record(row) for row in rows]


def holds(url: str, record: AuditRecord) -> bool:
    """Say whether the log has a record like this one: of the same act, agent and entity, with the same counts."""
    said = ("agent", "role", "activity", "entity", "reason", "flow_run_id", "asset_id")
    where = (getattr(AuditRow, name) == getattr(record, name) for name in said)
    with reading(url) as session:
        return dict(record.counts) in session.exec(select(AuditRow.counts).where(*where)).all()


def anchor(url: str, store: ObjectStore) -> str:
    """Write the chain's head to the audit store, create only, and return its key ("" for an empty log).

    Raises IntegrityError where another head of that number is anchored: the log was rewritten.
    """
    seq, held = head(url)
    if not seq:
        return ""
    key = f"{ANCHORS}{seq:012d}.json"
    store.put(key, canonical({"seq": seq, "hash": held}).encode())
    return key


def verify(url: str, store: ObjectStore) -> tuple[int, str]:
    """Verify the whole log against every anchor and return its last record's number and hash.

    Raises IntegrityError where a record was changed, removed or reordered, or the log's end was cut behind an anchor.
    """
    anchored = _anchored(store)
    last, held = head(url)
    found = verify_chain(_compared(_lines(url, 1, last), anchored))
    if last and (found is None or (found.first, found.seq, found.hash) != (1, last, held)):
        raise IntegrityError(f"the log does not lead from record 1 to record {last}")
    if anchored:
        raise IntegrityError(f"the log ends at record {last}, but record {max(anchored)} was anchored")
    return last, held


def _anchored(store: ObjectStore) -> dict[int, str]:
    """Return the anchored hashes by record number."""
    anchors: dict[int, str] = {}
    for info in store.list(ANCHORS):
        try:
            anchor = json.loads(store.get(info.key, ANCHOR_LIMIT))
            anchors[int(anchor["seq"])] = str(anchor["hash"])
        except (ValueError, KeyError, TypeError, Quarantine):
            raise IntegrityError("an anchor of the audit log cannot be read") from None
    return anchors


def _compared(lines: Iterator[str], anchored: dict[int, str]) -> Iterator[str]:
    """Pass lines on, and take each anchor away as its record comes by."""
    for line in lines:
        record = json.loads(line)
        if anchored.pop(record["seq"], record["hash"]) != record["hash"]:
            raise IntegrityError(f"record {record['seq']} is not the one that was anchored")
        yield line


def _lines(url: str, first: int, last: int) -> Iterator[str]:
    while first <= last:
        where = col(AuditRow.seq).between(first, min(first + PAGE - 1, last))
        with reading(url) as session:
            rows = session.exec(select(AuditRow).where(where).order_by(col(AuditRow.seq))).all()
        yield from (record_line(_record(row)) for row in rows)
        first += PAGE


def _end(session: Session) -> tuple[int, str]:
    row = session.exec(select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(1)).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(**{name: getattr(row, name) for name in FIELDS})

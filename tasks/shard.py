"""A shard: some dozens of assets that go through a stage together. One Prefect task a shard and stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deid_core.audit import AuditRecord
from infra import audit_log
from tasks.cluster import each
from tasks.run import Run, opened

SIZE = 256

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shard:
    """Refer to a shard after a stage: its run, its number, and counts. All that Prefect sees of it."""

    run_id: str
    number: int
    stage: str
    assets: int
    quarantined: int
    by_entity: tuple[tuple[str, int], ...] = ()
    to_review: int = 0

    @property
    def name(self) -> str:
        """Return where its entries lie in the run's part of the workspace."""
        return f"{self.stage}/{self.number:06d}.jsonl"


def through(shard: Shard, stage: str, step: Callable[[str, Entry], Entry]) -> Shard:
    """Run a stage's step on each entry of a shard; store and record the outcomes, and return their reference."""
    run = opened(shard.run_id)
    entries = each(step, shard.run_id, run.lines(shard.name), stage)
    return stored(run, shard.number, stage, entries)


def stored(run: Run, number: int, stage: str, entries: list[Entry]) -> Shard:
    """Record a stage's outcomes in the audit, store them, and return their reference."""
    audit_log.append(
        run.settings.database_url, [_record(run, stage, entry) for entry in entries if _is_new(entry, stage)]
    )
    quarantined = [{**entry, "stage": entry.get("stage", stage)} if entry.get("reason") else entry for entry in entries]
    labels: Counter[str] = Counter()
    for entry in entries:
        labels.update(entry.get("counts", {}))
    held = sum(bool(entry.get("reason")) for entry in entries)
    review = sum(bool(entry.get("to_review")) for entry in entries)
    shard = Shard(run.run_id, number, stage, len(entries), held, tuple(sorted(labels.items())), review)
    run.put_lines(shard.name, quarantined)
    return shard


def _is_new(entry: Entry, stage: str) -> bool:
    """Say whether an entry went through this stage; one quarantined before has its record."""
    return "stage" not in entry or entry["stage"] == stage


def _record(run: Run, stage: str, entry: Entry) -> AuditRecord:
    reason = entry.get("reason", "")
    return record_of(
        run,
        activity="quarantine" if reason else stage,
        entity=_entity(entry),
        reason=f"{stage}: {reason}" if reason else run.policy.name,
        asset_id=entry.get("asset_id", ""),
        input_sha256=entry.get("input_sha256", ""),
        output_sha256=entry.get("output_sha256", ""),
        counts=entry.get("counts", {}),
    )


def _entity(entry: Entry) -> str:
    """Name what a record is about: the details of the changes, the plan, or the asset itself."""
    for field, name in (("details_sha256", "details"), ("plan_sha256", "plan"), ("input_sha256", "asset")):
        if field in entry:
            return f"{name}:{entry[field]}"
    return "asset:unread"


def record_of(run: Run, *, agent: str = "deidflow", role: str = "pipeline", **fields: Any) -> AuditRecord:
    """Make an audit record of a run; the log seals it."""
    held = {"asset_id": "", "input_sha256": "", "output_sha256": "", "counts": {}, **fields}
    return AuditRecord(
        seq=0,
        recorded="",
        agent=agent,
        role=role,
        flow_run_id=run.run_id,
        policy_sha256=run.policy.sha256,
        previous="",
        hash="",
        **held,
    )

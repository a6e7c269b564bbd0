"""Export: write the release once, with its manifest, report, audit and lineage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect import task

from deid_core import manifest, report
from infra import audit_log, lineage, review_queue
from infra.objects import ObjectStore
from tasks.review import REJECTED, Batch
from tasks.run import LIMIT, Run, digest, opened
from tasks.shard import Entry, Shard, record_of

LEFT = ("items", "with_missed", "bound")


@dataclass(frozen=True, slots=True)
class Release:
    """Refer to a release ("" where nothing could be released), with its run's counts."""

    run_id: str
    release_id: str
    released: int
    quarantined: int
    by_entity: tuple[tuple[str, int], ...] = field(default=())
    by_stage: tuple[tuple[str, int], ...] = field(default=())
    by_reason: tuple[tuple[str, int], ...] = field(default=())


@task(task_run_name="export")
def export_release(verified: Sequence[Shard], batch: Batch) -> Release:
    """Write what was verified to the release store, create only, then the manifest, and last the audit and lineage."""
    run = opened(batch.run_id)
    entries = [entry for shard in verified for entry in run.lines(shard.name)]
    released = [entry for entry in entries if entry.get("verified") and not entry.get("reason")]
    quarantined = [entry for entry in entries if entry.get("reason")]
    held = manifest.build(
        released, quarantined, run.policy, run.key.key_id, _review(run, batch), run.get("parent").decode()
    )
    root = held["release_id"] if released else ""
    if released:
        _write(run, released, held)
    release = _summary(run, root, held, quarantined)
    _record(run, release, held)
    if released:
        _accompany(run, root, released)
    _tag(run, batch, released, quarantined)
    return release


def _write(run: Run, released: Sequence[Entry], held: dict[str, Any]) -> None:
    """Write the data first and the manifest last: a release without one is not finished, and does not verify."""
    root = held["release_id"]
    for entry in released:
        data = run.view(f"out/{entry['asset_id']}")
        if digest(data) != entry["output_sha256"]:
            raise RuntimeError("an output changed after it was verified")
        run.release.put(f"{root}/{entry['output']}", data)
    run.release.put(f"{root}/report.html", report.render(held).encode())
    run.release.put(f"{root}/manifest.json", manifest.canonical(held))


def _record(run: Run, release: Release, held: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"activity": "export", "entity": f"release:{release.release_id or 'none'}"}
    fields["counts"] = {"released": release.released, "quarantined": release.quarantined}
    fields["output_sha256"] = digest(manifest.canonical(held)) if release.release_id else ""
    audit_log.append(run.settings.database_url, [record_of(run, reason=run.policy.name, **fields)])


def _accompany(run: Run, root: str, released: Sequence[Entry]) -> None:
    """Add this run's audit and lineage to the release; a run that is repeated adds its own beside them."""
    versions = {name: held for entry in released for name, held in entry["versions"].items()}
    versions |= {f"model:{model.name}": model.sha256 for model in run.policy.models}
    job = lineage.JobRun(run.run_id, "deidentify", "release", run.policy.sha256, run.key.key_id, versions)
    read = [lineage.Dataset("source", e["asset_id"], e["input_sha256"], e["media_type"]) for e in released]
    made = [lineage.Dataset("release", e["asset_id"], e["output_sha256"], e["media_type"]) for e in released]
    for state in ("START", "COMPLETE"):
        name = lineage.emit(run.audit, job, state, read, made)
        _copy(run.audit, name, run.release, f"{root}/{name}")
    for entry in released:
        run.audit.put(f"details/{run.run_id}/{entry['asset_id']}.jsonl", run.get(f"details/{entry['asset_id']}.jsonl"))
    audit_log.anchor(run.settings.database_url, run.audit)
    lines, head = audit_log.export(run.settings.database_url, run.run_id)
    run.release.put(f"{root}/audit/{run.run_id}.jsonl", lines.encode())
    if head:
        text = json.dumps({"seq": head.seq, "hash": head.hash}, sort_keys=True)
        run.release.put(f"{root}/audit/{run.run_id}.head.json", text.encode())


def _tag(run: Run, batch: Batch, released: Sequence[Entry], quarantined: Sequence[Entry]) -> None:
    """Tell the review pages what became of each document: released, or set aside after people let it pass, and why."""
    url = run.settings.database_url
    review_queue.tag_items(url, batch.batch_id, [entry["asset_id"] for entry in released])
    failed: dict[str, list[str]] = {}
    for entry in quarantined:
        if entry.get("asset_id") and entry["reason"] != REJECTED:
            failed.setdefault(entry["reason"], []).append(entry["asset_id"])
    for reason, asset_ids in sorted(failed.items()):
        review_queue.tag_items(url, batch.batch_id, asset_ids, review_queue.FAILED, failure=reason)


def _copy(source: ObjectStore, name: str, target: ObjectStore, to: str) -> None:
    target.put(to, source.get(name, LIMIT))


def _review(run: Run, batch: Batch) -> dict[str, Any]:
    """Say how people were asked, what they decided and what they found left; names of reviewers belong in a release."""
    url = run.settings.database_url
    found = review_queue.items(url, batch.batch_id, limit=2**31 - 1)
    people = sorted({item.decided_by for item in found if item.decided_by})
    told = {"mode": run.review, "decided_by": people, "decision": "approved" if people else "not_asked"}
    left = review_queue.figures(url, batch.batch_id)["residual"] if found else {}
    chance = {drawn: {name: held[name] for name in LEFT} for drawn, held in left.items()}
    return {**told, **({"residual": chance} if chance else {})}


def _summary(run: Run, root: str, held: dict[str, Any], quarantined: Sequence[Entry]) -> Release:
    reasons: dict[str, int] = {}
    for entry in quarantined:
        reasons[entry["reason"]] = reasons.get(entry["reason"], 0) + 1
    counts = held["counts"]
    return Release(
        run.run_id,
        root,
        len(held["assets"]),
        len(quarantined),
        tuple(counts["by_entity"].items()),
        tuple(counts["by_stage"].items()),
        tuple(sorted(reasons.items())),
    )

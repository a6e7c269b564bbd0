"""Ingest: list what there is, then read each asset to say what and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prefect import task

from deid_core import manifest
from infra.objects import ObjectStore
from tasks import progress, steps
from tasks.run import LIMIT, SMALL, describe_run, opened, shards
from tasks.shard import SIZE, Shard, through

MANIFEST = "manifest.json"


@task(task_run_name="begin")
def begin(run_id: str, source: str, policy: str, review: str, release: str) -> str:
    """Write down what the run is and return its id."""
    describe_run(run_id, source, policy, review, release)
    progress.run_ids.append(run_id)
    return run_id


@task(task_run_name="list assets")
def list_assets(run_id: str) -> list[Shard]:
    """List the source and return its shards."""
    run = opened(run_id)
    parent = parent_of(run.source.whole)
    run.put("parent", parent.encode())
    listed = []
    for number, entries in enumerate(shards(_entries(run.source, parent), SIZE)):
        run.put_lines(f"listed/{number:06d}.jsonl", entries)
        listed.append(Shard(run_id, number, "listed", len(entries), 0))
        progress.report("ingest", 0, len(entries))
    return listed


@task(task_run_name="ingest {shard.number}", retries=2, retry_delay_seconds=5)
def ingest_shard(shard: Shard) -> Shard:
    """Read a shard's assets by their content; keep what is known of their subjects in the vault."""
    return through(shard, "ingest", steps.ingest_asset)


def parent_of(source: ObjectStore) -> str:
    """Return the id of the release that a source is, verified whole; "" where it is none.

    Raises IntegrityError where it was one and was changed since.
    """
    if not source.exists(MANIFEST):
        return ""
    data = source.get(MANIFEST, SMALL)
    if b'"release_id"' not in data:
        return ""
    names = (info.key for info in source.list("data/"))
    held: str = manifest.check(data, names, lambda name: source.get(name, LIMIT))["release_id"]
    return held


def _entries(store: ObjectStore, parent: str) -> Iterator[dict[str, Any]]:
    """Yield what lies at a source; of a release, its data."""
    for info in store.list("data/" if parent else ""):
        yield {"path": info.key, "size": info.size, "error": info.error}

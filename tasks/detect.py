"""Plan: find what identifies someone, and decide each finding."""

from __future__ import annotations

from prefect import task

from tasks import progress, steps
from tasks.shard import Shard, through


@task(task_run_name="plan {shard.number}", retries=2, retry_delay_seconds=5)
def plan_shard(shard: Shard) -> Shard:
    """Plan a shard's assets; the plans lie in the workspace and hold no value."""
    progress.report("plan", 0, shard.assets - shard.quarantined)
    return through(shard, "plan", steps.plan_asset)

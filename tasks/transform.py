"""Apply: execute each plan exactly."""

from __future__ import annotations

from prefect import task

from tasks import progress, steps
from tasks.shard import Shard, through


@task(task_run_name="apply {shard.number}", retries=2, retry_delay_seconds=5)
def apply_shard(shard: Shard) -> Shard:
    """Apply a shard's plans; the outputs are held in the workspace until they are verified."""
    progress.report("apply", 0, shard.assets - shard.quarantined)
    return through(shard, "apply", steps.apply_asset)

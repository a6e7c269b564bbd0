"""Verify: read outputs back and search them; what is left in one holds it back."""

from __future__ import annotations

from prefect import task

from tasks import progress, steps
from tasks.shard import Shard, through


@task(task_run_name="verify {shard.number}", retries=2, retry_delay_seconds=5)
def verify_shard(shard: Shard) -> Shard:
    """Verify a shard's outputs."""
    progress.report("verify", 0, shard.assets - shard.quarantined)
    return through(shard, "verify", steps.verify_asset)

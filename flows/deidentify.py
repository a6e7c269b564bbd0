"""The main flow: what lies at a source goes in; what was decided, verified and recorded comes out."""

from typing import Literal

from prefect import flow, runtime
from prefect.task_runners import ThreadPoolTaskRunner

from flows.review import review_gate
from tasks.artifacts import publish
from tasks.cluster import cluster
from tasks.detect import plan_shard
from tasks.export import Release, export_release
from tasks.ingest import begin, ingest_shard, list_assets
from tasks.review import close_review
from tasks.transform import apply_shard
from tasks.verify import verify_shard

Review = Literal["required", "sampled", "none"]


@flow(
    name="deidentify",
    task_runner=ThreadPoolTaskRunner(max_workers=2),  # type: ignore[arg-type] # Prefect types it too narrowly
    persist_result=True,
    log_prints=False,
)
def deidentify(source: str, policy: str = "safe_harbor", review: Review = "required", release: str = "") -> Release:
    """De-identify what lies at a source: ingest, plan, review, apply, verify, export.

    Args:
        source: an alias from `deidflow run`, a folder, or s3://bucket/prefix. Prefer an alias: this is kept by Prefect.
        policy: the name of a shipped policy, of one saved in the review pages (name@3 for an older version), or the
            path of a .toml file.
        review: who looks before anything is released: required (all), sampled (the unsure and a sample), none.
        release: the store to release to; without it the one in the settings.
    """
    run = begin(str(runtime.flow_run.id), source, policy, review, release)
    with cluster():
        ingested = ingest_shard.map(list_assets(run)).result()
        planned = plan_shard.map(ingested).result()
        batch = review_gate(planned, run)
        # a shard goes on as soon as it can; before, each stage needs what the one before knows of all
        reviewed = close_review.map(planned, batch=batch)
        verified = verify_shard.map(apply_shard.map(reviewed)).result()
    exported = export_release(verified, batch)
    publish(exported, planned)
    return exported

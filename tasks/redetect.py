"""Run the detectors again over what waits for people: what they find becomes a version beside the older ones."""

from __future__ import annotations

from collections.abc import Iterator

from deid_core.model import Plan
from infra import review_queue
from infra.review_queue.bulk import Scope
from tasks.run import Run, opened
from tasks.steps import planned_anew


def redetect(run_id: str, by: str, scope: Scope) -> int:
    """Search a run's undecided assets again under its policy, and return how many items got a new version."""
    run = opened(run_id)
    url = run.settings.database_url
    batch = review_queue.batch_of(url, run_id)
    waiting = review_queue.items(url, batch.id, review_queue.UNDECIDED, limit=2**31 - 1)
    return review_queue.redetect(url, batch.id, _plans(run, {item.asset_id for item in waiting}), by, scope)


def _plans(run: Run, asset_ids: set[str]) -> Iterator[Plan]:
    for name in run.names("ingest/"):
        for entry in run.lines(name):
            if entry.get("asset_id") in asset_ids and not entry.get("reason"):
                yield planned_anew(run, entry)

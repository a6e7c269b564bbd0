"""The review gate's two ends: put plans before people, and act on what they decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prefect import task

from deid_core import codec
from infra import audit_log, review_queue
from infra.review_queue import NewItem, Status
from tasks.run import Run, opened
from tasks.shard import Entry, Shard, record_of, stored


@dataclass(frozen=True, slots=True)
class Batch:
    """Refer to a run's review batch: its id, how many items it has and how many are undecided."""

    run_id: str
    batch_id: str
    items: int
    undecided: int


@task(task_run_name="open review")
def open_review(planned: Sequence[Shard], run_id: str) -> Batch:
    """Queue the items that the run's mode asks people for: all, a sample and the unsure, or none."""
    run = opened(run_id)
    url = run.settings.database_url
    batch = review_queue.create_batch(url, run_id)
    for shard in planned:
        asked = ((entry, _why(run, entry)) for entry in run.lines(shard.name) if not entry.get("reason"))
        review_queue.add_items(url, batch.id, [_item(run, entry, why) for entry, why in asked if why])
    return status(run_id, batch.id)


def status(run_id: str, batch_id: str) -> Batch:
    """Return how a batch stands now."""
    url = opened(run_id).settings.database_url
    return Batch(
        run_id, batch_id, sum(review_queue.counts(url, batch_id).values()), review_queue.pending_count(url, batch_id)
    )


@task(task_run_name="record {verdict} {round_number}")
def record_review(batch: Batch, verdict: str, reviewer: str, reason: str, round_number: int) -> Batch:
    """Decide all undecided items as a person said, and record who that was."""
    run = opened(batch.run_id)
    decided = review_queue.decide_items(run.settings.database_url, batch.batch_id, Status(verdict), reviewer)
    audit_log.append(
        run.settings.database_url,
        [
            record_of(
                run,
                agent=reviewer,
                role="reviewer",
                activity=f"review.{verdict}",
                entity=f"batch:{batch.batch_id}",
                reason=reason or "reviewed",
                counts={"items": decided, "round": round_number},
            )
        ],
    )
    return status(batch.run_id, batch.batch_id)


@task(task_run_name="close review {shard.number}")
def close_review(shard: Shard, batch: Batch) -> Shard:
    """Set aside what people rejected; refuse to go on while anything asked is undecided."""
    run = opened(shard.run_id)
    url = run.settings.database_url
    if review_queue.pending_count(url, batch.batch_id):
        raise RuntimeError("the review is not finished: items are undecided")
    rejected = {item.asset_id for item in _all(url, batch.batch_id, Status.REJECTED)}
    entries = [_judged(entry, rejected) for entry in run.lines(shard.name)]
    return stored(run, shard.number, "reviewed", entries)


def _judged(entry: Entry, rejected: set[str]) -> Entry:
    if entry.get("reason") or entry.get("asset_id") not in rejected:
        return entry
    return {**entry, "reason": "rejected_in_review", "detail": "a reviewer rejected it"}


def _all(url: str, batch_id: str, *statuses: Status) -> list[review_queue.Item]:
    return review_queue.items(url, batch_id, statuses, limit=2**31 - 1)


def _why(run: Run, entry: Entry) -> str:
    """Say why a person is asked about an asset; "" where nobody is."""
    if run.review == "none":
        return ""
    if entry["to_review"]:
        return "low_confidence"
    if run.review == "required":
        return "required"
    drawn = run.key.number(10_000, "review-sample", run.policy.sha256, entry["asset_id"])
    return "sample" if drawn < run.policy.review_sample * 10_000 else ""


def _item(run: Run, entry: Entry, why: str) -> NewItem:
    plan = codec.plan_from_json(run.get(f"plans/{entry['asset_id']}.json"))
    return NewItem(plan, why, priority=1 if entry["to_review"] else 0)

"""The review gate's two ends: put plans before people, and act on what they decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from prefect import task

from deid_core import cells, codec
from deid_core.errors import UsageError
from deid_core.model import Plan
from deid_core.review import is_carried_out_by, reviewed_plan
from deid_core.routing import Counts, is_confirmed, urgency, why_asked
from infra import accounts, audit_log, review_queue
from infra.accounts import Role
from infra.review_queue import Completion, NewItem, Status
from tasks.run import Run, digest, opened
from tasks.shard import Entry, Shard, record_of, stored
from tasks.steps import counts_of

AS_DECIDED = "as_decided"
REJECTED = "rejected_in_review"


@dataclass(frozen=True, slots=True)
class Batch:
    """Refer to a run's review batch: its id, how many items it has and how many are undecided."""

    run_id: str
    batch_id: str
    items: int
    undecided: int


@task(task_run_name="open review")
def open_review(planned: Sequence[Shard], run_id: str) -> Batch:
    """Queue the items that the run's mode and policy ask people for."""
    run = opened(run_id)
    url = run.settings.database_url
    batch = review_queue.create_batch(
        url, run_id, rules=run.policy.review, policy_sha256=run.policy.sha256, mode=run.review
    )
    few = _few(run, planned)
    for shard in planned:
        asked = ((entry, _why(run, entry, few)) for entry in run.lines(shard.name) if not entry.get("reason"))
        review_queue.add_items(url, batch.id, (_item(run, entry, why) for entry, why in asked if why))
    return status(run_id, batch.id)


def status(run_id: str, batch_id: str) -> Batch:
    """Return how a batch stands now."""
    url = opened(run_id).settings.database_url
    return Batch(
        run_id, batch_id, sum(review_queue.counts(url, batch_id).values()), review_queue.pending_count(url, batch_id)
    )


def objection(url: str, verdict: str, reviewer: str) -> str:
    """Say why a name may not give an answer to the form; "" where it may.

    It is an active releaser's where there are users. The pipeline's own name decides nothing: it goes on with what
    people decided.
    """
    accounts.create(url)
    if reviewer == accounts.PIPELINE:
        return "" if verdict == AS_DECIDED else "the pipeline decides nothing itself"
    who = accounts.trusted_as(url, reviewer)
    if who is None:
        return "nobody of that name may sign in to the review"
    return "" if Role.RELEASER in who.roles else "whoever has that name is no releaser"


@task(task_run_name="check answer {round_number}")
def check_answer(batch: Batch, verdict: str, reviewer: str, round_number: int) -> str:
    """Say why an answer to the form does not count, after that is in the audit; "" where it counts."""
    run = opened(batch.run_id)
    url = run.settings.database_url
    why = objection(url, verdict, reviewer)
    if why:
        known = any(user.name == reviewer for user in accounts.users(url))  # what else was typed may be anything
        who, entity = reviewer if known else "unknown", f"batch:{batch.batch_id}"
        told = {"activity": "review.answer_refused", "entity": entity, "reason": why, "counts": {"round": round_number}}
        audit_log.append(url, [record_of(run, agent=who, role="user", **told)])
    return why


@task(task_run_name="record {verdict} {round_number}")
def record_review(batch: Batch, verdict: str, reviewer: str, reason: str, round_number: int) -> Batch:
    """Decide all undecided items as a person said, or leave them as people decided each; who that was is recorded."""
    run = opened(batch.run_id)
    url = run.settings.database_url
    if verdict != AS_DECIDED:
        review_queue.decide_items(url, batch.batch_id, Status(verdict), reviewer, reason, round=round_number)
        return status(batch.run_id, batch.batch_id)
    role = "pipeline" if reviewer == "deidflow" else "releaser"
    entity, counts = f"batch:{batch.batch_id}", {"items": batch.items, "round": round_number}
    record = record_of(
        run, agent=reviewer, role=role, activity=f"review.{verdict}", entity=entity, reason=reason, counts=counts
    )
    audit_log.append(url, [record])
    return status(batch.run_id, batch.batch_id)


@task(task_run_name="settle review {round_number}")
def settle_review(batch: Batch, round_number: int) -> Batch:  # noqa: ARG001 - an answer is kept for its round only
    """Close the batch where all of it is decided, so that nothing changes while it is carried out."""
    now = status(batch.run_id, batch.batch_id)
    if now.undecided:
        return now
    try:
        review_queue.close_batch(opened(batch.run_id).settings.database_url, batch.batch_id)
    except UsageError:  # somebody sent an item back at that moment
        return status(batch.run_id, batch.batch_id)
    return now


@task(task_run_name="close review {shard.number}")
def close_review(shard: Shard, batch: Batch) -> Shard:
    """Set aside what people rejected, plan anew what they changed; refuse to go on while anything is undecided."""
    run = opened(shard.run_id)
    url = run.settings.database_url
    if review_queue.pending_count(url, batch.batch_id):
        raise RuntimeError("the review is not finished: items are undecided")
    entries = run.lines(shard.name)
    rejected = {item.asset_id for item in _all(url, batch.batch_id, Status.REJECTED)}
    asked = [entry["asset_id"] for entry in entries if batch.items and not entry.get("reason")]
    truths = review_queue.ground_truths(url, batch.batch_id, asked) if asked else {}
    judged = [_changed(run, _judged(entry, rejected), truths) for entry in entries]
    return stored(run, shard.number, "reviewed", judged)


def _judged(entry: Entry, rejected: set[str]) -> Entry:
    if entry.get("reason") or entry.get("asset_id") not in rejected:
        return entry
    return {**entry, "reason": REJECTED, "detail": "a reviewer rejected it"}


def _changed(run: Run, entry: Entry, truths: dict[str, tuple[Completion, Completion]]) -> Entry:
    """Return an entry with the plan that carries people's changes out, where they made any."""
    _, truth = truths.get(entry.get("asset_id", ""), (None, None))
    if entry.get("reason") or not truth or is_carried_out_by(stored_plan := _plan(run, entry), truth.spans):
        return entry
    plan = reviewed_plan(stored_plan, truth.spans, run.policy)
    name, text = f"plans/{entry['asset_id']}.reviewed.json", codec.plan_to_json(plan).encode()
    run.put(name, text)
    return {**entry, "plan": name, "plan_sha256": digest(text), **counts_of(plan)}


def _all(url: str, batch_id: str, *statuses: Status) -> list[review_queue.Item]:
    return review_queue.items(url, batch_id, statuses, limit=2**31 - 1)


def _few(run: Run, planned: Sequence[Shard]) -> frozenset[str]:
    """Return the assets with a row that fewer subjects of all shards are like than the policy asks for."""
    if run.review == "none" or not run.policy.review.small_cells:
        return frozenset()
    assets = (entry["asset_id"] for shard in planned for entry in run.lines(shard.name) if not entry.get("reason"))
    return cells.small(
        ((one, json.loads(run.get(f"cells/{one}.json"))) for one in assets), run.policy.review.small_cells
    )


def _why(run: Run, entry: Entry, few: frozenset[str]) -> str:
    """Say why a person is asked about an asset; "" where nobody is."""
    rare, small = entry.get("rare", 0), int(entry["asset_id"] in few)
    counts = Counts(entry["counts"], entry["to_review"], entry.get("disputed", 0), rare, small)
    return why_asked(entry["asset_id"], counts, run.policy, run.key, run.review)


def _item(run: Run, entry: Entry, why: str) -> NewItem:
    plan = _plan(run, entry)
    return NewItem(plan, why, urgency(why, plan), is_confirmed(plan.asset_id, run.policy, run.key))


def _plan(run: Run, entry: Entry) -> Plan:
    """Return the detectors' plan; raise RuntimeError where it is not the one that was made."""
    text = run.get(f"plans/{entry['asset_id']}.json")
    if digest(text) != entry["plan_sha256"]:
        raise RuntimeError("a plan is not the one that was made")
    return codec.plan_from_json(text)

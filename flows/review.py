"""The review gate: a run waits here until people have decided, for minutes in one process or for weeks when served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from httpx import HTTPError, HTTPStatusError
from prefect import runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.flow_runs import pause_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.states import Scheduled
from pydantic import Field

from deid_core.errors import ServiceError, UsageError
from infra import review_queue
from infra.settings import Settings
from tasks.artifacts import describe_gate, publish_quality
from tasks.review import AS_DECIDED, Batch, check_answer, objection, open_review, record_review, settle_review
from tasks.shard import Shard

WEEKS = int(timedelta(weeks=52).total_seconds())
TRIES = 3
REVIVALS = 20  # a run that crashes as often as that has another fault
OVERDUE = "deidflow.review.overdue"
Verdict = Literal["approved", "rejected", "sent_back", "as_decided"]
# choices only: whatever is typed into a form of the orchestrator stays in its database
Reason = Literal["reviewed", "identifier missed", "too much removed", "wrong subject", "not to be released", "other"]


class ReviewDecision(RunInput):
    """Decide the batch: approve it, reject it, or send it back for another look."""

    verdict: Verdict = Field(
        description="approved: release it · rejected: release nothing · sent_back: look again · "
        "as_decided: go on with what was decided item by item"
    )
    reviewer: str = Field(
        min_length=1, max_length=100, description="Your name, for the audit: a releaser's of the review pages"
    )
    reason: Reason = Field(default="reviewed", description="Why; no free text, so that no patient's name gets here")


def review_gate(planned: Sequence[Shard], run_id: str, poll_seconds: int = 2) -> Batch:
    """Wait until no item of the run's batch is undecided; sending back opens the gate's next round.

    A served run suspends: its process ends, and it resumes at the top with its stages answered from stored results.
    A run in one process pauses. Where the name in the form is no releaser's it stays closed, and says so.
    """
    batch = open_review(planned, run_id)
    rounds, refused = 0, ""
    while batch.items:
        batch = settle_review(batch, rounds)
        if not batch.undecided:
            break
        rounds += 1
        asked = ReviewDecision.with_initial_data(description=describe_gate(batch, planned, rounds, refused))
        if runtime.deployment.id:
            decision = suspend_flow_run(wait_for_input=asked, key=_key(rounds), timeout=WEEKS)
        else:
            decision = pause_flow_run(
                wait_for_input=asked, key=f"review-{rounds}", timeout=WEEKS, poll_interval=poll_seconds
            )
        refused = check_answer(batch, decision.verdict, decision.reviewer, rounds)
        if not refused:
            batch = record_review(batch, decision.verdict, decision.reviewer, decision.reason, rounds)
    if batch.items:
        publish_quality(batch)
    return batch


def _key(round_number: int) -> str:
    """Return the round's key at the server: one that was answered, or else one by which the run never waited.

    A key serves once, so a run that was killed while it waited asks again by another.
    """
    base = f"review-{round_number}"
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(str(runtime.flow_run.id)))
        used = (run.empirical_policy.pause_keys or set()) if run.empirical_policy else set()
        for key in (base, *(f"{base}-{again}" for again in range(1, REVIVALS + 1))):
            if (key in used) == _answered(client, run.id, key):
                return key
    raise ServiceError("the gate was killed too often")


def _answered(client: SyncPrefectClient, run_id: UUID, key: str) -> bool:
    try:
        client.read_flow_run_input(run_id, f"suspended-{key}-response")
    except (ObjectNotFound, HTTPStatusError):
        return False
    return True


def answer(run_id: str, verdict: str, reviewer: str, reason: str) -> None:
    """Answer a waiting run's form; raise UsageError where it does not wait, or where the answer does not hold."""
    try:
        decision = ReviewDecision.model_validate({"verdict": verdict, "reviewer": reviewer, "reason": reason})
    except ValueError:
        raise UsageError("a decision has a verdict, a reviewer's name and one of the form's reasons") from None
    why = objection(Settings().database_url, verdict, reviewer)
    if why:
        raise UsageError(f"the gate stays closed: {why}")
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(run_id)).state
        if not state or not state.is_paused():
            raise UsageError("that run is not waiting for a decision")
        for _ in range(TRIES):
            taken = client.resume_flow_run(UUID(run_id), run_input=decision.model_dump(mode="json"))
            if taken.status.value == "ACCEPT":
                return
    raise ServiceError("the Prefect server did not take the decision")


def resume_decided(run_id: str) -> bool:
    """Resume a run whose items are all decided, and say whether it was; one that does not wait yet is left alone.

    A served run whose process was killed at its gate is put back in line: it comes to the gate again, and finds its
    stages done.
    """
    url = Settings().database_url
    batch = review_queue.batch_of(url, run_id)
    if batch.status != "open" or review_queue.pending_count(url, batch.id):
        return False
    try:
        with get_client(sync_client=True) as client:
            run = client.read_flow_run(UUID(run_id))
            if run.state and run.state.is_crashed() and run.deployment_id and run.run_count < REVIVALS:
                client.set_flow_run_state(run.id, Scheduled(), force=True)
                return False
        answer(run_id, AS_DECIDED, "deidflow", "reviewed")
    except (UsageError, ServiceError, ObjectNotFound, PrefectHTTPStatusError, HTTPError, ValueError):
        return False  # it is not at its gate yet, or no longer there: the next sweep looks again
    return True


def tend_reviews() -> list[str]:
    """Resume what is decided, tell of what is late by an event of Prefect, and return the ids of the resumed runs.

    Done every while by whoever serves: it catches a decision whose process died before it could resume the run, or
    that came before the run had begun to wait. Being late never releases anything.
    """
    url = Settings().database_url
    resumed = [batch.flow_run_id for batch in review_queue.batches(url) if resume_decided(batch.flow_run_id)]
    for batch in review_queue.escalate_overdue(url):
        undecided = review_queue.pending_count(url, batch.id)
        emit_event(
            OVERDUE,
            {"prefect.resource.id": f"prefect.flow-run.{batch.flow_run_id}", "prefect.resource.role": "flow-run"},
            payload={"batch": batch.id, "undecided": undecided, "after_hours": batch.escalate_hours},
        )
    return resumed

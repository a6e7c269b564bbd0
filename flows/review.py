"""The review gate: a run waits here until people have decided, for minutes in one process or for weeks when served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from prefect import runtime
from prefect.flow_runs import pause_flow_run, suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from tasks.artifacts import describe_gate
from tasks.review import Batch, open_review, record_review
from tasks.shard import Shard

WEEKS = int(timedelta(weeks=52).total_seconds())
Verdict = Literal["approved", "rejected", "sent_back"]
# choices only: whatever is typed into a form of the orchestrator stays in its database
Reason = Literal["reviewed", "identifier missed", "too much removed", "wrong subject", "not to be released", "other"]


class ReviewDecision(RunInput):
    """Decide the batch: approve it, reject it, or send it back for another look."""

    verdict: Verdict = Field(description="approved: release it · rejected: release nothing · sent_back: look again")
    reviewer: str = Field(min_length=1, max_length=100, description="Your name, for the audit")
    reason: Reason = Field(default="reviewed", description="Why; no free text, so that no patient's name gets here")


def review_gate(planned: Sequence[Shard], run_id: str, poll_seconds: int = 2) -> Batch:
    """Wait until no item of the run's batch is undecided; sending back opens the gate's next round.

    A served run suspends: its process ends, and it resumes at the top with its stages answered from stored results.
    A run in one process pauses.
    """
    batch = open_review(planned, run_id)
    rounds = 0
    while batch.undecided:
        rounds += 1
        asked = ReviewDecision.with_initial_data(description=describe_gate(batch, planned, rounds))
        if runtime.deployment.id:
            decision = suspend_flow_run(wait_for_input=asked, key=f"review-{rounds}", timeout=WEEKS)
        else:
            decision = pause_flow_run(
                wait_for_input=asked, key=f"review-{rounds}", timeout=WEEKS, poll_interval=poll_seconds
            )
        batch = record_review(batch, decision.verdict, decision.reviewer, decision.reason, rounds)
    return batch

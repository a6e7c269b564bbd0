"""`review`: look at what waits for people, and decide it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from deid_core.errors import ServiceError, UsageError
from infra import review_queue
from infra.settings import Settings

app = typer.Typer(help="Look at what waits for people, and decide it.", no_args_is_help=True)
out, err = Console(), Console(stderr=True)

RunId = Annotated[str, typer.Argument(help="The run's id.", show_default=False)]
Reviewer = Annotated[str, typer.Option(help="Your name, for the audit.", prompt=True)]
ReasonOption = Annotated[str, typer.Option(help="Why, as on the Resume form.")]
TRIES = 3


def _items(run_id: str) -> list[review_queue.Item]:
    url = Settings().database_url
    review_queue.create(url)
    batch = review_queue.batch_of(url, run_id)
    return review_queue.items(url, batch.id, limit=2**31 - 1)


@app.command()
def show(run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="One item a line.")] = False) -> None:
    """Show a run's items: why each waits, and how many findings of which label it has; no values."""
    table = Table("Asset", "Type", "Status", "Why", "Findings", "Unsure")
    for item in _items(run_id):
        labels = Counter(span["entity_type"] for span in item.spans if span["verdict"] != "keep")
        unsure = sum(span["verdict"] == "review" for span in item.spans)
        if as_json:
            row = {
                "asset_id": item.asset_id,
                "media_type": item.media_type,
                "status": item.status,
                "reason": item.reason,
            }
            sys.stdout.write(json.dumps({**row, "findings": dict(labels), "unsure": unsure}) + "\n")
        found = ", ".join(f"{n} {label}" for label, n in labels.most_common())
        table.add_row(item.asset_id, item.media_type, item.status, item.reason, found, str(unsure))
    if not as_json:
        out.print(table)


@app.command()
def approve(run_id: RunId, reviewer: Reviewer, reason: ReasonOption = "reviewed") -> None:
    """Approve all that waits: it is de-identified, verified and released."""
    resume(run_id, "approved", reviewer, reason)


@app.command()
def reject(run_id: RunId, reviewer: Reviewer, reason: ReasonOption = "not to be released") -> None:
    """Reject all that waits: it is set aside and never released."""
    resume(run_id, "rejected", reviewer, reason)


@app.command("send-back")
def send_back(run_id: RunId, reviewer: Reviewer, reason: ReasonOption = "identifier missed") -> None:
    """Send all that waits back for another look; the run goes on waiting."""
    resume(run_id, "sent_back", reviewer, reason)


def show_counts(run_id: str) -> None:
    """Say on standard error how much waits."""
    items = _items(run_id)
    labels: Counter[str] = Counter(
        span["entity_type"] for item in items for span in item.spans if span["verdict"] != "keep"
    )
    unsure = sum(any(span["verdict"] == "review" for span in item.spans) for item in items)
    err.print(f"[bold]{len(items)} assets wait for review[/], {unsure} of them with unsure findings.")
    err.print("Found: " + ", ".join(f"{n} {label}" for label, n in labels.most_common()), highlight=False)


def resume(run_id: str, verdict: str, reviewer: str, reason: str) -> None:
    """Resume a waiting run with a decision; raise UsageError where it does not wait, or the decision does not hold."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - Prefect reads its environment when imported

    from flows.review import ReviewDecision  # noqa: PLC0415

    try:
        decision = ReviewDecision(verdict=verdict, reviewer=reviewer, reason=reason)
    except ValueError:
        raise UsageError("a decision has a verdict, a reviewer's name and one of the form's reasons") from None
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(run_id)).state
        if not state or not state.is_paused():
            raise UsageError("that run is not waiting for a decision")
        for _ in range(TRIES):
            answer = client.resume_flow_run(UUID(run_id), run_input=decision.model_dump(mode="json"))
            if answer.status.value == "ACCEPT":
                return
    raise ServiceError("the Prefect server did not take the decision")

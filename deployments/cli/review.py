"""`review`: look at what waits for people, and decide it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from deid_core.evaluate.quality import tables
from deployments.cli import accounts
from infra import review_queue
from infra.settings import Settings

app = typer.Typer(help="Look at what waits for people, and decide it.", no_args_is_help=True)
accounts.add_to(app)
out, err = Console(), Console(stderr=True)

RunId = Annotated[str, typer.Argument(help="The run's id.", show_default=False)]
Reviewer = Annotated[str, typer.Option(help="Your name, for the audit.", prompt=True)]
ReasonOption = Annotated[str, typer.Option(help="Why, as on the Resume form.")]
By = Annotated[str, typer.Option(help="Your name, for the audit.", prompt=True)]
Assets = Annotated[list[str] | None, typer.Option("--asset", help="Of these assets only; may be given again.")]


def _batch(run_id: str) -> tuple[str, str]:
    """Return the database's URL and the id of a run's batch."""
    url = Settings().database_url
    review_queue.create(url)
    return url, review_queue.batch_of(url, run_id).id


def _items(run_id: str) -> list[review_queue.Item]:
    url, batch_id = _batch(run_id)
    return review_queue.items(url, batch_id, limit=2**31 - 1)


@app.command()
def show(run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="One item a line.")] = False) -> None:
    """Show a run's items: why each waits, and how many findings of which label it has; no values."""
    table = Table("Asset", "Type", "Status", "Why", "Findings", "Unsure")
    for item in _items(run_id):
        if as_json:
            row = {"asset_id": item.asset_id, "media_type": item.media_type, "status": item.status}
            row |= {"reason": item.reason, "decided_by": item.decided_by, "answer": item.answer}
            sys.stdout.write(json.dumps({**row, "findings": item.labels, "unsure": item.unsure}) + "\n")
        found = ", ".join(f"{n} {label}" for label, n in Counter(item.labels).most_common())
        table.add_row(item.asset_id, item.media_type, item.status, item.reason, found, str(item.unsure))
    if not as_json:
        out.print(table)


@app.command()
def progress(run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="As one line.")] = False) -> None:
    """Show how far a run's review is: items by status and step, and what each person submitted."""
    held = review_queue.progress(*_batch(run_id))
    if as_json:
        sys.stdout.write(json.dumps(asdict(held)) + "\n")
        return
    table = Table("Of", "What", "Items")
    for name, numbers in (("status", held.by_status), ("step", held.by_step), ("person", held.by_reviewer)):
        for what, number in numbers.items():
            table.add_row(name, what, str(number))
    out.print(table)


@app.command()
def quality(run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="All figures.")] = False) -> None:
    """Show how good detectors and reviewers were: recall and precision by label, agreement, time, what was left."""
    told = review_queue.figures(*_batch(run_id))
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        return
    for heads, rows in tables(told):
        table = Table(*heads)
        for row in rows:
            table.add_row(*row)
        if rows:
            out.print(table)


@app.command()
def assign(
    run_id: RunId,
    by: By,
    to: Annotated[list[str], typer.Option("--to", help="Who is to look; may be given again.")],
    order: Annotated[Literal["in_order", "random"], typer.Option(help="The most urgent, or any.")] = "in_order",
    seed: Annotated[int, typer.Option(help="Of a random order; it is written down.")] = 0,
    limit: Annotated[int, typer.Option(help="So many items, at most 200.")] = 200,
) -> None:
    """Share free items out to people, in equal shares."""
    url, batch_id = _batch(run_id)
    for who, number in review_queue.assign(url, batch_id, to, order=order, seed=seed, limit=limit, by=by).items():
        out.print(f"{who}: {number}", highlight=False)


@app.command()
def reset(run_id: RunId, by: By, asset: Assets = None) -> None:
    """Begin items anew: people's versions are withdrawn and kept; assignments, history and audit stay."""
    url, batch_id = _batch(run_id)
    out.print(f"{review_queue.reset(url, batch_id, by, asset)} items wait again.", highlight=False)


@app.command()
def redetect(
    run_id: RunId,
    by: By,
    scope: Annotated[
        Literal["untouched", "manual", "all"], typer.Option(help="Items nobody worked on, those somebody did, or all.")
    ] = "untouched",
) -> None:
    """Run the detectors again over undecided items; every version stays."""
    _batch(run_id)
    from tasks.redetect import redetect as search  # noqa: PLC0415 - Prefect reads its environment when imported

    out.print(f"{search(run_id, by, scope)} items have a new version.", highlight=False)


@app.command()
def tend() -> None:
    """Resume the runs whose items are all decided, and tell of those that are late; `up` does it by itself."""
    review_queue.create(Settings().database_url)
    from flows.review import tend_reviews  # noqa: PLC0415 - Prefect reads its environment when imported

    for run_id in tend_reviews():
        out.print(f"{run_id} goes on.", highlight=False)


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
    labels: Counter[str] = Counter()
    for item in items:
        labels.update(item.labels)
    unsure = sum(bool(item.unsure) for item in items)
    err.print(f"[bold]{len(items)} assets wait for review[/], {unsure} of them with unsure findings.")
    err.print("Found: " + ", ".join(f"{n} {label}" for label, n in labels.most_common()), highlight=False)


def resume(run_id: str, verdict: str, reviewer: str, reason: str) -> None:
    """Resume a waiting run with a decision; raise UsageError where it does not wait, or the decision does not hold."""
    from flows.review import answer  # noqa: PLC0415 - Prefect reads its environment when imported

    answer(run_id, verdict, reviewer, reason)

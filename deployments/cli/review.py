"""`review`: look at what waits for people, and decide it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from deid_core.errors import UsageError
from deid_core.evaluate.quality import tables
from deployments.cli import accounts, training
from deployments.cli.desk import Desk
from deployments.server import configure
from infra import review_queue
from infra.settings import Settings

app = typer.Typer(help="Look at what waits for people, and decide it.", no_args_is_help=True)
accounts.add_to(app)
training.add_to(app)
out, err = Console(), Console(stderr=True)

RunId = Annotated[str, typer.Argument(help="The run's id.", show_default=False)]
Reviewer = Annotated[str, typer.Option(help="Your name, for the audit; a server takes it from the token.")]
ReasonOption = Annotated[str, typer.Option(help="Why, as on the Resume form.")]
By = Annotated[str, typer.Option(help="Your name, for the audit; a server takes it from the token.")]
Assets = Annotated[list[str] | None, typer.Option("--asset", help="Of these assets only; may be given again.")]


@app.callback()
def where(
    context: typer.Context,
    server: Annotated[
        str,
        typer.Option(envvar="DEIDFLOW_REVIEW_SERVER", help="The review pages' address; without, this machine's files."),
    ] = "",
) -> None:
    """Look at what waits for people, and decide it."""
    context.obj = Desk(server, os.environ.get("DEIDFLOW_REVIEW_TOKEN", ""))  # no option: others see a command's words


@app.command()
def show(
    context: typer.Context,
    run_id: RunId,
    as_json: Annotated[bool, typer.Option("--json", help="One item a line.")] = False,
) -> None:
    """Show a run's items: why each waits, and how many findings of which label it has; no values."""
    table = Table("Asset", "Type", "Status", "Why", "Findings", "Unsure")
    for item in desk_of(context).items(run_id):
        if as_json:
            row = {name: item[name] for name in ("asset_id", "media_type", "status", "reason", "decided_by", "answer")}
            sys.stdout.write(json.dumps({**row, "findings": item["labels"], "unsure": item["unsure"]}) + "\n")
        found = ", ".join(f"{n} {label}" for label, n in Counter(item["labels"]).most_common())
        cells = (item[name] for name in ("asset_id", "media_type", "status", "reason"))
        table.add_row(*cells, found, str(item["unsure"]))
    if not as_json:
        out.print(table)


@app.command()
def progress(
    context: typer.Context, run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="As one line.")] = False
) -> None:
    """Show how far a run's review is: items by status and step, and what each person submitted."""
    desk = desk_of(context)
    held = desk.ask("GET", f"/batches/{desk.batch(run_id)['id']}")["progress"]
    if as_json:
        sys.stdout.write(json.dumps(held) + "\n")
        return
    table = Table("Of", "What", "Items")
    for name in ("status", "step", "reviewer"):
        for what, number in held[f"by_{name}"].items():
            table.add_row("person" if name == "reviewer" else name, what, str(number))
    out.print(table)


@app.command()
def quality(
    context: typer.Context, run_id: RunId, as_json: Annotated[bool, typer.Option("--json", help="All figures.")] = False
) -> None:
    """Show how good detectors and reviewers were: recall and precision by label, agreement, time, what was left."""
    desk = desk_of(context)
    told = desk.ask("GET", f"/batches/{desk.batch(run_id)['id']}/quality")
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
    context: typer.Context,
    run_id: RunId,
    to: Annotated[list[str], typer.Option("--to", help="Who is to look; may be given again.")],
    by: By = "",
    order: Annotated[Literal["in_order", "random"], typer.Option(help="The most urgent, or any.")] = "in_order",
    seed: Annotated[int, typer.Option(help="Of a random order; it is written down.")] = 0,
    limit: Annotated[int, typer.Option(help="So many items, at most 200.")] = 200,
) -> None:
    """Share free items out to people, in equal shares."""
    asked = {"reviewers": to, "order": order, "seed": seed, "limit": limit}
    for who, number in _done(context, run_id, "assign", by, asked).items():
        out.print(f"{who}: {number}", highlight=False)


@app.command()
def reset(context: typer.Context, run_id: RunId, by: By = "", asset: Assets = None) -> None:
    """Begin items anew: people's versions are withdrawn and kept; assignments, history and audit stay."""
    told = _done(context, run_id, "reset", by, {"asset_ids": asset})
    out.print(f"{told['reset']} items wait again.", highlight=False)


@app.command()
def redetect(
    context: typer.Context,
    run_id: RunId,
    by: By = "",
    scope: Annotated[
        Literal["untouched", "manual", "all"], typer.Option(help="Items nobody worked on, those somebody did, or all.")
    ] = "untouched",
) -> None:
    """Run the detectors again over undecided items; every version stays."""
    told = _done(context, run_id, "redetect", by, {"scope": scope})
    out.print(f"{told['redetected']} items have a new version.", highlight=False)


@app.command()
def tend(context: typer.Context) -> None:
    """Resume the runs whose items are all decided, and tell of those that are late; `up` does it by itself."""
    if desk_of(context).server:
        raise UsageError("a server tends its reviews by itself")
    settings = Settings()
    configure(settings.home)
    review_queue.create(settings.database_url)
    from flows.review import tend_reviews  # noqa: PLC0415 - Prefect reads its environment when imported

    for run_id in tend_reviews():
        out.print(f"{run_id} goes on.", highlight=False)


@app.command()
def approve(context: typer.Context, run_id: RunId, reviewer: Reviewer = "", reason: ReasonOption = "reviewed") -> None:
    """Approve all that waits: it is de-identified, verified and released."""
    _decide(context, run_id, reviewer, {"verdict": "approved", "reason": reason})


@app.command()
def reject(
    context: typer.Context, run_id: RunId, reviewer: Reviewer = "", reason: ReasonOption = "not to be released"
) -> None:
    """Reject all that waits: it is set aside and never released."""
    _decide(context, run_id, reviewer, {"verdict": "rejected", "reason": reason})


@app.command("send-back")
def send_back(
    context: typer.Context, run_id: RunId, reviewer: Reviewer = "", reason: ReasonOption = "identifier missed"
) -> None:
    """Send all that waits back for another look; the run goes on waiting."""
    _decide(context, run_id, reviewer, {"verdict": "sent_back", "reason": reason})


def desk_of(context: typer.Context) -> Desk:
    """Return the way to the endpoints that the command's options name."""
    held: Desk = context.obj
    return held


def _done(context: typer.Context, run_id: str, act: str, by: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Have something done to a run's batch, in somebody's name."""
    desk = desk_of(context)
    batch = desk.batch(run_id)
    told: dict[str, Any] = desk.ask("POST", f"/batches/{batch['id']}/{act}", asked, by=desk.who(by))
    return told


def _decide(context: typer.Context, run_id: str, reviewer: str, asked: dict[str, Any]) -> None:
    told = _done(context, run_id, "decide", reviewer, asked)
    out.print(f"{told['decided']} were decided, {told['undecided']} wait.", highlight=False)
    if not told["undecided"]:
        out.print("The run goes on by itself, within half a minute where it is served.", highlight=False)


def show_counts(run_id: str) -> None:
    """Say on standard error how much waits."""
    items = list(Desk().items(run_id))
    labels: Counter[str] = Counter()
    for item in items:
        labels.update(item["labels"])
    unsure = sum(bool(item["unsure"]) for item in items)
    err.print(f"[bold]{len(items)} assets wait for review[/], {unsure} of them with unsure findings.")
    err.print("Found: " + ", ".join(f"{n} {label}" for label, n in labels.most_common()), highlight=False)


def named(verdict: str) -> Callable[[str], str]:
    """Return what takes a name for an answer to the form, and asks again for one that may not give it."""
    from tasks.review import objection  # noqa: PLC0415 - as above

    def checked(name: str) -> str:
        why = objection(Settings().database_url, verdict, name)
        if why:
            raise typer.BadParameter(why)
        return name

    return checked


def resume(run_id: str, verdict: str, reviewer: str, reason: str) -> None:
    """Answer a waiting run's Resume form; raise UsageError where it does not wait, or the answer does not hold."""
    from flows.review import answer  # noqa: PLC0415 - Prefect reads its environment when imported

    answer(run_id, verdict, reviewer, reason)

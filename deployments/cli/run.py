"""`run` and `up`: the pipeline, in this process or served."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deid_core.errors import UsageError
from deployments.server import HOST, prefect_server
from deployments.tending import tending
from infra import accounts
from infra.settings import Settings, new_key, prepare_home

if TYPE_CHECKING:
    from tasks.export import Release

Review = Literal["required", "sampled", "none"]
STAGES = ("ingest", "plan", "apply", "verify")
NOT_ALL = 3
out, err = Console(), Console(stderr=True)
Gate = Callable[[str], None]  # is told the run's id once it waits for people


class Bars:
    """Show how far each stage is, from what the tasks of this process report."""

    def __init__(self) -> None:
        """Draw on standard error, so that standard output stays a machine's."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=err, transient=False)
        self.bars = {stage: self.progress.add_task(stage, total=None, start=False) for stage in STAGES}

    def __call__(self, stage: str, done: int, expected: int) -> None:
        """Take a report of the tasks."""
        bar = self.bars[stage]
        if expected:
            self.progress.start_task(bar)
            self.progress.update(bar, total=(self.progress.tasks[bar].total or 0) + expected)
        if done:
            self.progress.update(bar, advance=done)


def run(
    source: Annotated[str, typer.Argument(help="A folder, a file, or s3://bucket/prefix.", show_default=False)],
    policy: Annotated[str, typer.Option("--policy", "-p", help="A shipped or saved policy, or a .toml file.")] = "",
    review: Annotated[Review, typer.Option(help="Who looks before anything is released.")] = "required",
    store: Annotated[str, typer.Option(help="Where to release to; a folder or s3://bucket/prefix.")] = "",
    show_names: Annotated[
        bool, typer.Option("--show-names", help="Name quarantined files; names can identify people.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run the pipeline over a source: find, review, remove, verify, release."""
    settings = ready()
    if "://" not in source and not Path(source).exists():
        raise UsageError("there is nothing at that source")
    url = source if "://" in source else str(Path(source).absolute())
    with prefect_server(settings.home) as api:
        err.print(f"Prefect UI: {api.removesuffix('/api')}", highlight=False)
        release = execute(settings, url, policy or settings.policy, review, store, ask_here)
    tell(release, show_names=show_names, as_json=as_json)
    if release.quarantined or not release.released:
        raise typer.Exit(NOT_ALL)


def ready() -> Settings:
    """Return the settings, with the home folder and, on the first run, the project key made."""
    settings = Settings()
    prepare_home(settings)
    if not settings.key_file.exists():
        new_key(settings.key_file)
        err.print(f"A project key was made: {settings.key_file}. Who has it can link releases; keep it apart and safe.")
    return settings


def execute(settings: Settings, url: str, policy: str, review: Review, store: str, gate: Gate) -> Release:
    """Run the flow in this process against the server that is configured; `gate` is called when it waits."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

    from flows.deidentify import deidentify  # noqa: PLC0415 - Prefect reads its environment when imported
    from tasks import progress  # noqa: PLC0415
    from tasks.run import register_source  # noqa: PLC0415

    alias = register_source(settings, url)
    bars, done = Bars(), Event()
    progress.listeners.append(bars)
    watcher = Thread(target=_watch, args=(done, gate, bars), daemon=True)
    watcher.start()
    try:
        # whoever waits here sees whether the run lives; Prefect's beats would hold up its end by a second
        with bars.progress, temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            release: Release = deidentify(alias, policy, review, store)
    finally:
        done.set()
        progress.listeners.remove(bars)
        watcher.join(5)
    return release


def _watch(done: Event, gate: Gate, bars: Bars) -> None:
    """Call the gate each time the run of this process begins to wait; go on when people decided it elsewhere."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    from flows.review import resume_decided  # noqa: PLC0415
    from tasks import progress  # noqa: PLC0415

    told = ""
    sweep: Thread | None = None
    with get_client(sync_client=True) as client:
        while not done.wait(0.5):
            if not progress.run_ids:
                continue
            state = client.read_flow_run(UUID(progress.run_ids[-1])).state
            if state and state.is_paused() and sweep is None:
                sweep = tending(done)  # the gate below may ask at this terminal, and wait long
            # the form's schema is stored just after the state changes
            if state and state.is_paused() and state.state_details.pause_key != told:
                told = str(state.state_details.pause_key)
                time.sleep(1)
                bars.progress.stop()
                gate(progress.run_ids[-1])
                bars.progress.start()
            elif state and state.is_paused():
                resume_decided(progress.run_ids[-1])  # by the pages or a command, while this process waits


def ask_here(run_id: str) -> None:
    """Ask at this terminal, or say how to answer from elsewhere where nobody sits here."""
    from deployments.cli import review as desk  # noqa: PLC0415

    desk.show_counts(run_id)
    if not sys.stdin.isatty():
        err.print(
            f"Waiting for review: resume it in the Prefect UI, or `deidflow review approve {run_id} --reviewer NAME`"
        )
        return
    verdict = typer.prompt("approve, reject, send-back, or later", default="later", err=True)
    choices = {"approve": "approved", "reject": "rejected", "send-back": "sent_back"}
    if verdict not in choices:
        err.print("Waiting: resume it in the Prefect UI when it has been looked at.")
        return
    name = typer.prompt("Your name, for the audit", err=True, value_proc=desk.named(choices[verdict]))
    desk.resume(run_id, choices[verdict], name, "reviewed")


def tell(release: Release, *, show_names: bool, as_json: bool) -> None:
    """Print what a run did: counts, what was set aside and why, and the release."""
    from tasks.run import opened  # noqa: PLC0415

    run = opened(release.run_id)
    held = [
        {
            "asset": row["path"] if show_names else row.get("asset_id") or "unread",
            "stage": row["stage"],
            "reason": row["reason"],
            "detail": row.get("detail", ""),
        }
        for name in run.names("verify/")
        for row in run.lines(name)
        if row.get("reason")
    ]
    where = run.release.url(release.release_id) if release.release_id else ""
    if as_json:
        counts = {
            "by_stage": dict(release.by_stage),
            "by_entity": dict(release.by_entity),
            "by_reason": dict(release.by_reason),
        }
        result: dict[str, Any] = {"run_id": release.run_id, "release_id": release.release_id, "release": where}
        sys.stdout.write(
            json.dumps({**result, "released": release.released, "counts": counts, "quarantined": held}) + "\n"
        )
        return
    stages = Table("Stage", "Assets", title=f"Run {release.run_id}")
    for stage, number in release.by_stage:
        stages.add_row(stage, str(number))
    out.print(stages)
    if held:
        table = Table("Set aside", "At", "Reason", "Detail")
        for row in held:
            table.add_row(row["asset"], row["stage"], row["reason"], row["detail"])
        out.print(table)
    out.print(f"Release: {where or 'nothing was released'}", highlight=False, soft_wrap=True)


def up(
    port: Annotated[int, typer.Option(help="The Prefect server's port.")] = 4200,
    webhook_port: Annotated[int, typer.Option(help="The webhook's port.")] = 8090,
    review_port: Annotated[int, typer.Option(help="The review pages' port.")] = 8091,
    source: Annotated[str, typer.Option(help="A source to run over on a schedule.")] = "",
    cron: Annotated[str, typer.Option(help="When, as a cron line, e.g. '0 2 * * *'.")] = "",
) -> None:
    """Start everything on this machine: Prefect and its UI, the served flow, the webhook, the review pages."""
    settings = ready()
    if bool(source) != bool(cron):
        raise UsageError("a schedule has a --source and a --cron")
    with prefect_server(settings.home, port) as api:
        from deployments.serve import serving  # noqa: PLC0415 - Prefect reads its environment when imported

        os.environ["PREFECT_API_URL"] = api
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        with serving(settings, webhook_port, source, cron, review_port) as webhook:
            out.print(f"Prefect UI   {api.removesuffix('/api')}", highlight=False)
            out.print(f"Review       {settings.review_url or f'http://{HOST}:{review_port}'}", highlight=False)
            out.print(f"Webhook      {webhook}", highlight=False)
            out.print("Deployment   deidentify/deidentify", highlight=False)
            if not accounts.any_user(settings.database_url):
                out.print("Nobody may sign in to the review yet: deidflow review user add NAME --role reviewer")
            out.print("Ctrl-C stops all of it.")
            stop.wait()
    out.print("Stopped.")


def add_to(app: typer.Typer) -> None:
    """Add the pipeline's commands."""
    app.command()(run)
    app.command()(up)

"""`review export`: the texts that people approved, with what they marked, to train and to measure on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deid_core.errors import UsageError
from infra.settings import Settings, prepare_home

MINE = 0o600  # it holds what identifies people
err = Console(stderr=True)


def export(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="A file that ends in .jsonl, .spacy or .iob.")],
    by: Annotated[str, typer.Option(help="Your name, for the audit: an adjudicator's.")] = "",
) -> None:
    """Write the texts that people approved with the identifiers they agreed on: REAL VALUES, to train on."""
    if context.obj.server:
        raise UsageError("texts are exported where their sources lie, and never over a network")
    if out.exists():
        raise UsageError("the file is there already")
    from deployments.server import configure  # noqa: PLC0415 - Prefect reads its environment when imported
    from deployments.train import formats  # noqa: PLC0415 - spaCy only where it is needed

    settings = Settings()
    prepare_home(settings)
    configure(settings.home)
    from tasks.reviewed import reviewed  # noqa: PLC0415 - as above
    from tasks.run import opened  # noqa: PLC0415 - as above

    formats.check(out.suffix)
    marked = reviewed(run_id, by)
    data = formats.written(marked, out.suffix, opened(run_id).policy.language)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MINE), "wb") as file:
        file.write(data)
    number = sum(len(one.spans) for one in marked)
    err.print(f"{len(marked)} texts with {number} identifiers. [bold]The file holds them as they are[/]: guard it.")


def add_to(app: typer.Typer) -> None:
    """Add the command to those of the review."""
    app.command()(export)

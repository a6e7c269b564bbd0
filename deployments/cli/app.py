"""The command's tree, and how an error ends it: one line that says what to do, and the error's exit code."""

from __future__ import annotations

import sys
from importlib.metadata import version

import typer
from rich.console import Console

from deid_core.errors import DeidflowError
from deployments.cli import checks, core, evaluate, resources, review, run
from deployments.demo import demo

app = typer.Typer(
    name="deidflow",
    help="De-identify healthcare data: find, review, remove, prove. Nothing leaves this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with locals would show values
    rich_markup_mode="rich",
)
run.add_to(app)
core.add_to(app)
evaluate.add_to(app)
checks.add_to(app)
resources.add_to(app)
app.command()(demo)
app.add_typer(review.app, name="review")


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"deidflow {version('deidflow')}")
        raise typer.Exit


@app.callback()
def options(
    _version_wanted: bool = typer.Option(
        False, "--version", callback=lambda value: _version(wanted=value), is_eager=True, help="Show the version."
    ),
) -> None:
    """Hold the options of the command itself."""


def main() -> None:
    """Run the command; a known error prints its message and exits with its code."""
    try:
        app()
    except DeidflowError as error:
        Console(stderr=True).print(f"[bold red]error:[/] {error}", highlight=False)
        sys.exit(error.exit_code)

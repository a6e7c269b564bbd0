"""`resources`, `model check`: what a policy can pick from, and whether a model of one's own will do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deid_core import resources as known
from deid_core.policy import OwnModel, load_policy

model = typer.Typer(help="Check models of your own.", no_args_is_help=True)
out = Console()


def resources(
    policy: Annotated[str, typer.Option("--policy", "-p", help="Also what this policy brings, and what it uses.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only these, such as detector, model, rules, pattern.")] = "",
    reads: Annotated[str, typer.Option("--reads", help="Only what reads this, such as text, pixels, text/csv.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List detectors, models, rules, operators, readers and policies, each with its kind and version."""
    held = load_policy(policy) if policy else None
    found = known.resources(held, kind, reads)
    if as_json:
        sys.stdout.write(json.dumps([one.as_dict() for one in found], indent=1) + "\n")
        return
    for one in found:
        told = ", ".join(one.reads) if one.reads != (one.name,) else ""
        line = f"[bold]{one.kind} {one.name}[/] {one.missing or one.version}" + (f" reads {told}" if told else "")
        out.print(line + (" [green](used)[/]" if one.used else ""), highlight=False, soft_wrap=True)


@model.command("check")
def model_check(
    path: Annotated[Path, typer.Argument(help="A spaCy pipeline's folder.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "own",
    language: Annotated[str, typer.Option("--language", help="Of its texts.")] = "en",
    label: Annotated[
        list[str] | None, typer.Option("--label", help="What a label of it means, as PER=NAME; once a label.")
    ] = None,
) -> None:
    """Load a model as the pipeline would, and print the lines that a policy names it by."""
    from deid_core.detect import ner_own  # noqa: PLC0415 - spaCy only where it is needed

    pairs = (one.partition("=") for one in label or ())
    labels = {theirs: ours for theirs, _, ours in pairs}
    asked = OwnModel.model_validate(
        {"name": name, "path": str(path.resolve()), "sha256": ner_own.digest_of(path), "labels": labels}
    )
    ner_own.opened(asked, language)
    told = ", ".join(f"{theirs} = {json.dumps(str(ours))}" for theirs, ours in asked.labels.items())
    sys.stdout.write(f'[[models]]\nname = "{name}"\npath = {json.dumps(asked.path)}\nsha256 = "{asked.sha256}"\n')
    sys.stdout.write(f"labels = {{ {told} }}\n" if told else "")


def add_to(app: typer.Typer) -> None:
    """Add the commands that tell what there is."""
    app.command()(resources)
    app.add_typer(model, name="model")

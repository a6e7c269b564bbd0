"""What the reference says is what the code is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from deid_core import reference
from deid_core.policy import parse_policy
from deployments.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
TABLES = [
    ("labels.md", "labels", reference.labels_table),
    ("labels.md", "identifiers", reference.identifiers_table),
    ("errors.md", "reasons", reference.reasons_table),
    ("errors.md", "exits", reference.exits_table),
]


def page(name: str) -> str:
    """Return a page of the reference."""
    return (ROOT / "docs" / "reference" / name).read_text("utf-8")


@pytest.mark.parametrize(("name", "table", "made"), TABLES, ids=[table for _, table, _ in TABLES])
def test_tables_are_those_of_the_code(name, table, made) -> None:
    """A table on a page is what the code prints now."""
    assert f"<!-- table: {table} -->\n{made()}<!-- end -->" in page(name)


def test_the_example_policy_holds() -> None:
    """The policy on the page is one."""
    text = re.findall(r"```toml\n(.*?)```", page("policy.md"), re.DOTALL)[0]
    assert parse_policy(text).name == "our_registry"


def test_every_command_and_option_is_named() -> None:
    """Each command has its row, and the row names each of its options."""
    rows = {row.split("`")[1]: row for row in page("cli.md").splitlines() if row.startswith("| `deidflow")}
    for name, command in commands(get_command(app)):
        row = next((row for start, row in rows.items() if start == name or start.startswith(name + " ")), "")
        assert row, name
        for option in command.params:
            if isinstance(option, typer.core.TyperOption) and option.name != "help":
                assert any(f"`{flag}`" in row for flag in option.opts), f"{name} {option.opts}"


def commands(group, prefix="deidflow"):
    """Yield (name, command) of every leaf of the command's tree."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def test_links_lead_somewhere() -> None:
    """Each relative link of each page leads to a file."""
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name} -> {target}"

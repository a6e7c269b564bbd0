"""`audit verify`, `release verify`, `policy show|check|list`, `key new`: what can be checked and made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deid_core import manifest, registry
from deid_core.audit import Head, verify_chain
from deid_core.entities import ENTITIES
from deid_core.errors import IntegrityError
from deid_core.policy import OWN, load_policy, shipped
from infra.objects import ObjectStore, open_store
from infra.settings import Settings, new_key

audit = typer.Typer(help="Check audit chains.", no_args_is_help=True)
release = typer.Typer(help="Check releases.", no_args_is_help=True)
policy = typer.Typer(help="Show and check policies.", no_args_is_help=True)
key = typer.Typer(help="Make the project key.", no_args_is_help=True)
out = Console()
LIMIT = 4 * 2**30
Where = Annotated[str, typer.Argument(help="A release: a folder or s3://bucket/release.", show_default=False)]
PolicyName = Annotated[str, typer.Argument(help="A shipped policy's name, or a .toml file.", show_default=False)]


@audit.command("verify")
def audit_verify(where: Where, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Verify every audit chain of a release against its own hashes and its head."""
    store = open_store(where, Settings().release)
    heads = _chains(store)
    _print({"chains": len(heads), "records": sum(head.seq - head.first + 1 for head in heads)}, as_json=as_json)


@release.command("verify")
def release_verify(where: Where, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Verify a release: every object listed, none besides, none changed, and its audit chains whole."""
    store = open_store(where, Settings().release)
    names = [info.key for info in store.list("data/")]
    held = manifest.check(store.get("manifest.json", LIMIT), names, lambda name: store.get(name, LIMIT))
    heads = _chains(store)
    _print({"release_id": held["release_id"], "assets": len(held["assets"]), "chains": len(heads)}, as_json=as_json)


def _chains(store: ObjectStore) -> list[Head]:
    names = sorted(info.key for info in store.list("audit/") if info.key.endswith(".jsonl"))
    if not names:
        raise IntegrityError("there is no audit chain: a release without one is not to be trusted")
    return [_chain(store, name) for name in names]


def _chain(store: ObjectStore, name: str) -> Head:
    lines = store.get(name, LIMIT).decode("utf-8", "replace").splitlines()
    claimed = json.loads(store.get(name.removesuffix(".jsonl") + ".head.json", LIMIT))
    head = verify_chain(lines, claimed["hash"])
    if head is None:
        raise IntegrityError("an audit chain has no record")
    return head


def _print(result: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"verified": True, **result}) + "\n")
    else:
        out.print(
            "[bold green]verified[/] " + ", ".join(f"{name} {value}" for name, value in result.items()), highlight=False
        )


@policy.command("list")
def policy_list() -> None:
    """List the shipped policies."""
    for name in shipped():
        held = load_policy(name)
        out.print(f"[bold]{name}[/] {held.title}: {held.basis}", highlight=False)


@policy.command("show")
def policy_show(name: PolicyName, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what a policy does about each label."""
    held = load_policy(name)
    if as_json:
        sys.stdout.write(held.model_dump_json() + "\n")
        return
    table = Table("Label", "164.514(b)(2)(i)", "Action", "What it does", title=f"{held.title} ({held.basis})")
    for label, names in ENTITIES.items():
        rule = held.rule(label)
        described = registry.load("operators", rule.action).description
        table.add_row(label, f"({names.hipaa})" if names.hipaa else "", rule.action, described)
    out.print(table)
    out.print(f"DICOM options: {', '.join(held.dicom.options) or 'none'}\nSHA-256: {held.sha256}", highlight=False)


@policy.command("check")
def policy_check(name: PolicyName) -> None:
    """Check a policy: every field, that each operator, detector and label exists, and its own models' files."""
    held = load_policy(name)
    for rule in (held.default, *held.rules.values()):
        registry.load("operators", rule.action)
    if held.models:
        registry.load("detectors", OWN)(held).models()
    out.print(f"[bold green]holds[/] {held.name} {held.version} {held.sha256}", highlight=False)


@key.command("new")
def key_new(
    path: Annotated[Path | None, typer.Argument(help="Where; the settings' key file if not said.")] = None,
) -> None:
    """Make a project key: same key, same surrogates; no key, no way back."""
    target = path or Settings().key_file
    made = new_key(target)
    out.print(f"{target} (key id {made.key_id})", highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands that check and make."""
    app.add_typer(audit, name="audit")
    app.add_typer(release, name="release")
    app.add_typer(policy, name="policy")
    app.add_typer(key, name="key")

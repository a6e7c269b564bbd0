"""What a run is, by reference: everything else about it lies in the workspace.

Prefect and Dask see a run's id, shard names, hashes and counts. A source's address can name a patient, so it is
registered in the workspace and known outside by an alias.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from deid_core import registry
from deid_core.errors import Quarantine, UsageError
from deid_core.ingest.pieces import Mapped
from deid_core.ingest.pieces import digest as digest  # noqa: PLC0414 - what names an asset, from here
from deid_core.keys import ProjectKey
from deid_core.policy import OWN, Policy
from deid_core.ports import keyed_code
from infra import audit_log, review_queue
from infra.lines import LinesStore
from infra.objects import Content, ObjectStore, open_store
from infra.settings import Settings, load_key
from infra.vault import Vault
from tasks import policies

LIMIT = 4 * 2**30  # bytes of one asset
SMALL = 2**28  # bytes of a file of our own


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what a step needs, opened once a process."""

    run_id: str
    settings: Settings
    key: ProjectKey
    policy: Policy
    source: LinesStore
    workspace: ObjectStore
    release: ObjectStore
    audit: ObjectStore
    vault: Vault
    review: str

    def code(self, subject_key: str) -> str:
        """Return a subject's code as the policy asks: random from the vault (45 CFR 164.514(c)), or keyed."""
        return _drawn(self.vault, subject_key) if self.policy.codes == "random" else keyed_code(self.key)(subject_key)

    def put_lines(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Store rows as JSON Lines under the run; a stage done again replaces what it wrote."""
        data = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows).encode()
        self.workspace.put(f"runs/{self.run_id}/{name}", data, create_only=False)

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Return rows stored under the run."""
        return [json.loads(line) for line in self.workspace.get(f"runs/{self.run_id}/{name}", SMALL).splitlines()]

    def names(self, prefix: str) -> list[str]:
        """Return the names stored under the run that begin with a prefix, in order."""
        root = f"runs/{self.run_id}/"
        return sorted(info.key.removeprefix(root) for info in self.workspace.list(root + prefix))

    def put(self, name: str, data: Content) -> None:
        """Store bytes under the run, replacing what is there."""
        self.workspace.put(f"runs/{self.run_id}/{name}", data, create_only=False)

    def view(self, name: str) -> Mapped:
        """Return bytes stored under the run, mapped where they are many."""
        return self.workspace.view(f"runs/{self.run_id}/{name}", LIMIT)

    def get(self, name: str) -> bytes:
        """Return bytes stored under the run."""
        return self.workspace.get(f"runs/{self.run_id}/{name}", LIMIT)


def workspace_of(settings: Settings) -> ObjectStore:
    """Open the workspace."""
    return open_store(settings.workspace_url, settings.workspace, create=True)


def register_source(settings: Settings, url: str) -> str:
    """Note a source's address in the workspace and return the alias that flows and pages may show.

    A folder's path is made absolute: workers may stand elsewhere.
    """
    url = url if "://" in url else str(Path(url).absolute())
    alias = "source-" + load_key(settings).token("source", url, length=12)
    workspace_of(settings).put(f"sources/{alias}.json", json.dumps({"url": url}).encode(), create_only=False)
    return alias


def source_url(settings: Settings, source: str) -> str:
    """Return the address behind an alias; an address is returned as it is."""
    if not source.startswith("source-"):
        return source
    try:
        url: str = json.loads(workspace_of(settings).get(f"sources/{source}.json", SMALL))["url"]
    except (Quarantine, KeyError, ValueError):
        raise UsageError(f"{source} is not a registered source") from None
    return url


def describe_run(run_id: str, source: str, policy: str, review: str, release: str) -> None:
    """Write down what a run is, once: a run that resumes finds what it began with, whatever changed since."""
    settings = Settings()
    store = workspace_of(settings)
    audit_log.create(settings.database_url)
    review_queue.create(settings.database_url)
    Vault(settings.vault_url, load_key(settings)).create()
    name = f"runs/{run_id}/run.json"
    if store.exists(name):
        return
    chosen = policies.named(store, policy)
    if chosen.models:
        registry.load("detectors", OWN)(chosen).models()  # what cannot be read ends the run here
    held = {
        "source": source_url(settings, source),
        "policy": chosen.model_dump(mode="json"),
        "review": review,
        "release": release or settings.release_url,
    }
    store.put(name, json.dumps(held, sort_keys=True).encode(), create_only=False)


@cache
def opened(run_id: str) -> Run:
    """Open a run by its id, in any process that has the same settings."""
    settings = Settings()
    workspace = workspace_of(settings)
    held = json.loads(workspace.get(f"runs/{run_id}/run.json", SMALL))
    key = load_key(settings)
    return Run(
        run_id,
        settings,
        key,
        Policy.model_validate(held["policy"]),
        LinesStore(open_store(held["source"], settings.source)),
        workspace,
        open_store(held["release"], settings.release, create=True),
        open_store(settings.audit_url, settings.audit, create=True),
        Vault(settings.vault_url, key),
        held["review"],
    )


@lru_cache(maxsize=10_000)
def _drawn(vault: Vault, subject_key: str) -> str:
    return vault.code(subject_key)  # it never changes once drawn


def shards(entries: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Cut a stream of entries into lists of at most `size`."""
    held: list[dict[str, Any]] = []
    for entry in entries:
        held.append(entry)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held

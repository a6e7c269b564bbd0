"""The desk of the review pages' tests: an application with a batch of a note and a table, and who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from deployments.review.app import create_app
from infra import accounts
from infra import review_queue as queue
from infra.accounts import Role
from infra.settings import Settings
from tasks.run import LIMIT, opened

NOTE = (
    "Patient: Jane Canary, MRN 7712345\r\n😀 seen 3/14/2021 by Dr. Alan Kestrel.\r\nHer neighbour zebulon called.\r\n"
)


@dataclass
class Desk:
    """Hold an application with one batch of one note and a table, and who may sign in."""

    app: Any
    url: str
    batch: str
    items: dict[str, int]
    password: str = "correct horse battery"

    def signed_in(self, *roles: Role, name: str = "") -> TestClient:
        """Return a client of a user of those roles."""
        user = name or "-".join(roles)
        if user not in {held.name for held in accounts.users(self.url)}:
            accounts.add_user(self.url, user, roles, self.password)
        client = TestClient(self.app, follow_redirects=False)
        answer = client.post("/api/session", json={"name": user, "password": self.password})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def taken(self, client: TestClient, item: int) -> dict[str, Any]:
        """Take an item and return its turn and version."""
        assert client.post(f"/api/items/{item}/claim").status_code == 200
        held = client.get(f"/api/items/{item}").json()
        return {"turn_id": held["turn"]["id"], "expected": held["current"]}

    def source(self, item: int) -> bytes:
        """Return an item's source as it came."""
        run = opened(queue.batch(self.url, self.batch).flow_run_id)
        entries = [entry for name in run.names("ingest/") for entry in run.lines(name)]
        path = next(entry["path"] for entry in entries if entry["asset_id"] == self.asset(item))
        return run.source.get(path, LIMIT)

    def asset(self, item: int) -> str:
        """Return an item's asset."""
        return queue.load(self.url, item, "nobody").item.asset_id


@pytest.fixture
def desk(review_run: Callable[..., Any], quick_policy: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give the desk of a run over a note and a table."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    table = b"Name,MRN,Note\r\nJane Canary,7712345,seen by Dr. Kestrel\r\n"
    batch, items = review_run({"note.txt": NOTE.encode(), "table.csv": table}, str(quick_policy))
    settings = Settings()
    return Desk(create_app(settings), settings.database_url, batch, items)

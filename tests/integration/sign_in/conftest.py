"""Fixtures: an identity provider in a process of its own, which can be told to do things wrong, and pages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from deployments.review.app import create_app
from deployments.server import free_port
from infra.audit_log import AuditRow
from infra.database import reading
from infra.settings import Settings, new_key, prepare_home


class Idp:
    """Speak to the provider's process as the test that runs it."""

    olga: dict[str, Any] = {"sub": "1", "preferred_username": "olga", "groups": ["De-id reviewers", "Choir"]}  # noqa: RUF012 - never changed
    password = "correct horse battery"  # of who signs in without it

    def __init__(self, issuer: str) -> None:
        """Take where it listens."""
        self.issuer = issuer

    def told(self, **what: Any) -> None:
        """Say who is at the keyboard, and what to do wrong."""
        httpx2.post(f"{self.issuer}/test", json=what).raise_for_status()

    def signed(self, there: str) -> str:
        """Sign in at the provider as a browser that was sent there, and return where it is sent back to."""
        answer = httpx2.get(there)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8091"
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    """Run the provider and give its address."""
    port = free_port()
    script = str(Path(__file__).with_name("identity_provider.py"))
    with subprocess.Popen([sys.executable, script, str(port)]) as running:
        try:
            for _ in range(300):
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/jwks")
                    break
                except httpx2.TransportError:
                    assert running.poll() is None
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


@pytest.fixture
def idp(process: str) -> Idp:
    """Give the provider, with Olga at the keyboard and nothing wrong."""
    held = Idp(process)
    held.told(user=held.olga, fault="", thin=False)
    return held


@pytest.fixture
def settings(idp: Idp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the settings of pages that trust the provider and give one of its groups a role."""
    secret = tmp_path / "client.secret"
    secret.write_text("a secret of the client\n")
    secret.chmod(0o600)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "REVIEW_URL": "http://127.0.0.1:8091",
        "OIDC__ISSUER": idp.issuer,
        "OIDC__CLIENT_ID": "deidflow",
        "OIDC__CLIENT_SECRET_FILE": str(secret),
        "OIDC__ROLES": json.dumps({"De-id reviewers": ["reviewer"], "Data office": ["steward", "auditor"]}),
        "OIDC__LABEL": "St. Elsewhere",
    }.items():
        monkeypatch.setenv(f"DEIDFLOW_{name}", value)
    made = Settings()
    prepare_home(made)
    new_key(made.key_file)
    return made


@pytest.fixture
def pages() -> Callable[[Settings], TestClient]:
    """Give a function that returns a browser before the pages of some settings."""
    return lambda settings: TestClient(create_app(settings), base_url="http://127.0.0.1:8091", follow_redirects=False)


@pytest.fixture
def signed_in() -> Callable[..., Any]:
    """Give a function that goes by the provider, and returns what the pages answer at the end."""

    def go(client: TestClient, idp: Idp, to: str = "/account") -> Any:
        there = client.get("/sign-in/provider", params={"to": to})
        assert there.status_code == 303, there.text
        return client.get(idp.signed(there.headers["location"]))

    return go


@pytest.fixture
def recorded() -> Callable[[Settings], list[tuple[str, str, str, str]]]:
    """Give a function that tells who did what to whom, and why, by the audit."""

    def read(settings: Settings) -> list[tuple[str, str, str, str]]:
        with reading(settings.database_url) as session:
            rows = session.exec(select(AuditRow).order_by(col(AuditRow.seq)))
            return [(row.agent, row.activity, row.entity, row.reason) for row in rows]

    return read

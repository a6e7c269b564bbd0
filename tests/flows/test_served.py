"""A served run: started by a signed webhook, suspended for review, resumed by a decision."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from deployments.cli import review as desk
from deployments.serve import serving, webhook_secret
from deployments.server import free_port
from deployments.webhook import sign
from infra.settings import Settings

pytestmark = pytest.mark.timeout(400)
WAIT = 120


@pytest.fixture(scope="module")
def webhook(server: Path) -> Iterator[str]:
    """Serve the flow and the webhook."""
    with serving(Settings(), free_port()) as url:
        yield url


def post(url: str, body: bytes, *, secret: str, at: int | None = None) -> tuple[int, dict[str, Any]]:
    """Send a signed request and return its status and answer."""
    timestamp = str(at if at is not None else int(time.time()))
    headers = {"X-Deidflow-Timestamp": timestamp, "X-Deidflow-Signature": sign(secret, timestamp, body)}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}


def wait_for(run_id: str, *names: str) -> str:
    """Wait until a run is in one of the named states and return which."""
    deadline = time.monotonic() + WAIT
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            state = client.read_flow_run(UUID(run_id)).state
            if state and state.name in names:
                return str(state.name)
            assert not state or state.name not in {"Failed", "Crashed"}, state
            time.sleep(0.5)
    raise AssertionError(f"{run_id} never was {names}")


def test_a_webhook_starts_a_run_that_waits_for_people(webhook: str, quick_policy: Path, tmp_path: Path) -> None:
    """Signed request, run, suspension with its process gone, decision, resumption at the top from stored results."""
    (tmp_path / "note.txt").write_text("Patient: Walter Webhook, MRN 5550001.\n")
    body = json.dumps({"source": str(tmp_path), "policy": str(quick_policy), "review": "required"}).encode()
    secret = webhook_secret(Settings())
    at = int(time.time())
    status, answer = post(webhook, body, secret=secret, at=at)
    assert status == 202
    run_id = answer["run_id"]
    assert post(webhook, body, secret=secret, at=at) == (202, {"run_id": run_id})
    assert wait_for(run_id, "Suspended") == "Suspended"
    desk.resume(run_id, "approved", "Rhea Reviewer", "reviewed")
    wait_for(run_id, "Completed")
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run_id)])))
    states = {(run.name, run.state.name) for run in runs if run.state}
    assert {("ingest 0", "Cached"), ("plan 0", "Cached"), ("apply 0", "Completed")} <= states
    assert len(list(Path(Settings().release_url).rglob(f"audit/{run_id}.jsonl"))) == 1


@pytest.mark.parametrize(
    ("body", "secret", "age", "status"),
    [
        (b'{"source": "/nowhere"}', "wrong", 0, 401),
        (b'{"source": "/nowhere"}', "", 3600, 401),
        (b'{"sauce": "/nowhere"}', "", 0, 422),
        (b"not json", "", 0, 422),
        (b"x" * 100_000, "", 0, 413),
    ],
)
def test_other_requests_start_nothing(webhook: str, body: bytes, secret: str, age: int, status: int) -> None:
    """A wrong signature, an old request, a body that asks nothing or too much is refused with its own status."""
    right = webhook_secret(Settings())
    assert post(webhook, body, secret=secret or right, at=int(time.time()) - age)[0] == status

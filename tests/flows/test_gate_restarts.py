"""A gate waits while everything on the machine is stopped and started again, and only people open it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.server import HOST, free_port
from infra import review_queue as queue
from infra.database import writing

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]
WAIT = 240
NOTE = "Patient: Jane Doe, MRN 1234567. Seen 3/14/2021.\n"


class House:
    """Hold one machine's home and ports, and start and stop all that runs on it: `deidflow up`."""

    def __init__(self, home: Path) -> None:
        """Take a home that is not there yet."""
        self.home, self.ports = home, [free_port() for _ in range(3)]
        self.url = f"sqlite:///{home}/deidflow.db"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DEIDFLOW_", "PREFECT_"))}
        self.environment = {**own, "DEIDFLOW_HOME": str(home), "DEIDFLOW_WORKERS": "1"}

    @contextmanager
    def up(self) -> Iterator[None]:
        """Start everything, and stop everything at the end of the block."""
        prefect, webhook, review = map(str, self.ports)
        command = [
            sys.executable,
            "-c",
            "from deployments.cli import main; main()",
            "up",
            "--port",
            prefect,
            "--webhook-port",
            webhook,
        ]
        with (self.home.parent / "up.log").open("ab") as log:
            running = subprocess.Popen(
                [*command, "--review-port", review], env=self.environment, stdout=log, stderr=log
            )
        try:
            self.until(lambda: self.asked(f"http://{HOST}:{webhook}/health") is not None, running)
            yield
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(90)

    def until(self, holds: Any, running: subprocess.Popen[bytes] | None = None) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            assert running is None or running.poll() is None, (self.home.parent / "up.log").read_text()
            if holds():
                return
            time.sleep(0.5)
        raise AssertionError((self.home.parent / "up.log").read_text())

    def asked(self, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Return what a server answers, None where it does not."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - ours
                return json.loads(answer.read() or b"{}")
        except OSError:
            return None

    def started(self, source: Path, policy: Path) -> str:
        """Start a run by the webhook and return its id."""
        from deployments.webhook import sign

        secret = (self.home / "webhook.secret").read_text().strip()
        body = json.dumps({"source": str(source), "policy": str(policy), "review": "required"}).encode()
        at = str(int(time.time()))
        headers = {"X-Deidflow-Timestamp": at, "X-Deidflow-Signature": sign(secret, at, body)}
        return str(self.asked(f"http://{HOST}:{self.ports[1]}/webhooks/deidentify", body, headers)["run_id"])

    def state(self, run_id: str) -> str:
        """Return the name of a run's state at the Prefect server."""
        held = self.asked(f"http://{HOST}:{self.ports[0]}/api/flow_runs/{run_id}") or {}
        return str(held.get("state_name"))

    def is_told_late(self, run_id: str) -> bool:
        """Say whether an event tells that people are late with a run."""
        wanted = {"filter": {"event": {"name": ["deidflow.review.overdue"]}}}
        found = self.asked(f"http://{HOST}:{self.ports[0]}/api/events/filter", wanted) or {"events": []}
        return any(one["resource"]["prefect.resource.id"].endswith(run_id) for one in found["events"])

    def released(self, run_id: str) -> int:
        """Return how many releases there are of a run."""
        return len(list((self.home / "release").rglob(f"audit/{run_id}.jsonl")))


def test_a_gate_waits_while_everything_is_stopped(quick_policy: Path, tmp_path: Path) -> None:
    """Prefect, the served flow and the pages go down twice: lateness is told, nothing leaves; then it goes on."""
    house, source = House(tmp_path / "home"), tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_text(NOTE)
    with house.up():
        run_id = house.started(source, quick_policy)
        house.until(lambda: house.state(run_id) == "Suspended")
        time.sleep(3)  # its process ends by itself
    batch = queue.batch_of(house.url, run_id)
    with writing(house.url) as session:  # as if a month had passed
        held = session.get(queue.Batch, batch.id)
        assert held
        held.created = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="microseconds")
    with house.up():
        house.until(lambda: house.is_told_late(run_id))
        assert house.state(run_id) == "Suspended"
        assert house.released(run_id) == 0
    (turn,) = queue.claim(house.url, batch.id, "ann")  # while nothing runs at all
    assert queue.submit(house.url, turn.turn.id or 0, "ann", "approved", 1).batch_done
    assert house.released(run_id) == 0
    with house.up():
        house.until(lambda: house.state(run_id) == "Completed")
    assert house.released(run_id) == 1

"""A run that waits in one process is looked after there: who is late is told of, whose lease ran out loses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from deployments import tending
from infra import review_queue as queue
from infra.database import writing
from infra.settings import Settings

pytestmark = pytest.mark.timeout(300)
WAIT = 60


def told_of(run_id: str) -> bool:
    """Say whether Prefect has the event that a run's people are late."""
    from flows.review import OVERDUE

    with get_client(sync_client=True) as client:
        asked = {"filter": {"event": {"name": [OVERDUE]}}}
        events = client.request("POST", "/events/filter", json=asked).json()["events"]
    return any(event["resource"]["prefect.resource.id"].endswith(run_id) for event in events)


def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_a_run_that_waits_in_one_process_tells_of_late_people(
    run_flow: Callable[..., Any], quick_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody sits before its question it escalates by the same sweep as a served one, and releases nothing."""
    from deployments.cli.run import Bars, _watch
    from tasks import progress

    monkeypatch.setattr(tending, "SECONDS", 0.5)
    (tmp_path / "a.txt").write_text("Patient: Jane Doe the Late, MRN 1234567\n")
    url, done, seen = Settings().database_url, Event(), []

    def gate(run_id: str) -> None:  # asks at a terminal, and gets no answer for long
        batch = queue.batch_of(url, run_id)
        (held,) = queue.claim(url, batch.id, "ann", lease=timedelta(seconds=0))
        with writing(url) as session:  # as if a month had passed
            row = session.get(queue.Batch, batch.id)
            assert row
            row.created = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="microseconds")
        until(lambda: queue.batch(url, batch.id).escalated)
        until(lambda: told_of(run_id))
        seen.append(queue.pending_count(url, batch.id))
        (again,) = queue.claim(url, batch.id, "bob")  # ann's lease ran out
        seen.append(again.item.id == held.item.id)
        current = queue.load(url, held.item.id or 0, "bob").current
        queue.submit(url, again.turn.id or 0, "bob", "approved", current.number)

    progress.run_ids.clear()
    watcher = Thread(target=_watch, args=(done, gate, Bars()), daemon=True)
    watcher.start()
    release = run_flow(tmp_path, review="required", policy=str(quick_policy))
    done.set()
    watcher.join(30)
    assert seen == [1, True]
    assert release.released == 1

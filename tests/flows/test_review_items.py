"""Reviews item by item: what each person decided about each span is what is released, and nothing else is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey

from deid_core.entities import EntityType
from deid_core.model import TextSpan
from deid_core.review import Edit
from deployments.serve import serving
from deployments.server import free_port
from infra import audit_log
from infra import review_queue as queue
from infra.database import writing
from infra.settings import Settings

pytestmark = pytest.mark.timeout(600)
WAIT = 200
NOTE = "Patient: Jane Doe, MRN 1234567.\nIt was the zanzabar of the ward. Seen 3/14/2021.\n"


def waiting_batch(known: set[str], seconds: int = WAIT) -> queue.Batch:
    """Wait until a run that was not there before has its items, and return their batch."""
    url = Settings().database_url
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for batch in queue.batches(url):
            if batch.id not in known and queue.pending_count(url, batch.id):
                return batch
        time.sleep(0.3)
    raise AssertionError("no batch came")


def review(batch_id: str, who: str, edits: Callable[[list[dict[str, Any]]], list[Edit]], verdict: str) -> bool:
    """Claim the next item as a reviewer, edit it and submit it; say whether that was the last one."""
    url = Settings().database_url
    (held,) = queue.claim(url, batch_id, who)
    current = queue.load(url, held.item.id or 0, who).current
    outcome = queue.submit(url, held.turn.id or 0, who, verdict, current.number, edits=edits(current.spans))
    return outcome.batch_done


def missed_and_too_much(spans: list[dict[str, Any]]) -> list[Edit]:
    """Add the name that no rule found, and reject the finding of a date."""
    start = NOTE.index("zanzabar")
    added = Edit("add", entity_type=EntityType.STAFF_NAME, location=TextSpan("text", start, start + 8))
    assert not [span for span in spans if span["location"]["start"] <= start < span["location"]["end"]]
    dates = [span["id"] for span in spans if span["entity_type"] == "DATE"]
    return [added, *(Edit("reject", span_id) for span_id in dates)]


def state_of(run_id: str, *names: str) -> str:
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


def artifact(run_id: str, key: str) -> str:
    """Return the text of a run's artifact in Prefect."""
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]), key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        (held,) = client.read_artifacts(artifact_filter=wanted)
    return str(held.data)


def resumed(run_id: str) -> None:
    """Resume a run once it waits, as the pages do after the last item."""
    from flows.review import resume_decided

    deadline = time.monotonic() + WAIT
    while not resume_decided(run_id):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_what_people_decide_about_spans_is_released(
    run_flow: Callable[..., Any], quick_policy: Path, tmp_path: Path
) -> None:
    """A name that a person added is gone, a date that a person rejected stays, a rejected note is not there at all.

    The detectors ran again in between: what people decide is about that version, and the older one is there still.
    """
    from flows.review import tend_reviews
    from tasks.redetect import redetect

    source = tmp_path / "source"
    source.mkdir()
    for number in range(2):
        (source / f"{number}.txt").write_text(NOTE)
    url = Settings().database_url
    queue.create(url)
    known = {batch.id for batch in queue.batches(url, "")}
    told: list[Any] = []

    def people() -> None:
        batch = waiting_batch(known)
        assert redetect(batch.flow_run_id, "stu", "all") == 2
        told.append(review(batch.id, "ann", missed_and_too_much, "approved"))
        told.append(tend_reviews())
        told.append(review(batch.id, "bob", lambda _spans: [], "rejected"))
        resumed(batch.flow_run_id)

    thread = Thread(target=people, daemon=True)
    thread.start()
    release = run_flow(source, review="required", policy=str(quick_policy))
    thread.join(WAIT)
    assert told[0] is False
    assert release.run_id not in told[1], "an item undecided keeps the run waiting"
    assert told[2] is True
    assert (release.released, release.quarantined) == (1, 1)
    root = Path(Settings().release_url) / release.release_id
    (output,) = (root / "data").rglob("*.txt")
    text = output.read_text()
    assert "zanzabar" not in text
    assert "Jane Doe" not in text
    assert "3/14/2021" in text
    manifest = json.loads((root / "manifest.json").read_bytes())
    left = {"every": {"items": 1, "with_missed": 1, "bound": 1.0}}  # what was rejected says nothing
    decided = {"mode": "required", "decided_by": ["ann", "bob"], "decision": "approved", "residual": left}
    assert manifest["review"] == decided
    acts = [json.loads(line) for line in audit_log.export(url, release.run_id)[0].splitlines()]
    assert [(act["agent"], act["activity"]) for act in acts if act["activity"].startswith("review.")] == [
        ("stu", "review.redetected"),
        ("ann", "review.approved"),
        ("bob", "review.rejected"),
        ("deidflow", "review.as_decided"),
    ]
    batch = queue.batch_of(url, release.run_id)
    assert batch.status == "closed"
    for item in queue.items(url, batch.id):
        origins = [version.origin for version in queue.completions(url, item.id or 0)]
        assert origins == ["detector", "detector", "person"]
    figures = artifact(release.run_id, "review-quality")
    assert "| STAFF_NAME | 1 | 0 | 0.000 | none | 0.000 |" in figures
    assert "| every | 1 | 1 | 1.000 |" in figures
    assert not [value for value in ("zanzabar", "Jane", "1234567", "ann", "bob") if value in figures]


def test_a_gate_outlives_its_server_and_only_people_open_it(server: Path, quick_policy: Path, tmp_path: Path) -> None:
    """Late people are told of by an event, nothing is released; after a stop and a start the decision counts."""
    from prefect.deployments import run_deployment

    from flows.review import OVERDUE, tend_reviews
    from tasks.run import register_source

    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_text(NOTE)
    settings = Settings()
    url = settings.database_url
    queue.create(url)
    parameters = {"source": register_source(settings, str(source)), "policy": str(quick_policy)}
    with serving(settings, free_port()):
        run = run_deployment("deidentify/deidentify", parameters=parameters, timeout=0)
        run_id = str(run.id)  # type: ignore[union-attr] # it waits for no coroutine
        state_of(run_id, "Suspended")
    batch = queue.batch_of(url, run_id)
    with writing(url) as session:  # as if a month had passed
        held = session.get(queue.Batch, batch.id)
        assert held
        held.created = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="microseconds")
    assert run_id not in tend_reviews()
    # stopped at the very moment when it began to wait, its process may be told of as crashed
    assert state_of(run_id, "Suspended", "Crashed", "Completed") != "Completed"
    assert not list(Path(settings.release_url).rglob(f"audit/{run_id}.jsonl"))
    assert queue.escalate_overdue(url) == [], "told once in its time"
    assert review(batch.id, "ann", missed_and_too_much, "approved") is True
    with serving(settings, free_port()):  # it looks after what is decided by itself
        deadline = time.monotonic() + WAIT
        while state_of(run_id, "Completed", "Crashed") != "Completed":
            assert time.monotonic() < deadline
            time.sleep(1)
    assert len(list(Path(settings.release_url).rglob(f"audit/{run_id}.jsonl"))) == 1
    deadline = time.monotonic() + 60
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            asked = {"filter": {"event": {"name": [OVERDUE]}}}
            events = client.request("POST", "/events/filter", json=asked).json()["events"]
            if any(event["resource"]["prefect.resource.id"].endswith(run_id) for event in events):
                return
            time.sleep(1)
    raise AssertionError("no event tells that people are late")

"""What became of a document after people let it pass, in pages and report; and its source under another policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from fastapi.testclient import TestClient
from prefect.client.orchestration import get_client

from deid_core.entities import EntityType
from deid_core.model import TextSpan
from deid_core.policy import load_policy
from deid_core.review import Edit
from infra import audit_log
from infra import review_queue as queue
from infra.accounts import Principal, Role
from infra.settings import Settings
from tasks import policies
from tasks.run import workspace_of

pytestmark = pytest.mark.timeout(300)
NOTE = "Patient: Jane Doe of {}, MRN 1234567.\nIt was the zanzabar of the ward.\n"


def pages(*roles: Role) -> TestClient:
    """Return the review pages as somebody of those roles has them."""
    from deployments.review.app import create_app

    return TestClient(create_app(Settings(), operator=Principal("stu", frozenset(roles))))


@pytest.fixture
def decided(run_flow: Callable[..., Any], quick_policy: Path, tmp_path: Path) -> Any:
    """Give a release of one note of two: people let both pass, and one of them changed while they looked."""
    from deployments.cli.run import Bars, _watch
    from tasks import progress

    source = tmp_path / "source"
    source.mkdir()
    for name in ("changed.txt", "kept.txt"):
        (source / name).write_text(NOTE.format(f"{tmp_path.name} {name}"))
    done, url, failed = Event(), Settings().database_url, list[Exception]()

    def gate(run_id: str) -> None:
        try:
            held = queue.claim(url, queue.batch_of(url, run_id).id, "ann", 2)
            start = NOTE.format(f"{tmp_path.name} kept.txt").index("zanzabar")
            for one in held:
                added = [Edit("add", "", EntityType.STAFF_NAME, TextSpan("text", start, start + 8))]
                mine = added if one.item.input_sha256 == digest(source / "kept.txt") else []
                queue.submit(url, one.turn.id or 0, "ann", "approved", 1, edits=mine, seconds=20)
            (source / "changed.txt").write_text("Patient: June Doe, MRN 7654321.\n")
        except Exception as error:  # noqa: BLE001 - told of by the test itself
            failed.append(error)
            queue.decide_items(url, queue.batch_of(url, run_id).id, queue.Status.REJECTED, "ann")

    progress.run_ids.clear()
    watcher = Thread(target=_watch, args=(done, gate, Bars()), daemon=True)
    watcher.start()
    release = run_flow(source, review="required", policy=str(quick_policy))
    done.set()
    watcher.join(30)
    assert failed == []
    return release


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    from tasks.run import digest as of

    return of(path.read_bytes())


def test_pages_and_report_say_what_became_of_each(decided: Any) -> None:
    """Green with its version marked, red with the reason; what people found left, with its bound, in the release."""
    assert (decided.released, decided.quarantined) == (1, 1)
    url, run_id = Settings().database_url, decided.run_id
    batch = queue.batch_of(url, run_id)
    items = {item.tag: item for item in queue.items(url, batch.id)}
    assert {tag: item.failure for tag, item in items.items()} == {"DeIdentified": "", "Failed": "changed"}
    client = pages(Role.STEWARD)
    page = client.get(f"/batches/{batch.id}").text
    assert "chip done" in page
    assert "failed: changed" in page
    good, bad = items["DeIdentified"], items["Failed"]
    told = client.get(f"/api/items/{good.id}").json()
    assert [one["deidentified"] for one in told["versions"]] == [
        one["number"] == good.truth for one in told["versions"]
    ]
    assert client.get(f"/items/{good.id}/history").text.count("(De-identified)") == 1
    assert "(De-identified)" not in client.get(f"/items/{bad.id}/history").text
    assert "failed: changed" in client.get(f"/items/{bad.id}").text
    assert f"/batches/{batch.id}" in client.get("/").text  # closed, and still to be found
    root = Path(Settings().release_url) / decided.release_id
    manifest = json.loads((root / "manifest.json").read_bytes())
    schema = json.loads(files("deid_core.standards").joinpath("manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(manifest, schema)
    left = manifest["review"]["residual"]["every"]
    assert (left["items"], left["with_missed"]) == (2, 1)
    assert left["bound"] == pytest.approx(0.9747)  # 1 in 2: (1 - p)^2 + 2 p (1 - p) = 0.05
    report = (root / "report.html").read_text("utf-8")
    assert "With something left" in report
    assert "97 %" in report


def test_a_source_is_run_again_under_a_saved_policy(decided: Any) -> None:
    """A steward attaches another policy, by its version, to what a batch was of: a run of its own, asked for once."""
    from flows.deidentify import deidentify

    deidentify.to_deployment(name="deidentify").apply()
    fields = load_policy("safe_harbor").model_dump(mode="json", exclude={"name", "version"})
    policies.save(workspace_of(Settings()), "attached", fields, 0, "stu")
    url = Settings().database_url
    batch = queue.batch_of(url, decided.run_id)
    client, where = pages(Role.STEWARD), f"/api/batches/{batch.id}/rerun"
    begun = client.post(where, json={"policy": "attached", "review": "sampled"})
    assert (begun.status_code, begun.json()["policy"]) == (202, "attached@1")
    run_id = begun.json()["run_id"]
    again = client.post(where, json={"policy": "attached@1", "review": "sampled"})
    assert again.json()["run_id"] == run_id
    with get_client(sync_client=True) as prefect:
        asked = prefect.read_flow_run(UUID(run_id)).parameters
        before = prefect.read_flow_run(UUID(decided.run_id)).parameters
        prefect.delete_flow_run(UUID(run_id))
    assert asked == {"source": before["source"], "policy": "attached@1", "review": "sampled"}
    assert asked["source"].startswith("source-")
    lines, _ = audit_log.export(url, run_id)
    told = [(one["agent"], one["role"], one["activity"], one["reason"]) for one in map(json.loads, lines.splitlines())]
    assert told == [("stu", "steward", "run.asked", "attached@1")] * 2
    assert queue.counts(url, batch.id) == {"approved": 2}  # what was decided stays

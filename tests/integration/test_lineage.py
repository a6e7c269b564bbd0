"""Lineage events: what they say, and that they reach nobody."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deid_core.errors import ServiceError, UsageError
from infra import lineage
from infra.objects import ObjectStore, open_store

RUN = lineage.JobRun(
    "0198c1de-0000-7000-8000-000000000001", "deidentify", "plan.3", "p" * 64, "k" * 16, {"patterns": "1.2"}
)
SOURCE = lineage.Dataset("source", "a1", "1" * 64, "text/plain")
OUTPUT = lineage.Dataset("release", "a1", "2" * 64, "text/plain")


@pytest.fixture
def events(tmp_path: Path) -> ObjectStore:
    """Give an empty store."""
    return open_store(str(tmp_path / "audit"), create=True)


def read(store: ObjectStore, key: str) -> dict[str, Any]:
    """Read an event."""
    data: dict[str, Any] = json.loads(store.get(key, 100_000))
    return data


def test_a_run_is_traced_from_input_to_output(events: ObjectStore) -> None:
    """START and COMPLETE tell inputs and outputs by hash, the policy, the key's name and the versions."""
    start = read(events, lineage.emit(events, RUN, "START", [SOURCE]))
    end = read(events, lineage.emit(events, RUN, "COMPLETE", [SOURCE], [OUTPUT]))
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"] == end["run"]
    text = json.dumps(end)
    for expected in ("1" * 64, "2" * 64, "p" * 64, "k" * 16, '"patterns": "1.2"', "deidflow://release", "text/plain"):
        assert expected in text
    assert end["job"] == {"facets": {}, "name": "deidentify.plan.3", "namespace": "deidflow"}
    assert RUN.flow_run_id in text
    for name in ("inputs", "outputs"):
        (dataset,) = end[name]
        assert dataset["name"] == "a1"
        assert dataset["facets"]["deidflow_content"]["_schemaURL"].startswith("urn:deidflow:")


def test_a_run_id_is_a_uuid_of_flow_run_and_job() -> None:
    """Same flow run and job, same UUID, also where the flow run's id is none."""
    other = lineage.JobRun("run-1", "deidentify", "plan.3")
    assert RUN.run_id == lineage.JobRun(RUN.flow_run_id, "x", "plan.3").run_id
    assert len({RUN.run_id, other.run_id, lineage.JobRun("run-1", "deidentify", "plan.4").run_id}) == 3
    assert UUID(other.run_id)


def test_a_failure_tells_the_kind_of_error_only(events: ObjectStore) -> None:
    """A FAIL event has the error's type; nothing of its message."""
    event = lineage.emit(events, RUN, "FAIL", [SOURCE], error=ServiceError)
    assert b'"message": "ServiceError"' in events.get(event, 100_000)


def test_the_first_event_of_a_state_stays(events: ObjectStore) -> None:
    """A stage that is repeated writes no second event."""
    key = lineage.emit(events, RUN, "START", [SOURCE])
    before = events.get(key, 100_000)
    assert lineage.emit(events, RUN, "START", []) == key
    assert events.get(key, 100_000) == before
    assert len(list(events.list())) == 1


@pytest.mark.parametrize("name", ["ward/John Doe.txt", "John Doe", "", "x" * 200, "Müller"])
def test_a_name_that_could_be_a_path_is_refused(name: str, events: ObjectStore) -> None:
    """A dataset, job or run named like a file is refused, without repeating the name."""
    dataset = lineage.Dataset("source", name, "1" * 64)
    for run, inputs in (
        (RUN, [dataset]),
        (lineage.JobRun("run", "flow", name), []),
        (lineage.JobRun(name, "a", "b"), []),
    ):
        with pytest.raises(UsageError) as caught:
            lineage.emit(events, run, "START", inputs)
        assert not name or name not in str(caught.value)


def test_a_state_that_is_none_is_refused(events: ObjectStore) -> None:
    """An event is START, COMPLETE or FAIL."""
    with pytest.raises(UsageError):
        lineage.emit(events, RUN, "OTHER")


def test_nothing_is_posted_whatever_the_environment_says(
    events: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With OpenLineage's variables and file pointing at a server, no socket is opened."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    (tmp_path / "openlineage.yml").write_text("transport: {type: http, url: 'http://127.0.0.1:9'}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENLINEAGE_CONFIG", str(tmp_path / "openlineage.yml"))
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    key = lineage.emit(events, RUN, "START", [SOURCE])
    assert b"127.0.0.1" not in events.get(key, 100_000)

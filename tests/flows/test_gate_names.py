"""Whose word opens the gate: a releaser's where there are users, and a decision that was made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from deid_core.errors import UsageError
from infra import accounts, audit_log
from infra import review_queue as queue
from infra.database import writing
from infra.settings import Settings

pytestmark = pytest.mark.timeout(300)
PASSWORD = "correct horse battery"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a folder with one note."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.txt").write_text(f"Patient: Jane Doe of {tmp_path.name}, MRN 1234567\n")
    return folder


@pytest.fixture
def people(server: Path) -> Iterator[None]:
    """Add a releaser, one who is let in no longer, and a reviewer; other runs of the session know none of them."""
    url = Settings().database_url
    accounts.create(url)
    for name, role in (("rita", "releaser"), ("rolf", "releaser"), ("ann", "reviewer")):
        accounts.add_user(url, name, [role], PASSWORD)
    accounts.change_user(url, "rolf", active=False)
    yield
    with writing(url) as session:
        for name in ("rita", "rolf", "ann"):
            session.connection().exec_driver_sql(f"DELETE FROM review_user WHERE name = '{name}'")


@contextmanager
def at_the_gate(act: Callable[[str, int], None]) -> Iterator[None]:
    """Do something at each round of the gate of the run of this process, as long as the block runs."""
    from deployments.cli.run import Bars, _watch
    from tasks import progress

    done, failed, rounds = Event(), list[Exception](), iter(range(1, 99))

    def gate(run_id: str) -> None:
        try:
            act(run_id, next(rounds))
        except Exception as error:  # noqa: BLE001 - told of by the test itself
            failed.append(error)
            form(run_id, "rita", "rejected")  # so that the run ends

    progress.run_ids.clear()
    thread = Thread(target=_watch, args=(done, gate, Bars()), daemon=True)
    thread.start()
    yield
    done.set()
    thread.join(30)
    assert failed == []


def form(run_id: str, name: str, verdict: str = "approved") -> None:
    """Answer the Resume form as the Prefect UI does: nothing but the form's own schema is asked before."""
    from uuid import UUID

    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        told = {"verdict": verdict, "reviewer": name, "reason": "reviewed"}
        assert client.resume_flow_run(UUID(run_id), run_input=told).status.value == "ACCEPT"


def description(run_id: str) -> str:
    """Return the text above the form that a run shows now."""
    from uuid import UUID

    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        state: Any = client.read_flow_run(UUID(run_id)).state
        keys = state.state_details.run_input_keyset
        return str(client.read_flow_run_input(UUID(run_id), keys["description"]))


def test_only_a_releaser_opens_the_gate(
    run_flow: Callable[..., Any], people: None, quick_policy: Path, source: Path
) -> None:
    """Unknown, shut out, no releaser, the pipeline's own name: the gate stays closed, says why, and audits it."""
    names = ["Jane Doe's cousin", "rolf", "ann", "deidflow", "rita"]
    told: list[str] = []

    def act(run_id: str, number: int) -> None:
        told.append(description(run_id))
        form(run_id, names[number - 1])

    with at_the_gate(act):
        release = run_flow(source, review="required", policy=str(quick_policy))
    assert release.released == 1
    assert "did not count" not in told[0]
    reasons = ("nobody of that name", "is no releaser", "decides nothing")
    assert [[why for why in reasons if why in text] for text in told[1:]] == [[reasons[n]] for n in (0, 0, 1, 2)]
    assert not [text for text in told if "cousin" in text or "sent back" in text]
    lines, _ = audit_log.export(Settings().database_url, release.run_id)
    acts = [json.loads(line) for line in lines.splitlines()]
    refused = [(one["agent"], one["counts"]) for one in acts if one["activity"] == "review.answer_refused"]
    assert refused == [
        ("unknown", {"round": 1}),
        ("rolf", {"round": 2}),
        ("ann", {"round": 3}),
        ("unknown", {"round": 4}),
    ]
    assert [one["agent"] for one in acts if one["activity"] == "review.approved"] == ["rita"]
    assert "cousin" not in lines


def test_an_answer_by_a_program_is_checked_before_it_is_given(people: None) -> None:
    """Who answers at a terminal hears at once that a name does not count."""
    from deployments.cli.review import resume

    with pytest.raises(UsageError, match="stays closed"):
        resume("00000000-0000-0000-0000-000000000000", "approved", "nobody", "reviewed")


@pytest.mark.parametrize("way", ["by the command", "by another process"])
def test_a_run_that_waits_here_goes_on_when_it_is_decided_elsewhere(
    run_flow: Callable[..., Any], quick_policy: Path, source: Path, way: str
) -> None:
    """`review approve` answers for it, and what another process decides in the queue is noticed."""

    def act(run_id: str, number: int) -> None:
        assert number == 1
        if way == "by the command":
            from deployments.cli.app import app

            done = CliRunner().invoke(app, ["review", "approve", run_id, "--reviewer", "Rhea Reviewer"])
            assert done.exit_code == 0, (done.output, done.exception)
            return
        url = Settings().database_url
        assert queue.decide_items(url, queue.batch_of(url, run_id).id, queue.Status.APPROVED, "Rhea Reviewer") == 1

    with at_the_gate(act):
        release = run_flow(source, review="required", policy=str(quick_policy))
    assert release.released == 1
    lines, _ = audit_log.export(Settings().database_url, release.run_id)
    acts = [json.loads(line) for line in lines.splitlines()]
    told = [(one["agent"], one["activity"]) for one in acts if one["activity"].startswith("review.")]
    assert told == [("Rhea Reviewer", "review.approved"), ("deidflow", "review.as_decided")]

"""The commands that say who may open the review pages, and the form's link to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deployments.cli.app import app
from infra import accounts
from infra.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give a function that runs `deidflow review` in a home of the test's own."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    return lambda *words, typed="": CliRunner().invoke(app, ["review", *words], input=typed)


def test_users_are_added_listed_and_shut_out(run: Callable[..., Any]) -> None:
    """The password is asked for twice, or made; nobody types it on the command line."""
    assert run("user", "add", "ann", "--role", "reviewer", typed=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    url = Settings().database_url
    assert accounts.sign_in(url, "ann", PASSWORD)
    made = run("user", "add", "bob", "--role", "releaser", "--role", "auditor", "--generate")
    assert accounts.sign_in(url, "bob", made.stdout.splitlines()[0])
    listed = run("user", "list").stdout
    assert "auditor, releaser" in listed
    assert run("user", "change", "bob", "--deactivate").exit_code == 0
    assert [held.active for held in accounts.users(url)] == [True, False]
    assert run("user", "change", "nobody", "--deactivate").exit_code != 0


def test_a_token_is_printed_once(run: Callable[..., Any]) -> None:
    """What is printed is the token, whole, and it reads and no more where no scope is given."""
    run("user", "add", "ann", "--role", "reviewer", "--generate")
    token = run("token", "--user", "ann").stdout.strip()
    who = accounts.token_holder(Settings().database_url, token)
    assert who is not None
    assert who.scopes == {accounts.Scope.READ}


def test_the_resume_form_leads_to_the_pages(
    review_run: Callable[..., Any], quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the pages are served the form links to the batch; where not, it names the command alone."""
    from infra import review_queue as queue
    from tasks.artifacts import describe_gate
    from tasks.review import status

    for address, expected in (("http://127.0.0.1:8091/", True), ("", False)):
        monkeypatch.setenv("DEIDFLOW_REVIEW_URL", address)
        batch_id, _ = review_run({"note.txt": b"Patient: Jane Doe, MRN 1234567"}, str(quick_policy))
        run_id = queue.batch(Settings().database_url, batch_id).flow_run_id
        text = describe_gate(status(run_id, batch_id), [], 1)
        assert (f"(http://127.0.0.1:8091/batches/{batch_id})" in text) == expected
        assert f"deidflow review show {run_id}" in text

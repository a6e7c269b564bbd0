"""The commands of `deidflow review`, each by the endpoints of a server over HTTP and by those in its own process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from typer.testing import CliRunner

from deid_core.errors import DeidflowError, ServiceError, UsageError
from deployments.cli.app import app
from deployments.cli.desk import Desk
from deployments.review.app import made
from infra import accounts, audit_log
from infra import review_queue as queue
from infra.accounts import Role, Scope

ROLES = (Role.RELEASER, Role.STEWARD, Role.AUDITOR, Role.ADMIN)
TOKEN = "DEIDFLOW_REVIEW_TOKEN"


@pytest.fixture(params=["here", "served"])
def run(
    request: pytest.FixtureRequest,
    desk: Any,
    monkeypatch: pytest.MonkeyPatch,
    serving: Callable[[Any], AbstractContextManager[str]],
) -> Iterator[Callable[..., str]]:
    """Give a function that runs a command as olga, who may do all but see raw data, and returns what it prints."""
    monkeypatch.setenv("COLUMNS", "200")
    accounts.add_user(desk.url, "olga", ROLES, desk.password)
    accounts.add_user(desk.url, "ann", [Role.REVIEWER], desk.password)

    def invoke(*words: str, typed: str = "") -> str:
        done = CliRunner().invoke(app, ["review", *words], input=typed)
        if isinstance(done.exception, DeidflowError):
            raise done.exception
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    if request.param == "here":
        yield invoke
        return
    with serving(desk.app) as address:
        monkeypatch.setenv("DEIDFLOW_REVIEW_SERVER", address)
        monkeypatch.setenv(TOKEN, accounts.new_token(desk.url, "olga", "test", list(Scope)))
        yield invoke


def acts(desk: Any) -> list[tuple[str, str]]:
    """Return who did what, as the audit has it, of what a person did."""
    lines, _ = audit_log.export(desk.url, queue.batch(desk.url, desk.batch).flow_run_id)
    told = [json.loads(line) for line in lines.splitlines()]
    return [(one["agent"], one["activity"]) for one in told if one["role"] != "pipeline"]


@pytest.fixture
def run_id(desk: Any) -> str:
    """Give the run whose batch it is."""
    return queue.batch(desk.url, desk.batch).flow_run_id


def test_what_waits_is_shown(run: Callable[..., str], desk: Any, run_id: str) -> None:
    """Items, progress and quality, as tables and for programs, without a value."""
    rows = [json.loads(line) for line in run("show", run_id, "--json").splitlines()]
    assert {row["asset_id"] for row in rows} == {desk.asset(item) for item in desk.items.values()}
    assert {row["reason"] for row in rows} == {"required"}
    assert all(row["findings"] for row in rows)
    assert "1 NAME" in run("show", run_id)
    held = json.loads(run("progress", run_id, "--json"))
    assert (held["items"], held["by_status"], held["seconds"]) == (2, {"pending": 2}, 0)
    assert "pending" in run("progress", run_id)
    assert json.loads(run("quality", run_id, "--json"))["items"]["looked_at"] == 0
    assert run("quality", run_id) is not None
    shown = run("show", run_id, "--json") + run("quality", run_id, "--json")
    assert not [value for value in ("Jane", "Canary", "7712345") if value in shown]


def test_a_thousand_items_come_by_the_page(run: Callable[..., str], desk: Any) -> None:
    """More items than a page holds are all shown, each once, the most urgent first."""
    from deid_core.model import Plan

    batch = queue.create_batch(desk.url, "large", mode="required")
    plans = [Plan(f"a{number:06d}", "1" * 64, "2" * 64, (), "s", "text/plain") for number in range(1003)]
    queue.add_items(desk.url, batch.id, (queue.NewItem(plan, "required", n % 7) for n, plan in enumerate(plans)))
    shown = [json.loads(line)["asset_id"] for line in run("show", "large", "--json").splitlines()]
    assert sorted(shown) == [plan.asset_id for plan in plans]
    assert int(shown[0][1:]) % 7 == 6


def test_a_batch_is_managed(run: Callable[..., str], desk: Any, run_id: str) -> None:
    """Assigning, searching again and beginning anew are a steward's, audited in that name."""
    assert run("assign", run_id, "--to", "ann", "--order", "random", "--seed", "3", "--by", "olga") == "ann: 2\n"
    assert run("redetect", run_id, "--by", "olga", "--scope", "all") == "2 items have a new version.\n"
    asset = desk.asset(desk.items["note.txt"])
    assert run("reset", run_id, "--by", "olga", "--asset", asset) == "1 items wait again.\n"
    assert acts(desk) == [("olga", "review.assigned"), ("olga", "review.redetected"), ("olga", "review.reset")]
    versions = queue.completions(desk.url, desk.items["note.txt"])
    assert [version.origin for version in versions] == ["detector", "detector"]


@pytest.mark.parametrize(
    ("command", "status", "left"),
    [("approve", "approved", 0), ("reject", "rejected", 0), ("send-back", "sent_back", 2)],
)
def test_a_batch_is_decided(
    run: Callable[..., str], desk: Any, run_id: str, command: str, status: str, left: int
) -> None:
    """Approving, rejecting and sending back are a releaser's, with one of the reasons, audited in that name."""
    assert f"2 were decided, {left} wait." in run(command, run_id, "--reviewer", "olga")
    assert queue.counts(desk.url, desk.batch) == {status: 2}
    assert acts(desk) == [("olga", f"review.{status}")]
    with pytest.raises(UsageError):
        run(command, run_id, "--reviewer", "olga", "--reason", "Jane Canary asked for it")


def test_users_and_tokens(run: Callable[..., str], desk: Any, run_id: str) -> None:
    """Users are added, changed and listed, and a token of one's own made, by whoever administers them."""
    made_up = run("user", "add", "bob", "--role", "auditor", "--generate").splitlines()[0]
    assert accounts.sign_in(desk.url, "bob", made_up)
    run("user", "add", "ida", "--role", "auditor", "--subject", "idp|1")
    with pytest.raises(UsageError, match="subject"):
        run("user", "add", "ida2", "--role", "auditor", "--subject", "idp|1")
    run("user", "change", "bob", "--role", "steward", "--deactivate")
    listed = run("user", "list")
    assert [line for line in listed.splitlines() if "bob" in line and "steward" in line and " no " in line]
    with pytest.raises(UsageError):
        run("user", "change", "nobody", "--deactivate")
    token = run("token", "--user", "olga", "--scope", "read").strip()
    who = accounts.token_holder(desk.url, token)
    assert who is not None
    assert (who.name, who.scopes) == ("olga", frozenset({Scope.READ}))


@pytest.mark.parametrize("name", ["ann", "nobody", "deidflow"])
def test_a_name_without_the_role_decides_nothing(run: Callable[..., str], desk: Any, run_id: str, name: str) -> None:
    """A reviewer, somebody unknown and the pipeline's own name release nothing, here or by another's token."""
    with pytest.raises(UsageError):
        run("approve", run_id, "--reviewer", name)
    assert queue.counts(desk.url, desk.batch) == {"pending": 2}


def test_a_run_without_a_batch_is_no_run(run: Callable[..., str]) -> None:
    """What has no review is told so, by every command that asks for one."""
    for words in (["show", "none"], ["progress", "none"], ["approve", "none", "--reviewer", "olga"]):
        with pytest.raises(UsageError, match="no review batch"):
            run(*words)


def test_here_a_name_is_asked_for_where_it_is_not_given(desk: Any, run_id: str) -> None:
    """Nobody acts without a name; where nobody was ever added every name counts, as the demo has it."""
    done = CliRunner().invoke(app, ["review", "approve", run_id], input="Dana Demo (demo reviewer)\n")
    assert done.exit_code == 0, done.output
    assert acts(desk) == [("Dana Demo (demo reviewer)", "review.approved")]


def test_looking_here_tells_the_machines_user_apart_from_users(desk: Any) -> None:
    """What is done to users from this machine's files is audited under a name that no user can have."""
    done = CliRunner().invoke(app, ["review", "user", "add", "bob", "--role", "auditor", "--generate"])
    assert done.exit_code == 0
    (record,) = [one for one in recorded(desk) if one["activity"] == "user.add"]
    assert record["agent"].startswith("local:")
    with pytest.raises(UsageError):
        accounts.add_user(desk.url, record["agent"], ["auditor"], desk.password)


def recorded(desk: Any) -> list[dict[str, Any]]:
    """Return every record of the audit."""
    last, _ = audit_log.head(desk.url)
    return [json.loads(line) for line in audit_log._lines(desk.url, 1, last)]


def test_a_token_bounds_the_commands(
    desk: Any, run_id: str, monkeypatch: pytest.MonkeyPatch, serving: Callable[[Any], AbstractContextManager[str]]
) -> None:
    """Over HTTP it is the token that counts: its roles, its scopes, its user's name; without one nothing is asked."""
    accounts.add_user(desk.url, "olga", ROLES, desk.password)
    with serving(desk.app) as address:
        told = []
        for token in ("", "dfr_wrong", accounts.new_token(desk.url, "olga", "test", [Scope.READ])):
            with pytest.raises(UsageError) as caught:
                Desk(address, token).ask("POST", f"/batches/{desk.batch}/decide", {"verdict": "approved"})
            told.append(str(caught.value))
        assert [text.partition(" ")[0] for text in told] == ["a", "sign", "your"]
        assert "wrong" not in repr(Desk(address, "dfr_wrong"))
        with pytest.raises(UsageError, match="by itself"):
            CliRunner().invoke(app, ["review", "--server", address, "tend"], catch_exceptions=False)
    with pytest.raises(ServiceError):
        Desk(address, "dfr_wrong").ask("GET", "/me")  # nobody serves any more
    assert queue.counts(desk.url, desk.batch) == {"pending": 2}


@pytest.mark.parametrize("address", ["http://pages.example.org", "ftp://pages.example.org", "pages.example.org", "x"])
def test_a_token_never_goes_out_in_the_clear(address: str) -> None:
    """Whatever is no https address, and not of this machine, is refused before anything is sent."""
    with pytest.raises(UsageError, match="https"):
        Desk(address, "dfr_secret").ask("GET", "/me")


def test_what_is_served_has_no_operator(desk: Any) -> None:
    """The way around signing in is that of a process to itself; the application that is served has none."""
    assert made().state.operator is None
    assert desk.app.state.operator is None

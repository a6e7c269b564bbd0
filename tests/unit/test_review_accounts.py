"""Accounts of the review pages: passwords, sessions, tokens, throttling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from deid_core.errors import UsageError
from infra import accounts, throttling
from infra.accounts import NotAdmitted, Role, Scope
from infra.throttling import Throttled

PASSWORD = "correct horse battery"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a database with one reviewer, ann; hashing costs little here, since many tests wait for it."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = f"sqlite:///{tmp_path / 'accounts.db'}"
    accounts.create(made)
    accounts.add_user(made, "ann", ["reviewer"], PASSWORD)
    return made


def test_a_user_signs_in_and_out(url: str) -> None:
    """The right password begins a session that says who it is; signing out ends it."""
    token = accounts.sign_in(url, "ann", PASSWORD)
    who = accounts.session_of(url, token)
    assert who is not None
    assert (who.name, who.roles) == ("ann", {Role.REVIEWER})
    accounts.sign_out(url, token)
    assert accounts.session_of(url, token) is None
    assert accounts.session_of(url, "") is None


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong password"), ("bob", PASSWORD), ("ANN", PASSWORD), ("", "")]
)
def test_a_wrong_pair_signs_nobody_in(url: str, name: str, password: str) -> None:
    """Neither a wrong password nor an unknown name is told from the other."""
    with pytest.raises(UsageError, match="do not belong together"):
        accounts.sign_in(url, name, password)


def test_nothing_in_the_file_signs_anybody_in(url: str, tmp_path: Path) -> None:
    """The database holds no password, no session token and no API token."""
    session = accounts.sign_in(url, "ann", PASSWORD)
    token = accounts.new_token(url, "ann", "laptop", ["read"])
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in held
    for secret in (PASSWORD, session, token):
        assert secret.encode() not in held


def test_guessing_has_to_wait(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After five wrong passwords even the right one waits, longer with each; then the count is forgotten."""
    for _ in range(6):
        with pytest.raises(UsageError):
            accounts.sign_in(url, "ann", "wrong password", "10.0.0.1")
    with pytest.raises(Throttled):
        accounts.sign_in(url, "ann", PASSWORD)
    later = (datetime.now(UTC) + timedelta(minutes=16)).isoformat(timespec="microseconds")
    monkeypatch.setattr(throttling, "timestamp", lambda: later)
    assert accounts.sign_in(url, "ann", PASSWORD)
    monkeypatch.undo()
    assert accounts.sign_in(url, "ann", PASSWORD)


def test_one_address_that_tries_many_names_has_to_wait(url: str) -> None:
    """Spraying one password over many names is throttled by address."""
    for number in range(6):
        with pytest.raises(UsageError):
            accounts.sign_in(url, f"user{number}", "Winter2026!!", "10.0.0.1")
    with pytest.raises(Throttled):
        accounts.sign_in(url, "someone", "Winter2026!!", "10.0.0.1")
    assert accounts.sign_in(url, "ann", PASSWORD, "10.0.0.2")


@pytest.mark.parametrize(("minutes", "is_in"), [(59, True), (61, False), (13 * 60, False)])
def test_a_session_ends_by_itself(url: str, monkeypatch: pytest.MonkeyPatch, minutes: int, is_in: bool) -> None:
    """It ends after an hour without use."""
    token = accounts.sign_in(url, "ann", PASSWORD)
    later = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="microseconds")
    monkeypatch.setattr(accounts, "timestamp", lambda: later)
    assert (accounts.session_of(url, token) is not None) == is_in


def test_a_user_who_leaves_is_out_at_once(url: str) -> None:
    """Deactivation ends sessions and tokens, and the password no longer helps."""
    session, token = accounts.sign_in(url, "ann", PASSWORD), accounts.new_token(url, "ann", "laptop", ["read"])
    accounts.change_user(url, "ann", active=False)
    assert accounts.session_of(url, session) is None
    assert accounts.token_holder(url, token) is None
    with pytest.raises(UsageError):
        accounts.sign_in(url, "ann", PASSWORD)


def test_a_changed_role_needs_a_new_session(url: str) -> None:
    """Who was a reviewer and is a releaser now has no session left from before."""
    session = accounts.sign_in(url, "ann", PASSWORD)
    accounts.change_user(url, "ann", roles=["releaser"])
    assert accounts.session_of(url, session) is None
    who = accounts.session_of(url, accounts.sign_in(url, "ann", PASSWORD))
    assert who is not None
    assert who.roles == {Role.RELEASER}


def test_a_token_is_bounded_and_can_be_revoked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It carries its scopes, is listed without its secret, expires, and is revoked by nobody else."""
    token = accounts.new_token(url, "ann", "laptop", ["read", "review"], days=1)
    who = accounts.token_holder(url, token)
    assert who is not None
    assert who.scopes == {Scope.READ, Scope.REVIEW}
    (held,) = accounts.tokens(url, "ann")
    with pytest.raises(UsageError):
        accounts.revoke_token(url, "bob", held.id)
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="microseconds")
    monkeypatch.setattr(accounts, "timestamp", lambda: later)
    assert accounts.token_holder(url, token) is None
    accounts.revoke_token(url, "ann", held.id)
    assert accounts.tokens(url, "ann") == []


@pytest.mark.parametrize(
    ("name", "roles", "password"),
    [
        ("ann", ["reviewer"], PASSWORD),
        ("bob", [], PASSWORD),
        ("bob", ["king"], PASSWORD),
        ("bob", ["reviewer"], "short"),
        ("bob\nann", ["reviewer"], PASSWORD),
        ("", ["reviewer"], PASSWORD),
    ],
)
def test_a_user_that_cannot_be_is_refused(url: str, name: str, roles: list[str], password: str) -> None:
    """A taken or malformed name, no or an unknown role, a short password."""
    with pytest.raises(UsageError):
        accounts.add_user(url, name, roles, password)


@pytest.mark.parametrize(("scopes", "days"), [([], 1), (["everything"], 1), (["read"], 0), (["read"], 1000)])
def test_a_token_that_cannot_be_is_refused(url: str, scopes: list[str], days: int) -> None:
    """No or an unknown scope, no end."""
    with pytest.raises(UsageError):
        accounts.new_token(url, "ann", "laptop", scopes, days)


def test_who_is_known_by_a_provider_needs_no_password(url: str) -> None:
    """A user of an identity provider is found by its name for them, whatever they are called; no password helps."""
    accounts.add_user(url, "olga", ["auditor"], subject="https://idp.example|42")
    assert accounts.admit(url, "https://idp.example|42", "o.smith", None) == "olga"
    with pytest.raises(UsageError):
        accounts.sign_in(url, "olga", "")
    with pytest.raises(UsageError, match="subject"):
        accounts.add_user(url, "olga2", ["auditor"], subject="https://idp.example|42")


@pytest.mark.parametrize(
    ("subject", "name", "roles"),
    [
        ("", "ann", ["admin"]),
        ("https://idp.example|1", "ann", ["admin"]),
        ("https://idp.example|1", "bob", []),
        ("https://idp.example|1", "bob", None),
        ("https://idp.example|1", "bob\nann", ["reviewer"]),
    ],
)
def test_who_is_not_known_comes_in_by_a_role_and_a_name_of_their_own(
    url: str, subject: str, name: str, roles: list[str] | None
) -> None:
    """Nobody without a subject, a role, or a name that is free; and whoever has that name keeps what they had."""
    with pytest.raises(NotAdmitted):
        accounts.admit(url, subject, name, roles)
    assert [(held.name, held.roles, held.subject) for held in accounts.users(url)] == [("ann", ["reviewer"], "")]


def test_a_name_that_proves_nothing_is_trusted_as_its_user(tmp_path: Path) -> None:
    """Where nobody was ever added every name is trusted with all; then users alone, while they are active."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    accounts.create(url)
    dana = accounts.trusted_as(url, "Dana Demo")
    assert dana is not None
    assert dana.roles == set(Role)
    accounts.add_user(url, "rita", ["releaser"], PASSWORD)
    rita = accounts.trusted_as(url, "rita")
    assert rita is not None
    assert rita.roles == {Role.RELEASER}
    assert [accounts.trusted_as(url, name) for name in ("Dana Demo", "RITA", "", "deidflow")] == [None] * 4
    accounts.change_user(url, "rita", active=False)
    assert [accounts.trusted_as(url, name) for name in ("rita", "Dana Demo")] == [None, None]


@pytest.mark.parametrize("name", ["deidflow", "Deidflow"])
def test_the_pipelines_name_is_no_users(url: str, name: str) -> None:
    """What no person did stands in the audit under that name, so that no person may have it."""
    with pytest.raises(UsageError):
        accounts.add_user(url, name, ["releaser"], PASSWORD)
    with pytest.raises(NotAdmitted):
        accounts.admit(url, "idp|9", name, ["releaser"])

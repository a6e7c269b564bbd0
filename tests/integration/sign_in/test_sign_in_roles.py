"""Who comes in by the provider, and with which roles."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from infra import accounts
from infra.settings import Settings


@pytest.mark.parametrize(
    ("change", "status", "roles"),
    [
        ({}, 200, ["reviewer"]),
        ({"groups": ["De-id reviewers", "Data office"]}, 200, ["auditor", "reviewer", "steward"]),
        ({"groups": "Data office"}, 200, ["auditor", "steward"]),
        ({"groups": ["Choir"]}, 403, []),
        ({"groups": []}, 403, []),
        ({"groups": None}, 403, []),
        ({"groups": ["admin", "reviewer"]}, 403, []),
        ({"groups": [["De-id reviewers"], {"a": 1}, 7]}, 403, []),
        ({"groups": {"De-id reviewers": True}}, 403, []),
        ({"sub": ""}, 403, []),
        ({"preferred_username": None}, 403, []),
        ({"preferred_username": "olga\nann"}, 403, []),
        ({"preferred_username": 7}, 403, []),
    ],
)
def test_a_role_is_given_by_a_known_group_only(
    settings: Settings, idp: Any, change: dict[str, Any], status: int, roles: list[str], pages: Any, signed_in: Any
) -> None:
    """An unknown group, none, one that is called like a role, or no usable name: no role, and no way in."""
    client = pages(settings)
    idp.told(user=idp.olga | change)
    assert signed_in(client, idp).status_code == status
    if roles:
        assert client.get("/api/me").json()["roles"] == roles
    else:
        assert client.get("/api/me").status_code == 401
        assert accounts.users(settings.database_url) == []


def test_who_leaves_a_group_loses_its_role(
    settings: Settings, idp: Any, pages: Any, signed_in: Any, recorded: Any
) -> None:
    """At the next sign-in the roles are the provider's, sessions from before end, and tokens reach nothing more."""
    client = pages(settings)
    signed_in(client, idp)
    token = accounts.new_token(settings.database_url, "olga", "laptop", ["read"])
    program = TestClient(client.app, headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/batches").status_code == 200
    idp.told(user=idp.olga | {"groups": ["Choir"]})
    later = TestClient(client.app, base_url="http://127.0.0.1:8091", follow_redirects=False)
    assert signed_in(later, idp).status_code == 403
    assert client.get("/api/me").status_code == 401
    assert program.get("/api/batches").status_code == 403
    assert recorded(settings)[-1][1:3] == ("session.refused", "user:olga")
    idp.told(user=idp.olga)
    assert signed_in(later, idp).status_code == 200
    accounts.change_user(settings.database_url, "olga", active=False)
    assert signed_in(later, idp).status_code == 403


def test_a_name_alone_takes_nobody_over(settings: Settings, idp: Any, pages: Any, signed_in: Any) -> None:
    """A person at the provider who calls himself like a user here, or as somebody before him, is another."""
    accounts.create(settings.database_url)
    accounts.add_user(settings.database_url, "ann", ["admin"], idp.password)
    client = pages(settings)
    idp.told(user=idp.olga | {"preferred_username": "ann"})
    answer = signed_in(client, idp)
    assert answer.status_code == 403
    assert "another user has your name" in answer.text
    idp.told(user=idp.olga)
    assert signed_in(client, idp).status_code == 200
    idp.told(user=idp.olga | {"sub": "2"})
    assert signed_in(pages(settings), idp).status_code == 403
    idp.told(user=idp.olga | {"preferred_username": "olga.new"})  # a new name there: the same person here
    assert signed_in(client, idp).status_code == 200
    assert client.get("/api/me").json()["name"] == "olga"


def test_without_a_map_only_who_was_added_comes_in(
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch, pages: Any, signed_in: Any
) -> None:
    """Roles are given here then, to a subject of the provider; groups mean nothing."""
    monkeypatch.setenv("DEIDFLOW_OIDC__ROLES", "{}")
    client = pages(Settings())
    assert signed_in(client, idp).status_code == 403
    accounts.add_user(settings.database_url, "olga", ["auditor"], subject=f"{idp.issuer}|1")
    assert signed_in(client, idp).status_code == 200
    assert client.get("/api/me").json()["roles"] == ["auditor"]


def test_what_only_userinfo_tells_is_asked_there(settings: Settings, idp: Any, pages: Any, signed_in: Any) -> None:
    """A provider whose ID tokens hold no names and groups is asked; what it says of another counts for nothing."""
    client = pages(settings)
    idp.told(thin=True)
    assert signed_in(client, idp).status_code == 200
    told = client.get("/api/me").json()
    assert (told["name"], told["roles"]) == ("olga", ["reviewer"])
    idp.told(fault="another's claims")
    assert signed_in(pages(settings), idp).status_code == 403

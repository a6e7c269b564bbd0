"""Sessions, tokens and users of the review pages: cookies, other sites, guessing, scopes."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.review.access import COOKIE
from infra import accounts
from infra.accounts import Role, Scope


def test_a_request_of_another_site_changes_nothing(desk: Any) -> None:
    """Without the session's CSRF token, or from another origin, a cookie alone moves nothing."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    token = client.headers.pop("X-CSRF-Token")
    assert client.post(f"/api/items/{item}/claim").status_code == 403
    assert client.post(f"/api/items/{item}/claim", headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    both = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
    assert client.post(f"/api/items/{item}/claim", headers=both).status_code == 403
    assert client.post(f"/api/items/{item}/claim", headers={"X-CSRF-Token": token}).status_code == 200


def test_the_cookie_is_signed_and_hidden_from_scripts(desk: Any) -> None:
    """HttpOnly, SameSite=strict, Secure over TLS; a changed one is nobody's; signing out ends it."""
    client = desk.signed_in(Role.REVIEWER)
    again = client.post("/api/session", json={"name": "reviewer", "password": desk.password})
    assert {"HttpOnly", "SameSite=strict"} <= set(again.headers["set-cookie"].split("; "))
    over_tls = TestClient(desk.app, base_url="https://review.example")
    secure = over_tls.post("/api/session", json={"name": "reviewer", "password": desk.password})
    assert "Secure" in secure.headers["set-cookie"]
    held = client.cookies[COOKIE]
    client.headers["X-CSRF-Token"] = again.json()["csrf"]
    forged = TestClient(desk.app, cookies={COOKIE: held.rpartition(".")[0] + "." + "0" * 64})
    assert forged.get("/api/me").status_code == 401
    assert client.delete("/api/session").status_code == 204
    assert TestClient(desk.app, cookies={COOKIE: held}).get("/api/me").status_code == 401


def test_guessing_a_password_has_to_wait(desk: Any) -> None:
    """Wrong passwords answer 401, and soon 429."""
    desk.signed_in(Role.REVIEWER)
    client = TestClient(desk.app)
    codes = [client.post("/api/session", json={"name": "reviewer", "password": "guess"}).status_code for _ in range(7)]
    assert codes == [401] * 6 + [429]


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_claim"), [(["read"], True, False), (["review"], False, True), (list(Scope), True, True)]
)
def test_a_token_reaches_what_its_scopes_say(desk: Any, scopes: list[str], may_read: bool, may_claim: bool) -> None:
    """A program sends its token as Bearer, needs no CSRF token, and is bound by its scopes and its user's roles."""
    desk.signed_in(Role.REVIEWER)
    token = accounts.new_token(desk.url, "reviewer", "program", scopes)
    client = TestClient(desk.app, headers={"Authorization": f"Bearer {token}"})
    assert (client.get("/api/batches").status_code == 200) == may_read
    claimed = client.post(f"/api/batches/{desk.batch}/claim", json={"count": 2})
    assert (claimed.status_code == 200) == may_claim
    assert not may_claim or len(claimed.json()) == 2
    assert client.post(f"/api/batches/{desk.batch}/reset", json={}).status_code == 403
    assert TestClient(desk.app, headers={"Authorization": "Bearer dfr_x"}).get("/api/me").status_code == 401


def test_an_admin_keeps_users_and_sees_no_document(desk: Any) -> None:
    """Users are added, changed and shut out over the pages, too; a short password or an unknown name is refused."""
    admin = desk.signed_in(Role.ADMIN)
    new = {"name": "eve", "roles": ["auditor"], "password": desk.password}
    assert admin.post("/api/users", json=new).status_code == 201
    assert admin.post("/api/users", json=new).status_code == 422
    assert admin.post("/api/users", json=new | {"name": "kay", "password": "short"}).status_code == 422
    assert admin.patch("/api/users/eve", json={"active": False}).status_code == 200
    assert admin.patch("/api/users/none", json={"active": False}).status_code == 422
    assert {"name": "eve", "roles": ["auditor"], "active": False} in admin.get("/api/users").json()
    assert "eve" in admin.get("/users").text
    assert admin.get(f"/items/{desk.items['note.txt']}").status_code == 403
    made = admin.post("/api/tokens", json={"label": "t", "scopes": ["admin"]}).json()["token"]
    (held,) = admin.get("/api/tokens").json()
    assert made not in str(held)
    assert admin.delete(f"/api/tokens/{held['id']}").status_code == 204


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(desk: Any, to: str) -> None:
    """The page to go on to is one of ours."""
    page = TestClient(desk.app).get("/sign-in", params={"to": to})
    assert 'data-then="/"' in page.text

"""Who may call which endpoint of the review pages: the whole table, and masked roles."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from deployments.review.access import ACCESS, ANYONE, SEES_RAW
from infra import audit_log
from infra.accounts import Role

CANARIES = ("Jane", "Canary", "7712345", "3/14/2021", "Kestrel", "zebulon")  # the last one is found by no detector


def filled(path: str, desk: Any) -> str:
    """Return a route's path with the desk's own ids in it."""
    ids = {"batch_id": desk.batch, "item_id": desk.items["note.txt"], "turn_id": 1, "token_id": "none"}
    return path.format(**ids, number=0, name="nobody")


def routes(desk: Any) -> list[tuple[str, str]]:
    """Return every route of the application as (method, path)."""
    found = []

    def collect(router: Any) -> None:
        for route in router.routes:
            if isinstance(route, APIRoute):
                found.extend((method, route.path) for method in route.methods)
            elif hasattr(route, "original_router"):
                collect(route.original_router)

    collect(desk.app)
    paths = desk.app.openapi()["paths"]
    found.extend((method.upper(), path) for path, held in paths.items() for method in held)
    return sorted(set(found))


def test_every_route_is_in_the_table(desk: Any) -> None:
    """The table of role by endpoint names every route, and no other; what the table does not name is shut."""
    assert set(routes(desk)) == set(ACCESS)
    assert len(ACCESS) > 40
    for (method, path), access in ACCESS.items():
        assert access is ANYONE or access.roles
        assert not access.raw or access.roles <= SEES_RAW, (method, path)


def test_each_role_reaches_what_the_table_says_and_nothing_else(desk: Any) -> None:
    """Every endpoint, called by every role and by nobody: refused to all whom the table does not name."""
    refused = "your roles or your token do not reach this"
    clients = {role: desk.signed_in(role) for role in Role}
    nobody = TestClient(desk.app, follow_redirects=False)
    for (method, path), access in ACCESS.items():
        if access is ANYONE:
            continue
        where = filled(path, desk)
        alone = nobody.request(method, where, json={})
        assert alone.status_code == (401 if path.startswith("/api/") else 303), (method, path)
        for role, client in clients.items():
            if (method, path) == ("DELETE", "/api/session") and role in access.roles:
                continue  # would end the client's session
            answer = client.request(method, where, json={} if method != "GET" else None)
            is_refused = answer.status_code == 403 and refused in answer.text
            assert is_refused == (role not in access.roles), (method, path, role, answer.status_code)
            assert answer.status_code < 500, (method, path, role, answer.text)


def test_a_route_outside_the_table_is_shut(desk: Any) -> None:
    """An endpoint that somebody adds without a line in the table answers nobody."""
    client = desk.signed_in(*Role, name="all")
    desk.app.add_api_route("/api/new", lambda: {"raw": "Canary"}, methods=["GET"])
    answer = client.get("/api/new")
    assert answer.status_code == 403
    assert "Canary" not in answer.text


@pytest.mark.parametrize(
    "roles", [[role] for role in Role if role not in SEES_RAW] + [[r for r in Role if r not in SEES_RAW]]
)
def test_a_masked_role_gets_no_raw_text_from_any_endpoint(desk: Any, roles: list[Role]) -> None:
    """Before a decision not even what no detector found; after it nothing that was found, whatever they call."""
    client = desk.signed_in(*roles)
    reviewer = desk.signed_in(Role.REVIEWER)
    for item in desk.items.values():
        for method, path in ACCESS:
            if method == "GET" or path == "/api/session":
                continue
            where = filled(path, desk).replace(f"/items/{desk.items['note.txt']}", f"/items/{item}")
            answer = client.request(method, where, json=body_of(method, path, item))
            assert not leaked(answer, CANARIES), (method, path)
    for decided in (False, True):
        if decided:
            for item in desk.items.values():
                asked = desk.taken(reviewer, item) | {"verdict": "approved"}
                assert reviewer.post(f"/api/items/{item}/submit", json=asked).status_code == 200
        for item in desk.items.values():
            for method, path in ACCESS:
                if method != "GET":
                    continue
                where = filled(path, desk).replace(f"/items/{desk.items['note.txt']}", f"/items/{item}")
                assert not leaked(client.get(where), CANARIES[: 5 if decided else 6]), (path, decided)


def leaked(answer: Any, values: tuple[str, ...]) -> list[str]:
    """Return the values that an answer holds, in its body or its headers."""
    held = answer.content.decode("utf-8", "replace") + str(dict(answer.headers))
    return [value for value in values if value in held]


def body_of(method: str, path: str, item: int) -> dict[str, Any]:
    """Return a body that an endpoint takes, so that it answers with what it does and not with what is wrong."""
    end = path.rpartition("/")[2]
    turn = {"turn_id": 1, "expected": 1}
    bodies: dict[str, dict[str, Any]] = {
        "tokens": {"label": "t", "scopes": ["read"]},
        "users": {"name": f"user{item}", "roles": ["auditor"], "password": "correct horse battery"},
        "{name}": {"active": True},
        "assign": {"reviewers": ["reviewer"], "item_ids": [item]},
        "priority": {"item_ids": [item], "priority": 3},
        "decide": {"verdict": "sent_back"},
        "redetect": {"scope": "all"},
        "comments": {"text": "who is this?"},
        "edits": turn | {"edits": [{"act": "accept", "span_id": "1.0"}]},
        "submit": turn | {"verdict": "approved"},
        "adjudicate": turn | {"number": 1},
        "clone": turn | {"number": 1},
    }
    return bodies.get(end, {}) if method != "DELETE" else {}


def test_a_reviewer_sees_only_what_is_in_their_hands(desk: Any) -> None:
    """Without a turn at an item a reviewer gets none of its text; with it, all, and each reading is audited."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    assert client.get(f"/api/items/{item}/text").status_code == 403
    assert "zebulon" not in client.get(f"/items/{item}").text
    before = len(audit_log.history(desk.url, desk.asset(item)))
    desk.taken(client, item)
    text = client.get(f"/api/items/{item}/text")
    assert "zebulon" in text.text
    assert "zebulon" in client.get(f"/items/{item}").text
    read = [r for r in audit_log.history(desk.url, desk.asset(item))[before:] if r.activity == "review.read"]
    assert [(record.agent, record.role, record.reason) for record in read] == [
        ("reviewer", "reviewer", "text"),
        ("reviewer", "reviewer", "document"),
    ]

"""The review pages' endpoints: who may call them, what they give to whom, and a whole review by them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from deployments.review.access import ACCESS, ANYONE, COOKIE, SEES_RAW
from deployments.review.app import create_app
from infra import accounts, audit_log
from infra import review_queue as queue
from infra.accounts import Role, Scope
from infra.settings import Settings
from tasks import steps
from tasks.run import digest, opened

PASSWORD = "correct horse battery"
NOTE = (
    "Patient: Jane Canary, MRN 7712345\r\n😀 seen 3/14/2021 by Dr. Alan Kestrel.\r\nHer neighbour zebulon called.\r\n"
)
CANARIES = ("Jane", "Canary", "7712345", "3/14/2021", "Kestrel", "zebulon")  # the last one is found by no detector


@dataclass
class Desk:
    """Hold an application with one batch of one note and a table, and who may sign in."""

    app: Any
    url: str
    batch: str
    items: dict[str, int]

    def signed_in(self, *roles: Role, name: str = "") -> TestClient:
        """Return a client of a user of those roles."""
        user = name or "-".join(roles)
        if user not in {held.name for held in accounts.users(self.url)}:
            accounts.add_user(self.url, user, roles, PASSWORD)
        client = TestClient(self.app, follow_redirects=False)
        answer = client.post("/api/session", json={"name": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def taken(self, client: TestClient, item: int) -> dict[str, Any]:
        """Take an item and return its turn and version."""
        assert client.post(f"/api/items/{item}/claim").status_code == 200
        held = client.get(f"/api/items/{item}").json()
        return {"turn_id": held["turn"]["id"], "expected": held["current"]}


@pytest.fixture
def desk(review_run: Callable[..., Any], quick_policy: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give the desk of a run over a note and a table."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    table = b"Name,MRN,Note\r\nJane Canary,7712345,seen by Dr. Kestrel\r\n"
    batch, items = review_run({"note.txt": NOTE.encode(), "table.csv": table}, str(quick_policy))
    settings = Settings()
    return Desk(create_app(settings), settings.database_url, batch, items)


def filled(path: str, desk: Desk) -> str:
    """Return a route's path with the desk's own ids in it."""
    ids = {"batch_id": desk.batch, "item_id": desk.items["note.txt"], "turn_id": 1, "token_id": "none"}
    return path.format(**ids, number=0, name="nobody")


def routes(desk: Desk) -> list[tuple[str, str]]:
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


def test_every_route_is_in_the_table(desk: Desk) -> None:
    """The table of role by endpoint names every route, and no other; what the table does not name is shut."""
    assert set(routes(desk)) == set(ACCESS)
    assert len(ACCESS) > 40
    for (method, path), access in ACCESS.items():
        assert access is ANYONE or access.roles
        assert not access.raw or access.roles <= SEES_RAW, (method, path)


def test_each_role_reaches_what_the_table_says_and_nothing_else(desk: Desk) -> None:
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


def test_a_route_outside_the_table_is_shut(desk: Desk) -> None:
    """An endpoint that somebody adds without a line in the table answers nobody."""
    client = desk.signed_in(*Role, name="all")
    desk.app.add_api_route("/api/new", lambda: {"raw": NOTE}, methods=["GET"])
    answer = client.get("/api/new")
    assert answer.status_code == 403
    assert "Canary" not in answer.text


@pytest.mark.parametrize(
    "roles", [[role] for role in Role if role not in SEES_RAW] + [[r for r in Role if r not in SEES_RAW]]
)
def test_a_masked_role_gets_no_raw_text_from_any_endpoint(desk: Desk, roles: list[Role]) -> None:
    """Before a decision not even what no detector found; after it nothing that was found, whatever they call."""
    client = desk.signed_in(*roles)
    reviewer = desk.signed_in(Role.REVIEWER)
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
                answer = client.get(where)
                held = answer.text + str(dict(answer.headers))
                assert not [value for value in CANARIES[: 5 if decided else 6] if value in held], (path, decided)


def test_a_reviewer_sees_only_what_is_in_their_hands(desk: Desk) -> None:
    """Without a turn at an item a reviewer gets none of its text; with it, all, and each reading is audited."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    assert client.get(f"/api/items/{item}/text").status_code == 403
    assert "zebulon" not in client.get(f"/items/{item}").text
    before = len(audit_log.history(desk.url, asset_of(desk, item)))
    desk.taken(client, item)
    text = client.get(f"/api/items/{item}/text")
    assert "zebulon" in text.text
    assert "zebulon" in client.get(f"/items/{item}").text
    read = [r for r in audit_log.history(desk.url, asset_of(desk, item))[before:] if r.activity == "review.read"]
    assert [(record.agent, record.role, record.reason) for record in read] == [
        ("reviewer", "reviewer", "text"),
        ("reviewer", "reviewer", "document"),
    ]


def asset_of(desk: Desk, item: int) -> str:
    """Return an item's asset."""
    return queue.load(desk.url, item, "nobody").item.asset_id


def place_of(lines: list[str], value: str) -> dict[str, Any]:
    """Tell where a value is as a browser does."""
    line = next(number for number, text in enumerate(lines) if value in text)
    unit = len(lines[line][: lines[line].index(value)].encode("utf-16-le")) // 2
    end = {"line": line, "unit": unit + len(value)}
    return {"block": 0, "start": {"line": line, "unit": unit}, "end": end, "text": value}


def test_a_whole_review_and_its_preview_is_the_export(desk: Desk) -> None:
    """Take, add a missed name, keep a date, relabel, compare, submit: the export is the preview, byte for byte."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item)
    lines = client.get(f"/api/items/{item}/text").json()["blocks"][0]["lines"]
    spans = client.get(f"/api/items/{item}").json()["versions"][0]["spans"]
    date = next(span for span in spans if span["entity_type"] == "DATE")
    name = next(span for span in spans if span["entity_type"] == "NAME")
    edits = [
        {"act": "add", "entity_type": "RELATIVE_NAME", "place": place_of(lines, "zebulon")},
        {"act": "reject", "span_id": date["id"]},
        {"act": "relabel", "span_id": name["id"], "entity_type": "STAFF_NAME"},
    ]
    answer = client.post(f"/api/items/{item}/edits", json=asked | {"edits": edits})
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert "RELATIVE_NAME" in saved["lines"]["0:2"]
    assert "zebulon" in saved["lines"]["0:2"]
    preview = client.get(f"/api/items/{item}/preview")
    view = client.get(f"/api/items/{item}/preview/view").json()
    assert view["sha256"] == digest(preview.content) == preview.headers["etag"].strip('"')
    assert b"zebulon" not in preview.content
    assert b"3/14/2021" in preview.content
    assert preview.content.endswith(b"called.\r\n")
    found = client.get(f"/api/items/{item}/compare", params={"left": 1, "right": saved["current"]}).json()
    assert sorted(one["kind"] for one in found if one["kind"] != "same") == ["added", "relabelled", "verdict"]
    asked["expected"] = saved["current"]
    done = client.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).json()
    assert done["status"] == "approved"
    acts = [event["act"] for event in client.get(f"/api/items/{item}/history").json()]
    assert {"span.add", "span.reject", "span.relabel", "submitted", "approved"} <= set(acts)
    assert exported(desk, item) == preview.content


def exported(desk: Desk, item: int) -> bytes:
    """Carry the review out as the flow does, and return what it writes."""
    from tasks.review import close_review, status
    from tasks.shard import Shard

    others = [one for one in desk.items.values() if one != item]
    queue.decide_items(
        desk.url, desk.batch, queue.Status.APPROVED, "rest", asset_ids=[asset_of(desk, one) for one in others]
    )
    run_id = queue.batch(desk.url, desk.batch).flow_run_id
    run = opened(run_id)
    shard = close_review.fn(Shard(run_id, 0, "plan", len(desk.items), 0), status(run_id, desk.batch))
    entry = next(row for row in run.lines(shard.name) if row["asset_id"] == asset_of(desk, item))
    steps.apply_asset(run_id, entry)
    return run.get(f"out/{entry['asset_id']}")


def test_untouched_findings_preview_as_the_run_planned(desk: Desk) -> None:
    """Where nobody changes anything the preview is the plan of the run."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["table.csv"]
    asked = desk.taken(client, item)
    preview = client.get(f"/api/items/{item}/preview").content
    assert client.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    assert exported(desk, item) == preview


@pytest.mark.parametrize(
    "change",
    [
        {"expected": 7},
        {"turn_id": 999},
        {"edits": [{"act": "add", "entity_type": "NAME", "place": {"block": 0, "start": {"line": 1, "unit": 1},
                    "end": {"line": 1, "unit": 4}, "text": " se"}}]},
        {"edits": [{"act": "add", "entity_type": "NAME", "place": {"block": 0, "start": {"line": 1, "unit": 3},
                    "end": {"line": 1, "unit": 7}, "text": "said"}}]},
        {"edits": [{"act": "add", "entity_type": "NAME", "place": {"frame": 0, "left": 0, "top": 0, "width": 5,
                    "height": 5}}]},
    ],
    ids=["stale version", "another's turn", "half an emoji", "another text", "no such frame"],
)  # fmt: skip
def test_what_was_not_seen_so_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    """A stale version, a lost turn, or a place whose text is another answers 409 and saves nothing."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item) | {"edits": [{"act": "accept", "span_id": "1.0"}]}
    answer = client.post(f"/api/items/{item}/edits", json=asked | change)
    assert answer.status_code == 409, answer.text
    assert len(client.get(f"/api/items/{item}").json()["versions"]) == 1


def test_two_tabs_of_one_person_overwrite_nothing(desk: Desk) -> None:
    """The tab that saved second, on what it saw first, is told so."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item)
    first = client.post(f"/api/items/{item}/edits", json=asked | {"edits": [{"act": "accept", "span_id": "1.0"}]})
    second = client.post(f"/api/items/{item}/edits", json=asked | {"edits": [{"act": "reject", "span_id": "1.0"}]})
    assert (first.status_code, second.status_code) == (200, 409)


def test_an_item_in_other_hands_is_not_given_again(desk: Desk) -> None:
    """Two reviewers at once never hold one item, and a comment stays between those who may see it."""
    ann, bob = desk.signed_in(Role.REVIEWER, name="ann"), desk.signed_in(Role.REVIEWER, name="bob")
    item = desk.items["note.txt"]
    desk.taken(ann, item)
    assert bob.post(f"/api/items/{item}/claim").status_code == 409
    said = {"text": "Is Canary the surname?", "span_id": "1.0"}
    assert ann.post(f"/api/items/{item}/comments", json=said).status_code == 201
    assert [one["text"] for one in ann.get(f"/api/items/{item}/comments").json()] == [said["text"]]
    assert bob.get(f"/api/items/{item}/comments").status_code == 403
    assert bob.post(f"/api/items/{item}/comments", json=said).status_code == 403


def test_a_request_of_another_site_changes_nothing(desk: Desk) -> None:
    """Without the session's CSRF token, or from another origin, a cookie alone moves nothing."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    token = client.headers.pop("X-CSRF-Token")
    assert client.post(f"/api/items/{item}/claim").status_code == 403
    assert client.post(f"/api/items/{item}/claim", headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    both = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
    assert client.post(f"/api/items/{item}/claim", headers=both).status_code == 403
    assert client.post(f"/api/items/{item}/claim", headers={"X-CSRF-Token": token}).status_code == 200


def test_the_cookie_is_signed_and_hidden_from_scripts(desk: Desk) -> None:
    """HttpOnly, SameSite=strict, Secure over TLS; a changed one is nobody's; signing out ends it."""
    client = desk.signed_in(Role.REVIEWER)
    again = client.post("/api/session", json={"name": "reviewer", "password": PASSWORD})
    assert {"HttpOnly", "SameSite=strict"} <= set(again.headers["set-cookie"].split("; "))
    over_tls = TestClient(desk.app, base_url="https://review.example")
    secure = over_tls.post("/api/session", json={"name": "reviewer", "password": PASSWORD})
    assert "Secure" in secure.headers["set-cookie"]
    held = client.cookies[COOKIE]
    client.headers["X-CSRF-Token"] = again.json()["csrf"]
    forged = TestClient(desk.app, cookies={COOKIE: held.rpartition(".")[0] + "." + "0" * 64})
    assert forged.get("/api/me").status_code == 401
    assert client.delete("/api/session").status_code == 204
    assert TestClient(desk.app, cookies={COOKIE: held}).get("/api/me").status_code == 401


def test_guessing_a_password_has_to_wait(desk: Desk) -> None:
    """Wrong passwords answer 401, and soon 429."""
    desk.signed_in(Role.REVIEWER)
    client = TestClient(desk.app)
    codes = [client.post("/api/session", json={"name": "reviewer", "password": "guess"}).status_code for _ in range(7)]
    assert codes == [401] * 6 + [429]


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_claim"), [(["read"], True, False), (["review"], False, True), (list(Scope), True, True)]
)
def test_a_token_reaches_what_its_scopes_say(desk: Desk, scopes: list[str], may_read: bool, may_claim: bool) -> None:
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


def test_every_button_is_a_documented_endpoint(desk: Desk) -> None:
    """Whatever the pages' buttons, forms and scripts call stands in the OpenAPI document, with a summary."""
    paths = desk.signed_in(Role.AUDITOR).get("/api/openapi.json").json()["paths"]
    described = {f"{method.upper()} {path}": held for path, each in paths.items() for method, held in each.items()}
    folder = Path(str(files("deployments.review")))
    pages = "".join(path.read_text("utf-8") for path in (folder / "templates").glob("*.html"))
    scripts = "".join(path.read_text("utf-8") for path in (folder / "static").glob("*.js"))
    called = set(re.findall(r'data-api="([A-Z]+ [^"]+)"', pages))
    called |= set(re.findall(r"call\('([A-Z]+ [^']+)'", scripts))
    assert len(called) >= 20
    assert called <= set(described)
    assert all(held["summary"] and held.get("description") for held in described.values())
    assert scripts.count("fetch(") == 1  # every call goes by the one function
    for button in re.findall(r"<button[^>]*>", pages):
        assert "data-" in button or not re.search('type="button"', button), button


def test_every_page_carries_a_strict_policy(desk: Desk) -> None:
    """No script or style of a page's own text runs, nothing is loaded from elsewhere, nothing is kept."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    desk.taken(client, item)
    for where in (
        "/",
        f"/batches/{desk.batch}",
        f"/items/{item}",
        f"/items/{item}/history",
        f"/items/{item}/compare",
        "/x",
    ):
        answer = client.get(where)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text)
        assert not re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text)
        assert not re.findall(r"\sstyle=|\son\w+=", answer.text)


def test_a_releaser_decides_the_batch_and_a_steward_begins_it_again(desk: Desk) -> None:
    """What is done to many at once is done by who is trusted with it."""
    releaser, steward = desk.signed_in(Role.RELEASER), desk.signed_in(Role.STEWARD)
    desk.signed_in(Role.REVIEWER, name="ann")
    given = steward.post(f"/api/batches/{desk.batch}/assign", json={"reviewers": ["ann"], "order": "random", "seed": 4})
    assert given.json() == {"ann": 2}
    more = {"item_ids": list(desk.items.values()), "priority": 5}
    assert steward.post(f"/api/batches/{desk.batch}/priority", json=more).json() == {"changed": 2}
    assert steward.post(f"/api/batches/{desk.batch}/unassign", json={}).json() == {"unassigned": 2}
    asset = asset_of(desk, desk.items["note.txt"])
    some = {"verdict": "rejected", "reason": "not to be released", "asset_ids": [asset]}
    assert releaser.post(f"/api/batches/{desk.batch}/decide", json=some).json() == {"decided": 1, "undecided": 1}
    assert steward.post(f"/api/batches/{desk.batch}/reset", json={"asset_ids": [asset]}).json() == {"reset": 1}
    shown = releaser.get(f"/api/batches/{desk.batch}").json()
    assert shown["progress"]["by_status"] == {"pending": 2}


def test_an_admin_keeps_users_and_sees_no_document(desk: Desk) -> None:
    """Users are added, changed and shut out over the pages, too; a short password or an unknown name is refused."""
    admin = desk.signed_in(Role.ADMIN)
    new = {"name": "eve", "roles": ["auditor"], "password": PASSWORD}
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
def test_signing_in_leads_to_no_other_site(desk: Desk, to: str) -> None:
    """The page to go on to is one of ours."""
    page = TestClient(desk.app).get("/sign-in", params={"to": to})
    assert 'data-then="/"' in page.text

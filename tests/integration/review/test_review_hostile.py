"""The review pages under hostile hands: huge numbers, others' items, texts where none belongs, old cookies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deid_core.errors import UsageError
from deployments.review import opening
from deployments.review.access import ACCESS, COOKIE
from infra import accounts, audit_log
from infra import review_queue as queue
from infra.accounts import Role
from infra.database import reading

HUGE = 10**30
BATCH, ITEM = "/api/batches/{batch_id}", "/api/items/{item_id}"
NAMED = "Jane Canary 7712345"


@pytest.fixture
def everybody(desk: Any) -> TestClient:
    """Give a client of somebody who has every role, to whom the server's own failures are answers."""
    held = desk.signed_in(*Role, name="every")
    return TestClient(desk.app, headers=held.headers, cookies=held.cookies, raise_server_exceptions=False)


def filled(path: str, desk: Any, **values: Any) -> str:
    """Return a route's path with the desk's own ids in it, but for those that are given."""
    ids = {"batch_id": desk.batch, "item_id": desk.items["note.txt"], "turn_id": 1, "token_id": "x", "number": 0}
    return path.format(**{**ids, "name": "nobody", **values})


@pytest.mark.parametrize("number", [HUGE, 2**63, 2**31, -1, "x", "%00"])
def test_a_number_that_no_column_holds_is_refused(desk: Any, everybody: TestClient, number: Any) -> None:
    """In every path and after every question mark: refused as what it is, never a failure of the server."""
    for method, path in ACCESS:
        for name in ("item_id", "turn_id", "number"):
            if "{" + name + "}" in path:
                answer = everybody.request(method, filled(path, desk, **{name: number}), json=None)
                assert answer.status_code in (404, 422), (method, path, answer.status_code, answer.text[:200])
    for asked in (
        f"{ITEM}/history?offset={number}",
        f"{ITEM}/history?limit={number}",
        f"{ITEM}/preview?version={number}",
        f"{ITEM}/compare?left={number}&right=1",
        f"/items/{{item_id}}/compare?left={number}",
        f"/items/{{item_id}}?row={number}",
        f"{BATCH}/items?limit={number}",
        f"{BATCH}/items?after={number}",
    ):
        answer = everybody.get(filled(asked, desk))
        assert answer.status_code in (404, 422), (asked, answer.status_code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{ITEM}/edits", {"turn_id": HUGE, "expected": 1, "edits": []}),
        (f"{ITEM}/edits", {"turn_id": 1, "expected": HUGE, "edits": []}),
        (f"{ITEM}/edits", {"turn_id": 1, "expected": 1, "edits": [{"act": "accept", "span_id": NAMED}]}),
        (f"{ITEM}/submit", {"turn_id": 1, "expected": 1, "verdict": "approved", "seconds": HUGE}),
        (f"{ITEM}/submit", {"turn_id": 1, "expected": 1, "verdict": "approved", "reason": NAMED}),
        (f"{ITEM}/clone", {"turn_id": 1, "number": HUGE, "expected": 1}),
        (f"{ITEM}/comments", {"text": "who?", "span_id": NAMED}),
        (f"{BATCH}/priority", {"item_ids": [HUGE], "priority": 1}),
        (f"{BATCH}/assign", {"reviewers": [NAMED]}),
        (f"{BATCH}/assign", {"reviewers": ["aud"]}),
        (f"{BATCH}/assign", {"reviewers": ["every", "nobody"]}),
        (f"{BATCH}/assign", {"reviewers": ["every"], "order": "random", "seed": HUGE}),
        (f"{BATCH}/unassign", {"item_ids": [HUGE]}),
    ],
)
def test_a_body_that_does_not_hold_changes_nothing(
    desk: Any, everybody: TestClient, path: str, body: dict[str, Any]
) -> None:
    """Numbers too large, and texts where an id, a reason or a user's name belongs: 422, and no row has them."""
    desk.signed_in(Role.AUDITOR, name="aud")
    desk.taken(everybody, desk.items["note.txt"])
    answer = everybody.post(filled(path, desk), json=body)
    assert answer.status_code == 422, answer.text
    assert "Canary" not in answer.text
    with reading(desk.url) as session:
        for name in ("review_comment", "review_event", "review_turn", "review_completion", "audit_record"):
            held = session.connection().exec_driver_sql(f"SELECT * FROM {name}").all()
            assert "Jane" not in str(held), name


def test_a_comment_in_the_queue_is_about_a_span(desk: Any, key: Any) -> None:
    """The queue refuses a text in the place of a span's id by whatever way it comes, since it is kept in the clear."""
    with pytest.raises(UsageError, match="by its id"):
        queue.comment(desk.url, key, desk.items["note.txt"], "ann", "who?", NAMED)


def test_anothers_turn_and_anothers_batch_are_out_of_reach(
    desk: Any, review_run: Callable[..., Any], quick_policy: Path
) -> None:
    """Ids of what is somebody else's, or of another batch, put into one's own requests: nothing moves."""
    ann, bob = desk.signed_in(Role.REVIEWER, name="ann"), desk.signed_in(Role.REVIEWER, name="bob")
    steward, releaser = desk.signed_in(Role.STEWARD), desk.signed_in(Role.RELEASER)
    other, items = review_run({"other.txt": b"Patient: June Canary, MRN 7712399\n"}, str(quick_policy))
    mine, theirs, elsewhere = desk.items["note.txt"], desk.items["table.csv"], items["other.txt"]
    asked, held = desk.taken(ann, mine), desk.taken(bob, theirs)
    edit = {"edits": [{"act": "reject", "span_id": "1.0"}]}
    for item, turn in ((theirs, asked), (mine, held), (elsewhere, asked)):
        for act, body in (("edits", edit), ("submit", {"verdict": "approved"}), ("clone", {"number": 1})):
            assert ann.post(f"/api/items/{item}/{act}", json=turn | body).status_code in (403, 409), (item, act)
    assert ann.post(f"/api/turns/{held['turn_id']}/heartbeat").status_code == 409
    assert ann.post(f"/api/turns/{held['turn_id']}/release").status_code == 409
    for what in ("text", "preview", "preview/view", "comments"):
        assert ann.get(f"/api/items/{theirs}/{what}").status_code == 403, what
    more = {"item_ids": [elsewhere], "priority": 9}
    assert steward.post(f"/api/batches/{desk.batch}/priority", json=more).status_code == 422
    given = steward.post(f"/api/batches/{desk.batch}/assign", json={"reviewers": ["ann"], "item_ids": [elsewhere]})
    assert given.json() == {"ann": 0}
    asset = [desk.asset(elsewhere)]
    some = {"verdict": "rejected", "reason": "other", "asset_ids": asset}
    assert releaser.post(f"/api/batches/{desk.batch}/decide", json=some).json()["decided"] == 0
    assert steward.post(f"/api/batches/{desk.batch}/reset", json={"asset_ids": asset}).json() == {"reset": 0}
    (row,) = queue.items(desk.url, other)
    assert (row.status, row.priority, row.version, row.versions) == ("pending", row.priority, 1, 1)
    assert row.priority != 9


def test_a_session_that_somebody_brings_is_not_taken_over(desk: Any) -> None:
    """A cookie from before the sign-in is nobody's after it: each sign-in makes a session of its own."""
    mallory = desk.signed_in(Role.AUDITOR, name="mallory")
    brought = mallory.cookies[COOKIE]
    desk.signed_in(Role.REVIEWER, name="ann")
    victim = TestClient(desk.app, cookies={COOKIE: brought})
    answer = victim.post("/api/session", json={"name": "ann", "password": desk.password})
    assert answer.status_code == 200
    now = answer.cookies[COOKIE]
    assert now != brought
    assert TestClient(desk.app, cookies={COOKIE: now}).get("/api/me").json()["name"] == "ann"
    told = mallory.get("/api/me")
    assert (told.json()["name"], told.json()["csrf"]) == ("mallory", mallory.headers["X-CSRF-Token"])
    assert "access-control-allow-origin" not in told.headers  # so that no other site reads it
    for made_up in ("", ".", "a.b", f"{now}x", now.partition(".")[0]):
        assert TestClient(desk.app, cookies={COOKIE: made_up}).get("/api/me").status_code == 401, made_up


def test_what_is_changed_about_a_user_holds_at_once(desk: Any) -> None:
    """New roles, a new password and being shut out end every session and, with the last, every token."""
    admin = desk.signed_in(Role.ADMIN)
    ann = desk.signed_in(Role.REVIEWER, name="ann")
    token = accounts.new_token(desk.url, "ann", "t", ["read"])
    program = TestClient(desk.app, headers={"Authorization": f"Bearer {token}"})
    assert admin.patch("/api/users/ann", json={"roles": ["auditor"]}).status_code == 200
    assert ann.get("/api/me").status_code == 401
    assert program.get("/api/me").json()["roles"] == ["auditor"]
    assert program.get(f"/api/items/{desk.items['note.txt']}/text").status_code == 403
    assert admin.patch("/api/users/ann", json={"active": False}).status_code == 200
    assert program.get("/api/me").status_code == 401


def test_a_preview_before_the_decision_is_a_reading(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in it nobody has decided on: who looks is in the audit, once in each of his turns at it.

    Afterwards masked roles look unrecorded.
    """
    ann, auditor, item = desk.signed_in(Role.REVIEWER, name="ann"), desk.signed_in(Role.AUDITOR), desk.items["note.txt"]
    asked = desk.taken(ann, item)
    for forgets in (False, False, True):
        if forgets:  # as another process, or this one after a restart
            monkeypatch.setattr(opening, "_previewed", opening.Remembered(8))
        for what in ("preview", "preview/view"):
            assert ann.get(f"/api/items/{item}/{what}").status_code == 200
            assert auditor.get(f"/api/items/{item}/{what}").status_code == 403
    other = desk.items["table.csv"]
    desk.taken(ann, other)
    assert ann.get(f"/api/items/{other}/preview").status_code == 200
    assert ann.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    assert auditor.get(f"/api/items/{item}/preview").status_code == 200
    for one in (item, other):
        read = [record for record in audit_log.history(desk.url, desk.asset(one)) if record.activity == "review.read"]
        assert [(record.agent, record.role, record.reason) for record in read] == [("ann", "reviewer", "preview")]
        assert read[0].input_sha256


def test_each_who_previews_is_in_the_audit(desk: Any) -> None:
    """A turn that was given back and taken by another is another's reading; who has no turn is recorded each time."""
    ann, bob = (desk.signed_in(Role.REVIEWER, name=name) for name in ("ann", "bob"))
    item = desk.items["note.txt"]
    judge = desk.signed_in(Role.ADJUDICATOR, name="judge")
    for client in (ann, bob):
        asked = desk.taken(client, item)
        assert client.get(f"/api/items/{item}/preview").status_code == 200
        assert client.post(f"/api/turns/{asked['turn_id']}/release").status_code < 300
    for _ in range(2):
        assert judge.get(f"/api/items/{item}/preview").status_code == 200
    read = [record for record in audit_log.history(desk.url, desk.asset(item)) if record.activity == "review.read"]
    assert [record.agent for record in read] == ["ann", "bob", "judge", "judge"]


def test_what_is_rejected_is_not_shown_to_masked_roles(desk: Any) -> None:
    """A document that is rejected for a missed identifier has it still: no preview of it for who is not cleared."""
    ann, item = desk.signed_in(Role.REVIEWER, name="ann"), desk.items["note.txt"]
    asked = desk.taken(ann, item) | {"verdict": "rejected", "reason": "identifier missed"}
    assert ann.post(f"/api/items/{item}/submit", json=asked).status_code == 200
    for role in (Role.RELEASER, Role.STEWARD, Role.AUDITOR):
        client = desk.signed_in(role)
        for what in ("preview", "preview/view", "preview/frames/0", "export"):
            answer = client.get(f"/api/items/{item}/{what}")
            assert answer.status_code in (403, 409), (role, what)
            assert "zebulon" not in answer.text
        page = client.get(f"/items/{item}")
        assert (page.status_code, "It was rejected" in page.text, "zebulon" in page.text) == (200, True, False)


def test_a_page_that_refuses_knows_whom(desk: Any) -> None:
    """Who may not see a page is still signed in on it: the way on leads to what is theirs."""
    page = desk.signed_in(Role.AUDITOR).get("/users")
    assert page.status_code == 403
    assert "Not for you" in page.text
    assert "Sign out" in page.text
    assert "Back to sign-in" not in page.text


def test_no_endpoint_gives_a_document_out_raw(desk: Any) -> None:
    """There is no such button or right: the one that gives files out asks for a releaser, who never sees raw text."""
    client, releaser, item = desk.signed_in(*Role, name="all"), desk.signed_in(Role.RELEASER), desk.items["note.txt"]
    asked = desk.taken(client, item) | {"verdict": "approved"}
    assert client.post(f"/api/items/{item}/submit", json=asked).status_code == 200
    source = desk.source(item)
    for method, path in ACCESS:
        if method != "GET":
            continue
        for caller in (client, releaser):
            answer = caller.get(filled(path, desk))
            assert source not in answer.content, path
            gives = "attachment" in answer.headers.get("content-disposition", "")
            assert gives == (answer.status_code == 200 and path in (f"{ITEM}/preview", f"{ITEM}/export")), path
            assert not gives or b"Canary" not in answer.content
    assert (
        client.get(f"/api/items/{item}/export?raw=true&deidentify=false").content
        == releaser.get(f"/api/items/{item}/export").content
    )

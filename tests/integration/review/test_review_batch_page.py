"""What a batch's page tells: policy and kinds, who has which document, why each is asked about, what became of it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, get_args

import pytest

from deid_core.errors import UsageError
from deid_core.routing import PRIORITY
from deployments.review import asked
from deployments.review.card import kind_of
from infra import audit_log
from infra import review_queue as queue
from infra.accounts import Role
from tasks.run import opened


def test_each_reason_of_routing_can_be_asked_for() -> None:
    """The filter knows every reason for which somebody is asked, and no other."""
    assert set(get_args(asked.Route)) == set(PRIORITY)


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("text/plain", "text"), ("application/dicom", "DICOM"), ("image/webp", "picture"), ("audio/wav", "audio/wav")],
)
def test_kinds_are_told_in_plain_words(media_type: str, kind: str) -> None:
    """A kind that has no name of its own is told as it is."""
    assert kind_of(media_type) == kind


def test_a_batch_says_under_which_policy_and_of_what_it_is(desk: Any) -> None:
    """The badge is that of the policy that the run began with; without the run's files the rest is shown still."""
    client = desk.signed_in(Role.AUDITOR)
    run = opened(queue.batch(desk.url, desk.batch).flow_run_id)
    for where in ("/", f"/batches/{desk.batch}"):
        page = client.get(where).text
        assert all(
            told in page for told in ("de-identified", "policy safe_harbor 1", run.policy.sha256, "1 text", "1 table")
        )
    gone = queue.create_batch(desk.url, "a-run-of-long-ago")
    page = client.get(f"/batches/{gone.id}")
    assert (page.status_code, "policy " in page.text) == (200, False)
    assert "Run a-run-of" in client.get("/").text


def test_a_steward_sees_who_has_what_and_others_do_not(desk: Any) -> None:
    """Held and given documents are told apart by name; a reviewer is not told what others hold."""
    steward, ann = desk.signed_in(Role.STEWARD), desk.signed_in(Role.REVIEWER, name="ann")
    desk.signed_in(Role.REVIEWER, name="bob")
    note, table = desk.items["note.txt"], desk.items["table.csv"]
    desk.taken(ann, note)
    given = {"reviewers": ["bob"], "item_ids": [table]}
    assert steward.post(f"/api/batches/{desk.batch}/assign", json=given).json() == {"bob": 1}
    page = steward.get(f"/batches/{desk.batch}").text
    assert "bob (given)" in page
    assert '<span class="with-number">ann</span>' in page
    assert "bob" not in ann.get(f"/batches/{desk.batch}").text
    only = steward.get(f"/api/batches/{desk.batch}/items", params={"assigned_to": "bob", "reason": "required"}).json()
    assert [item["id"] for item in only["items"]] == [table]
    shown = steward.get(f"/batches/{desk.batch}?reason=required&assigned_to=bob&status=pending").text
    assert desk.asset(table) in shown
    assert desk.asset(note) not in shown


def test_what_became_of_a_document_is_told_by_colour_sign_and_word(desk: Any) -> None:
    """Grey before, green after a release, red with the reason after a failure; nothing else is a tag."""
    client = desk.signed_in(Role.AUDITOR)
    note, table = (desk.asset(desk.items[name]) for name in ("note.txt", "table.csv"))
    where = f"/batches/{desk.batch}"
    assert client.get(where).text.count("not yet") == 2
    queue.tag_items(desk.url, desk.batch, [note])
    queue.tag_items(desk.url, desk.batch, [table], queue.FAILED, failure="residual_identifier")
    page = client.get(where).text
    assert "chip done" in page
    assert "failed: residual identifier" in page
    held = client.get(f"/api/items/{desk.items['table.csv']}").json()["item"]
    assert (held["tag"], held["failure"]) == ("Failed", "residual_identifier")
    queue.tag_items(desk.url, desk.batch, [table])
    assert client.get(f"/api/items/{desk.items['table.csv']}").json()["item"]["failure"] == ""
    for tag, failure in (("Lost", ""), (queue.FAILED, ""), (queue.DEIDENTIFIED, "changed")):
        with pytest.raises(UsageError):
            queue.tag_items(desk.url, desk.batch, [note], tag, failure=failure)


def test_acts_about_a_batch_are_audited_in_the_role_that_may_do_them(desk: Any) -> None:
    """Sharing out, priorities and beginning anew are a steward's; deciding all at once is a releaser's."""
    steward, releaser = desk.signed_in(Role.STEWARD), desk.signed_in(Role.RELEASER)
    desk.signed_in(Role.REVIEWER, name="ann")
    where = f"/api/batches/{desk.batch}"
    steward.post(f"{where}/assign", json={"reviewers": ["ann"]})
    steward.post(f"{where}/priority", json={"item_ids": [desk.items["note.txt"]], "priority": 3})
    releaser.post(f"{where}/decide", json={"verdict": "sent_back", "reason": "identifier missed"})
    steward.post(f"{where}/reset", json={})
    lines, _ = audit_log.export(desk.url, queue.batch(desk.url, desk.batch).flow_run_id)
    told = [line for line in lines.splitlines() if '"batch:' in line]
    assert ["releaser" if '"role":"releaser"' in line.replace(" ", "") else "steward" for line in told] == [
        "steward",
        "steward",
        "releaser",
        "steward",
    ]
    assert all(
        '"role":"steward"' in one or '"role":"releaser"' in one for one in (line.replace(" ", "") for line in told)
    )


def test_every_post_has_roles_that_there_are(desk: Any) -> None:
    """The page offers each post with its roles, and none of them sees raw text and administers users."""
    page = desk.signed_in(Role.ADMIN).get("/users").text
    text = files("deployments.review").joinpath("posts.toml").read_text("utf-8")
    held = tomllib.loads(text)
    assert len(held) >= 5
    for post in held.values():
        assert set(post["roles"]) <= set(Role)
        assert post["title"] in page
        assert f'value="{" ".join(post["roles"])}"' in page
        assert not {"reviewer", "adjudicator"} & set(post["roles"]) or "admin" not in post["roles"]

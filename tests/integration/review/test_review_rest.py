"""A whole review by the endpoints alone, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from deid_core.entities import EntityType
from deid_core.model import Action, Decision, Finding, Plan, TimeSpan, Verdict
from deployments.cli.review import app
from infra import review_queue as queue
from infra.accounts import Role
from tasks import steps
from tasks.run import digest, opened


def place_of(lines: list[str], value: str) -> dict[str, Any]:
    """Tell where a value is as a browser does."""
    line = next(number for number, text in enumerate(lines) if value in text)
    unit = len(lines[line][: lines[line].index(value)].encode("utf-16-le")) // 2
    end = {"line": line, "unit": unit + len(value)}
    return {"block": 0, "start": {"line": line, "unit": unit}, "end": end, "text": value}


def test_a_whole_review_and_its_preview_is_the_export(desk: Any) -> None:
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


def exported(desk: Any, item: int) -> bytes:
    """Carry the review out as the flow does, and return what it writes."""
    from tasks.review import close_review, status
    from tasks.shard import Shard

    others = [one for one in desk.items.values() if one != item]
    queue.decide_items(
        desk.url, desk.batch, queue.Status.APPROVED, "rest", asset_ids=[desk.asset(one) for one in others]
    )
    run_id = queue.batch(desk.url, desk.batch).flow_run_id
    run = opened(run_id)
    shard = close_review.fn(Shard(run_id, 0, "plan", len(desk.items), 0), status(run_id, desk.batch))
    entry = next(row for row in run.lines(shard.name) if row["asset_id"] == desk.asset(item))
    steps.apply_asset(run_id, entry)
    return run.get(f"out/{entry['asset_id']}")


def test_untouched_findings_preview_as_the_run_planned(desk: Any) -> None:
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
def test_what_was_not_seen_so_is_refused(desk: Any, change: dict[str, Any]) -> None:
    """A stale version, a lost turn, or a place whose text is another answers 409 and saves nothing."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item) | {"edits": [{"act": "accept", "span_id": "1.0"}]}
    answer = client.post(f"/api/items/{item}/edits", json=asked | change)
    assert answer.status_code == 409, answer.text
    assert len(client.get(f"/api/items/{item}").json()["versions"]) == 1


def test_two_tabs_of_one_person_overwrite_nothing(desk: Any) -> None:
    """The tab that saved second, on what it saw first, is told so."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item)
    first = client.post(f"/api/items/{item}/edits", json=asked | {"edits": [{"act": "accept", "span_id": "1.0"}]})
    second = client.post(f"/api/items/{item}/edits", json=asked | {"edits": [{"act": "reject", "span_id": "1.0"}]})
    assert (first.status_code, second.status_code) == (200, 409)


def test_an_item_in_other_hands_is_not_given_again(desk: Any) -> None:
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


def test_a_releaser_decides_the_batch_and_a_steward_begins_it_again(desk: Any) -> None:
    """What is done to many at once is done by who is trusted with it."""
    releaser, steward = desk.signed_in(Role.RELEASER), desk.signed_in(Role.STEWARD)
    desk.signed_in(Role.REVIEWER, name="ann")
    given = steward.post(f"/api/batches/{desk.batch}/assign", json={"reviewers": ["ann"], "order": "random", "seed": 4})
    assert given.json() == {"ann": 2}
    more = {"item_ids": list(desk.items.values()), "priority": 5}
    assert steward.post(f"/api/batches/{desk.batch}/priority", json=more).json() == {"changed": 2}
    assert steward.post(f"/api/batches/{desk.batch}/unassign", json={}).json() == {"unassigned": 2}
    asset = desk.asset(desk.items["note.txt"])
    some = {"verdict": "rejected", "reason": "not to be released", "asset_ids": [asset]}
    assert releaser.post(f"/api/batches/{desk.batch}/decide", json=some).json() == {"decided": 1, "undecided": 1}
    assert steward.post(f"/api/batches/{desk.batch}/reset", json={"asset_ids": [asset]}).json() == {"reset": 1}
    shown = releaser.get(f"/api/batches/{desk.batch}").json()
    assert shown["progress"]["by_status"] == {"pending": 2}


def test_quality_by_endpoint_page_and_command_is_the_same(desk: Any) -> None:
    """A missed name and a date too many show as recall, precision and what was left; reviewers are not told."""
    client, auditor, item = desk.signed_in(Role.REVIEWER), desk.signed_in(Role.AUDITOR), desk.items["note.txt"]
    asked = desk.taken(client, item)
    lines = client.get(f"/api/items/{item}/text").json()["blocks"][0]["lines"]
    spans = client.get(f"/api/items/{item}").json()["versions"][0]["spans"]
    date = next(span for span in spans if span["entity_type"] == "DATE")
    edits = [
        {"act": "add", "entity_type": "RELATIVE_NAME", "place": place_of(lines, "zebulon")},
        {"act": "reject", "span_id": date["id"]},
    ]
    saved = client.post(f"/api/items/{item}/edits", json=asked | {"edits": edits, "seconds": 30}).json()
    done = asked | {"expected": saved["current"], "verdict": "approved", "seconds": 12}
    assert client.post(f"/api/items/{item}/submit", json=done).status_code == 200
    told = auditor.get(f"/api/batches/{desk.batch}/quality").json()
    assert told["items"] == {"items": 1, "looked_at": 1, "looked_at_apart": 0}
    assert told["labels"]["RELATIVE_NAME"]["covered"] == 0
    assert told["labels"]["DATE"]["exact"] == {"recall": None, "precision": 0}
    assert told["residual"]["every"]["with_missed"] == 1
    assert told["seconds"]["mean"] == 42
    page = auditor.get(f"/batches/{desk.batch}/quality").text
    assert "relative name" in page
    assert "42 s" in page
    assert "At most, 95 %" in page
    assert "100.00 %" in page  # one of one had something left: nothing better is shown
    assert not [value for value in ("zebulon", "Canary", "reviewer<") if value in page]
    run_id = queue.batch(desk.url, desk.batch).flow_run_id
    shown = CliRunner().invoke(app, ["quality", run_id, "--json"])
    assert json.loads(shown.stdout) == told
    assert "RELATIVE_NAME" in CliRunner().invoke(app, ["quality", run_id]).stdout
    assert client.get(f"/api/batches/{desk.batch}/quality").status_code == 403
    assert auditor.get("/api/batches/none/quality").status_code == 404


def test_each_act_is_one_line_of_history_and_the_chain_is_whole(desk: Any) -> None:
    """As many acts, so many lines, with who, what and why; the audit leads from the source's hash to the output's."""
    client, releaser, item = desk.signed_in(Role.REVIEWER), desk.signed_in(Role.RELEASER), desk.items["note.txt"]
    asked = desk.taken(client, item)
    lines = client.get(f"/api/items/{item}/text").json()["blocks"][0]["lines"]
    (date,) = [s for s in client.get(f"/api/items/{item}").json()["versions"][0]["spans"] if s["entity_type"] == "DATE"]
    wider = place_of(lines, "seen 3/14/2021")
    acts = [
        {"act": "accept", "span_id": "1.0"},
        {"act": "reject", "span_id": date["id"]},
        {"act": "relabel", "span_id": "1.1", "entity_type": "ID"},
        {"act": "resize", "span_id": date["id"], "place": wider},
        {"act": "add", "entity_type": "RELATIVE_NAME", "place": place_of(lines, "zebulon")},
        {"act": "restore", "span_id": date["id"]},
    ]
    for one in acts:  # each saved by itself, as a page does
        saved = client.post(f"/api/items/{item}/edits", json=asked | {"edits": [one]})
        assert saved.status_code == 200, saved.text
        asked["expected"] = saved.json()["current"]
    assert client.post(f"/api/items/{item}/comments", json={"text": "so?", "span_id": "1.0"}).status_code == 201
    assert client.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    history = client.get(f"/api/items/{item}/history").json()
    told = [f"span.{one['act']}" for one in acts] + ["comment", "submitted", "approved"]
    assert [event["act"] for event in history if event["who"] == "reviewer"] == told
    assert all(event["at"] for event in history)
    sent = releaser.get(f"/api/items/{item}/export")
    records = releaser.get(f"/api/items/{item}/records").json()
    activities = [record["activity"] for record in records]
    saves = ["review.saved"] * len(acts)
    assert [one for one in activities if one in ("review.saved", "review.comment", "review.approved")] == [
        *saves,
        "review.comment",
        "review.approved",
    ]
    reads = [record["reason"] for record in records if record["activity"] == "review.read"]
    assert reads == ["text", *["edits"] * len(acts)]
    assert records[0]["input_sha256"] == digest(desk.source(item))
    assert records[-1]["activity"] == "review.exported"
    assert records[-1]["output_sha256"] == digest(sent.content)
    page = releaser.get(f"/items/{item}/history").text
    assert records[-1]["output_sha256"] in page
    assert records[0]["input_sha256"] in page
    assert not [value for value in ("zebulon", "Canary", "so?") if value in page]


def test_time_is_decided_over_rest(desk: Any) -> None:
    """A finding of seconds is shown, rejected and compared as one of characters; a time where no sound is, refused."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    loaded = queue.load(desk.url, item, "nobody")
    heard = Finding(EntityType.NAME, TimeSpan("sound", 1.5, 2.25), 0.6, "ner", "1", "cue")
    decision = Decision(heard, Verdict.REVIEW, Action("mask_label"), "unsure")
    asked = Plan(loaded.item.asset_id, loaded.item.input_sha256, loaded.batch.policy_sha256, (decision,))
    assert queue.redetect(desk.url, desk.batch, [asked], "stu", "untouched") == 1
    turn = desk.taken(client, item)
    (span,) = client.get(f"/api/items/{item}").json()["versions"][-1]["spans"]
    assert span["location"] == {"kind": "time", "part": "sound", "start": 1.5, "end": 2.25}
    assert client.get(f"/items/{item}").status_code == 200
    edit = {"edits": [{"act": "reject", "span_id": span["id"]}]}
    saved = client.post(f"/api/items/{item}/edits", json=turn | edit)
    assert saved.status_code == 200, saved.text
    assert [one["state"] for one in saved.json()["spans"]] == ["stays"]
    place = {"part": "sound", "start": 3.0, "end": 4.0}
    added = {"expected": saved.json()["current"], "edits": [{"act": "add", "entity_type": "NAME", "place": place}]}
    assert client.post(f"/api/items/{item}/edits", json=turn | added).status_code == 409
    (found,) = client.get(
        f"/api/items/{item}/compare", params={"left": span["id"][0], "right": saved.json()["current"]}
    ).json()
    assert (found["kind"], found["left"]["location"]["end"]) == ("verdict", 2.25)
    done = turn | {"expected": saved.json()["current"], "verdict": "approved"}
    assert client.post(f"/api/items/{item}/submit", json=done).status_code == 200
    assert "sound 1.5 to 2.25" in client.get(f"/items/{item}/compare?left={span['id'][0]}&right=4").text

"""One document is given out by what people submitted, verified and recorded; by rank where the policy says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deid_core.verify import Verification
from infra import audit_log
from infra import review_queue as queue
from infra.accounts import Role

NOTE = "Patient: Jane Canary, MRN 7712345\nHer neighbour zebulon called on 3/14/2021.\n"


def acts(desk: Any, item: int) -> list[tuple[str, str, str]]:
    """Return who did what about an item, and the hash of what went out."""
    history = audit_log.history(desk.url, desk.asset(item))
    return [(record.agent, record.activity, record.output_sha256) for record in history]


def test_only_what_people_submitted_is_given_out(desk: Any) -> None:
    """Before that, and after a rejection, 409 and a record of who asked; then the bytes of the preview, recorded."""
    reviewer, releaser, item = desk.signed_in(Role.REVIEWER), desk.signed_in(Role.RELEASER), desk.items["note.txt"]
    where = f"/api/items/{item}/export"
    assert reviewer.get(where).status_code == 403
    asked = desk.taken(reviewer, item)
    refused = releaser.get(where)
    assert (refused.status_code, acts(desk, item)[-1]) == (409, ("releaser", "review.export_refused", ""))
    assert "Canary" not in refused.text
    assert reviewer.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    given = releaser.get(where)
    assert given.status_code == 200
    assert b"Canary" not in given.content
    assert b"zebulon" in given.content  # no detector and nobody found it
    assert given.content == releaser.get(f"/api/items/{item}/preview").content
    assert acts(desk, item)[-1] == ("releaser", "review.exported", given.headers["etag"].strip('"'))
    desk.signed_in(Role.STEWARD).post(f"/api/batches/{desk.batch}/reset", json={})
    assert releaser.get(where).status_code == 409
    releaser.post(f"/api/batches/{desk.batch}/decide", json={"verdict": "rejected", "reason": "other"})
    assert releaser.get(where).status_code == 409


def test_what_is_left_in_an_output_keeps_it_in(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever submitted it: what verification finds left is not given out, and that is recorded."""
    reviewer, releaser, item = desk.signed_in(Role.REVIEWER), desk.signed_in(Role.RELEASER), desk.items["note.txt"]
    asked = desk.taken(reviewer, item)
    assert reviewer.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    found = Verification(1, (object(),))  # type: ignore[arg-type] # whatever the search found
    monkeypatch.setattr("deid_core.verify.residual", lambda *_args: found)
    assert releaser.get(f"/api/items/{item}/export").status_code == 409
    assert acts(desk, item)[-1][1] == "review.export_refused"


@pytest.fixture
def ranked(
    review_run: Callable[..., Any], quick_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Any
) -> Any:
    """Give a desk where two look and the first of a ranking decides."""
    policy = tmp_path / "ranked.toml"
    rules = 'people = 2\nconflict = "priority"\nranking = ["ann", "bob"]'
    policy.write_text(f"{quick_policy.read_text()}\n[review]\n{rules}\n")
    batch, items = review_run({"note.txt": NOTE.encode()}, str(policy))
    return replace(desk, batch=batch, items=items)


@pytest.mark.parametrize(
    ("people", "decides"),
    [(("ann", "bob"), "ann"), (("bob", "ann"), "ann"), (("cy", "bob"), "bob"), (("cy", "dee"), "")],
)
def test_the_first_in_rank_decides(ranked: Any, people: tuple[str, str], decides: str) -> None:
    """Whoever submits last: the version of the first of the ranking is the truth; between equals nobody's is yet."""
    item = ranked.items["note.txt"]
    for number, name in enumerate(people):
        client = ranked.signed_in(Role.REVIEWER, name=name)
        asked = ranked.taken(client, item)
        if number:  # the second lets something stay
            span = client.get(f"/api/items/{item}").json()["versions"][0]["spans"][0]["id"]
            edit = {"edits": [{"act": "reject", "span_id": span}]}
            asked["expected"] = client.post(f"/api/items/{item}/edits", json=asked | edit).json()["current"]
        assert client.post(f"/api/items/{item}/submit", json=asked | {"verdict": "approved"}).status_code == 200
    (held,) = queue.items(ranked.url, ranked.batch)
    assert (held.decided_by, held.step) == (decides, "review" if decides else "adjudication")

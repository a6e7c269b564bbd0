"""Guidelines and the policy's checklist by the endpoints: asked, refused, kept with the version, shown."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deid_core.entities import EntityType
from infra.accounts import Role

QUESTIONS = ("Signature block read", "Letterhead & footer read")
RULES = f"""
[review]
checklist = ["{QUESTIONS[0]}", "{QUESTIONS[1]}"]
[review.guidelines]
STAFF_NAME = "Initials <stay> here."
"""


@pytest.fixture
def quick_policy(quick_policy: Path, tmp_path: Path) -> Path:
    """Give a policy that asks two questions of who approves, and says its own words of one label."""
    path = tmp_path / "asks.toml"
    path.write_text(quick_policy.read_text() + RULES)
    return path


def test_guidelines_and_questions_are_told_to_programs(desk: Any) -> None:
    """Every label with its text, the policy's own in the place of ours, and each question with its hash."""
    told = desk.signed_in(Role.AUDITOR).get(f"/api/batches/{desk.batch}/guidelines").json()
    assert [one["label"] for one in told["labels"]] == list(EntityType)
    assert all(one["guideline"] and one["group"] for one in told["labels"])
    (staff,) = [one for one in told["labels"] if one["label"] == "STAFF_NAME"]
    assert staff == {"label": "STAFF_NAME", "group": "person", "guideline": "Initials <stay> here."}
    hashes = [sha256(text.encode()).hexdigest() for text in QUESTIONS]
    assert told["checklist"] == [
        {"number": number, "sha256": hashed, "question": text}
        for number, (hashed, text) in enumerate(zip(hashes, QUESTIONS, strict=True), 1)
    ]
    assert desk.signed_in(Role.AUDITOR).get("/api/batches/none/guidelines").status_code == 404


def test_the_document_page_shows_guidelines_and_asks(desk: Any) -> None:
    """Each label in the chooser is described by its text, the legend by its group's, and each question is a box."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    desk.taken(client, item)
    page = client.get(f"/items/{item}").text
    for label in EntityType:
        assert f'aria-describedby="guide-{label}"' in page
        assert f'id="guide-{label}" hidden>' in page
    assert page.count("Initials &lt;stay&gt; here.") == 2  # in the chooser, and in the legend
    assert page.count('type="checkbox" name="checklist"') == 2
    assert "Letterhead &amp; footer read" in page


@pytest.mark.parametrize("given", [[], [1], [1, 2, 3], [1, "two"]], ids=["none", "one", "too many", "no number"])
def test_an_approval_with_a_question_open_is_refused(desk: Any, given: list[Any]) -> None:
    """It answers 422, decides nothing and adds no version; with all answered the same turn goes on."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item) | {"verdict": "approved"}
    answer = client.post(f"/api/items/{item}/submit", json=asked | {"checklist": given})
    assert answer.status_code == 422, answer.text
    held = client.get(f"/api/items/{item}").json()
    assert (held["item"]["status"], len(held["versions"])) == ("pending", 1)
    done = client.post(f"/api/items/{item}/submit", json=asked | {"checklist": [1, 2]})
    assert done.json()["status"] == "approved"


@pytest.mark.parametrize(("verdict", "given"), [("approved", [2, 1]), ("rejected", [2])])
def test_answers_are_kept_with_the_version_and_shown(desk: Any, verdict: str, given: list[int]) -> None:
    """By number, hash and yes or no with the version; in the history, for an auditor, too."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items["note.txt"]
    asked = desk.taken(client, item) | {"verdict": verdict, "checklist": given}
    assert client.post(f"/api/items/{item}/submit", json=asked).json()["status"] == verdict
    first, last = client.get(f"/api/items/{item}").json()["versions"]
    assert first["checklist"] is None
    assert last["checklist"] == [
        {"number": number, "sha256": sha256(text.encode()).hexdigest(), "yes": number in given}
        for number, text in enumerate(QUESTIONS, 1)
    ]
    auditor = desk.signed_in(Role.AUDITOR)
    history = auditor.get(f"/api/items/{item}/history").json()
    (event,) = [one for one in history if one["act"] == "submitted"]
    assert event["after"] == f"checklist {len(given)} of 2"
    page = auditor.get(f"/items/{item}/history").text
    for number, text in enumerate(("Signature block read", "Letterhead &amp; footer read"), 1):
        assert f"<td>{text}</td><td>{'yes' if number in given else 'no'}</td>" in page

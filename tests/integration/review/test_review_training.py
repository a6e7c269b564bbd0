"""Texts that people approved, exported to train on: by whom, what they hold, and what the audit says."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from sqlalchemy import text
from typer.testing import CliRunner

from deid_core.errors import DeidflowError
from deid_core.evaluate.read import read
from deployments.cli.review import app
from infra import review_queue as queue
from infra.accounts import Role
from infra.database import reading

RUN = CliRunner()


def asked(desk: Any, out: Path, by: str, *more: str) -> Any:
    """Ask for the export of the desk's run, as somebody."""
    run_id = queue.batch(desk.url, desk.batch).flow_run_id
    return RUN.invoke(app, [*more, "export", run_id, "--out", str(out), "--by", by])


def approved(desk: Any, name: str) -> None:
    """Approve a document as a reviewer, who adds the neighbour's name where it is there and lets a date stand."""
    client, item = desk.signed_in(Role.REVIEWER), desk.items[name]
    turn = desk.taken(client, item)
    edits = []
    for span in client.get(f"/api/items/{item}").json()["versions"][0]["spans"]:
        edits += [{"act": "reject", "span_id": span["id"]}] if span["entity_type"] == "DATE" else []
    if name == "note.txt":
        lines = client.get(f"/api/items/{item}/text").json()["blocks"][0]["lines"]
        line = next(number for number, held in enumerate(lines) if "zebulon" in held)
        at = lines[line].index("zebulon")
        ends = {"start": {"line": line, "unit": at}, "end": {"line": line, "unit": at + 7}}
        edits.append({"act": "add", "entity_type": "RELATIVE_NAME", "place": {"block": 0, **ends, "text": "zebulon"}})
    saved = client.post(f"/api/items/{item}/edits", json=turn | {"edits": edits})
    assert saved.status_code == 200, saved.text
    turn["expected"] = saved.json()["current"]
    assert client.post(f"/api/items/{item}/submit", json=turn | {"verdict": "approved"}).status_code == 200


def audited(desk: Any) -> list[tuple[str, str, str]]:
    """Return who exported which asset in which role."""
    with reading(desk.url) as session:
        rows = session.exec(text("SELECT agent, role, asset_id FROM audit_record WHERE activity = 'training.exported'"))
        return [tuple(row) for row in rows]


def test_what_people_agreed_on_is_exported(desk: Any, tmp_path: Path) -> None:
    """Added names are marked, rejected dates are not, cells come by themselves, and nobody else can read the file."""
    approved(desk, "note.txt")
    approved(desk, "table.csv")
    desk.signed_in(Role.ADJUDICATOR, name="judge")
    out = tmp_path / "texts.jsonl"
    done = asked(desk, out, "judge")
    assert done.exit_code == 0, done.output
    assert "Canary" not in done.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    gold = read({"texts.jsonl": out.read_bytes()})
    note = next(one for one in gold.documents if "zebulon" in one.text)
    marked = {(note.text[span.start : span.end], str(span.entity_type)) for span in note.spans}
    assert ("zebulon", "RELATIVE_NAME") in marked
    assert ("Jane Canary", "NAME") in marked
    assert not any(label == "DATE" for _, label in marked)
    assert note.text.encode() == desk.source(desk.items["note.txt"])
    cells = {one.text: [one.text[span.start : span.end] for span in one.spans] for one in gold.documents}
    assert cells["seen by Dr. Kestrel"] == ["Kestrel"]
    assert cells["Jane Canary"] == ["Jane Canary"]
    assert {one.subject for one in gold.documents}
    assert audited(desk) == sorted(("judge", "adjudicator", desk.asset(item)) for item in desk.items.values())


def test_every_format_says_the_same(desk: Any, tmp_path: Path) -> None:
    """The DocBin and the two columns have the identifiers of the JSON Lines; what is not approved is in none."""
    approved(desk, "note.txt")
    desk.signed_in(Role.ADJUDICATOR, name="judge")
    for ending in ("jsonl", "spacy", "iob"):
        assert asked(desk, tmp_path / f"texts.{ending}", "judge").exit_code == 0
    (doc,) = DocBin().from_bytes((tmp_path / "texts.spacy").read_bytes()).get_docs(Vocab())
    found = {(entity.text, entity.label_) for entity in doc.ents}
    assert ("zebulon", "RELATIVE_NAME") in found
    gold = read({"texts.jsonl": (tmp_path / "texts.jsonl").read_bytes()})
    assert {(doc.text[one.start : one.end], str(one.entity_type)) for one in gold.documents[0].spans} == found
    assert "zebulon\tB-RELATIVE_NAME\n" in (tmp_path / "texts.iob").read_text()


@pytest.mark.parametrize(
    ("role", "name"), [(Role.REVIEWER, "ann"), (Role.STEWARD, "ann"), (Role.ADMIN, "ann"), (Role.ADJUDICATOR, "nobody")]
)
def test_nobody_else_exports_texts(desk: Any, tmp_path: Path, role: Role, name: str) -> None:
    """Who may not see every document, and who is not known, gets none; there is no file and no record."""
    approved(desk, "note.txt")
    desk.signed_in(role, name="ann")
    done = asked(desk, tmp_path / "texts.jsonl", name)
    assert isinstance(done.exception, DeidflowError)
    assert not (tmp_path / "texts.jsonl").exists()
    assert audited(desk) == []


def test_what_cannot_be_exported(desk: Any, tmp_path: Path) -> None:
    """Nothing approved, another ending, a file that is there, a server elsewhere: each is refused with its reason."""
    desk.signed_in(Role.ADJUDICATOR, name="judge")
    assert "nobody approved" in str(asked(desk, tmp_path / "a.jsonl", "judge").exception)
    approved(desk, "note.txt")
    assert "endings" in str(asked(desk, tmp_path / "a.txt", "judge").exception)
    (tmp_path / "b.jsonl").touch()
    assert "there already" in str(asked(desk, tmp_path / "b.jsonl", "judge").exception)
    refused = asked(desk, tmp_path / "c.jsonl", "judge", "--server", "https://elsewhere.example")
    assert "never over a network" in str(refused.exception)
    assert audited(desk) == []

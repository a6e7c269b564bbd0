"""Words of the trade that a release keeps, counted by hand."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from deid_core import ingest, manifest, report, retention
from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.model import Action, CellRef, Decision, Finding, Location, Plan, TextSpan, Verdict
from deid_core.policy import load_policy


def decided(location: Location, verdict: Verdict = Verdict.TRANSFORM, operator: str = "mask_label") -> Decision:
    """Return a decision about a place."""
    return Decision(Finding(EntityType.NAME, location, 0.9, "patterns", "1"), verdict, Action(operator), "why")


def counted(name: str, data: bytes, key: ProjectKey, *decisions: Decision) -> tuple[int, int]:
    """Return the terms of a document and those kept under decisions."""
    document = ingest.read(data, name, "a1", key)
    return retention.terms(document, Plan("a1", "", "", decisions), "en")


NOTE = b"On Metoprolol and warfarin for years; metoprolol was stopped."


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ((), (3, 3)),
        ((decided(TextSpan("text", 3, 13)),), (3, 2)),
        ((decided(TextSpan("text", 0, 60)),), (3, 0)),
        ((decided(TextSpan("text", 3, 13), Verdict.KEEP),), (3, 3)),
        ((decided(TextSpan("text", 3, 13), operator="keep"),), (3, 3)),
        ((decided(TextSpan("text", 3, 13), Verdict.REVIEW),), (3, 2)),
    ],
    ids=["nothing goes", "a word", "all", "kept", "kept by the policy", "undecided goes"],
)
def test_a_note(decisions: tuple[Decision, ...], expected: tuple[int, int], key: ProjectKey) -> None:
    """A word counts each time it stands there, in any case; it is kept where no change touches it."""
    assert counted("note.txt", NOTE, key, *decisions) == expected


def test_a_table(key: ProjectKey) -> None:
    """Cells count by themselves, whole ones and characters in them."""
    data = b"id,note\n1,on warfarin\n2,warfarin and metoprolol\n"
    row = ingest.read(data, "t.csv", "a1", key).parts
    names = [part.name for part in row if part.kind == "record"]
    assert counted("t.csv", data, key) == (3, 3)
    assert counted("t.csv", data, key, decided(CellRef(names[0], 0, "note"))) == (3, 2)
    assert counted("t.csv", data, key, decided(CellRef(names[1], 1, "note", 0, 8))) == (3, 2)


def test_a_long_text_is_read_at_its_beginning(key: ProjectKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs does not grow with the text."""
    monkeypatch.setattr(retention, "READ", 20)
    assert counted("note.txt", NOTE, key) == (1, 1)


def entry(terms: list[int] | None) -> dict[str, Any]:
    """Return an entry of a released asset."""
    held = {"asset_id": "a1", "media_type": "text/plain", "input_sha256": "1" * 64, "output": "data/S1/a1.txt"}
    more = {"output_sha256": "2" * 64, "counts": {"NAME": 1}, "subject_code": "S1", "searched": 1}
    return {**held, **more, **({"terms": terms} if terms else {})}


@pytest.mark.parametrize(("terms", "told"), [([200, 199], "99.5 % kept: 199 of 200"), (None, "")])
def test_the_manifest_and_the_report_tell_it(terms: list[int] | None, told: str, key: ProjectKey) -> None:
    """Sums over the assets, in the schema's members and on the page; nothing where nothing was counted."""
    review = {"mode": "none", "decided_by": [], "decision": "not_asked"}
    held = manifest.build([entry(terms)], [], load_policy("safe_harbor"), key.key_id, review)
    schema = json.loads(files("deid_core.standards").joinpath("manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(held, schema)
    assert held.get("retention") == ({"terms": 200, "kept": 199} if terms else None)
    page = report.render(held)
    assert ("Words of the trade" in page) is bool(terms)
    assert told in page

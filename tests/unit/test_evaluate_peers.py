"""Other de-identifiers under our measures: what is done to their findings before they are counted."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deployments.train import peers

SPAN = st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from(["NAME", "DATE"]), st.floats(0, 1))


def test_findings_that_overlap_are_one_of_the_surest_label() -> None:
    """A name inside a surer address is the address, over all that either covers; neighbours stay apart."""
    spans = [(8, 12, EntityType.NAME, 0.5), (0, 9, EntityType.ADDRESS, 0.9), (12, 14, EntityType.NAME, 0.5)]
    found = [(one.start, one.end, one.entity_type) for one in peers.merged(spans).found]
    assert found == [(0, 12, "ADDRESS"), (12, 14, "NAME")]


@settings(deadline=None)
@given(st.lists(SPAN))
def test_merging_keeps_every_character(drawn) -> None:
    """Merged findings cover what the findings covered, in order, without overlaps."""
    spans = [(start, start + long, EntityType(label), score) for start, long, label, score in drawn]
    found = peers.merged(spans).found
    assert {at for one in found for at in range(one.start, one.end)} == {
        at for start, end, *_ in spans for at in range(start, end)
    }
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_a_peer_has_its_report_and_its_column(tmp_path: Path, monkeypatch, capsys) -> None:
    """A peer that finds capitalised words is measured like ours: one of two names, and both lines touched."""
    words = [(0, 3, EntityType.NAME, 1.0)]
    monkeypatch.setattr(peers, "PEERS", {"capitals": (lambda: lambda _: words, "pytest")})
    (tmp_path / "gold.txt").write_text("### a note\n[NAME Ana] met [NAME Li]\n")
    (tmp_path / "negatives.txt").write_text("Bell palsy\n\nHodgkin\n")
    out = tmp_path / "out.json"
    peers.main(["run", "capitals", str(tmp_path / "gold.txt"), str(tmp_path / "negatives.txt"), str(out)])
    made = json.loads(out.read_text())
    assert made["overall"]["direct"]["covered"]["recall"]["value"] == 0.5
    assert made["over_redaction"]["lines_touched"]["value"] == 1.0
    peers.main(["table", str(out), str(out)])
    printed = capsys.readouterr().out
    assert printed.startswith(f"|  | {made['system']} | {made['system']} |\n")
    assert "| values leaked | 1 | 1 |" in printed


@pytest.mark.parametrize("arguments", [[], ["run", "presidio"], ["table"], ["run", "nobody", "a", "b", "c"]])
def test_wrong_arguments_say_what_is_right(arguments: list[str]) -> None:
    """A call that cannot be met ends with its usage, before anything is read."""
    with pytest.raises(UsageError):
        peers.main(arguments)

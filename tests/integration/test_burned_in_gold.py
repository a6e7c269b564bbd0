"""The real files with burned-in text, all the way to a plan: every identifier covered, settings left to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core.evaluate.box_gold import parse_gold
from deid_core.evaluate.boxes import EMPTY
from deid_core.evaluate.look import look
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor")
OVER = 0.02  # share of technical boxes that may be covered: 1 of 66, a sex between two identifiers on one bar


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_identifier_box_of_the_real_files_is_covered(shared: Path, key: ProjectKey) -> None:
    """At 95 % of its area or more, in every frame of every file; text about the picture stays."""
    folder = shared / "dicom" / "burned_in"
    gold = parse_gold((folder / "ground_truth.json").read_text("utf-8"))
    seen = look(gold, lambda name: (folder / name).read_bytes(), POLICY, key)
    assert [one.name for one in seen if one.set_aside] == []
    wrong = [(one.name, box.gold) for one in seen for box in one.outcomes if box.gold.identifies and not box.covered]
    assert wrong == []
    total = sum((one.score for one in seen), EMPTY)
    assert total.recall.boxes >= 49
    assert total.over.box_share <= OVER
    assert total.other.pixel_share <= 0.02

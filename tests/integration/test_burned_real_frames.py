"""Text burned into real frames in every way of writing, all the way to a plan: what identifies goes, the rest stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core.evaluate.box_gold import parse_gold
from deid_core.evaluate.boxes import EMPTY
from deid_core.evaluate.look import look
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deployments.sample.burn import EVERY_HAND, GOLD, burn, grounds_in

SEED = 20261124  # drawn once, when the rules stood
POLICY = load_policy("safe_harbor")
# CT and MR are searched for no face where their headers say what they are; these frames have none
NO_FACES = POLICY.model_copy(update={"detectors": tuple(name for name in POLICY.detectors if name != "faces")})
RECALL, OVER = 0.97, 0.08


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_identifiers_burned_into_real_slices_are_covered(shared: Path, tmp_path: Path, key: ProjectKey) -> None:
    """Names, numbers, dates, sites and telephones without a header to know them by."""
    grounds = list(grounds_in(shared / "dicom" / "bench"))
    assert len(grounds) > 5
    burn(tmp_path, grounds, len(EVERY_HAND), SEED)
    gold = parse_gold((tmp_path / GOLD).read_text("utf-8"))
    seen = look(gold, lambda name: (tmp_path / name).read_bytes(), NO_FACES, key)
    assert [one.name for one in seen if one.set_aside] == []
    total = sum((one.score for one in seen), EMPTY)
    missed = [box.gold.kind for one in seen for box in one.outcomes if box.gold.identifies and not box.covered]
    assert total.recall.boxes > 40
    assert total.recall.box_share >= RECALL, missed
    assert total.over.box_share <= OVER, f"{total.over.boxes_covered} of {total.over.boxes}"

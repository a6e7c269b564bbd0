"""The Spanish gate: notes of other layouts and countries than the corpus', made by the project, never trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deid_core.evaluate.predict import predict
from deid_core.evaluate.read import read
from deid_core.evaluate.report import report
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

GOLD = Path(__file__).resolve().parents[1] / "gold" / "text"
FLOORS = {"es_looked_at": (0.98, 0.05), "es_reported": (0.97, 0.15)}  # direct identifiers covered; negatives touched


@pytest.fixture(scope="module", params=FLOORS)
def measured(request):
    """Measure the Spanish policy on one half of the gold, once; give its floors too."""
    policy, key, name = load_policy("safe_harbor_es"), ProjectKey(bytes(range(32))), request.param
    gold = read({f"{name}.txt": (GOLD / f"{name}.txt").read_bytes()})
    lines = (GOLD / f"{name}_negatives.txt").read_text("utf-8").splitlines()
    found = predict([document.text for document in gold.documents], policy, key)
    negatives = list(zip(lines, predict(lines, policy, key), strict=True))
    return report(gold, found, policy, key, np.random.default_rng(0), 10, negatives), FLOORS[name]


def test_direct_identifiers_of_other_layouts_are_covered(measured) -> None:
    """Of direct identifiers, every letter and digit of so many is changed, and the half is read whole."""
    figures, (floor, _) = measured
    assert figures["gold"]["documents"] == 20
    assert not figures["gold"]["set_aside"]
    assert figures["overall"]["direct"]["covered"]["recall"]["value"] >= floor


def test_spanish_lines_that_identify_nobody_are_left(measured) -> None:
    """Of eponyms, brands, anatomy in capitals, scores, germs and generic places, few are touched."""
    figures, (_, most) = measured
    assert (figures["over_redaction"]["lines"], figures["over_redaction"]["lines_set_aside"]) == (76, 0)
    assert figures["over_redaction"]["lines_touched"]["value"] <= most

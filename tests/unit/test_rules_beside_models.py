"""Rules and models together find no less than either alone, kind by kind, on the development set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deid_core.evaluate.gold import Gold
from deid_core.evaluate.predict import predict
from deid_core.evaluate.read import read
from deid_core.evaluate.report import report
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

GOLD = Path(__file__).resolve().parents[1] / "gold" / "text" / "dev.txt"
LAYERS = {
    "rules": ("patterns", "known_values"),
    "model": ("ner_accurate",),
    "both": ("patterns", "known_values", "ner_accurate"),
}


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    """Measure each layer and both on every third document."""
    whole = read({"dev.txt": GOLD.read_bytes()})
    gold, key = Gold(whole.documents[::3], whole.scheme), ProjectKey(bytes(range(32)))
    made = {}
    for layer, detectors in LAYERS.items():
        policy = load_policy("safe_harbor").model_copy(update={"detectors": detectors})
        found = predict([document.text for document in gold.documents], policy, key)
        made[layer] = report(gold, found, policy, key, np.random.default_rng(0), 10)
    return made


def test_both_cover_what_either_covers(figures: dict[str, dict[str, Any]]) -> None:
    """Of each kind of identifier, and of all, both cover as many as the better of the two, and of all more."""
    for label, row in figures["both"]["labels"].items():
        alone = [figures[layer]["labels"][label]["covered"]["covered"] for layer in ("rules", "model")]
        assert row["covered"]["covered"] >= max(alone), label
    for row in ("any label", "direct"):
        alone = [figures[layer]["overall"][row]["covered"]["recall"]["value"] for layer in ("rules", "model")]
        assert figures["both"]["overall"][row]["covered"]["recall"]["value"] > max(alone)


def test_each_layer_brings_something(figures: dict[str, dict[str, Any]]) -> None:
    """Rules know numbers that the model does not, and the model names that no cue tells."""
    covered = {
        layer: {label: row["covered"]["covered"] for label, row in made["labels"].items()}
        for layer, made in figures.items()
    }
    assert any(covered["rules"][label] > covered["model"][label] for label in covered["both"])
    assert covered["model"]["NAME"] > covered["rules"]["NAME"]

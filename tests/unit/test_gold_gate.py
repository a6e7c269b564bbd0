"""The development set's gate: made by the project, never trained on, measured as `deidflow evaluate` measures."""

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
RECALL, TOUCHED = 0.99, 0.02


@pytest.fixture(scope="module")
def figures():
    """Measure the default policy on the development set, once."""
    policy, key = load_policy("safe_harbor"), ProjectKey(bytes(range(32)))
    gold = read({"dev.txt": (GOLD / "dev.txt").read_bytes()})
    lines = [line for line in (GOLD / "dev_negatives.txt").read_text("utf-8").splitlines() if line.strip()]
    found = predict([document.text for document in gold.documents], policy, key)
    negatives = list(zip(lines, predict(lines, policy, key), strict=True))
    return report(gold, found, policy, key, np.random.default_rng(0), 10, negatives)


def test_direct_identifiers_are_covered(figures) -> None:
    """Of direct identifiers at least 0.99 have every letter and digit changed."""
    assert figures["overall"]["direct"]["covered"]["recall"]["value"] >= RECALL


def test_lines_that_identify_nobody_are_left(figures) -> None:
    """Of hard negatives at most 2 % are touched."""
    assert figures["over_redaction"]["lines_touched"]["value"] <= TOUCHED


def test_the_set_is_read_whole(figures) -> None:
    """Every document is measured but those of a format that the command sets aside, and every negative is."""
    gold, over = figures["gold"], figures["over_redaction"]
    assert gold["documents"] >= 130
    assert sum(gold["set_aside"].values()) <= 1
    assert gold["spans"] >= 1300
    assert (over["lines"], over["lines_set_aside"]) == (300, 0)

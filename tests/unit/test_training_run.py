"""A short training run: it repeats itself, and what it writes can be loaded and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
import typer
from typer.testing import CliRunner

from deid_core.detect.small_model import Model, vocabulary
from deid_core.detect.word_lists import WORDS, WordLists
from deployments.train.card import SOURCES
from deployments.train.evaluate import _covered, recall_and_precision
from deployments.train.examples import LABELS, Example
from deployments.train.train import main

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"


def _train(out: Path) -> dict[str, bytes]:
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, ["--data", str(CORPORA), "--out", str(out), "--seed", "5", "--steps", "3"])
    assert done.exit_code == 0, done.output
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not beside the checkout")
def test_the_same_seed_and_steps_give_the_same_model(tmp_path: Path) -> None:
    """Two runs write the same bytes, a card that credits every source, and a folder that spaCy loads."""
    first, again = _train(tmp_path / "a"), _train(tmp_path / "b")
    assert first == again
    assert sum(map(len, first.values())) < 8_000_000
    meta = json.loads(first["meta.json"])
    assert meta["training"]["seed"] == 5
    assert meta["training"]["steps"] == 3
    card = first["MODEL_CARD.md"].decode()
    assert all(name in card and licence in card for name, licence, _ in SOURCES)
    loaded = spacy.load(tmp_path / "a", vocab=vocabulary(WordLists.load(tmp_path / "a" / WORDS)))
    assert set(loaded.get_pipe("ner").labels) == set(LABELS)


@pytest.mark.parametrize(
    ("spans", "covered"),
    [([(0, 8)], True), ([(0, 3), (5, 8)], True), ([(0, 7)], False), ([], False), ([(-2, 20)], True)],
    ids=["whole", "all_but_punctuation", "a_letter_left", "nothing", "more"],
)
def test_a_span_counts_as_found_only_when_every_letter_is_covered(spans: list[tuple[int, int]], covered: bool) -> None:
    """A letter left is a miss; punctuation left is not."""
    assert _covered(0, 8, "Doe, Ann!", spans) is covered


def test_an_untrained_or_blind_model_scores_nothing() -> None:
    """The measure can fail: a pipeline that finds nothing has no recall."""
    blind = Model(spacy.blank("en"), WordLists.empty(), {})
    figures = recall_and_precision(blind, [Example("Seen by Ann.", ((8, 11, "NAME"),), "test", "list")])
    assert figures["recall"] == {"NAME": 0.0}
    assert figures["precision"] == {}
    assert figures["names_by_origin"] == {"list": 0.0}

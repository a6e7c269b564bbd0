"""How the encoder is measured and trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deid_core.detect.ner_onnx import (
    META,
    MODEL,
    VOCABULARY,
    WEIGHTS,
    judged,
    load_encoder,
    opened,
    read,
    window,
)
from deid_core.detect.word_pieces import words
from deid_core.entities import EntityType
from deid_core.model import Span
from deployments.train.apart import apart, marked
from deployments.train.card import SOURCES


@pytest.mark.parametrize(
    ("line", "text", "spans"),
    [
        ("Seen by [NAME Ann Lee].", "Seen by Ann Lee.", ((8, 15, "NAME"),)),
        ("gave [NAME mr ito|ito] his", "gave mr ito his", ((8, 11, "NAME"),)),
        ("Foley out.", "Foley out.", ()),
    ],
    ids=["whole", "part", "none"],
)
def test_marks_of_the_sentences_are_read(line: str, text: str, spans: tuple[tuple[int, int, str], ...]) -> None:
    """A mark gives its value's place in the text without marks."""
    example = marked(line)
    assert (example.text, example.spans) == (text, spans)


def test_a_blind_model_finds_nothing_apart() -> None:
    """The measure can fail: a reader that finds nothing has no recall, one that takes all touches all."""
    assert set(apart(lambda texts: [[] for _ in texts])["recall"].values()) == {0.0}
    everything = apart(lambda texts: [[Span(0, len(text), EntityType.NAME, 1.0, ":NAME")] for text in texts])
    assert everything["touched"] == 1.0
    assert everything["recall"]["NAME"] == 1.0


MODELS = Path(__file__).resolve().parents[2] / "deid_core" / "models"
CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not beside the checkout")
def test_the_same_seed_trains_the_same_encoder(tmp_path: Path) -> None:
    """Two short trainings end with the same weights."""
    pytest.importorskip("torch", reason="training needs torch, which using the model does not")
    fit = pytest.importorskip("deployments.train.fit")
    tagger = pytest.importorskip("deployments.train.tagger")
    folder = tagger.pretrained()
    for name in ("a", "b"):
        asked = (CORPORA, folder / "model.safetensors", folder / "vocab.txt", tmp_path / name)
        fit.main(*asked, seed=3, steps=2, makers=0)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not beside the checkout")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the ONNX export, which torch has two of
def test_one_command_trains_measures_and_writes_a_model_that_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rounds of one step, on gold of two documents: a folder that loads and finds, and a card that owns up."""
    pytest.importorskip("torch", reason="training needs torch, which using the model does not")
    encoder = pytest.importorskip("deployments.train.encoder")
    monkeypatch.setattr("deployments.train.evaluate.COPIES", 1)
    monkeypatch.setattr("deployments.train.evaluate.CLEAN", 20)
    gold, out = tmp_path / "gold", tmp_path / "model"
    gold.mkdir()
    for part in ("dev", "held_out"):
        (gold / f"{part}.txt").write_text("### a note\nSeen by Dr. [NAME Ann Lee] on [DATE 3 May 2021].\n")
        (gold / f"{part}_negatives.txt").write_text("Foley catheter out.\n")
    encoder.main(CORPORA, gold, out, seed=3, steps=1, rounds=2)
    meta = json.loads((out / META).read_text())
    held = opened((out / WEIGHTS).read_bytes(), (out / VOCABULARY).read_text(), meta)
    assert len(read(held, ["Seen by Dr. Ann Lee."])) == 1
    assert sum(path.stat().st_size for path in out.iterdir()) < 30_000_000
    card = (out / "MODEL_CARD.md").read_text()
    assert "--seed 3 --steps 1 --rounds 2" in card
    assert all(name in card and licence in card for name, licence, _ in SOURCES)
    assert all(
        f"| {name} |" in card for name in (*meta["performance"]["counts"], *meta["performance"]["names_by_origin"])
    )
    assert "## Limits" in card


def test_a_training_can_go_on_from_the_shipped_model() -> None:
    """What is regained from eight bits tags a sentence as the shipped model does, every word of it."""
    torch = pytest.importorskip("torch", reason="training needs torch, which using the model does not")
    tagger = pytest.importorskip("deployments.train.tagger")
    regained = pytest.importorskip("deployments.train.regained").regained
    whole = pytest.importorskip("safetensors.torch").load_file(str(tagger.pretrained() / "model.safetensors"))
    ours = tagger.new_tagger(whole)
    ours.load_state_dict(ours.state_dict() | regained(MODELS / MODEL / WEIGHTS))
    shipped = load_encoder()
    text = "Seen by Dr. Ann Lee of Larkhill Clinic on 3 May 2021, record 4471-B."
    found = words(text)
    ids, shapes, heads = window(found, [shipped.pieces.cut(text[one.start : one.end]) for one in found], shipped.pieces)
    with torch.no_grad():
        logits = ours.eval()(*(torch.tensor([one]) for one in (ids, shapes, [1] * len(ids))))[0]
    tagged = logits[list(heads)].argmax(1).tolist()
    assert tagged == judged(shipped, [text])[0][1].argmax(axis=1).tolist()
    assert sum(tag > 0 for tag in tagged) > 6

"""How the encoder is measured and trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core.entities import EntityType
from deid_core.model import Span
from deployments.train.apart import apart, marked


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

"""What the Spanish model is trained on: spans lie where they say, halves are apart, one seed gives one stream."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from deid_core.detect.word_lists import WordLists
from deployments.train.examples import LABELS, UNKNOWN
from deployments.train.lexicon import templates
from deployments.train.spanish import SLOT, SPANS, Filler, SpanishStream, corpus
from deployments.train.train import new_pipeline

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"
GOLD = Path(__file__).resolve().parents[1] / "gold" / "text"
BANKS = ("es_train.txt", "es_negatives_train.txt", "es_negatives_dev.txt")
shared = pytest.mark.skipif(not (CORPORA / "meddocan").is_dir(), reason="MEDDOCAN is not beside the checkout")


@pytest.mark.parametrize("bank", BANKS)
def test_every_template_can_be_filled_and_marks_what_it_plants(bank: str) -> None:
    """Each slot has values, each labelled value is a span that holds exactly it, and negatives have none."""
    filler = Filler(Random(7))
    for line in templates(bank):
        example = filler.render(line)
        planted = [SPANS[slot.lower()] for slot in SLOT.findall(line) if slot.lower() in SPANS]
        assert [label for _, _, label in example.spans] == planted, line
        assert bool(planted) is (bank == "es_train.txt")
        for start, end, label in example.spans:
            assert example.text[start:end].strip() == example.text[start:end] != ""
            assert label in {*LABELS, UNKNOWN}


def test_a_form_marks_the_values_and_never_their_labels() -> None:
    """Forms differ in order and layout; what stands behind a label is a span where it identifies, the label never."""
    filler = Filler(Random(11))
    forms = [filler.form() for _ in range(200)]
    assert len(set(forms)) == len(forms)
    for form in forms:
        example = filler.render(form)
        planted = [SPANS[slot.lower()] for slot in SLOT.findall(form) if slot.lower() in SPANS]
        assert [label for _, _, label in example.spans] == planted, form


def test_an_eponym_and_a_brand_are_as_often_new_as_known() -> None:
    """The model is to read what stands around a word in capitals, so half of them are in no list."""
    filler = Filler(Random(5))
    brands = {filler.value("brand").split()[0] for _ in range(400)}
    eponyms = {filler.value("eponym") for _ in range(400)}
    assert len(brands) > 200
    assert len(eponyms) > 200


def test_no_value_of_a_negative_names_a_slot_that_identifies() -> None:
    """What fills a slot of a negative may hold slots itself, and none of these is a span."""
    filler = Filler(Random(1))
    words = [word for kind in filler._words if kind not in SPANS for word in filler._words[kind]]
    assert not [word for word in words if {slot.lower() for slot in SLOT.findall(word)} & set(SPANS)]


def test_the_development_negatives_are_apart_from_training() -> None:
    """No sentence that measures was trained on, neither of the card's nor of the gold."""
    trained = {*templates("es_train.txt"), *templates("es_negatives_train.txt")}
    gold = [line for path in GOLD.glob("es_*_negatives.txt") for line in path.read_text("utf-8").splitlines()]
    assert len(gold) == len(set(gold)) > 140
    assert not trained & {*templates("es_negatives_dev.txt"), *gold}


@pytest.mark.shared
@shared
def test_the_halves_of_the_corpus_are_apart() -> None:
    """500 cases train, 125 tune and 125 others report."""
    parts = {part: {example.text for example in corpus(CORPORA, part)} for part in ("train", "tune", "report")}
    assert [len(texts) for texts in parts.values()] == [500, 125, 125]
    assert not parts["train"] & parts["report"]
    assert not parts["tune"] & parts["report"]


@pytest.mark.shared
@shared
def test_a_word_for_a_relative_is_no_name() -> None:
    """`Madre` names nobody, `padres Ana Jesus Vidal Sotillo` does."""
    names = {
        example.text[start:end]
        for example in corpus(CORPORA, "train")
        for start, end, label in example.spans
        if label == "NAME"
    }
    assert not {"hija", "Madre", "padre", "Hermano"} & names
    assert "Ana Jesus Vidal Sotillo" in names


@pytest.mark.shared
@shared
def test_one_seed_gives_one_stream() -> None:
    """The same seed gives the same batches, another one others."""

    def drawn(seed: int) -> list[str]:
        stream = SpanishStream(CORPORA, seed, new_pipeline(WordLists.empty(), "es"))
        return [example.x.text for batch in islice(stream.batches(), 3) for example in batch]

    assert drawn(5) == drawn(5) != drawn(6)

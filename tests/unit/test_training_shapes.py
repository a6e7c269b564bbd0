"""Shapes of institutions and of what is said aloud: each fills, under a label of ours, within its template."""

from __future__ import annotations

from random import Random

import pytest

from deployments.train.examples import LABELS
from deployments.train.generate import WIDER, Filler
from deployments.train.lexicon import Lexicon
from deployments.train.shapes import count, shapes, spoken, year


@pytest.mark.parametrize("kind", sorted(shapes()))
def test_each_shape_becomes_one_span_without_braces(kind: str) -> None:
    """A shape's value is whole under its label, in small letters and in capitals."""
    filler = Filler(Lexicon("train", Random(11)))
    label = shapes()[kind][0]
    assert label in LABELS
    for slot in (kind, kind.upper()):
        for _ in range(60):
            example = filler.render(f"Before {{{slot}}}, and after.", "test")
            ((start, end, found),) = example.spans
            assert found == label
            assert example.text == f"Before {example.text[start:end]}, and after."
            assert not {"{", "}"} & set(example.text)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (7, "seven"), (12, "twelve"), (40, "forty"), (41, "forty-one"), (99, "ninety-nine")],
)
def test_numbers_in_words(number: int, words: str) -> None:
    """House numbers and years are said as people say them."""
    assert count(number) == words


def test_years_said_in_full_hold_only_words() -> None:
    """A year said aloud has a century and no digit."""
    said = {year(Random(seed)) for seed in range(200)}
    assert all(one.startswith(("nineteen ", "twenty ", "two thousand and ")) for one in said)
    assert not any(char.isdigit() for one in said for char in one)
    assert len(said) > 50


def test_digits_said_one_by_one_are_as_many_as_asked() -> None:
    """A slot said3 gives three words; a kind that is no slot of speech gives nothing."""
    assert {len(str(spoken("said3", Random(seed))).split()) for seed in range(50)} == {3}
    assert spoken("city", Random(1)) is None


def test_development_values_do_not_come_from_the_training_shapes() -> None:
    """The wider draws are for training only: the development set keeps to its own lists."""
    filler = Filler(Lexicon("dev", Random(5)))
    kinds = {kind for _, wider in WIDER.values() for kind in wider}
    assert kinds <= set(shapes())
    assert not any("NHS Foundation Trust" in filler.value("facility") for _ in range(500))

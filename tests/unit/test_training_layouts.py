"""Tables and forms that the encoder is trained on are drawn, and what identifies somebody in them is marked."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest

from deployments.train.generate import LABELLED, SLOT, Filler
from deployments.train.laid_out import form, laid_out, table
from deployments.train.lexicon import Lexicon, document

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployments.train.examples import Example

DRAWN = 150


def filler(seed: int) -> Filler:
    """Return a filler of the training half, without the lists of names that lie outside the repository."""
    return Filler(Lexicon("train", Random(seed)))


@pytest.mark.parametrize("drawn", [table, form])
def test_what_names_somebody_is_marked_and_nothing_else(drawn: Callable[..., Example]) -> None:
    """A table or form that names somebody has a mark; one that names nobody has none."""
    fill = filler(3)
    assert all(not drawn(fill, named=False).spans for _ in range(DRAWN))
    marked = [drawn(fill, named=True) for _ in range(DRAWN)]
    assert sum(bool(one.spans) for one in marked) > 0.9 * DRAWN  # the others have a cell without a value


def test_marks_are_values_and_never_lines_or_separators() -> None:
    """No mark crosses a line, begins or ends with white space, or overlaps another."""
    fill = filler(4)
    for _ in range(DRAWN):
        example = laid_out(fill, named=True)
        ends = 0
        for start, end, _ in sorted(example.spans):
            value = example.text[start:end]
            assert ends <= start
            assert value == value.strip()
            assert not re.search(r"[\n\t|]", value)
            ends = end


def test_the_same_seed_draws_the_same() -> None:
    """A table is drawn from the seed alone."""
    one, other = ([laid_out(filler(5), named=True).text for _ in range(3)] for _ in range(2))
    assert one == other


def test_columns_that_name_nobody_have_no_labelled_slot() -> None:
    """What stands in a plain column or field is taught as nobody's."""
    parts = document("laid_out.toml")
    cells = " ".join([*(one["cells"] for one in parts["plain"]), *(one["values"] for one in parts["field"])])
    assert not {slot.lower() for slot in SLOT.findall(cells)} & set(LABELLED)

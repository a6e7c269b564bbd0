"""The reference of operators says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core import registry
from deid_core.ports import Operator
from deid_core.transform import catalogue

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "operators.md"


def test_the_reference_is_what_the_code_prints() -> None:
    """docs/reference/operators.md equals `python -m deid_core.transform.catalogue`."""
    assert PAGE.read_text("utf-8") == catalogue.markdown()


@pytest.mark.parametrize("name", registry.PLUGINS["operators"])
def test_every_operator_describes_itself_in_one_sentence(name: str) -> None:
    """The dry run shows the sentence: it starts with a capital and ends with a full stop."""
    operator = registry.load("operators", name)
    assert isinstance(operator, Operator)
    assert operator.description[0].isupper()
    assert operator.description.endswith(".")
    assert len(operator.description) < 120

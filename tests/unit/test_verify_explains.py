"""What verification takes for a value that was put there, and what not."""

from __future__ import annotations

import pytest

from deid_core.verify import Put


@pytest.mark.parametrize(
    ("put", "text", "explained"),
    [
        ("SFF57C60A802F", "SFF57C60A802F", True),
        ("SFF57C60A802F", "MRN SFF57C60A802F", True),  # a label and a code make the shape of a tax code
        ("SFF57C60A802F", "MRN SFF57C60A802F 12", False),
        ("12", "AB12", False),  # part of what stands there explains nothing
        ("2019", "K2019X77", False),
        ("2019", "2019 Maple Avenue", False),
        ("<ID>", "Bed <ID>", True),
        ("患者", "患者患者", True),
    ],
)
def test_a_shape_of_a_code_and_a_word_beside_it_is_no_leak(put: str, text: str, *, explained: bool) -> None:
    """A finding in an output is explained by whole values that were put there, with words at most beside them."""
    assert Put((put,), put).explains(text) is explained

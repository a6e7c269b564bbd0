"""Tables, rosters, initials and dates of other languages: work grows in step with a text that is made to be slow."""

from __future__ import annotations

from time import process_time

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

PATTERNS = Patterns(load_policy("safe_harbor"))
BAITS = [
    "Name  Age\n",
    "Name  Age\nAge  Name\n",
    "Name|Age\nAa|9\n",
    "Name  Age\nAa    91\n" + "Aa    91\n" * 20,
    "Pt,Age,MRN\n",
    "Name  " * 20 + "\n",
    "|" * 30 + "Name|Age\n",
    "1. Aa 9, ",
    "1. Aa 9,\n",
    "bed 1 Aa 9 ",
    "Sibs: Aa 9, ",
    "Sibs: " + "Aa " * 30,
    "Key: AB = Aa ",
    "Aa, A 1234567 Page ",
    "spell a b c ",
    "a b c d e ",
    "Aa is 93, ",
    "Aa Aa ED ",
    "3 mai ",
    "lun 3/",
    "lunes, 3 de ",
    "9-1 and ",
    "^^^A",
    "MSH|^~\\&|A|",
    "06.12.",
    "exhibit a ",
    "Checked: AB ",
    "AB12 ",
]


def seconds(text: str) -> float:
    """Return the processor time of one query."""
    begun = process_time()
    PATTERNS.find([TextQuery(text)])
    return process_time() - begun


@pytest.mark.parametrize("bait", BAITS, ids=ascii)
def test_four_times_the_bait_is_no_sixteen_times_the_work(bait: str) -> None:
    """Each window of a rule and each column of a table has a bound, so no bait makes work grow with its square."""
    short, long = ((bait * (size // len(bait) + 1))[:size] for size in (4_000, 16_000))
    quick, slow = min(seconds(short) for _ in range(3)), min(seconds(long) for _ in range(2))
    assert slow < 9 * max(quick, 2e-2)

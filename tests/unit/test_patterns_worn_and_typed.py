"""Values that were read wrong, typed in small letters or cut short: letters' ends, worn figures, feasts, part dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = [
    "Te1: {O86 555 O142}",
    "Ph0ne: {(O86) 555-0142}",
    "Pat1ent Name: {0'Rourke, Fi0nnuala}",
    "Surname: {8ernadette Qui11}  Ward 4",
    "{TINGLE}, BABY GIRL",
    "{Okoro}, Baby | Bay 4",
    "Yours sincerely,\nN Ludlow\n\n{NKL}/{rs}",
    "cc: GP\n{AB}:{cd}",
    "due {xmas eve}",
    "shut on {new year's eve}",
    "after {bonfire night}",
    "since {mother's day}",
    "{5/9/24}-{7/9/24}",
    "{05/09/2024} to {07/09/2024}",
    "allergy: sulfa (hives, {7/22})",
    "in {9/24} she fell",
    "last dose {11/2}",
    "{first week of May}",
    "the {2nd half of June 2023}",
    "from {November fifth} to {the fourteenth}",
    "in town on {the nineteenth} to {the twenty third}.",
    "called on {the twenty-second} and said",
    "heard by the {Aalst Rent Tribunal}.",
    "at {4410 wren hollow ct}",
    "parked on {Larch Road} from {Elm Lane}",
]

LEFT = [
    "(pain, 8/10)",
    "in 9/10 cases",
    "in 3/15 nodes",
    "in 4/5 of them",
    "T1: 450 ms, TE: 12",
    "Mob: with frame",
    "Cell: 1500, poly 80",
    "Name: see chart",
    "Patient: B12 deficient",
    "Patient: 5FU x3",
    "hungry, baby crying",
    "Regards\nTeam",
    "signed\nN/A",
    "a christmas card",
    "the first week of treatment",
    "the second half of the dose",
    "2-3/7 days",
    "12 lead ecg st elevation",
    "64 slice ct scan",
    "10 mile drive way",
    "100 mg po dr",
    "500 ml ns way",
    "on the first and second toes",
    "on the fourth to the sixth ribs",
]


@pytest.mark.parametrize("row", FOUND)
def test_what_was_worn_or_typed_is_covered(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered, whatever its label."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_medicine_of_the_same_shapes_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Scores, counts, tests, signs of measurement and plain words are left."""
    assert not taken(sentence)

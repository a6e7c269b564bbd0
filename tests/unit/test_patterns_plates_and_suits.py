"""Plates of vehicles in three parts, and numbers of suits with their year, as in many countries."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")

FOUND = r"""
the ambulance (registration plate {VEHICLE BKN LE 203}) was late
in a grey Polo, {VEHICLE HBT 552 GP}, near the gate
the tro-tro {VEHICLE GW 2207-19} overturned
the estate's Land-Rover {VEHICLE SAB 6120 C} took him
motorcycle {VEHICLE UEL 118K} skidded
a van, {VEHICLE B 4120 XYZ}, drove off
Civil Appeal No. {ID E117 of 2022} is allowed
C.P. No. {ID D-504 of 2018}
Petition No. {ID 88 of 2016}
CAS {ID 214/7/2021} was opened at the station
HCCC {ID 145/2017}
file {ID 7 U 338/16} of the court of appeal
Az. {ID 9 K 2051/17.A}
""".strip("\n").split("\n")

LEFT = r"""
taxi to ED, BP 120 over 80, HR 110 BPM
ambulance crew gave IV 500 ML of saline
car against tree, GCS 15 AT the scene, SBP 140
hit by a van at 40 MPH, CT at 100 AM
passenger in a car, ISS 25, LOC 5 MIN
Act No. 7 of 1997
""".strip("\n").split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_the_whole_of_a_plate_or_a_suit_is_covered(
    row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]
) -> None:
    """A plate goes with its last letters, and the number of a suit with its year."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_measures_beside_a_vehicle_and_numbers_of_laws_stay(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Vital signs of who came by ambulance are no plates, and a law is nobody's suit."""
    assert not taken(sentence)

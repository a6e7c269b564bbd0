"""Telephones and numbers of persons as countries group them, without a cue, and other numbers of like shapes."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")

FOUND = r"""
Delcourt ({PHONE 03.21.55.50.12})
{PHONE 06 12 34 56 78} pour Mme
{PHONE 0221/5550134}, Praxis
{PHONE 8 (912) 555-01-23} or {PHONE 8-912-555-01-23}
{PHONE 0 532 123 45 67} ara
fono {PHONE 9 8765 4321}
{PHONE 11 95550-1234} Jurema
{PHONE 11 4444-5555} interno
{PHONE 138 0013 8000} is his mobile
{PHONE 1300 555 012} for the line
{PHONE 1800-555-0123} helpdesk
{PHONE 6944 555 012} the daughter
{PHONE 30-555-0123} este
{PHONE 263 77 555 0123} at night
{PHONE 63 917 555 0123} only
{ID AB 12 34 56 C} of Ewart
{ID 2 31 07 62 178 041 55} Sécu
AHV {ID 756.1234.5678.97}
{ID 870505-2394} and {ID 19870505-2394}
{ID 010190-123A} hetu
{ID 123.456.789-09} e {ID 12.345.678-5}
{ID 85.07.30-033.28} rijksregister
{ID 20-27418553-9} CUIL
{ID 850730-1234567} 주민
{ID 4471 9920 3316} before the claim
""".strip("\n").split("\n")

LEFT = r"""
BP 120 80 98 97 36 on the chart
platelets 210 215 230 240 in a row
500 500 1000 metformin
pulses 88 90 92 95 96
dose 1300 500 mg and 1800 500 mg
NDC 0002-8215-01 versus generic
HLA 02:01 and 03:01 typed
ratio 012/345 and 0.5/5
1000 2000 3000 steps
titre 1.234 to 12.345 units
""".strip("\n").split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_every_digit_of_a_number_is_covered(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Numbers that countries write in their own groups are covered whole without a word that tells of them."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_series_of_figures_stay(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Pressures, counts, doses, ratios and codes of drugs in like groups identify nobody."""
    assert not taken(sentence)

"""Known values in long texts are looked for only around their letters, and the same is found as in the whole."""

from __future__ import annotations

import itertools
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect import known_values
from deid_core.detect.around import EDGE, Around, matches
from deid_core.detect.known_values import SHORT, WIDER, WIDTH, _find, forms_of, matcher
from deid_core.entities import EntityType as E
from deid_core.ports import KnownValue

KNOWN = (
    KnownValue(E.NAME, "María Kalomire-Santos"),
    KnownValue(E.NAME, "VANDERBROEK^JAN^PIETER"),
    KnownValue(E.STAFF_NAME, "Müller, Uta"),
    KnownValue(E.DATE, "03/14/1951"),
    KnownValue(E.DATE, "1987-12-02"),
    KnownValue(E.MRN, "40718823"),
    KnownValue(E.ID, "AB 1234 567"),
    KnownValue(E.PHONE, "(423) 555-0168"),
    KnownValue(E.ADDRESS, "27 Coppice Row, Apt 4, Leeds"),
    KnownValue(E.EMAIL, "o.bello@example.org"),
    KnownValue(E.FACILITY, "Larkspur Heart Institute"),
)
WRITTEN = (
    *("Maria Santos", "SANTOS, M.", "M. K. Santos", "mariasantos", "Kalomire", "Vanderbroek", "jan p. vanderbroek"),
    *("Mueller", "Uta Muller", "14 March 1951", "Mar. 14, 51", "14.3.1951", "19510314", "2 Dec '87", "the 2nd of Dec"),
    *("4071-8823", "0040718823", "AB1234567", "423.555.0168", "+1 (423) 555 0168", "5550168", "27 Coppice Row"),
    *("27 COPPICE ROW, APT 4", "O.BELLO@EXAMPLE.ORG", "larkspur  heart institute", "14", "51", "1951", "27"),
)
PLAIN = (
    "was seen",
    "returns in two weeks",
    "14 of 51",
    "Row",
    "heart rate 51",
    "apt",
    "–",
    "ß",
    "é",
    ".\n",
    ", ",
    "\t",
)


def text_of(pieces: list[str]) -> str:
    """Return a text of the pieces, long enough to be searched around its letters."""
    text = " ".join(pieces)
    return text + " plain words" * ((SHORT - len(text)) // 12 + 2)


@given(st.lists(st.sampled_from((*WRITTEN, *PLAIN)), max_size=40))
@settings(deadline=None)
def test_the_same_is_found_around_letters_as_in_the_whole(pieces: list[str]) -> None:
    """Whatever stands beside what, no finding is lost, gained or moved."""
    text = text_of(pieces)
    around = _find(text, matcher(KNOWN))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_values, "SHORT", len(text))
        whole = _find(text, matcher(KNOWN))
    assert around == whole


@pytest.mark.parametrize("value", KNOWN, ids=lambda value: value.entity_type.name)
def test_no_pattern_is_wider_than_is_looked_at(value: KnownValue) -> None:
    """The widest match of each form fits the reach around its letters."""
    for form in forms_of(value):
        reach = WIDTH + WIDER * len(value.value) * (form.rule != "date")
        assert re._parser.parse(form.pattern).getwidth()[1] <= reach  # type: ignore[attr-defined]


def test_a_match_that_its_region_cuts_off_is_none() -> None:
    """What ends where its region ends may go on behind it; at the end of the text it may not."""
    folded = "abc " * 10
    pattern = re.compile(r"abc(?!\s)")
    assert not list(matches(pattern, folded, [(0, 3)]))
    assert not list(matches(pattern, folded, [(0, len(folded))]))
    assert [match.start() for match in matches(re.compile("abc"), folded, [(0, 3 + EDGE)])] == [0]


def test_regions_hold_their_letters_and_are_apart() -> None:
    """Regions are in order, apart, and each letter sought stands in one with its reach on both sides."""
    rng = Random(7)
    folded = "".join(rng.choice("ab c-1.") for _ in range(3000))
    letters = "".join(char for char in folded if char.isalnum())
    regions = Around(folded, letters).regions((("aab1",), ("c1", "ba")), 10)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(regions))
    for match in re.finditer("a[ .-]*a[ .-]*b[ .-]*1", folded):
        assert any(start <= match.start() and match.end() <= end for start, end in regions)

"""Known values in long texts are looked for only around their letters, and the same is found as in the whole."""

from __future__ import annotations

import itertools
import re
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect import known_values, needles
from deid_core.detect.around import EDGE, Around, Folded, matches
from deid_core.detect.forms import forms_of, traces_of, width_of
from deid_core.detect.known_values import LONG, _find, matcher
from deid_core.detect.needles import LONGEST, occurrences
from deid_core.detect.rules.fold import fold
from deid_core.detect.traces import Trace, bare
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
    return text + " plain words" * ((LONG - len(text)) // 12 + 2)


@given(st.lists(st.sampled_from((*WRITTEN, *PLAIN)), max_size=40))
@settings(deadline=None)
def test_the_same_is_found_around_letters_as_in_the_whole(pieces: list[str]) -> None:
    """Whatever stands beside what, no finding is lost, gained or moved."""
    text = text_of(pieces)
    around = _find(text, matcher(KNOWN))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_values, "LONG", len(text))
        whole = _find(text, matcher(KNOWN))
    assert around == whole


@pytest.mark.parametrize("value", KNOWN, ids=lambda value: value.entity_type.name)
def test_no_pattern_is_wider_than_is_looked_at(value: KnownValue) -> None:
    """The widest match of each form fits the reach around its letters."""
    for form in forms_of(value):
        assert re._parser.parse(form.pattern).getwidth()[1] <= width_of(value)  # type: ignore[attr-defined]


EXTRA = (
    KnownValue(E.MRN, "0012"),
    KnownValue(E.MRN, "1010100"),
    KnownValue(E.MRN, "a000123456"),
    KnownValue(E.PHONE, "1111111111"),
    KnownValue(E.PHONE, "1-800-1234"),
    KnownValue(E.PHONE, "555-0168"),
    KnownValue(E.FAX, "x1234567"),
    KnownValue(E.FACILITY, "St. Anne's  Clinic"),
    KnownValue(E.CITY, "Bath"),
    KnownValue(E.NAME, "O'Neil^Aña"),
    KnownValue(E.NAME, "Li Na"),
    KnownValue(E.NAME, "de la Cruz-Ibáñez, Ana Sofía"),
    KnownValue(E.NAME, "王^小东"),
    KnownValue(E.NAME, "Olga Okafor"),
    KnownValue(E.NAME, "Ana Nana"),
    *(KnownValue(E.DATE, day) for day in ("1904-04-04", "11/12/2011", "2012-10-11")),
)
SIGNS = st.sampled_from(
    [*" .,-/()_:+'\n\t", "  ", ". ", "    ", "     ", "0", "1", "00", "a", "x", "ä", "\u0663", "st", "of", "the"]
)


@given(st.sampled_from((*KNOWN, *EXTRA)), st.data())
@settings(max_examples=600, deadline=None)
def test_forms_are_found_as_their_patterns_find_them(value: KnownValue, data: st.DataObject) -> None:
    """Where letters decide instead of a pattern, they say the same; and where they rule a form out, it is not there."""
    pieces = [
        *bare(fold(value.value)),
        value.value,
        value.value[2:],
        fold(value.value),
        *WRITTEN[:12],
        "1904",
        "04",
        "April",
    ]
    folded = fold("".join(data.draw(st.lists(st.sampled_from(pieces) | SIGNS, max_size=40))))
    letters = bare(folded)
    for form in forms_of(value):
        expected = [match.span() for match in re.finditer(form.pattern, folded)]
        assert form.spans(folded, (0, len(folded)), Folded(folded)) == expected
        assert not expected or any(trace.stands_in(letters) for trace in form.traces)
        assert not expected or any(trace.stands_in(letters) for trace in traces_of(value))


@given(st.lists(st.text("ab1é王", min_size=1, max_size=2 * LONGEST), max_size=100), st.text("ab1é王", max_size=300))
@settings(max_examples=100, deadline=None)
def test_many_texts_stand_where_each_does(sought: list[str], text: str) -> None:
    """Looked for together, each is found in all its places, in order; also those that run over a stretch's end."""
    text += "".join(sought[:5]) + text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(needles, "STRETCH", 100)
        patch.setattr(needles, "WORK", -1)
        found = occurrences(sought, text)
    for one in sought:
        assert list(found[one]) == [match.start() for match in re.finditer(f"(?={re.escape(one)})", text)]


def test_a_match_that_its_region_cuts_off_is_none() -> None:
    """What ends where its region ends may go on behind it; at the end of the text it may not."""
    folded = "abc " * 10
    pattern = re.compile(r"abc(?!\s)")
    assert not list(matches(pattern, folded, (0, 3)))
    assert not list(matches(pattern, folded, (0, len(folded))))
    assert [match.start() for match in matches(re.compile("abc"), folded, (0, 3 + EDGE))] == [0]


def test_regions_hold_their_letters_and_are_apart() -> None:
    """Regions are in order, apart, and each letter sought stands in one with its reach on both sides."""
    rng = Random(7)
    folded = "".join(rng.choice("ab c-1.") for _ in range(3000))
    regions = Around(Folded(folded)).regions((Trace(("aab1",)), Trace(("c1", "ba"))), 10)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(regions))
    for match in re.finditer("a[ .-]*a[ .-]*b[ .-]*1", folded):
        assert any(start <= match.start() and match.end() <= end for start, end in regions)


def test_values_and_traces_are_not_shown() -> None:
    """Neither a form nor what it is found by shows a value to a log."""
    shown = repr([matcher(KNOWN), *map(forms_of, KNOWN), [(form.traces, form.spelt) for form in forms_of(KNOWN[5])]])
    assert not any(
        bare(fold(word)) in shown.lower() for value in KNOWN for word in value.value.split() if len(word) > 4
    )


def roster(rows: int) -> tuple[str, tuple[KnownValue, ...]]:
    """Return a roster with a patient a row, and all that is known of them."""
    rng, known, lines = Random(1), list[KnownValue](), list[str]()
    for _ in range(rows):
        first, last = ("".join(rng.choices("bdfgklmnprstvz", k=2)) + rng.choice("aeiou") * 2 + "n" for _ in range(2))
        number, day = str(rng.randrange(10**7, 10**8)), f"{rng.randint(1, 12):02}/{rng.randint(1, 28):02}/1961"
        known += [KnownValue(E.NAME, f"{first} {last}"), KnownValue(E.MRN, number), KnownValue(E.DATE_OF_BIRTH, day)]
        lines.append(f"{first} {last} MRN {number} DOB {day} was seen and will return in two weeks for the wound.\n")
    return "".join(lines), tuple(known)


def test_work_grows_in_step_with_the_values_and_their_text() -> None:
    """Four times the roster with four times the values takes nowhere near sixteen times as long."""
    seconds = []
    for rows in (150, 600):
        text, known = roster(rows)
        begun = process_time()
        assert len(_find(text, matcher(known))) >= 3 * rows
        seconds.append(process_time() - begun)
    assert seconds[1] < 10 * max(seconds[0], 0.02)

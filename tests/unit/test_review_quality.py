"""Quality figures of a review: against worked examples of the literature, by hand, and by law."""

from __future__ import annotations

from collections import Counter
from math import ceil, comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core.evaluate.agreement import Cohen, Krippendorff, kappa
from deid_core.evaluate.places import Placed, clusters, same
from deid_core.evaluate.quality import Judged, quality
from deid_core.report import upper_bound


def span(label: str, start: int, end: int, verdict: str = "transform", part: str = "text") -> dict[str, Any]:
    """Make a span of a text."""
    return {
        "entity_type": label,
        "verdict": verdict,
        "location": {"kind": "text", "part": part, "start": start, "end": end},
    }


def box(left: int, top: int, width: int, height: int, frame: int = 0) -> dict[str, Any]:
    """Make a span of a frame."""
    place = {"kind": "box", "part": "pixels", "left": left, "top": top, "width": width, "height": height}
    return {"entity_type": "NAME", "verdict": "transform", "location": place | {"frame": frame}}


def cell(row: int, column: str, *ends: int) -> dict[str, Any]:
    """Make a span of a cell, of all of it without ends."""
    place: dict[str, Any] = {"kind": "cell", "part": "rows", "row": row, "column": column}
    place |= {"start": ends[0], "end": ends[1]} if ends else {}
    return {"entity_type": "NAME", "verdict": "transform", "location": place}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), table 18.1
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.68),
        # the grant proposals of many a textbook: 35 of 50 the same, 25 expected by chance
        ([[20, 5], [10, 15]], 0.40),
    ],
)
def test_cohen_as_published(table: list[list[int]], expected: float) -> None:
    """Kappa of published tables of two raters."""
    pairs = {(str(a), str(b)): number for a, row in enumerate(table) for b, number in enumerate(row)}
    assert kappa(pairs) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("observers", "expected"),
    [
        # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): A, binary, two observers
        (["0100000010", "1110010000"], 0.095),
        # B, nominal, two observers
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        # C, nominal, four observers, missing data
        (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743),
    ],
)
def test_krippendorff_as_published(observers: list[str], expected: float) -> None:
    """Alpha of the three nominal examples of its author; a dot is a unit that an observer did not judge."""
    alpha = Krippendorff()
    for unit in zip(*observers, strict=True):
        alpha.add([said for said in unit if said != "."])
    assert alpha.value == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(
    ("found", "trials", "percent"),
    # AICPA, Audit Sampling, table A-3: upper limits at 5 percent risk of overreliance, rounded up
    [(0, 25, 11.3), (0, 60, 4.9), (1, 60, 7.7), (1, 100, 4.7), (3, 100, 7.6), (5, 100, 10.3)],
)  # fmt: skip
def test_the_bound_as_published(found: int, trials: int, percent: float) -> None:
    """The one-sided exact bound is that of the table that auditors sample by, and solves its equation."""
    bound = upper_bound(trials, found)
    assert ceil(1000 * bound) / 10 == percent
    at_most = sum(
        comb(trials, number) * bound**number * (1 - bound) ** (trials - number) for number in range(found + 1)
    )
    assert at_most == pytest.approx(0.05, abs=1e-6)


@given(st.integers(1, 300), st.data())
def test_the_bound_lies_above_what_was_seen(trials: int, data: st.DataObject) -> None:
    """It rises with what is found, falls with what is tried, and is 1 where all were found."""
    found = data.draw(st.integers(0, trials))
    bound = upper_bound(trials, found)
    assert found / trials < bound <= 1 or found == trials
    assert bound <= upper_bound(trials, min(found + 1, trials)) + 1e-9
    assert upper_bound(trials + 1, found) <= bound + 1e-9


def test_a_bound_of_many_trials_is_found_at_once() -> None:
    """A hundred thousand documents with a thousand misses: close to the normal approximation, and above the rate."""
    assert upper_bound(100_000, 1_000) == pytest.approx(0.01 + 1.645 * (0.01 * 0.99 / 100_000) ** 0.5, rel=0.005)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=4), min_size=1, max_size=30))
def test_people_who_say_the_same_agree_wholly(units: list[list[str]]) -> None:
    """Copies of one judgement give 1; nobody's order counts; one label alone leaves nothing to agree on."""
    alpha, turned, alone = Krippendorff(), Krippendorff(), Krippendorff()
    cohen, swapped = Cohen(), Cohen()
    for unit in units:
        alpha.add([unit[0]] * 3)
        turned.add(unit)
        alone.add(unit[::-1])
        cohen.add("ann", "bob", (unit[0], unit[1]))
        swapped.add("bob", "ann", (unit[1], unit[0]))
    assert alpha.value == (pytest.approx(1) if len({unit[0] for unit in units}) > 1 else None)
    assert turned.value == pytest.approx(alone.value)
    assert cohen.value == pytest.approx(swapped.value)


@pytest.mark.parametrize(
    ("one", "others", "meets", "covers"),
    [
        (span("NAME", 3, 9), [span("NAME", 3, 9)], True, True),
        (span("NAME", 3, 9), [span("NAME", 9, 12)], False, False),
        (span("NAME", 3, 9), [span("NAME", 1, 5), span("DATE", 5, 12)], True, True),
        (span("NAME", 3, 9), [span("NAME", 1, 5), span("DATE", 6, 12)], True, False),
        (span("NAME", 3, 9), [span("NAME", 3, 9, part="other")], False, False),
        (cell(2, "name", 1, 4), [cell(2, "name")], True, True),
        (cell(2, "name"), [cell(2, "name", 0, 40)], True, False),
        (cell(2, "name"), [cell(3, "name"), cell(2, "town")], False, False),
        (box(0, 0, 10, 10), [box(0, 0, 10, 6), box(0, 5, 6, 5), box(5, 5, 5, 5)], True, True),
        (box(0, 0, 10, 10), [box(0, 0, 10, 6), box(0, 6, 6, 4)], True, False),
        (box(0, 0, 10, 10), [box(0, 0, 10, 10, frame=1)], False, False),
    ],
)  # fmt: skip
def test_places(one: dict[str, Any], others: list[dict[str, Any]], meets: bool, covers: bool) -> None:
    """Whether a place meets others, and whether they cover it together: texts, cells and boxes."""
    placed = Placed(others)
    assert bool(placed.near(one)) == meets
    assert placed.covers(one) == covers


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=25))
def test_an_index_finds_what_looking_at_all_finds(pieces: list[tuple[int, int]]) -> None:
    """Near is what overlaps, covered is every character in some span, and groups are what is connected."""
    spans = [span("NAME", start, start + length) for start, length in pieces]
    points = [set(range(start, start + length)) for start, length in pieces]
    placed = Placed(spans[1:])
    near = [number for number in range(1, len(spans)) if points[number] & points[0]]
    assert sorted(map(id, placed.near(spans[0]))) == sorted(id(spans[number]) for number in near)
    assert placed.covers(spans[0]) == (points[0] <= set().union(*points[1:]))
    covered = [set().union(*(points[at] for at in group)) for group in clusters(spans)]
    assert sum(map(len, covered)) == len(set().union(*points))
    assert all(same(one, one) for one in spans)


FOUND = [span("NAME", 0, 10), span("DATE", 20, 30), span("MRN", 40, 47), span("CITY", 60, 66, "keep")]
TRUTH = [
    span("NAME", 0, 10),  # as found
    span("DATE", 20, 30, "keep"),  # nobody's: too much was found
    span("ENCOUNTER", 40, 47),  # under another label
    span("NAME", 50, 58),  # missed
]


def test_detectors_against_people_by_hand() -> None:
    """One right, one too many, one under another label, one missed; what the policy keeps is no finding."""
    told = quality(
        [Judged(FOUND, TRUTH, drawn="sample"), Judged(FOUND, None), Judged(FOUND[:1], FOUND[:1], drawn="sample")]
    )
    assert told["items"] == {"items": 3, "looked_at": 2, "looked_at_apart": 0}
    assert told["labels"]["NAME"] == {
        "people": 3,
        "detectors": 2,
        "exact": {"recall": 0.6667, "precision": 1.0},
        "overlap": {"recall": 0.6667, "precision": 1.0},
        "covered": 0.6667,
    }
    assert told["labels"]["DATE"]["exact"] == {"recall": None, "precision": 0.0}
    assert told["labels"]["ENCOUNTER"]["exact"] == {"recall": 0.0, "precision": None}
    assert told["labels"]["ENCOUNTER"]["covered"] == 1.0
    assert told["any_label"]["exact"] == {"recall": 0.75, "precision": 0.75}
    assert "CITY" not in told["labels"]
    assert told["residual"] == {
        "sample": {"items": 2, "with_missed": 1, "missed": 1, "rate": 0.5, "bound": round(upper_bound(2, 1), 4)}
    }


def test_a_wider_identifier_is_left_in_part() -> None:
    """Where a person widens a finding the detectors hit it, but did not cover it."""
    told = quality([Judged([span("NAME", 0, 10)], [span("NAME", 0, 14)], drawn="all")])
    assert told["labels"]["NAME"]["exact"]["recall"] == 0
    assert told["labels"]["NAME"]["overlap"]["recall"] == 1
    assert told["labels"]["NAME"]["covered"] == 0
    assert told["residual"]["all"]["with_missed"] == 1


def test_what_is_withheld_for_a_missed_identifier_counts_as_left() -> None:
    """A document that a person rejects for a missed identifier has one, though nobody marked it; others say nothing."""
    told = quality(
        [Judged([], None, drawn="no_finding", withheld_for_missed=True), Judged([], None, drawn="no_finding")]
    )
    assert told["residual"]["no_finding"]["with_missed"] == told["residual"]["no_finding"]["items"] == 1


def test_agreement_by_hand() -> None:
    """Two who agree on two of four places: F1 by place and by overlap, kappa and alpha over places and what stays."""
    ann = [span("NAME", 0, 10), span("DATE", 20, 30), span("MRN", 40, 47)]
    bob = [span("NAME", 0, 10), span("DATE", 22, 30), span("MRN", 40, 47, "keep"), span("NAME", 50, 58)]
    told = quality([Judged([span("CITY", 70, 75)], None, {"ann": ann, "bob": bob})])["agreement"]
    assert (told["items"], told["places"]) == (1, 5)
    assert told["exact_f1"] == round(2 / 6, 4)
    assert told["overlap_f1"] == round(4 / 6, 4)
    # said of the five places: ann N D M - -, bob N D - N -
    pairs = Counter([("N", "N"), ("D", "D"), ("M", "-"), ("-", "N"), ("-", "-")])
    assert told["cohen"] == round(kappa(pairs) or 0, 4)
    alpha = Krippendorff()
    for pair in pairs.elements():
        alpha.add(pair)
    assert told["krippendorff"] == round(alpha.value or 0, 4)


def test_nothing_decided_gives_no_figures() -> None:
    """Where nobody decided anything each share is None, not nought."""
    told = quality([])
    assert told["any_label"]["exact"] == {"recall": None, "precision": None}
    assert set(told["agreement"].values()) == {0, None}
    assert told["seconds"]["median"] is None
    assert told["residual"] == {}


def test_seconds_of_a_look() -> None:
    """Median, mean, and what nine in ten looks stay within; a look of no measured time is none."""
    told = quality([Judged([], [], seconds=[number]) for number in (0, *range(1, 11))])["seconds"]
    assert told == {"looks": 10, "median": 5.5, "mean": 5.5, "nine_in_ten": 9}


def test_a_table_of_many_findings_is_counted_quickly() -> None:
    """Ten thousand findings in cells, and as many of two people, take seconds and not hours."""
    found = [cell(row, "name") for row in range(10_000)]
    told = quality([Judged(found, found, {"ann": found, "bob": found})])
    assert told["any_label"]["exact"] == {"recall": 1, "precision": 1}
    assert told["agreement"]["places"] == 10_000

"""Small cells: rows whose sex, age and place, as they will be released, few others of the batch share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core import ingest, pipeline
from deid_core.cells import cells, small
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, load_policy

KEY = ProjectKey(b"k" * 32)
QUICK = {"detectors": ("columns", "patterns")}


def policy(name: str = "research", **rules: Any) -> Policy:
    """Return a shipped policy that asks about cells of fewer than five."""
    held = load_policy(name).model_copy(update=QUICK)
    return held.model_copy(update={"review": held.review.model_copy(update={"small_cells": 5, **rules})})


def pairs(rows: Sequence[str], chosen: Policy, asset: str = "a1", name: str = "t.csv") -> list[tuple[str, str]]:
    """Return the cells of a table."""
    document = ingest.read("\n".join(rows).encode() + b"\n", name, asset, KEY)
    whose = pipeline.identify(document, chosen, KEY)
    plan = pipeline.plan(whose, "0" * 64, chosen, KEY)
    return cells(whose.document, plan, chosen, KEY)


HEAD = "mrn,sex,date_of_birth,zip,diagnosis"
RESEARCH, HARBOR, LIMITED = policy(), policy("safe_harbor"), policy("limited_data_set")


def alike(rows: Sequence[str], chosen: Policy) -> int:
    """Return how many different cells a table's rows have."""
    return len({cell for _, cell in pairs([HEAD, *rows], chosen)})


@pytest.mark.parametrize(
    ("one", "other", "chosen", "same"),
    [
        # limited data set: dates of birth and ZIP codes stay, and count by year and by three digits
        ("1000001,F,1980-03-14,02139,x", "1000002,female,11/2/1980,02138,y", LIMITED, True),
        ("1000001,F,1980-03-14,02139,x", "1000002,F,1981-03-14,02139,x", LIMITED, False),
        ("1000001,F,1980-03-14,02139,x", "1000002,M,1980-03-14,02139,x", LIMITED, False),
        ("1000001,F,1980-03-14,02139,x", "1000002,F,1980-03-14,10001,x", LIMITED, False),
        ("1000001,F,19800314,02139,x", "1000002,F,1980-01-01,02139,x", LIMITED, True),
        ("1000001,F,1980-03-14,02139,x", "1000002,F,,02139,x", LIMITED, False),
        # a column of diagnoses counts where the policy names it
        ("1000001,F,1980-03-14,02139,x", "1000002,F,1980-03-14,02139,y", policy("limited_data_set"), True),
        (
            "1000001,F,1980-03-14,02139,x",
            "1000002,F,1980-03-14,02139,y",
            policy("limited_data_set", cell_columns=("diagnosis",)),
            False,
        ),
        # Safe Harbor: small ZIP areas are 000 in the release, and all alike there
        ("1000001,F,1980-03-14,03601,x", "1000002,F,1980-03-14,87901,x", HARBOR, True),
        ("1000001,F,1980-03-14,03601,x", "1000002,F,1980-03-14,02139,x", HARBOR, False),
    ],
)
def test_two_people_are_alike_by_what_is_released(one: str, other: str, chosen: Policy, same: bool) -> None:
    """Sex, year and region count in whatever notation; a ZIP code by what is left of it."""
    assert alike([one, other], chosen) == (1 if same else 2)


def test_what_goes_or_is_made_up_tells_nothing() -> None:
    """A town that gets a surrogate and a ZIP code that is masked make nobody rarer."""
    rows = ["mrn,sex,city,zip", "1000001,F,Boston,02139", "1000002,F,Chicago,10001"]
    masked = RESEARCH.model_copy(update={"rules": {**RESEARCH.rules, "ZIP": RESEARCH.default}})
    assert len({cell for _, cell in pairs(rows, masked)}) == 1
    assert len({cell for _, cell in pairs(rows, RESEARCH)}) == 2  # ZIP codes stay by three digits


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("41", "44", True),
        ("44", "45", False),
        ("93", "97", True),
        ("8 months", "0", True),
        ("43 years", "40", True),
        ("", "40", False),
    ],
)
def test_ages_count_by_bands_and_the_oldest_as_one(one: str, other: str, same: bool) -> None:
    """Five years are one band; above 89 the policy makes them one."""
    rows = ["mrn,sex,age", f"1000001,F,{one}", f"1000002,F,{other}"]
    assert len({cell for _, cell in pairs(rows, RESEARCH)}) == (1 if same else 2)


def test_a_table_that_tells_nothing_of_people_has_no_cells() -> None:
    """Values without sex, age or place, and notes, make nobody small."""
    assert pairs(["mrn,potassium", "1000001,4.1", "1000002,9.9"], RESEARCH) == []
    assert pairs(["Patient is a 93-year-old woman."], RESEARCH, name="note.txt") == []


def test_cells_hold_no_value() -> None:
    """A cell and its subject are keyed hashes: another key, other hashes."""
    rows = [HEAD, "1000001,F,1980-03-14,02139,x"]
    ((subject, cell),) = pairs(rows, LIMITED)
    assert len(bytes.fromhex(cell)) == 8
    assert len(bytes.fromhex(subject)) == 12
    assert "1000001" not in subject


def table(asset: str, people: Sequence[tuple[int, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Return a table of (MRN, sex) as its cells."""
    rows = ["mrn,sex,birth_date", *(f"{1000000 + mrn},{sex},1980-01-01" for mrn, sex in people)]
    return asset, pairs(rows, LIMITED, asset)


def test_a_cell_is_small_over_the_whole_batch() -> None:
    """Four women in one file and one in another are five; one woman in many files is one."""
    women = table("a1", [(1, "F"), (2, "F"), (3, "F"), (4, "F")])
    assert small([women], 5) == {"a1"}
    assert small([women, table("a2", [(5, "F")])], 5) == frozenset()
    assert small([women, table("a2", [(4, "F")])], 5) == {"a1", "a2"}
    assert small([women, table("a2", [(5, "F"), (6, "M")])], 5) == {"a2"}
    assert small([], 5) == frozenset()


def test_rows_without_a_record_number_are_each_somebody() -> None:
    """Where a table does not say who is who, each row counts as a person."""
    rows = ["sex,birth_date", *["F,1980-01-01"] * 5]
    assert small([("a1", pairs(rows, LIMITED))], 5) == frozenset()
    assert small([("a1", pairs(rows[:-1], LIMITED))], 5) == {"a1"}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12345678"), st.sampled_from("xyz")), max_size=40),
    st.integers(1, 6),
)
def test_small_is_what_counting_says(held: list[tuple[str, str, str]], fewest: int) -> None:
    """Whatever the order, an asset is named just where one of its cells has fewer subjects than asked for."""
    by_asset = {asset: [(who, cell) for one, who, cell in held if one == asset] for asset, _, _ in held}
    subjects = {cell: {who for _, who, other in held if other == cell} for _, _, cell in held}
    wanted = {asset for asset, _, cell in held if len(subjects[cell]) < fewest}
    assert small(by_asset.items(), fewest) == wanted

"""Ages, ZIP codes and hierarchies made coarser."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.keys import ProjectKey
from deid_core.ports import Scalar, Site
from deid_core.standards.zip3 import restricted
from deid_core.transform.generalise import age_band, age_cap, hierarchy, zip3

KEY = ProjectKey(b"k" * 32)


def age(vr: str = "", **params: Scalar) -> Site:
    """Return where an age stands."""
    return Site(EntityType.AGE, "subject", KEY, params, vr)


@pytest.mark.parametrize(
    ("source", "capped", "band"),
    [
        ("93-year-old", "90+-year-old", "90+-year-old"),
        ("93", "90+", "90+"),
        ("90", "90+", "90+"),
        ("89", "89", "80-89"),
        ("43", "43", "40-49"),
        ("4", "4", "0-9"),
        ("93 y/o", "90+ y/o", "90+ y/o"),
        ("104F", "90+F", "90+F"),
        ("95 M", "90+ M", "90+ M"),
        ("89.5", "89.5", "80-89"),
        ("93.5", "90+", "90+"),
        ("1,093", "90+", "90+"),
        ("85-95", "85-90+", "80-89-90+"),
        ("ninety-three", "90+", "90+"),
        ("Ninety three years old", "90+ years old", "90+ years old"),
        ("ninetythree", "90+", "90+"),
        ("one hundred and two", "90+", "90+"),
        ("hundred", "90+", "90+"),
        ("forty-three-year-old", "forty-three-year-old", "40-49-year-old"),
        ("nineteen", "nineteen", "10-19"),
        ("in his nineties", "in his 90+", "in his 90+"),
        ("mid-90s", "90+", "90+"),
        ("late eighties", "late eighties", "80-89"),
        ("centenarian", "90+", "90+"),
        ("8-month-old", "8-month-old", "0-9-year-old"),
        ("95 months", "95 months", "0-9 years"),
        ("95 days old", "95 days old", "0-9 years old"),
        ("1200 months", "90+ years", "90+ years"),
        ("９３", "90+", "90+"),
        ("elderly", "<AGE>", "<AGE>"),
        ("9\u00b3", "<AGE>", "<AGE>"),
        ("ninety-ninth", "<AGE>", "<AGE>"),
        ("", "", ""),
    ],
)
def test_an_age_in_a_note(source: str, capped: str, band: str) -> None:
    """45 CFR 164.514(b)(2)(i)(C): 90 and older is one class; figures, words, decades, months and days are read."""
    assert age_cap(source, age()) == capped
    assert age_band(source, age()) == band


@pytest.mark.parametrize(
    ("source", "capped", "band"),
    [
        ("093Y", "090Y", "090Y"),
        ("045Y", "045Y", "040Y"),
        ("003M", "003M", "000Y"),
        ("999W", "999W", "010Y"),
        ("93", "", ""),
        ("garbage", "", ""),
    ],
)
def test_a_dicom_patient_age(source: str, capped: str, band: str) -> None:
    """An Age String stays one; a malformed one is emptied."""
    assert age_cap(source, age("AS")) == capped
    assert age_band(source, age("AS")) == band


def test_caps_and_widths_are_the_policys() -> None:
    """A cap of 79 and bands of five years, for a policy that wants them."""
    assert age_cap("80", age(cap=79)) == "80+"
    assert age_band("43", age(width=5)) == "40-44"
    assert age_band("88", age(width=20)) == "80-89"


@pytest.mark.parametrize("params", [{"cap": 0}, {"cap": "old"}, {"cap": True}, {"cap": 89.5}])
def test_a_cap_that_is_no_number_of_years_is_refused(params: dict[str, Scalar]) -> None:
    """A cap must be a whole number from 1."""
    with pytest.raises(PolicyError, match="whole number of years"):
        age_cap("93", Site(EntityType.AGE, "subject", KEY, params))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("02139", "021"),
        ("02139-4307", "021"),
        ("021394307", "021"),
        ("2139", "021"),
        ("03601", "000"),
        ("IL 62704", "627"),
        ("021", "021"),
        ("036", "000"),
        ("601", "000"),
        ("SW1A 1AA", "<ZIP>"),
        ("123456", "<ZIP>"),
        ("62704 62705", "<ZIP>"),
        ("\u0660\u0662\u0661\u0663\u0669", "021"),
        ("", ""),
    ],
)
def test_a_zip_code_keeps_three_digits_at_most(source: str, expected: str) -> None:
    """45 CFR 164.514(b)(2)(i)(B): three digits, 000 for small areas; other postcodes are masked."""
    assert zip3(source, Site(EntityType.ZIP, "subject", KEY)) == expected


def test_all_17_small_areas_of_the_2000_census_become_000() -> None:
    """The list is that of the HHS guidance, and every entry is honoured."""
    assert len(restricted()) == 17
    assert {zip3(f"{prefix}01", Site(EntityType.ZIP, "subject", KEY)) for prefix in restricted()} == {"000"}


def test_a_census_without_a_list_is_refused() -> None:
    """A policy cannot name a list that is not there."""
    with pytest.raises(PolicyError, match="there are: 2000"):
        zip3("02139", Site(EntityType.ZIP, "subject", KEY, {"census": "1850"}))


@pytest.mark.parametrize(
    ("source", "params", "expected"),
    [
        ("Boston", {}, "Massachusetts"),
        ("NEW  YORK", {"level": 1}, "New York"),
        ("boston", {"level": "region"}, "Northeast"),
        ("Boston", {"file": "us_cities", "level": 4}, "United States"),
        ("Springfield", {}, "<CITY>"),
        ("", {}, ""),
    ],
)
def test_a_city_becomes_its_state_or_region(source: str, params: dict[str, Scalar], expected: str) -> None:
    """A hierarchy file gives the ancestor of the level asked for; a city that it does not hold is masked."""
    assert hierarchy(source, Site(EntityType.CITY, "subject", KEY, params)) == expected


def test_a_hierarchy_of_ones_own(tmp_path: Path) -> None:
    """A policy may bring its own file: drugs to classes, wards to departments."""
    path = tmp_path / "wards.csv"
    path.write_text("# ours\nward,department\nW12,Cardiology\nincomplete\n", "utf-8")
    where = Site(EntityType.FACILITY, "subject", KEY, {"file": str(path), "level": "department"})
    assert [hierarchy(ward, where) for ward in ("w12", "W99", "incomplete")] == [
        "Cardiology",
        "<FACILITY>",
        "<FACILITY>",
    ]


@pytest.mark.parametrize(
    "params", [{"file": "nowhere"}, {"file": "/nowhere/x.csv"}, {"level": "planet"}, {"level": 0}, {"level": 9}]
)
def test_a_hierarchy_that_is_not_there_is_refused(params: dict[str, Scalar]) -> None:
    """A missing file or level is a mistake of the policy, found at the first value."""
    with pytest.raises(PolicyError, match="hierarchy"):
        hierarchy("Boston", Site(EntityType.CITY, "subject", KEY, params))


def test_numbers_of_a_table_are_read_as_written() -> None:
    """A reader that gives a cell as a number gets what its text would get."""
    assert age_cap(93, age()) == "90+"
    assert zip3(2139, Site(EntityType.ZIP, "subject", KEY)) == "021"

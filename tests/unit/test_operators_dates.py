"""Shifting dates and keeping years, in the notations that notes, tables and DICOM have."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.keys import ProjectKey
from deid_core.ports import Scalar, Site
from deid_core.transform.dates import date_shift, date_year

KEY = ProjectKey(b"k" * 32)
TEN: dict[str, Scalar] = {"low": 10, "high": 10}  # days back, so that a reader can check the table


def shift(value: str, vr: str = "", **params: Scalar) -> str:
    """Return the value with its dates ten days earlier."""
    made = date_shift(value, Site(EntityType.DATE, "subject", KEY, TEN | params, vr))
    assert isinstance(made, str)
    return made


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("03/14/2021", "03/04/2021"),
        ("3-14-21", "3-4-21"),
        ("3/4/21", "2/22/21"),
        ("2021-03-14", "2021-03-04"),
        ("2021/3/4", "2021/2/22"),
        ("14.03.2021", "04.03.2021"),
        ("13/04/2021", "03/04/2021"),
        ("03 / 14 / 2021", "03 / 04 / 2021"),
        ("March 14, 2021", "March 4, 2021"),
        ("MARCH 14 2021", "MARCH 4 2021"),
        ("Mar. 5, 2021", "Feb. 23, 2021"),
        ("14 Mar 2021", "4 Mar 2021"),
        ("14-MAR-2021", "04-MAR-2021"),
        ("14Mar2021", "04Mar2021"),
        ("14-Mar-21", "04-Mar-21"),
        ("3rd of May 2021", "23rd of April 2021"),
        ("May 11th, 2021", "May 1st, 2021"),
        ("2021 March 14", "2021 March 4"),
        ("20210314", "20210304"),
        ("031421", "030421"),
        ("05/12", "05/02"),
        ("May 3", "April 23"),
        ("3 May", "23 April"),
        ("Monday, March 15, 2021", "Friday, March 5, 2021"),
        ("Mon 3/15/21", "Fri 3/5/21"),
        ("03/14/2021 - 03/20/2021", "03/04/2021 - 03/10/2021"),
        ("3/14-3/16/2021", "3/4-3/6/2021"),
        ("from 1/3/21 to 1/12/21", "from 12/24/20 to 1/2/21"),
        ("March 14-16, 2021", "March 4, 2021 - March 6, 2021"),
        ("2021-03-14T23:30:00-05:00", "2021-03-04T23:30:00-05:00"),
        ("2021-03-14T14:05:33.123Z", "2021-03-04T14:05:33.123Z"),
        ("2021-03-14 14:05", "2021-03-04 14:05"),
        ("20210314T143000Z", "20210304T143000Z"),
        ("20210314143000", "20210304143000"),
        ("3/14/2021 at 2:30 PM", "3/4/2021 at 2:30 PM"),
        ("03/10/2020", "02/29/2020"),
        ("03/10/2021", "02/28/2021"),
        ("02/29/2020", "02/19/2020"),
        ("1/5/00", "12/26/99"),
        ("14:05", "14:05"),
    ],
)
def test_a_date_moves_and_its_notation_stays(source: str, expected: str) -> None:
    """Ten days earlier, written as it was: padding, order, names, ordinals, weekdays, ranges, times and zones."""
    assert shift(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [("May 2021", "April 2021"), ("05/2021", "04/2021"), ("2021-05", "2021-04"), ("Mar '21", "Feb '21")],
)
def test_a_month_moves_from_its_middle(source: str, expected: str) -> None:
    """A month without a day is shifted as its 15th."""
    assert shift(source, low=30, high=30) == expected


@pytest.mark.parametrize(
    "source",
    [
        "yesterday",
        "around Easter",
        "1990s",
        "02/30/2021",
        "13/13/2021",
        "02/29/2021",
        "Feb 29, 2021",
        "29 Feb 2021",
        "02-29-2021",
        "0000-00-00",
        "2021-03-14 visit 7",
        "John 3/14/2021",
        "3/14/2021 5551234",
        "44269",
        "14. März 2021",
        "٣/٤/٢٠٢١",
        "3/14/2021 " * 30,
        "1600-01-01 9999999999",
    ],
)
def test_what_is_not_wholly_understood_gets_its_label(source: str) -> None:
    """A date that is none, or has more beside it than is understood, never stays."""
    assert shift(source) == "<DATE>"
    assert shift(source, vr="DA") == ""
    assert shift(source, vr="LO") == "<DATE>"


@pytest.mark.parametrize(("day_first", "expected"), [(False, "02/22/2021"), (True, "24/03/2021")])
def test_day_or_month_first_is_the_policys_to_say(day_first: bool, expected: str) -> None:
    """Where both orders are plausible the policy says which; where one is not, the other is taken."""
    assert shift("03/04/2021", day_first=day_first) == expected
    assert shift("12/31/2021", day_first=day_first) == "12/21/2021"


@pytest.mark.parametrize(
    ("vr", "source", "expected"),
    [
        ("DA", "20210314", "20210304"),
        ("DA", "20210314 ", "20210304"),
        ("DA", "2021.03.14", "20210304"),
        ("DA", "20210314\\20210401", "20210304\\20210322"),
        ("DA", "", ""),
        ("DA", "garbage", ""),
        ("DT", "20210314143000.000000-0500", "20210304143000.000000-0500"),
        ("DT", "2021031414", "2021030414"),
        ("DT", "20210314", "20210304"),
        ("DT", "202103", ""),  # 15 March less 10 days would be the source again
        ("DT", "2021+0100", "2021+0100"),
        ("DT", "20210230", ""),
        ("TM", "143000.00", "143000.00"),
        ("TM", "garbage", ""),
        ("LO", "14 Mar 2021", "4 Mar 2021"),
    ],
)
def test_dicom_dates_and_times_shift_together(vr: str, source: str, expected: str) -> None:
    """DA and DT move by the subject's days, a TM stays, and what is malformed is emptied."""
    assert shift(source, vr) == expected


def test_intervals_hold_across_note_table_and_dicom() -> None:
    """Admission in a note, discharge in a table and the study date in DICOM keep their distances."""
    days = timedelta(days=KEY.days("subject"))
    moved = date(2021, 3, 14) + days
    site = Site(EntityType.DATE, "subject", KEY)
    assert date_shift("03/14/2021", site) == f"{moved:%m/%d/%Y}"
    assert date_shift("2021-03-14", site) == moved.isoformat()
    assert date_shift("20210314", Site(EntityType.DATE, "subject", KEY, vr="DA")) == f"{moved:%Y%m%d}"


def test_a_partial_date_that_would_not_move_is_masked() -> None:
    """A shift of 365 days leaves 05/12 as it is, one of ten days May 2021, so they are masked instead."""
    assert shift("May 2021") == "<DATE>"
    assert shift("05/12", low=365, high=365) == "<DATE>"
    assert shift("05/12/2021", low=365, high=365) == "05/12/2020"


@pytest.mark.parametrize("params", [{"low": 0}, {"low": 20, "high": 10}, {"low": -5, "high": 5}])
def test_a_policy_that_might_not_shift_is_refused(params: dict[str, int]) -> None:
    """A range of days that is empty or holds 0 is a mistake of the policy."""
    with pytest.raises(PolicyError, match="low <= high"):
        date_shift("2021-03-14", Site(EntityType.DATE, "subject", KEY, params))


@pytest.mark.parametrize(
    ("vr", "source", "expected"),
    [
        ("", "03/14/2021", "2021"),
        ("", "March 14, 2021", "2021"),
        ("", "2021", "2021"),
        ("", "2021-03-14T23:30:00Z", "2021"),
        ("", "12/30/2020 - 01/02/2021", "2020-2021"),
        ("", "3/14-3/16/2021", "2021"),
        ("", "3/14/21", "<DATE>"),
        ("", "May 3", "<DATE>"),
        ("", "14:05", "<DATE>"),
        ("", "02/30/2021", "<DATE>"),
        ("", "yesterday", "<DATE>"),
        ("DA", "20210314", "20210101"),
        ("DA", "2021.03.14", "20210101"),
        ("DA", "garbage", ""),
        ("DT", "20210314143000-0500", "2021"),
        ("DT", "garbage", ""),
        ("TM", "143000", ""),
        ("", "", ""),
    ],
)
def test_only_the_year_of_a_date_stays(vr: str, source: str, expected: str) -> None:
    """45 CFR 164.514(b)(2)(i)(C): every element of a date but its year goes; a DA stays a valid date."""
    assert date_year(source, Site(EntityType.DATE, "subject", KEY, vr=vr)) == expected


@pytest.mark.parametrize(
    ("source", "params", "expected"),
    [
        ("6/7/1936", {"cap_age": 89}, "<DATE_OF_BIRTH>"),
        ("6/7/1937", {"cap_age": 89}, "1937"),
        ("6/7/1930", {}, "1930"),
        ("6/7/1930", {"cap_age": 89, "reference_year": 2019}, "1930"),
        ("6/7/1929", {"cap_age": 89, "reference_year": 2019}, "<DATE_OF_BIRTH>"),
        ("6/7/1945", {"cap_age": 79, "reference_year": 2025}, "<DATE_OF_BIRTH>"),
    ],
)
def test_a_birth_year_that_reveals_an_age_over_89_goes(source: str, params: dict[str, Scalar], expected: str) -> None:
    """Who was born 90 calendar years before the reference may be 90: that year goes, the next one stays."""
    assert date_year(source, Site(EntityType.DATE_OF_BIRTH, "subject", KEY, params)) == expected


def test_a_dicom_birth_date_over_the_cap_is_emptied() -> None:
    """A DA cannot hold the label, so the element is left empty, as its type 2 allows."""
    assert date_year("19300607", Site(EntityType.DATE_OF_BIRTH, "subject", KEY, {"cap_age": 89}, "DA")) == ""

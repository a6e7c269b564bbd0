"""A day and a month with a dot or a dash and no year, `14.03` or `03-14`, and numbers that look alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = [
    "| Date | Wt | BP |\n|---|---|---|\n| {14.03} | 72 | 130/80 |\n| {15.03} | 71.5 | 128/82 |",
    "Date    Wt    BP\n{14.03}   72    130/80\n{15.03}   71.5  128/82",
    "Date\tINR\tDose\n{03-14}\t2.1\t5 mg\n{03-21}\t2.6\t5 mg",
    "DATE,INR,DOSE\n{14.3.},2.1,5\n{21.3.},2.6,5",
    "INR log\n{14.03}: 2.1\n{21.03}: 2.6\n{28.03}: 2.4",
    "{03-14} drain out\n{03-15} walking\n{03-16} home",
    "{14.03.} drain out\n{15.03.} walking",
    "Seen on {14.03}, {17.03} and {21.03}.",
    "Admitted on {03-14}.",
    "Course: {14.03.}-{17.03.} ICU, then ward.",
    "Dressing changed {14.3.} and {16.3.}, next {18.3.}.",
    "Dates of service: {03-14}, {03-17}, {03-21}",
    "next visit {14.03} at 10:00",
    "surgery date {14.03}",
    "DOB {14.03}.1961",
    "sutures out on {21.03}",
    "({14.03}) patient called",
    "[{14.03}] patient called",
    "{14.03} 08:15 patient called\n{14.03} 09:30 called back",
    "{14-03} @ 0815 BP 130/80\n{14-03} @ 1215 BP 128/82",
    "from {14.03} to {17.03}",
    "Rx {14.03}, refills 2",
    "last seen {14.03}, due {14.09}",
    "Exp {03-27}",
    "Period: {14.03} - {28.03}",
    "week of {3-14}",
    "start {3-14}, stop {3-28}",
    "chemo C1D1 {3-14}, C2D1 {4-4}",
    "LMP {14.03}",
    "EDD {14.12}",
    "Signed Dr {Okafor} {14.03}",
    "Mon {14.03} / Tue {15.03} / Wed {16.03}",
    "Mon {14}\tTue {15}\tWed {16}",
    "Week starting {14-Mar}: Mon {14}, Tue {15}",
    "Date: {1 4 / 0 3 / 2 0 2 4}",
    "{14.03.24} {07.04.24} {09.05.24}",
    "Time {14.03.24} {0815}",
    "Sig: {JO} {14.03}",
    "{2024.14.03}",
    "AF {25-04}, back in SR",
    "drain out {26-04}. mobile",
    "till {18 Gorffennaf}",
]
LEFT = [
    "section 14-06 applies",
    "lot 05-14 on the shelf",
    "sats 25-30 on 28-04 mg",
    "05-14 mg",
    "INR 2.1, Hb 12.10, CRP 4.05",
    "WBC 11.2 and platelets 12.12",
    "pH 7.10, lactate 2.10",
    "Creatinine 1.12 (0.60-1.10)",
    "Hb 12.10 - 16.10 g/dl",
    "ferritin 12.05 - 30.11",
    "1.1 Background\n1.2 Methods\n2.1 Results",
    "10.10 Introduction\n10.11 Discussion",
    "Section 12.03 and 12.04 apply",
    "Rule 12.02 of the 10.05 list",
    "run at 22.04 with python 3.10",
    "ratio 10-12 per cent",
    "take 10-12 drops",
    "aged 10-12",
    "10-12 weeks",
    "2-3 times",
    "10-12 minutes later",
    "dose 05-10 mg",
    "pages 10-12",
    "T10-12 fusion",
    "scores: 11.02, 12.10, 10.05",
    "ROM 10-12 degrees",
    "EF 55-60",
    "he ate 10-12 of them",
    "Ticket 12-04 open",
    "HR 10.10 after",
    "12.10: note 4",
    "Start 2.5 mg, stop 5.0",
    "start 2-3 drops",
    "next 2-3 weeks",
    "due 10-12 weeks",
    "since 10-11 pm",
    "from 10-12",
    "between 10-12 and 14",
    "on 10.10 units",
    "adm for 10-12 days",
    "grade 10-12",
    "last 10-12 breaths",
    "8-10 cigarettes",
    "visits 2-3",
    "next 3-4",
    "last 2-3",
    "rx 2-3",
    "taken 1-2",
    "on 1-2 occasions",
    "start 1-2",
    "OP 1-2",
    "at 10.05 and again at 11.10",
    "HbA1c 10.05",
    "03-14 mmHg",
    "RR 12-14",
    "L4-5, L5-1",
    "Bristol 3-4",
    "Na 135-145",
    "MMSE 10-12",
    "reps 10-12",
    "10-12 reps",
    "10.12 cm x 11.10 cm",
    "costs 10.12",
    "Table 10-12",
    "week 10-12",
    "C1-2",
    "ICD 10-12",
    "NYHA 2-3",
    "from 5-6 to 7-8",
    "reviewed 10-12 slides",
    "collected 10-12 nodes",
    "scan 2-3",
    "every 10-12 h",
]


@pytest.mark.parametrize("row", FOUND)
def test_a_day_without_its_year_is_found(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """A cue, a log's lines, a heading of dates or a neighbour in a row tells that two small numbers are a day."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_numbers_that_look_like_a_day_stay(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Results, ranges, counts, headings and places in a text are left."""
    assert not taken(sentence)

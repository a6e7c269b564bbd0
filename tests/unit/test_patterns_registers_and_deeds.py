"""Numbers of registers, in thousands and under signs, plates beside a make, days of deeds and feasts, ages told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deid_core.ports import TextQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from deid_core.detect.patterns import Patterns

MARK = re.compile(r"\{([^{}]*)\}")

LICENCES = [
    "Dra. Ana, {CRM-MG 91.407}",
    "crm: {CRM-SP 162.093}",
    "médica, {CRM/RJ 71-30942-8}",
    "CRM {91407-MG}",
    "CRM-PR nº {30.942}",
    "enfermeira {COREN-SP 162.093}",
    "COREN {162.093-ENF}",
    "CRP {06/162093}",
    "{CRN-3 30942}",
    "CREFITO-3 {162093-F}",
    "{OAB/SP 162.093}",
    "GMC {7 162 093}",
    "GMC no. {71 62 093}",
    "GPhC reg {2 162 093}",
    "CPSO # {91 407}",
    "AHPRA reg {MED 000 162 0930}",
    "LANR: {16 20930 01}",
    "RPPS {10 162 093 407}",
    "n.º de colegiado {2816 20930}",
    "M.N. {162.093}",
    "cédula profesional {1620930}",
    "RNE {30942}",
    "SLMC {30942}",
    "PT   Lic {GA PT016209}",
]

NUMBERS = [
    "IP no. {0091407/24}",
    "{IP 0091407/24} is hers",
    "{OP 914/2024} reviewed",
    "Affidavit No. {4,719}",
    "affidavit no {14,719} of the bundle",
    "Case #{4,719}",
    "PID no {1,914,077}",
    "Deed No. {3,914} of 2018",
    "Sr. No. {914/24}",
    "MLC no {914/24}",
    "folder {22/914}",
    "nº {14.719}",
    "matrícula nº {14.719}",
    "Our ref.: {KL91407.033.18} / {W31.409}",
    "Refs {KL9140.07} and {MN3140.91}",
    "blocks {H/3391-24 A1-A4}, by courier",
    "ss# ends {0914}",
    "SSN ends with {0914}",
    "social ends {0914}",
    "last four soc sec {0914}",
    "last four of the social were {0914}",
    "soc sec {219 / 40 / 7731}",
    "***-**-{0914}",
    "XXX XX {0914}",
    "extension {four oh x nine}",
    "bleep {33 19}",
    "pager {33-19}",
    "switch {3319}",
    "{206 dot 555 dot 0142}",
    "{+49 (0) 30 / 5550 142}",
    "silver Ford Focus {KD31 RLV}",
    "blue Nissan ({KCB 914T})",
    "white Hilux {CA 914-207}",
    "2014 Chevy Malibu, TX {HRV 3319}",
    "Seat Ibiza {3319 KXR}",
    "Fiat, targa {FX 914 KL}",
]

DATES = [
    "declined xfer {6/5} (Dr Lee aware)",
    "refused dialysis {6/5} and again {6/7}",
    "Declined transfusion {7/9} and {7/11}.",
    "transfer {4/3}, bed ready",
    "drain out {6/5}",
    "foley changed {10/3}",
    "LBM {9/3}, senna given",
    "bronch {5/3} neg",
    "spoke w/ daughter {7/8}",
    "no show {4/11}",
    "s/p PPV OS {8-29}.",
    "s/p trab OS {10-3}, IOP 12",
    "NSTEMI {8-29}",
    "POD 3 from {8-29}",
    '"MAC GIOLLA A {28.12}"',
    "BRADY T {19.11} home",
    "IC2   Twin 1  {28/05}     29+0    1105",
    "home: {28.12.}-{3.1.}",
    "b. {140361}, lives alone",
    "the week of {Thanksgiving}",
    "17   A.  {Halloween}, same year.",
    "after the {King's Birthday} weekend",
    "since {Hari Raya}",
    "fever on {Koningsdag}",
    "before {Carnival}",
    "{Diwali weekend} visit",
    "{Workers' Day} rota",
    "her {June} visit",
    "the {August} MRI",
    "took it on {the 2nd} and has hives",
]

AGES = [
    "I am now {91} and live alone",
    "shes {ninety four} shes breathing",
    "hes {ninety one} hes on the floor",
    "he's {ninety} he's fell",
    "shes like {94}",
    "hes about {93}",
    "shes a {hundred}",
    "my mum {ninety two} she cant breathe",
    "nans {96} and",
    "his parents are {92} and {95}",
    "will be {101} in {May}",
    "he would have been {97} next week",
    "coming up {95}",
    "age at dx {91}",
    "| M {92} |",
    "{92} and independent",
    "BED 4  Lee  {97}  PALL",
    "12  Brady  F  {92}  COPD",
    "{91}-{95} years old",
    "DOB 1931 ({93})",
]

LEFT = """
Ur 7.1 Cr 88
Ur 12.4, Cr 118
(ref 4.0-5.6)
ref. 3.5-5.0
GMC guidance 2013
plan F 2024
Lei nº 8.213/1991
Act No. 1.234 of the year
Order no. 1,000
record 12,000 steps
folder 2 of 3
CRP 118 mg/L, CRP 11.8
CRM 2 weeks later
NSR 88 bpm
IMC 28.40
CMP 138
MP joint 3
blocks A1-A4 processed
slides 12/14 positive
IP joint 3/5 extension
IP 2 days then OP follow up
Ford F150 2014 was damaged
Toyota RAV4 2018
Honda CR-V 2019
Mercedes C220 sedan
SUV 11.2 in T12
switch 5000 units
bleep 10 minutes
four by four, two times four
46 XX 2020
C/D 0.75 OU
declined 2/3 meals
bronch 2/2 RML
transfer 2/2 max assist
AMA 2/2 withdrawal
again 7/10 pain
again 4/5 strength
UCx 2/2 positive
s/p chemo 2-3 cycles
s/p CABG 10-12 years ago
s/p fusion 4-5
DVT 3-6 months
VITAMIN D 28.12
TROPONIN I 14.02
GLUCOSE H 14.02
VA R  20/40  L  20/30
day of Eid
May visit again tomorrow
May scan if worse
""".strip().split("\n")

NO_AGES = [
    "I am 95 percent better",
    "will be 100 on the monitor",
    "hes 92 on air",
    "my mum 92 sats",
    "HR 97 RESP 18",
    "HR  97  RESP",
    "Total 97 MED",
    "Beds  97  SURG",
    "98 F oral",
    "parents are 100 percent",
    "sats ninety two shes fine",
]


@pytest.mark.parametrize("row", [*LICENCES, *NUMBERS])
def test_numbers_behind_their_cues_are_covered_whole(
    row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]
) -> None:
    """Registers name a State or a region between cue and number; others write thousands, groups, signs or words."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", DATES)
def test_a_day_is_told_by_what_was_done(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """A deed, an operation, a name on a list, a column or a feast tells that two small numbers or a word are a day."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", AGES)
def test_an_age_over_89_is_found_as_it_is_told(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Callers say it without signs or verbs, boards of a ward put it between a name and a reason."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_what_looks_alike_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Results, ranges, models of cars, laws, parts and scores are left."""
    assert not taken(sentence)


@pytest.mark.parametrize("sentence", NO_AGES)
def test_figures_that_are_no_age_stay(sentence: str, rules: Patterns) -> None:
    """Shares, saturations, rates and temperatures are nobody's age."""
    assert not rules.find([TextQuery(sentence)])[0]

"""Identifiers in the forms that clinicians, courts and machines write: each text with what must be covered marked."""

import re
from collections.abc import Callable

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")
PATTERNS = Patterns(load_policy("safe_harbor"))

DATES = r"""
Clinic dates {DATE 3rd and 4th August 2021}.
Between {DATE 5 and 19 January 2020} she had two falls.
Sitting {DATE 11 - 14 October 2022}
Inpatient {DATE July 2 to 9, 2019} for sepsis.
MRI brain {DATE 9/4}: stable.
Biopsy {DATE 11/17}. Benign.
Handover {DATE Sun 21/8}
Positive on {DATE 30/6}.
Seen with Dr Nakamura {DATE 7/19}.
On leave until {DATE the 21st}.
Back on {DATE the sixteenth}, then home.
Out of stock since {DATE Tuesday the eleventh}.
Swab negative {DATE January}.
Last seizure: {DATE October}.
Consulta el {DATE 14 de octubre de 2021}
Aufnahme am {DATE 3. März 2020}
vu le {DATE 22 novembre 2019}
Scanned label {DATE O7/12/2O19}
Fax header {DATE 04 / 18 / 2022}
on {DATE march fourth two thousand nineteen} she fell
date of birth {DATE_OF_BIRTH second of the sixth, fifty-one}
my birthday is {DATE_OF_BIRTH june ninth, nineteen eighty}
in {DATE April of two thousand eleven}
"""
AGES = r"""
Harold Penrose, {AGE 93}, retired.
Her husband Otto ({AGE 91}) helps.
a lady of {AGE 96} with a fall
She is {AGE 94} and lives alone.
his nan (Dolly, {AGE 90}) was ill
He is {AGE ninety-three}.
both in their {AGE nineties}.
"""
PLACES = r"""
seen at {ADDRESS Flat 14, 9 Marlow Parade} today
rehoused to {ADDRESS 3a Weavers Croft}
Clinic, {ADDRESS 12, rue du Moulin}
vive en {ADDRESS Calle Mayor 8, 2.º A}
{ADDRESS Lindenstraße 44}, {ZIP 80331} {CITY München}
{ADDRESS PO Box 118-00200}, Nakuru
Perth WA {ZIP 6005}
^Mesa^AZ^{ZIP 85201}^USA
residing at {ADDRESS No. 17 Temple Road}, near the tank
seen 3/14/2021 by Dr. {STAFF_NAME Alan Kestrel} at noon
reviewed 2021 with Dr {STAFF_NAME Kestrel}
from {COUNTY Staffordshire}
"""
NUMBERS = r"""
bleep {PHONE 4417}
called the office ({PHONE 617/555-0188})
my number is {PHONE four one five five five five zero one nine nine}
Folder no. {MRN 4471/20}
Hosp {MRN KTH/19/22017} referred
UHID: {MRN APX0044512}
IP No: {ENCOUNTER IP/2021/44871}
OPD No. {ENCOUNTER 210414/0117}
specimen {ENCOUNTER TX-210311-09}.
Medicare {HEALTH_PLAN 4410 22871 1}
ABHA {HEALTH_PLAN 14-2207-8841-5530}
NHIS {HEALTH_PLAN 77120934}
OHIP {HEALTH_PLAN 4471 882 190}
claim {HEALTH_PLAN QRX-1108-77120} was denied
Reg. No. {LICENSE KMC 55120}
colegiado {LICENSE 28/11907}
provider no. {LICENSE 3310872K}
PIN: {LICENSE 11B2230E}
driver license {LICENSE OR 8841207}
case {ID S21-77180}
(no. {ID 31880/14})
Circuit Court, No. {ID 20-CV-11873}
booking ref {ID R8TK4P}
tracking {ID 1ZA9934420087712}
Aadhaar {ID 7718 2290 4415}
citizenship no. {ID 22-07-81-00913}
photo {ID IMG-55102} filed
ref {ID ENT-220719-14}
prison number {ID 4410/18}.
lot {DEVICE 81772-QB}
IOL, SN {DEVICE 33018844.207}
registration {VEHICLE WK19 TZD} was towed
drives a {VEHICLE LR21 KXV} estate
plate {VEHICLE HGT 4471} by the gate
user={USERNAME mhartley7} action=VIEW
username {USERNAME kbrandt88}, portal
Verified by: {USERNAME t.okafor}
4 | Doe Jane | {MRN 551207} | ward
"""
GROUPS = {"dates": DATES, "ages": AGES, "places": PLACES, "numbers": NUMBERS}
ROWS = [
    pytest.param(row, id=f"{name}-{place}")
    for name, rows in GROUPS.items()
    for place, row in enumerate(rows.strip("\n").split("\n"))
]

LEFT = r"""
Entresto 24/26 was restarted, then 49/51.
Motor 5/5 throughout and reflexes 2/4.
Review 6/52 and 12/52 after surgery, 3/7 of antibiotics.
Blood cultures 4/4 positive for MSSA.
He dropped from the 50th to the 9th centile.
Fracture of the fourth and the fifth toe.
Lasted from the first to the second hour.
Sutured with no. 2-0 silk and a no. 15 blade.
COVID-19, SARS-CoV-2 and HLA-B27 were tested.
Order 1000 mL of saline and 2000 IU of vitamin D.
The score was ninety-three per cent.
Temp 98 and pulse 94, sats 97 on air.
A man of 62 and a woman of 45 were screened.
Plate 4 screws, locking plate L2.
Given via the left subclavian vein.
CYP2C19 and BRCA1 variants were sought.
Bed 4: NBM. Bay 2 is closed.
In 2014 and 2015 she had chemotherapy.
The case fatality was 12 in 2020.
Case 3 of 5 was discussed; file under review.
Registration took two minutes; policy unchanged.
PF-06463922 was given on trial.
He counts one two three four five six seven.
""".strip().split("\n")


@pytest.mark.parametrize("row", ROWS)
def test_every_letter_and_digit_of_a_value_is_covered(
    row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]
) -> None:
    """What is marked is covered whole, whatever the label that the rules give it."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_clinical_numbers_of_the_same_shapes_stay(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Doses, scales, centiles, scores, drug codes and years are no identifiers; an age below 90 is left by the cap."""
    assert not taken(sentence)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\ufeff", ""),
        ("", "\x00"),
        ("a\ud800 ", "\udfff"),
        ("\U0001f600" * 9, " \U0001f600"),
        ("\u202e\u0634\u0645\u0627\u0631\u0647 ", "\u202c"),
        ("\r\n\t", "\r\n"),
    ],
)
def test_offsets_are_exact_beside_what_is_no_plain_text(before: str, after: str) -> None:
    """A byte order mark, a zero byte, half a surrogate, emoji, right-to-left text and line ends move nothing."""
    text = f"{before}MRN: 5512077{after}"
    start = text.index("5512077")
    assert [(span.start, span.end) for span in PATTERNS.find([TextQuery(text)])[0]] == [(start, start + 7)]

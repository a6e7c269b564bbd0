"""People of lists, families, initials, page headers and codes of senders: what must be covered, what must stay."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")

FOUND = r"""
1. {NAME Anahit} 58, HbA1c 8.1\n2. {NAME Temirlan Asanov} 63, neuropathy\n3. {NAME Jahongir} {AGE 92}, carer came
- {NAME Sione} 44, DNA
Sibs: {NAME Ayla} 6, at nursery, and {NAME Kerem} 3, well.
Children - {NAME Ana} (4), {NAME Leo} (2)
Household: {NAME Ioana} (34), {NAME Radu} (36), {NAME Ilinca}, 8, and gran {NAME Viorica}, {AGE 91}.
kids' flu jabs: {NAME Zara} 4, {NAME Idris} 6
handover: bed 3 {NAME Abebe} 71 NSTEMI, bed 5 {NAME Marisol} {AGE 90} fall
{NAME Edeltraud} is {AGE 93}, my mum
My mother Edeltraud is {AGE 93}, should she fly
a Mrs Eide of {AGE 95} may come
gran Viorica, {AGE 91}, lives below
Sig: {NAME RM} = Rosario Magsaysay RN\n0812 {NAME RM}, 1220 {NAME RM}
Checked: {NAME DF}   Counted: {NAME LM}
Op: {NAME LP}   Ref: DR GRABOWSKI
bloods by phleb ({NAME KT}).
Pt: {NAME J.K.} Age 44
dictated but not read\n{NAME ab}/{NAME rt}
{NAME PASHINYAN, G} {ID 2217734} Page 2 of 5
{NAME Wm. Thackeray-Boone} s/p TAVR
Spell it for me?\nCALLER: {NAME g w e n double l i a n}
I exhibit the photographs as {ID OB/1}.
son came in a pick-up, {VEHICLE CX17 LJO}, after us
{FACILITY Ashgrove EPU} said come back
Dr. Sparkman, {FACILITY Magoffin ER}
MSH|^~\&|LAB|{FACILITY TWIN PINES MED CTR}|EHR|{FACILITY TPMC}|20240912
PID|1||0041927^^^{FACILITY TPMC}^MR
A1 {NAME Olwethu} 34 asthma | A3 {NAME Pritchard} {AGE 91} UTI
Nicknamed "{NAME Biscuit}", answers to "{NAME Old Tom}"
Pharm: First name?\nCust: Tien. {NAME T-I-E-N}.
Pharm: And the phone ending?\nCust: {PHONE 0147}.
""".strip("\n").split("\n")

LEFT = r"""
1. Metoprolol 50, 2. Day 3, 3. Stage 2, 4. Grade 3
1. Borg 13.\n2. Barthel 18\n3. Gleason 7, margins clear
- Sodium 139, potassium 4.1
1. Humulin 18, bd\n2. Troponin 40, repeat
Children 4, 6 and 9 were vaccinated.
Family History: Crohn 2, none in brothers
bed 3 empty, bed 4 Isolation 2 days
Sat is 93, pulse is 94. Glucose is 98, ferritin is 97.
Temp was 98, and eGFR is 92.
Key: IV = Intravenous Infusion given slowly
Sign: po   Checked: ok
Rate checked: IV
Pt: NAD. Patient: DNA
read the label\npo/im
Page 2 of 5
Vials marked 10/20 and produced 2 g
Gauge BD20 PRN and CT19 DNA
via ED, then to ICU. Saw ER twice.
Acute ICU stay. Repeat ED visit.
0041927^^^USSSA^SS
Spell out the plan for me: a to z
Name the swab?\nM-R-S-A, then A-B-C-D
a syndrome known as "Wernicke" and called "Frozen Shoulder"
B12 Folate 20, D3 Colecalciferol 20
""".strip("\n").split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_every_letter_and_digit_of_a_value_is_covered(
    row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]
) -> None:
    """Numbered lines, beds, siblings, who signs, headers of pages and senders of messages are covered whole."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", LEFT)
def test_lists_of_drugs_scores_and_orders_stay(row: str, taken: Callable[[str], list[str]]) -> None:
    """Drugs, tests, scales, orders, services and plain numbers in the same places identify nobody."""
    assert not taken(row.replace("\\n", "\n"))

"""Tables in plain text: the heading of a column says what the cells under it are."""

import re
from collections.abc import Callable

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.detect.rules import tabular
from deid_core.ports import TextQuery

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")

FOUND = (
    r"""
Bed  Name              Age  Sex  RN\n1    {NAME Tesfaye Woldu}     {AGE 93}   M    {STAFF_NAME jm}
Bed  Name              Age  Sex  RN\n2    {NAME Gvantsa L}         47   F    {STAFF_NAME KO}
Bed  Name     Age\n3    empty\n4    {NAME Day, Oisín}  {AGE 101}
Pt,Age,MRN,Attending\n{NAME Nurlan Abdrakhmanov},58,{MRN 4471092},{STAFF_NAME Quiroz}
Pt,Age,MRN,Attending\n{NAME Bui Thi Kim Lien},{AGE 91},{MRN 4480013},{STAFF_NAME Adeyemi}
| Rm | Patient | DOB | MD |\n|----|----|\n| 12 | {NAME Kovács Réka} | {DATE_OF_BIRTH 4/9/31} | {STAFF_NAME Ruiz} |
Name;Geb.;Arzt\n{NAME Ziegenhagen, Lutz};{DATE_OF_BIRTH 3.4.38};{STAFF_NAME Oberdörfer}
Name;Geb.;Arzt\n{NAME Nwachukwu, Obinna};{DATE_OF_BIRTH 1.1.90};{STAFF_NAME Hollerbach}
Time\tName\tTriage\tSign\n0940\t{NAME Kealoha}\t2\t{STAFF_NAME tr}\n0955\t{NAME Zsófia N}\t3\t{STAFF_NAME tr}
Chair   Pt         Dry wt   Nurse\nA1      {NAME Begay, H}   64       {STAFF_NAME Merilyn}
Order | Pt | Age | Surgeon\n2 | {NAME Fa'afetai} | {AGE 90} | {STAFF_NAME Ankomah}
Patient (age)        Consultant      Slot\n{NAME Rewi Hohepa} ({AGE 93})     Mr {STAFF_NAME Skelhorn}     2
Pick up       Drop         Unit    Pt\n{FACILITY Larches NH}    {FACILITY Medway OPD}   {ID PT31}    {NAME Sobczak}
SITE   SUBJ     INITIALS  DOB\n01     {MRN 031-007}  {STAFF_NAME -BP}       {DATE_OF_BIRTH 11-DEC-49}
Name        Phone       PCP\n{NAME D. Achieng}  {PHONE 555-0182}    {STAFF_NAME Ruiz-Tagle}
Nombre y apellidos   Edad   NHC\n{NAME Begoña Iturriaga}     {AGE 92}     {MRN 448812}
Nom        Prénom     Né(e) le\n{NAME Le Goff}    {NAME Yannick}    {DATE_OF_BIRTH 3/2/1941}
Dr        Clinic    Mon        Tue\n{STAFF_NAME Osei}      ENT       {NAME Fahey} 930  {NAME Ruddock} 9
Name:            DOB:        Bed:\n{NAME Petros Haile}     {DATE_OF_BIRTH 1/1/60}      4
Resident    Rm   Age/Sex\n{NAME Aroha Ngata}  12   {AGE 96}F
""".replace("\\t", "\t")
    .strip("\n")
    .split("\n")
)

LEFT = r"""
Name          Dose    Route   Freq\nLasix         40 mg   PO      daily\nHumulin       18 u    SC      bd
Test      Result   Units   Ref\nFerritin  98       ug/L    30-400
Name | Value | Flag\nHgb | 9.1 | L\nSodium | 139 |
Patient  Control  p\n12       14       0.04\n90       91       0.1
Gene,Variant,Exon\nBRCA1,c.68_69del,2
Sign          Side    Grade\nBabinski      L       +\nHoffmann      R       -
Score,Name,Range\nMELD,Child-Pugh,6-40
Bed  Name    Plan\n1    Empty   -\n2    Closed  -\n3    Blocked infection
Drug | Given by | Time\nParacetamol | PO | 0800\nMorphine | IV | 0900
Name, age and address are needed before we can help.\nPlease call again.
Day   Team    Shift\nMon   Red     Early\nTue   Blue    Late
From   To     Reason\nED     ICU    sepsis\nICU    Ward 4 improved
Unit    Beds    Occupied\nICU     12      11\nCCU 4   8       7
Surgeon   Procedure     Time\nTBC       Whipple       0800\nLocum     Hartmann      1100
Time   BP      HR    Sign\n0800   120/80  88    ok\n0900   95/60   92
Age   BMI   eGFR\n72    31    44
Drug      Mon    Tue\nWarfarin  3 mg   Hold 5
Bed       Mon        Tue\n4         Bloods 9   Scan 10
""".strip("\n").split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_every_letter_and_digit_of_a_cell_is_covered(
    row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]
) -> None:
    """Parted by blanks, tabs, pipes, commas or semicolons, cells under names, ages, records and signs are covered."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", LEFT)
def test_tables_of_drugs_tests_and_figures_stay(row: str, taken: Callable[[str], list[str]]) -> None:
    """Cells under the same headings that are no person, age or number of somebody are left."""
    assert not taken(row.replace("\\n", "\n"))


def test_a_table_ends_where_its_heading_comes_again(rules: Patterns) -> None:
    """A heading that is repeated in its own column ends the table, so no cell is read twice."""
    text = "Name  Age\n" * 400 + "x\n"
    assert rules.find([TextQuery(text)]) == [[]]
    assert not [*tabular.cells(text, 0, 4, of_people=True)]


def test_a_long_table_is_read_for_so_many_lines_only() -> None:
    """What one heading costs has a bound, whatever stands below it."""
    text = "Bed  Name\n" + "1    Ilinca\n" * 1000
    assert len([*tabular.cells(text, 5, 9, of_people=True)]) == tabular.ROWS

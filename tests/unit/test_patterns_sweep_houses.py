"""Wards, rooms, clinics, chemists, forces, plans, counties and streets where no kind of house in full is said."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = r"""
pt on {5 West}
nursing note  {5 West}, {rm 5127-B}
BED BOARD  {6 NORTH}   as of 1900
moved to {ward 4 East}, where he fell
"/ {3 West} / DNR
{7N} progress note
in {7N-12}, awake
PROGRESS NOTE   {C7 Gynae}   seen
{B3 Medical ward}
does {Ward 12A} have a side room
{Ward 7B}
{ward c4}
Pt in {MICU-9}. Vanc level
{SICU 4B}
interviewed alone in {Rm 308}, calm
{Room 118, Bed B}.
{rm 318 bed a}. alert
he is in {bed C-14}, on
pt in {bed 14B} spiking
HR 118, {room 5-118}, team paged
mom {RM 2114}
Location: {Outpatient Pavilion Rm 3C}
9 am, {Bldg 2 Rm 14}."
staff member, {Radiology West}), what
carmen from {maple unit}
transferred to {Juniper wing}
Adm. {Bellfield  Ward} .
Adm {Nightingale Wd}
reprint requested {4 Tamarack}, bed 22
{Cardiac Clinic 2}, at 0920h
WARD ROUND   {Male Medical Ward 2}  (reg)
{Fracture Clinic 3}
5550: {Prairie Sky OB}: reminder
Referred to {Tidewater Peds} for
{LAREDO CBOC BLUE TEAM}\nCC: back pain
seen at {Ocala CBOC} today
{Zone 14 CHC}
{Sector 22 PHC}, referred
{KESTREL VALLEY PATHOLOGY ASSOC.}       FINAL REPORT
{Hudson Radiology Assoc., P.C.}
{Dr. Kloster & Partners Dental}
Pharmacy changed to {Publix on Johnson Ferry}. Appt
rx sent to the {walgreens on 5th}
at the {HEB pharmacy} kiosk
picks up at the {CVS in Tillamook}
Pharmacy: {HEB}
{Chemist Warehouse Footscray}
{Netcare Milpark}
{Fortis Mohali}
{GH Kuala Pilah}
seen at {KKH}
{NUH} clinic
thanks for calling {larkspur drugs} this is reception
11 months, {lakeside childrens} picu
brought in by {PHX PD}
{LAPD} on scene
in {SFPD} custody
{Mesa FD} transported
{Harris Co SO} notified
{King Co Medic One}
CO meter on {AMR Medic 12}'s bag
takes {BlueHarbor PPO}, my appt
{Horizon BCBS}
{Bonitas Medical Scheme}
wallet w/ {Navy Federal} visa ending in 4 digits
{Barclays} debit card
{SEIU 1199}
sailed on {MV Stellar Banner}
housekeeping at {The Antlers}
works @ {Target}
teaches 4th grade at {Lowell}
{FAMILY COURT OF THE STATE OF NEW YORK}\n{COUNTY OF CHENANGO}
STATE OF OHIO\n{COUNTY OF ATHENS}
in and for the {County of Pinal}
{E.D. Ky. at Pikeville}, No.
({S.D.N.Y.} 2019)
BEFORE THE {OREGON MEDICAL BOARD}\n
{TEXAS BOARD OF NURSING}
v. {Medical and Dental Practitioners Tribunal, Abuja} on the standard
AND\n{REGIONAL HEALTH EXECUTIVE}\nDEFENDANT\n
got after the {Shiprock} fair. A1c
fell at {Clapham} station
in the {Sawtelle} section, with
grew up in the {Fruitvale} area
which town? it's {moss point}
Rents a basement on {Gratiot}, above the tyre shop; she
lives on {Delancey} near the park
{909 N Plum St}, {2nd fl rear}
{77 Civic Plaza}, {9th\nFloor}, on or before
{14 Elm St}, {2F}
{Flat 3, top floor left}
{Ground floor flat}, {12 Marine Parade}
{DX DD-77}    tel
{DX 12345 Leeds}
found at {5th and Main}
{Pitt St cnr Hunter St}
{POB 441}
{Apdo. 221}
{00-950 Warszawa}
{1000-205 Lisboa}
{M6 J15}
MVC on the {405}
""".strip().split("\n")

LEFT = r"""
Ward 11; OR 3; Theatre 3; Exam 6; Room 22; bed 4; Bed 12
5 West Nile cases; in 3 West African countries; 2 South Asian men
C7 fracture; C7 radiculopathy; B12 level; T4 renal mass; E2 level
ICU 2 days; ICU-2 admission; ICU 3 beds; unit 5 of RBC
bed 30 degrees; room air; Room 101 degrees
Stroke unit; burns unit; the surgical ward; a day ward; Renal unit; Rose ward round
Medical Clinic 2 weeks; Return to Clinic 2; Discharged from Clinic 3
Upper GI bleed; Consult GI; Seen by ENT; HEENT: normal; Neuro: intact; Refer Ortho
Denies GI symptoms. Constitutional, ENT, GI negative.
American Heart Assoc; Medical Assoc.
Rx sent to Pharmacy. Meds given to Patient. Rx: Amoxicillin. Meds: Metoprolol
Refills: None. Pick up at Noon. Meds at Night. Meds from Home.
Target in 2 weeks; boots on feet; CVS in sinus; CVS: S1 S2
Inpatient pharmacy; Clinical pharmacy; Call pharmacy
Kaiser Fleischer rings; Apollo Endosurgery; CMC Arthritis; GH Stimulation Test
Stage 3 PD; Parkinson PD; Nocturnal PD; Baxter PD; PD-L1; CO oximetry
Medicare HMO; In-Network PPO; Has PPO; First Aid; Hearing Aid; Red Cross
Student visa; Indian visa; Her credit card
Western District Nurse; the county court; the Medical Board; Court of Appeal
the Results section; the Assessment section; in the ICU area; the Broca area
City? no. what city? none. where do you live? with my mom
lives on Tylenol; stays on Coumadin; flat on Back; lives off Grid
1st floor; on the 3rd floor; 2nd floor nurse; flat affect
DX: CHF; DX DM-2; LP-1, Normal opening
1st and 2nd rib; 10-500 Units; BP 120 Sitting
Security at Bedside; maintenance at 75 mL/hr
USS Abdomen normal; USS Doppler; MV Repair; MV Mode
seen at OSH; DASH clinic
thanks for calling me back
""".strip().split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_houses_told_short_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered, whatever its label."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_what_looks_like_houses_told_short_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """A ward by its number alone, a kind of ward or body, medicine and prose of the same shapes are left."""
    assert not taken(sentence)

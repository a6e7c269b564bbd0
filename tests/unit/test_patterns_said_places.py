"""Addresses, post codes, employers and facilities of many countries, and kinds of wards and bodies that name none."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = r"""
lives at {12 Elm St, Apt 4B}
{14 Oakfield}, Harborne, {B17 9QT}
{The Old Rectory}, Church Lane, Totnes
{Flat 2/1, 44 Byres Road}, Glasgow
{Unit 12, Riverside Estate}
{P.O. Box 41}
{GPO Box 1234}, Sydney
{RR 2 Box 14}
{HC 61 Box 22}
{Lot 14, Concession 5}
{4410 CR 12}
{1200 FM 1960 W}
{mile marker 22} on {Hwy 61}
{Hwy 61 N}
{US-1}
at {Fifth and Main}
junction of {Park Road and Hill Street}
{#14, 3rd Cross, Indiranagar}
{House No. 22, Sector 9}, Rohini
{Plot No. 8, Gachibowli}
{Door No 5, Anna Salai}
{Vill. Rampur, Teh. Khera}
{B-402, Shanti Apartments, MG Road}
{14 MG Road}
{Block 5 Lot 12 Phase 2, Camella Homes}
{Purok 3, Barangay Poblacion}
{123 Rizal St., Brgy. Poblacion}
{Blk 123 Ang Mo Kio Ave 6 #08-456}
{Lot 123, Jalan Ampang}
{Plot 8 Kampala Road}
{Erf 220, Katutura}
{15 Adeola Odeku Street}, V.I., Lagos
{12, Allen Avenue}
{U5 12 Smith St}
{12 Station Pde}
{12 The Avenue}
{7 Broadway}
Eircode {D02 X285}
{T12XY45} Cork
{SW1A1AA}
zip {02139}
zip is {60614}
in {60614} area code
Chicago, {60614}
Denver Colorado {80202}
Denver, CO, {80202}
{M5V 2T6}
{m5v 2t6}
PIN {560038}
Bengaluru-{560038}
Singapore {238801}
Dublin {4}
London {SE5}
lives in {SE15}
D-{10115} Berlin
{28013} Madrid
{〒150-0001} Tokyo
{500 Oak} #2
fell on {Elm Street}
Apt {#12C}
{Shady Acres Trailer Park, lot 9}
Sandringham {Towers, Flat 12}
She works at {Kestrel Aerospace}.
works nights at {Amberley Foods}
job at {Pellew Marine}
He is a teacher at {Brackenholt Primary}.
retired from {Bethlehem Steel}
was fired from {Bluestem Diner}
driver for {Halloran Haulage}
employed with {Ridley Council}
attends {Little Otters Nursery}
year 4 at {Fairmead Primary}
enrolled at {Marlowe Community College}
volunteers with {Meals on Wheels Ashford}
worships at {Masjid Al-Noor}
member of {First Presbyterian Church}
parishioner of {Our Lady of Lourdes}
His boss at {Wendover Logistics} wants proof
HR of {Palmer & Sons}
Employer: {Oakhurst Bakery}
Place of work: {Haddon Quarry}
Insurance: {Blue Harbor HMO}
insured by {Aviva}
the {Evening Herald} reported
served with {3rd Battalion, 5th Marines}
served on {HMS Kestrel}
{82nd Airborne} veteran
{VFW Post 1822}
{Teamsters Local 804}
represented by {Barrow & Finch LLP}
{Law Offices of Ramon Diaz}
{Smith, Pell & Co} wrote
sued {Dreyfus Medical Devices, Inc.}
held at {HMP Wandsworth}
inmate at {Folsom State Prison}
{Rusca Prison no. 7}
in {Traiskirchen camp}
{School No. 14} pupil
{City Hospital No. 12}
{Westshire Police} attended
by {Mercy Flight} helicopter
{Öresund Centre for Torture Survivors}
{Salvation Army hostel}
The pharmacy, {Harlan's Drug}
{Boots Chemist}, Leeds
ate at {Hanok Table}
works in {Gilmerton Colliery}
{Chesapeake Crab & Oyster Co.}
{Koregaon Sugar Factory}
the {Pinecrest Unified School District}
{Dunne Brothers Construction}
trial sponsor {Lough Mahon Biologics}
seen at {Hazelmere Surgery}
on {Rowan Ward}
{Copperfield Day Unit}
{Karri Coast Oncology}
{Prairie Spine and Pain}
{Oakfield Bone & Joint}
{Rio Claro Behavioral}
{Magnolia Bend Family Medicine}
{Silverbirch Eye Unit}
{Larch House Residential Home}
resident at {The Willows}
{Dunmore General} sent her
at {St Werburgh's} yesterday
admitted to {Barwon Sands}
{Clínica Santa Brígida del Mar}
{Ospital ng Silangan}
{Ysbyty Glan Hafren}
{AZ Sint-Jan}
{Drishti Netralaya}
{Sunrise Diagnostics} Pune
{Riverbend Dental}
{Ashgrove Pediatrics}
{Kindred Hospice}
{Fenland Memory Clinic}
{Bright Smiles Dental Care}
{Valley View Assisted Living}
d/c to {Maplewood}
""".strip().split("\n")

LEFT = r"""
3rd floor ward; floor 4
12 steps; 3 flights; 12 stairs; 5 rounds
Apt to fall; unit 4 of blood; 2 units
Lot of pain; space 4 cm; box 2 ticked
route of admin; the PO route; IV route 2
exit site infection; exit 2 cm
Hill sign; green stool; 3 green stools; 12 square cm
2 main arteries; 3 cross matched; 4 closed fractures
lane 3; 5 court days; 10 drive miles
Class IV; M5 monocytic; A38 code; J13 ICD; J18.9
M3 leukemia; C5 level; SE5 probe; T12 fracture; D02 code
PIN 5-letter; pin site 560038
walk 400 m on the road
Cross country 12
BP 120 supine; BP 142/80; BP 412?
Physical Therapy Services will see him. Home Health Services were arranged.
The Ethics Committee met. Tumor Board recommended chemo.
Infection Control Department was told. Department of Medicine note.
Seen by the Acute Pain Service. Rapid Response Team called.
The Emergency Department. Intensive Care Unit. Day Surgery Unit.
Medical Ward round; Male Ward; General Ward; Surgical Ward; Ward Clerk.
General Surgery saw her; Plastic Surgery; Vascular Surgery; Open Heart Surgery.
Family Medicine follow-up; Internal Medicine; Sleep Medicine; Pain Medicine.
Interventional Radiology; Nuclear Medicine; Speech Pathology; Occupational Therapy.
Primary Care Practice; Best Practice guidance; General Practice.
She works as a nurse. He works from home. Works out daily. Works well with others.
He works at night. Works for himself. Works in construction. Working with PT.
Retired from work. Retired from nursing. Volunteers at church. Member of staff.
Attends school. Attends Church weekly. Goes to College. Attends AA. Attends Day Program.
Seen at Urgent Care. Went to the Pharmacy. Called Poison Control.
Admitted to Medicine. Admitted to ICU. Transferred to Cardiology. Discharged to Home. Sent to Pathology.
Admitted to Hospice. Referred to Orthopedics. Referred to Social Work. Admitted from Clinic.
Presented to ED. Presented to Triage. Discharged to SNF. Transferred to Floor.
Social Services involved. Child Protection Team. Adult Protective Services. Police attended.
The Court held. The Tribunal found. The Supreme Court. The Government. The Panel. The Board.
European Society of Cardiology; American Diabetes Association; Children's Oncology Group
Alcoholics Anonymous; Red Cross; Army; Navy; Air Force veteran
A small church. A local bank. Blood Bank. Bone Bank. Sperm Bank. Milk Bank.
Left Bundle Branch; Central Line; Main Pancreatic Duct; Common Bile Duct
Foley; Hickman line; Miller Fisher; Jackson Pratt; Penrose drain
Power of Attorney; Health Care Proxy; Advance Directive; Living Will
ASSESSMENT AND PLAN: DISCHARGE TO HOME WITH SERVICES.
PAST MEDICAL HISTORY: STAGE IV CANCER. SOCIAL HISTORY: RETIRED. FAMILY HISTORY: CAD.
REVIEW OF SYSTEMS GROUP. PHYSICAL EXAM SECTION. CLINIC VISIT. PRIMARY CARE. EMERGENCY DEPARTMENT COURSE.
SEEN BY GENERAL SURGERY AND CARDIOLOGY. ADMITTED TO MEDICINE SERVICE.
Vitamin Club; Support Group; Book Club; Focus Group; Control Group; Blood Group; Muscle Group; Treatment Group
A temple injury; temple headache; right temple; a lodge; a manor; school nurse; bank holiday
The First Trust; Trust issues. Time Trial; Press conference; the Press.
In Radiology; At Triage; In Recovery; In Theatre; at Home; to Theatre
Good Samaritan; Mercy; Memorial; General; Regional
Local 3% lidocaine; Local anaesthetic 2; Local 5 cm excision; post 12 hours; Post 3 days
No. 4 catheter; size No. 12 Foley; school no.; Prison.
He is a miner. She is a pilot with asthma. Manager asked. Boss called. Driver for long hours.
Employed full time. Employed as a cook. Employer aware. Employer form done.
""".strip().split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_places_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered, whatever its label."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_what_looks_like_places_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Medicine of the same shapes is left; an age below 90 is left by the policy's cap."""
    assert not taken(sentence)

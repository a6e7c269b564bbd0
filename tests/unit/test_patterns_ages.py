"""Ages over 89 in every notation that notes, questions, forms, tables, talks and courts use; and what only looks so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deid_core.entities import EntityType
from deid_core.ports import TextQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from deid_core.detect.patterns import Patterns

MARK = re.compile(r"\{([^{}]*)\}")
UNDER_THE_CAP = re.compile(r"[1-8]?\d")

FOUND = r"""
the claimant, born on 14 May 1931, is now {93}.
Respondent Ruth Adler ({91})
she was over {ninety}
DOCTOR: So you're {ninety-two}?
You're {92} now, right?
NURSE: Age?  PATIENT: {Ninety-four}.
age: approx {92}
Age today: {92}
Age at injury {92}
W/F/{92}
F/{92}/DNR
DOB/Age: 1/2/1931 / {92}
DOB/Age: 1/2/1931 ({92})
90 to {95} years old
Pt is a {94} y.o. male
{91}-year-old widow living alone
{97} y/o man w/ PNA
{90}yF c/o SOB
{95}M, ex-smoker, brought in by ambulance
{96} F with hip #
M {94}, hx COPD
Male, {91}, DNR
Female aged {98} years
Age/Sex: {93}/F
AGE {104} SEX F
Age {92}y 3m
Patient age: {99} years old
The patient, who is {91}, lives with her son.
She turned {100} last week.
a {ninety-one}-year-old gentleman
{Ninety-six} year old female, nonverbal
my grandmother is {ninety-two} and takes warfarin
Mum ({93}) has been confused since Tuesday
My father, {95}, was started on digoxin
gran {91} fell twice
is it safe to give zolpidem to someone aged {94}?
pt {98} yrs, bedbound
{101} years of age
she died at {97}
died aged {103}
her {95}th birthday is on Sunday
a {centenarian} with good function
{93} year olds should not get this
The deceased was {92} years old at the time of death
aged {ninety-five} years
testator, then {93}, signed the will
Mrs K., {96}, was found on the floor
Resident is {99} y.o
{92} year-old
{92} years old
{92}-y-o
{92} yr old
{92}yr F
{1104} months
Age: {1,092} months
how old is she? {Ninety-three}.
I'm {91} and still driving
I am {90} yrs young
a man of {92}
she's nearly {98}
he's almost {ninety-nine}
{91}-y/o
over {90} years old patient
pt age >{90}
{92}-years-old
{92}y.o.
{92} Y/O
{92}YO F
{92} YEAR OLD FEMALE
Patient is {one hundred and two} years old
{102}-year-old
{105} y/o
{90}-year-old
Alter: {92} Jahre
edad: {91} años
{92} y/o WM
{95}yo/F
{95}/F
pt, {95}F, fell
My {92}-yo mother
DOB 1930, age {93}
lived to {99}
lived to be {101}
mother d. {96}, father d. 62
MGM alive at {97}
PGF died age {92} MI
Sister, {93}, has dementia
her sister who is {91} is her HCP
twin brother died last year at {90}
Elderly female, approx {95}
circa {95} years of age
between {90} and {95} years old
{92} 1/2 y/o
{92} y.old
{92}years old
{92}-year old
turns {93} next month
pt will turn {90} on Friday
nonagenarian ({94}) on apixaban
Age (yrs): {92}
Age (years) {92}
Pt's age is {94}
her age, {94}, precludes surgery
Given her age ({94}) we opted for
due to advanced age ({91})
at {91}, she remains independent
At age {92} he developed AF
{93} y F
Paciente de {92} años
{92} (F), CKD4
{94} WM c/o weakness
{92} AAM w/ CHF
Age-{92}
Aged-{92}
age:{92}yrs
age~{92}
I'm {ninety-two}, doctor
I am {ninety}.
I'm a {hundred and one}
turned {one hundred} in May
he would have been {96} today
she would be {95} now
two months shy of {100}
coming up on {91}
he's nearly a {hundred}
she's {92} this year
he's about {ninety-five}, I think
She must be {94} by now
in the {96}th year of her age
in her {ninety-third} year
attained the age of {93}
he reached {93} before
who was {93} at the time
Mr Finch was {93} at the time of the accident
{ninety-one} (91) years old
a person of {93} years
aged then {93}
aged about {95}
aged approximately {93} years
both parents lived into their {nineties}
mother {92} and father {95}, both well
dad {95} mum {93}
Grandma is {93} and grandpa {96}
{98}yo grandma
hi my nan is {91}, she has dementia
my great aunt is {102}
my mum is {90} next week
Mom's {93}. OK to skip statin?
mum's {91}!
FIL is {94}
my mil is {92}
nana's {97}
oma {93} has UTI
abuela de {92} años
mi abuela tiene {94} años
Patientin, {93} J.
paziente di {95} anni
Dose of apixaban for {92}yo 55kg?
metformin in a {90} yr old?
{92}, lives with daughter
{94}, widowed, retired nurse
Mrs. Reyes ({91}) called
Ruth ({94}) needs
Patient Ruth Adler, age {94}
R. Adler, {94}F, rm 12
Bed 4 {93}F pneumonia
Bed 4: {93} F pneumonia
DOB 3/4/1930 ({94})
DOB: 03/04/1930 Age: {94}
(b. 1930, {94})
YOB 1930, {94} yo
Age	{94}
Age|{94}
"age": {94},
age={94}&sex=F
<age>{94}</age>
Alter {94}
Edad {94}
AGE.....: {94}
Age {94}.
Age is {94}.
Age was {94}.
My age is {94}
my age: {94}
Im {91}
i m {92} years
me (f {92})
F{92} here
I (F, {92})
late {nineties}
{111} years old
ages {91}, {93} and {95}
aged {90}, {92} and {97}
twins aged {91}
a couple in their {90}s
{90} yo twin
""".strip().split("\n")
# layouts in which a line says nothing by itself
TABLES = [
    "| {94} | F | Hip fracture |",
    "Bed\tAge\tSex\n4\t{96}\tM\n",
    "F | {94} | NSTEMI",
    "how old is she?\nMother: {Ninety-three}.",
]

LEFT = r"""
your heart rate was ninety eight and your temperature was normal
her sugar was 94 and
90 mg daily
92 % on RA
SpO2 92
95th percentile for height
room 93
90 minutes
a 90-day supply
90 day readmission
weighs 93 kg
wt 98 lbs
temp 98.6
temp 99 F
glucose 95
Glucose 97 mg/dL
Plt 98
Na 138, K 4.1, Cl 99
flexion to 90 degrees
90° flexion
ROM 0-95
ferritin 93
O2 sat 97
BMI 92nd percentile
PEFR 93
FEV1 95 predicted
She scored 95 on the test
MMSE 30, age 65
90 ml/h
90 units of insulin
over the past 90 days
every 90 minutes
within 95% CI
CA-125 of 98
100 patients aged 65
a 100 m walk
pack of 100
100 tablets
BP 92/60
pulse is 94
She is 94% on room air
he is 98 kg
she is 95 pounds
P 92 R 18
PR 91 bpm
T 98 P 92
AST 92 ALT 101
QTc 492, HR 91
F 98.4
M 92 kg
Stage 91
ICD F93
code F90.2
L 95 dB
ward 93
unit 92
Route 91
page 92
90s on RA
sats in the 90s
systolic in the 90s
HR in the 90s
in the mid 90s on room air
her sats are in her usual low 90s
GFR is 92
her GFR, 92, is normal
Sugar (98) normal
LDL (91)
patient 95% weight bearing
pt 90% better
turn 90 degrees left
female 92 kg
male 100 kg
mother 92 kg at delivery
a man of 92 kg
died 90 days after surgery
died at 90 days
died in 94
since '95
class of 93
born in 92
alive at 90 days
lived 90 miles away
I'm 95% sure
she is 90 percent better
he's 100% compliant
approaching 100 mg
about to turn 90 degrees
friend (90 minutes)
age 9
age 5 years 94 cm
age 12, weight 95
Age 45, HR 98
Age group 60-90
90 years of experience
he has smoked for 90 pack years
90 pack-years
92 pack year
in 100 years
century
a hundred times
ninety percent
ninety days
ninety milligrams
one hundred units
one hundred and two fever
a hundred
hundred percent
M 92 kg female
F 98.6
T 98, F
T98 F 99
1/92
she's 92 kg
I'm 92 kg
ICD-10 F90
ICD code F91
M 95% of patients
in their 90 day window
she would be 95% better
he would be 90% covered
must be 90 minutes
reached 100 mg
reached 95%
coming up on 90 days
shy of 100 mg
a hundred and one reasons
a hundred mg
shes on a hundred
one hundred percent
parents paid 95 dollars
this year 92 cases
92 this morning
BP was 92 this morning
sugar 94, ate breakfast
sugar is 94 and
sugars 92 and 98
sat 92 and HR 95
HR 92, regular
HR 94, BP
Sat 94, afebrile
PR 92, RR 18
DNR, 96 hours
ward 12, bed 94
Bed 94: pneumonia
item 94, p 3
"weight": 94,
<wt>94</wt>
""".strip().split("\n")


@pytest.mark.parametrize("row", [*FOUND, *TABLES])
def test_an_age_over_the_cap_is_found(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_a_number_that_is_no_age_stays(sentence: str, rules: Patterns) -> None:
    """Doses, measurements, scores, rooms and times are left, and so is an age under the cap."""
    [spans] = rules.find([TextQuery(sentence)])
    found = [(span.entity_type, sentence[span.start : span.end]) for span in spans]
    assert not [value for label, value in found if label is not EntityType.AGE or not UNDER_THE_CAP.fullmatch(value)]

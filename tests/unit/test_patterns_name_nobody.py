"""What names nobody is left by rules and known values: grades, degrees, labels, peoples, ribs, wards and wires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deid_core.detect.known_values import KnownValuesDetector
from deid_core.entities import EntityType
from deid_core.policy import load_policy
from deid_core.ports import KnownValue, TextQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from deid_core.detect.patterns import Patterns

MARK = re.compile(r"\{([^{}]*)\}")

LEFT = r"""
Hi Doctor, how are you?
Hello everyone, welcome
Hi Team,
Good morning, Mom.
Evening Shift: quiet
Morning Labs:
Morning: Lasix 40
Hey Siri, call
Irish node? Sister Mary Joseph node!
Doctor: How bad? Patient: Dang, that hurts.
Patient: Gotcha. I will plan to.
Doctor: Meanwhile I need you to rest.
Doctor: Aren't you lucky.
Patient: Yessir. Doctor: Have you eaten?
Patient: Tonsils?
fracture of the eighth and ninth ribs
tenderness over the 8th and 9th ribs
the fourth and fifth metacarpals
on the first and second toes
between the second and third intercostal space
the second of three doses
on the third attempt
the fifth finger
on the fourth ray
in the second trimester
the twelfth thoracic vertebra
the ninth cranial nerve
the 3rd ventricle
at the fourth lumbar level
from the tenth rib
the first of which
by the third line therapy
the sixth vital sign
To: Cardiology
From: Emergency Department
From: ED
To: PCP
Cc: file
Date: see below
Date: today
Time: unknown
Signed: electronically
Subject: refill
Re: lab results
Re: Statin intolerance
Attn: Billing
Patient: Mexican male
Patient: Somali speaker
Language: Pashto
Interpreter (Dari)
Interpreter: Dari
Ethnicity: Hispanic
Race: Asian
Nationality: Moldovan
a Filipino woman
Chinese male
she is Vietnamese
Nurse: L.P.N.
cc: L.P.N.
seen by P.S.
seen by PT and OT
reviewed by MDT
discussed with GI and ID
per ENT
d/w Heme/Onc
Dr to review
Dr review
Dr on call
Dr notified
Dr aware
Dr Google says
Nurse to call
nurse aware
MD aware
MD notified
RN aware
PA student
Bed | Name | Hosp no | Plan
Date | Time | Entry | Sign
Name | DOB | MRN | Ward
Patient | Room | Diet | Code status
Drug | Dose | Route | Frequency
Test | Result | Units | Reference Range
Provider | Role | Phone | Pager
Name:
Name: ____
Patient Name: (print)
Signature: ____________
Physician signature:
Witness signature
Mother: healthy
Father: deceased
Mother: Graves
Son: ADHD
Daughter: Asthma
Sister: Lupus, on Plaquenil
Brother: Type 1 DM
Wife: supportive
Children: two
Family: supportive
NYHA III
NYHA Class III
ASA III
Mallampati III
CN III palsy
Type III hypersensitivity
Salter-Harris III
Gustilo III open fracture
Hurley III
Bayley III at 2 years
Factor VIII
Stage III CKD
Killip III
Le Fort III
Children's Ward
Children's Hospital
Boys and Girls Club
Baby Boy
Baby Girl
Baby boy delivered
Twin A
Twin B
Babinski negative
Romberg negative
Homan's negative
Murphy's sign
Hoffman absent
Tinel positive
Phalen positive
Kernig absent
Hodgkin lymphoma
the Petitioner
Respondent argues
Judge: none
Counsel for the defence
Senior Member
Chief Resident
Attending Physician
Charge Nurse
Director of Nursing
Head of Department
Consultant Physician
Dr. Senior Resident
ORU^R01
ADT^A01
MSH|^~\&|LAB
PID|1||
OBX|1|NM
US Army
UK guidelines
US abdomen
CT abd
PA and lateral
AP and lateral
OB appointment
GA 32 weeks
MS contin
LA dilated
MA called
CA 19-9
AL amyloid
Ms contin 15
Mr angiogram
MR angiogram
Miss a dose
missed dose
May repeat x1
may be given
mark the site
Will follow
will call
Bill for visit
Grant funding
Rose bengal
Iris atrophy
Faith concerns
Hope to discharge
Joy in activities
Dawn phenomenon
Summer camp
Art therapy
Music therapy
Gene therapy
Ray resection
Pat dry
Sue for damages
Chase down results
Frank hematuria
Frank blood
Rusty sputum
Sandy sensation
Dusty air
Stone protocol
Foley out
Foley catheter
Swan Ganz
Jackson Pratt drain
Penrose drain
Hickman line
Dobhoff
Kerlix wrap
Ace wrap
Mayo stand
Bair Hugger
Ray Tec
""".strip().split("\n")

# what is marked is found, and nothing beside it
EXACT = """
physiotherapist (Reg. {PT 0041927})
Doctor: Hi {Gina}, how are you?
Good morning, {Ryan Boyd}. Please sit.
Dr. {Dang} will call
Patient: {Dang, Linh}
Name: {Huh}
{Dana Sweet}, LMSW
{C. Boudreaux} RN CWOCN
Mr {Tarquin Holt} QC appeared
Dr {Anand Pillai}, NPI {1416946212}
DR {PATEL} and {JONES}
{John Smith III}, seen today
Medicare MBI {2WN7-CR4-KJ81}
Baby Boy {Abdi}
T: {01/22/2024} {15:20}
{26/01/2024} {02:35} Westmead Ridge resus
""".strip().split("\n")


@pytest.mark.parametrize("sentence", LEFT)
def test_what_names_nobody_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """A degree, a label, a grade in Roman figures or a people behind a cue is nobody's name."""
    assert not taken(sentence)


@pytest.mark.parametrize("row", EXACT)
def test_a_name_or_number_is_found_without_what_stands_beside_it(row: str, rules: Patterns) -> None:
    """Degrees behind a name, labels before a number and times before a street are in no span."""
    text, marks = "", []
    for part in re.split(r"(\{[^{}]*\})", row):
        marks += [(len(text), len(text) + len(part) - 2)] if part.startswith("{") else []
        text += part.strip("{}")
    assert [(span.start, span.end) for span in rules.find([TextQuery(text)])[0]] == marks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("NPI", "NPI is on file"),
        ("L.P.N.", "seen by the L.P.N. today"),
        ("Moldovan", "a Moldovan speaker"),
        ("Respondent", "the Respondent denies it"),
        ("Babinski, Anna", "Romberg negative. Babinski absent."),
        ("Hodgkins, Lee", "nodular sclerosis Hodgkin lymphoma"),
    ],
)
def test_a_degree_or_a_people_that_was_learned_as_a_name_is_looked_for_nowhere(value: str, text: str) -> None:
    """A label that a record or a model gave as a name, and a sign called after another bearer, are left."""
    known = (KnownValue(EntityType.STAFF_NAME, value),)
    assert KnownValuesDetector(load_policy("safe_harbor")).find([TextQuery(text, known)]) == [[]]


def test_an_initial_in_small_letters_is_a_word_beside_a_known_name() -> None:
    """Of `A. Postica, a lawyer` the article stays."""
    known = (KnownValue(EntityType.NAME, "A. Postica"),)
    [spans] = KnownValuesDetector(load_policy("safe_harbor")).find([TextQuery("Ms A. Postica, a lawyer", known)])
    assert max(span.end for span in spans) == len("Ms A. Postica")

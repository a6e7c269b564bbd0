"""Courts and companies by whole names, people by initials or a word, houses in letters, and what looks alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deid_core.detect.names_spelt import with_spelt
from deid_core.detect.patterns import Patterns
from deid_core.entities import EntityType
from deid_core.model import Span
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = [
    "IN THE {FAMILY COURT AT OXMOOR}",
    "IN THE {HIGH COURT AT KISUMU}\nCIVIL APPEAL NO. 4",
    "IN THE {WESTFORD MAGISTRATES' COURT}",
    "IN THE {COURT OF PROTECTION, BRIDGEFORD}",
    "{SUPERIOR COURT OF JUSTICE, BRAMPTON}",
    "{EMPLOYMENT TRIBUNALS (ASHBORNE)}",
    "{FIRST-TIER TRIBUNAL (HEALTH, EDUCATION AND SOCIAL CARE), MARLOW}",
    "{WORKPLACE SAFETY TRIBUNAL OF NORTHMOOR}",
    "{MENTAL HEALTH REVIEW BOARD, EASTWOLD}",
    "the {Labour Court, Johannesburg}",
    "the {Magistrates' Court at Wynberg}",
    "{Motor Accidents Claims Tribunal, Thane}",
    "{Medical Practitioners Tribunal at Manchester}",
    "{Parole Board, Kingsmere}",
    "Before the {Sessions Judge, Alipore}",
    "{Tribunal judiciaire de Nanterre} and {Cour d'appel de Douai}",
    "{Landgericht Göttingen}",
    "Assistant Coroner for {Westshire and the Fens}",
    "CASE OF {Haldorsen and Others} v. Norway",
    "{S.H. and Others} v. Austria",
    "Matter of {Zhou}",
    "ESTATE OF {LOUELLA BRISBANE}",
    "Guardianship of {Pelham}",
    "employed by {Rowan Locums (UK) Ltd}",
    "{MERINO FARMS (PTY) LTD} (Second Respondent)",
    "{Bagley Brothers Haulage (Ireland) Limited}",
    "{Gruber & Sohn GmbH & Co. KG} wants a note",
    "{Transportes Lima, S.A. de C.V.}",
    "his mother, {DW}, who has cared for him",
    "his wife, {RJ}, said that he fell",
    "twins, {AG} and {MG}, were delivered",
    "The children, {LM} and {PM}, live with her.",
    "The child ({LM}) has asthma. {LM} is now 6.",
    "the mother ({KB}) and the father ({JB})",
    "1. {CW} is 38. He has Down's syndrome.",
    "[1] {AB} was born in 2009.",
    "{BT} is a 44 yo man",
    "{KM}, 34F, presents",
    "{VR} (72M), fall",
    "entered in error - {CE}",
    "initial {CE}\nnext",
    "Rgds {AK}",
    "given by {kl}/{dp} with water",
    "Mr and Mrs {C} adopted",
    "{Storm} refused his meds. {Precious} slept well.",
    "Today. {Will} reports pain 6/10.",
    "{Faith} to liaise with GP.",
    "{Mark} came in with his mum.",
    "{Hope} fell out of bed.",
    "{Takahashi}-san slept. {Verma}-ji ate well",
    "{Dafydd ap Llywelyn} here",
    "Datuk {Rashid}, Mzee {Barasa}, Oom {Gert}",
    "Adv {Mthethwa} for the appellant",
    "transferred to {QEH}; {NGH} bed available",
    "the {Kendal memory clinic} wrote",
    "at {CHC Barwani}, {SDH Karad}",
    "{Nyeri County Referral} Hospital",
    "{Spitalul Sfânta Maria}",
    "{Apotheke am Dom}",
    "{Dr. Ofelia Reyes Memorial Hospital}",
    "thanks {Liz} xx",
    "{Marjorie}-dtr; {Ken}=son",
    "{Jamila} 14y DKA\n{Rese} 9m bronchiolitis",
    "{BECKETT} - DIRECT - {SOUSA}",
    "{Sousa} Decl. ¶ 3",
    "Q. Which hospital? A. {Pinderfields}.",
    "THERAPIST: Where do you live?\nCLIENT: {Ramsbottom}.",
    "driving along the {N7}, hit a kudu",
    "crash on the {A9} near Perth",
    "at {Pico and 4th}",
    "struck by car at {Broadway & W 145th}",
    "{RMB 512}, {Walcha}",
    "{Site 3, Comp 8}, {Hythe}",
    "{General Delivery}, {Fort Severn}",
    "PO Box 12, {Mildura} VIC",
    "{2F1, 14 Leith St}",
    "#{1204-889 Pacific St}",
    "{Portion 12 of the farm Doornkop}",
    "{No 22, Jalan Merbau}",
    "lives in apt {7C}",
    "the {Royal Hospital for Sick Children at Yorkhill}",
    "sent to {Civil Hospital Karnal}",
    "{Life Care Center of Kirkland}",
    "deckhand, {F/V Northern Leader}; janitor at {PS 118}",
    "{RD 4}, {Te Awamutu}; {Star Rte 2}, {Polebridge}",
]
LEFT = [
    "The court heard the appeal. The Court of Appeal allowed it.",
    "High Court of Justice, Family Division",
    "the Court of Appeal (Civil Division) held",
    "The Board of Directors met",
    "The Tribunal found that she was disabled",
    "the Tribunal, having heard both parties, retired",
    "Basic Metabolic Panel, Lipid Panel, Liver Panel",
    "Comprehensive Metabolic Panel, CBC",
    "Rheumatoid Panel (RF)",
    "Respiratory Panel (PCR)",
    "Hepatitis Panel, Acute",
    "Tumor Board at noon",
    "Board of Education",
    "Expert Panel, Consensus Statement",
    "The Commission of Inquiry reported",
    "in Court, the witness cried",
    "Court of Human Rights",
    "Board certified in Internal Medicine",
    "Administrative Law Judge (ALJ) ruled",
    "Judge in chambers",
    "a Magistrate for children",
    "Drug Court participant; Probate Court papers",
    "Tennis Court injury; Squash Court fall",
    "The Tribunal for Mental Health",
    "Coroner for review",
    "Nurses and Others; Some and Another",
    "Matter of fact; Matter of Life and Death",
    "Interest of justice; Guardianship of Minors Act",
    "Exam Limited by pain; Movement Limited (Right)",
    "Fluids inc. saline",
    "mother, CAD, father, HTN",
    "mother, who is well, attended",
    "his wife, RN, is here; his wife, MD, was present",
    "son, ASD, is well; sister, HTN, has died",
    "his father (MI) and her mother (CVA)",
    "the child (CP) has spasticity",
    "children with CP and ASD",
    "twins DCDA; twins MCMA and IUGR",
    "parents OK and well",
    "1. BP is 130/80",
    "1. HR is 88. 2. RR is 16.",
    "1. EF is 38.",
    "1. AF is a common arrhythmia",
    "2. PE was born in mind",
    "[1] AB was negative",
    "1. CK is 38.",
    "BMI, 33F; HR, 34F",
    "CT (34F); US (45F) normal; VQ (45F)",
    "MI is a 2 year risk",
    "thanks, PT",
    "regards diet, continue",
    "error CT; error MRI",
    "initial ABG. initial PSA; initial ECG",
    "given by IV/IM",
    "checked by RN/MD",
    "wasted with fluid",
    "Will review tomorrow. Will report back. Will ask GI.",
    "Hope this helps. Mark the site.",
    "Grace period ends. Faith is important to her.",
    "Will was made; Will is in place",
    "The Bill states the amount",
    "Patient reports pain. Mother states fever.",
    "Staff reports no issues. Chart states NKDA.",
    "Rose hip; Rose Bengal stain; Rose spots",
    "Frank blood. Crystal arthropathy. Olive oil",
    "Pearl was seen on cytology; Ruby was seen",
    "follow-up; Tai-chi; co-ben; ju-ji",
    "Adv Directive on file; Hon Treasurer",
    "SAH ICU bed; LVH on ECG",
    "discharged to NH; DGH ED; sent to ED",
    "PSH: none. PMH: none.",
    "transferred from ICH",
    "pain clinic; memory clinic; Attended pain clinic",
    "Outpatient pain clinic; New memory clinic; Nearest birth centre",
    "Acute stroke unit; Hyperacute stroke unit; Regional burns unit",
    "Weekly warfarin clinic. Community dental service",
    "NHS number; NHS Trust; NHS England; NHS Long Term Plan",
    "PHC physician; CHC Panel; SDH Repeat",
    "County Referral pathway",
    "pain x\nBP x2. Pulse x",
    "Exercise. Squats x",
    "Mother-son conflict; ex-wife; Step-son",
    "HCP/POA; DPOA/POA",
    "Age 14y; Female 14y",
    "Diabetes 12y",
    "Hypertension, 12y",
    "Onset 6mo",
    "Coombs - Direct - Positive; Bilirubin, Direct by method",
    "Major Dep. 296.2; Mood Aff. 3",
    "Which hospital? Yes.",
    "Where do you work? Retired.",
    "Where do you live? With my mum.",
    "What clinic? The pain clinic.",
    "off the A1 pulley; onto the C5 root; along the N2 node",
    "driving on the M2 license",
    "off the B12 injections",
    "Time 4 and 5th; at Baseline and 3rd",
    "between C5 and 6th",
    "RMB 500 per visit; Site 2 dressing",
    "general delivery of care",
    "Box 1 Demographics. Bag 2, Dextrose",
    "#20-22 gauge needle; #10-15 Blade",
    "0/1, 44 cells",
    "portion 3 of Liver",
    "Farm animal exposure",
    "Apt 4 pm; unit 4b; Flat 1b affect",
    "No 5 French",
    "Cancer Center of Excellence; Care Center of Choice",
    "ECOG PS 1; MS 12; IS 4",
    "Hospital for observation; home for the holidays; Day Hospital for TB pericarditis",
]
BRIDGED = [
    ("Sunrise of Cuyahoga Falls called", ((0, 7, "FACILITY"), (11, 25, "CITY")), ["Sunrise of Cuyahoga Falls"]),
    ("at QRW Vellore today", ((7, 14, "FACILITY"),), ["QRW Vellore"]),
    ("in ICU Vellore today", ((7, 14, "FACILITY"),), ["Vellore"]),
    ("Mercy in Tralee", ((0, 5, "FACILITY"), (9, 15, "CITY")), ["Mercy", "Tralee"]),
    ("Ivy Dunn of Tralee", ((0, 8, "NAME"), (12, 18, "CITY")), ["Ivy Dunn", "Tralee"]),
]
SIGNED = [("Plan: continue.  {RB/ct}", True), ("...review 6/52.\n\n{NKL/rs}", True), ("Call at 4.\n{P.}", True)]
SIGNED += [("Level 5. MG/dl", False), ("Take one. PT/ot", False), ("INR/pt", False), ("Continue meds.\nPRN", False)]
SIGNED += [("Done.\nB", False), ("See the list. HR/min", False), ("rate 5 mg/kg", False)]


@pytest.fixture(scope="module")
def taken() -> Callable[[str], list[str]]:
    """Return a function that says what the shipped rules find in a text, but for ages: a policy caps those."""
    rules = Patterns(load_policy("safe_harbor"))

    def spans(text: str) -> list[str]:
        found = rules.find([TextQuery(text, ())])[0]
        return [text[span.start : span.end] for span in found if span.entity_type is not EntityType.AGE]

    return spans


def covered(text: str, values: list[str]) -> set[int]:
    """Return the letters and digits of a text that lie in one of some values that stand in it."""
    held: set[int] = set()
    for value in values:
        at = text.find(value)
        while at >= 0:
            held.update(place for place in range(at, at + len(value)) if text[place].isalnum())
            at = text.find(value, at + 1)
    return held


@pytest.mark.parametrize("marked", FOUND)
def test_names_and_places_are_found_whole(marked: str, taken: Callable[[str], list[str]]) -> None:
    """Every letter and digit of what names somebody or somewhere is found."""
    text = MARK.sub(r"\1", marked)
    assert covered(text, MARK.findall(marked)) <= covered(text, taken(text))


@pytest.mark.parametrize("sentence", LEFT)
def test_what_looks_like_names_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Abbreviations, illnesses, courts of no place and words at a sentence's begin are left."""
    assert not taken(sentence)


@pytest.mark.parametrize(("marked", "told"), SIGNED)
def test_who_dictated_and_who_typed_is_found_by_letters(marked: str, *, told: bool) -> None:
    """Letters below a text or behind its last sentence say who signed it; units and orders do not."""
    text = MARK.sub(r"\1", marked)
    found = [text[span.start : span.end] for span in with_spelt(text, [])]
    assert bool(found) is told
    assert covered(text, MARK.findall(marked)) <= covered(text, found)


@pytest.mark.parametrize(("text", "spans", "expected"), BRIDGED)
def test_a_house_and_its_place_are_one_name(
    text: str, spans: tuple[tuple[int, int, str], ...], expected: list[str]
) -> None:
    """A facility and a town with `of` between are found as one; a person of a town, or a house in one, is not."""
    given = [Span(start, end, EntityType(label), 0.9, "ner") for start, end, label in spans]
    assert [text[span.start : span.end] for span in with_spelt(text, given)] == expected

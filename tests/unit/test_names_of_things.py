"""Whom or what a thing is called by, and figures that are nobody's: methods, products, laws, doses, codes."""

from __future__ import annotations

import pytest

from deid_core.detect.figures import is_figure
from deid_core.detect.patterns import Patterns
from deid_core.detect.rules.words import lines
from deid_core.detect.spared import spared
from deid_core.entities import EntityType
from deid_core.model import Span
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

NAME, ID, DATE = EntityType.NAME, EntityType.ID, EntityType.DATE


def left(text: str, part: str, label: EntityType = NAME, score: float = 0.7) -> str | None:
    """Return what is left of a model's finding, in its text."""
    start = text.index(part)
    span = spared(text, Span(start, start + len(part), label, score, "r"), beside=False)
    return text[span.start : span.end] if span else None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Walks with Lofstrand crutches indoors", "Lofstrand"),
        ("Walks with Lofstrand forearm crutches", "Lofstrand"),
        ("One Drance hemorrhage at the rim", "Drance"),
        ("the Harris hip score is 80", "Harris"),
        ("She takes Bach's rescue drops at night", "Bach"),
        ("two cans of Dr Pepper, no coffee", "Pepper"),
        ("Ben and Jerry's for tea", "Ben"),
        ("Earl Grey before bed", "Earl Grey"),
        ("watches Peppa Pig at meals", "Pig"),
        ("Explain Kaplan-Meier to the board", "Kaplan-Meier"),
        ("Henderson-Hasselbalch checks out", "Henderson-Hasselbalch"),
        ("Power by SRK/T and Barrett, aiming for -0.25", "SRK"),
        ("Power by SRK/T and Barrett, aiming for -0.25", "T"),
        ("IOL by SRK/T and Barrett, aiming for -0.25", "Barrett"),
        ("post hoc by Tukey, p-value by Fisher", "Tukey"),
        ("Under Daubert and Frye, is it admissible?", "Frye"),
        ("Bentall, David or Yacoub for the root repair?", "Yacoub"),
        ("Kibana and Prometheus show no logs", "Prometheus"),
        ("Megan's Law checks are done", "Megan"),
        ("under the Baker Act for 72 hours", "Baker"),
        ("run on the Roche cobas twice", "Roche"),
        ("read on the Abbott Alinity", "Abbott Alinity"),
        ("WARN  adt - message dropped", "WARN"),
        ("[app] ERROR: timeout after 30 s", "ERROR"),
        ("first line for H. pylori today", "H. pylori"),
        ("M. tuberculosis or M. bovis?", "M. bovis"),
        ("The autumn rota has two gaps", "autumn rota"),
        ("our discharge leaflet reads well", "leaflet"),
        ("MR UNSAFE, keep out of zone 4", "UNSAFE"),
    ],
)
def test_what_a_thing_is_called_by_is_nobody(text: str, part: str) -> None:
    """An eponym before its noun or in its field, a product, a law, a maker, a level of a log and a small word stay."""
    assert left(text, part) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Dr Barrett chose the IOL by SRK/T", "Barrett"),
        ("IOL put in by Barrett on the left", "Barrett"),
        ("Mrs Drance came with her son", "Drance"),
        ("Physiotherapist Lofstrand saw him with crutches", "Lofstrand"),
        ("written by Kaplan, Meier and others", "Meier"),
        ("Ms Kaplan-Meier phoned", "Kaplan-Meier"),
        ("Mr Bach's rescue inhaler is empty", "Bach"),
        ("Pediatrician: Dr. Pepper, Orchard Hill", "Pepper"),
        ("Dr Pepper reviewed the cans", "Pepper"),
        ("Mr Johnnie Walker was admitted", "Johnnie Walker"),
        ("Jack Daniel's wife called", "Jack Daniel"),
        ("Fisher called, the regression is done", "Fisher"),
        ("Dr Frye signed. Frye gave admissible evidence", "Frye gave"),
        ("David for hernia repair on Monday", "David"),
        ("Hill absent, test positive", "Hill"),
        ("Abbott came in with chest pain", "Abbott"),
        ("Jenkins is back on the ward", "Jenkins"),
        ("told the autumn family of it", "autumn"),
        ("Seen by H. Morrow today", "H. Morrow"),
        ("typed by cw at noon", "cw"),
    ],
)
def test_who_is_called_so_stays_found(text: str, part: str) -> None:
    """Behind a title or a label, or doing what people do, the same word is a person."""
    assert left(text, part, score=0.85) is not None


@pytest.mark.parametrize(
    ("text", "part", "label"),
    [
        ("Will taper pred 40-30-20-10 over 4 weeks", "40-30-20-10", DATE),
        ("pred 30-25-20 then stop", "30-25-20", DATE),
        ("Hb 101-96-88-92 since Monday", "101-96-88-92", ID),
        ("at 0-7-21 days", "0-7-21", DATE),
        ("dex 8-8-4-4-2 over five days", "8-8-4-4-2", ID),
        ("fT4 15 (ref 9-19)", "9", DATE),
        ("TSH 2.4 (ref 0.4-4.0)", "0.4-4.0", ID),
        ("HBA1C 7.9 %, ref 4.0-5.6", "4.0-5.6", ID),
        ("Ur 7.1, Cr 118", "7.1", EntityType.MRN),
        ("Vent: PC 14/5, rate 16", "14/5", DATE),
        ("is 4548-4 the LOINC for A1c?", "4548-4", ID),
        ('{"code": "29463-7", "value": 71}', "29463-7", ID),
        ("SNOMED 38341003, ICD-10 I10", "38341003", ID),
        ("NDC 0093-7214-01, 90 tabs", "0093-7214-01", EntityType.PHONE),
        ("when billing 20610 with a visit", "20610", ID),
        ("retry 2 of 3, code E-4031", "E-4031", ID),
        ("Form MR-104, version 7, is new", "7", EntityType.HEALTH_PLAN),
        ("Build 20.4.1182 fails", "20.4.1182", DATE),
        ("DICOM tag 0008,0050 is empty", "0008", ID),
        ("mask 255.255.255.0", "255.255.255.0", EntityType.IP),
        ("C/D 0.75 OS", "C/D 0", EntityType.ADDRESS),
    ],
)
def test_a_figure_is_nobodys_number(text: str, part: str, label: EntityType) -> None:
    """Rows of doses and readings, ranges, settings, versions and codes of public systems identify nobody."""
    start = text.index(part)
    assert is_figure(text, start, start + len(part), label)


@pytest.mark.parametrize(
    ("text", "part", "label"),
    [
        ("pred from 20-10-05 on", "20-10-05", DATE),
        ("dose given 3-4-2021", "3-4-2021", DATE),
        ("account 40-22-71-18", "40-22-71-18", ID),
        ("file ref 30-200", "30-200", ID),
        ("MRN 4548-4", "4548-4", EntityType.MRN),
        ("door code 4031", "4031", ID),
        ("door code E-4031", "E-4031", ID),
        ("NDC on file, phone 0093-7214-01", "0093-7214-01", EntityType.PHONE),
        ("seen 14/5 on the ward", "14/5", DATE),
        ("version 12.04.2021", "12.04.2021", DATE),
        ("c/o 12", "c/o 12", EntityType.ADDRESS),
        ("10.4.1.7 logged in", "10.4.1.7", EntityType.IP),
        ("Claim 4471 (ref 12-3456) was settled", "12-3456", ID),
        ("mesh 88412-7 was explanted", "88412-7", ID),
        ("at her exit interview the code A-1234 was used", "A-1234", ID),
    ],
)
def test_a_number_of_somebody_is_no_figure(text: str, part: str, label: EntityType) -> None:
    """A date, an account and a code without a cue of what is measured stay found."""
    start = text.index(part)
    assert not is_figure(text, start, start + len(part), label)


@pytest.mark.parametrize(
    "text",
    [
        "MR CONDITIONAL 1.5 T and 3 T, SAR limit 2 W/kg",
        "MR Unsafe, MR SAFE and MR Conditional",
        "Dr Scholl's pads in both shoes",
        "Sarnat II, Thompson 9, cooled for 72 h",
        "NDC 0093-7214-01, 90 tabs",
        "Orphan Drug Act 1983 in short",
        "Sent in Amies, Cary-Blair, Stuart, Regan-Lowe.",
    ],
)
def test_the_rules_leave_it_too(text: str) -> None:
    """What names a thing is nobody to the rules either."""
    assert Patterns(load_policy("safe_harbor")).find([TextQuery(text)]) == [[]]


def test_the_rules_find_persons_still() -> None:
    """A title before the same words is a person's."""
    patterns = Patterns(load_policy("safe_harbor"))
    for text, name in (("Mr Conditon came", "Conditon"), ("Dr Scholl reviewed him", "Scholl"), ("MR WARD", "WARD")):
        [spans] = patterns.find([TextQuery(text)])
        assert [text[span.start : span.end] for span in spans] == [name]


def test_each_field_is_a_line_of_four_parts() -> None:
    """Its name, what is said in it, the rare names and the common ones; no word stands in both."""
    for line in lines("eponym_fields"):
        _, cues, rare, common = line.split("|")
        assert cues
        assert rare
        assert not set(rare.split()) & set(common.split()), line

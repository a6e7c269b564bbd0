"""What a model takes for people among the captions of a screen is believed only where it may be somebody."""

from __future__ import annotations

import pytest

from deid_core.entities import EntityType
from deid_core.extract.believed_captions import believed
from deid_core.model import Span

NER = "ner_accurate"


def kept(text: str, label: EntityType = EntityType.NAME, score: float = 0.9, found: str = "", by: str = NER) -> bool:
    """Say whether a finding of a text, or of a part of it, is believed."""
    start = text.index(found) if found else 0
    return believed(text, Span(start, start + len(found or text), label, score), by) is not None


@pytest.mark.parametrize(
    "text",
    ["Fovea", "Scan Conv", "Umb A", "Supra Tend", "LatL", "SpectralR", "Odont", "Macula", "UNSHARP", "Smth", "OFX"],
)
def test_words_of_the_trade_are_nobody(text: str) -> None:
    """Whole, cut short, run together, without their vowels, or three capitals that are no name."""
    assert not kept(text)


@pytest.mark.parametrize(
    "text",
    ["HARGREAVES, ROSALIND", "Okonkwo^Temperance^M", "Baker", "Lehr", "WEBER", "J. Coil", "Branagh", "Scan Weber",
     "Zdravka", "MAR", "Long"],
)  # fmt: skip
def test_what_may_be_somebody_stays_found(text: str) -> None:
    """A name on a list, a word on none, or an initial before a plain word."""
    assert kept(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("Dr Coil", "Coil"), ("Patient: Probe", "Probe"), ("Tech: Umb", "Umb"), ("OP AGC", "AGC"), ("Name SMTH", "SMTH")],
)
def test_a_title_or_a_label_says_otherwise(text: str, found: str) -> None:
    """Whatever follows one is believed to be a person."""
    assert kept(text, found=found)


@pytest.mark.parametrize(
    ("text", "label", "believed_in"),
    [
        ("LL", EntityType.FACILITY, False),
        ("LAKESIDE MEDICAL CENTER", EntityType.FACILITY, True),
        ("Leeds", EntityType.CITY, True),
        ("AJ-130", EntityType.ID, False),
        ("4471902", EntityType.ID, True),
        ("A4471", EntityType.MRN, True),
        ("03/04/2020", EntityType.DATE, True),
    ],
)
def test_other_findings_of_a_model_hold_but_for_the_shortest(text: str, label: EntityType, believed_in: bool) -> None:
    """Two letters are no institution, three digits nobody's number; plain words do make a hospital."""
    assert kept(text, label) is believed_in


@pytest.mark.parametrize("by", ["patterns", "known_values"])
def test_rules_and_known_values_always_hold(by: str) -> None:
    """Only what a model alone says is doubted."""
    assert kept("Scan Conv", by=by)

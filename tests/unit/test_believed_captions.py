"""What a model takes for people among the captions of a screen is believed only where it may be somebody."""

from __future__ import annotations

import pytest

from deid_core.entities import EntityType
from deid_core.extract.believed_captions import believed_alone, believed_in_context
from deid_core.model import Span

NER = "ner_accurate"


def kept(text: str, label: EntityType = EntityType.NAME, score: float = 0.9, found: str = "", by: str = NER) -> bool:
    """Say whether a finding of a line, or of a part of it, is believed."""
    start = text.index(found) if found else 0
    return believed_alone(text, Span(start, start + len(found or text), label, score), by) is not None


def kept_in_context(text: str, label: EntityType = EntityType.NAME, score: float = 0.9, by: str = NER) -> bool:
    """Say whether a finding in one of several lines is believed."""
    all_lines = f"HARGREAVES, ROSALIND\n{text}\nMRN: 00817263\n"
    start = all_lines.index(text)
    return believed_in_context(all_lines, Span(start, start + len(text), label, score), by) is not None


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


@pytest.mark.parametrize(
    ("text", "label", "believed_in"),
    [
        ("Kowalczyk", EntityType.NAME, True),
        ("Okonkwo", EntityType.NAME, True),
        ("Stuivenberg Jan", EntityType.NAME, True),
        ("Zdravkova", EntityType.NAME, True),
        ("J. Stone", EntityType.NAME, True),
        ("Iris", EntityType.NAME, False),  # a name and a plain word
        ("Lndmk", EntityType.NAME, False),
        ("Scan Conv", EntityType.NAME, False),
        ("White Bal", EntityType.CITY, False),
        ("OCT 30", EntityType.DATE, False),  # the rules know what days look like
        ("12 Elm Street, Salem 01970", EntityType.ADDRESS, True),
        ("LAKESIDE MEDICAL CENTER", EntityType.FACILITY, True),
    ],
)
def test_among_other_lines_a_model_is_believed_less(text: str, label: EntityType, believed_in: bool) -> None:
    """What may be a setting must look like a name by itself, or be found in its line alone."""
    assert kept_in_context(text, label) is believed_in


@pytest.mark.parametrize("by", ["patterns", "known_values"])
def test_rules_and_known_values_always_hold(by: str) -> None:
    """Only what a model alone says is doubted; they have read all lines together, and are not asked of each."""
    assert kept_in_context("Scan Conv", by=by)
    assert not kept("HARGREAVES", by=by)

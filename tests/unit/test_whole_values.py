"""What belongs to a value goes with it where the rest was found: ends of codes, rooms of houses, forms of firms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core.detect.whole_values import whole_values
from deid_core.entities import EntityType
from deid_core.model import Span

GROWN = [
    # label, text with what was found in braces, what is to be covered
    ("USERNAME", "opened by {BQUIN}_ADT at 03:10", "BQUIN_ADT"),
    ("USERNAME", "sender {perch}_admin", "perch_admin"),
    ("MRN", "CCC {0417}/KND refill", "0417/KND"),
    ("ID", "ref 53.{053}.", "53.053"),
    ("LICENSE", "R. Oduya, PA.{50.004417}", "PA.50.004417"),
    ("PHONE", "call 0{1632 555}-0142/3", "{1632 555}-0142/3"),
    ("FACILITY", "moved to {Lister House}, Room 9 today", "Lister House, Room 9"),
    ("FACILITY", "in {St. Brannoc} 4 North since", "St. Brannoc 4 North"),
    ("FACILITY", "rounds: {Larch Wing} bed 12B", "Larch Wing bed 12B"),
    ("FACILITY", "seen at {Tarrow Bay} clinic", "Tarrow Bay clinic"),
    ("FACILITY", "mother of pt in PICU {8}.", "PICU 8"),
    ("CITY", "driven to {Tarrow Bay} hospital", "Tarrow Bay hospital"),
    ("ORGANISATION", "works at {Howlett} & Daughters", "Howlett & Daughters"),
    ("ORGANISATION", "bill to {Hive} (Care) Ltd by May", "Hive (Care) Ltd"),
    ("ORGANISATION", "works front of house, The {Gilded Eel}", "The Gilded Eel"),
    ("FACILITY", "label {Mac}'s, on the quay", "Mac's"),
]
LEFT = [
    ("ID", "a {4471}-year-old joke"),
    ("ID", "record {4471}. Next line"),
    ("ID", "take {4471}/day"),
    ("MRN", "{4471} A patient came"),
    ("FACILITY", "at {Lister House}, room 22.5 C"),
    ("FACILITY", "left {Lister House} bed-bound"),
    ("NAME", "seen with {Ann Lee}, bed 9"),
    ("NAME", "{Hall} clinic visit"),
    ("ORGANISATION", "{Howlett} and daughters came"),
    ("DATE", "on {3/4}/KND"),
]


def _found(marked: str, label: str) -> tuple[str, list[Span]]:
    text = marked.replace("{", "").replace("}", "")
    start = marked.index("{")
    return text, [Span(start, marked.index("}") - 1, EntityType(label), 0.8, "found")]


@pytest.mark.parametrize(("label", "marked", "whole"), GROWN)
def test_a_value_is_covered_whole(label: str, marked: str, whole: str) -> None:
    """A finding takes what can only be part of its own value."""
    text, spans = _found(marked, label)
    (grown,) = whole_values(text, spans)
    assert text[grown.start : grown.end] == whole.replace("{", "").replace("}", "")


@pytest.mark.parametrize(("label", "marked"), LEFT)
def test_what_is_another_thing_stays_apart(label: str, marked: str) -> None:
    """Durations, doses, sentences, beds of patients and figures beside a finding are none of it."""
    text, spans = _found(marked, label)
    assert whole_values(text, spans) == spans


@given(st.text(max_size=80), st.data(), st.sampled_from(sorted(EntityType)))
def test_a_finding_is_never_made_shorter(text: str, data: st.DataObject, label: EntityType) -> None:
    """Whatever the text, the new span holds the old one and lies in the text."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    (grown,) = whole_values(text, [Span(start, end, label, 0.5, "found")])
    assert 0 <= grown.start <= start <= end <= grown.end <= len(text)

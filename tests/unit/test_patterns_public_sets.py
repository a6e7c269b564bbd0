"""The rules on public sets: generated sentences with identifiers, and visit notes with next to none."""

import csv
import json
from pathlib import Path

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.entities import EntityType
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

TEXTS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"
GENERATED = TEXTS / "presidio-research" / "generated_large.json"
NOTES = TEXTS / "mts-dialog" / "Main-Dataset" / "MTS-Dialog-TrainingSet.csv"
SHAPED = ("CREDIT_CARD", "US_SSN", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "DOMAIN_NAME", "US_DRIVER_LICENSE")
NAMES = {EntityType.NAME, EntityType.RELATIVE_NAME}


@pytest.mark.shared
@pytest.mark.skipif(not GENERATED.exists(), reason="needs the folder of public texts beside the checkout")
@pytest.mark.parametrize("label", SHAPED)
def test_every_generated_identifier_with_a_shape_of_its_own_is_covered(label: str) -> None:
    """None of the cards, numbers and addresses of machines in the generated sentences is left in part."""
    rows = [row for row in json.loads(GENERATED.read_text("utf-8")) if any(_is(span, label) for span in row["spans"])]
    found = Patterns(load_policy("safe_harbor")).find([TextQuery(row["full_text"]) for row in rows])
    left = 0
    for row, spans in zip(rows, found, strict=True):
        covered = {place for span in spans for place in range(span.start, span.end)}
        gold = [range(span["start_position"], span["end_position"]) for span in row["spans"] if _is(span, label)]
        left += sum(not covered.issuperset(places) for places in gold)
    assert rows
    assert left == 0


def _is(span: dict[str, str], label: str) -> bool:
    return span["entity_type"] == label


@pytest.mark.shared
@pytest.mark.skipif(not NOTES.exists(), reason="needs the folder of public texts beside the checkout")
def test_notes_without_names_are_hardly_touched() -> None:
    """Of 1,201 note sections whose names were taken out, fewer than 3 % hold what a rule takes for a patient's name."""
    with NOTES.open(encoding="utf-8", newline="") as lines:
        texts = [row["section_text"] for row in csv.DictReader(lines)]
    found = Patterns(load_policy("safe_harbor")).find([TextQuery(text) for text in texts])
    touched = sum(any(span.entity_type in NAMES for span in spans) for spans in found)
    assert len(texts) > 1000
    assert touched < 0.03 * len(texts)

"""Rare conditions in notes, tables and lists of codes: what stands out whatever was removed from it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from deid_core import ingest
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.rare import rare_conditions

POLICY = load_policy("safe_harbor")


def counted(text: str, name: str = "note.txt", **rules: Any) -> int:
    """Return how many conditions an asset names."""
    key = ProjectKey(b"k" * 32)
    document = ingest.read(text.encode(), name, "a1", key)
    return rare_conditions(document, POLICY.model_copy(update=rules))


@pytest.mark.parametrize(
    ("note", "number"),
    [
        ("Dx: Huntington's disease, stable on tetrabenazine.", 1),
        ("HUNTINGTON\u2019S CHOREA in the mother", 1),
        ("known Ehlers\u2013Danlos, hypermobile", 1),
        ("Guillain-Barr\u00e9 syndrome after a cold", 1),
        ("Guillain-Barre\u0301 syndrome after a cold", 1),
        ("Beh\u00e7et's with uveitis", 1),
        ("von  Hippel\nLindau, on surveillance", 1),
        ("No evidence of cystic fibrosis; father has haemophilia", 2),
        ("cystic fibrosis, CF clinic, mucoviscidosis, E84.0", 1),
        ("Assessment: Gaucher disease type 1 (E75.22) and phenylketonuria", 2),
        ("coded as ICD-10: G10", 1),
        ("ICD-10-CM G70.00", 1),
        ("hypertension, diabetes, asthma, I10, E11.9, J45.909", 0),
        ("cyst in the fibrosis of the lung", 0),
        ("bed G10, room E84, gauge G10", 0),
        ("multiple sclerosis", 0),
        ("Seen by Dr. Huntington in Gaucher Hall", 0),
        ("fall at home, E849.0", 0),
        ("", 0),
    ],
)
def test_a_note_names_rare_conditions(note: str, number: int) -> None:
    """By their names in any spelling, or by a code that can be nothing else; each condition counts once."""
    assert counted(note + "\n.") == number


@pytest.mark.parametrize(
    ("table", "number"),
    [
        ("mrn,icd10\n1,E84\n2,G10\n", 2),
        ("mrn,dx_code\n1,E7522\n2,I10\n", 1),
        ("mrn,Diagnosis Codes\n1,I10; D66 | E119\n", 1),
        ("mrn,diagnosis\n1,Wilson's disease\n", 1),
        ("mrn,room\n1,E84\n2,G10\n", 0),
        ("mrn,zip_code\n1,G10\n", 0),
        ("mrn,icd10\n1,I10\n2,E119\n", 0),
    ],
)
def test_a_table_names_rare_conditions(table: str, number: int) -> None:
    """In a column of diagnoses a code counts with or without its dot; in a column of rooms it is a room."""
    assert counted(table, "table.csv") == number


def test_a_column_that_the_policy_keeps_is_read() -> None:
    """What stays is what tells: a diagnosis that the policy lets through counts."""
    assert counted("mrn,diagnosis\n1,Gaucher disease\n", "table.csv", columns={"diagnosis": "keep"}) == 1


def test_a_record_deep_down_is_read() -> None:
    """A code of a nested JSON record counts."""
    line = '{"id": "1", "condition": {"code": [{"system": "icd10", "value": "G71.01"}]}}\n'
    assert counted(line, "rows.jsonl") == 1


def test_the_table_holds() -> None:
    """It says its edition; no term and no code stands for two conditions, and every code is one of ICD-10."""
    data = tomllib.loads(files("deid_core.standards").joinpath("rare_conditions.toml").read_text("utf-8"))
    conditions = data["conditions"]
    assert data["edition"]
    assert len(conditions) > 100
    terms = [term for one in conditions for term in one["terms"]]
    codes = [code for one in conditions for code in one["codes"]]
    assert len(set(terms)) == len(terms)
    assert len(set(codes)) == len(codes)
    assert not [term for term in terms if len(term) < 6]
    for code in codes:
        assert counted(f"x ICD-10 {code} y") == 1, code
    for term in terms:
        assert counted(f"known {term}.") >= 1, term

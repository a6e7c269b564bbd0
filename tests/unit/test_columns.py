"""What a column's name says of its cells."""

import pytest

from deid_core import ingest
from deid_core.detect.columns import Columns
from deid_core.keys import ProjectKey
from deid_core.model import CellRef
from deid_core.policy import Policy, load_policy
from deid_core.standards.columns import plain

KEY = ProjectKey(b"k" * 32)


def found(data: bytes, name: str, policy: Policy) -> dict[tuple[int, str], str]:
    """Return label by (row, column)."""
    labels = {}
    for part in ingest.read(data, name, "a", KEY).parts:
        if part.kind in Columns.kinds:
            for finding in Columns(policy).find_in(part, policy):
                assert isinstance(finding.location, CellRef)
                labels[finding.location.row, finding.location.column] = str(finding.entity_type)
    return labels


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("MRN", "MRN"),
        ("patient_id", "MRN"),
        ("Patient Name", "NAME"),
        ("DOB", "DATE_OF_BIRTH"),
        ("birthDate", "DATE_OF_BIRTH"),
        ("admission_date", "DATE"),
        ("ZIP", "ZIP"),
        ("E-mail", "EMAIL"),
        ("home_phone", "PHONE"),
        ("ssn", "SSN"),
        ("Attending Physician", "STAFF_NAME"),
        ("employer", "ORGANISATION"),
    ],
)
def test_usual_names_are_known(column: str, label: str) -> None:
    """The names that exports use mean what they say, however they are written."""
    assert found(f"{column},x\nv,w\n".encode(), "t.csv", load_policy("safe_harbor")) == {(0, column): label}


@pytest.mark.parametrize("column", ["diagnosis", "notes", "medication", "result", "heart_rate", "outcome"])
def test_clinical_columns_are_left_to_the_text_path(column: str) -> None:
    """A column of clinical content is no identifier by its name."""
    assert found(f"{column},x\nv,w\n".encode(), "t.csv", load_policy("safe_harbor")) == {}


def test_the_policy_comes_first() -> None:
    """A policy's column labels replace ours, by file alone."""
    policy = load_policy("safe_harbor").model_copy(update={"columns": {"diagnosis": "ID", "mrn": "text"}})
    assert found(b"mrn,diagnosis\n1,flu\n", "t.csv", policy) == {(0, "diagnosis"): "ID"}


def test_nested_members_are_columns() -> None:
    """In JSON the last name counts, at any depth and in lists."""
    data = b'{"patient": {"name": [{"family": "Doe", "given": ["Jane"]}]}, "text": "x"}\n'
    columns = {column for _, column in found(data, "n.jsonl", load_policy("safe_harbor"))}
    assert columns == {"patient/name/0/family", "patient/name/0/given/0"}


def test_an_empty_cell_is_no_finding() -> None:
    """Nothing is found where nothing is."""
    assert found(b"mrn,name\n,Jane\n", "t.csv", load_policy("safe_harbor")) == {(0, "name"): "NAME"}


@pytest.mark.parametrize(
    ("name", "expected"), [("birthDate", "birth_date"), ("E-Mail ", "e_mail"), ("ZIP/Code", "zip_code")]
)
def test_names_are_compared_plainly(name: str, expected: str) -> None:
    """Case, camel case and separators do not count."""
    assert plain(name) == expected

"""Keeping, removing, redacting and masking a value, in text and in DICOM elements."""

from __future__ import annotations

import pytest

from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.registry import load
from deid_core.standards.vr import conform, label

KEY = ProjectKey(b"k" * 32)


def site(entity_type: EntityType = EntityType.NAME, vr: str = "", **params: str | int) -> Site:
    """Return where a value stands, for one made-up subject."""
    return Site(entity_type, "subject", KEY, params, vr)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("keep", "John Doe"),
        ("remove", None),
        ("redact", ""),
        ("mask_label", "<NAME>"),
        ("mask_same_length", "********"),
        ("mask_fixed", "****"),
    ],
)
def test_a_patient_name_in_a_note(name: str, expected: str | None) -> None:
    """Each simple operator does to a name in a note what its sentence says."""
    assert load("operators", name)("John Doe", site()) == expected


@pytest.mark.parametrize("vr", ["CS", "DA", "TM", "DT", "AS", "UI", "DS", "IS", "US", "OB", "SQ"])
@pytest.mark.parametrize("name", ["mask_label", "mask_same_length", "mask_fixed"])
def test_a_mask_never_stands_where_a_vr_cannot_hold_it(name: str, vr: str) -> None:
    """In VRs of restricted repertoire a mask would make the file invalid, so the element is emptied."""
    assert load("operators", name)("20210314", site(EntityType.DATE, vr)) == ""


@pytest.mark.parametrize(
    ("vr", "value", "expected"), [("PN", "DOE^JOHN", "*" * 8), ("LO", "A\\BCD", "*\\***"), ("LT", "A\\B", "***")]
)
def test_a_mask_keeps_the_number_of_values_of_an_element(vr: str, value: str, expected: str) -> None:
    """A backslash separates values where the VR allows several, and is text where it does not."""
    assert load("operators", "mask_same_length")(value, site(vr=vr)) == expected


def test_same_length_counts_code_points() -> None:
    """An emoji is one code point and one star, a decomposed accent is two."""
    assert load("operators", "mask_same_length")("Jo\u0308e \U0001f642", site(char="#")) == "######"


@pytest.mark.parametrize("char", ["", "ab", "\\", "\n"])
def test_a_policy_with_an_unusable_mask_character_is_refused(char: str) -> None:
    """A mask of no, two or invisible characters is a mistake of the policy, and said to be one."""
    with pytest.raises(PolicyError, match="one printable character"):
        load("operators", "mask_same_length")("John", site(char=char))


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("", "<NAME>", "<NAME>"),
        ("SH", "x" * 20, "x" * 16),
        ("PN", "x" * 70 + "=" + "y" * 3, "x" * 64 + "=yyy"),
        ("CS", "BRAIN_1", "BRAIN_1"),
        ("CS", "brain", ""),
        ("DA", "20210314", "20210314"),
        ("DA", "20211314", ""),
        ("DA", "20210101\\20220101", "20210101\\20220101"),
        ("DS", "-1.5e3", "-1.5e3"),
        ("IS", "1234567890123", ""),
        ("UI", "2.25.1", "2.25.1"),
        ("UI", "2.025.1", ""),
        ("AS", "090Y", "090Y"),
        ("TM", "143000.123", "143000.123"),
        ("TM", "14:30", ""),
        ("DT", "20210314143000.1+0100", "20210314143000.1+0100"),
        ("UN", "text", ""),
    ],
)
def test_text_is_made_to_conform_to_its_vr(vr: str, text: str, expected: str) -> None:
    """PS3.5 Table 6.2-1: text is cut to the VR's length, or dropped where its repertoire forbids it."""
    assert conform(text, vr) == expected


def test_every_label_fits_a_long_string() -> None:
    """No label is longer than an LO holds, so none is cut there."""
    assert all(label(entity_type, "LO") == f"<{entity_type}>" for entity_type in EntityType)

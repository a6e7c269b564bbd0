"""A subject's code where an identifier of the subject was."""

from __future__ import annotations

import re

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.transform.tokens import subject_code

KEY = ProjectKey(b"k" * 32)


def test_an_mrn_becomes_the_code_of_the_vault() -> None:
    """Under Safe Harbor the vault's random code stands for the subject: 45 CFR 164.514(c)."""
    codes = {"subject": "S7Q2"}
    assert subject_code("12345678", Site(EntityType.MRN, "subject", KEY, code=codes.__getitem__)) == "S7Q2"


def test_a_patient_id_and_an_mrn_of_a_subject_share_the_code() -> None:
    """Without a vault the code is keyed: one a subject, whatever the value, another under another key."""
    note = subject_code("12345678", Site(EntityType.MRN, "subject", KEY))
    element = subject_code("12-34", Site(EntityType.MRN, "subject", KEY, vr="LO"))
    assert note == element
    assert re.fullmatch(r"S[0-9A-F]{12}", note)
    assert subject_code("1", Site(EntityType.MRN, "other", KEY)) != note
    assert subject_code("1", Site(EntityType.MRN, "subject", ProjectKey(b"l" * 32))) != note


def test_a_code_never_stands_in_a_number_or_date() -> None:
    """Where the VR holds no text the element is emptied."""
    assert [subject_code("1", Site(EntityType.MRN, "subject", KEY, vr=vr)) for vr in ("IS", "DS", "DA", "UI")] == [
        ""
    ] * 4

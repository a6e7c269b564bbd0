"""Each identifier of 45 CFR 164.514(b)(2)(i) under the shipped policy: what goes, and what is like it and stays."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from deid_core import ingest, pipeline
from deid_core.entities import ENTITIES, EntityType
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, load_policy
from deid_core.reference import safe_harbor

# letter | a text that holds one, marked as [LABEL value] | a text that looks like it and identifies nobody
TABLE = """
A | Her daughter [RELATIVE_NAME Rosalind Achterberg] came. | Parkinson disease, Foley catheter in place, Apgar 9.
B | Lives at [ADDRESS 14 Elm Court], Lowell. | Main bronchus clear; left lower lobe collapse, court shoes advised.
C | Admitted [DATE 14 March] 2021. | BP 120/80, strength 4/5, GCS 12/15, seen twice in 2021, aged 71.
C | [AGE 93]-year-old man. | Ejection fraction 93 %, 93 kg.
D | Call [PHONE 617-555-0143] after five. | WBC 5.5, platelets 150-400, range 4500-11000, dose 500-1000 mg.
E | Fax: [FAX (617) 555-0199] | Fax the form when ready; no fracture of the ankle.
F | Write to [EMAIL r.achterberg@example.org] please. | Given 5 mg @ noon, repeated @ 18:00.
G | SSN: [SSN 536-22-8741] | SSN not on file; ratio 53:22.
H | [MRN 7712345] is her MRN; MRN: 7712345. | MRN pending; MRI of the knee shows a tear of the meniscus.
I | Medicare [HEALTH_PLAN 1EG4-TE5-MK73]. | Medicare discussed; a member of the choir, plan to rehabilitate.
J | Account number [ACCOUNT 4471902881]. | On account of pain, 4111 mL of fluid over 24 hours.
J | Card [CREDIT_CARD 4111 1111 1111 1111]. | Card for the visit; 4111 steps.
K | DEA [LICENSE AB1234563]. | A licensed practical nurse sat at the bedside.
L | VIN [VEHICLE 1HGCM82633A004352]. | Vehicle collision at 40 mph, airbag deployed, no intrusion.
M | Pacemaker serial number [DEVICE PJN447190H]. | Pacemaker interrogated; the device battery is good for years.
N | Results at [URL https://portal.example.org/p/4471902] | Given and/or p.r.n., 0.9 % w/v saline.
O | Logged in from IP address [IP 192.168.44.17]. | Potassium 4.1, 4.3, 4.0; temperature 36.8 to 37.4.
P | Fingerprint ID: [BIOMETRIC FP-88123-X] | Fingerprint bruising of the arm; voice hoarse; iris normal.
R | Registry ID [ID HR-204417]. | Stage IIIb, T2N0M0, BRCA1 positive, HLA-B27 negative, NYHA II.
"""
ROWS = [tuple(map(str.strip, line.split(" | "))) for line in TABLE.strip().splitlines()]
MARK = re.compile(r"\[([A-Z_]+) ([^\]]+)\]")
PICTURED = {"Q": "test_faces.py"}  # full-face photographs, in pictures of faces and of none


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Give the shipped policy as it is, model and all."""
    return load_policy("safe_harbor")


def released(text: str, policy: Policy, key: ProjectKey) -> tuple[str, set[tuple[int, int, EntityType]]]:
    """Return what is released of a note, and where what was found lies."""
    data = text.encode()
    whose = pipeline.identify(ingest.read(data, "note.txt", "a1", key), policy, key)
    chosen = pipeline.plan(whose, sha256(data).hexdigest(), policy, key)
    found = [decision.finding for decision in chosen.decisions]
    places = {(one.location.start, one.location.end, one.entity_type) for one in found}  # type: ignore[union-attr]
    return ingest.write(pipeline.apply(whose.document, chosen, policy, key)).decode(), places  # type: ignore[return-value]


@pytest.mark.parametrize(("letter", "marked", "_like"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_an_identifier_goes_under_its_own_label(
    letter: str, marked: str, _like: str, policy: Policy, key: ProjectKey
) -> None:
    """Every letter and digit of it is gone, and what found it knows its kind."""
    mark = MARK.search(marked)
    assert mark
    label, value = EntityType(mark[1]), mark[2]
    assert ENTITIES[label].hipaa == letter
    text, found = released(MARK.sub(r"\2", marked), policy, key)
    assert value not in text
    assert any(
        low <= mark.start() and mark.start() + len(value) <= high and kind is label for low, high, kind in found
    ), found


@pytest.mark.parametrize(("letter", "_marked", "like"), ROWS, ids=[f"{row[0]}: {row[2]}" for row in ROWS])
def test_what_is_like_it_stays(letter: str, _marked: str, like: str, policy: Policy, key: ProjectKey) -> None:
    """A hard negative of each letter is released as it was."""
    assert released(like, policy, key)[0] == like


def test_every_letter_has_both() -> None:
    """(A) to (R), as the standard lists them: in the table above, or in pictures."""
    letters = [one["letter"] for one in safe_harbor()["identifiers"]]
    assert letters == [chr(code) for code in range(ord("A"), ord("R") + 1)]
    assert {row[0] for row in ROWS} | {*PICTURED} == set(letters)
    assert all((Path(__file__).parent / name).is_file() for name in PICTURED.values())

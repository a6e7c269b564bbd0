"""The data path: identify, plan, apply, verify; on text and records, by clinical situation."""

from __future__ import annotations

from hashlib import sha256

import pytest

from deid_core import ingest, pipeline, verify
from deid_core.codec import plan_from_json, plan_to_json
from deid_core.entities import EntityType
from deid_core.errors import ChangedAsset, IntegrityError
from deid_core.keys import ProjectKey
from deid_core.model import Action, Plan, Verdict
from deid_core.pipeline import Identified
from deid_core.policy import Policy, Rule, load_policy
from deid_core.trace import changes

NOTE = (
    b"Patient: Jane Q. Quill   MRN: 7654321   DOB: 03/14/1951\r\n"
    b"Ms. Quill, 93 years old, was seen on March 3, 2021 \xf0\x9f\x98\x80 for asthma. BP 120/80.\r\n"
    b"Call 617-555-0143. jane was alone.\r\n"
)


@pytest.fixture
def policy() -> Policy:
    """Give Safe Harbor without its model."""
    return load_policy("safe_harbor").model_copy(update={"detectors": ("columns", "patterns", "known_values")})


def planned(data: bytes, name: str, policy: Policy, key: ProjectKey) -> tuple[Identified, Plan]:
    """Read, identify and plan an asset."""
    whose = pipeline.identify(ingest.read(data, name, "a1", key), policy, key)
    return whose, pipeline.plan(whose, sha256(data).hexdigest(), policy, key)


def cleaned(data: bytes, name: str, policy: Policy, key: ProjectKey) -> bytes:
    """Take an asset through the whole path."""
    whose, plan = planned(data, name, policy, key)
    output = ingest.write(pipeline.apply(whose.document, plan, policy, key))
    assert not verify.residual(whose, plan, output, policy, key).left
    return output


def test_a_note_loses_its_identifiers_and_nothing_else(policy: Policy, key: ProjectKey) -> None:
    """Names, numbers and dates go, in every place; clinical words, year, emoji and line ends stay."""
    output = cleaned(NOTE, "n.txt", policy, key).decode()
    for gone in ("Jane", "jane", "Quill", "7654321", "03/14", "March", "0143"):
        assert gone not in output
    for kept in ("\U0001f600 for asthma. BP 120/80.\r\n", "2021", "1951", "90+", "was alone"):
        assert kept in output


def test_what_one_document_tells_is_found_in_another(policy: Policy, key: ProjectKey) -> None:
    """A name that no rule would know is found because another document of the subject says it is one."""
    header, _ = planned(b"Patient: Ulla Grace\nMRN: 7654321\n", "h.txt", policy, key)
    other = b"MRN: 7654321\nulla grace says she slept badly\n"
    whose = pipeline.identify(ingest.read(other, "o.txt", "a2", key), policy, key)
    assert whose.document.subject_key == header.document.subject_key

    def recall(subject: str) -> tuple[pipeline.KnownValue, ...]:
        return header.known.get(subject, ())

    plan = pipeline.plan(whose, sha256(other).hexdigest(), policy, key, recall)
    assert b"ulla" not in ingest.write(pipeline.apply(whose.document, plan, policy, key))


def test_each_row_of_a_table_is_its_own_subject(policy: Policy, key: ProjectKey) -> None:
    """A row's free text is searched for that row's values; rows of one MRN are one subject."""
    data = b"mrn,name,note\n1111111,Ada Grey,ada slept\n2222222,Boris Fir,boris ate\n1111111,Ada Grey,again ada\n"
    whose, _ = planned(data, "t.csv", policy, key)
    subjects = [part.subject_key for part in whose.document.parts if part.name.startswith("row/")]
    assert subjects[0] == subjects[2] != subjects[1]
    output = cleaned(data, "t.csv", policy, key).decode()
    assert "ada" not in output
    assert "boris ate" not in output
    assert output.count("\n") == 4


def test_codes_agree_across_formats(key: ProjectKey, policy: Policy) -> None:
    """The subject's code is the same in a note and in a table, with the MRN written two ways."""
    note = cleaned(b"MRN: 0007654321\n", "n.txt", policy, key).decode()
    table = cleaned(b"mrn,x\n7654321,y\n", "t.csv", policy, key).decode()
    assert note.removeprefix("MRN: ").strip() == table.splitlines()[1].split(",")[0]


def test_a_label_can_be_excluded(policy: Policy, key: ProjectKey) -> None:
    """With AGE kept by the policy, ages stay as they are."""
    keeping = policy.model_copy(update={"rules": {**policy.rules, EntityType.AGE: Rule(action="keep")}})
    assert b"93 years old" in cleaned(NOTE, "n.txt", keeping, key)


def test_methods_differ_by_label(policy: Policy, key: ProjectKey) -> None:
    """One document, several methods: each label its own."""
    rules = {
        EntityType.NAME: Rule(action="mask_same_length"),
        EntityType.PHONE: Rule(action="mask_fixed"),
        EntityType.MRN: Rule(action="redact"),
    }
    output = cleaned(NOTE, "n.txt", policy.model_copy(update={"rules": {**policy.rules, **rules}}), key).decode()
    assert "Patient: *************   MRN:    DOB" in output
    assert "Call ****." in output


def test_an_unsure_finding_goes_and_is_put_to_people(policy: Policy, key: ProjectKey) -> None:
    """Below the review threshold the verdict is review, and until somebody decides the text goes."""
    asking = policy.model_copy(update={"default": Rule(action="mask_label", review_below=1.0)})
    whose, plan = planned(NOTE, "n.txt", asking, key)
    assert Verdict.REVIEW in {decision.verdict for decision in plan.decisions}
    assert b"Quill" not in ingest.write(pipeline.apply(whose.document, plan, asking, key))


def test_a_plan_is_a_value_without_values(policy: Policy, key: ProjectKey) -> None:
    """A plan survives JSON, is the same bytes each time, and holds nothing of the note."""
    _, plan = planned(NOTE, "n.txt", policy, key)
    text = plan_to_json(plan)
    assert plan_from_json(text) == plan
    assert text == plan_to_json(planned(NOTE, "n.txt", policy, key)[1])
    for value in ("Jane", "Quill", "7654321", "0143"):
        assert value not in text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"asset_id": 1}', "null"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    """A plan file that was changed into something else is an integrity error."""
    with pytest.raises(IntegrityError):
        plan_from_json(text)


def test_a_plan_fits_one_asset_and_one_policy(policy: Policy, key: ProjectKey) -> None:
    """A plan made for another asset or policy is not applied."""
    whose, plan = planned(NOTE, "n.txt", policy, key)
    with pytest.raises(ChangedAsset):
        pipeline.apply(whose.document, plan, policy.model_copy(update={"version": "2"}), key)


def test_verification_finds_what_a_plan_left(policy: Policy, key: ProjectKey) -> None:
    """An output in which one occurrence was kept does not pass."""
    whose, plan = planned(NOTE, "n.txt", policy, key)
    left = {
        str(finding.entity_type)
        for drop in range(len(plan.decisions))
        for finding in _left_without(whose, plan, drop, policy, key)
    }
    assert {"NAME", "MRN", "PHONE"} <= left


def _left_without(whose: Identified, plan: Plan, drop: int, policy: Policy, key: ProjectKey) -> tuple[object, ...]:
    rest = tuple(decision for number, decision in enumerate(plan.decisions) if number != drop)
    leaky = Plan(plan.asset_id, plan.input_sha256, plan.policy_sha256, rest, plan.subject_key, plan.media_type)
    output = ingest.write(pipeline.apply(whose.document, leaky, policy, key))
    return verify.residual(whose, leaky, output, policy, key).left


def test_every_change_is_traced_without_its_value(policy: Policy, key: ProjectKey) -> None:
    """The audit's details have a line a change, with place, rule and keyed hashes, and no value."""
    whose, plan = planned(NOTE, "n.txt", policy, key)
    lines = list(changes(whose.document, plan, policy, key))
    assert len(lines) == sum(decision.verdict is not Verdict.KEEP for decision in plan.decisions)
    assert all('"old":"' in line and '"rule":"' in line for line in lines)
    assert "Quill" not in "".join(lines)


def test_another_key_hashes_otherwise(policy: Policy, key: ProjectKey) -> None:
    """Without the key nobody can check a guess against the audit's hashes."""
    whose, plan = planned(NOTE, "n.txt", policy, key)
    other = ProjectKey(b"o" * 32)
    assert list(changes(whose.document, plan, policy, key)) != list(changes(whose.document, plan, policy, other))


def test_removal_of_a_cell_leaves_it_empty(policy: Policy, key: ProjectKey) -> None:
    """A removed cell is empty in CSV and null in JSON."""
    removing = policy.model_copy(update={"rules": {**policy.rules, EntityType.SSN: Rule(action="remove")}})
    assert cleaned(b"ssn,x\n536-92-4417,y\n", "t.csv", removing, key) == b"ssn,x\n,y\n"
    assert cleaned(b'{"ssn": "536-92-4417"}\n', "t.jsonl", removing, key) == b'{"ssn": null}\n'


def test_an_action_keeps_its_parameters(policy: Policy) -> None:
    """A rule's parameters reach the decision in a fixed order."""
    rule = Rule(action="date_shift", params={"low": 1, "high": 2})
    assert rule.as_action() == Action("date_shift", (("high", 2), ("low", 1)))

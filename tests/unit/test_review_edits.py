"""What people change about a plan, and the plan that comes of it."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core import ingest, pipeline, verify
from deid_core.codec import plan_from_json, plan_to_json
from deid_core.entities import EntityType
from deid_core.errors import PolicyError, UsageError
from deid_core.keys import ProjectKey
from deid_core.model import Action, CellRef, Decision, Finding, PixelBox, Plan, TagPath, TextSpan, TimeSpan, Verdict
from deid_core.policy import Policy, load_policy, parse_policy
from deid_core.resolve import DISPUTED, resolve
from deid_core.review import (
    Edit,
    agree,
    apply_edits,
    differences,
    edit_from_dict,
    is_carried_out_by,
    numbered,
    reviewed_plan,
    summary,
)
from deid_core.routing import Counts, is_confirmed, urgency, why_asked

POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("columns", "patterns", "known_values")})
NOTE = "Patient: Jane Doe, MRN 1234567.\r\nSister Quillfeather 🩺 agrees. Seen 3/14/2021 in Ohio.\r\n"


def decision(start: int, label: EntityType = EntityType.NAME, score: float = 0.9) -> Decision:
    """Make a decision of the policy about four characters."""
    finding = Finding(label, TextSpan("text", start, start + 4), score, "ner", "1", "cue")
    return Decision(finding, Verdict.TRANSFORM, Action("mask_label"), "cue")


def planned(key: ProjectKey, text: str = NOTE) -> tuple[Any, Plan]:
    """Plan a note."""
    whose = pipeline.identify(ingest.read(text.encode(), "note.txt", "a1", key), POLICY, key)
    return whose, pipeline.plan(whose, "1" * 64, POLICY, key)


def applied(whose: Any, base: Plan, edits: list[Edit], key: ProjectKey) -> tuple[str, int]:
    """Carry a plan with somebody's edits out; return the output and how much verification found left."""
    spans = apply_edits(numbered(base.decisions), edits, "ann", 2)
    plan = reviewed_plan(base, spans, POLICY)
    assert plan_from_json(plan_to_json(plan)) == plan
    output = ingest.write(pipeline.apply(whose.document, plan, POLICY, key))
    return output.decode(), len(verify.residual(whose, plan, output, POLICY, key).left)


def place(text: str) -> TextSpan:
    """Return where a text stands in the note."""
    start = NOTE.index(text)
    return TextSpan("text", start, start + len(text))


def by_label(base: Plan, label: EntityType) -> str:
    """Return the id of the first span of a label."""
    return next(span["id"] for span in numbered(base.decisions) if span["entity_type"] == label)


def test_a_missed_identifier_goes_and_a_wrong_one_stays(key: ProjectKey) -> None:
    """What a person adds is removed, what a person rejects stays, and verification takes that for no leak."""
    whose, base = planned(key)
    added = Edit("add", entity_type=EntityType.STAFF_NAME, location=place("Quillfeather"))
    rejected = Edit("reject", by_label(base, EntityType.MRN))
    text, left = applied(whose, base, [added, rejected], key)
    assert "Quillfeather" not in text
    assert "Jane Doe" not in text
    assert "1234567" in text
    assert left == 0
    assert "🩺 agrees" in text
    assert text.count("\r\n") == 2


def test_a_value_left_elsewhere_is_a_leak_still(key: ProjectKey) -> None:
    """Rejecting a finding in one row says nothing of another, where the same value is found to be left."""
    table = "mrn,remark\n1234567,seen\n7654321,fine\n"
    whose = pipeline.identify(ingest.read(table.encode(), "t.csv", "a1", key), POLICY, key)
    base = pipeline.plan(whose, "1" * 64, POLICY, key)
    kept = [
        {**span, "verdict": "keep", "decided_by": "ann" if span["location"]["row"] == 0 else "policy"}
        for span in numbered(base.decisions)
    ]
    plan = reviewed_plan(base, kept, POLICY)
    output = ingest.write(pipeline.apply(whose.document, plan, POLICY, key))
    assert [finding.location.part for finding in verify.residual(whose, plan, output, POLICY, key).left][:1] == [
        "row/1"
    ]


def test_what_a_person_calls_an_identifier_goes_though_the_policy_keeps_its_label(key: ProjectKey) -> None:
    """Safe Harbor lets a State stay; a person who marks one means that it goes."""
    whose, base = planned(key)
    text, _ = applied(whose, base, [Edit("add", entity_type=EntityType.STATE, location=place("Ohio"))], key)
    assert "Ohio" not in text


@pytest.mark.parametrize(
    ("edit", "label", "start", "verdict"),
    [
        (Edit("accept", "1.0"), "NAME", 3, "transform"),
        (Edit("reject", "1.0"), "NAME", 3, "keep"),
        (Edit("relabel", "1.0", EntityType.STAFF_NAME), "STAFF_NAME", 3, "transform"),
        (Edit("resize", "1.0", location=TextSpan("text", 1, 9)), "NAME", 1, "transform"),
    ],
)
def test_an_edit_changes_its_span_only(edit: Edit, label: str, start: int, verdict: str) -> None:
    """A span keeps its id through every edit, and `restore` takes it back to what the detectors said."""
    first = numbered([decision(3), decision(20)])
    changed = apply_edits(first, [edit], "ann", 2)
    assert changed[1] == first[1]
    span = changed[0]
    found = (span["id"], span["entity_type"], span["location"]["start"], span["verdict"], span["decided_by"])
    assert found == ("1.0", label, start, verdict, "ann")
    assert apply_edits(changed, [Edit("restore", "1.0")], "ann", 3, first) == first


def test_an_added_span_can_be_taken_back() -> None:
    """Restoring what a person added takes it away."""
    first = numbered([decision(3)])
    added = apply_edits(first, [Edit("add", entity_type=EntityType.ID, location=TextSpan("text", 9, 12))], "ann", 2)
    assert [span["id"] for span in added] == ["1.0", "2.0"]
    assert apply_edits(added, [Edit("restore", "2.0")], "bob", 3, first) == first


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "explode", "span_id": "1.0"},
        {"act": "accept"},
        {"act": "relabel", "span_id": "1.0", "entity_type": "Jane Doe"},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "nowhere"}},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "text", "part": "", "start": 1, "end": 2}},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "text", "part": "t", "start": 1, "end": True}},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "text", "part": "t", "start": 1.5, "end": 2}},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "text", "part": "t", "start": "1", "end": 2}},
        {"act": "add", "entity_type": "NAME", "location": {"kind": "tag", "part": "d", "path": "x" * 300}},
        {
            "act": "add",
            "entity_type": "NAME",
            "location": {"kind": "box", "part": "p", "left": 0, "top": 0, "width": 0, "height": 5},
        },
    ],
)
def test_what_is_no_edit_is_refused(data: dict[str, Any]) -> None:
    """Hostile or broken JSON is refused without a word of what it held."""
    with pytest.raises(UsageError) as caught:
        edit_from_dict(data)
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        TextSpan("text", 0, 4),
        PixelBox("pixels", 0, 0, 1, 1, 3),
        TimeSpan("sound", 0.5, 1.25),
        TagPath("dataset", "00100010"),
        TagPath("dataset", "00104000", 3, 9),
        CellRef("row/4", 4, "remark"),
    ],
)
def test_every_kind_of_place_can_be_marked(location: Any) -> None:
    """Text, boxes, sound, elements and cells, whole or in part."""
    (span,) = apply_edits([], [Edit("add", entity_type=EntityType.NAME, location=location)], "ann", 2)
    assert (span["origin"], span["detector"]) == ("person", "reviewer")


def test_a_later_run_of_the_detectors_is_not_taken_for_the_plan(key: ProjectKey) -> None:
    """Spans of a plan are carried out by it, whatever their ids; one that it does not know is not."""
    _, base = planned(key)
    assert is_carried_out_by(base, numbered(base.decisions, 3))
    again = numbered([*base.decisions, decision(3)], 2)
    assert not is_carried_out_by(base, again)
    assert len(reviewed_plan(base, again, POLICY).decisions) >= len(base.decisions)


def test_two_versions_are_compared_by_place() -> None:
    """Blind reviewers give their own ids; one place with one label is the same to both."""
    first = numbered([decision(3), decision(20), decision(40)])
    same = Edit("add", entity_type=EntityType.ID, location=TextSpan("text", 60, 64))
    left = apply_edits(first, [same, Edit("reject", "1.0")], "ann", 2)
    right = apply_edits(first, [Edit("relabel", "1.1", EntityType.CITY), same], "bob", 3)
    found = [(one.kind, (one.left or one.right or {})["location"]["start"]) for one in differences(left, right)]
    assert found == [("verdict", 3), ("relabelled", 20), ("same", 40), ("same", 60)]
    assert not agree(left, right)
    assert agree(left, left)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=6),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=4),
)
def test_whatever_people_add_is_covered(found: list[tuple[int, int]], added: list[tuple[int, int]]) -> None:
    """Every character that a person marked goes, whatever it overlaps, and places of the plan never overlap."""
    base = Plan("a", "1" * 64, POLICY.sha256, tuple(decision(3 * start) for start, _ in found))
    edits = [
        Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", start, start + length))
        for start, length in added
    ]
    plan = reviewed_plan(base, apply_edits(numbered(base.decisions), edits, "ann", 2), POLICY)
    gone = [d.finding.location for d in plan.decisions if d.verdict is not Verdict.KEEP]
    covered = [place for one in gone if isinstance(one, TextSpan) for place in range(one.start, one.end)]
    assert len(covered) == len(set(covered))
    assert {place for start, length in added for place in range(start, start + length)} <= set(covered)


def test_a_summary_counts_what_goes() -> None:
    """Labels of what goes, the unsure and the lowest score; what is kept counts for nothing."""
    spans = apply_edits(numbered([decision(3), decision(20, score=0.3)]), [Edit("reject", "1.0")], "ann", 2)
    assert summary(spans) == ({"NAME": 1}, 0, 0.3)
    assert summary([]) == ({}, 0, 1.0)


def ruled(**rules: Any) -> Policy:
    """Return the policy with other rules of review."""
    return POLICY.model_copy(update={"review": POLICY.review.model_copy(update=rules)})


@pytest.mark.parametrize(
    ("counts", "rules", "mode", "why"),
    [
        (Counts({"NAME": 2}, unsure=1), {}, "sampled", "low_confidence"),
        (Counts({"NAME": 2}, disputed=1), {"disagreement": True}, "sampled", "disagreement"),
        (Counts({"SSN": 1}), {"labels": (EntityType.SSN,)}, "sampled", "label"),
        (Counts({"NAME": 2}, rare=1), {"rare_conditions": True}, "sampled", "rare_condition"),
        (Counts({}, rare=1), {"rare_conditions": True}, "sampled", "rare_condition"),
        (Counts({"NAME": 2}, rare=1), {}, "sampled", ""),
        (Counts({"NAME": 2}, small=1), {"small_cells": 5}, "required", "small_cell"),
        (Counts({"NAME": 2}, small=1), {}, "sampled", ""),
        (Counts({"SSN": 1}, small=1), {"small_cells": 5, "labels": (EntityType.SSN,)}, "sampled", "small_cell"),
        (Counts({"NAME": 2}, rare=1, small=1), {"rare_conditions": True, "small_cells": 5}, "none", ""),
        (Counts({}), {"floor": 1.0}, "sampled", "no_finding"),
        (Counts({}), {"floor": 1.0}, "required", "no_finding"),
        (Counts({"NAME": 2}), {}, "required", "required"),
        (Counts({"NAME": 2}, unsure=1), {}, "none", ""),
    ],
)
def test_the_policy_says_who_is_asked(
    counts: Counts, rules: dict[str, Any], mode: str, why: str, key: ProjectKey
) -> None:
    """The unsure, the disputed, the chosen labels, a floor of those without findings, a sample, or all."""
    policy = ruled(**rules).model_copy(update={"review_sample": 0.0})
    assert why_asked("a1", counts, policy, key, mode) == why


def test_a_sample_is_the_same_each_time_and_of_its_size(key: ProjectKey) -> None:
    """The draw is seeded by the key and the policy, and comes near the share that the policy asks."""
    policy = POLICY.model_copy(update={"review_sample": 0.2})
    drawn = [why_asked(f"a{n}", Counts({"NAME": 1}), policy, key, "sampled") for n in range(2000)]
    assert drawn == [why_asked(f"a{n}", Counts({"NAME": 1}), policy, key, "sampled") for n in range(2000)]
    assert 340 < drawn.count("sample") < 460
    assert drawn.count("") == 2000 - drawn.count("sample")


def test_a_second_person_looks_at_a_share_that_is_drawn(key: ProjectKey) -> None:
    """Of the items of a two-step review so many are confirmed: the same ones each time, all by default."""
    policy = ruled(steps=2, second_share=0.3)
    drawn = [is_confirmed(f"a{n}", policy, key) for n in range(2000)]
    assert drawn == [is_confirmed(f"a{n}", policy, key) for n in range(2000)]
    assert 540 < sum(drawn) < 660
    assert all(is_confirmed(f"a{n}", ruled(steps=2), key) for n in range(100))


def test_the_first_of_a_ranking_is_highest() -> None:
    """Who is named first outranks the next, and everybody named outranks who is not."""
    rules = ruled(conflict="priority", ranking=("ann", "bob")).review
    assert [rules.rank_of(name) for name in ("ann", "bob", "cy")] == [2, 1, 0]


def test_detectors_that_name_a_place_differently_are_counted_as_disagreeing() -> None:
    """One place under two labels of two detectors is disputed; two rules of one detector are not."""
    name = decision(3)
    place = replace(name.finding, entity_type=EntityType.CITY, score=0.6)
    other = replace(name, finding=replace(place, detector="patterns"))
    assert [one.reason for one in resolve([name, other])] == [DISPUTED]
    assert [one.reason for one in resolve([name, replace(name, finding=place)])] == ["cue"]


@pytest.mark.parametrize(
    "rules",
    [
        "steps = 2\npeople = 3",
        "floor = 2",
        'labels = ["JANE"]',
        "lease = 5",
        "second_share = 0.5",
        'ranking = ["ann"]',
        'conflict = "priority"\nranking = ["ann", "ann"]',
        "small_cells = -1",
        'cell_columns = ["race"]',
        'rare_conditions = "Gaucher"',
        'checklist = ["Signature read", "Signature read"]',
        'checklist = ["Signature read", " "]',
        'checklist = ["two\\nlines"]',
        f"checklist = {[str(n) for n in range(21)]}",
        '[review.guidelines]\nNAME = ""',
        '[review.guidelines]\nPET = "Names of pets."',
        f'[review.guidelines]\nNAME = "{"n" * 301}"',
    ],
)
def test_rules_of_review_that_do_not_hold_are_refused(rules: str) -> None:
    """Two ways at once, a share above one, an unknown label and an unknown field."""
    text = files("deid_core.policies").joinpath("safe_harbor.toml").read_text("utf-8")
    with pytest.raises(PolicyError):
        parse_policy(f"{text}\n[review]\n{rules}\n")
    assert parse_policy(f"{text}\n[review]\npeople = 3\n").review.people == 3


def test_the_least_sure_come_first_within_a_reason() -> None:
    """Why somebody is asked weighs more than how unsure the detectors were, which orders the rest."""
    plans = [Plan("a", "1" * 64, "2" * 64, (decision(3, score=score),)) for score in (0.2, 0.4)]
    assert urgency("label", plans[0]) > urgency("label", plans[1]) > urgency("sample", plans[0])
    assert urgency("sample", Plan("a", "1" * 64, "2" * 64, ())) == 10

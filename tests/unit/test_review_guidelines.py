"""What people are told of each label, and what they confirm as they submit."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.policy import Policy, load_policy, parse_policy, shipped
from deployments.review import drawing
from infra.review_queue.checklist import answered, asked_of
from infra.review_queue.tables import Status

QUESTIONS = ("Signature block read", "Letterhead read")
OURS = tomllib.loads(files("deployments.review").joinpath("guidelines.toml").read_text("utf-8"))["guidelines"]


@pytest.mark.parametrize("label", EntityType)
def test_every_label_has_a_guideline_of_its_own(label: EntityType) -> None:
    """A sentence or a few, no longer than a policy's own may be, of this label alone."""
    text = drawing.guidelines({})[label]
    assert 30 < len(text) <= 300
    assert text.endswith(".")
    assert list(OURS.values()).count(text) == 1


def test_no_guideline_is_of_a_label_that_is_none() -> None:
    """The table names our labels, each once, and nothing else."""
    assert set(OURS) == set(EntityType)


def test_a_policy_says_its_own_words_of_one_label() -> None:
    """Its text stands in the place of ours for that label, and in its group's; every other label keeps ours."""
    text = files("deid_core.policies").joinpath("safe_harbor.toml").read_text("utf-8")
    policy = parse_policy(f'{text}\n[review.guidelines]\nSTAFF_NAME = "Initials stay."\n')
    told = drawing.guidelines(policy.review.guidelines)
    assert told == drawing.guidelines({}) | {"STAFF_NAME": "Initials stay."}
    by_group = drawing.guidelines_by_group(told)
    assert set(by_group) == set(drawing.labels()["groups"])
    assert "staff name: Initials stay." in by_group["person"].splitlines()
    assert sum(len(held.splitlines()) for held in by_group.values()) == len(EntityType)


def before_the_fields(policy: Policy) -> str:
    """Return a policy's hash as it was before guidelines, checklists and models of its own."""
    held = policy.model_dump(mode="json", exclude={"models": True, "review": {"guidelines", "checklist"}})
    return sha256(json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


@pytest.mark.parametrize("name", shipped())
def test_a_policy_that_asks_nothing_keeps_its_name(name: str) -> None:
    """Neither field is in the hash while it is empty; either is once it says something."""
    policy = load_policy(name)
    assert policy.sha256 == before_the_fields(policy)
    said: list[dict[str, Any]] = [
        {"checklist": QUESTIONS},
        {"checklist": QUESTIONS[::-1]},
        {"guidelines": {EntityType.NAME: "All names."}},
    ]
    hashes = {policy.model_copy(update={"review": policy.review.model_copy(update=one)}).sha256 for one in said}
    assert len(hashes | {policy.sha256}) == 4


@pytest.mark.parametrize(
    ("questions", "yes", "verdict", "kept"),
    [
        ((), [], Status.APPROVED, None),
        (QUESTIONS, [1, 2], Status.APPROVED, [True, True]),
        (QUESTIONS, [2, 1, 2], Status.APPROVED, [True, True]),
        (QUESTIONS, [2], Status.REJECTED, [False, True]),
        (QUESTIONS, [], Status.SENT_BACK, [False, False]),
    ],
)
def test_what_is_kept_of_the_answers(questions: tuple[str, ...], yes: list[int], verdict: Status, kept: object) -> None:
    """Each question's number, its hash and yes or no; never its text."""
    held = answered(questions, yes, verdict)
    assert (held and [one["yes"] for one in held]) == kept
    for one, asked in zip(held or (), asked_of(questions), strict=kept is not None):
        assert one == {"number": asked["number"], "sha256": asked["sha256"], "yes": one["yes"]}
        assert asked["sha256"] == sha256(asked["question"].encode()).hexdigest()


@pytest.mark.parametrize(
    ("questions", "yes", "verdict"),
    [
        (QUESTIONS, [], Status.APPROVED),
        (QUESTIONS, [1], Status.APPROVED),
        (QUESTIONS, [1, 2, 3], Status.APPROVED),
        (QUESTIONS, [0, 1, 2], Status.APPROVED),
        (QUESTIONS, [-1], Status.REJECTED),
        ((), [1], Status.APPROVED),
    ],
    ids=["none", "one open", "one too many", "from nought", "below", "nothing was asked"],
)
def test_answers_that_do_not_hold_are_refused(questions: tuple[str, ...], yes: list[int], verdict: Status) -> None:
    """An approval with a question open, and a number that no question has; the message repeats no question."""
    with pytest.raises(UsageError) as told:
        answered(questions, yes, verdict)
    assert not [one for one in questions if one in str(told.value)]

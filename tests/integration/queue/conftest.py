"""What tests of the queue share: batches of invented plans, and what the audit says of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from deid_core.entities import EntityType
from deid_core.model import Action, Decision, Finding, Plan, TextSpan, Verdict
from deid_core.policy import ReviewRules
from infra import audit_log
from infra import review_queue as queue
from infra.review_queue import Claimed, NewItem


def decision(start: int, score: float = 0.9) -> Decision:
    """Make a decision about six characters of a text."""
    finding = Finding(EntityType.NAME, TextSpan("text", start, start + 6), score, "ner", "1", "cue")
    return Decision(finding, Verdict.TRANSFORM, Action("mask_label"), "cue")


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """Give a function that makes a plan of some findings."""

    def make(asset_id: str, *starts: int) -> Plan:
        return Plan(asset_id, "1" * 64, "2" * 64, tuple(map(decision, starts or (3, 12))), "subject", "text/plain")

    return make


@pytest.fixture
def filled(plan: Callable[..., Plan]) -> Callable[..., str]:
    """Give a function that makes a batch of so many items under some rules, and returns its id."""

    def make(url: str, number: int, **rules: int | str) -> str:
        queue.create(url)
        batch = queue.create_batch(url, "run-1", rules=ReviewRules.model_validate(rules), policy_sha256="2" * 64)
        queue.add_items(url, batch.id, [NewItem(plan(f"a{n:04d}"), "required") for n in range(number)])
        return batch.id

    return make


@pytest.fixture
def taken() -> Callable[..., Claimed]:
    """Give a function that claims the next item."""

    def claim(url: str, batch_id: str, who: str, **options: tuple[str, ...]) -> Claimed:
        (claimed,) = queue.claim(url, batch_id, who, **options)
        return claimed

    return claim


@pytest.fixture
def acts() -> Callable[[str], list[tuple[str, str]]]:
    """Give a function that returns who did what, from the audit of the run."""

    def read(url: str) -> list[tuple[str, str]]:
        audit_log.verify_chain(audit_log.export(url, "run-1")[0].splitlines())
        seq, _ = audit_log.head(url)
        assert seq
        return [(record["agent"], record["activity"]) for record in map(json.loads, audit_log._lines(url, 1, seq))]

    return read

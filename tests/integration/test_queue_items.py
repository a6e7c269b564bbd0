"""The review queue, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import pytest

from deid_core.codec import decision_from_dict
from deid_core.entities import EntityType
from deid_core.errors import ServiceError, UsageError
from deid_core.model import Action, Decision, Finding, Plan, TextSpan, Verdict
from infra import review_queue as queue
from infra.review_queue import Conflict, NewItem, Status

DECISION = Decision(
    Finding(EntityType.NAME, TextSpan("body", 3, 9), 0.4, "ner", "1", "cue"),
    Verdict.REVIEW,
    Action("mask_label"),
    "score below 0.5",
)


def item(asset_id: str, priority: int = 0) -> NewItem:
    """Make an item of one unsure finding."""
    plan = Plan(asset_id, "1" * 64, "2" * 64, (DECISION,), "subject", "text/plain")
    return NewItem(plan, "score below 0.5", priority)


def filled(url: str, number: int) -> str:
    """Make a batch of so many items and return its id."""
    queue.create(url)
    batch = queue.create_batch(url, "run-1")
    assert queue.add_items(url, batch.id, [item(f"a{n:04d}") for n in range(number)]) == number
    return batch.id


def test_a_flow_run_has_one_batch(database_url: str) -> None:
    """A run that starts again finds the batch that it opened, and an item that is there stays as it was decided."""
    batch_id = filled(database_url, 2)
    assert queue.create_batch(database_url, "run-1").id == batch_id
    assert queue.create_batch(database_url, "run-2").id != batch_id
    assert queue.batch_of(database_url, "run-1").id == batch_id
    with pytest.raises(UsageError):
        queue.batch_of(database_url, "run-3")
    queue.decide_items(database_url, batch_id, Status.APPROVED, "ann")
    assert queue.add_items(database_url, batch_id, [item("a0000"), item("a0001"), item("a0002")]) == 1
    assert queue.counts(database_url, batch_id) == {"approved": 2, "pending": 1}


def test_an_item_tells_where_and_never_what(database_url: str) -> None:
    """An item comes back with its findings' places, and reads as the decision that it was."""
    batch_id = filled(database_url, 1)
    (held,) = queue.items(database_url, batch_id)
    assert (held.labels, held.findings, held.unsure, held.lowest) == ({"NAME": 1}, 1, 1, 0.4)
    assert (held.asset_id, held.subject_key, held.media_type, held.tag) == (
        "a0000", "subject", "text/plain", "NonDeidentified",
    )  # fmt: skip
    (first,) = queue.completions(database_url, held.id or 0)
    assert [decision_from_dict(span) for span in first.spans] == [DECISION]
    assert first.spans[0]["id"] == "1.0"


def test_a_batch_waits_until_all_is_decided(database_url: str) -> None:
    """Approved, rejected and sent back are counted, and only undecided items can be decided."""
    batch_id = filled(database_url, 5)
    decide = queue.decide_items
    assert decide(database_url, batch_id, Status.APPROVED, "ann", "reviewed", asset_ids=["a0000", "a0001"]) == 2
    assert decide(database_url, batch_id, Status.REJECTED, "ann", "not to be released", asset_ids=["a0002"]) == 1
    assert decide(database_url, batch_id, Status.REJECTED, "bob", "other", asset_ids=["a0000"]) == 0
    assert queue.pending_count(database_url, batch_id) == 2
    with pytest.raises(UsageError):
        queue.close_batch(database_url, batch_id)
    with pytest.raises(UsageError):
        decide(database_url, batch_id, Status.SENT_BACK, "bob", "Jane Doe's note")
    assert decide(database_url, batch_id, Status.SENT_BACK, "bob", "identifier missed", asset_ids=["a0001"]) == 1
    assert queue.pending_count(database_url, batch_id) == 3
    assert decide(database_url, batch_id, Status.APPROVED, "bob") == 3
    assert queue.counts(database_url, batch_id) == {"approved": 4, "rejected": 1}
    queue.close_batch(database_url, batch_id)
    assert queue.batch_of(database_url, "run-1").status == "closed"
    with pytest.raises(Conflict):
        decide(database_url, batch_id, Status.SENT_BACK, "bob")
    (held,) = [found for found in queue.items(database_url, batch_id) if found.asset_id == "a0001"]
    assert (held.decided_by, held.answer, held.version, held.status) == ("bob", "reviewed", 4, "approved")
    told = [(event.who, event.act, event.reason) for event in queue.history(database_url, held.id or 0)]
    assert told == [
        ("ann", "approved", "reviewed"),
        ("bob", "sent_back", "identifier missed"),
        ("bob", "approved", "reviewed"),
    ]
    assert held.decided_at.endswith("+00:00")


@pytest.mark.parametrize(("verdict", "who"), [(Status.PENDING, "ann"), (Status.APPROVED, "")])
def test_a_decision_is_somebodys(verdict: Status, who: str) -> None:
    """A decision without a name, or to decide nothing, is refused."""
    with pytest.raises(UsageError):
        queue.decide_items("sqlite:///unused.db", "batch", verdict, who)


def test_the_tag_flips_on_success(database_url: str) -> None:
    """Items are tagged as de-identified by asset; another tag is refused."""
    batch_id = filled(database_url, 3)
    assert queue.tag_items(database_url, batch_id, ["a0000", "a0002", "elsewhere"]) == 2
    assert [found.tag for found in queue.items(database_url, batch_id)] == [
        "DeIdentified", "NonDeidentified", "DeIdentified",
    ]  # fmt: skip
    with pytest.raises(UsageError):
        queue.tag_items(database_url, batch_id, [], "Jane Doe")


def test_pages_come_most_urgent_first(database_url: str) -> None:
    """Pages follow each other by urgency, then age, and can be of some statuses only."""
    batch_id = filled(database_url, 3)
    queue.add_items(database_url, batch_id, [item("urgent", 9)])
    pages = [queue.items(database_url, batch_id, offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [[found.asset_id for found in page] for page in pages] == [["urgent", "a0000"], ["a0001", "a0002"], []]
    queue.decide_items(database_url, batch_id, Status.REJECTED, "ann", asset_ids=["a0001"])
    assert [found.asset_id for found in queue.items(database_url, batch_id, [Status.REJECTED])] == ["a0001"]


def test_a_claim_ends_with_its_lease_or_a_decision(database_url: str) -> None:
    """What one person holds nobody else gets, until the lease ends; a person gets his own again."""
    batch_id = filled(database_url, 3)
    assert [found.item.asset_id for found in queue.claim(database_url, batch_id, "ann", 2)] == ["a0000", "a0001"]
    assert [found.item.asset_id for found in queue.claim(database_url, batch_id, "bob", 2)] == ["a0002"]
    assert [found.item.asset_id for found in queue.claim(database_url, batch_id, "ann", 9)] == ["a0000", "a0001"]
    queue.decide_items(database_url, batch_id, Status.APPROVED, "ann", asset_ids=["a0000"])
    queue.claim(database_url, batch_id, "ann", 9, timedelta(0))
    assert [found.item.asset_id for found in queue.claim(database_url, batch_id, "bob", 9)] == [
        "a0002", "a0001",
    ]  # fmt: skip
    with pytest.raises(UsageError):
        queue.claim(database_url, "another batch", "bob", 9)


def claim_all(url: str, batch_id: str, who: str) -> list[str]:
    """Claim and decide until nothing is left, as one reviewer's process."""
    done: list[str] = []
    while taken := queue.claim(url, batch_id, who, 8):
        names = [found.item.asset_id for found in taken]
        queue.decide_items(url, batch_id, Status.APPROVED, who, asset_ids=names)
        done += names
    return done


def test_reviewers_at_once_never_get_one_item_twice(database_url: str) -> None:
    """Three processes that claim and decide share 90 items out, each to one of them."""
    batch_id = filled(database_url, 90)
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        shares = list(pool.map(claim_all, [database_url] * 3, [batch_id] * 3, ["ann", "bob", "cy"]))
    assert sorted(name for share in shares for name in share) == [f"a{n:04d}" for n in range(90)]
    assert queue.counts(database_url, batch_id) == {"approved": 90}


def test_a_failed_write_changes_nothing(database_url: str) -> None:
    """Items of a batch that is not there are refused together, as an error of the service without their content."""
    batch_id = filled(database_url, 1)
    with pytest.raises(ServiceError) as caught:
        queue.add_items(database_url, "no such batch", [item("secret-asset"), item("b")])
    assert "secret" not in str(caught.value)
    assert queue.counts(database_url, batch_id) == {"pending": 1}


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://127.0.0.1:1/none", ServiceError),
        ("sqlite:////proc/none/x.db", ServiceError),
        ("mysql://host/db", UsageError),
        ("sqlite://", UsageError),
        ("nonsense", UsageError),
    ],
)
def test_a_database_that_does_not_answer_is_said(url: str, error: type[Exception]) -> None:
    """A server that is down is an error of the service, an address that is none the caller's."""
    with pytest.raises(error):
        queue.create(url)

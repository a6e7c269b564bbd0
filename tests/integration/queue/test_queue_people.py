"""Whose work it is: two people's eyes, several people's and an adjudicator's, and who is given what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.model import Plan, TextSpan
from deid_core.policy import ReviewRules
from deid_core.review import Edit
from infra import review_queue as queue
from infra.review_queue import Claimed, Conflict, NewItem, Status

ADDED = Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", 20, 28))
REJECTED = Edit("reject", "1.0")
Filled, Taken, Acts, Planned = (
    Callable[..., str],
    Callable[..., Claimed],
    Callable[[str], list[tuple[str, str]]],
    Callable[..., Plan],
)


def test_two_steps_need_two_people(database_url: str, filled: Filled, taken: Taken) -> None:
    """Who looked first never confirms himself, by any way; the second sees the first's version or sends it back."""
    batch_id = filled(database_url, 1, steps=2)
    held = taken(database_url, batch_id, "ann")
    item_id = held.item.id or 0
    assert not queue.submit(database_url, held.turn.id or 0, "ann", "approved", 1, edits=[REJECTED]).batch_done
    assert queue.claim(database_url, batch_id, "ann") == []
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "ann") == 0
    with pytest.raises(Conflict):
        queue.claim_item(database_url, item_id, "ann")
    second = taken(database_url, batch_id, "bob")
    assert (second.turn.step, queue.load(database_url, item_id, "bob").current.number) == ("second", 2)
    queue.submit(database_url, second.turn.id or 0, "bob", "sent_back", 2, reason="identifier missed")
    assert queue.items(database_url, batch_id)[0].status == "sent_back"
    assert queue.claim(database_url, batch_id, "cy") == []
    again = taken(database_url, batch_id, "ann")
    queue.submit(database_url, again.turn.id or 0, "ann", "approved", 2, edits=[ADDED])
    confirmed = taken(database_url, batch_id, "bob")
    outcome = queue.submit(database_url, confirmed.turn.id or 0, "bob", "approved", 3)
    assert (outcome.batch_done, outcome.item.decided_by, outcome.item.truth) == (True, "bob", 4)
    assert len(queue.ground_truth(database_url, item_id).spans) == 3


def test_the_second_person_looks_at_what_was_drawn_only(database_url: str, taken: Taken, plan: Planned) -> None:
    """Of two items one was drawn for confirmation: the other is decided by its one look, by hand or by form."""
    queue.create(database_url)
    rules = ReviewRules(steps=2, second_share=0.5)
    batch_id = queue.create_batch(database_url, "run-1", rules=rules, policy_sha256="2" * 64).id
    drawn = {"a0000": True, "a0001": False, "a0002": False}
    queue.add_items(database_url, batch_id, [NewItem(plan(name), second=held) for name, held in drawn.items()])
    for held in queue.claim(database_url, batch_id, "ann", 2):
        queue.submit(database_url, held.turn.id or 0, "ann", "approved", 1)
    assert [(item.status, item.step) for item in queue.items(database_url, batch_id)] == [
        ("pending", "second"),
        ("approved", "review"),
        ("pending", "review"),
    ]
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "rita") == 2
    assert queue.counts(database_url, batch_id) == {"approved": 3}
    queue.decide_items(database_url, batch_id, Status.SENT_BACK, "rita", asset_ids=["a0001"])
    again = taken(database_url, batch_id, "ann")
    assert queue.submit(database_url, again.turn.id or 0, "ann", "approved", 2).batch_done


def test_a_form_is_one_pair_of_eyes(database_url: str, filled: Filled) -> None:
    """Approving all at once counts as one person's look in two steps; rejecting all needs no second one."""
    batch_id = filled(database_url, 2, steps=2)
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "ann") == 2
    assert queue.pending_count(database_url, batch_id) == 2
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "bob", asset_ids=["a0000"]) == 1
    assert queue.decide_items(database_url, batch_id, Status.REJECTED, "ann", "other") == 1
    assert queue.counts(database_url, batch_id) == {"approved": 1, "rejected": 1}


def test_people_who_agree_decide_blind(database_url: str, filled: Filled, taken: Taken) -> None:
    """Each of two people sees the detectors' version and his own only; where they agree the item is decided."""
    batch_id = filled(database_url, 1, people=2)
    ann, bob = (taken(database_url, batch_id, who) for who in ("ann", "bob"))
    assert queue.claim(database_url, batch_id, "cy") == []
    item_id = ann.item.id or 0
    queue.submit(database_url, ann.turn.id or 0, "ann", "approved", 1, edits=[REJECTED])
    seen = queue.load(database_url, item_id, "bob")
    assert ([version.who for version in seen.completions], seen.current.number) == ([""], 1)
    assert len(queue.load(database_url, item_id, "otto", sees_all=True).completions) == 2
    outcome = queue.submit(database_url, bob.turn.id or 0, "bob", "approved", 1, edits=[REJECTED])
    assert (outcome.item.status, outcome.batch_done) == ("approved", True)


def test_people_who_differ_need_an_adjudicator(database_url: str, filled: Filled, taken: Taken, acts: Acts) -> None:
    """Where they differ a third person, who is neither, chooses; the ground truth is his."""
    batch_id = filled(database_url, 1, people=2)
    ann, bob = (taken(database_url, batch_id, who) for who in ("ann", "bob"))
    item_id = ann.item.id or 0
    queue.submit(database_url, ann.turn.id or 0, "ann", "approved", 1, edits=[REJECTED])
    outcome = queue.submit(database_url, bob.turn.id or 0, "bob", "approved", 1, edits=[ADDED])
    assert (outcome.item.status, outcome.item.step, outcome.batch_done) == ("pending", "adjudication", False)
    assert queue.claim(database_url, batch_id, "cy") == []
    steps = ("review", "second", "adjudication")
    assert queue.claim(database_url, batch_id, "ann", steps=steps) == []
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "cy") == 0
    chosen = taken(database_url, batch_id, "ada", steps=steps)
    assert len(queue.load(database_url, item_id, "ada").completions) == 3
    with pytest.raises(Conflict):
        queue.adjudicate(database_url, chosen.turn.id or 0, "ada", 3, 1)
    version = queue.load(database_url, item_id, "ada").item.version
    outcome = queue.adjudicate(database_url, chosen.turn.id or 0, "ada", 3, version)
    assert (outcome.batch_done, outcome.completion.origin, outcome.completion.parent) == (True, "adjudicator", 3)
    assert ("ada", "review.adjudicated") in acts(database_url)


def test_work_goes_on_from_anothers_version(database_url: str, filled: Filled, taken: Taken, acts: Acts) -> None:
    """A copy has the other as its parent and is corrected further; who looks apart cannot copy what is hidden."""
    batch_id = filled(database_url, 1, people=2)
    ann, bob = (taken(database_url, batch_id, who) for who in ("ann", "bob"))
    item_id = ann.item.id or 0
    queue.submit(database_url, ann.turn.id or 0, "ann", "approved", 1, edits=[REJECTED])
    with pytest.raises(UsageError, match="no such version"):
        queue.clone(database_url, bob.turn.id or 0, "bob", 2, 1)
    queue.submit(database_url, bob.turn.id or 0, "bob", "approved", 1)
    ada = taken(database_url, batch_id, "ada", steps=("adjudication",))
    turn, begun = ada.turn.id or 0, queue.load(database_url, item_id, "ada").current.number
    with pytest.raises(Conflict):
        queue.clone(database_url, turn, "ada", 2, 99)
    copy = queue.clone(database_url, turn, "ada", 2, begun)
    anns = next(one for one in queue.completions(database_url, item_id) if one.number == 2)
    assert (copy.parent, copy.spans, copy.origin) == (2, anns.spans, "adjudicator")
    saved = queue.save(database_url, turn, "ada", [ADDED], copy.number)
    assert (saved.parent, len(saved.spans)) == (copy.number, len(anns.spans) + 1)
    assert queue.submit(database_url, turn, "ada", "approved", saved.number).batch_done
    assert queue.ground_truth(database_url, item_id).spans[: len(anns.spans)] == anns.spans
    assert ("ada", "review.cloned") in acts(database_url)
    assert "cloned" in [event.act for event in queue.history(database_url, item_id)]


@pytest.mark.parametrize(("ranks", "decided_by"), [((1, 2), "bob"), ((2, 1), "ann"), ((1, 1), "")])
def test_rank_decides_between_ground_truths(
    tmp_path_factory: pytest.TempPathFactory, ranks: tuple[int, int], decided_by: str, filled: Filled, taken: Taken
) -> None:
    """Where the policy says so the reviewer of higher priority decides; between equals an adjudicator does."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rank') / 'test.db'}"
    batch_id = filled(url, 1, people=2, conflict="priority")
    claimed = [taken(url, batch_id, who) for who in ("ann", "bob")]
    for held, who, rank, edit in zip(claimed, ("ann", "bob"), ranks, (REJECTED, ADDED), strict=True):
        queue.submit(url, held.turn.id or 0, who, "approved", 1, edits=[edit], rank=rank)
    (item,) = queue.items(url, batch_id)
    assert (item.decided_by, item.step) == (decided_by, "review" if decided_by else "adjudication")


def test_assignments_are_balanced_and_kept(database_url: str, filled: Filled, taken: Taken) -> None:
    """Items are shared out in order or by a seed, evenly, at most 200 at once; who is assigned gets them."""
    batch_id = filled(database_url, 230)
    assign = queue.assign
    assert assign(database_url, batch_id, ["ann", "bob", "cy"], limit=7, by="stu") == {"ann": 3, "bob": 2, "cy": 2}
    assert assign(database_url, batch_id, ["ann", "bob", "cy"], limit=2, by="stu") == {"ann": 0, "bob": 1, "cy": 1}
    assert [held.item.asset_id for held in queue.my_turns(database_url, "ann")] == ["a0000", "a0003", "a0006"]
    assert taken(database_url, batch_id, "ann").item.asset_id == "a0000"
    assert taken(database_url, batch_id, "dee").item.asset_id == "a0009"
    for refused in ({"limit": 201}, {"item_ids": list(range(201))}):
        with pytest.raises(UsageError):
            assign(database_url, batch_id, ["ann"], by="stu", **refused)
    assert assign(database_url, batch_id, ["eve"], order="random", seed=7, limit=200, by="stu") == {"eve": 200}
    eves = {held.item.asset_id for held in queue.my_turns(database_url, "eve")}
    assert queue.batch(database_url, batch_id).seed == "7"
    queue.unassign(database_url, batch_id, "stu")
    assert queue.my_turns(database_url, "eve") == []
    queue.release(database_url, queue.my_turns(database_url, "dee")[0].turn.id or 0, "dee")
    assert assign(database_url, batch_id, ["eve"], order="random", seed=8, limit=200, by="stu") == {"eve": 200}
    assert {held.item.asset_id for held in queue.my_turns(database_url, "eve")} != eves


def test_assigned_people_of_one_item_differ(database_url: str, filled: Filled) -> None:
    """Where three people look at an item they are three, however few turns each has."""
    batch_id = filled(database_url, 4, people=3)
    assert queue.assign(database_url, batch_id, ["ann", "bob", "cy", "dee"], by="stu") == dict.fromkeys(
        ("ann", "bob", "cy", "dee"), 3
    )
    for item in queue.items(database_url, batch_id):
        names = [turn.assigned_to for turn in queue.turns(database_url, item.id or 0)]
        assert len(set(names)) == 3

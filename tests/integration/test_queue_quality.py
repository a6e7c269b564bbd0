"""Quality figures from what stands in the queue: who looked, apart or not, at what was drawn, and who only clicked."""

from __future__ import annotations

import json

import pytest

from deid_core.entities import EntityType
from deid_core.model import Action, Decision, Finding, Plan, TextSpan, Verdict
from deid_core.policy import ReviewRules
from deid_core.review import Edit
from infra import review_queue as queue
from infra.review_queue import NewItem, Status
from infra.review_queue.quality import EVERY

ADDED = Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", 20, 28))
REJECTED = Edit("reject", "1.0")


def plan(asset_id: str, *starts: int) -> Plan:
    """Make a plan of names of six characters."""
    decisions = (
        Decision(
            Finding(EntityType.NAME, TextSpan("text", start, start + 6), 0.9, "ner", "1", "cue"),
            Verdict.TRANSFORM,
            Action("mask_label"),
            "cue",
        )
        for start in starts
    )
    return Plan(asset_id, "1" * 64, "2" * 64, tuple(decisions), "subject", "text/plain")


def batch_of(url: str, reasons: list[str], mode: str = "sampled", **rules: int | str) -> str:
    """Make a batch of an item for each reason, with two names each but where nothing was found."""
    queue.create(url)
    batch = queue.create_batch(url, "run-1", rules=ReviewRules.model_validate(rules), mode=mode)
    starts = [() if why == "no_finding" else (3, 12) for why in reasons]
    items = [NewItem(plan(f"a{n:04d}", *starts[n]), why) for n, why in enumerate(reasons)]
    queue.add_items(url, batch.id, items)
    return batch.id


def look(
    url: str,
    batch_id: str,
    who: str,
    *edits: Edit,
    seconds: int = 0,
    verdict: str = "approved",
    reason: str = "reviewed",
) -> None:
    """Take the next item and submit it."""
    (held,) = queue.claim(url, batch_id, who)
    first = queue.load(url, held.item.id or 0, who).current.number
    turn = held.turn.id or 0
    if edits:
        first = queue.save(url, turn, who, edits, first, seconds=5).number
    queue.submit(url, turn, who, verdict, first, reason=reason, seconds=seconds)


def test_detectors_and_what_they_left_by_chance(database_url: str) -> None:
    """Only items that were drawn by chance and looked at count for what is left elsewhere; saving counts as time."""
    url = database_url
    batch_id = batch_of(url, ["low_confidence", "no_finding", "no_finding", "sample", "sample"])
    look(url, batch_id, "ann", ADDED, seconds=20)
    look(url, batch_id, "ann", ADDED, seconds=30)
    look(url, batch_id, "bob", seconds=40)
    look(url, batch_id, "bob", verdict="rejected", reason="identifier missed", seconds=10)
    told = queue.figures(url, batch_id)
    assert told["items"] == {"items": 4, "looked_at": 3, "looked_at_apart": 0}
    assert told["residual"]["no_finding"] == {"items": 2, "with_missed": 1, "missed": 1, "rate": 0.5, "bound": 0.9747}
    assert told["residual"]["sample"]["with_missed"] == told["residual"]["sample"]["items"] == 1
    assert told["any_label"]["people"] == 4
    assert told["any_label"]["exact"] == {"recall": 0.5, "precision": 1.0}
    assert told["seconds"] == {"looks": 4, "median": 30.0, "mean": 27.5, "nine_in_ten": 40}
    look(url, batch_id, "ann", REJECTED)
    assert queue.figures(url, batch_id)["any_label"]["exact"]["precision"] == 0.75
    assert "ann" not in json.dumps(queue.figures(url, batch_id))


def test_who_decides_a_batch_at_once_looked_at_nothing(database_url: str) -> None:
    """Approving all that waits says nothing of the detectors, and agrees with nobody."""
    url = database_url
    alone = batch_of(url, ["required"] * 3, "required")
    queue.decide_items(url, alone, Status.APPROVED, "rel")
    assert queue.figures(url, alone)["items"] == {"items": 3, "looked_at": 0, "looked_at_apart": 0}
    assert queue.figures(url, alone)["residual"] == {}
    two = queue.create_batch(url, "run-2", rules=ReviewRules(people=2), mode="required").id
    queue.add_items(url, two, [NewItem(plan("b", 3), "required")])
    look(url, two, "ann")
    queue.decide_items(url, two, Status.APPROVED, "rel")
    told = queue.figures(url, two)
    assert told["items"]["looked_at_apart"] == 0


def test_two_steps_count_once_and_by_the_second(database_url: str) -> None:
    """The second person sees the first one's work: what they submit is the truth, and no agreement is claimed."""
    url = database_url
    batch_id = batch_of(url, ["required"], "required", steps=2)
    look(url, batch_id, "ann", seconds=20)
    assert queue.figures(url, batch_id)["items"]["items"] == 0
    look(url, batch_id, "bob", ADDED, seconds=20)
    told = queue.figures(url, batch_id)
    assert told["items"] == {"items": 1, "looked_at": 1, "looked_at_apart": 0}
    assert told["residual"][EVERY]["with_missed"] == 1


def test_agreement_of_two_who_looked_apart(database_url: str) -> None:
    """It is known once both have looked, before anybody decides between them; the choice then is the truth."""
    url = database_url
    batch_id = batch_of(url, ["required"], "required", people=2)
    look(url, batch_id, "ann", REJECTED)
    look(url, batch_id, "bob", ADDED)
    told = queue.figures(url, batch_id)
    assert told["items"] == {"items": 1, "looked_at": 0, "looked_at_apart": 1}
    # three places: ann - N -, bob N N N
    assert told["agreement"] == {
        "items": 1,
        "places": 3,
        "exact_f1": 0.5,
        "overlap_f1": 0.5,
        "cohen": 0.0,
        "krippendorff": pytest.approx(1 - 5 * (6 - 2) / (36 - 20), abs=1e-4),
    }
    (held,) = queue.claim(url, batch_id, "judge", steps=("adjudication",))
    loaded = queue.load(url, held.item.id or 0, "judge", sees_all=True)
    bobs = max(one.number for one in loaded.completions if one.who == "bob")
    queue.adjudicate(url, held.turn.id or 0, "judge", bobs, loaded.item.version)
    told = queue.figures(url, batch_id)
    assert told["items"] == {"items": 1, "looked_at": 1, "looked_at_apart": 1}
    assert told["any_label"]["exact"] == {"recall": 0.6667, "precision": 1.0}


def test_a_later_run_of_the_detectors_is_the_one_that_is_judged(database_url: str) -> None:
    """Who looked after the detectors ran again judges what they found then."""
    url = database_url
    batch_id = batch_of(url, ["required"], "required")
    queue.redetect(url, batch_id, [plan("a0000", 3, 12, 20)], "steward", "all")
    look(url, batch_id, "ann")
    assert queue.figures(url, batch_id)["any_label"]["detectors"] == 3


def test_what_was_begun_anew_no_longer_counts(database_url: str) -> None:
    """Withdrawn versions are nobody's decisions, and their time is not counted either."""
    url = database_url
    batch_id = batch_of(url, ["required"], "required")
    look(url, batch_id, "ann", ADDED, seconds=50)
    queue.reset(url, batch_id, "steward")
    assert queue.figures(url, batch_id)["items"]["items"] == 0
    look(url, batch_id, "bob", seconds=7)
    told = queue.figures(url, batch_id)
    assert told["any_label"]["people"] == 2
    assert told["seconds"]["mean"] == 7.0

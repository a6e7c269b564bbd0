"""Work on items: versions that nobody overwrites, what of them is exported, and what is asked for again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm.exc import DetachedInstanceError

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.keys import ProjectKey
from deid_core.model import Action, Decision, Finding, Plan, TextSpan, TimeSpan, Verdict
from deid_core.review import Edit
from infra import review_queue as queue
from infra.database import engine
from infra.review_queue import Claimed, Conflict, NewItem, NotSubmitted, Status

ADDED = Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", 20, 28))
REJECTED = Edit("reject", "1.0")
Filled, Taken, Acts, Planned = (
    Callable[..., str],
    Callable[..., Claimed],
    Callable[[str], list[tuple[str, str]]],
    Callable[..., Plan],
)


def test_a_review_of_one_item_keeps_every_version(database_url: str, filled: Filled, taken: Taken, acts: Acts) -> None:
    """Edits make versions with parents; the submitted one is the ground truth, and all is in history and audit."""
    batch_id = filled(database_url, 2)
    held = taken(database_url, batch_id, "ann")
    turn = held.turn.id or 0
    first = queue.save(database_url, turn, "ann", [REJECTED], 1, seconds=20)
    assert (first.number, first.parent, first.status, first.origin) == (2, 1, "draft", "person")
    outcome = queue.submit(database_url, turn, "ann", "approved", 2, edits=[ADDED], seconds=30)
    assert (outcome.completion.number, outcome.completion.parent, outcome.batch_done) == (3, 2, False)
    assert (outcome.item.status, outcome.item.truth, outcome.item.labels) == ("approved", 3, {"NAME": 2})
    item_id = held.item.id or 0
    spans = {span["id"]: span for span in queue.ground_truth(database_url, item_id).spans}
    assert {name: (span["verdict"], span["decided_by"]) for name, span in spans.items()} == {
        "1.0": ("keep", "ann"),
        "1.1": ("transform", "policy"),
        "3.0": ("transform", "ann"),
    }
    told = [(event.act, event.span_id, event.before, event.after) for event in queue.history(database_url, item_id)]
    assert told[0] == ("span.reject", "1.0", "transform", "keep")
    assert told[1][:3] == ("span.add", "3.0", "")
    assert [act for act, *_ in told[2:]] == ["submitted", "approved"]
    assert acts(database_url) == [("ann", "review.saved"), ("ann", "review.approved")]
    assert [one.kind for one in queue.compare(database_url, item_id, 1, 3)] == ["verdict", "same", "added"]
    progress = queue.progress(database_url, batch_id)
    assert (progress.items, progress.by_status, progress.by_reviewer) == (2, {"approved": 1, "pending": 1}, {"ann": 1})
    last = taken(database_url, batch_id, "ann")
    assert queue.submit(database_url, last.turn.id or 0, "ann", "rejected", 1, reason="other").batch_done


def test_nobody_overwrites_what_he_has_not_seen(database_url: str, filled: Filled, taken: Taken) -> None:
    """A stale tab, a lost lease, another's turn and a decided item are each refused, and change nothing."""
    batch_id = filled(database_url, 1)
    held = taken(database_url, batch_id, "ann")
    turn, item_id = held.turn.id or 0, held.item.id or 0
    queue.save(database_url, turn, "ann", [REJECTED], 1)
    with pytest.raises(Conflict):
        queue.save(database_url, turn, "ann", [ADDED], 1)  # a stale tab
    with pytest.raises(Conflict):
        queue.submit(database_url, turn, "bob", "approved", 2)
    with pytest.raises(Conflict):
        queue.claim_item(database_url, item_id, "bob")
    queue.release(database_url, turn, "ann")
    with pytest.raises(Conflict):
        queue.heartbeat(database_url, turn, "ann")
    bobs = queue.claim_item(database_url, item_id, "bob")
    assert queue.load(database_url, item_id, "bob").current.number == 1
    with pytest.raises(Conflict):
        queue.save(database_url, turn, "ann", [ADDED], 2)
    queue.submit(database_url, bobs.turn.id or 0, "bob", "approved", 1)
    with pytest.raises(Conflict):
        queue.submit(database_url, turn, "bob", "approved", 3)
    assert [version.who for version in queue.completions(database_url, item_id)] == ["", "ann", "bob"]


@pytest.mark.parametrize(
    "edit",
    [
        Edit("reject", "9.9"),
        Edit("add", entity_type=EntityType.NAME),
        Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", 9, 9)),
        Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", -1, 9)),
        Edit("resize", "1.0", location=TextSpan("elsewhere", 3, 7)),
        Edit("relabel", "1.0"),
    ],
)
def test_an_edit_that_does_not_hold_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, edit: Edit, filled: Filled, taken: Taken
) -> None:
    """A span that is not there, a place that is nowhere or elsewhere, and a missing label are refused whole."""
    url = f"sqlite:///{tmp_path_factory.mktemp('edits') / 'test.db'}"
    batch_id = filled(url, 1)
    held = taken(url, batch_id, "ann")
    with pytest.raises(UsageError):
        queue.submit(url, held.turn.id or 0, "ann", "approved", 1, edits=[ADDED, edit])
    assert len(queue.completions(url, held.item.id or 0)) == 1
    assert queue.pending_count(url, batch_id) == 1
    assert queue.history(url, held.item.id or 0) == []


def test_only_a_submitted_ground_truth_is_exported(database_url: str, filled: Filled, taken: Taken, acts: Acts) -> None:
    """What is a draft, undecided or sent back again is refused with a record of the refusal in the audit."""
    batch_id = filled(database_url, 1)
    held = taken(database_url, batch_id, "ann")
    item_id = held.item.id or 0
    queue.save(database_url, held.turn.id or 0, "ann", [REJECTED], 1)
    with pytest.raises(NotSubmitted):
        queue.ground_truth(database_url, item_id)
    assert acts(database_url)[-1] == ("deidflow", "review.export_refused")
    queue.submit(database_url, held.turn.id or 0, "ann", "approved", 2)
    assert queue.ground_truth(database_url, item_id).number == 3
    queue.decide_items(database_url, batch_id, Status.SENT_BACK, "rita", "identifier missed")
    with pytest.raises(NotSubmitted):
        queue.ground_truth(database_url, item_id)
    queue.decide_items(database_url, batch_id, Status.REJECTED, "rita")
    with pytest.raises(NotSubmitted, match="rejected"):
        queue.ground_truth(database_url, item_id, "rita")
    assert acts(database_url)[-1] == ("rita", "review.export_refused")


def test_beginning_anew_keeps_configuration_history_and_audit(
    database_url: str, filled: Filled, taken: Taken, acts: Acts
) -> None:
    """After a reset items wait with the detectors' findings; versions are withdrawn, not lost; assignments stay."""
    batch_id = filled(database_url, 2, steps=2)
    queue.assign(database_url, batch_id, ["ann"], by="stu")
    held = taken(database_url, batch_id, "ann")
    queue.submit(database_url, held.turn.id or 0, "ann", "approved", 1, edits=[REJECTED])
    before = acts(database_url)
    assert queue.reset(database_url, batch_id, "stu") == 2
    assert queue.counts(database_url, batch_id) == {"pending": 2}
    item = queue.items(database_url, batch_id)[0]
    assert (item.head, item.truth, item.labels, item.step) == (1, None, {"NAME": 2}, "review")
    versions = queue.completions(database_url, item.id or 0)
    assert [version.status for version in versions] == ["submitted", "withdrawn"]
    assert queue.batch(database_url, batch_id).steps == 2
    assert taken(database_url, batch_id, "ann").item.asset_id == "a0000"
    assert acts(database_url) == [*before, ("stu", "review.reset")]
    assert [event.act for event in queue.history(database_url, item.id or 0)][:3] == [
        "span.reject", "submitted", "sent_back",
    ]  # fmt: skip


@pytest.mark.parametrize(("scope", "heads"), [("untouched", [2, 4]), ("manual", [3, 3]), ("all", [3, 4])])
def test_detectors_run_again_beside_what_people_did(
    tmp_path_factory: pytest.TempPathFactory, scope: str, heads: list[int], filled: Filled, plan: Planned
) -> None:
    """A new run adds a version to the items asked for; every older one stays, and people go on from the new one."""
    url = f"sqlite:///{tmp_path_factory.mktemp('again') / 'test.db'}"
    batch_id = filled(url, 2)
    held = queue.claim(url, batch_id, "ann", 2)
    queue.save(url, held[0].turn.id or 0, "ann", [REJECTED], 1)
    queue.redetect(url, batch_id, [plan("a0001", 3)], "stu", "all")
    queue.redetect(url, batch_id, [plan("a0001", 4)], "stu", "all")
    expected = {"untouched": 1, "manual": 1, "all": 2}
    done = queue.redetect(url, batch_id, [plan("a0000", 30), plan("a0001", 30)], "stu", scope)  # type: ignore[arg-type]
    assert done == expected[scope]
    loaded = [queue.load(url, one.item.id or 0, "ann") for one in held]
    assert [one.current.number for one in loaded] == heads
    held_of_second = queue.completions(url, loaded[1].item.id or 0)
    assert [version.spans[0]["location"]["start"] for version in held_of_second][:3] == [3, 3, 4]


def test_a_long_piece_of_work_is_opened_without_its_past(database_url: str, filled: Filled, taken: Taken) -> None:
    """Of many versions only the current one's spans are read, and each of the others where it is asked for."""
    held = taken(database_url, filled(database_url, 1), "ann")
    item_id, turn = held.item.id or 0, held.turn.id or 0
    for version in range(1, 12):
        act = "accept" if version % 2 == 0 else "reject"
        saved = queue.save(database_url, turn, "ann", [Edit(act, "1.0")] if version % 3 else [], version)
        assert saved.spans == queue.completion(database_url, item_id, saved.number).spans
    loaded = queue.load(database_url, item_id, "ann")
    assert loaded.current.spans == queue.completion(database_url, item_id, 12).spans
    for past in loaded.completions[:-1]:
        with pytest.raises(DetachedInstanceError):
            past.spans  # noqa: B018 - what is read here is what this is about
    apart = [queue.completion(database_url, item_id, number).spans for number in range(1, 13)]
    assert apart == [one.spans for one in queue.completions(database_url, item_id)]
    verdicts = [spans[0]["verdict"] for spans in apart]
    assert verdicts[:5] == ["transform", "keep", "transform", "transform", "transform"]
    with pytest.raises(UsageError):
        queue.completion(database_url, item_id, 13)


def test_comments_are_sealed(database_url: str, key: ProjectKey, filled: Filled) -> None:
    """What people type is readable with the project's key and nowhere in the database."""
    batch_id = filled(database_url, 1)
    (item,) = queue.items(database_url, batch_id)
    queue.comment(database_url, key, item.id or 0, "ann", "Canary Quillfeather is the mother", span_id="1.0")
    (said,) = queue.comments(database_url, key, item.id or 0)
    assert (said.who, said.span_id, said.text) == ("ann", "1.0", "Canary Quillfeather is the mother")
    assert "Quillfeather" not in repr(said)
    with engine(database_url).connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM review_comment").all()
        events = connection.exec_driver_sql("SELECT * FROM review_event").all()
    assert b"Quillfeather" not in repr((rows, events)).encode()
    assert b"Quillfeather" not in b"".join(bytes(row.ciphertext) for row in rows)
    with pytest.raises(UsageError):
        queue.comment(database_url, key, item.id or 0, "ann", " ")


def test_items_are_listed_by_filter_and_page(database_url: str, filled: Filled, taken: Taken) -> None:
    """Items are told apart by label, step, reason and assignee; pages by the last item seen miss none."""
    batch_id = filled(database_url, 25)
    queue.assign(database_url, batch_id, ["ann"], limit=3, by="stu")
    count = queue.count_items
    assert count(database_url, batch_id, label="NAME") == 25
    assert count(database_url, batch_id, label="MRN") == 0
    assert count(database_url, batch_id, assigned_to="ann", reason="required", step="review") == 3
    with pytest.raises(UsageError):
        count(database_url, batch_id, colour="blue")
    ids = [item.id or 0 for item in queue.items(database_url, batch_id)]
    assert queue.set_priority(database_url, batch_id, ids[10:12], 9, "stu") == 2
    seen: list[int] = []
    after = None
    while page := queue.items(database_url, batch_id, limit=7, after=after):
        seen += [item.id or 0 for item in page]
        after = (page[-1].priority, page[-1].id or 0)
    assert seen == [*ids[10:12], *ids[:10], *ids[12:]]
    assert taken(database_url, batch_id, "bob").item.id == ids[10]


def test_time_is_decided_as_places_are(database_url: str, taken: Taken) -> None:
    """Seconds of a sound are accepted, moved, added, compared, counted and handed on as the plan that goes."""
    queue.create(database_url)
    batch = queue.create_batch(database_url, "run-1", policy_sha256="2" * 64)
    heard = [Finding(EntityType.NAME, TimeSpan("sound", at, at + 0.75), 0.6, "ner", "1", "cue") for at in (1.5, 9.0)]
    decisions = tuple(Decision(one, Verdict.REVIEW, Action("mask_label"), "unsure") for one in heard)
    asked = Plan("a1", "1" * 64, "2" * 64, decisions, "subject", "audio/wav")
    queue.add_items(database_url, batch.id, [NewItem(asked, "low_confidence")])
    held = taken(database_url, batch.id, "ann")
    assert (held.item.unsure, held.item.labels) == (2, {"NAME": 2})
    turn, item_id = held.turn.id or 0, held.item.id or 0
    edits = [
        Edit("accept", "1.0"),
        Edit("resize", "1.0", location=TimeSpan("sound", 1.25, 2.5)),
        Edit("reject", "1.1"),
        Edit("add", entity_type=EntityType.PHONE, location=TimeSpan("sound", 30.0, 34.5)),
    ]
    saved = queue.save(database_url, turn, "ann", edits, 1)
    for wrong in (TimeSpan("sound", 5.0, 5.0), TimeSpan("sound", -1.0, 2.0), TimeSpan("", 1.0, 2.0)):
        with pytest.raises(UsageError):
            queue.save(database_url, turn, "ann", [Edit("add", "", EntityType.NAME, wrong)], saved.number)
    with pytest.raises(UsageError):  # no time of a text
        queue.save(database_url, turn, "ann", [Edit("resize", "1.0", location=TextSpan("sound", 1, 2))], saved.number)
    queue.submit(database_url, turn, "ann", "approved", saved.number)
    kinds = [one.kind for one in queue.compare(database_url, item_id, 1, saved.number)]
    assert sorted(kinds) == ["added", "resized", "verdict"]
    truth = queue.ground_truth(database_url, item_id)
    goes = [span["location"] for span in truth.spans if span["verdict"] == "transform"]
    assert [(place["start"], place["end"]) for place in goes] == [(1.25, 2.5), (30.0, 34.5)]
    told = queue.figures(database_url, batch.id)
    assert (told["any_label"]["people"], told["any_label"]["overlap"]["precision"]) == (2, 0.5)
    assert told["residual"]["every"]["with_missed"] == 1
    assert [event.act for event in queue.history(database_url, item_id)][:4] == [f"span.{edit.act}" for edit in edits]

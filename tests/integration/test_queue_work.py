"""Work on items: versions that nobody overwrites, two people's eyes, several people's and an adjudicator's."""

from __future__ import annotations

import json

import pytest

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.keys import ProjectKey
from deid_core.model import Action, Decision, Finding, Plan, TextSpan, TimeSpan, Verdict
from deid_core.policy import ReviewRules
from deid_core.review import Edit
from infra import audit_log
from infra import review_queue as queue
from infra.database import engine
from infra.review_queue import Claimed, Conflict, NewItem, NotSubmitted, Status

ADDED = Edit("add", entity_type=EntityType.NAME, location=TextSpan("text", 20, 28))
REJECTED = Edit("reject", "1.0")


def decision(start: int, score: float = 0.9) -> Decision:
    """Make a decision about six characters of a text."""
    finding = Finding(EntityType.NAME, TextSpan("text", start, start + 6), score, "ner", "1", "cue")
    return Decision(finding, Verdict.TRANSFORM, Action("mask_label"), "cue")


def plan(asset_id: str, *starts: int) -> Plan:
    """Make a plan of some findings."""
    return Plan(asset_id, "1" * 64, "2" * 64, tuple(map(decision, starts or (3, 12))), "subject", "text/plain")


def filled(url: str, number: int, **rules: int | str) -> str:
    """Make a batch of so many items under some rules, and return its id."""
    queue.create(url)
    batch = queue.create_batch(url, "run-1", rules=ReviewRules.model_validate(rules), policy_sha256="2" * 64)
    queue.add_items(url, batch.id, [NewItem(plan(f"a{n:04d}"), "required") for n in range(number)])
    return batch.id


def taken(url: str, batch_id: str, who: str, **options: tuple[str, ...]) -> Claimed:
    """Claim the next item."""
    (claimed,) = queue.claim(url, batch_id, who, **options)
    return claimed


def acts(url: str) -> list[tuple[str, str]]:
    """Return who did what, from the audit of the run."""
    audit_log.verify_chain(audit_log.export(url, "run-1")[0].splitlines())
    seq, _ = audit_log.head(url)
    assert seq
    rows = audit_log._lines(url, 1, seq)
    return [(record["agent"], record["activity"]) for record in map(json.loads, rows)]


def test_a_review_of_one_item_keeps_every_version(database_url: str) -> None:
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


def test_nobody_overwrites_what_he_has_not_seen(database_url: str) -> None:
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
def test_an_edit_that_does_not_hold_changes_nothing(tmp_path_factory: pytest.TempPathFactory, edit: Edit) -> None:
    """A span that is not there, a place that is nowhere or elsewhere, and a missing label are refused whole."""
    url = f"sqlite:///{tmp_path_factory.mktemp('edits') / 'test.db'}"
    batch_id = filled(url, 1)
    held = taken(url, batch_id, "ann")
    with pytest.raises(UsageError):
        queue.submit(url, held.turn.id or 0, "ann", "approved", 1, edits=[ADDED, edit])
    assert len(queue.completions(url, held.item.id or 0)) == 1
    assert queue.pending_count(url, batch_id) == 1
    assert queue.history(url, held.item.id or 0) == []


def test_only_a_submitted_ground_truth_is_exported(database_url: str) -> None:
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


def test_two_steps_need_two_people(database_url: str) -> None:
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


def test_the_second_person_looks_at_what_was_drawn_only(database_url: str) -> None:
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


def test_a_form_is_one_pair_of_eyes(database_url: str) -> None:
    """Approving all at once counts as one person's look in two steps; rejecting all needs no second one."""
    batch_id = filled(database_url, 2, steps=2)
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "ann") == 2
    assert queue.pending_count(database_url, batch_id) == 2
    assert queue.decide_items(database_url, batch_id, Status.APPROVED, "bob", asset_ids=["a0000"]) == 1
    assert queue.decide_items(database_url, batch_id, Status.REJECTED, "ann", "other") == 1
    assert queue.counts(database_url, batch_id) == {"approved": 1, "rejected": 1}


def test_people_who_agree_decide_blind(database_url: str) -> None:
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


def test_people_who_differ_need_an_adjudicator(database_url: str) -> None:
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


def test_work_goes_on_from_anothers_version(database_url: str) -> None:
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
    tmp_path_factory: pytest.TempPathFactory, ranks: tuple[int, int], decided_by: str
) -> None:
    """Where the policy says so the reviewer of higher priority decides; between equals an adjudicator does."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rank') / 'test.db'}"
    batch_id = filled(url, 1, people=2, conflict="priority")
    claimed = [taken(url, batch_id, who) for who in ("ann", "bob")]
    for held, who, rank, edit in zip(claimed, ("ann", "bob"), ranks, (REJECTED, ADDED), strict=True):
        queue.submit(url, held.turn.id or 0, who, "approved", 1, edits=[edit], rank=rank)
    (item,) = queue.items(url, batch_id)
    assert (item.decided_by, item.step) == (decided_by, "review" if decided_by else "adjudication")


def test_assignments_are_balanced_and_kept(database_url: str) -> None:
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


def test_assigned_people_of_one_item_differ(database_url: str) -> None:
    """Where three people look at an item they are three, however few turns each has."""
    batch_id = filled(database_url, 4, people=3)
    assert queue.assign(database_url, batch_id, ["ann", "bob", "cy", "dee"], by="stu") == dict.fromkeys(
        ("ann", "bob", "cy", "dee"), 3
    )
    for item in queue.items(database_url, batch_id):
        names = [turn.assigned_to for turn in queue.turns(database_url, item.id or 0)]
        assert len(set(names)) == 3


def test_beginning_anew_keeps_configuration_history_and_audit(database_url: str) -> None:
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
    tmp_path_factory: pytest.TempPathFactory, scope: str, heads: list[int]
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
    assert [version.spans[0]["location"]["start"] for version in loaded[1].completions][:3] == [3, 3, 4]


def test_comments_are_sealed(database_url: str, key: ProjectKey) -> None:
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


def test_items_are_listed_by_filter_and_page(database_url: str) -> None:
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


def test_time_is_decided_as_places_are(database_url: str) -> None:
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

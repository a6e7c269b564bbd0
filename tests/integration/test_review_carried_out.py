"""What people decided is what is carried out: from the queue to the bytes, without a server of Prefect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deid_core.entities import EntityType
from deid_core.model import TextSpan
from deid_core.review import Edit
from infra import audit_log
from infra import review_queue as queue
from infra.review_queue import NotSubmitted, Status
from infra.settings import Settings

NOTE = "Patient: Jane Doe, MRN 1234567.\nIt was the zanzabar of the ward. Seen 3/14/2021.\n"
Runs = Callable[..., tuple[str, dict[str, int]]]


def policy(tmp_path: Path, quick_policy: Path, rules: str = "") -> str:
    """Write the quick policy with some rules of review and return its path."""
    path = tmp_path / "reviewed.toml"
    path.write_text(f"{quick_policy.read_text()}\n[review]\n{rules}\n")
    return str(path)


def carried_out(batch_id: str, number: int) -> tuple[list[str], list[str]]:
    """Close the review, apply and verify; return the outputs' texts and why the others were set aside."""
    from tasks import steps
    from tasks.review import close_review, settle_review, status
    from tasks.run import opened
    from tasks.shard import Shard

    run_id = queue.batch(Settings().database_url, batch_id).flow_run_id
    batch = settle_review.fn(status(run_id, batch_id), 0)
    shard = close_review.fn(Shard(run_id, 0, "plan", number, 0), batch)
    outputs, reasons = [], []
    for entry in opened(run_id).lines(shard.name):
        if entry.get("reason"):
            reasons.append(entry["reason"])
            continue
        done = {**entry, **steps.apply_asset(run_id, entry)}
        assert steps.verify_asset(run_id, done)["verified"]
        outputs.append(opened(run_id).get(f"out/{entry['asset_id']}").decode())
    return outputs, reasons


def test_edits_become_the_plan_and_rejections_set_aside(review_run: Runs, quick_policy: Path, tmp_path: Path) -> None:
    """An added name goes, a rejected date stays, a rejected note is set aside, another is as it was planned."""
    files = {
        name: NOTE.replace("1234567", f"{number}234567").encode()
        for number, name in enumerate(("a.txt", "b.txt", "c.txt"), 1)
    }
    batch_id, ids = review_run(files, policy(tmp_path, quick_policy))
    url = Settings().database_url
    held = queue.claim_item(url, ids["a.txt"], "ann")
    spans = queue.load(url, ids["a.txt"], "ann").current.spans
    start = NOTE.index("zanzabar")
    added = Edit("add", entity_type=EntityType.STAFF_NAME, location=TextSpan("text", start, start + 8))
    dates = [Edit("reject", span["id"]) for span in spans if span["entity_type"] == "DATE"]
    queue.submit(url, held.turn.id or 0, "ann", "approved", 1, edits=[added, *dates])
    with pytest.raises(RuntimeError):
        carried_out(batch_id, 3)
    for name, verdict in (("b.txt", "rejected"), ("c.txt", "approved")):
        turn = queue.claim_item(url, ids[name], "ann").turn.id or 0
        queue.submit(url, turn, "ann", verdict, 1)
    outputs, reasons = carried_out(batch_id, 3)
    assert reasons == ["rejected_in_review"]
    (edited,) = [text for text in outputs if "zanzabar" not in text]
    (untouched,) = [text for text in outputs if "zanzabar" in text]
    assert "3/14/2021" in edited
    assert "3/14/2021" not in untouched
    assert not [text for text in outputs if "Jane Doe" in text]


def test_what_nobody_submitted_is_not_carried_out(review_run: Runs, quick_policy: Path, tmp_path: Path) -> None:
    """An item that stands as approved without a submitted ground truth stops the run, with a record of the refusal."""
    from infra.database import writing

    batch_id, ids = review_run({"a.txt": NOTE.encode()}, policy(tmp_path, quick_policy))
    url = Settings().database_url
    with writing(url) as session:  # as somebody with a database client would
        item = session.get(queue.Item, ids["a.txt"])
        assert item
        item.status = "approved"
    with pytest.raises(NotSubmitted):
        carried_out(batch_id, 1)
    acts = [record.activity for record in audit_log.history(url, item.asset_id)]
    assert acts[-1] == "review.export_refused"


def test_a_closed_review_changes_no_more(review_run: Runs, quick_policy: Path, tmp_path: Path) -> None:
    """Two people confirmed; after that nobody sends back, begins anew or claims what is being carried out."""
    batch_id, ids = review_run({"a.txt": NOTE.encode()}, policy(tmp_path, quick_policy, "steps = 2"))
    url = Settings().database_url
    for who in ("ann", "bob"):
        turn = queue.claim_item(url, ids["a.txt"], who).turn.id or 0
        queue.submit(url, turn, who, "approved", queue.load(url, ids["a.txt"], who).current.number)
    outputs, _ = carried_out(batch_id, 1)
    assert len(outputs) == 1
    for act in (
        lambda: queue.decide_items(url, batch_id, Status.SENT_BACK, "rita"),
        lambda: queue.reset(url, batch_id, "stu"),
        lambda: queue.claim_item(url, ids["a.txt"], "cy"),
    ):
        with pytest.raises(queue.Conflict):
            act()


def test_the_policy_says_what_is_queued(review_run: Runs, quick_policy: Path, tmp_path: Path) -> None:
    """Chosen labels, the floor of notes without a finding, and nobody else; the most pressing reason comes first."""
    rules = 'labels = ["SSN"]\nfloor = 1.0'
    chosen = policy(tmp_path, quick_policy, rules)
    Path(chosen).write_text(f"review_sample = 0.0\n{Path(chosen).read_text()}")
    files = {
        "plain.txt": b"The weather was fine.\n",
        "ssn.txt": b"SSN: 123-45-6789\n",
        "name.txt": b"Patient: Jane Doe\n",
    }
    from infra.review_queue import items

    with pytest.raises(KeyError):
        review_run(files, chosen, "sampled")  # the note with a name alone is asked of nobody
    url = Settings().database_url
    (batch,) = queue.batches(url)
    assert [item.reason for item in items(url, batch.id)] == ["label", "no_finding"]

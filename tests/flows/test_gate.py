"""The review gate: what people decide is what happens, in one process and served."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import audit_log, review_queue
from infra.settings import Settings

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("verdicts", "released_assets", "decided"),
    [(["approved"], 2, "approved"), (["sent_back", "approved"], 2, "approved"), (["rejected"], 0, "rejected")],
)
def test_people_decide_at_the_gate(
    run_flow: Callable[..., Any],
    decide: Callable[..., Any],
    quick_policy: Path,
    tmp_path: Path,
    verdicts: list[str],
    released_assets: int,
    decided: str,
) -> None:
    """Approving releases, rejecting releases nothing, sending back asks again; each is in the audit under that name."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.txt", "b.txt"):
        (source / name).write_text(f"Patient: Jane Doe {decided} {len(verdicts)}, MRN 1234567 {name}\n")
    decide(*verdicts)
    release = run_flow(source, review="required", policy=str(quick_policy))
    assert release.released == released_assets
    url = Settings().database_url
    lines, _ = audit_log.export(url, release.run_id)
    acts = [json.loads(line) for line in lines.splitlines()]
    reviews = [record["activity"] for record in acts if record["agent"] == "Rhea Reviewer"]
    assert reviews == [f"review.{verdict}" for verdict in verdicts]
    batch = review_queue.create_batch(url, release.run_id)
    assert review_queue.counts(url, batch.id) == {decided: 2}
    tags = {item.tag for item in review_queue.items(url, batch.id)}
    assert tags == ({"DeIdentified"} if released_assets else {"NonDeidentified"})


def test_nobody_is_asked_where_the_mode_is_none(
    run_flow: Callable[..., Any], quick_policy: Path, tmp_path: Path
) -> None:
    """Without review no item is queued, and the manifest says that nobody looked."""
    (tmp_path / "a.txt").write_text("Patient: Jane Doe, MRN 7654321\n")
    release = run_flow(tmp_path, policy=str(quick_policy))
    root = Path(Settings().release_url) / release.release_id
    manifest = json.loads((root / "manifest.json").read_bytes())
    assert manifest["review"] == {"mode": "none", "decided_by": [], "decision": "not_asked"}


def test_a_sample_and_the_unsure_are_asked(
    run_flow: Callable[..., Any], decide: Callable[..., Any], quick_policy: Path, tmp_path: Path
) -> None:
    """Sampled review queues whatever has an unsure finding, and a seeded share of the rest."""
    text = quick_policy.read_text().replace("review_below = 0.5", "review_below = 0.99")
    (tmp_path / "unsure.toml").write_text(text)
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("Patient: Jane Doe, MRN 7654321\n")
    (source / "b.txt").write_text("The weather was fine.\n")
    decide("approved")
    release = run_flow(source, review="sampled", policy=str(tmp_path / "unsure.toml"))
    url = Settings().database_url
    items = review_queue.items(url, review_queue.create_batch(url, release.run_id).id)
    assert "low_confidence" in {item.reason for item in items}
    assert release.released == 2

"""What Prefect's pages show of a run: counts, reasons and links; nothing that identifies anyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from prefect import task
from prefect.artifacts import create_markdown_artifact

from deid_core.evaluate.quality import tables
from infra import review_queue
from tasks.export import Release
from tasks.review import Batch
from tasks.run import opened
from tasks.shard import Shard

KEY = "deidentification"
QUALITY_KEY = "review-quality"


def describe_gate(batch: Batch, planned: Sequence[Shard], round_number: int, refused: str = "") -> str:
    """Return the text of the Resume form: what waits, what was found, where to look, what the choices do.

    `refused` says why the last answer did not count.
    """
    unsure = sum(shard.to_review for shard in planned)
    again = "" if round_number == 1 or refused else f" It was sent back; this is round {round_number}."
    why = f"**The last answer did not count: {refused}.** The gate stayed closed.\n\n" if refused else ""
    return (
        f"{why}**{batch.undecided} of {batch.items} assets wait for a decision**, {unsure} of them unsure.{again}"
        f"\n\n{_table(('Label', 'Found'), _found(planned))}\n\n"
        f"{_where(batch)}\n\n"
        "- **approved**: they are de-identified, verified and released\n"
        "- **rejected**: they are set aside and never released\n"
        "- **sent_back**: they go back to the reviewers with the reason, and this form comes again\n"
        "- **as_decided**: go on with what was decided item by item; done by itself after the last item\n"
    )


def _where(batch: Batch) -> str:
    """Say where to look: the review pages where they are served, the command everywhere."""
    pages = opened(batch.run_id).settings.review_url.rstrip("/")
    link = f"[Open the review pages]({pages}/batches/{batch.batch_id}) or " if pages else ""
    return f"See where: {link}`deidflow review show {batch.run_id}`"


def _found(planned: Sequence[Shard]) -> list[tuple[str, int]]:
    found: Counter[str] = Counter()
    for shard in planned:
        found.update(dict(shard.by_entity))
    return sorted(found.items())


@task(task_run_name="publish")
def publish(release: Release, planned: Sequence[Shard]) -> None:
    """Put the run's counts beside it in Prefect."""
    create_markdown_artifact(_markdown(release, planned), key=KEY, description="What was found, released and set aside")


@task(task_run_name="publish quality")
def publish_quality(batch: Batch) -> None:
    """Put what the review says of detectors and reviewers beside the run in Prefect: counts and shares."""
    told = review_queue.figures(opened(batch.run_id).settings.database_url, batch.batch_id)
    drawn = [_table(heads, rows) for heads, rows in tables(told) if rows]
    text = "\n\n".join(("# Quality of the review", *(drawn or ["Nobody looked at single items."])))
    create_markdown_artifact(text, key=QUALITY_KEY, description="How good detectors and reviewers were")


def _markdown(release: Release, planned: Sequence[Shard]) -> str:
    released = dict(release.by_entity)
    run = opened(release.run_id)
    where = run.release.url(release.release_id) if release.release_id else "nothing was released"
    return "\n\n".join(
        (
            f"# {release.release_id or 'No release'}",
            f"{release.released} assets released, {release.quarantined} set aside, policy `{run.policy.name}`.",
            _table(("Stage", "Assets"), release.by_stage),
            _table(
                ("Label", "Found", "In the release"),
                ((label, n, released.get(label, 0)) for label, n in _found(planned)),
            ),
            _table(("Set aside because", "Assets"), release.by_reason)
            if release.by_reason
            else "Nothing was set aside.",
            f"Release: `{where}`",
            f"Audit: `audit/{release.run_id}.jsonl` in it. Lineage: `lineage/{release.run_id}/` in it.",
            f"Policy: `{run.policy.sha256}`",
        )
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)

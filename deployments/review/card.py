"""What a batch is, in a line: under which policy, of what kinds of documents, and who has which of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from deid_core.errors import DeidflowError
from infra import review_queue as queue
from infra.review_queue import Batch, Progress
from infra.settings import Settings
from tasks.run import opened

KINDS = {
    "text/plain": "text",
    "text/csv": "table",
    "application/jsonl": "JSON",
    "application/dicom": "DICOM",
    "application/pdf": "PDF",
}


def kind_of(media_type: str) -> str:
    """Return a media type as people say it."""
    return KINDS.get(media_type, "picture" if media_type.startswith("image/") else media_type)


def cards(settings: Settings, batches: Iterable[Batch]) -> list[tuple[Batch, Progress, dict[str, Any]]]:
    """Return each batch with how far it is and its card; what is closed changes no more, and is counted once."""
    of = {"closed": _ended}
    held = [(one, of.get(one.status, queue.progress)(settings.database_url, one.id)) for one in batches]
    return [(one, progress, card(settings, one, progress.items)) for one, progress in held]


@lru_cache(maxsize=256)
def _ended(url: str, batch_id: str) -> Progress:
    return queue.progress(url, batch_id)


def card(settings: Settings, batch: Batch, items: int) -> dict[str, Any]:
    """Return the policy of a batch of so many items, and their number by kind; no policy where its run is gone."""
    kinds: dict[str, int] = {}
    for media_type, number in queue.media_types(settings.database_url, batch.id, items).items():
        kinds[kind_of(media_type)] = kinds.get(kind_of(media_type), 0) + number
    return {"policy": _policy(batch), "kinds": dict(sorted(kinds.items(), key=lambda one: (-one[1], one[0])))}


def _policy(batch: Batch) -> dict[str, str] | None:
    try:
        held = opened(batch.flow_run_id).policy
    except (DeidflowError, KeyError, ValueError):  # its files were removed, which is no reason to hide the rest
        return None
    fields = held.model_dump(mode="json", include={"name", "version", "title", "release_class"})
    return {**fields, "sha256": held.sha256}

"""Endpoints of batches: what waits, and what is done to many items at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query

from deid_core.errors import UsageError
from deployments.review import asked, drawing
from deployments.review.access import Caller, Configured
from deployments.review.opening import steps_of
from deployments.review.resuming import resume
from infra import accounts
from infra import review_queue as queue
from infra.accounts import Role
from infra.review_queue import Status
from tasks.run import opened

router = APIRouter(prefix="/api", tags=["batches"])
PAGE = 100


@router.get("/batches")
def batches(settings: Configured, status: str = "open", run_id: str = "") -> list[dict[str, Any]]:
    """List the batches that are open, or closed ("" for any), or the one of a run."""
    held = queue.batches(settings.database_url, status)
    return [one.model_dump() for one in held if run_id in ("", one.flow_run_id)]


@router.get("/batches/{batch_id}")
def batch(batch_id: str, settings: Configured) -> dict[str, Any]:
    """Return a batch and how far it is."""
    url = settings.database_url
    return {"batch": queue.batch(url, batch_id).model_dump(), "progress": asdict(queue.progress(url, batch_id))}


@router.get("/batches/{batch_id}/quality")
def quality(batch_id: str, settings: Configured) -> dict[str, Any]:
    """Return how good detectors and reviewers were: recall and precision by label, agreement, time, what was left."""
    return queue.figures(settings.database_url, batch_id)


@router.get("/batches/{batch_id}/items")
def items(batch_id: str, settings: Configured, filters: Annotated[asked.ItemFilters, Query()]) -> dict[str, Any]:
    """Return a page of a batch's items, most urgent first; `next` is the `after` of the next page, "" for none."""
    found, following = page(settings.database_url, batch_id, filters, filters.limit)
    return {"items": [item.model_dump() for item in found], "next": following}


@router.get("/batches/{batch_id}/guidelines")
def guidelines(batch_id: str, settings: Configured) -> dict[str, Any]:
    """Return each label with what is marked under it and what is not, and what a submission has to confirm."""
    rules = opened(queue.batch(settings.database_url, batch_id).flow_run_id).policy.review
    told = drawing.guidelines(rules.guidelines)
    labels = [{"label": name, "group": drawing.group_of(name), "guideline": text} for name, text in told.items()]
    return {"labels": labels, "checklist": queue.asked_of(rules.checklist)}


def page(url: str, batch_id: str, filters: asked.Filters, limit: int = PAGE) -> tuple[list[queue.Item], str]:
    """Return a page of items, and where the next one begins ("" for none)."""
    priority, _, number = filters.after.partition(":")
    behind = (int(priority), int(number)) if filters.after else None
    statuses = tuple(status for status in filters.status if status) or tuple(Status)
    found = queue.items(
        url,
        batch_id,
        statuses,
        limit=limit,
        after=behind,
        label=filters.label,
        step=filters.step,
        reason=filters.reason,
        assigned_to=filters.assigned_to,
    )
    return found, f"{found[-1].priority}:{found[-1].id}" if len(found) == limit else ""


@router.get("/turns", tags=["turns"])
def turns(principal: Caller, settings: Configured) -> list[dict[str, Any]]:
    """List what one holds or is assigned."""
    return [
        {"turn": held.turn.model_dump(), "item": held.item.model_dump()}
        for held in queue.my_turns(settings.database_url, principal.name)
    ]


@router.post("/batches/{batch_id}/claim", tags=["turns"])
def claim(batch_id: str, body: asked.Claim, principal: Caller, settings: Configured) -> list[dict[str, Any]]:
    """Take the most urgent items that nobody holds, one's own assignments first; an empty list where nothing waits."""
    taken = queue.claim(settings.database_url, batch_id, principal.name, body.count, steps=steps_of(principal))
    return [{"turn_id": held.turn.id, "item_id": held.item.id} for held in taken]


@router.post("/turns/{turn_id}/heartbeat", tags=["turns"])
def heartbeat(turn_id: asked.Number, principal: Caller, settings: Configured) -> dict[str, str]:
    """Keep one's hold on an item; 409 where it was lost."""
    return {"until": queue.heartbeat(settings.database_url, turn_id, principal.name)}


@router.post("/turns/{turn_id}/release", tags=["turns"], status_code=204)
def release(turn_id: asked.Number, principal: Caller, settings: Configured) -> None:
    """Give an item back undecided; what was saved of it stays."""
    queue.release(settings.database_url, turn_id, principal.name)


@router.post("/batches/{batch_id}/decide")
def decide(
    batch_id: str, body: asked.BatchDecision, principal: Caller, settings: Configured, later: BackgroundTasks
) -> dict[str, int]:
    """Approve, reject or send back all that is undecided, or the named assets; the run goes on when nothing is left."""
    url = settings.database_url
    done = queue.decide_items(
        url, batch_id, Status(body.verdict), principal.name, body.reason, asset_ids=body.asset_ids
    )
    left = queue.pending_count(url, batch_id)
    if not left:
        later.add_task(resume, queue.batch(url, batch_id).flow_run_id)
    return {"decided": done, "undecided": left}


@router.post("/batches/{batch_id}/assign")
def assign(batch_id: str, body: asked.Assignment, principal: Caller, settings: Configured) -> dict[str, int]:
    """Give at most 200 items to reviewers, evenly, in order or at random; the seed is recorded."""
    nobodys = [name for name in body.reviewers if not _reviews(settings.database_url, name)]
    if nobodys:  # nobody else could take what is given to them
        raise UsageError("documents are given to active users who are reviewers")
    return queue.assign(
        settings.database_url,
        batch_id,
        body.reviewers,
        body.item_ids,
        order=body.order,
        seed=body.seed,
        limit=body.limit,
        by=principal.name,
    )


def _reviews(url: str, name: str) -> bool:
    """Say whether somebody of that name may take a turn."""
    who = accounts.trusted_as(url, name)
    return who is not None and Role.REVIEWER in who.roles


@router.post("/batches/{batch_id}/unassign")
def unassign(batch_id: str, body: asked.Items, principal: Caller, settings: Configured) -> dict[str, int]:
    """Take assignments back from who has not begun."""
    return {"unassigned": queue.unassign(settings.database_url, batch_id, principal.name, body.item_ids)}


@router.post("/batches/{batch_id}/reset")
def reset(batch_id: str, body: asked.Reset, principal: Caller, settings: Configured) -> dict[str, int]:
    """Begin the review again; versions, history and audit stay."""
    return {"reset": queue.reset(settings.database_url, batch_id, principal.name, body.asset_ids)}


@router.post("/batches/{batch_id}/redetect")
def redetect(batch_id: str, body: asked.Redetection, principal: Caller, settings: Configured) -> dict[str, int]:
    """Run the detectors again over undecided items; what they find is a new version, and every older one stays."""
    from tasks.redetect import redetect as search  # noqa: PLC0415 - Prefect reads its environment when imported

    run_id = queue.batch(settings.database_url, batch_id).flow_run_id
    return {"redetected": search(run_id, principal.name, body.scope)}


@router.post("/batches/{batch_id}/priority")
def priority(batch_id: str, body: asked.Priority, principal: Caller, settings: Configured) -> dict[str, int]:
    """Make items more or less urgent."""
    url = settings.database_url
    return {"changed": queue.set_priority(url, batch_id, body.item_ids, body.priority, principal.name)}

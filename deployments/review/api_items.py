"""Endpoints of one item: its document, its frames, its preview, its history, and the work on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Response

from deid_core import ingest
from deid_core.audit import AuditRecord
from deid_core.errors import UsageError
from deid_core.review import Edit
from deployments.review import asked, drawing, frames
from deployments.review.access import SEES_ALL, Caller, Configured
from deployments.review.documents import location_from
from deployments.review.opening import Closed, Opened, item_of, masked, may_see_raw, raw, steps_of
from deployments.review.resuming import resume
from infra import audit_log
from infra import review_queue as queue
from infra.accounts import Principal
from infra.review_queue import Completion, Item, Loaded
from infra.settings import Settings, load_key
from tasks.run import digest, opened

router = APIRouter(prefix="/api/items", tags=["items"])
PNG = "image/png"


@router.get("/{item_id}")
def item(item_id: asked.Number, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Return an item, one's turn at it, and its versions: places and labels, no values."""
    loaded = item_of(settings, principal, item_id)
    return {
        "item": loaded.item.model_dump(),
        "turn": loaded.turn.model_dump() if loaded.turn else None,
        "current": loaded.current.number,
        "versions": [_version(loaded.item, held) for held in whole(settings, loaded)],
    }


@router.post("/{item_id}/claim", tags=["turns"])
def claim(item_id: asked.Number, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Take one chosen item; 409 where somebody else holds it."""
    taken = queue.claim_item(settings.database_url, item_id, principal.name, steps=steps_of(principal))
    return {"turn_id": taken.turn.id, "item_id": taken.item.id}


@router.get("/{item_id}/text")
def text(item_id: asked.Number, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Return a document's texts in blocks, as lines, with the current version's spans."""
    held = raw(settings, principal, item_id, "text")
    blocks = [
        {
            "block": block.number,
            "title": block.title,
            "place": block.key,
            "lines": [block.text[line.start : line.end] for line in block.lines],
        }
        for block in held.view.blocks
    ]
    return {
        "blocks": blocks,
        "frames": len(held.view.frames),
        "current": _version(held.loaded.item, held.loaded.current),
    }


@router.get("/{item_id}/frames/{number}", response_class=Response, responses={200: {"content": {PNG: {}}}})
def frame(item_id: asked.Number, number: asked.Number, principal: Caller, settings: Configured) -> Response:
    """Return a frame as a PNG."""
    held = raw(settings, principal, item_id, f"frame {number}")
    return Response(frames.png(held.document, *frames.named(held.view, number)), media_type=PNG)


@router.get("/{item_id}/frames/{number}/words")
def words(item_id: asked.Number, number: asked.Number, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Return the text that is read in a frame, with each word's box, and the frame's spans."""
    held = raw(settings, principal, item_id, f"words of frame {number}")
    part, index = frames.named(held.view, number)
    return {
        "size": frames.size(held.document, part, index),
        "words": frames.words(held.document, part, index, held.run.policy),
        "boxes": frames.boxes(held.loaded.current.spans, part, index),
    }


@router.get("/{item_id}/preview", response_class=Response)
def preview(item_id: asked.Number, principal: Caller, settings: Configured, version: asked.Number = 0) -> Response:
    """Return the very bytes that an export of a version (0: the current one) writes; their SHA-256 is the ETag."""
    held = masked(settings, principal, item_id)
    data = held.export(_spans(settings, held, principal, version))
    kind = "application/octet-stream"  # never shown by a browser as what it may be
    return Response(data, media_type=kind, headers={"ETag": f'"{digest(data)}"', "Content-Disposition": "attachment"})


@router.get("/{item_id}/preview/view")
def preview_view(item_id: asked.Number, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Return what an export of the current version holds, as text in blocks, and the SHA-256 of its bytes."""
    held = masked(settings, principal, item_id)
    cleaned = held.cleaned(_spans(settings, held, principal))
    return {"sha256": digest(ingest.write(cleaned)), "blocks": drawing.plain_blocks(cleaned)}


@router.get("/{item_id}/preview/frames/{number}", response_class=Response, responses={200: {"content": {PNG: {}}}})
def preview_frame(item_id: asked.Number, number: asked.Number, principal: Caller, settings: Configured) -> Response:
    """Return a frame as an export of the current version shows it."""
    held = masked(settings, principal, item_id)
    return Response(frames.png(*held.picture(_spans(settings, held, principal), number)), media_type=PNG)


@router.get("/{item_id}/history")
def history(
    item_id: asked.Number, principal: Caller, settings: Configured, offset: asked.Number = 0, limit: asked.Page = 1000
) -> list[dict[str, Any]]:
    """Return every act on an item, in order; of other reviewers' only once it is decided between them."""
    loaded = item_of(settings, principal, item_id)
    return [event.model_dump() for event in events(settings, principal, loaded, offset, limit)]


def events(
    settings: Settings, principal: Principal, loaded: Loaded, offset: int = 0, limit: int = 1000
) -> list[queue.Event]:
    """Return an item's history as far as a person may know of it."""
    found = queue.history(settings.database_url, loaded.item.id or 0, offset, limit)
    return [one for one in found if one.act == queue.Status.SENT_BACK or _may_know_of(one.who, principal, loaded)]


@router.get("/{item_id}/records")
def records(item_id: asked.Number, principal: Caller, settings: Configured) -> list[dict[str, Any]]:
    """Return what the audit holds of an item, in order: from the source's hash by every act to the output's hash."""
    return [asdict(one) for one in chain(settings, principal, item_of(settings, principal, item_id))]


def chain(settings: Settings, principal: Principal, loaded: Loaded) -> list[AuditRecord]:
    """Return the records of an item's run about it, as far as a person may know of them."""
    found = audit_log.history(settings.database_url, loaded.item.asset_id)
    return [
        one
        for one in found
        if one.flow_run_id == loaded.batch.flow_run_id
        and (one.role == "pipeline" or _may_know_of(one.agent, principal, loaded))
    ]


def _may_know_of(who: str, principal: Principal, loaded: Loaded) -> bool:
    """Say whether a person may know what somebody did: of other reviewers only once it is decided between them."""
    if principal.roles & SEES_ALL or loaded.item.truth is not None:
        return True
    return who in {principal.name, "", *(held.who for held in loaded.completions)}


@router.get("/{item_id}/compare")
def compare(
    item_id: asked.Number, left: asked.Number, right: asked.Number, principal: Caller, settings: Configured
) -> list[dict[str, Any]]:
    """Return how two versions differ, span by span: places and labels, no values."""
    return [asdict(one) for one in differences(settings, item_of(settings, principal, item_id), left, right)]


def differences(settings: Settings, loaded: Loaded, left: int, right: int) -> list[queue.Difference]:
    """Return how two versions differ; UsageError for one that the person does not know of."""
    if not {left, right} <= {held.number for held in loaded.completions}:
        raise UsageError("there is no such version")
    return queue.compare(settings.database_url, loaded.item.id or 0, left, right)


@router.get("/{item_id}/comments")
def comments(item_id: asked.Number, principal: Caller, settings: Configured) -> list[dict[str, Any]]:
    """Return what people said about an item; of a blind reviewer's only what they said themselves."""
    held = raw(settings, principal, item_id, "comments")  # they may quote it
    said = queue.comments(settings.database_url, load_key(settings), item_id)
    return [asdict(one) for one in said if not held.loaded.blind or one.who == principal.name]


@router.post("/{item_id}/comments", status_code=201)
def comment(item_id: asked.Number, body: asked.NewComment, principal: Caller, settings: Configured) -> dict[str, int]:
    """Say something about an item or one of its spans; it is kept sealed under the project key."""
    if not may_see_raw(principal, item_of(settings, principal, item_id)):
        raise Closed("this document is not yours to see: take it first")
    key = load_key(settings)
    return {"id": queue.comment(settings.database_url, key, item_id, principal.name, body.text, body.span_id)}


@router.post("/{item_id}/edits")
def edits(item_id: asked.Number, body: asked.Edits, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Change spans and save that as a version; 409 where the version or the text at a place is not the one seen."""
    held = raw(settings, principal, item_id, "edits")
    _same_turn(held.loaded, body.turn_id)
    before = held.loaded.current.spans
    changes = [_edit(held, one) for one in body.edits]
    saved = queue.save(settings.database_url, body.turn_id, principal.name, changes, body.expected, body.seconds)
    return {
        "current": saved.number,
        "lines": drawing.changed_lines(held.view, before, saved.spans),
        "spans": [drawing.summary(span, held.view) for span in saved.spans],
    }


@router.post("/{item_id}/clone")
def clone(item_id: asked.Number, body: asked.Clone, principal: Caller, settings: Configured) -> dict[str, int]:
    """Go on from another version than one's own: a copy of it becomes one's last, and every version stays."""
    _same_turn(item_of(settings, principal, item_id), body.turn_id)
    made = queue.clone(settings.database_url, body.turn_id, principal.name, body.number, body.expected)
    return {"item_id": item_id, "current": made.number}


@router.post("/{item_id}/submit")
def submit(
    item_id: asked.Number, body: asked.Submission, principal: Caller, settings: Configured, later: BackgroundTasks
) -> dict[str, Any]:
    """Decide an item; the run goes on by itself when it was the last. 422 where the policy's checklist is left open."""
    loaded = item_of(settings, principal, item_id)
    _same_turn(loaded, body.turn_id)
    rules = opened(loaded.batch.flow_run_id).policy.review
    outcome = queue.submit(
        settings.database_url,
        body.turn_id,
        principal.name,
        body.verdict,
        body.expected,
        reason=body.reason,
        rank=rules.rank_of(principal.name),
        seconds=body.seconds,
        questions=rules.checklist,
        yes=body.checklist,
    )
    return _decided(later, loaded, outcome)


@router.post("/{item_id}/adjudicate")
def adjudicate(
    item_id: asked.Number, body: asked.Adjudication, principal: Caller, settings: Configured, later: BackgroundTasks
) -> dict[str, Any]:
    """Choose one version as the ground truth."""
    loaded = item_of(settings, principal, item_id)
    _same_turn(loaded, body.turn_id)
    outcome = queue.adjudicate(
        settings.database_url,
        body.turn_id,
        principal.name,
        body.number,
        body.expected,
        verdict=body.verdict,
        reason=body.reason,
        seconds=body.seconds,
    )
    return _decided(later, loaded, outcome)


def _decided(later: BackgroundTasks, loaded: Loaded, outcome: queue.Outcome) -> dict[str, Any]:
    if outcome.batch_done:
        later.add_task(resume, loaded.batch.flow_run_id)
    return {"status": outcome.item.status, "batch_id": loaded.batch.id, "batch_done": outcome.batch_done}


def _edit(held: Opened, one: asked.EditAsked) -> Edit:
    place = location_from(held.view, held.document, one.place) if one.place is not None else None
    return Edit(one.act, one.span_id, one.entity_type, place)


def _spans(settings: Settings, held: Opened, principal: Principal, version: int = 0) -> list[dict[str, Any]]:
    """Return the spans of a version; who sees masked only gets the ground truth and no other."""
    if not may_see_raw(principal, held.loaded):
        version = held.loaded.item.truth or 0
    wanted = version or held.loaded.current.number
    current = held.loaded.current
    return current.spans if wanted == current.number else version_of(settings, held.loaded, wanted).spans


def version_of(settings: Settings, loaded: Loaded, number: int) -> Completion:
    """Return a version with its spans; UsageError for one that the person does not know of."""
    if number not in {held.number for held in loaded.completions}:
        raise UsageError("there is no such version")
    return queue.completion(settings.database_url, loaded.item.id or 0, number)


def whole(settings: Settings, loaded: Loaded) -> list[Completion]:
    """Return the versions that the person knows of, each with its spans."""
    known = {held.number for held in loaded.completions}
    return [one for one in queue.completions(settings.database_url, loaded.item.id or 0) if one.number in known]


def _same_turn(loaded: Loaded, turn_id: int) -> None:
    if loaded.turn is None or loaded.turn.id != turn_id:
        raise queue.Conflict("that turn is not yours, or is not at this item")


def is_deidentified(item: Item, number: int) -> bool:
    """Say whether a version is the one by which an item was de-identified and released."""
    return item.tag == queue.DEIDENTIFIED and item.truth == number


def _version(item: Item, held: Completion) -> dict[str, Any]:
    return held.model_dump(exclude={"id", "item_id"}) | {"deidentified": is_deidentified(item, held.number)}

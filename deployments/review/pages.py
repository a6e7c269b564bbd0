"""The pages: what a person sees. They change nothing; every button calls an endpoint of the API."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

from deid_core.entities import EntityType
from deid_core.model import CellRef, TextSpan
from deid_core.policy import shipped
from deployments.review import api_batches, asked, drawing, frames
from deployments.review.access import SEES_ALL, SEES_RAW, Caller, Configured, csrf_of, session_token, settings_of
from deployments.review.api_items import chain, differences, events, is_deidentified, version_of, whole
from deployments.review.card import card, cards, kind_of
from deployments.review.documents import Block, View
from deployments.review.opening import Opened, item_of, lets_pass, may_see_raw, raw, steps_of
from infra import accounts
from infra import review_queue as queue
from infra.accounts import Role, Scope
from infra.review_queue import Completion, Difference, Loaded, Status
from tasks import policies
from tasks.run import opened, workspace_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
templates = Jinja2Templates(str(files("deployments.review").joinpath("templates")))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
templates.env.globals.update(
    act_of=drawing.act_of,
    told_of=drawing.told_of,
    group_of=drawing.group_of,
    letter_of=drawing.letter_of,
    state_of=drawing.state_of,
    tag_of=drawing.tag_of,
    where_of=drawing.where_of,
    by_group=drawing.guidelines_by_group,
    kind_of=kind_of,
    deidentified=is_deidentified,
    groups=drawing.labels()["groups"],
)
OURS = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*")  # browsers take "//" and "/\\" for a host, and leave tabs out
ROWS = 100  # of a table a page shows at once
EARLIER = 20  # batches that are closed
STILLS = 6  # frames that are compared on a page
ROUTES = asked.Route.__args__  # type: ignore[attr-defined]
REASONS = asked.Reason.__args__  # type: ignore[attr-defined]


@router.get("/sign-in")
def sign_in(request: Request, to: str = "/") -> HTMLResponse:
    """Show the form to sign in; `to` is a page of ours to go on to."""
    return show(request, "sign_in.html", to=own_page(to), settings=settings_of(request))


def own_page(to: str) -> str:
    """Return an address where it is a page of ours, and the first page where it may be another site's."""
    return to if OURS.fullmatch(to) else "/"


def signed_in(request: Request, to: str) -> HTMLResponse:
    """Show that somebody is signed in, and go on to a page of ours."""
    return show(request, "signed_in.html", to=to)


@router.get("/")
def home(request: Request, principal: Caller, settings: Configured) -> HTMLResponse:
    """Show what waits for whoever is signed in."""
    url = settings.database_url
    if principal.roles == {Role.ADMIN}:
        return show(request, "home.html", no_documents=True, can_claim=False)
    return show(
        request,
        "home.html",
        batches=cards(settings, queue.batches(url)),
        earlier=cards(settings, queue.batches(url, "closed")[:EARLIER]),
        turns=queue.my_turns(url, principal.name) if steps_of(principal) else [],
        can_claim=bool(steps_of(principal)),
    )


@router.get("/batches/{batch_id}")
def batch(
    request: Request,
    batch_id: str,
    principal: Caller,
    settings: Configured,
    filters: Annotated[asked.Filters, Query()],
) -> HTMLResponse:
    """Show a batch: how far it is, its items, and what may be done to many of them."""
    url = settings.database_url
    found, following = api_batches.page(url, batch_id, filters)
    people = [held for held in accounts.users(url) if held.active and Role.REVIEWER in held.roles]
    held, far = queue.batch(url, batch_id), queue.progress(url, batch_id)
    chosen = filters.model_dump(mode="json")
    shares = Role.STEWARD in principal.roles
    return show(
        request,
        "batch.html",
        batch=held,
        told=card(settings, held, far.items),
        holders=queue.holders(url, [one.id or 0 for one in found]) if shares else {},
        routes=ROUTES,
        policies=[*shipped(), *policies.names(workspace_of(settings))] if shares else [],
        query=urlencode({name: value for name, value in chosen.items() if value and name != "after"}, doseq=True),
        progress=far,
        items=found,
        next=following,
        chosen=chosen,
        statuses=[str(one) for one in Status],
        labels=[str(one) for one in EntityType],
        reviewers=[one.name for one in people],
        reasons=REASONS,
        can_claim=bool(steps_of(principal)),
    )


@router.get("/batches/{batch_id}/quality")
def quality(request: Request, batch_id: str, settings: Configured) -> HTMLResponse:
    """Show how good detectors and reviewers were, as far as the batch is decided."""
    url = settings.database_url
    held, told = queue.batch(url, batch_id), queue.figures(url, batch_id)
    return show(request, "quality.html", batch=held, told=told)


@router.get("/items/{item_id}", response_model=None)
def item(
    request: Request, item_id: asked.Number, principal: Caller, settings: Configured, row: asked.Number = 0
) -> HTMLResponse | RedirectResponse:
    """Show a document with its findings; to a masked role what an export of it holds, once it is decided."""
    loaded = item_of(settings, principal, item_id)
    if not may_see_raw(principal, loaded):
        told = {"shown": lets_pass(loaded), "can_claim": bool(steps_of(principal))}
        return show(request, "masked.html", loaded=loaded, **told)
    held = raw(settings, principal, item_id, "document")
    return show(request, "document.html", held=held, loaded=loaded, reasons=REASONS, **_drawn(held, row))


@router.get("/items/{item_id}/history")
def history(request: Request, item_id: asked.Number, principal: Caller, settings: Configured) -> HTMLResponse:
    """Show every act on an item, and its chain of records from the source to what left."""
    loaded = item_of(settings, principal, item_id)
    acts, held = events(settings, principal, loaded), chain(settings, principal, loaded)
    told: dict[str, Any] = {"versions": whole(settings, loaded), "confirmed": _confirmed(loaded)}
    return show(request, "history.html", loaded=loaded, events=acts, records=held, **told)


@router.get("/items/{item_id}/compare")
def compare(
    request: Request,
    item_id: asked.Number,
    principal: Caller,
    settings: Configured,
    left: asked.Number = 0,
    right: asked.Number = 0,
) -> HTMLResponse:
    """Show two versions of a document side by side, differences marked: at first what the last two people submitted."""
    held = raw(settings, principal, item_id, "compare")
    versions = {one.number: one for one in held.loaded.completions}
    numbers = sorted(versions)
    people = [one for one in numbers if versions[one].status == "submitted" and versions[one].origin == "person"]
    first, last = people[-2:] if len(people) > 1 else (numbers[0], numbers[-1])
    left, right = left if left in versions else first, right if right in versions else last
    found = [one for one in differences(settings, held.loaded, left, right) if one.kind != "same"]
    marked = {side["id"]: one.kind for one in found for side in (one.left, one.right) if side}
    chosen = [version_of(settings, held.loaded, number) for number in (left, right)]
    sides = [(version, _lines(held.view, version.spans)) for version in chosen]
    told: dict[str, Any] = {"sides": sides, "found": found, "marked": marked}
    told["versions"] = [versions[number] for number in numbers]
    stills = _stills(held, found, [version.spans for version, _ in sides])
    told["guides"] = drawing.guidelines(held.run.policy.review.guidelines)
    return show(request, "compare.html", held=held, loaded=held.loaded, stills=stills, **told)


@router.get("/account")
def account(request: Request, principal: Caller, settings: Configured) -> HTMLResponse:
    """Show one's own roles and tokens."""
    held = accounts.tokens(settings.database_url, principal.name)
    return show(request, "account.html", tokens=held, scopes=[str(one) for one in Scope])


@router.get("/users")
def users(request: Request, settings: Configured) -> HTMLResponse:
    """Show the users."""
    held = accounts.users(settings.database_url)
    return show(request, "users.html", users=held, every_role=[str(one) for one in Role], posts=_posts())


@cache
def _posts() -> dict[str, Any]:
    """Return the posts of a house, each with a title and the roles that fit it."""
    return tomllib.loads(files("deployments.review").joinpath("posts.toml").read_text("utf-8"))


def failed(request: Request, status: int, detail: str) -> HTMLResponse:
    """Show what went wrong."""
    return show(request, "failed.html", status, status=status, detail=detail)


def show(request: Request, name: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Return a page with what all pages know: who is signed in, and what they may do."""
    principal = getattr(request.state, "principal", None)
    roles = {str(role) for role in principal.roles} if principal else set()
    shared = {"principal": principal, "roles": roles, "csrf": csrf_of(settings_of(request), session_token(request))}
    shared["sees_all"] = bool(principal and principal.roles & SEES_ALL)
    shared["sees_batches"] = bool(principal and principal.roles - {Role.ADMIN})
    shared["works"] = bool(principal and principal.roles & SEES_RAW)
    return templates.TemplateResponse(request, name, {**shared, **context}, status_code)


def _drawn(held: Opened, row: int) -> dict[str, Any]:
    """Return what the document page draws: its blocks by kind, rows of a table from `row` on, spans and labels."""
    spans, view = held.loaded.current.spans, held.view
    texts = [block for block in view.blocks if isinstance(block.base, TextSpan)]
    rows = _rows(view)
    chosen = sorted(rows)[row : row + ROWS]
    blocks = [*texts, *(block for block in view.blocks if block.vr), *(cell for one in chosen for cell in rows[one])]
    return {
        "lines": _lines(view, spans, blocks),
        "texts": texts,
        "elements": [block for block in view.blocks if block.vr],
        "rows": [rows[one] for one in chosen],
        "row": row,
        "more_rows": len(rows),
        "spans": [drawing.summary(span, view) for span in spans],
        "wholes": _wholes(view, spans),
        "counts": Counter(span["entity_type"] for span in spans if span["verdict"] != "keep"),
        "guides": drawing.guidelines(held.run.policy.review.guidelines),
        "checklist": held.run.policy.review.checklist,
        "frames": len(view.frames),
    }


def _confirmed(loaded: Loaded) -> list[tuple[Completion, str, bool]]:
    """Return each answer to the policy's checklist in the versions that a person may know of, with its question."""
    given = [(version, one) for version in loaded.completions for one in version.checklist or ()]
    if not given:
        return []
    questions = queue.asked_of(opened(loaded.batch.flow_run_id).policy.review.checklist)
    texts = {one["sha256"]: one["question"] for one in questions}
    return [(version, texts.get(one["sha256"], f"question {one['number']}"), one["yes"]) for version, one in given]


def _stills(
    held: Opened, found: list[Difference], sides: list[list[dict[str, Any]]]
) -> list[tuple[int, dict[str, int], list[list[dict[str, Any]]]]]:
    """Return the frames in which boxes differ, the first few: number, size, and the boxes of each side."""
    places = [side["location"] for one in found for side in (one.left, one.right) if side]
    differing = {(place["part"], place["frame"]) for place in places if place["kind"] == "box"}
    numbered = [(number, *one) for number, one in enumerate(held.view.frames) if one in differing]
    return [
        (number, frames.size(held.document, part, frame), [frames.boxes(spans, part, frame) for spans in sides])
        for number, part, frame in numbered[:STILLS]
    ]


def _rows(view: View) -> dict[str, list[Block]]:
    """Return the cells of each row of a table, by its part."""
    rows: dict[str, list[Block]] = {}
    for block in view.blocks:
        if isinstance(block.base, CellRef):
            rows.setdefault(f"{block.row:012d} {block.base.part}", []).append(block)
    return rows


def _lines(view: View, spans: list[dict[str, Any]], blocks: list[Block] | None = None) -> dict[int, list[Any]]:
    placed = drawing.placed(view, spans)
    wanted = view.blocks if blocks is None else blocks
    return {block.number: drawing.lines_of(block, placed.get(block.number, ())) for block in wanted}


def _wholes(view: View, spans: list[dict[str, Any]]) -> Mapping[int, dict[str, Any]]:
    """Return the span of each block that has one over all of it."""
    placed = drawing.placed(view, spans)
    return {number: dict(one.span) for number, held in placed.items() for one in held if one.whole}

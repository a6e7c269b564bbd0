"""Endpoints of policies: what comes with the package, what people saved, and runs under another one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from deid_core import resources as known
from deid_core.audit import AuditRecord
from deid_core.errors import UsageError
from deid_core.policy import load_policy, shipped
from deployments.review import asked
from deployments.review.access import Caller, Configured, main_role
from deployments.review.starting import start_again
from infra import audit_log
from infra import review_queue as queue
from infra.settings import Settings
from tasks import policies
from tasks.policies import Saved
from tasks.policy_file import written
from tasks.run import workspace_of

router = APIRouter(prefix="/api", tags=["policies"])


@router.get("/policies")
def listed(settings: Configured) -> list[dict[str, Any]]:
    """List the policies that come with the package and the last versions of those that were saved here."""
    return [_told(held) for held in every(settings)]


@router.get("/policies/{name}")
def policy(name: asked.Name, settings: Configured, number: asked.Number = 0) -> dict[str, Any]:
    """Return a policy with all its fields: the last version, or the one of a number."""
    held = found(settings, name, number)
    return _told(held) | {"policy": held.policy.model_dump(mode="json")}


@router.get("/policies/{name}/file", response_class=Response)
def file(name: asked.Name, settings: Configured, number: asked.Number = 0) -> Response:
    """Return a policy as the TOML file that `deidflow run --policy` takes."""
    held = found(settings, name, number)
    headers = {"Content-Disposition": f'attachment; filename="{held.policy.name}.toml"'}
    return Response(written(held.policy).encode(), media_type="application/toml", headers=headers)


@router.get("/resources")
def resources(
    settings: Configured, policy: asked.Name = "", kind: asked.Name = "", reads: asked.Name = ""
) -> list[dict[str, Any]]:
    """List what a policy can name, each with its kind and version; with a policy, what it brings and uses, too.

    `kind` (as `detector`) and `reads` (as `pixels`, or `text/csv`) leave the rest out; 422 for one that is nobody's.
    """
    held = found(settings, policy).policy if policy else None
    try:
        return [one.as_dict() for one in known.resources(held, kind, reads)]
    except UsageError as error:  # not 404, as of a page that is not there
        raise HTTPException(422, str(error)) from None


@router.post("/policies/{name}", status_code=201)
def save(name: asked.Name, body: asked.NewPolicy, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Save a policy as its next version; 409 where another came between, 422 with each field that does not hold."""
    held = policies.save(workspace_of(settings), name, body.policy, body.expected, principal.name)
    who = (principal.name, main_role(principal))
    record = AuditRecord(
        *who, "policy.saved", f"policy:{name}@{held.number}", "asked", policy_sha256=held.policy.sha256
    )
    audit_log.append(settings.database_url, [record])
    return _told(held)


@router.post("/batches/{batch_id}/rerun", status_code=202, tags=["batches"])
def rerun(batch_id: str, body: asked.Rerun, principal: Caller, settings: Configured) -> dict[str, str]:
    """Run a batch's source again under a policy, as a run and a batch of its own; asked again, it names that run."""
    run_id = queue.batch(settings.database_url, batch_id).flow_run_id
    held = found(settings, *_split(body.policy))
    name = f"{held.name}@{held.number}" if held.number else held.name
    begun = start_again(settings, run_id, name, body.review)
    who = (principal.name, main_role(principal))
    record = AuditRecord(
        *who, "run.asked", f"batch:{batch_id}", name, flow_run_id=begun, policy_sha256=held.policy.sha256
    )
    audit_log.append(settings.database_url, [record])
    return {"run_id": begun, "policy": name}


def every(settings: Settings) -> list[Saved]:
    """Return every policy: those of the package, then the last version of each that was saved."""
    store = workspace_of(settings)
    own = [policies.version(store, name, policies.last(store, name)) for name in policies.names(store)]
    return [*(found(settings, name) for name in shipped()), *own]


def found(settings: Settings, name: str, number: int = 0) -> Saved:
    """Return a policy by its name; raise PolicyError where there is none of it."""
    if name in shipped() and not number:
        return Saved(name, 0, "", "", load_policy(name))
    store = workspace_of(settings)
    return policies.version(store, name, number or policies.last(store, name))


def _split(name: str) -> tuple[str, int]:
    base, _, number = name.partition("@")
    return base, int(number or 0)


def _told(held: Saved) -> dict[str, Any]:
    fields = held.policy.model_dump(mode="json", include={"title", "basis", "purpose", "release_class"})
    told = {"name": held.name, "number": held.number, "shipped": not held.number, "who": held.who, "at": held.at}
    return told | fields | {"sha256": held.policy.sha256}

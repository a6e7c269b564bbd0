"""Endpoints of sessions, users and tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from deid_core.audit import AuditRecord
from deployments.review import asked
from deployments.review.access import COOKIE, Caller, Configured, csrf_of, main_role, sealed, session_token
from infra import accounts, audit_log
from infra.accounts import Principal
from infra.settings import Settings

router = APIRouter(prefix="/api")


@router.post("/session", tags=["session"])
def sign_in(body: asked.SignIn, request: Request, response: Response, settings: Configured) -> dict[str, str]:
    """Sign in by password: sets the session's cookie and returns its CSRF token."""
    if not settings.password_sign_in:
        raise accounts.NotAdmitted("nobody signs in by password here")
    try:
        token = accounts.sign_in(settings.database_url, body.name, body.password, address_of(request))
    except accounts.WrongPassword:
        known = any(held.name == body.name for held in accounts.users(settings.database_url))
        refused(settings, "password", f"user:{body.name}" if known else "user:unknown")
        raise
    record = AuditRecord(body.name, "user", "session.begin", f"user:{body.name}", "password")
    audit_log.append(settings.database_url, [record])
    set_cookie(request, response, settings, token)
    return {"name": body.name, "csrf": csrf_of(settings, token)}


def refused(settings: Settings, reason: str, entity: str = "user:unknown") -> None:
    """Record a sign-in that failed. What was typed as a name is recorded only where it is one: it may be a password."""
    audit_log.append(settings.database_url, [AuditRecord("unknown", "user", "session.refused", entity, reason)])


def address_of(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else ""


def set_cookie(request: Request, response: Response, settings: Settings, token: str) -> None:
    """Give the browser a session: not readable by scripts, not sent by other sites."""
    response.set_cookie(
        COOKIE,
        sealed(settings, token),
        max_age=accounts.SESSION_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.delete("/session", tags=["session"], status_code=204)
def sign_out(request: Request, response: Response, principal: Caller, settings: Configured) -> None:
    """Sign out."""
    accounts.sign_out(settings.database_url, session_token(request))
    _record(settings, principal, "session.end", f"user:{principal.name}")
    response.delete_cookie(COOKIE)


@router.get("/me", tags=["session"])
def me(request: Request, principal: Caller, settings: Configured) -> dict[str, Any]:
    """Say who is signed in, with which roles and scopes, and the CSRF token of the session ("" without one)."""
    token = session_token(request)
    told = {"name": principal.name, "roles": sorted(principal.roles), "scopes": sorted(principal.scopes)}
    return told | {"csrf": csrf_of(settings, token) if token else ""}


@router.get("/tokens", tags=["accounts"])
def tokens(principal: Caller, settings: Configured) -> list[dict[str, Any]]:
    """List one's own API tokens, without their secrets."""
    return [held.model_dump() for held in accounts.tokens(settings.database_url, principal.name)]


@router.post("/tokens", tags=["accounts"], status_code=201)
def new_token(body: asked.NewToken, principal: Caller, settings: Configured) -> dict[str, str]:
    """Make an API token of one's own; it is shown this once."""
    made = accounts.new_token(settings.database_url, principal.name, body.label, body.scopes, body.days)
    _record(settings, principal, "token.new", f"user:{principal.name}")
    return {"token": made}


@router.delete("/tokens/{token_id}", tags=["accounts"], status_code=204)
def revoke_token(token_id: str, principal: Caller, settings: Configured) -> None:
    """Revoke one of one's own API tokens."""
    accounts.revoke_token(settings.database_url, principal.name, token_id)
    _record(settings, principal, "token.revoke", f"user:{principal.name}")


@router.get("/users", tags=["accounts"])
def users(settings: Configured) -> list[dict[str, Any]]:
    """List the users."""
    return [{"name": held.name, "roles": held.roles, "active": held.active} for held in _users(settings)]


@router.post("/users", tags=["accounts"], status_code=201)
def add_user(body: asked.NewUser, principal: Caller, settings: Configured) -> dict[str, str]:
    """Add a user."""
    accounts.add_user(settings.database_url, body.name, body.roles, body.password, body.subject)
    _record(settings, principal, "user.add", f"user:{body.name}", ", ".join(body.roles))
    return {"name": body.name}


@router.patch("/users/{name}", tags=["accounts"])
def change_user(name: str, body: asked.ChangedUser, principal: Caller, settings: Configured) -> dict[str, str]:
    """Change a user's roles or password, or let them in no longer; their sessions end."""
    accounts.change_user(settings.database_url, name, roles=body.roles, password=body.password, active=body.active)
    changed = ", ".join(field for field in body.model_fields_set if getattr(body, field) is not None)
    _record(settings, principal, "user.change", f"user:{name}", changed)
    return {"name": name}


def _users(settings: Settings) -> list[accounts.User]:
    return accounts.users(settings.database_url)


def _record(settings: Settings, principal: Principal, activity: str, entity: str, reason: str = "asked") -> None:
    record = AuditRecord(principal.name, main_role(principal), activity, entity, reason or "asked")
    audit_log.append(settings.database_url, [record])

"""Who may call what: one table of role by endpoint, and the guard that every request passes. What is not in it is shut.

`RAW` marks the endpoints whose answers may hold values of the source; no role outside `SEES_RAW` stands there, and the
only way to such values (`opening.raw`) asks again and writes the audit.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from infra import accounts
from infra.accounts import Principal, Role, Scope
from infra.settings import Settings, load_key

COOKIE = "deidflow_session"
SAFE = ("GET", "HEAD", "OPTIONS")
R, J, L, S, A, M = Role.REVIEWER, Role.ADJUDICATOR, Role.RELEASER, Role.STEWARD, Role.AUDITOR, Role.ADMIN
SEES_RAW = frozenset({R, J})
SEES_ALL = frozenset({J, S, A, L})  # versions of other reviewers, before it is decided between them


@dataclass(frozen=True, slots=True)
class Access:
    """Say who may call an endpoint, with which scope of a token, and whether it may answer with raw values."""

    roles: frozenset[Role]
    scope: Scope = Scope.READ
    raw: bool = False


def _for(*roles: Role, scope: Scope = Scope.READ, raw: bool = False) -> Access:
    return Access(frozenset(roles), scope, raw)


ANYONE = Access(frozenset())  # also who has not signed in
EVERYONE = _for(*Role)
SEES_BATCHES = _for(R, J, L, S, A)
JUDGES = _for(J, L, S, A)  # not reviewers: it tells of answers that blind ones must not know
WORKS = _for(R, J, scope=Scope.REVIEW)
WORKS_RAW = _for(R, J, scope=Scope.REVIEW, raw=True)
READS_RAW = _for(R, J, raw=True)
MANAGES = _for(S, scope=Scope.MANAGE)
ADMINISTERS = _for(M, scope=Scope.ADMIN)

ACCESS: dict[tuple[str, str], Access] = {
    # pages
    ("GET", "/sign-in"): ANYONE,
    ("GET", "/sign-in/provider"): ANYONE,
    ("GET", "/sign-in/callback"): ANYONE,
    ("GET", "/"): EVERYONE,
    ("GET", "/batches/{batch_id}"): SEES_BATCHES,
    ("GET", "/batches/{batch_id}/quality"): JUDGES,
    ("GET", "/items/{item_id}"): SEES_BATCHES,
    ("GET", "/items/{item_id}/history"): SEES_BATCHES,
    ("GET", "/items/{item_id}/compare"): READS_RAW,
    ("GET", "/account"): EVERYONE,
    ("GET", "/users"): ADMINISTERS,
    ("GET", "/policies"): SEES_BATCHES,
    ("GET", "/policies/{name}"): SEES_BATCHES,
    # who is there
    ("POST", "/api/session"): ANYONE,
    ("DELETE", "/api/session"): EVERYONE,
    ("GET", "/api/me"): EVERYONE,
    ("GET", "/api/openapi.json"): EVERYONE,
    ("GET", "/api/tokens"): EVERYONE,
    ("POST", "/api/tokens"): _for(*Role, scope=Scope.ADMIN),
    ("DELETE", "/api/tokens/{token_id}"): _for(*Role, scope=Scope.ADMIN),
    ("GET", "/api/users"): ADMINISTERS,
    ("POST", "/api/users"): ADMINISTERS,
    ("PATCH", "/api/users/{name}"): ADMINISTERS,
    # what is done about which label
    ("GET", "/api/policies"): SEES_BATCHES,
    ("GET", "/api/policies/{name}"): SEES_BATCHES,
    ("GET", "/api/policies/{name}/file"): SEES_BATCHES,
    ("POST", "/api/policies/{name}"): MANAGES,
    ("GET", "/api/resources"): SEES_BATCHES,
    # what waits
    ("GET", "/api/batches"): SEES_BATCHES,
    ("GET", "/api/batches/{batch_id}"): SEES_BATCHES,
    ("GET", "/api/batches/{batch_id}/items"): SEES_BATCHES,
    ("GET", "/api/batches/{batch_id}/guidelines"): SEES_BATCHES,
    ("GET", "/api/batches/{batch_id}/quality"): JUDGES,
    ("GET", "/api/turns"): _for(R, J),
    ("POST", "/api/batches/{batch_id}/claim"): WORKS,
    ("POST", "/api/items/{item_id}/claim"): WORKS,
    ("POST", "/api/turns/{turn_id}/heartbeat"): WORKS,
    ("POST", "/api/turns/{turn_id}/release"): WORKS,
    # one document
    ("GET", "/api/items/{item_id}"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/text"): READS_RAW,
    ("GET", "/api/items/{item_id}/frames/{number}"): READS_RAW,
    ("GET", "/api/items/{item_id}/frames/{number}/words"): READS_RAW,
    ("GET", "/api/items/{item_id}/preview"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/export"): _for(L, scope=Scope.RELEASE),
    ("GET", "/api/items/{item_id}/preview/view"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/preview/frames/{number}"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/history"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/records"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/compare"): SEES_BATCHES,
    ("GET", "/api/items/{item_id}/comments"): READS_RAW,
    ("POST", "/api/items/{item_id}/comments"): WORKS_RAW,
    ("POST", "/api/items/{item_id}/edits"): WORKS_RAW,
    ("POST", "/api/items/{item_id}/clone"): WORKS,
    ("POST", "/api/items/{item_id}/submit"): WORKS,
    ("POST", "/api/items/{item_id}/adjudicate"): _for(J, scope=Scope.REVIEW),
    # many at once
    ("POST", "/api/batches/{batch_id}/decide"): _for(L, scope=Scope.RELEASE),
    ("POST", "/api/batches/{batch_id}/assign"): MANAGES,
    ("POST", "/api/batches/{batch_id}/unassign"): MANAGES,
    ("POST", "/api/batches/{batch_id}/reset"): MANAGES,
    ("POST", "/api/batches/{batch_id}/redetect"): MANAGES,
    ("POST", "/api/batches/{batch_id}/priority"): MANAGES,
    ("POST", "/api/batches/{batch_id}/rerun"): MANAGES,
}


def settings_of(request: Request) -> Settings:
    """Return the settings that the pages were started with."""
    held: Settings = request.app.state.settings
    return held


def sealed(settings: Settings, token: str) -> str:
    """Return a session token as its cookie holds it: with a signature under the project key."""
    return f"{token}.{signature(settings, 'review-cookie', token)}"


def csrf_of(settings: Settings, token: str) -> str:
    """Return the CSRF token of a session; pages carry it, other sites cannot read it."""
    return signature(settings, "review-csrf", token)


def session_token(request: Request) -> str:
    """Return the session token of a request's cookie; "" where it has none or its signature does not hold."""
    token, _, seal = request.cookies.get(COOKIE, "").rpartition(".")
    right = signature(settings_of(request), "review-cookie", token)
    return token if hmac.compare_digest(right.encode(), seal.encode()) else ""


def guard(request: Request) -> None:
    """Let a request through whose caller the table names; every route depends on this.

    Raises 401 for who has not signed in, 403 for who may not or whose request another site may have sent.
    """
    path = getattr(request.scope.get("route"), "path", "")
    access = ACCESS.get((request.method, path))
    if access is None:
        raise HTTPException(403, "nobody may call this")
    _same_origin(request)
    request.state.principal = None
    if access is ANYONE:
        return
    principal = _caller(request)
    if principal is None:
        raise HTTPException(401, "sign in first")
    request.state.principal = principal  # a page that refuses knows whom
    if not principal.roles & access.roles or access.scope not in principal.scopes:
        raise HTTPException(403, "your roles or your token do not reach this")


async def _caller_of(request: Request) -> Principal:
    held: Principal = request.state.principal
    return held


async def _settings_of(request: Request) -> Settings:
    return settings_of(request)


# async, since they wait for nothing: what is not gets a thread of its own at each request
Caller = Annotated[Principal, Depends(_caller_of)]
Configured = Annotated[Settings, Depends(_settings_of)]


def main_role(principal: Principal) -> str:
    """Return the role under which an act is audited: the first that a person has, in the order of trust."""
    return next(str(role) for role in (J, R, L, S, A, M) if role in principal.roles)


def _caller(request: Request) -> Principal | None:
    operator: Principal | None = request.app.state.operator
    if operator is not None:
        return operator
    url = settings_of(request).database_url
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return accounts.token_holder(url, bearer.strip())
    token = session_token(request)
    principal = accounts.session_of(url, token) if token else None
    if principal and request.method not in SAFE:
        given = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(csrf_of(settings_of(request), token).encode(), given.encode()):
            raise HTTPException(403, "the request does not carry this session's CSRF token: load the page again")
    return principal


def _same_origin(request: Request) -> None:
    """Refuse what a page of another site sends."""
    origin = request.headers.get("origin")
    if request.method not in SAFE and origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise HTTPException(403, "requests of other sites are refused")


def signature(settings: Settings, purpose: str, token: str) -> str:
    """Return 64 hex digits that only who has the project key can make of a text, for one purpose."""
    return sha256(load_key(settings).digest(purpose, token)).hexdigest()

"""Sign-in by an identity provider: the way there, and the way back into a session like any other.

What a browser keeps between the two is one cookie: the state, how long it holds and where to go on, with a signature.
The nonce and PKCE's verifier follow from the state and the project key, so that they need be kept nowhere.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from deid_core.audit import AuditRecord
from deid_core.errors import UsageError
from deployments.review import pages
from deployments.review.access import Configured, signature
from deployments.review.api_accounts import address_of, refused, set_cookie
from infra import accounts, audit_log, oidc, throttling
from infra.accounts import NotAdmitted
from infra.settings import Settings

router = APIRouter(include_in_schema=False)
COOKIE, PATH = "deidflow_sign_in", "/sign-in"
CALLBACK = "/sign-in/callback"
MINUTES = 10  # to sign in at the provider
Answer = Annotated[str, Query(max_length=4096)]


def provider_of(settings: Settings) -> oidc.Provider | None:
    """Return the provider of the settings, None for none; raise UsageError where the settings do not hold."""
    if not settings.oidc.issuer:
        return None
    return oidc.Provider(settings.oidc, settings.review_url.rstrip("/") + CALLBACK)


@router.get("/sign-in/provider")
def leave(request: Request, settings: Configured, to: Answer = "/") -> RedirectResponse:
    """Send the browser to the identity provider."""
    state = secrets.token_urlsafe(32)
    answer = RedirectResponse(_provider(request).address(state, *_derived(settings, state)), 303)
    until = int(time.time()) + MINUTES * 60
    held = f"{state}.{until}.{urlsafe_b64encode(pages.own_page(to).encode()).decode().rstrip('=')}"
    answer.set_cookie(
        COOKIE,
        f"{held}.{signature(settings, 'sign-in-cookie', held)}",
        max_age=MINUTES * 60,
        path=PATH,
        httponly=True,
        samesite="lax",  # comes back with the browser from the provider's site
        secure=request.url.scheme == "https",
    )
    return answer


@router.get(CALLBACK)
def come_back(
    request: Request,
    settings: Configured,
    state: Answer = "",
    code: Answer = "",
    iss: Answer = "",
) -> HTMLResponse:
    """Begin the session of whom the provider vouches for, and go on by a page of ours.

    A redirect would not do: the session's cookie is strict, and browsers do not send it on the way from another site.
    """
    url, keys, who = settings.database_url, [f"provider:{address_of(request)[:64]}"], "unknown"
    throttling.wait(url, keys)
    try:
        to = _begun(request, settings, state)
        provider = _provider(request)
        identity = provider.identity(code if provider.is_issuer(iss) else "", *_derived(settings, state))
        who = identity.name
        name = accounts.admit(url, identity.subject, identity.name, provider.roles(identity))
    except NotAdmitted as why:
        throttling.count_failure(url, keys)
        refused(settings, f"identity provider: {why}", f"user:{who}")
        raise
    throttling.forget_failures(url, keys)
    token = accounts.begin_session(url, name)
    audit_log.append(url, [AuditRecord(name, "user", "session.begin", f"user:{name}", "identity provider")])
    answer = pages.signed_in(request, to)
    set_cookie(request, answer, settings, token)
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _provider(request: Request) -> oidc.Provider:
    held: oidc.Provider | None = request.app.state.provider
    if held is None:
        raise UsageError("no identity provider signs people in here")
    return held


def _derived(settings: Settings, state: str) -> tuple[str, str]:
    """Return the nonce and PKCE's verifier (64 characters: RFC 7636, section 4.1) of a state."""
    return signature(settings, "oidc-nonce", state), signature(settings, "oidc-verifier", state)


def _begun(request: Request, settings: Settings, state: str) -> str:
    """Return where to go on to; raise NotAdmitted where this browser did not begin this sign-in, or too long ago."""
    held, _, seal = request.cookies.get(COOKIE, "").rpartition(".")
    right = signature(settings, "sign-in-cookie", held)
    if not held or not hmac.compare_digest(right.encode(), seal.encode()):
        raise NotAdmitted("this browser began no sign-in: begin again")
    begun, until, to = held.split(".")
    if not hmac.compare_digest(begun.encode(), state.encode()) or int(until) < time.time():
        raise NotAdmitted("this is not the sign-in that was begun, or it took too long: begin again")
    return pages.own_page(urlsafe_b64decode(to + "=" * (-len(to) % 4)).decode())

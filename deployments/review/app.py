"""The review pages as an application: pages, endpoints, and the headers and answers that all of them share.

Start it with `uvicorn deployments.review.app:made --factory`; `deidflow up` does.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deid_core.errors import DeidflowError, Quarantine, ServiceError, UsageError
from deployments.review import (
    api_accounts,
    api_batches,
    api_export,
    api_items,
    api_policies,
    pages,
    pages_policies,
    provider,
)
from deployments.review.access import guard
from deployments.review.documents import WrongPlace
from deployments.review.opening import Closed
from deployments.review.resuming import sweeping
from infra import accounts, audit_log, throttling
from infra import review_queue as queue
from infra.settings import Settings
from tasks.policies import Outdated

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # a shared computer keeps no page
}
STATUS: tuple[tuple[type[DeidflowError], int], ...] = (
    (queue.Conflict, 409),
    (queue.NotSubmitted, 409),
    (Outdated, 409),
    (WrongPlace, 409),
    (throttling.Throttled, 429),
    (accounts.WrongPassword, 401),
    (Closed, 403),
    (accounts.NotAdmitted, 403),
    (UsageError, 422),
    (Quarantine, 409),
    (ServiceError, 503),
)


def made() -> FastAPI:
    """Make the application of the settings in the environment."""
    return create_app(Settings(), sweeps=True)


def create_app(settings: Settings, *, sweeps: bool = False, operator: accounts.Principal | None = None) -> FastAPI:
    """Make the application: each of its routes is guarded; the tables are created where they are missing.

    With `sweeps` it looks every while for runs whose batch is decided, and for batches that are late. With `operator`
    every request is theirs: for who asks it in their own process, never for what is served.
    """
    accounts.create(settings.database_url)
    audit_log.create(settings.database_url)
    queue.create(settings.database_url)
    app = FastAPI(
        title="deidflow review",
        version=version("deidflow"),
        description="What the review pages do, as endpoints. Sign in for a cookie, or send a token as Bearer.",
        dependencies=[Depends(guard)],
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        lifespan=sweeping if sweeps else None,
    )
    app.state.settings, app.state.operator = settings, operator
    app.state.provider = provider.provider_of(settings)
    for module in (pages, pages_policies, provider, api_accounts, api_batches, api_items, api_export, api_policies):
        app.include_router(module.router)
    app.add_api_route("/api/openapi.json", _openapi, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("deployments.review").joinpath("static"))), "static")
    app.add_middleware(_Headers)
    app.exception_handler(DeidflowError)(_failed)
    app.exception_handler(StarletteHTTPException)(_refused)
    app.exception_handler(RequestValidationError)(_malformed)
    app.exception_handler(Exception)(_broken)
    return app


def _openapi(request: Request) -> dict[str, Any]:
    described: dict[str, Any] = request.app.openapi()
    return described


class _Headers:
    """Put the shared headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer an error of ours with its message, which never carries a value."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    if status == 422 and request.method == "GET":
        status = 404
    return _answer(request, status, str(error))


async def _refused(request: Request, error: Exception) -> Response:
    status, detail = (error.status_code, error.detail) if isinstance(error, StarletteHTTPException) else (500, "")
    if status == 401 and not request.url.path.startswith("/api/"):
        return RedirectResponse(f"/sign-in?to={quote(request.url.path)}", 303)
    return _answer(request, status, detail)


async def _malformed(request: Request, error: Exception) -> Response:
    """Say what was wrong with what was asked, without repeating it: it may hold a password or a patient's name."""
    told = error.errors() if isinstance(error, RequestValidationError) else []
    if not request.url.path.startswith("/api/"):
        return _answer(request, 404, "There is nothing at that address.")
    return JSONResponse({"detail": [{name: one[name] for name in ("loc", "msg", "type")} for one in told]}, 422)


async def _broken(request: Request, _: Exception) -> Response:
    return _answer(request, 500, "The server failed at this; its log says where")


def _answer(request: Request, status: int, detail: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": detail}, status)
    return pages.failed(request, status, detail)

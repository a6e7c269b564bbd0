"""The way of `deidflow review` to the endpoints of the pages: over HTTP to a server, or in this process without one.

In this process the same application answers, on the word of whoever may open this machine's home folder: a name that
they give is trusted with what that user is, and with everything where there are no users. Over HTTP a token says who.
"""

from __future__ import annotations

import asyncio
import getpass
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import typer

from deid_core.errors import ServiceError, UsageError
from infra import accounts
from infra.accounts import Principal, Role
from infra.settings import Settings, is_sealed, prepare_home

HERE = "http://this-process"
NAMED = "Your name, for the audit"
SECONDS = httpx.Timeout(30, read=3600)  # detectors may run again over a whole batch
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """Hold the way to the endpoints: `server` is an address, "" for this process; `token` is not shown."""

    server: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Show where, and no token."""
        return f"Desk({self.server!r})"

    def ask(self, method: str, path: str, body: Any = None, *, by: str = "", role: Role = Role.AUDITOR) -> Any:
        """Ask an endpoint as `by` and return its answer; without a name as this machine's own user in that role.

        Raises UsageError for what is refused, ServiceError where no server answers.
        """
        with self._client(by, role) as client:
            return _asked(client, method, path, body)

    def who(self, name: str, asked: str = NAMED) -> str:
        """Return who acts: the name given or asked for; over HTTP the token's user, who must be the one named.

        Raises UsageError for a name of nobody, or of another than the token's.
        """
        if self.server:
            mine = str(self.ask("GET", "/me")["name"])
            if name not in ("", mine):
                raise UsageError("that token is another's")
            return mine
        return name or str(typer.prompt(asked, err=True))

    def batch(self, run_id: str) -> dict[str, Any]:
        """Return a run's batch; raise UsageError where it has none."""
        found = self.ask("GET", f"/batches?{httpx.QueryParams(status='', run_id=run_id)}")
        if not found:
            raise UsageError("this run has no review batch")
        return dict(found[0])

    def items(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a run's batch, most urgent first."""
        batch_id, after = self.batch(run_id)["id"], ""
        with self._client("", Role.AUDITOR) as client:
            while True:
                wanted = httpx.QueryParams(limit=PAGE, after=after)
                page = _asked(client, "GET", f"/batches/{batch_id}/items?{wanted}")
                yield from page["items"]
                after = page["next"]
                if not after:
                    return

    def _client(self, by: str, role: Role) -> httpx.Client:
        if not self.server:
            return httpx.Client(transport=_Here(_operator(by, role)), base_url=HERE)
        if not is_sealed(self.server):
            raise UsageError("a token goes to an https address, or to this machine, and nowhere else")
        if not self.token:
            raise UsageError("a server asks for a token: set DEIDFLOW_REVIEW_TOKEN")
        return httpx.Client(
            base_url=self.server.rstrip("/"),
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=SECONDS,
            verify=ssl.create_default_context(),
            trust_env=False,  # a proxy of the environment would see the token
        )


def _operator(by: str, role: Role) -> Principal:
    settings = Settings()
    prepare_home(settings)
    accounts.create(settings.database_url)
    if not by:
        return Principal(f"local:{getpass.getuser()}", frozenset({role}))
    who = accounts.trusted_as(settings.database_url, by)
    if who is None:
        raise UsageError("there is no active user of that name")
    return who


class _Here(httpx.BaseTransport):
    """Answer requests by the pages' application in this process."""

    def __init__(self, operator: Principal) -> None:
        from deployments.review.app import create_app  # noqa: PLC0415 - a server needs none of it here
        from deployments.server import configure  # noqa: PLC0415

        settings = Settings()
        configure(settings.home)  # what resumes a run reads it
        app = create_app(settings, operator=operator)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        return asyncio.run(self._answered(request))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def _asked(client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    try:
        return _said(client.request(method, f"/api{path}", json=body))
    except httpx.HTTPError as error:
        raise ServiceError(f"the review server does not answer: {type(error).__name__}") from None


def _said(answer: httpx.Response) -> Any:
    """Return what an answer holds; raise UsageError or ServiceError with what it says is wrong."""
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"it answers {answer.status_code}"
    if isinstance(detail, list):  # of FastAPI's own checks; what was asked is not repeated
        detail = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in detail)
    if answer.status_code >= 500 or answer.is_redirect:
        raise ServiceError(f"the review server refuses: {detail}")
    raise UsageError(str(detail))

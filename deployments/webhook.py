"""The webhook: a signed request starts a run. The open-source Prefect server has none, so this is ours.

A request is `POST /webhooks/deidentify` with JSON {source, policy?, review?} and the headers
`X-Deidflow-Timestamp` (seconds since 1970) and `X-Deidflow-Signature` = "sha256=" and the hex HMAC-SHA-256 of
"timestamp.body" under the shared secret. Sent again, it names the run that it started the first time.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import FastAPI, Header, HTTPException, Request
from prefect.client.orchestration import get_client
from pydantic import BaseModel, ConfigDict, ValidationError

from infra.settings import Settings
from tasks.run import register_source

DEPLOYMENT = "deidentify/deidentify"
FRESH_SECONDS = 300  # an older request may be one that was overheard
BODY_LIMIT = 65536

app = FastAPI(title="deidflow webhook", docs_url=None, redoc_url=None)


class Ask(BaseModel):
    """Ask for a run over a source."""

    model_config = ConfigDict(extra="forbid")
    source: str
    policy: str = "safe_harbor"
    review: Literal["required", "sampled", "none"] = "required"


class Started(BaseModel):
    """Name the run that a request started."""

    run_id: str


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that runs can be started; 503 while the flow is not served."""
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(DEPLOYMENT)
        except Exception as error:
            raise HTTPException(503, "the flow is not served yet") from error
    return {"status": "ready"}


@app.post("/webhooks/deidentify", status_code=202)
async def deidentify(
    request: Request,
    x_deidflow_timestamp: Annotated[str, Header()] = "",
    x_deidflow_signature: Annotated[str, Header()] = "",
) -> Started:
    """Start a run; 401 for a signature that does not hold, 413 for a body too large, 422 for one that asks nothing."""
    body = await request.body()
    if len(body) > BODY_LIMIT:
        raise HTTPException(413, "the request is too large")
    check(body, x_deidflow_timestamp, x_deidflow_signature, time.time())
    try:
        asked = Ask.model_validate_json(body)
    except ValidationError:
        raise HTTPException(422, "the body is JSON with source, policy and review") from None
    # the address may name a patient: Prefect gets an alias
    parameters = asked.model_dump() | {"source": register_source(Settings(), asked.source)}
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(DEPLOYMENT)
        run = await client.create_flow_run_from_deployment(
            deployment.id,
            parameters=parameters,
            idempotency_key=sha256(x_deidflow_timestamp.encode() + body).hexdigest(),
        )
    return Started(run_id=str(run.id))


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a request."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def check(body: bytes, timestamp: str, signature: str, now: float) -> None:
    """Raise 401 unless a request is signed and fresh; without a secret no request is."""
    secret = Settings().webhook_secret.get_secret_value()
    fresh = timestamp.isdecimal() and abs(now - int(timestamp)) <= FRESH_SECONDS
    if not secret or not fresh or not hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode()):
        raise HTTPException(401, "the request is not signed by the shared secret, or is too old")

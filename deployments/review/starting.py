"""Begin a run over the source of an earlier one: by the served flow, as the webhook does."""

from __future__ import annotations

import json

from deid_core.errors import Quarantine, ServiceError, UsageError
from infra.settings import Settings
from tasks.run import SMALL, register_source, workspace_of

DEPLOYMENT = "deidentify/deidentify"


def start_again(settings: Settings, run_id: str, policy: str, review: str) -> str:
    """Begin a run over what an earlier run read, under a policy, and return its id; asked again, the same one's.

    Raises UsageError where the earlier run's files are gone, ServiceError where no flow is served.
    """
    from httpx import HTTPError  # noqa: PLC0415 - Prefect reads its environment when imported
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError  # noqa: PLC0415

    parameters = {"source": _source(settings, run_id), "policy": policy, "review": review}
    key = f"{run_id}:{policy}:{review}"
    try:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name(DEPLOYMENT)
            run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters, idempotency_key=key)
    except (HTTPError, ObjectNotFound, PrefectHTTPStatusError) as error:
        raise ServiceError(f"no flow is served that could run: {type(error).__name__}") from None
    return str(run.id)


def _source(settings: Settings, run_id: str) -> str:
    """Return the alias of what a run read; its address can name a patient, and Prefect keeps what it is given."""
    try:
        held = json.loads(workspace_of(settings).get(f"runs/{run_id}/run.json", SMALL))
    except Quarantine:
        raise UsageError("what that run read is not known any more") from None
    return register_source(settings, str(held["source"]))

"""Tell a waiting run that its batch is decided: at once where that can be done, and by a sweep where it could not."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

from fastapi import FastAPI

from deployments.tending import SECONDS, tending

log = logging.getLogger(__name__)


def resume(run_id: str) -> None:
    """Resume a run whose items are all decided; the decision is kept, so what fails here the next sweep does."""
    from flows.review import resume_decided  # noqa: PLC0415 - Prefect reads its environment when imported

    try:
        resume_decided(run_id)
    except Exception as error:  # noqa: BLE001 - whatever Prefect's client raises, the decision stands
        log.warning("a run could not be resumed now: %s", type(error).__name__)


@asynccontextmanager
async def sweeping(_: FastAPI) -> AsyncIterator[None]:
    """Sweep for runs to resume and batches that are late, for as long as the pages are served."""
    gc.freeze()  # the code that was read is not looked at again by each collection, while somebody waits
    done = Event()
    tending(done, SECONDS)  # whoever serves the flow looks at once
    yield
    done.set()

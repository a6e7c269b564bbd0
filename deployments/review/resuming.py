"""Tell a waiting run that its batch is decided: at once where that can be done, and by a sweep where it could not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

SWEEP_SECONDS = 30
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
    sweeper = asyncio.create_task(_sweep())
    yield
    sweeper.cancel()
    with suppress(asyncio.CancelledError):
        await sweeper


async def _sweep() -> None:
    from flows.review import tend_reviews  # noqa: PLC0415 - as above

    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await asyncio.to_thread(tend_reviews)
        except Exception as error:  # noqa: BLE001 - the next one may do better
            log.warning("the sweep of reviews failed: %s", type(error).__name__)

"""Look after the reviews every while, in each process that serves, shows or waits for them."""

from __future__ import annotations

import logging
from threading import Event, Thread

from infra import review_queue
from infra.settings import Settings

SECONDS = 30.0
log = logging.getLogger(__name__)


def tending(done: Event, after: float = 0) -> Thread:
    """Start to look after the reviews until `done`: what is decided goes on, what is late is told.

    It looks after so many seconds for the first time, and then every while.
    A lease that has run out needs no tending: whoever claims next passes over it.
    """
    thread = Thread(target=_tend, args=(done, after), daemon=True)
    thread.start()
    return thread


def _tend(done: Event, after: float) -> None:
    if done.wait(after):
        return
    from flows.review import tend_reviews  # noqa: PLC0415 - Prefect reads its environment when imported

    while not done.is_set():
        try:
            review_queue.create(Settings().database_url)
            tend_reviews()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next look may go well
            log.warning("reviews were not looked after: %s", type(error).__name__)
        done.wait(SECONDS)

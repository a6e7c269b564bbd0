"""Dask: one client a process, to a cluster by its address or to processes of this machine."""

from __future__ import annotations

import gc
import logging
import os
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from deid_core.errors import Quarantine, ServiceError
from infra.settings import Settings
from tasks import progress
from tasks.run import opened

AHEAD = 2  # futures in flight a worker: enough to keep it busy, few enough to hold in memory
TOGETHER, SMALL = 32, 2**20  # so many assets at most go to a worker as one future, of so many bytes together
DASK = {
    # a worker that dies thrice on one asset alone is that asset's fault; nothing is spilled to disk in the clear
    "distributed.scheduler.allowed-failures": 2,
    "distributed.worker.memory.spill": False,
    # a worker's keeper starts it again; without this it is given up where it is absent 15 s after it once died,
    # and assets that end their workers in a row leave a run without any, waiting for ever
    "distributed.deploy.lost-worker-timeout": "24h",
    # no pages of Dask's own: they could show what a worker holds
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # nor what feeds those pages: stacks sampled a hundred times a second, disks and clocks watched all the time
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.memory.monitor-interval": "500ms",
}
DIED = {"reason": "worker_died", "detail": "the process that read it died: out of memory, or a broken codec"}
_clients: list[Client] = []


@contextmanager
def cluster() -> Iterator[Client]:
    """Give the flow its Dask client, and close what was started for it."""
    if _clients:
        yield _clients[-1]
        return
    settings = Settings()
    logging.getLogger("distributed").setLevel(logging.ERROR)
    dask.config.set(DASK)
    # a process a core already: libraries that start threads of their own would fight over the cores
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    local = None
    try:
        if not settings.dask_address:
            local = LocalCluster(
                n_workers=settings.workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                preload=["tasks.worker"],  # read while the worker starts, not when the first asset waits
            )
        client = Client(local or settings.dask_address, timeout="30s")
    except OSError as error:
        raise ServiceError(f"no Dask cluster answers: {type(error).__name__}") from None
    _clients.append(client)
    gc.freeze()  # the code that was read is not looked at again by each collection of the run
    try:
        yield client
    finally:
        gc.unfreeze()
        _clients.remove(client)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client.close()
            if local:
                local.close()


def each(
    step: Callable[..., dict[str, Any]], run_id: str, entries: list[dict[str, Any]], stage: str
) -> list[dict[str, Any]]:
    """Run a step on each entry, some at a time, and return the outcomes in the entries' order.

    An entry that fails fails alone: its outcome is itself with a `reason`. Entries that have one are passed through.
    """
    client = _clients[-1]
    workers = max(len(client.nthreads()), 1)
    outcomes: dict[int, dict[str, Any]] = {}
    waiting = _groups(entries, workers)
    pages = at_once(client.nthreads(), sum(not entry.get("reason") for entry in entries))
    numbers: dict[Any, list[int]] = {}
    running = as_completed()

    def submit(group: list[int] | None) -> None:
        if group:
            future = client.submit(together, step, run_id, [entries[number] for number in group], pages, pure=False)
            numbers[future.key] = group
            running.add(future)

    for _ in range(AHEAD * workers):
        submit(next(waiting, None))
    suspects: list[int] = []
    for future in running:
        group = numbers.pop(future.key)
        found = _result(future)
        if found is None:
            suspects += group
        for number, outcome in zip(group, found or (), strict=False):
            outcomes[number] = {**entries[number], **outcome}
        progress.report(stage, len(found or ()))
        submit(next(waiting, None))
    for number in suspects:  # Dask blames all that a worker held when it died: who it was, each alone will show
        found = _result(client.submit(together, step, run_id, [entries[number]], pages, pure=False))
        outcomes[number] = {**entries[number], **(found[0] if found else DIED)}
        progress.report(stage, 1)
    return [outcomes.get(number, entry) for number, entry in enumerate(entries)]


def at_once(workers: Iterable[str], assets: int) -> int:
    """Return how many pages of one document a worker reads at once: the cores that its machine has to spare.

    `workers` are their addresses. What is read may not be sent around, so pages are read where their document is.
    """
    machines = Counter(urlsplit(address).hostname for address in workers)
    if not machines or not assets:
        return 1
    return max(min(machines.values()) // -(-assets // len(machines)), 1)


def _groups(entries: list[dict[str, Any]], workers: int) -> Iterator[list[int]]:
    """Yield the places of entries that are still to do: small ones together, so that sending them costs little.

    The last groups are ever smaller, so that no worker waits long for another at a stage's end.
    """
    group: list[int] = []
    size = 0
    for number, entry in enumerate(entries):
        if entry.get("reason"):
            continue
        size += entry.get("size", SMALL)
        if group and (size > SMALL or len(group) >= min(TOGETHER, (len(entries) - number) / workers)):
            yield group
            group, size = [], entry.get("size", SMALL)
        group.append(number)
    if group:
        yield group


def _result(future: Any) -> list[dict[str, Any]] | None:
    """Return a group's outcomes; None where the workers that held it died."""
    try:
        found: list[dict[str, Any]] = future.result()
    except KilledWorker:
        return None
    return found


def together(
    step: Callable[..., dict[str, Any]], run_id: str, entries: list[dict[str, Any]], pages: int = 1
) -> list[dict[str, Any]]:
    """Run a step on each of some entries, one after the other; what they stored is safe when all are done.

    Of a document so many `pages` are read at once.
    """
    from deid_core.extract.reading import side_by_side  # noqa: PLC0415 - in workers only

    side_by_side(pages)
    with opened(run_id).workspace.together():
        return [contained(step, run_id, entry) for entry in entries]


def contained(step: Callable[..., dict[str, Any]], run_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Run a step on one entry; a failure is an outcome with a reason, never a value in a traceback."""
    start = time.perf_counter()
    try:
        outcome = step(run_id, entry)
    except Quarantine as error:
        return {"reason": error.reason, "detail": str(error)}
    except ServiceError:
        raise  # not this asset's fault: the stage is tried again
    except Exception as error:  # noqa: BLE001 - fail closed on what nobody foresaw, and name its type only
        return {"reason": "internal_error", "detail": type(error).__name__}
    spent = {**entry.get("seconds", {}), step.__name__: round(time.perf_counter() - start, 4)}
    return {**outcome, "seconds": spent}

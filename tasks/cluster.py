"""Dask: one client a process, to a cluster by its address or to processes of this machine."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from deid_core.errors import Quarantine, ServiceError
from infra.settings import Settings
from tasks import progress

AHEAD = 4  # futures in flight a worker: enough to keep it busy, few enough to hold in memory
_clients: list[Client] = []


@contextmanager
def cluster() -> Iterator[Client]:
    """Give the flow its Dask client, and close what was started for it."""
    if _clients:
        yield _clients[-1]
        return
    settings = Settings()
    logging.getLogger("distributed").setLevel(logging.ERROR)
    # a worker that dies thrice on one asset is that asset's fault; nothing is spilled to disk in the clear
    dask.config.set({"distributed.scheduler.allowed-failures": 2, "distributed.worker.memory.spill": False})
    # no pages of Dask's own: they could show what a worker holds
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})
    # a process a core already: libraries that start threads of their own would fight over the cores
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    local = None
    try:
        if not settings.dask_address:
            local = LocalCluster(
                n_workers=settings.workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
            )
        client = Client(local or settings.dask_address, timeout="30s")
    except OSError as error:
        raise ServiceError(f"no Dask cluster answers: {type(error).__name__}") from None
    _clients.append(client)
    try:
        yield client
    finally:
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
    outcomes: dict[int, dict[str, Any]] = {}
    waiting = iter([number for number, entry in enumerate(entries) if not entry.get("reason")])
    numbers: dict[Any, int] = {}
    running = as_completed()

    def submit() -> bool:
        number = next(waiting, None)
        if number is None:
            return False
        future = client.submit(contained, step, run_id, entries[number], pure=False)
        numbers[future.key] = number
        running.add(future)
        return True

    for _ in range(AHEAD * max(len(client.nthreads()), 1)):
        submit()
    for future in running:
        number = numbers.pop(future.key)
        outcomes[number] = {**entries[number], **_result(future)}
        progress.report(stage, 1)
        submit()
    return [outcomes.get(number, entry) for number, entry in enumerate(entries)]


def _result(future: Any) -> dict[str, Any]:
    try:
        outcome: dict[str, Any] = future.result()
    except KilledWorker:
        return {"reason": "worker_died", "detail": "the process that read it died: out of memory, or a broken codec"}
    return outcome


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

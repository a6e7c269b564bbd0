"""An asset that ends the process which reads it: it is set aside with that reason, and no other is."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from tasks.cluster import each
from tasks.run import describe_run

GIVEN_UP = 17  # seconds; after 15 Dask by itself gives up a worker that died and is absent just then


def _step(run_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    import os
    import signal

    if entry["path"] == "killer":
        os.kill(os.getpid(), signal.SIGSEGV)
    return {"seen": run_id}


def test_an_asset_that_ends_its_worker_is_set_aside_alone(dask: Any, tmp_path: Path) -> None:
    """Small assets go to a worker together: the one that ends it thrice is found, the others come through."""
    run_id = uuid4().hex
    describe_run(run_id, str(tmp_path), "safe_harbor", "none", "")

    entries = [{"path": name, "size": 100} for name in ("a", "b", "killer", "c", "d", "e")]
    outcomes = each(_step, run_id, entries, "plan")
    assert [outcome["path"] for outcome in outcomes] == [entry["path"] for entry in entries]
    assert {outcome["path"]: outcome.get("reason", "") for outcome in outcomes} == {
        **dict.fromkeys("abcde", ""),
        "killer": "worker_died",
    }
    assert all(outcome["seen"] == run_id for outcome in outcomes if not outcome.get("reason"))


def test_workers_that_die_again_and_again_are_started_again(dask: Any, tmp_path: Path) -> None:
    """Assets that end their workers one after the other for a while leave the run as many workers as it had."""
    run_id = uuid4().hex
    describe_run(run_id, str(tmp_path), "safe_harbor", "none", "")
    begun, workers = monotonic(), len(dask.cluster.workers)
    while monotonic() - begun < GIVEN_UP:
        assert each(_step, run_id, [{"path": "killer", "size": 100}], "plan")[0]["reason"] == "worker_died"
    dask.wait_for_workers(workers, timeout=60)
    assert len(dask.cluster.workers) == workers
    assert each(_step, run_id, [{"path": "a", "size": 100}], "plan")[0]["seen"] == run_id

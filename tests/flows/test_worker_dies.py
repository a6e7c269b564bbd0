"""An asset that ends the process which reads it: it is set aside with that reason, and no other is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from tasks.cluster import each
from tasks.run import describe_run


def test_an_asset_that_ends_its_worker_is_set_aside_alone(dask: Any, tmp_path: Path) -> None:
    """Small assets go to a worker together: the one that ends it thrice is found, the others come through."""
    run_id = uuid4().hex
    describe_run(run_id, str(tmp_path), "safe_harbor", "none", "")

    def step(run_id: str, entry: dict[str, Any]) -> dict[str, Any]:
        import os
        import signal

        if entry["path"] == "killer":
            os.kill(os.getpid(), signal.SIGSEGV)
        return {"seen": run_id}

    entries = [{"path": name, "size": 100} for name in ("a", "b", "killer", "c", "d", "e")]
    outcomes = each(step, run_id, entries, "plan")
    assert [outcome["path"] for outcome in outcomes] == [entry["path"] for entry in entries]
    assert {outcome["path"]: outcome.get("reason", "") for outcome in outcomes} == {
        **dict.fromkeys("abcde", ""),
        "killer": "worker_died",
    }
    assert all(outcome["seen"] == run_id for outcome in outcomes if not outcome.get("reason"))

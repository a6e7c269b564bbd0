"""What orchestration costs, whether memory stays flat, and what a second worker brings; all as ratios of one run.

Each benchmark runs the flow in a process of its own and keeps its figures in `extra_info`: `make bench` prints them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CHILD = """
import json, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from threading import Event, Thread

def main():
    how, source, policy, workers = sys.argv[1:5]
    os.environ["DEIDFLOW_WORKERS"] = workers
    from deployments.cli.run import ready
    ready()
    done, peak = Event(), [0]
    Thread(target=watch, args=(done, peak), daemon=True).start()
    seconds, released = (flow if how == "flow" else plain)(source, policy, int(workers))
    done.set()
    print(json.dumps({"seconds": seconds, "peak": peak[0], "released": released}))

def watch(done, peak):
    import psutil
    me = psutil.Process()
    while not done.wait(1):
        held = 0
        for process in [me, *me.children(recursive=True)]:
            try:
                held += process.memory_info().rss
            except psutil.Error:
                pass
        peak[0] = max(peak[0], held)

def flow(source, policy, workers):
    import flows.deidentify
    from deployments.cli.run import ask_here, execute
    from infra.settings import Settings
    from tasks.cluster import cluster
    with cluster() as client:
        client.wait_for_workers(workers)
        start = time.perf_counter()
        release = execute(Settings(), source, policy, "none", "", ask_here)
        return time.perf_counter() - start, release.released

def plain(source, policy, workers):
    # the same steps, records and export over as many processes, without Prefect and Dask
    from tasks import steps
    from tasks.cluster import TOGETHER, together
    from tasks.export import export_release
    from tasks.ingest import _entries
    from tasks.review import open_review
    from infra.settings import Settings
    from tasks.run import describe_run, opened, register_source, shards
    from tasks.shard import SIZE, stored
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(time.sleep, [0.5] * workers))
        start = time.perf_counter()
        source = register_source(Settings(), source)
        describe_run("plain", source, policy, "none", "")
        run = opened("plain")
        run.put("parent", b"")
        entries = list(_entries(run.source, ""))
        for stage in ("ingest", "plan", "apply", "verify"):
            step = partial(together, getattr(steps, stage + "_asset"), "plain")
            outcomes = chain.from_iterable(pool.map(step, list(shards(iter(entries), TOGETHER))))
            entries = [{**entry, **outcome} for entry, outcome in zip(entries, outcomes)]
            held = [stored(run, n, stage, part) for n, part in enumerate(shards(iter(entries), SIZE))]
            if stage == "plan":
                batch = open_review.fn(held, "plain")
        release = export_release.fn(held, batch)
        return time.perf_counter() - start, release.released

if __name__ == "__main__":
    main()
"""


def ran(tmp_path: Path, how: str, source: Path, policy: str, workers: int) -> dict[str, Any]:
    """Run in its own process, as `flow` or `plain`, with so many workers; return seconds, peak bytes and assets."""
    script = tmp_path / f"child_{workers}_{time.monotonic_ns()}.py"
    script.write_text(CHILD)
    command = [sys.executable, str(script), how, str(source), policy, str(workers)]
    # a home of its own for the plain run: the audit of both must be as long
    home = os.environ | {"DEIDFLOW_HOME": str(tmp_path / "plain")} if how == "plain" else dict(os.environ)
    done = subprocess.run(command, env=home, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr[-4000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_orchestration_overhead(benchmark: Any, server: Path, tmp_path: Path) -> None:
    """Of the run over 500 small assets, the share that the same work takes longer than without Prefect and Dask."""
    from deployments.sample import make_sample

    make_sample(tmp_path / "source", assets=500)
    plain = ran(tmp_path, "plain", tmp_path / "source", "safe_harbor", 2)
    flow = benchmark.pedantic(ran, (tmp_path, "flow", tmp_path / "source", "safe_harbor", 2), rounds=1)
    benchmark.extra_info["overhead"] = round(1 - plain["seconds"] / flow["seconds"], 3)
    benchmark.extra_info["assets_per_second"] = round(flow["released"] / flow["seconds"], 1)
    assert plain["released"] == flow["released"] == 500


def test_memory_stays_flat(benchmark: Any, server: Path, quick_policy: Path, tmp_path: Path) -> None:
    """Peak memory of all processes over 2,000 assets, as against over 250."""
    from deployments.sample import make_sample

    make_sample(tmp_path / "few", assets=250)
    make_sample(tmp_path / "many", assets=2000)
    few = ran(tmp_path, "flow", tmp_path / "few", str(quick_policy), 2)
    many = benchmark.pedantic(ran, (tmp_path, "flow", tmp_path / "many", str(quick_policy), 2), rounds=1)
    benchmark.extra_info["peak_ratio"] = round(many["peak"] / few["peak"], 3)
    assert many["released"] == 2000


def test_a_second_worker(benchmark: Any, server: Path, tmp_path: Path) -> None:
    """Seconds with one worker over seconds with two, on images that OCR reads."""
    from deployments.sample import make_sample

    make_sample(tmp_path / "all", subjects=8)
    for number, path in enumerate(sorted((tmp_path / "all").rglob("*"))):
        if path.suffix in {".dcm", ".png", ".jpg", ".tif"}:
            target = tmp_path / "source" / f"{number}{path.suffix}"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    one = ran(tmp_path, "flow", tmp_path / "source", "safe_harbor", 1)
    two = benchmark.pedantic(ran, (tmp_path, "flow", tmp_path / "source", "safe_harbor", 2), rounds=1)
    benchmark.extra_info["speed_up"] = round(one["seconds"] / two["seconds"], 2)
    assert one["released"] == two["released"]

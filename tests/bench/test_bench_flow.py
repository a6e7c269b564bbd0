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
import json, resource, sys, time
from pathlib import Path
from threading import Event, Thread

def main():
    source, policy, workers = sys.argv[1:4]
    import os
    os.environ["DEIDFLOW_WORKERS"] = workers
    from deployments.cli.run import ready
    settings = ready()
    import psutil
    from flows.deidentify import deidentify
    from tasks.cluster import cluster
    from tasks.run import register_source
    peak, done = [0], Event()
    def watch():
        me = psutil.Process()
        while not done.wait(0.2):
            held = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    held += process.memory_info().rss
                except psutil.Error:
                    pass
            peak[0] = max(peak[0], held)
    Thread(target=watch, daemon=True).start()
    with cluster() as client:
        client.wait_for_workers(int(workers))
        start = time.perf_counter()
        release = deidentify(register_source(settings, source), policy, "none")
        seconds = time.perf_counter() - start
    done.set()
    busy = {}
    from tasks.run import opened
    run = opened(release.run_id)
    for name in run.names("verify/"):
        for row in run.lines(name):
            for stage, spent in row.get("seconds", {}).items():
                busy[stage] = busy.get(stage, 0) + spent
    print(json.dumps({"seconds": seconds, "peak": peak[0], "released": release.released, "busy": sum(busy.values())}))

if __name__ == "__main__":
    main()
"""


def flow(tmp_path: Path, source: Path, policy: str, workers: int) -> dict[str, Any]:
    """Run the flow in its own process with so many workers; return seconds, peak bytes, assets and busy seconds."""
    script = tmp_path / f"child_{workers}_{time.monotonic_ns()}.py"
    script.write_text(CHILD)
    command = [sys.executable, str(script), str(source), policy, str(workers)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr[-4000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_orchestration_overhead(benchmark: Any, server: Path, tmp_path: Path) -> None:
    """Of the run over 500 small assets, the share that is neither reading, finding, removing nor verifying."""
    from deployments.sample import make_sample

    make_sample(tmp_path / "source", assets=500)
    ran = benchmark.pedantic(flow, (tmp_path, tmp_path / "source", "safe_harbor", 2), rounds=1)
    benchmark.extra_info["overhead"] = round(1 - ran["busy"] / 2 / ran["seconds"], 3)
    benchmark.extra_info["assets_per_second"] = round(ran["released"] / ran["seconds"], 1)
    assert ran["released"] == 500


def test_memory_stays_flat(benchmark: Any, server: Path, quick_policy: Path, tmp_path: Path) -> None:
    """Peak memory of all processes over 2,000 assets, as against over 250."""
    from deployments.sample import make_sample

    make_sample(tmp_path / "few", assets=250)
    make_sample(tmp_path / "many", assets=2000)
    few = flow(tmp_path, tmp_path / "few", str(quick_policy), 2)
    many = benchmark.pedantic(flow, (tmp_path, tmp_path / "many", str(quick_policy), 2), rounds=1)
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
    one = flow(tmp_path, tmp_path / "source", "safe_harbor", 1)
    two = benchmark.pedantic(flow, (tmp_path, tmp_path / "source", "safe_harbor", 2), rounds=1)
    benchmark.extra_info["speed_up"] = round(one["seconds"] / two["seconds"], 2)
    assert one["released"] == two["released"]

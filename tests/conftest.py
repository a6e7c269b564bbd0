"""What all tests share: an environment of their own, so that no test reads or writes a user's."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest

from deid_core.keys import ProjectKey
from deployments.server import HOST, configure, free_port, started
from infra.settings import Settings, new_key, prepare_home

# Prefect reads its environment when it is first imported, which is while tests are collected
for _name in [name for name in os.environ if name.startswith(("DEIDFLOW_", "PREFECT_"))]:
    del os.environ[_name]
SESSION = Path(tempfile.mkdtemp(prefix="deidflow-tests-"))
HOME = SESSION / "home"
HOME.mkdir(mode=0o700)
PORT = free_port()
os.environ["DEIDFLOW_HOME"] = str(HOME)
os.environ["PREFECT_API_URL"] = f"http://{HOST}:{PORT}/api"
configure(HOME)

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def pytest_unconfigure() -> None:
    """Remove what the session wrote."""
    shutil.rmtree(SESSION, ignore_errors=True)


@pytest.fixture
def key() -> ProjectKey:
    """Give a project key that is the same in every test."""
    return ProjectKey(bytes(range(32)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real files; skip where it is not beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real files is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """Start a Prefect server in the session's home and give that home."""
    os.environ["DEIDFLOW_WORKERS"] = "2"
    settings = Settings()
    home = prepare_home(settings)
    new_key(settings.key_file)
    with started(home, int(os.environ["PREFECT_API_URL"].rsplit(":", 1)[1].removesuffix("/api"))):
        yield home


@pytest.fixture(scope="session")
def dask(server: Path) -> Iterator[Any]:
    """Give one Dask cluster for all runs of the session, as a flow inside a flow has it."""
    from tasks.cluster import cluster

    with cluster() as client:
        yield client


@pytest.fixture(scope="session")
def quick_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give Safe Harbor without its model, for tests of what is around detection."""
    shipped = files("deid_core.policies").joinpath("safe_harbor.toml").read_text("utf-8")
    path = tmp_path_factory.mktemp("policy") / "quick.toml"
    path.write_text(shipped.replace("codes =", 'detectors = ["columns", "patterns", "known_values"]\ncodes ='))
    return path


@pytest.fixture
def run_flow(server: Path, dask: Any) -> Callable[..., Any]:
    """Give a function that runs the flow over a source in this process and returns its release."""
    from flows.deidentify import deidentify
    from tasks.run import register_source

    def run(source: Path, **options: Any) -> Any:
        return deidentify(register_source(Settings(), str(source)), **{"review": "none", **options})

    return run


@pytest.fixture
def decide(server: Path) -> Callable[..., None]:
    """Give a function that answers the gate of the run of this process as each of the given verdicts, in turn."""
    from deployments.cli import review as desk
    from deployments.cli.run import Bars, _watch
    from tasks import progress

    def answer(*verdicts: str, reviewer: str = "Rhea Reviewer") -> Thread:
        waiting = iter(verdicts)
        done = Event()

        def gate(run_id: str) -> None:
            verdict = next(waiting)
            desk.resume(run_id, verdict, reviewer, "reviewed")
            if verdict != "sent_back":
                done.set()

        progress.run_ids.clear()
        thread = Thread(target=_watch, args=(done, gate, Bars()), daemon=True)
        thread.start()
        return thread

    return answer


@pytest.fixture
def review_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, dict[str, int]]]:
    """Give a function that plans files and puts them before people, as the flow does, in a home of the test's own.

    It returns the batch's id and the item of each file. No server of Prefect is asked.
    """
    import prefect  # noqa: F401 - it reads its environment once, and must see the session's, not this test's

    home = tmp_path / "home"
    monkeypatch.setenv("DEIDFLOW_HOME", str(home))
    monkeypatch.setenv("PREFECT_API_URL", f"http://{HOST}:{free_port()}/api")

    def make(files: dict[str, bytes], policy: str, review: str = "required") -> tuple[str, dict[str, int]]:
        from infra import review_queue
        from tasks import steps
        from tasks.review import open_review
        from tasks.run import describe_run, opened
        from tasks.shard import Shard

        settings = Settings()
        prepare_home(settings)
        if not settings.key_file.exists():
            new_key(settings.key_file)
        source = tmp_path / f"source-{uuid4().hex}"
        source.mkdir()
        for name, data in files.items():
            (source / name).write_bytes(data)
        run_id = str(uuid4())
        describe_run(run_id, str(source), policy, review, "")
        entries = [steps.ingest_asset(run_id, {"path": name}) for name in sorted(files)]
        planned = [{**entry, **steps.plan_asset(run_id, entry)} for entry in entries]
        opened(run_id).put_lines("ingest/000000.jsonl", entries)
        opened(run_id).put_lines("plan/000000.jsonl", planned)
        batch = open_review.fn([Shard(run_id, 0, "plan", len(planned), 0)], run_id)
        by_asset = {item.asset_id: item.id for item in review_queue.items(settings.database_url, batch.batch_id)}
        return batch.batch_id, {entry["path"]: by_asset[entry["asset_id"]] for entry in entries}

    return make


@pytest.fixture(scope="session")
def serving() -> Callable[[Any], AbstractContextManager[str]]:
    """Give a context that serves an application on a port of this machine, and its address."""
    import uvicorn

    @contextmanager
    def served(application: Any) -> Iterator[str]:
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(application, host=HOST, port=port, log_level="warning"))
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            server.should_exit = True
            thread.join(10)

    return served

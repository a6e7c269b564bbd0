"""A Prefect server of our own: started on 127.0.0.1 where none is configured, stopped with whoever started it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deid_core.errors import ServiceError

HOST = "127.0.0.1"
START_SECONDS = 90  # a fresh database takes 10 to 16
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    # what tasks report is written together, each second: one by one, each costs the server 20 ms
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


def configure(home: Path) -> None:
    """Set Prefect's environment before it is imported: its files under our home, nothing reported to anyone."""
    for name, value in (QUIET | {"PREFECT_HOME": str(home / "prefect")}).items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_LOCAL_STORAGE_PATH", str(home / "prefect" / "results"))


@contextmanager
def prefect_server(home: Path, port: int = 0) -> Iterator[str]:
    """Give the API's address: the configured server's, or that of one started for the time of this block.

    Prefect reads its environment when it is imported, so call this before. Raises ServiceError where no server answers
    in time.
    """
    configure(home)
    configured = os.environ.get("PREFECT_API_URL")
    if configured:
        yield configured
        return
    with started(home, port or free_port()) as api:
        os.environ["PREFECT_API_URL"] = api
        try:
            yield api
        finally:
            del os.environ["PREFECT_API_URL"]


@contextmanager
def started(home: Path, port: int) -> Iterator[str]:
    """Start a server on a port of this machine, give its API's address, and stop it in the end."""
    api = f"http://{HOST}:{port}/api"
    environment = {**os.environ, "PREFECT_API_URL": api, "PREFECT_UI_API_URL": api}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with (home / "prefect-server.log").open("ab") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
    try:
        _wait(api, process)
        yield api
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(api: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    _warm(api)
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise ServiceError("the Prefect server did not start; its log lies in the home folder: prefect-server.log")


def _warm(api: str) -> None:
    """Ask for what is not there: the server then reads all its routes, which the first run would wait for."""
    with suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{api}/nothing", timeout=20):  # noqa: S310
        pass

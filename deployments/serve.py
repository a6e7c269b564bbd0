"""The served flow, the webhook and the review pages as processes: `deidflow up` starts them and stops them."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from deid_core.errors import ServiceError
from deployments.server import HOST
from deployments.tending import tending
from infra.settings import Settings

NAME = "deidentify"
START_SECONDS = 60


@contextmanager
def serving(
    settings: Settings, webhook_port: int, source: str = "", cron: str = "", review_port: int = 0
) -> Iterator[str]:
    """Serve the flow, the webhook and, on its port if one is given, the review pages; give the webhook's address.

    `source` and `cron` schedule runs over a source. Raises ServiceError where a process does not start.
    """
    environment = {**os.environ, "DEIDFLOW_WEBHOOK_SECRET": webhook_secret(settings)}
    commands = [
        [sys.executable, "-m", "deployments.serve", "--source", source, "--cron", cron],
        _uvicorn("deployments.webhook:app", webhook_port),
    ]
    if review_port:
        environment["DEIDFLOW_REVIEW_URL"] = settings.review_url or f"http://{HOST}:{review_port}"
        commands.append([*_uvicorn("deployments.review.app:made", review_port), "--factory"])
    log = settings.home / "serve.log"
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
            for command in commands
        ]
    try:
        _wait(f"http://{HOST}:{webhook_port}/health", processes)
        if review_port:
            _wait(f"http://{HOST}:{review_port}/sign-in", processes)
        yield f"http://{HOST}:{webhook_port}/webhooks/deidentify"
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def webhook_secret(settings: Settings) -> str:
    """Return the webhook's secret: the settings', or one made once and kept in the home folder for its owner only."""
    if settings.webhook_secret.get_secret_value():
        return settings.webhook_secret.get_secret_value()
    path = settings.home / "webhook.secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    return path.read_text("ascii").strip()


def _uvicorn(app: str, port: int) -> list[str]:
    quiet = ["--log-level", "warning", "--no-server-header"]
    return [sys.executable, "-m", "uvicorn", app, "--host", HOST, "--port", str(port), *quiet]


def _wait(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait until an address answers; the webhook's health says that the flow is served, too."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise ServiceError("a process did not start; its log lies in the home folder: serve.log")


def main() -> None:
    """Serve the flow until the process is stopped."""
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415 - after the environment is set

    from flows.deidentify import deidentify  # noqa: PLC0415
    from tasks.run import register_source  # noqa: PLC0415

    parser = argparse.ArgumentParser(description="Serve the flow `deidentify`.")
    parser.add_argument("--source", default="")
    parser.add_argument("--cron", default="")
    options = parser.parse_args()
    alias = register_source(Settings(), options.source) if options.source else ""
    tending(Event())
    deidentify.serve(
        name=NAME,
        cron=options.cron or None,
        parameters={"source": alias} if alias else None,
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_starting_message=False,
        pause_on_shutdown=False,
    )


if __name__ == "__main__":
    main()

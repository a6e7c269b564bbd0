"""A person decides in the Prefect UI: the Resume form of a suspended run, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.request
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deployments.serve import serving, webhook_secret
from deployments.server import free_port
from infra import audit_log
from infra.settings import Settings

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def ask_for_a_run(url: str, source: Path, policy: Path) -> str:
    """Start a run by the webhook and return its id."""
    from deployments.webhook import sign

    body = json.dumps({"source": str(source), "policy": str(policy), "review": "required"}).encode()
    at = str(int(time.time()))
    headers = {"X-Deidflow-Timestamp": at, "X-Deidflow-Signature": sign(webhook_secret(Settings()), at, body)}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:  # noqa: S310 - ours
        return str(json.loads(answer.read())["run_id"])


def state_of(run_id: str, *wanted: str) -> str:
    """Wait until a run's state is one of those and return it."""
    from prefect.client.orchestration import get_client

    deadline = time.monotonic() + 90
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            state = client.read_flow_run(UUID(run_id)).state
            if state and state.name in wanted:
                return str(state.name)
            time.sleep(0.5)
    raise AssertionError(f"the run never was {wanted}")


def test_a_releaser_approves_in_the_prefect_ui(server: Path, quick_policy: Path, tmp_path: Path) -> None:
    """The form shows counts and choices, takes a verdict and a name, and the run goes on under that name."""
    from playwright.sync_api import sync_playwright

    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_text("Patient: Bea Browser, MRN 4404404, seen 3/14/2021.\n")
    api = os.environ["PREFECT_API_URL"]
    with serving(Settings(), free_port()) as url, sync_playwright() as playwright:
        run_id = ask_for_a_run(url, source, quick_policy)
        state_of(run_id, "Suspended")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page: Any = browser.new_page(viewport={"width": 1300, "height": 1100})
        page.goto(f"{api.removesuffix('/api')}/runs/flow-run/{run_id}")
        page.get_by_role("button", name="Resume").first.click()
        form = page.locator(".p-modal")
        form.get_by_text("1 of 1 assets wait for a decision").wait_for()
        text = form.inner_text()
        assert "MRN" in text
        assert "Browser" not in text
        form.locator(".p-select button").first.focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(300)
        page.keyboard.press("Enter")
        form.locator("textarea").first.fill("Rita Releaser")
        form.get_by_role("button", name="Submit").click()
        state_of(run_id, "Completed")
        page.get_by_text("Artifacts").last.click()
        page.get_by_text("What was found, released and set aside").wait_for()
        browser.close()
    lines, _ = audit_log.export(Settings().database_url, run_id)
    assert [json.loads(line)["activity"] for line in lines.splitlines() if '"Rita Releaser"' in line] == [
        "review.approved"
    ]

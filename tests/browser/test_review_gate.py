"""A served run waits, a person reviews it in the browser, it goes on by itself, and the export is what they saw."""

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
from deployments.server import HOST, free_port
from infra import accounts
from infra import review_queue as queue
from infra.settings import Settings

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "correct horse battery"


def started(url: str, source: Path, policy: Path) -> str:
    """Start a run by the webhook and return its id."""
    from deployments.webhook import sign

    body = json.dumps({"source": str(source), "policy": str(policy), "review": "required"}).encode()
    at = str(int(time.time()))
    headers = {"X-Deidflow-Timestamp": at, "X-Deidflow-Signature": sign(webhook_secret(Settings()), at, body)}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:  # noqa: S310 - ours
        return str(json.loads(answer.read())["run_id"])


def wait_for(run_id: str, wanted: str) -> None:
    """Wait until a run's state is the wanted one."""
    from prefect.client.orchestration import get_client

    deadline = time.monotonic() + 150
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            state = client.read_flow_run(UUID(run_id)).state
            if state and state.name == wanted:
                return
            time.sleep(0.5)
    raise AssertionError(f"the run never was {wanted}")


def test_a_run_goes_on_by_itself_after_the_last_document(server: Path, quick_policy: Path, tmp_path: Path) -> None:
    """The form links to the batch; what the reviewer added and saw in the preview is what is released."""
    from playwright.sync_api import sync_playwright

    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_bytes(
        "Patient: Gina Gate, MRN 4404405.\r\n😀 Her neighbour zebulon called.\r\n".encode()
    )
    port = free_port()
    pages, api = f"http://{HOST}:{port}", os.environ["PREFECT_API_URL"]
    with serving(Settings(), free_port(), review_port=port) as webhook, sync_playwright() as playwright:
        run_id = started(webhook, source, quick_policy)
        wait_for(run_id, "Suspended")
        batch = queue.batch_of(Settings().database_url, run_id)
        accounts.add_user(Settings().database_url, "gate-keeper", ["reviewer"], PASSWORD)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page: Any = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{api.removesuffix('/api')}/runs/flow-run/{run_id}")
        page.get_by_role("button", name="Resume").first.click()
        link = page.get_by_role("link", name="Open the review pages").get_attribute("href")
        assert link == f"{pages}/batches/{batch.id}"
        page.goto(link)
        page.get_by_label("Name").fill("gate-keeper")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Take the next").click()
        page.locator("#findings li").first.wait_for()
        page.evaluate("""() => { const line = document.querySelector('.line[data-line="1"]').firstChild;
            const at = line.data.indexOf('zebulon'); getSelection().setBaseAndExtent(line, at, line, at + 7); }""")
        page.keyboard.press("m")
        page.locator("#chooser[open]").wait_for()
        page.keyboard.type("relative")
        page.keyboard.press("Enter")
        page.get_by_text("saved as version 2", exact=True).wait_for()
        item = int(page.url.rpartition("/")[2])
        preview = page.request.get(f"{pages}/api/items/{item}/preview").body()
        page.keyboard.press("Control+Enter")
        page.locator("#decision[open]").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{pages}/batches/{batch.id}")
        wait_for(run_id, "Completed")
        browser.close()
    assert b"zebulon" not in preview
    asset = queue.items(Settings().database_url, batch.id)[0].asset_id
    (released,) = Path(Settings().release_url).rglob(f"data/*/{asset}.txt")
    assert released.read_bytes() == preview

"""A person decides in the Prefect UI: the Resume form of a suspended run, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from deployments.serve import serving
from deployments.server import free_port
from infra import audit_log
from infra import review_queue as queue
from infra.settings import Settings

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]


def choose(page: Any, field: int, downs: int) -> None:
    """Choose an option of one of the form's lists by keyboard."""
    page.locator(".p-modal .p-select button").nth(field).focus()
    for _ in range(downs):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(300)
    page.keyboard.press("Enter")


def sent_back(batch: str) -> queue.Item:
    """Wait until the batch's one item was sent back, and return it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        (item,) = queue.items(Settings().database_url, batch)
        if item.status == queue.Status.SENT_BACK:
            return item
        time.sleep(0.5)
    raise AssertionError("the item never came back")


def test_a_releaser_sends_back_and_then_approves_in_the_prefect_ui(
    server: Path, quick_policy: Path, tmp_path: Path, chromium: Any, ask_for_a_run: Any, wait_for: Any
) -> None:
    """The form shows counts and choices; what it rejects waits again with the reason, what it approves goes on."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_text("Patient: Bea Browser, MRN 4404404, seen 3/14/2021.\n")
    api = os.environ["PREFECT_API_URL"]
    with serving(Settings(), free_port()) as url, chromium() as browser:
        run_id = ask_for_a_run(url, source, quick_policy)
        wait_for(run_id, "Suspended")
        page: Any = browser.new_page(viewport={"width": 1300, "height": 1100})
        page.goto(f"{api.removesuffix('/api')}/runs/flow-run/{run_id}")
        page.get_by_role("button", name="Resume").first.click()
        form = page.locator(".p-modal")
        form.get_by_text("1 of 1 assets wait for a decision").wait_for()
        text = form.inner_text()
        assert "MRN" in text
        assert "Browser" not in text
        choose(page, 0, 3)  # approved, rejected, sent back
        form.locator("textarea").first.fill("Rita Releaser")
        choose(page, 1, 2)  # reviewed, identifier missed
        form.get_by_role("button", name="Submit").click()
        database = Settings().database_url
        item = sent_back(queue.batch_of(database, run_id).id)
        assert (item.answer, item.decided_by) == ("identifier missed", "Rita Releaser")
        assert [event.reason for event in queue.history(database, item.id or 0)][-1] == "identifier missed"
        wait_for(run_id, "Suspended")
        page.reload()
        page.get_by_role("button", name="Resume").first.click()
        form.get_by_text("1 of 1 assets wait for a decision").wait_for()
        choose(page, 0, 1)
        form.locator("textarea").first.fill("Rita Releaser")
        form.get_by_role("button", name="Submit").click()
        wait_for(run_id, "Completed")
        page.get_by_text("Artifacts").last.click()
        page.get_by_text("What was found, released and set aside").wait_for()
    lines, _ = audit_log.export(Settings().database_url, run_id)
    assert [json.loads(line)["activity"] for line in lines.splitlines() if '"Rita Releaser"' in line] == [
        "review.sent_back",
        "review.approved",
    ]

"""A served run waits, a person reviews it in the browser, it goes on by itself, and the export is what they saw."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.serve import serving
from deployments.server import HOST, free_port
from infra import accounts
from infra import review_queue as queue
from infra.database import writing
from infra.settings import Settings

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
PASSWORD = "correct horse battery"


def test_a_run_goes_on_by_itself_after_the_last_document(
    server: Path, quick_policy: Path, tmp_path: Path, chromium: Any, ask_for_a_run: Any, wait_for: Any
) -> None:
    """The form links to the batch; what the reviewer added and saw in the preview is what is released."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_bytes(
        "Patient: Gina Gate, MRN 4404405.\r\n😀 Her neighbour zebulon called.\r\n".encode()
    )
    port = free_port()
    pages, api = f"http://{HOST}:{port}", os.environ["PREFECT_API_URL"]
    with serving(Settings(), free_port(), review_port=port) as webhook, chromium() as browser:
        run_id = ask_for_a_run(webhook, source, quick_policy)
        wait_for(run_id, "Suspended")
        batch = queue.batch_of(Settings().database_url, run_id)
        accounts.add_user(Settings().database_url, "gate-keeper", ["reviewer"], PASSWORD)
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
    assert b"zebulon" not in preview
    asset = queue.items(Settings().database_url, batch.id)[0].asset_id
    (released,) = Path(Settings().release_url).rglob(f"data/*/{asset}.txt")
    assert released.read_bytes() == preview


@pytest.fixture(autouse=True)
def nobody_stays(server: Path) -> Iterator[None]:
    """Leave no user behind: other runs of the session are decided by names, as where nobody was ever added."""
    yield
    with writing(Settings().database_url) as session:
        for table in ("review_session", "review_user"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")

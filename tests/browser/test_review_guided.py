"""A reviewer reads what is marked under a label as they choose it, and answers the policy's checklist by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from infra import review_queue as queue

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTE = "Patient: Jane Canary, MRN 7712345\r\nseen 3/14/2021 by Dr. Alan Kestrel.\r\n"
RULES = """
[review]
checklist = ["Signature block read", "Letterhead read"]
[review.guidelines]
STAFF_NAME = "Names of staff. In this registry their initials stay."
"""


@pytest.fixture
def asking(quick_policy: Path, tmp_path: Path) -> str:
    """Give a policy that asks two questions, and says its own words of one label."""
    path = tmp_path / "asking.toml"
    path.write_text(quick_policy.read_text() + RULES)
    return str(path)


def look(page: Any, what: str) -> None:
    """Let axe look at a page; it may find nothing, not even what it calls minor."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert page.evaluate("axe.run().then(result => result.violations.map(one => one.id))") == [], what


def described(page: Any) -> str:
    """Return what describes whatever has the focus."""
    return str(
        page.evaluate("document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent")
    )


def test_guideline_and_checklist_by_keyboard(open_desk: Callable[..., Any], asking: str, tmp_path: Path) -> None:
    """The label's text is there before it is chosen; an approval waits for each answer, which the history shows."""
    desk = open_desk({"note.txt": NOTE.encode()}, asking)
    item = desk.items["note.txt"]
    page = desk.page(color_scheme="dark", bypass_csp=True)
    page.get_by_role("button", name="Take the next").focus()
    page.keyboard.press("Enter")
    page.locator("#acts").wait_for()
    page.locator("#findings li").first.wait_for()
    assert "their initials stay" in page.locator(".legend li").first.get_attribute("title")
    for key in "jl":
        page.keyboard.press(key)
    page.locator("#chooser[open]").wait_for()
    guide = page.locator("#chooser-guide")
    assert guide.inner_text().startswith("name: The patient's name")  # what Enter takes now
    page.keyboard.type("staff")
    assert guide.inner_text() == described(page)
    assert guide.inner_text() == "staff name: Names of staff. In this registry their initials stay."
    for _ in range(3):  # the first label in sight may stand behind the list, which can be scrolled and so has the focus
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.label") == "STAFF_NAME":
            break
    assert described(page) == "Names of staff. In this registry their initials stay."
    look(page, "chooser with a guideline")
    page.screenshot(path=str(tmp_path / "chooser.png"))
    page.keyboard.press("Enter")
    page.get_by_text("saved as version 2", exact=True).wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#decision[open]").wait_for()
    page.keyboard.press("Enter")  # nothing is answered yet: the page stays and goes to the first question
    assert page.evaluate("document.activeElement.value") == "1"
    assert queue.items(desk.url, desk.batch)[0].status == "pending"
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    look(page, "checklist")
    page.screenshot(path=str(tmp_path / "checklist.png"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.base}/batches/{desk.batch}")
    assert queue.items(desk.url, desk.batch)[0].status == "approved"
    assert [one["yes"] for one in queue.completions(desk.url, item)[-1].checklist or ()] == [True, True]
    page.goto(f"{desk.base}/items/{item}/history")
    page.get_by_role("row", name="Letterhead read").get_by_text("yes").wait_for()
    look(page, "history with answers")

"""A steward changes a policy in the browser, without code; pages on phones, left open, or signed out meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from deid_core.policy import load_policy
from infra import review_queue as queue
from infra.settings import Settings
from tasks import policies
from tasks.run import workspace_of

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTE = b"Patient: Jane Canary, MRN 7712345\nseen 3/14/2021 by Dr. Alan Kestrel.\n"
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


def look(page: Any, what: str) -> None:
    """Let axe look at a page; it may find nothing, not even what it calls minor."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == [], what
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{what}.png"), full_page=True)


def test_a_policy_is_changed_without_code(open_desk: Callable[..., Any]) -> None:  # noqa: PLR0915 - one long story
    """Another action, words, rules and people: saved under a name of its own, and shown as it was filled in."""
    desk = open_desk({"note.txt": NOTE})
    page = desk.page("stu", roles=("steward",), where="/policies", bypass_csp=True)
    look(page, "policies")
    page.get_by_role("link", name="safe_harbor", exact=True).click()
    page.get_by_label("Name to save it under").fill("our_registry")
    page.get_by_label("Title").fill("Registry of the heart centre")
    page.get_by_label("What is done about PROFESSION").select_option("")
    page.get_by_label("What is done about DATE", exact=True).select_option("date_shift")
    page.get_by_label("Parameters of DATE", exact=True).fill("low = 30, high = 365")
    page.get_by_label("Ask below this score about NAME", exact=True).fill("0.9")
    page.get_by_label("Always an identifier").fill("FACILITY: Haus am See\nFACILITY: Lindenhof")
    page.get_by_label("Never an identifier").fill("Lakeside Protocol\n\n")
    page.get_by_label("Rules, as name").fill(r"registry_number ID 0.9 HR-\d{6} x")
    page.get_by_label("Columns, as name").fill("study_arm: keep\nremarks: text")
    page.get_by_label("Checklist").fill("Signature block read")
    page.get_by_label("People who look").fill("3")
    page.get_by_label("Steps").select_option("2")
    look(page, "policy")
    save = page.get_by_role("button", name="Save as a new version")
    save.click()
    page.get_by_role("alert").get_by_text("NAME: choose what is done").wait_for()  # a threshold alone would be lost
    page.get_by_label("Ask below this score about NAME", exact=True).fill("")
    save.click()
    page.get_by_role("alert").get_by_text("not both").wait_for()
    look(page, "policy that does not hold")
    page.get_by_label("Steps").select_option("1")
    page.get_by_label("Retain UIDs Option").check()
    page.get_by_label("faces in pictures").uncheck()
    save.click()
    page.wait_for_url(f"{desk.base}/policies/our_registry")
    held = policies.named(workspace_of(Settings()), "our_registry")
    assert (held.title, held.version, held.review.people) == ("Registry of the heart centre", "1", 3)
    assert (held.rules["DATE"].action, held.rules["DATE"].params) == ("date_shift", {"low": 30, "high": 365})
    assert "PROFESSION" not in held.rules
    assert "NAME" not in held.rules
    assert (held.deny, held.allow) == ({"FACILITY": ("Haus am See", "Lindenhof")}, ("Lakeside Protocol",))
    assert (held.patterns[0].regex, held.columns) == (r"HR-\d{6} x", {"study_arm": "keep", "remarks": "text"})
    assert (held.review.checklist, "retain_uids" in held.dicom.options) == (("Signature block read",), True)
    assert {*load_policy("safe_harbor").detectors} - {*held.detectors} == {"faces"}
    page.reload()
    with page.expect_navigation():  # to the page that it is on
        save.click()  # as it is shown, it is the same: no version more
    assert policies.last(workspace_of(Settings()), "our_registry") == 1
    page.get_by_label("Title").fill("Registry, second version")
    with page.expect_navigation():
        save.click()
    page.get_by_text("Versions:").wait_for()
    assert policies.last(workspace_of(Settings()), "our_registry") == 2
    page.get_by_role("link", name="1 (stu").click()
    assert page.get_by_label("Title").input_value() == "Registry of the heart centre"
    page.goto(f"{desk.base}/batches/{desk.batch}")
    assert "our_registry" in page.get_by_label("Run the source again under").inner_text()
    look(page, "batch of a steward")
    desk.said = [said for said in desk.said if "422" not in said]  # the browser reports the refusal


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_a_phone(open_desk: Callable[..., Any], theme: str) -> None:
    """At 390 pixels no page runs over sideways, and what is wider scrolls by itself, by keyboard, too."""
    desk = open_desk({"note.txt": NOTE})
    item = desk.items["note.txt"]
    turn = queue.claim_item(desk.url, item, "every").turn.id or 0
    queue.submit(desk.url, turn, "every", "approved", 1)
    roles = ("reviewer", "adjudicator", "releaser", "steward", "auditor", "admin")
    page = desk.page("every", roles=roles, color_scheme=theme, bypass_csp=True)
    page.set_viewport_size({"width": 390, "height": 844})
    batch = f"/batches/{desk.batch}"
    each = ["/", batch, f"{batch}/quality", f"/items/{item}", f"/items/{item}/history", f"/items/{item}/compare"]
    for where in [*each, "/users", "/account", "/policies", "/policies/safe_harbor", "/nowhere"]:
        page.goto(desk.base + where)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        look(page, f"phone_{theme}_" + (where.replace("/", "_")))
    desk.said = [said for said in desk.said if "404" not in said]


def test_a_page_that_is_left_open_does_not_keep_a_document(open_desk: Callable[..., Any]) -> None:
    """After five minutes without a key its beats end; who comes back in time keeps it, who comes too late is told."""
    desk = open_desk({"note.txt": NOTE})
    page = desk.page("ann", where="/")
    page.clock.install()
    page.get_by_role("button", name="Take the next").click()
    page.locator("#findings li").first.wait_for()
    beats: list[str] = []
    page.on("request", lambda request: beats.append(request.url) if "heartbeat" in request.url else None)
    for _ in range(8):
        page.clock.run_for(60_000)
    page.get_by_role("alert").get_by_text("Nothing was done here").wait_for()
    assert len(beats) == 4
    page.keyboard.press("j")  # back in time
    page.get_by_role("alert").wait_for(state="hidden")
    assert len(beats) == 5
    item = desk.items["note.txt"]
    for _ in range(7):
        page.clock.run_for(60_000)
    ended = queue.turns(desk.url, item)[0]
    queue.release(desk.url, ended.id or 0, "ann")  # as if its time were over
    queue.claim_item(desk.url, item, "bob")
    page.keyboard.press("j")
    page.get_by_role("alert").get_by_text("The lease on that item is over").wait_for()
    page.keyboard.press("a")
    page.wait_for_timeout(500)
    assert len(queue.completions(desk.url, item)) == 1
    desk.said = [said for said in desk.said if "409" not in said]


def test_a_session_that_ends_loses_no_work(open_desk: Callable[..., Any]) -> None:
    """Signed out in another tab one is told so; what was decided waits, and is saved once one has signed in there."""
    desk = open_desk({"note.txt": NOTE})
    page = desk.page("ann")
    page.get_by_role("button", name="Take the next").click()
    page.locator("#findings li").first.wait_for()
    other = page.context.new_page()
    other.goto(f"{desk.base}/account")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url(f"{desk.base}/sign-in")
    for key in "jx":
        page.keyboard.press(key)
    page.get_by_role("alert").get_by_text("1 change waits here").wait_for()
    other.get_by_label("Name").fill("ann")
    other.get_by_label("Password").fill("correct horse battery")
    other.keyboard.press("Enter")
    other.wait_for_url(f"{desk.base}/")
    page.get_by_text("saved as version 2", exact=True).wait_for()
    assert [span["verdict"] for span in desk.spans(desk.items["note.txt"])].count("keep") == 1
    desk.said = [said for said in desk.said if "401" not in said and "403" not in said]

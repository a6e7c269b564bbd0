"""Nobody is kept out: axe looks at every page and every dialog, in light and in dark.

axe-core (MPL-2.0, Deque Systems) comes with axe-playwright-python, a dependency of the tests alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from deid_core.review import edit_from_dict
from deployments.sample.people import people
from deployments.sample.scans import ct
from infra import accounts
from infra import review_queue as queue

axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTE = "Patient: Jane Canary, MRN 7712345\r\nseen 3/14/2021 by Dr. Alan Kestrel.\r\nHer neighbour zebulon called.\r\n"
ALL = tuple(accounts.Role)


def barriers(page: Any) -> list[tuple[str, str, str]]:
    """Return what axe finds on a page as it stands: impact, rule, and the first place."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [(one["impact"], one["id"], one["nodes"][0]["html"][:200]) for one in found]


def look(page: Any, what: str) -> None:
    """Let axe look at a page; it may find nothing, not even what it calls minor."""
    found = barriers(page)
    assert not found, (what, json.dumps(found, indent=1))


def ready(page: Any) -> None:
    """Wait until a document that is in one's hands is open and its keys work."""
    page.locator("#acts").wait_for()
    page.locator("#findings li").first.wait_for()


@pytest.fixture
def two_people(quick_policy: Path, tmp_path: Path) -> str:
    """Give a policy by which two people look at each document, apart."""
    path = tmp_path / "two.toml"
    path.write_text(quick_policy.read_text() + "\n[review]\npeople = 2\n")
    return str(path)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reviewer_meets_no_barrier(open_desk: Callable[..., Any], scan: bytes, theme: str) -> None:
    """A note, its preview and every dialog, a table, a header, a picture with its boxes: nothing anywhere."""
    desk = open_desk(
        {
            "note.txt": NOTE.encode(),
            "table.csv": b"Name,MRN\r\nJane Canary,7712345\r\n",
            "scan.png": scan,
            "ct.dcm": ct(people(3, 1)[0], 1, compressed=False),
        }
    )
    page = desk.page("ann", color_scheme=theme, bypass_csp=True)
    look(page, "queue with nothing in hand")
    for name, item in desk.items.items():
        page.goto(f"{desk.base}/items/{item}")
        look(page, f"{name}, not taken")
        page.get_by_role("button", name="Take it").click()
        ready(page)
        if name in ("scan.png", "ct.dcm"):
            page.wait_for_function("document.getElementById('words').textContent !== 'Reading…'", timeout=60000)
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("saved as version 2", exact=True).wait_for()
        look(page, name)
        page.keyboard.press("v")
        page.locator("#preview:not([hidden])").wait_for()
        page.wait_for_load_state("networkidle")
        look(page, f"{name} and its preview")
        page.keyboard.press("v")
    page.goto(f"{desk.base}/items/{desk.items['note.txt']}")
    ready(page)
    for keys, dialog in (("?", "help"), ("jl", "chooser"), ("Control+Enter", "decision")):
        for key in [keys] if "+" in keys else keys:
            page.keyboard.press(key)
        page.locator(f"#{dialog}[open]").wait_for()
        look(page, dialog)
        page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.type("a neighbour's name")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#comments li").first.wait_for()
    page.keyboard.press("w")
    look(page, "a comment, and the caret")
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_role("alert").get_by_text("does not answer").wait_for()
    look(page, "no connection")
    page.context.set_offline(False)
    for where in ("/", f"/batches/{desk.batch}", "/account", "/nowhere"):
        page.goto(desk.base + where)
        look(page, where)
    desk.said = [said for said in desk.said if "ERR_INTERNET_DISCONNECTED" not in said and "404" not in said]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_those_who_decide_meet_no_barrier(open_desk: Callable[..., Any], two_people: str, theme: str) -> None:
    """Comparing, adjudicating, history, figures, what masked roles see, users, tokens and signing in."""
    desk = open_desk({"note.txt": NOTE.encode(), "more.txt": NOTE.encode()}, two_people)
    item, other = desk.items["note.txt"], desk.items["more.txt"]
    for who, edits in (("bob", [{"act": "reject", "span_id": "1.2"}]), ("cy", [])):
        turn = queue.claim_item(desk.url, item, who).turn.id or 0
        queue.submit(desk.url, turn, who, "approved", 1, edits=[edit_from_dict(one) for one in edits], seconds=40)
    page = desk.page("all", roles=ALL, color_scheme=theme, bypass_csp=True)
    page.goto(f"{desk.base}/items/{item}")
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Give back").wait_for()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("button", name="This one is right").first.wait_for()
    look(page, "adjudication")
    page.get_by_role("button", name="This one is right").first.click()
    page.wait_for_url(f"{desk.base}/batches/{desk.batch}")
    accounts.new_token(desk.url, "all", "scripts", ["read"])
    places = ["/", f"/batches/{desk.batch}", f"/batches/{desk.batch}/quality", "/account", "/users"]
    for where in [*places, f"/items/{item}/history", f"/items/{item}/compare", f"/batches/{desk.batch}?label=FAX"]:
        page.goto(desk.base + where)
        page.wait_for_load_state("networkidle")
        look(page, where)
    masked = desk.page("kim", roles=("releaser", "steward"), color_scheme=theme, bypass_csp=True)
    for where in ("/", f"/items/{item}", f"/items/{other}", f"/batches/{desk.batch}"):
        masked.goto(desk.base + where)
        masked.wait_for_load_state("networkidle")
        look(masked, f"masked {where}")
    masked.get_by_role("button", name="Sign out").click()
    masked.get_by_label("Password").wait_for()
    look(masked, "sign in")
    masked.get_by_label("Name").fill("kim")
    masked.get_by_label("Password").fill("not the right one")
    masked.keyboard.press("Enter")
    masked.get_by_role("alert").get_by_text("do not belong together").wait_for()
    look(masked, "sign in refused")
    desk.said = [said for said in desk.said if "401" not in said]

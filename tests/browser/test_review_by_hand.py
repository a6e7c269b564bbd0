"""Pages that were only looked at so far: a steward ticks all and shares out, and an admin keeps the users."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import accounts
from infra import review_queue as queue
from infra.accounts import Role

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTES = {f"note-{number}.txt": f"Patient: Jane Canary, MRN 771234{number}\n".encode() for number in range(3)}
PASSWORD = "correct horse battery"
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


def test_all_are_ticked_and_given_at_once(open_desk: Callable[..., Any]) -> None:
    """One box ticks every document of the page and takes the ticks back; what is done is done to the ticked ones."""
    desk = open_desk(NOTES)
    accounts.add_user(desk.url, "ann", ("reviewer",), PASSWORD)
    page = desk.page("stu", roles=("steward",), where=f"/batches/{desk.batch}")
    page.on("dialog", lambda dialog: dialog.accept())
    all_of_them, boxes = page.get_by_label("Tick all on this page"), page.locator("[data-tick]")
    assert boxes.count() == 3
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("alert").get_by_text("Tick the documents first.").wait_for()
    all_of_them.check()
    assert boxes.evaluate_all("all => all.map(one => one.checked)") == [True] * 3
    all_of_them.uncheck()
    assert boxes.evaluate_all("all => all.map(one => one.checked)") == [False] * 3
    all_of_them.check()
    boxes.nth(2).uncheck()
    left_out = int(boxes.nth(2).get_attribute("data-item"))
    page.get_by_label("Priority of the ticked ones").fill("77")
    with page.expect_navigation():
        page.get_by_role("button", name="Set", exact=True).click()
    held = {item.id: item.priority for item in queue.items(desk.url, desk.batch)}
    assert sorted(priority == 77 for priority in held.values()) == [False, True, True]
    assert held[left_out] != 77
    all_of_them.check()
    page.locator("select[name=reviewers]").select_option("ann")
    with page.expect_navigation():
        page.get_by_role("button", name="Give", exact=True).click()
    assert [turn.assigned_to for item in held for turn in queue.turns(desk.url, item)] == ["ann"] * 3
    assert page.get_by_role("cell", name="ann (given)", exact=True).count() == 3
    assert "began as run" not in page.get_by_role("main").inner_text()  # nobody asked for one


def test_an_admin_keeps_the_users(open_desk: Callable[..., Any]) -> None:
    """Somebody is added by a post, given another role, shut out and let in again, each by the page's own forms."""
    desk = open_desk({"note.txt": NOTES["note-0.txt"]})
    page = desk.page("root", roles=("admin",), where="/users")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    form = page.get_by_role("region", name="Add a user")
    form.get_by_label("Name").fill("bea")
    form.get_by_label("Post").select_option(index=1)
    chosen = form.locator("select[name=roles]").evaluate("list => [...list.selectedOptions].map(one => one.value)")
    assert chosen  # a post chooses its roles
    form.locator("select[name=roles]").select_option(["reviewer"])
    form.get_by_label("Password").fill("short")
    form.get_by_role("button", name="Add", exact=True).click()
    assert "bea" not in {user.name for user in accounts.users(desk.url)}  # too short: the form stays
    form.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        form.get_by_role("button", name="Add", exact=True).click()
    assert user_of(desk, "bea") == (["reviewer"], True)
    row = page.get_by_role("row", name=re.compile("^bea"))
    row.locator("summary").click()
    row.locator("select[name=roles]").select_option(["reviewer", "adjudicator"])
    with page.expect_navigation():
        row.get_by_role("button", name=re.compile("^Change")).last.click()
    assert user_of(desk, "bea") == (["adjudicator", "reviewer"], True)
    with page.expect_navigation():
        row.get_by_role("button", name="Shut out bea").click()
    assert user_of(desk, "bea")[1] is False
    row.get_by_text("no", exact=True).wait_for()
    with page.expect_navigation():
        row.get_by_role("button", name="Let in bea").click()
    assert user_of(desk, "bea")[1] is True
    assert len(asked) == 2  # before sessions end, and before somebody is shut out
    other = desk.page("bea", where="/")  # by the password that was typed into the form
    assert other.get_by_text("bea").first.is_visible()


def user_of(desk: Any, name: str) -> tuple[list[str], bool]:
    """Return somebody's roles and whether he may sign in."""
    held = next(user for user in accounts.users(desk.url) if user.name == name)
    return sorted(str(Role(role)) for role in held.roles), held.active


LETTER = (
    "Patient: Jane Canary, MRN 7712345\r\n"
    "Seen 3/14/2021 by Dr. Alan Kestrel; call 617-555-0143.\r\n"
    "Known Parkinson disease, on Sinemet 25/100, aged 71.\r\n"
    "Her neighbour zebulon drives her.\r\n"
)


def test_a_note_beside_its_preview(open_desk: Callable[..., Any]) -> None:
    """What goes on the left is not on the right, what stays is on both; `SCREENSHOTS` keeps the picture of the docs."""
    desk = open_desk({"note.txt": LETTER.encode()})
    page = desk.page("ann", where="/")
    page.set_viewport_size({"width": 1280, "height": 640})
    page.get_by_role("button", name="Take the next").click()
    page.locator("#findings li").first.wait_for()
    page.locator("#reader mark", has_text="7712345").click()
    page.keyboard.press("v")
    preview = page.locator("#preview")
    preview.get_by_text("Known Parkinson disease").wait_for()
    shown, told = page.locator("#reader").inner_text(), preview.inner_text()
    for gone in ("Canary", "7712345", "Kestrel", "617-555-0143", "3/14"):
        assert gone in shown
        assert gone not in told
    for kept in ("Sinemet 25/100", "aged 71", "zebulon", "2021"):  # the name is for a person to mark
        assert kept in told
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / "review.png"))

"""A whole consensus round in a real browser: two people who do not see each other's work, and one who decides.

`SCREENSHOTS` names a folder in which the pages are kept as pictures, for people to look at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import review_queue as queue

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTE = "Patient: Jane Canary, MRN 7712345\r\nseen 3/14/2021 by Dr. Alan Kestrel.\r\nHer neighbour zebulon called.\r\n"
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


def shot(page: Any, name: str) -> None:
    """Keep a page as a picture, in light and in dark, where somebody wants to look."""
    if SCREENSHOTS:
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}_{theme}.png"), full_page=True)
        page.evaluate("delete document.documentElement.dataset.theme")


def take_next(page: Any) -> None:
    """Take the next document and wait until its keys work."""
    page.get_by_role("button", name="Take the next").click()
    page.locator("#acts").wait_for()
    page.locator("#findings li").first.wait_for()


def reject(page: Any, value: str) -> None:
    """Say of a marked value that it stays."""
    page.locator("#reader mark", has_text=value).click()
    page.get_by_role("button", name="Stays").click()
    page.get_by_text("saved as version").wait_for()


def add_missed(page: Any, value: str) -> None:
    """Mark what the detectors missed as a relative's name."""
    page.evaluate(
        """value => { const lines = [...document.querySelectorAll('#reader .line')];
        const line = lines.find((one) => one.textContent.includes(value));
        const text = [...line.childNodes].find((one) => one.nodeType === 3 && one.data.includes(value));
        const at = text.data.indexOf(value); getSelection().setBaseAndExtent(text, at, text, at + value.length); }""",
        value,
    )
    page.keyboard.press("m")
    page.locator("#chooser[open]").wait_for()
    page.keyboard.type("relative")
    page.keyboard.press("Enter")
    page.get_by_text("saved as version").wait_for()


def decide(page: Any, where: str) -> None:
    """Submit, and wait for the batch."""
    page.keyboard.press("Control+Enter")
    page.locator("#decision[open]").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(where)


@pytest.fixture
def consensus_policy(quick_policy: Path, tmp_path: Path) -> Path:
    """Give a policy by which two people look at each document, apart."""
    path = tmp_path / "consensus.toml"
    path.write_text(quick_policy.read_text() + "\n[review]\npeople = 2\n")
    return path


def test_two_look_apart_and_a_third_decides(open_desk: Callable[..., Any], consensus_policy: Path) -> None:
    """Nobody sees the other's work before; the adjudicator sees both, marked; their choice is what masked roles see."""
    desk = open_desk({"note.txt": NOTE.encode()}, str(consensus_policy))
    item, batch = desk.items["note.txt"], f"{desk.base}/batches/{desk.batch}"
    ann, bob = desk.page("ann"), desk.page("bob")
    take_next(ann)
    reject(ann, "3/14/2021")
    ann.locator("#comment textarea").fill("the year alone would do")
    ann.get_by_role("button", name="Say it").click()
    ann.locator("#comments li").first.wait_for()
    decide(ann, batch)
    ann.get_by_text("0 of 1 decided").wait_for()
    take_next(bob)
    assert bob.locator("#reader mark.stays").count() == 0  # ann's work is not shown
    assert "ann" not in bob.locator("main").inner_text().replace("Canary", "")
    bob.goto(f"{desk.base}/items/{item}/history")
    assert "ann" not in bob.locator("main").inner_text()
    bob.goto(f"{desk.base}/items/{item}")
    add_missed(bob, "zebulon")
    shot(bob, "consensus_second_reviewer")
    decide(bob, batch)
    assert queue.load(desk.url, item, "ann").item.step == "adjudication"
    assert [turn.step for turn in queue.turns(desk.url, item)] == ["review", "review", "adjudication"]

    judge = desk.page("judge", roles=("adjudicator",), where=f"/items/{item}")
    judge.get_by_role("button", name="Take it").click()
    judge.get_by_role("button", name="Give back").wait_for()
    judge.get_by_role("link", name="Compare").click()
    judge.get_by_text("2 differences").wait_for()
    assert [text.split()[0] for text in judge.locator(".two h2 .hint").all_inner_texts()] == ["ann", "bob"]
    shot(judge, "consensus_adjudication")
    assert judge.locator("mark.differs").count() == 3  # the date on both sides, the neighbour on one
    judge.locator(".two section", has_text="bob").get_by_role("button", name="This one is right").click()
    judge.wait_for_url(batch)
    judge.get_by_text("1 of 1 decided").wait_for()
    truth = queue.ground_truth(desk.url, item)
    assert (truth.origin, truth.who) == ("adjudicator", "judge")
    judge.goto(f"{desk.base}/items/{item}/history")
    told = judge.locator("main").inner_text()
    assert {"ann", "bob", "judge"} <= set(told.split())
    assert "added what was missed" in told
    assert "relative name text 86 to 93" in told
    shot(judge, "consensus_history")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_other_pages_are_whole(open_desk: Callable[..., Any], consensus_policy: Path, theme: str) -> None:
    """Accounts, users, what a masked role sees, and the figures: nothing runs over, and bars stand beside numbers."""
    desk = open_desk({"note.txt": NOTE.encode(), "more.txt": NOTE.encode()}, str(consensus_policy))
    item = desk.items["note.txt"]
    for who, edit in (("ann", {"act": "reject", "span_id": "1.2"}), ("bob", None)):
        turn = queue.claim_item(desk.url, item, who).turn.id or 0
        edits = [queue_edit(edit)] if edit else []
        queue.submit(desk.url, turn, who, "approved", 1, edits=edits, seconds=40)
    held = queue.claim_item(desk.url, item, "judge", steps=("adjudication",))
    loaded = queue.load(desk.url, item, "judge", sees_all=True)
    queue.adjudicate(desk.url, held.turn.id or 0, "judge", loaded.completions[1].number, loaded.item.version)
    page = desk.page("kim", roles=("steward", "releaser", "auditor", "admin"), color_scheme=theme)
    other = desk.items["more.txt"]
    for name, where in {
        "home": "/",
        "batch": f"/batches/{desk.batch}",
        "quality": f"/batches/{desk.batch}/quality",
        "masked_decided": f"/items/{item}",
        "masked_waiting": f"/items/{other}",
        "account": "/account",
        "users": "/users",
    }.items():
        page.goto(desk.base + where)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        assert "zebulon" not in page.content() or name == "masked_decided"
        if SCREENSHOTS:
            page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}_{theme}.png"), full_page=True)
    page.goto(f"{desk.base}/batches/{desk.batch}/quality")
    bar = page.locator(".gauge").first
    assert bar.locator("svg").bounding_box()["width"] > 60
    assert bar.inner_text().strip()


def queue_edit(told: dict[str, str]) -> Any:
    """Return an edit of JSON."""
    from deid_core.review import edit_from_dict

    return edit_from_dict(told)

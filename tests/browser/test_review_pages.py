"""People review in a real browser: by keyboard, by mouse, two at once, on a bad line, with long notes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest

from infra import accounts, audit_log
from infra import review_queue as queue

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
NOTE = (
    "Patient: Jane Canary, MRN 7712345\r\n"
    "\r\n"
    "😀 seen 3/14/2021 by Dr. Alan Kestrel.\r\n"
    "Her 👩‍⚕️ neighbour zebulon called <b>twice</b>.\r\n"
)

BOXES = "#stage .a9s-annotationlayer"


def settled_width(page: Any) -> float:
    """Return how wide the picture is once it stays so: it is laid out after it is loaded."""
    widths = [0.0]
    while len(widths) < 3 or len(set(widths[-3:])) > 1:
        page.wait_for_timeout(100)
        widths.append(page.locator(BOXES).bounding_box()["width"])
    return widths[-1]


def label(page: Any, typed: str) -> None:
    """Choose a label by keyboard."""
    page.locator("#chooser[open]").wait_for()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


def go_to(page: Any, key: str, there: Callable[[], bool]) -> None:
    """Press a key until one is there."""
    for _ in range(30):
        if there():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} leads nowhere")


def ready(page: Any) -> None:
    """Wait until a document that is in one's hands is open and its keys work."""
    page.locator("#acts").wait_for()
    page.locator("#findings li").first.wait_for()


def saved(page: Any, version: int) -> None:
    """Wait until the page says that a version is saved."""
    page.get_by_text(f"saved as version {version}", exact=True).wait_for()


def test_a_whole_review_by_keyboard_alone(open_desk: Callable[..., Any]) -> None:  # noqa: PLR0915 - one long story
    """Take, go through, accept, reject, resize, add what was missed, comment, preview, decide: no mouse."""
    desk = open_desk({"note.txt": NOTE.encode()})
    item = desk.items["note.txt"]
    page = desk.page()
    page.get_by_role("button", name="Take the next").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.base}/items/{item}")
    ready(page)
    found = {span["entity_type"]: span["id"] for span in desk.spans(item)}
    page.keyboard.press("j")
    page.locator("mark.current").first.wait_for()
    page.keyboard.press("a")
    saved(page, 2)
    go_to(page, "j", lambda: page.locator("mark.current").first.get_attribute("data-label") == "DATE")
    page.keyboard.press("x")
    saved(page, 3)
    page.keyboard.press("w")
    go_to(page, "ArrowRight", lambda: page.evaluate("getSelection().toString()") == "zebulon")
    page.keyboard.press("m")
    label(page, "relat")
    saved(page, 4)
    page.keyboard.press("{")
    saved(page, 5)
    page.keyboard.press("]")
    saved(page, 6)
    page.keyboard.press("l")
    label(page, "staff")
    saved(page, 7)
    now = {span["id"]: span for span in desk.spans(item)}
    added = next(span for span in now.values() if span["origin"] == "person")
    start = NOTE.index("zebulon")
    assert (added["location"]["start"], added["location"]["end"]) == (start - 1, start + 8)
    assert added["entity_type"] == "STAFF_NAME"
    assert now[found["DATE"]]["verdict"] == "keep"
    page.keyboard.press("c")
    page.keyboard.type("a neighbour's name")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("listitem").filter(has_text="a neighbour's name").wait_for()
    page.keyboard.press("v")
    text = page.locator("#preview-text")
    text.get_by_text("seen 3/14/2021").wait_for()
    assert "zebulon" not in text.inner_text()
    assert "<b>twice</b>" in text.inner_text()
    page.keyboard.press("?")
    page.get_by_text("missed identifier: add").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.locator("#decision[open]").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.base}/batches/{desk.batch}")
    assert queue.items(desk.url, desk.batch)[0].status == "approved"
    page.get_by_text("1 of 1 decided").wait_for()
    read = audit_log.history(desk.url, queue.items(desk.url, desk.batch)[0].asset_id)
    assert "review.read" in {record.activity for record in read}


def test_a_selection_by_mouse_over_emoji_and_windows_line_ends(open_desk: Callable[..., Any]) -> None:
    """What the mouse marks after emoji and CRLF is what is kept, in code points of the stored text."""
    desk = open_desk({"note.txt": NOTE.encode()})
    item = desk.items["note.txt"]
    page = desk.page(where=f"/items/{item}")
    page.get_by_role("button", name="Take it").click()
    ready(page)
    found = len(desk.spans(item))
    box = page.evaluate("""() => { const line = document.querySelector('.line[data-line="3"]').firstChild;
        const range = document.createRange(); const at = line.data.indexOf('zebulon');
        range.setStart(line, at); range.setEnd(line, at + 7); const b = range.getBoundingClientRect();
        return [b.left, b.top, b.right, b.bottom]; }""")
    middle = (box[1] + box[3]) / 2
    page.mouse.move(box[0] + 1, middle)
    page.mouse.down()
    page.mouse.move(box[2] - 1, middle, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Missed").click()
    page.get_by_role("button", name="relative name").click()
    saved(page, 2)
    place = next(span["location"] for span in desk.spans(item) if span["origin"] == "person")
    assert NOTE[place["start"] : place["end"]] == "zebulon"
    page.locator("#reader mark", has_text="Canary").click()
    page.get_by_role("button", name="Stays").click()
    saved(page, 3)
    page.locator("#reader mark", has_text="Canary").click()  # deciding had gone on to the next one
    page.get_by_role("button", name="Undo").click()
    saved(page, 4)
    page.reload()
    assert page.locator("#reader mark").count() == len(desk.spans(item)) == found + 1
    assert {span["verdict"] for span in desk.spans(item)} == {"transform"}


def test_two_reviewers_at_once_and_a_stale_tab(open_desk: Callable[..., Any]) -> None:
    """Two people never get one document; of two tabs of one person the older one is told, and saves nothing."""
    desk = open_desk({"a.txt": NOTE.encode(), "b.txt": NOTE.replace("Jane", "June").encode()})
    ann, bob = desk.page("ann"), desk.page("bob")
    for page in (ann, bob):
        page.get_by_role("button", name="Take the next").click()
        ready(page)
    assert ann.url != bob.url
    other = ann.context.new_page()
    other.goto(ann.url)
    ready(other)
    other.keyboard.press("j")
    other.keyboard.press("a")
    saved(other, 2)
    ann.keyboard.press("j")
    ann.keyboard.press("x")
    ann.get_by_role("alert").get_by_text("newer version of your work").wait_for()
    item = int(ann.url.rpartition("/")[2])
    assert len(queue.completions(desk.url, item)) == 2
    desk.said = [said for said in desk.said if "409" not in said]  # the browser reports the refusal


def test_a_lost_connection_loses_no_work(open_desk: Callable[..., Any]) -> None:
    """What is decided while the server does not answer waits, is said to wait, and is saved when it answers."""
    desk = open_desk({"note.txt": NOTE.encode()})
    page = desk.page()
    page.get_by_role("button", name="Take the next").click()
    ready(page)
    page.context.set_offline(True)
    for key in "jax":
        page.keyboard.press(key)
    page.get_by_role("alert").get_by_text("does not answer").wait_for()
    page.context.set_offline(False)
    saved(page, 2)
    verdicts = [span["verdict"] for span in desk.spans(desk.items["note.txt"]) if span["decided_by"] == "ann"]
    assert sorted(verdicts) == ["keep", "transform"]
    desk.said = [said for said in desk.said if "ERR_INTERNET_DISCONNECTED" not in said]


def test_two_hundred_findings_in_two_thousand_lines_stay_quick(open_desk: Callable[..., Any]) -> None:
    """The page opens, moves on and decides without waiting, and remembers where one was."""
    lines = [
        f"{n}: MRN {7000000 + n} follows" if n % 10 == 0 else f"{n}: no change, stable, afebrile" for n in range(2000)
    ]
    desk = open_desk({"note.txt": "\n".join(lines).encode()})
    item = desk.items["note.txt"]
    assert len(desk.spans(item)) >= 200
    page = desk.page(where=f"/items/{item}")
    page.get_by_role("button", name="Take it").click()
    ready(page)
    began = time.perf_counter()
    page.reload()
    page.locator("#findings li").last.wait_for(state="attached")
    opened = time.perf_counter() - began
    paces = []
    for _ in range(20):
        began = time.perf_counter()
        page.keyboard.press("a")
        page.keyboard.press("j")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        paces.append(time.perf_counter() - began)
    page.get_by_text("saved as version").wait_for()
    scrolled = page.evaluate("document.getElementById('reader').scrollTop")
    page.wait_for_timeout(300)
    page.reload()
    page.locator("#findings li").last.wait_for(state="attached")
    assert scrolled > 500
    assert abs(page.evaluate("document.getElementById('reader').scrollTop") - scrolled) < 200
    assert opened < 8, opened
    assert sorted(paces)[10] < 1, paces


def test_a_picture_and_its_text_lead_to_each_other(open_desk: Callable[..., Any], scan: bytes) -> None:
    """A box chosen shows its word, a word its box; a box drawn is kept in the picture's own pixels."""
    desk = open_desk({"scan.png": scan})
    item = desk.items["scan.png"]
    page = desk.page(where=f"/items/{item}")
    page.get_by_role("button", name="Take it").click()
    page.locator("#words .word.span").first.wait_for(timeout=60000)
    page.locator("#words .word.span").first.click()
    page.locator(f"{BOXES} .selected").wait_for()
    page.get_by_role("button", name="Draw a box").click()
    area = page.locator(BOXES).bounding_box()
    scale = area["width"] / 640
    page.mouse.move(area["x"] + 40 * scale, area["y"] + 240 * scale)
    page.mouse.down()
    page.mouse.move(area["x"] + 300 * scale, area["y"] + 280 * scale, steps=4)
    page.mouse.up()
    page.keyboard.press("m")
    label(page, "unread")
    saved(page, 2)
    place = next(span["location"] for span in desk.spans(item) if span["origin"] == "person")
    assert all(
        abs(place[name] - value) <= 2 for name, value in {"left": 40, "top": 240, "width": 260, "height": 40}.items()
    )
    page.keyboard.press("v")
    page.locator("#preview-frame img").wait_for()
    page.wait_for_function("document.querySelector('#preview-frame img').naturalWidth === 640")


def test_zoom_is_remembered_and_history_is_one_click_away(open_desk: Callable[..., Any], scan: bytes) -> None:
    """Text and pictures stay as large as one made them; a click shows each decision and the chain of records."""
    desk = open_desk({"note.txt": NOTE.encode(), "scan.png": scan})
    page = desk.page(where=f"/items/{desk.items['note.txt']}")
    page.get_by_role("button", name="Take it").click()
    ready(page)
    size = "Number(getComputedStyle(document.querySelector('#reader .text')).fontSize.replace('px', ''))"
    before = page.evaluate(size)
    for _ in range(4):
        page.keyboard.press("+")
    assert page.evaluate(size) == pytest.approx(1.4 * before)
    page.reload()
    ready(page)
    assert page.evaluate(size) == pytest.approx(1.4 * before)
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.type("who?")
    page.get_by_role("button", name="Say it").click()
    page.get_by_role("button", name="show").click()  # from a comment to its finding
    assert page.locator("mark.current").first.get_attribute("data-span") == "1.0"
    page.keyboard.press("x")
    saved(page, 2)
    page.get_by_role("link", name="History").click()
    page.get_by_role("row", name="said it stays").get_by_text("ann").wait_for()
    page.get_by_role("row", name="review.saved").wait_for()
    page.goto(f"{desk.base}/items/{desk.items['scan.png']}")
    page.get_by_role("button", name="Take it").click()
    ready(page)
    width = settled_width(page)
    for _ in range(4):
        page.keyboard.press("-")
    assert width == pytest.approx(1.4 * settled_width(page), rel=0.02)


def test_what_answers_with_nothing_goes_on(open_desk: Callable[..., Any]) -> None:
    """Giving a document back, revoking a token and signing out lead on, though the server has nothing to say."""
    desk = open_desk({"note.txt": NOTE.encode()})
    page = desk.page("ann")
    page.get_by_role("button", name="Take the next").click()
    ready(page)
    page.get_by_role("button", name="Give back").click()
    page.wait_for_url(f"{desk.base}/")
    page.get_by_text("You hold nothing").wait_for()
    accounts.new_token(desk.url, "ann", "scripts", ["read"])
    page.goto(f"{desk.base}/account")
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke").wait_for(state="detached")
    assert accounts.tokens(desk.url, "ann") == []
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{desk.base}/sign-in")
    page.goto(f"{desk.base}/account")
    page.wait_for_url(f"{desk.base}/sign-in?to=/account")


def test_a_steward_runs_the_detectors_again(open_desk: Callable[..., Any]) -> None:
    """One button adds what they find now as a version of each document that nobody worked on."""
    desk = open_desk({"note.txt": NOTE.encode()})
    page = desk.page("stu", roles=("steward",), where=f"/batches/{desk.batch}")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_response("**/redetect") as answer:
        page.get_by_role("button", name="Run", exact=True).click()
    assert answer.value.status == 200
    versions = queue.completions(desk.url, desk.items["note.txt"])
    assert [version.origin for version in versions] == ["detector", "detector"]

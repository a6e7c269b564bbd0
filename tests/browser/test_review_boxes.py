"""Boxes in a real browser: drawn, moved, resized, chosen and taken away by mouse and by keyboard, in whole pixels."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from deid_core.entities import EntityType
from deid_core.model import PixelBox
from deid_core.review import Edit
from infra import review_queue as queue

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)"),
]
LAYER = "#stage .a9s-annotationlayer"
SIDES = ("left", "top", "width", "height")
# the corners of what is drawn as chosen, as left, top, width, height
SHOWN = f"""() => {{ const drawn = document.querySelector('{LAYER} .selected polygon.a9s-inner');
    const corners = drawn.getAttribute('points').split(' ').map(pair => pair.split(',').map(Number));
    const [x, y] = [corners.map(one => one[0]), corners.map(one => one[1])];
    return [Math.min(...x), Math.min(...y), Math.max(...x) - Math.min(...x), Math.max(...y) - Math.min(...y)]; }}"""


@pytest.fixture
def slides() -> bytes:
    """Give two pictures of different sizes in one file, as TIFF."""
    pages = []
    for number, size in enumerate([(640, 360), (400, 500)]):
        page = Image.new("RGB", size, "white")
        ImageDraw.Draw(page).text((40, 40), f"MRN: 771234{number}", "black", ImageFont.load_default(size=28))
        pages.append(page)
    out = BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def opened(desk: Any, item: int, name: str = "ann") -> Any:
    """Return the page of an item that is in one's hands, its picture read."""
    page = desk.page(name, where=f"/items/{item}")
    page.get_by_role("button", name="Take it").click()
    page.locator("#words .word.span").first.wait_for(timeout=60000)
    return page


def place(desk: Any, item: int, origin: str = "person", who: str = "ann") -> list[int]:
    """Return where the one box of a person or of the detectors is: left, top, width, height."""
    (span,) = [span for span in desk.spans(item, who) if span["origin"] == origin and span["location"]["kind"] == "box"]
    return [span["location"][name] for name in SIDES]


def shown(page: Any) -> list[float]:
    """Return where the chosen box is drawn: left, top, width, height."""
    page.locator(f"{LAYER} .selected polygon.a9s-inner").wait_for(state="attached")
    held: list[float] = page.evaluate(SHOWN)
    return held


def drag(page: Any, start: tuple[float, float], end: tuple[float, float], width: int) -> None:
    """Press, drag and let go over the picture, at places in its own pixels."""
    area = page.locator(LAYER).bounding_box()
    scale = area["width"] / width
    points = [(area["x"] + x * scale, area["y"] + y * scale) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=6)
    page.mouse.up()


def saved(page: Any, version: int) -> None:
    """Wait until the page says that a version is saved."""
    page.get_by_text(f"saved as version {version}", exact=True).wait_for()


def label(page: Any, typed: str = "unread") -> None:
    """Give what is drawn a label, by keyboard."""
    page.keyboard.press("m")
    page.locator("#chooser[open]").wait_for()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


def test_a_box_is_drawn_moved_resized_and_taken_away_by_mouse(open_desk: Callable[..., Any], scan: bytes) -> None:
    """What the mouse leaves on the picture is what is stored, to the pixel, at each step; its undo key does nothing."""
    desk = open_desk({"scan.png": scan})
    item = desk.items["scan.png"]
    page = opened(desk, item)
    before = len(desk.spans(item))
    page.get_by_role("button", name="Draw a box").click()
    drag(page, (40, 240), (300, 280), 640)
    page.get_by_role("button", name="Drop the box").click()
    assert page.locator(f"{LAYER} .new, {LAYER} .selected").count() == 0
    page.get_by_role("button", name="Draw a box").click()
    drag(page, (40.4, 240.4), (300.4, 280.4), 640)
    drag(page, (100, 260), (110, 270), 640)  # what is drawn can be moved before it is anything
    page.get_by_role("button", name="Missed").click()
    page.get_by_role("button", name="unread text").click()
    saved(page, 2)
    held = place(desk, item)
    assert all(abs(one - other) <= 2 for one, other in zip(held, (50, 250, 260, 40), strict=True)), held
    assert shown(page) == held
    drag(page, (180, 270), (200, 240), 640)
    saved(page, 3)
    moved = place(desk, item)
    assert moved[2:] == held[2:]
    assert shown(page) == moved != held
    corner = page.locator(f"{LAYER} .a9s-corner-handle-bottomright circle").last.bounding_box()
    area = page.locator(LAYER).bounding_box()
    at = ((corner["x"] + corner["width"] / 2 - area["x"]), (corner["y"] + corner["height"] / 2 - area["y"]))
    drag(page, (at[0] * 640 / area["width"], at[1] * 640 / area["width"]), (639, 359), 640)
    saved(page, 4)
    larger = place(desk, item)
    assert larger[:2] == moved[:2]
    assert [larger[0] + larger[2], larger[1] + larger[3]] <= [640, 360]
    assert min(larger[2] - moved[2], larger[3] - moved[3]) > 20
    assert shown(page) == larger
    page.keyboard.press("Control+z")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert place(desk, item) == larger
    page.get_by_role("button", name="Remove").click()  # a person added it: it is gone
    saved(page, 5)
    assert len(desk.spans(item)) == before
    left, top, width, height = place(desk, item, "detector")
    scale = page.locator(LAYER).bounding_box()["width"] / 640
    page.locator(LAYER).click(position={"x": (left + width / 2) * scale, "y": (top + height / 2) * scale})
    page.locator("#words .word.current").first.wait_for()  # its word is shown
    page.locator("#detail").get_by_text("mrn").wait_for()


def test_boxes_by_keyboard_reach_each_pixel(open_desk: Callable[..., Any], scan: bytes) -> None:
    """Arrows begin, move and size a box; a found one moves by one pixel and goes back; an added one is taken away."""
    desk = open_desk({"scan.png": scan})
    item = desk.items["scan.png"]
    page = opened(desk, item)
    (found,) = [span for span in desk.spans(item) if span["location"]["kind"] == "box"]
    at = [found["location"][name] for name in SIDES]
    page.keyboard.press("b")
    page.keyboard.press("ArrowRight")
    page.get_by_text("Arrows move the box").wait_for()
    for keys, times in (
        ("Alt+ArrowRight", 3),
        ("Alt+ArrowUp", 2),
        ("Alt+Shift+ArrowLeft", 5),
        ("Alt+Shift+ArrowDown", 1),
    ):
        for _ in range(times):
            page.keyboard.press(keys)
    assert shown(page) == [160 + 3 + 3, 90 - 2, 160 - 5, 18 + 1]
    label(page)
    saved(page, 2)
    assert place(desk, item) == [166, 88, 155, 19]
    page.keyboard.press("Delete")
    saved(page, 3)
    assert [span["id"] for span in desk.spans(item)] == [found["id"]]
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Alt+Shift+ArrowRight")
    page.keyboard.press("Escape")  # nothing of it counts
    page.keyboard.press("e")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    saved(page, 4)
    assert place(desk, item, "detector") == [at[0], at[1] + 1, at[2], at[3]]
    page.keyboard.press("z")
    saved(page, 5)
    assert place(desk, item, "detector") == at
    page.keyboard.press("Delete")
    saved(page, 6)
    assert [span["verdict"] for span in desk.spans(item)] == ["keep"]


def test_a_box_belongs_to_its_frame(open_desk: Callable[..., Any], slides: bytes) -> None:
    """Frames of different sizes each have their own boxes; a finding of another frame opens that one."""
    desk = open_desk({"slides.tiff": slides})
    item = desk.items["slides.tiff"]
    page = opened(desk, item)
    page.keyboard.press("b")
    page.keyboard.press("ArrowRight")
    page.locator("#frame").fill("1")
    page.locator("#frame-number").get_by_text("2 of 2").wait_for()
    page.locator("#words").get_by_text("7712341").wait_for(timeout=60000)
    assert page.locator(f"{LAYER} .new, {LAYER} .selected").count() == 0  # what was not kept stays behind
    assert page.locator(LAYER).get_attribute("viewBox") == "0 0 400 500"
    page.get_by_role("button", name="Draw a box").click()
    drag(page, (100, 200), (399, 300), 400)
    label(page)
    saved(page, 2)
    (added,) = [span["location"] for span in desk.spans(item) if span["origin"] == "person"]
    assert added["frame"] == 1 or added["part"] != desk.spans(item)[0]["location"]["part"]
    assert [added[name] for name in SIDES] == shown(page)
    page.keyboard.press("j")  # round to the first frame's
    page.locator("#frame-number").get_by_text("1 of 2").wait_for()
    page.locator(f"{LAYER} .selected").wait_for()
    assert page.locator(LAYER).get_attribute("viewBox") == "0 0 640 360"
    page.keyboard.press(".")
    page.locator("#frame-number").get_by_text("2 of 2").wait_for()
    page.keyboard.press(".")
    page.keyboard.press(",")
    page.locator("#frame-number").get_by_text("1 of 2").wait_for()


def test_who_has_not_taken_it_changes_no_box(open_desk: Callable[..., Any], scan: bytes) -> None:
    """An adjudicator who looks on chooses boxes, and cannot move or draw them."""
    desk = open_desk({"scan.png": scan})
    item = desk.items["scan.png"]
    page = desk.page("judge", roles=("adjudicator",), where=f"/items/{item}")
    page.locator("#words .word.span").first.wait_for(timeout=60000)
    page.locator("#words .word.span").first.click()
    page.locator(f"{LAYER} .box.current").wait_for()
    assert page.locator(f"{LAYER} .a9s-handle").count() == 0
    assert page.get_by_role("button", name="Draw a box").count() == 0
    page.keyboard.press("b")
    page.get_by_role("alert").get_by_text("Take this document first").wait_for()


def test_boxes_that_differ_are_compared_on_the_picture(
    open_desk: Callable[..., Any], scan: bytes, quick_policy: Path, tmp_path: Path
) -> None:
    """Two people look apart; who decides sees both ones' boxes, those that differ marked, and goes on from one."""
    policy = tmp_path / "two.toml"
    policy.write_text(quick_policy.read_text() + "\n[review]\npeople = 2\n")
    desk = open_desk({"scan.png": scan}, str(policy))
    item = desk.items["scan.png"]
    box = PixelBox("pixels", 40, 240, 260, 40)
    for who, edits in (("ann", []), ("bob", [Edit("add", "", EntityType.UNREAD_TEXT, box)])):
        turn = queue.claim_item(desk.url, item, who).turn.id or 0
        queue.submit(desk.url, turn, who, "approved", 1, edits=edits)
    page = desk.page("judge", roles=("adjudicator",), where=f"/items/{item}")
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Give back").wait_for()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("cell", name="260 x 40 at 40, 240").wait_for()
    left, right = page.locator(".two section").all()
    assert (left.locator("rect.differs").count(), right.locator("rect.differs").count()) == (0, 1)
    assert left.locator("rect").count() == right.locator("rect").count() - 1 > 0
    right.get_by_role("button", name="Go on from this one").click()
    page.wait_for_url(f"{desk.base}/items/{item}")
    page.locator("#words .word.span").first.wait_for(timeout=60000)
    assert len(desk.spans(item, "judge")) == right_spans(desk, item)


def right_spans(desk: Any, item: int) -> int:
    """Return how many spans bob's version has."""
    return next(len(one.spans) for one in queue.completions(desk.url, item) if one.who == "bob")


def test_what_draws_boxes_is_what_was_published() -> None:
    """The files of Annotorious are those whose hashes stand beside them, with the licences of all that they hold."""
    folder = files("deployments.review").joinpath("static/annotorious")
    told = folder.joinpath("LICENSES.txt").read_text("utf-8")
    for name in ("annotorious.js", "annotorious.css"):
        assert f"{sha256(folder.joinpath(name).read_bytes()).hexdigest()}  {name}" in told
    assert "BSD 3-Clause License" in told
    assert "Pelagios Network" in told

"""`deidflow evaluate` on box gold: figures, sheet and errors, on small images that are made here."""

from __future__ import annotations

import json
import stat
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from deid_core.errors import DeidflowError
from deid_core.evaluate.box_gold import GoldBox
from deid_core.evaluate.box_report import box_report, leaks_and_touched
from deid_core.evaluate.boxes import outcomes, score
from deid_core.evaluate.look import Seen
from deid_core.model import PixelBox
from deid_core.policy import load_policy
from deployments.box_sheet import LEAKED, TOUCHED, Pair, box_sheet, kinds
from deployments.cli.app import app
from deployments.sample.burned import HANDS, burned

RUN = CliRunner()
NAME = {"box": [10, 10, 20, 10], "phi": 1, "kind": "NAME"}
SHAPE = (100, 200)


def image(name: str, gold: list[GoldBox], covered: list[PixelBox], frames: int = 1) -> Seen:
    """Return an image that was looked at."""
    shapes = [SHAPE] * frames
    found = outcomes(gold, covered, shapes)
    return Seen(name, tuple(found), score(found, covered, shapes), frames)


def report(seen: list[Seen], seed: int = 0) -> dict[str, Any]:
    """Return the figures."""
    return box_report(seen, load_policy("safe_harbor"), np.random.default_rng(seed), 200)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two frames: identifiers and a setting in one, a name that no rule knows in the other."""
    ground = np.full((300, 620, 3), 30, np.uint8)
    gold = {}
    for number, texts in enumerate(
        ([("DOB", "DOB: 04/17/1951", True), ("MRN", "MRN: 00817263", True), ("TECH", "GAIN 82", False)],
         [("NAME", "zorvex quillanby", True), ("TECH", "Tel 555-010-4477", False)]), 1
    ):  # fmt: skip
        frame, boxes = burned(ground, HANDS[0], number, texts)
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
        gold[f"{number}.png"] = {
            "text": [
                {
                    "box": [one.left, one.top, one.width, one.height],
                    "phi": one.identifies,
                    "kind": one.kind[:4].strip(", "),
                }
                for one in boxes
            ]
        }
    gold["3.png"] = {"text": []}
    (tmp_path / "3.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    (tmp_path / "ground_truth.json").write_text(json.dumps(gold))
    return tmp_path


@pytest.mark.parametrize("as_file", [True, False])
def test_figures_as_text_json_and_picture(
    folder: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch, *, as_file: bool
) -> None:
    """Two identifiers of three are covered, and a setting of two: a number that a rule takes for a telephone."""
    monkeypatch.setenv("COLUMNS", "120")
    (folder / "s.png").write_bytes(b"old")
    given = folder / "ground_truth.json" if as_file else folder
    files = ["--json", str(folder / "f.json"), "--sheet", str(folder / "s.png"), "--leaks", str(folder / "l.jsonl")]
    done = RUN.invoke(app, ["evaluate", str(given), "--policy", str(quick_policy), *files])
    assert done.exit_code == 0, done.output
    figures = json.loads((folder / "f.json").read_text())
    assert (figures["identifiers"]["boxes"], figures["identifiers"]["boxes_covered"]) == (3, 2)
    assert (figures["kept"]["boxes"], figures["kept"]["boxes_covered"]) == (2, 1)
    assert figures["gold"] == {"images": 3, "frames": 2, "set_aside": {"malformed": 1}, "boxes": 5}
    assert figures["other_pixels"]["kept"]["value"] > 0.9
    assert "0.667" in done.stdout
    assert "1 images (malformed)" in done.stdout
    rows = [json.loads(line) for line in (folder / "l.jsonl").read_text().splitlines()]
    assert [(row["what"], row["image"], row["kind"]) for row in rows] == [
        ("leaked", "2.png", "NAME"),
        ("touched", "2.png", "TECH"),
    ]
    with Image.open(folder / "s.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 24) or ()}
    assert {LEAKED, TOUCHED} <= colours
    for secret in ("s.png", "l.jsonl"):
        assert stat.S_IMODE((folder / secret).stat().st_mode) == 0o600
    for told in (done.output, (folder / "f.json").read_text(), (folder / "l.jsonl").read_text()):
        assert not any(value in told for value in ("00817263", "04/17/1951", "quillanby", "555-010"))


@pytest.mark.parametrize(
    ("gold", "options", "code", "told"),
    [
        ({"gone.png": {"text": [NAME]}}, [], 2, "image 1 of the gold does not lie"),
        ({"../a.png": {"text": [NAME]}}, [], 2, "image 1 of the gold does not lie"),
        ({"a\0.png": {"text": [NAME]}}, [], 2, "image 1 of the gold does not lie"),
        ({"a" * 5000: {"text": [NAME]}}, [], 2, "image 1 of the gold does not lie"),
        ({"a.png": {"text": [{**NAME, "box": [900, 10, 20, 10]}]}}, [], 13, "gold: gold box 1 lies outside"),
        ({"a.png": {"text": [NAME, {"phi": 1}]}}, [], 2, "image 1, box 2"),
        ({"bad.png": {"text": [NAME]}}, [], 2, "no image of the gold can be read: malformed"),
        ({"note.txt": {"text": [NAME]}}, [], 2, "no image of the gold can be read: unsupported_format"),
        ({}, [], 2, "names no image"),
        ({"a.png": {"text": []}}, ["--negatives", "n.txt"], 2, "--negatives is for gold of texts"),
        ({"a.png": {"text": []}}, ["--plot", "n.svg"], 2, "--plot is for gold of texts"),
        ({"a.png": {"text": []}}, ["--sheet", "nowhere/s.png"], 2, "s.png cannot be written there"),
    ],
)  # fmt: skip
def test_gold_that_does_not_hold_is_refused(
    gold: dict[str, object], options: list[str], code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    quick_policy: Path,
) -> None:  # fmt: skip
    """With its own code and the number of the image; nothing is left out in silence."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "gold"
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "a.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "note.txt").write_text("a note")
    (folder / "ground_truth.json").write_text(json.dumps(gold))
    done = RUN.invoke(app, ["evaluate", "gold", "--policy", str(quick_policy), *options])
    assert isinstance(done.exception, DeidflowError)
    assert (done.exception.exit_code, told in str(done.exception)) == (code, True), done.exception


def test_a_sheet_is_of_images(tmp_path: Path, quick_policy: Path) -> None:
    """Of marked texts there is none."""
    (tmp_path / "gold.txt").write_text("### a note\nMRN [MRN 1234567].\n")
    done = RUN.invoke(
        app, ["evaluate", str(tmp_path / "gold.txt"), "-p", str(quick_policy), "--sheet", str(tmp_path / "s.png")]
    )
    assert isinstance(done.exception, DeidflowError)
    assert "--sheet is for gold of boxes" in str(done.exception)


def test_an_interval_counts_a_box_of_many_frames_once() -> None:
    """A name in 50 frames of one cine is one place: all covered is no proof that 95 % of names will be."""
    still = [GoldBox(10, 10, 20, 10, "NAME", True, frame) for frame in range(50)]
    figures = report([image("a", still, [PixelBox("p", 0, 0, 60, 60, frame) for frame in range(50)], 50)])
    covered = figures["identifiers"]["covered"]
    assert (covered["value"], covered["low"], covered["high"]) == (1.0, 0.05, 1.0)


def test_shares_are_of_all_images_and_by_kind_and_style() -> None:
    """Three names of four covered, in two images; one is written small. Same seed, same figures."""
    gold = [GoldBox(10, 10, 20, 10, "NAME", True), GoldBox(10, 60, 20, 10, "NAME", True, style="small")]
    seen = [
        image("a", gold, [PixelBox("p", 0, 0, 60, 90)]),
        image("b", gold, [PixelBox("p", 0, 0, 60, 30)]),
        Seen("c", set_aside="malformed"),
    ]
    figures = report(seen)
    assert figures["identifiers"]["covered"]["value"] == 0.75
    assert figures["identifiers"]["area"]["value"] == 0.75
    assert [(row["group"], row["name"], row["covered"]["value"]) for row in figures["styles"]] == [
        ("identifiers", "small", 0.5)
    ]
    assert figures["kept"]["covered"] == {"value": None, "low": None, "high": None}
    other = 2 * (100 * 200 - 400)
    assert figures["other_pixels"]["pixels_covered"] == 60 * 90 - 400 + 60 * 30 - 200
    assert figures["other_pixels"]["pixels"] == other
    assert report(seen) == figures
    assert [row["image"] for row in leaks_and_touched(seen)] == ["b"]


def test_a_sheet_shows_each_box_in_the_colour_of_its_kind() -> None:
    """Before on the left, after on the right, the same bytes every time."""
    gold = [GoldBox(40, 40, 60, 20, "NAME", True), GoldBox(40, 90, 60, 20, "TECH", False)]
    found = tuple(outcomes(gold, [PixelBox("p", 40, 90, 60, 20)], [(200, 280)]))
    frame = np.full((200, 280, 3), 90, np.uint8)
    drawn = box_sheet([Pair(frame, frame, found, "one")], "title")
    assert drawn == box_sheet([Pair(frame, frame, found, "one")], "title")
    with Image.open(BytesIO(drawn)) as sheet:
        shown = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 24) or ()}
        left = {colour for _, colour in sheet.convert("RGB").crop((0, 100, 580, sheet.height)).getcolors(1 << 24) or ()}
    colours = kinds({(True, "NAME"), (False, "TECH")})
    assert {*colours.values(), LEAKED, TOUCHED} <= shown
    assert set(colours.values()) <= left
    assert not {LEAKED, TOUCHED} & left

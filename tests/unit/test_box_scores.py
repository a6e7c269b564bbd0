"""Box gold is scored by area: an identifier is covered at 95 % of its box, and what else was covered is counted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deid_core.errors import MalformedAsset, UsageError
from deid_core.evaluate.box_gold import GoldBox, parse_gold
from deid_core.evaluate.boxes import EMPTY, outcomes, score_boxes
from deid_core.model import PixelBox
from deployments.sample.burned import HANDS, burned, specimens

NAME = GoldBox(10, 10, 100, 20, "NAME", True)
GAIN = GoldBox(10, 60, 40, 20, "TECH", False)


def box(left: int, top: int, width: int, height: int, frame: int = 0) -> PixelBox:
    """Return a covered box."""
    return PixelBox("pixels", left, top, width, height, frame)


@pytest.mark.parametrize(
    ("covered", "identifiers", "kept"),
    [
        ([], 0, 0),
        ([box(10, 10, 100, 20)], 1, 0),
        ([box(10, 10, 95, 20)], 1, 0),
        ([box(10, 10, 94, 20)], 0, 0),
        ([box(10, 10, 60, 20), box(60, 10, 60, 20)], 1, 0),
        ([box(0, 0, 200, 100)], 1, 1),
        ([box(0, 0, 200, 100, frame=1)], 0, 0),
        ([box(-5, -5, 300, 300)], 1, 1),
    ],
)
def test_a_box_is_covered_by_what_lies_on_it(covered: list[PixelBox], identifiers: int, kept: int) -> None:
    """Boxes add up, other frames do not help, and a box may reach beyond the frame."""
    score = score_boxes([NAME, GAIN], covered, (100, 200), 2)
    assert (score.recall.boxes_covered, score.recall.boxes) == (identifiers, 1)
    assert (score.over.boxes_covered, score.over.boxes) == (kept, 1)


def test_pixels_outside_every_gold_box_are_counted_apart() -> None:
    """A frame of 100 x 200 with 2,800 pixels of text: covering a corner of 50 pixels costs 50 of 17,200."""
    score = score_boxes([NAME, GAIN], [box(190, 90, 10, 5)], (100, 200), 1)
    assert (score.other.pixels, score.other.pixels_covered) == (17_200, 50)
    assert score.other.pixel_share == 50 / 17_200


def test_scores_of_images_add_up_by_kind() -> None:
    """Two images, one covered: half of the names."""
    one = score_boxes([NAME], [box(10, 10, 100, 20)], (100, 200), 1)
    other = score_boxes([NAME, GAIN], [], (100, 200), 1)
    assert (EMPTY + one + other).identifiers["NAME"].box_share == 0.5
    assert (one + other).kept["TECH"].boxes == 1


def test_gold_of_a_cine_stands_in_every_frame_unless_it_says_which() -> None:
    """A box without a frame is in all; names with an underscore are notes."""
    text = [
        {"box": [1, 2, 3, 4], "phi": 1, "kind": "NAME"},
        {"box": [5, 6, 7, 8], "phi": 0, "kind": "TECH", "frame": 2},
    ]
    gold = parse_gold(json.dumps({"_about": "notes", "a.dcm": {"frames": 3, "text": text}, "b.dcm": {"frames": 1}}))
    assert [(one.kind, one.frame) for one in gold["a.dcm"]] == [("NAME", 0), ("NAME", 1), ("NAME", 2), ("TECH", 2)]
    assert gold["b.dcm"] == []


def test_a_box_that_hangs_over_the_edge_is_judged_by_what_lies_inside() -> None:
    """And only that can be covered."""
    over = GoldBox(-10, 90, 30, 30, "NAME", True)
    (one,) = outcomes([over], [box(0, 90, 19, 10)], [(100, 200)])
    assert (one.pixels, one.pixels_covered, one.covered) == (200, 190, True)
    (one,) = outcomes([over], [box(0, 90, 18, 30)], [(100, 200)])
    assert (one.share, one.covered) == (0.9, False)


@pytest.mark.parametrize("stray", [GoldBox(200, 0, 5, 5, "NAME", True), GoldBox(0, 0, 5, 5, "NAME", True, frame=2)])
def test_a_gold_box_outside_its_image_is_a_mistake(stray: GoldBox) -> None:
    """It would count as nothing, and the recall would be too good; the message says which one, not what."""
    with pytest.raises(MalformedAsset, match="box 2 lies outside"):
        outcomes([NAME, stray], [], [(100, 200)] * 2)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"a": {"text": [{"box": [1]}]}}', '{"a": 3}', "{", '{"a": {"frames": 0}}', '{"a": {"frames": 1e9}}',
     '{"a": {"text": [{"box": [1, 1, 0, 4], "phi": 1, "kind": "NAME"}]}}',
     '{"a": {"text": [{"box": [1, 1, 3, 4], "phi": 1, "kind": "NAME", "frame": -1}]}}',
     '{"a": {"text": [{"box": [1, 1, 1e400, 4], "phi": 1, "kind": "NAME"}]}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_box_gold_is_refused(text: str) -> None:
    """The caller is told, without a value."""
    with pytest.raises(UsageError, match="gold boxes"):
        parse_gold(text)


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.kind)
def test_burned_text_changes_the_pixels_where_gold_says_it_stands(hand: object) -> None:
    """The generator's boxes are where the ink is: some of it in each, none outside."""
    ground = np.full((420, 640, 3), 60, np.uint8)
    quiet = type(HANDS[0])(**{name: getattr(hand, name) for name in ("kind", "sizes", "contrasts", "turns", "colour")})
    frame, gold = burned(ground, quiet, 5, [("NAME", "ROSALIND", True), ("DATE", "17-MAR", True)])
    assert gold
    inside = np.zeros(frame.shape[:2], bool)
    for one in gold:
        place = slice(one.top, one.top + one.height), slice(one.left, one.left + one.width)
        assert (frame[place] != 60).any()
        inside[place] = True
    assert (frame[~inside] == 60).all()


def test_the_same_seed_burns_the_same_text() -> None:
    """A figure can be measured again."""
    ground = [np.zeros((256, 256, 3), np.uint8)]
    one, other = list(specimens(ground, seed=3)), list(specimens(ground, seed=3))
    assert all(np.array_equal(a, b) and c == d for (a, c), (b, d) in zip(one, other, strict=True))

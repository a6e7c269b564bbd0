"""On a fax's cover the labels stay and what is said behind them goes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from deid_core import ingest, pipeline
from deid_core.extract.labels import is_paper, parted
from deid_core.extract.reach import ends
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox, Verdict
from deid_core.policy import load_policy
from deid_core.ports import Word
from deployments.sample.burned import typefaces

Picture = NDArray[np.uint8]
LEFT, TOP = 40, 30


def written(text: str, size: int = 26) -> tuple[Picture, Word]:
    """Return a page with a line of text on it, and the box of its letters."""
    page = Image.new("L", (700, 100), 255)
    ImageDraw.Draw(page).text((LEFT, TOP), text, fill=0, font=typefaces(size)[0])
    grey = np.asarray(page)
    rows, columns = np.nonzero(grey < 128)
    left, top = int(columns.min()) - 2, int(rows.min()) - 2
    box = Word(text, left, top, int(columns.max()) + 3 - left, int(rows.max()) + 3 - top, 0.99)
    return np.repeat(grey[..., np.newaxis], 3, axis=2), box


def caption(text: str, box: Word) -> list[Word]:
    """Return the words of a line as OCR gives them: each with the whole box."""
    return [Word(word, box.left, box.top, box.width, box.height, 0.99) for word in text.split()]


def dark(page: Picture, word: Word, start: int, stop: int) -> bool:
    """Say whether letters stand in columns [start, stop) of a word's rows."""
    return bool((page[word.top : word.top + word.height, start:stop] < 128).any())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("From: Dr. Priya Raman", "From: Dr. Priya Raman"),
        ("To: Fernbrook Neurology", "To: Fernbrook Neurology"),
        ("Date: 08/23/2024", "Date:08/23/2024"),
        ("RE: OKAFOR, CHINWE", "RE: OKAFOR, CHINWE"),
        ("Attn: Records", "Attn: Records"),
    ],
)
def test_a_label_is_parted_from_its_value_at_the_gap_between_them(text: str, read: str) -> None:
    """Every letter of the value lies in its box, and none of the label's does."""
    page, box = written(text)
    label, *value = parted(page, caption(read, box))
    assert label.text.endswith(":")
    assert " ".join(word.text for word in value) == text.split(" ", 1)[1]
    first = written(text.split(" ", maxsplit=1)[0])[1]
    cut = value[0].left
    assert first.left + first.width - 2 <= cut
    assert all(word.left == cut and word.left + word.width == box.left + box.width for word in value)
    after = next(at for at in range(first.left + first.width, box.left + box.width) if dark(page, box, at, at + 1))
    assert cut <= after


SHORT = [
    "MRN: 00817263",
    "Patient: Ludvik Branagh",
    "DOB: 04/17/1951",
    "Name: OKAFOR, CHINWE",
    "Geb. am: 17.04.1951",
    "IPP: 8812345",
]


@pytest.mark.parametrize("text", [*SHORT, "To", "To:"])
def test_short_labels_of_a_screen_and_lone_ones_stay_as_they_were(text: str) -> None:
    """What is beside a name on a patient's screen goes with it: there letters are bright."""
    page, box = written(text)
    screen = np.asarray(255 - page, np.uint8)
    assert is_paper(page)
    assert not is_paper(screen)
    assert parted(screen, caption(text, box)) == caption(text, box)


@pytest.mark.parametrize("text", SHORT)
def test_short_labels_are_parted_on_paper(text: str) -> None:
    """No letter of the value is left on the label's side."""
    page, box = written(text)
    label, *value = parted(page, caption(text, box), paper=True)
    assert label.text == text[: text.index(":") + 1]
    assert " ".join(word.text for word in value) == text[len(label.text) + 1 :]
    first = written(label.text)[1]
    assert first.left + first.width - 2 <= value[0].left
    assert not dark(page, box, first.left + first.width, value[0].left)


def test_a_label_without_a_gap_behind_it_is_not_parted() -> None:
    """Letters that run together have no place to part them."""
    page, box = written("Re: Okafor")
    smeared = np.asarray(cv2.erode(page, np.ones((1, 41), np.uint8)), np.uint8)
    assert parted(smeared, caption("Re: Okafor", box)) == caption("Re: Okafor", box)


def test_an_identifier_does_not_reach_over_a_label() -> None:
    """The letters before a sender are those of `From:`, which was read; others are an end that was cut off."""
    text = "From: Okafor"
    page, box = written(text)
    label, value = parted(page, caption(text, box))
    cut_off = PixelBox("pixels", value.left + 14, value.top, value.width - 14, value.height)
    longer = ends(page, cut_off, [label, value])
    assert longer is not None
    assert label.left + label.width - 2 <= longer.left <= value.left + 14
    without = ends(page, cut_off)
    assert without is not None
    assert without.left < label.left + label.width


def test_a_cover_sheet_keeps_its_labels() -> None:
    """From the picture to what is covered: senders, receivers and days go, the words before them can be read."""
    page = Image.new("L", (800, 400), 255)
    draw = ImageDraw.Draw(page)
    rows = {"From:": "Dr. Priya Raman", "To:": "Temperance Okonkwo", "Date:": "08/23/2024", "Fax:": "(617) 555-0199"}
    places = {}
    face = typefaces(26)[0]
    for number, (label, value) in enumerate(rows.items()):
        top = 60 + 60 * number
        draw.text((60, top), f"{label} {value}", fill=0, font=face)
        places[label] = (
            draw.textbbox((60, top), label, font=face),
            draw.textbbox((60, top), f"{label} {value}", font=face),
        )
    held = cv2.imencode(".png", np.asarray(page))[1].tobytes()
    key, policy = ProjectKey(bytes(32)), load_policy("safe_harbor")
    document = ingest.read(held, "fax.png", "a", key)
    whose = pipeline.identify(document, policy, key)
    plan = pipeline.plan(whose, "0" * 64, policy, key)
    covered = np.zeros((400, 800), bool)
    for decision in plan.decisions:
        box = decision.finding.location
        if decision.verdict is not Verdict.KEEP and isinstance(box, PixelBox):
            covered[box.top : box.top + box.height, box.left : box.left + box.width] = True
    for (left, top, right, bottom), (_, _, end, _) in places.values():
        assert covered[int(top) : int(bottom), int(right) + 8 : int(end)].mean() > 0.95
        assert covered[int(top) : int(bottom), int(left) : int(right) - 2].mean() < 0.1

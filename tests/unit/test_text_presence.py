"""Where there is no text nobody reads; where there is, the place is found whatever its size, colour or direction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core.extract import presence
from deid_core.extract.presence import Place, places
from deployments.sample.burned import HANDS, Hand, burned

TEXTS = [("NAME", "HARGREAVES, ROSALIND", True), ("DOB", "04/17/1951", True), ("MRN", "MRN: 00817263", True)]


def anatomy(rows: int, columns: int, seed: int = 1) -> NDArray[np.uint8]:
    """Return soft shapes with the grain of a sensor."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    body = 120 * np.exp(-(((x - columns / 2) / columns * 2.6) ** 2) - ((y - rows / 2) / rows * 2.6) ** 2)
    grey = np.clip(body + 25 * np.sin(x / 23) * np.cos(y / 31) + chance.normal(0, 3, body.shape), 0, 255)
    return np.repeat(grey.astype(np.uint8)[..., np.newaxis], 3, axis=2)


def holds(place: Place, left: int, top: int, width: int, height: int) -> bool:
    """Say whether a rectangle lies in a place."""
    across = place.left <= left and left + width <= place.left + place.width
    return across and place.top <= top and top + height <= place.top + place.height


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.kind)
@pytest.mark.parametrize("seed", [1, 2])
def test_burned_text_is_found(hand: Hand, seed: int) -> None:
    """Every text that a person can read lies whole in one of the places."""
    frame, gold = burned(anatomy(400, 620, seed), hand, seed, TEXTS)
    found = places(frame)
    assert gold
    assert [
        one for one in gold if not any(holds(place, one.left, one.top, one.width, one.height) for place in found)
    ] == []


@pytest.mark.parametrize("shape", [(256, 256), (512, 512), (300, 1000), (12, 24), (33, 50)])
def test_a_frame_without_text_has_no_place(shape: tuple[int, int]) -> None:
    """Soft shapes and grain are ruled out, in frames of any size."""
    assert places(anatomy(*shape)) == []
    assert places(np.zeros((*shape, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(728, 1070), (797, 917), (851, 613)])
def test_grain_at_the_edge_of_a_frame_is_no_text(shape: tuple[int, int]) -> None:
    """Sides that are no multiple of what the network judges are filled up; what fills them looks like the rest."""
    grain = np.random.default_rng(7).normal(60, 18, shape)
    grey = np.clip(grain, 0, 255).astype(np.uint8)
    assert places(np.repeat(grey[..., np.newaxis], 3, axis=2)) == []


def test_a_tall_frame_is_judged_in_bands_as_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that lies across the border of two bands is found as it would be in the middle of one."""
    frame, _ = burned(anatomy(700, 500), HANDS[0], 5, TEXTS)
    whole = presence.likely(frame)
    monkeypatch.setattr(presence, "BAND", 128)
    assert np.abs(presence.likely(frame) - whole).max() < 0.01


@pytest.mark.parametrize("shape", [(1500, 1130), (2600, 610), (1100, 1700)])
@pytest.mark.parametrize("hand", [HANDS[0], HANDS[3]], ids=lambda hand: hand.kind)
def test_text_in_a_frame_that_is_gone_over_in_bands_is_found(
    shape: tuple[int, int], hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the borders of bands and tiles are; where there is none, nothing is found either."""
    frame, gold = burned(anatomy(*shape, 3), hand, 3, TEXTS)
    monkeypatch.setattr(presence, "BAND", 256)
    monkeypatch.setattr(presence, "LARGE", 300_000)
    assert gold
    found = places(frame)
    assert [
        one for one in gold if not any(holds(place, one.left, one.top, one.width, one.height) for place in found)
    ] == []
    assert places(anatomy(*shape)) == []


def test_what_is_known_counts_as_no_text_in_bands_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame whose texts are all known has nothing else."""
    frame, gold = burned(anatomy(1500, 1130, 3), HANDS[0], 3, TEXTS)
    monkeypatch.setattr(presence, "BAND", 256)
    monkeypatch.setattr(presence, "LARGE", 300_000)
    known = np.zeros(frame.shape[:2], np.bool_)
    for one in gold:
        known[max(one.top - 12, 0) : one.top + one.height + 12, max(one.left - 12, 0) : one.left + one.width + 12] = (
            True
        )
    assert presence.likely(frame).max() > 0.5
    assert presence.likely(frame, known).max() < presence.SURE


def test_very_large_letters_are_found_in_a_large_frame() -> None:
    """A sheet of paper beside the patient, photographed."""
    frame, gold = burned(anatomy(1400, 2400), Hand("huge", sizes=(180, 220)), 1, [("NAME", "HARGREAVES", True)])
    assert len(gold) == 1
    assert places(frame)


def test_only_what_is_asked_for_is_looked_at() -> None:
    """Text elsewhere is known already."""
    frame, gold = burned(anatomy(400, 620), HANDS[0], 4, TEXTS)
    first, second = gold[:2]
    where = np.zeros(frame.shape[:2], bool)
    where[first.top : first.top + first.height, first.left : first.left + first.width] = True
    found = places(frame, where)
    assert any(holds(place, first.left, first.top, first.width, first.height) for place in found)
    assert len(found) == 1
    assert not holds(found[0], second.left, second.top, second.width, second.height)
    assert places(frame, np.zeros(frame.shape[:2], bool)) == []

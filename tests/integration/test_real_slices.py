"""CT and MR slices: hardly any without text is read, and no text burned into the same ones is passed over."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deid_core import ingest
from deid_core.errors import Quarantine
from deid_core.evaluate.box_gold import GoldBox
from deid_core.extract.presence import Place, places
from deid_core.extract.reading import SMALLEST
from deid_core.keys import ProjectKey
from deployments.sample.burn import EVERY_HAND, texts
from deployments.sample.burned import burned

Frame = NDArray[np.uint8]
SEED, HANDS_A_FRAME = 20261122, 2  # nobody looked at what that seed draws
HANDED, WHOLE, PASSED = 0.05, 0.995, 1 / 100
SHARE = 0.95  # of a text's box that lies in a place


@pytest.fixture(scope="module")
def slices(shared: Path) -> list[Frame]:
    """Give the CT and MR frames that hold no text, each once."""
    key, found = ProjectKey(bytes(32)), {}
    for path in sorted((shared / "dicom").rglob("*.dcm")):
        if path.parent.name == "burned_in":
            continue
        try:
            document = ingest.read(path.read_bytes(), path.name, "a", key)
            if "pixels" not in document or document.part("dataset").value.get("Modality") not in {"CT", "MR"}:
                continue
            frames = document.part("pixels").value
            shown = [frames.readable(number) for number in range(frames.count)]
        except Quarantine:
            continue
        large = [frame for frame in shown if frame.shape[0] >= SMALLEST[0] and frame.shape[1] >= SMALLEST[1]]
        found |= {sha256(frame.tobytes()).hexdigest(): frame for frame in large}
    return list(found.values())


@pytest.mark.shared
@pytest.mark.slow
def test_few_slices_without_text_are_read(slices: list[Frame]) -> None:
    """Under 5 in 100; the network was trained on some of them, see its card."""
    assert len(slices) > 80
    assert sum(bool(places(frame)) for frame in slices) / len(slices) < HANDED


@pytest.mark.shared
@pytest.mark.slow
def test_text_on_the_same_slices_is_handed_on(slices: list[Frame]) -> None:
    """Small, large, faint, inverted, turned, slanted, blurred, over noise: whole in a place, but for the tiniest."""
    held = missed = empty = drawn = 0
    for number, frame in enumerate(slices):
        for turn in range(HANDS_A_FRAME):
            hand = EVERY_HAND[(HANDS_A_FRAME * number + turn) % len(EVERY_HAND)]
            chance = np.random.default_rng([SEED, number, turn])
            written = [text for text in texts(chance) if text[2]]
            picture, boxes = burned(frame, hand, int(chance.integers(1 << 31)), written)
            found = places(picture) if boxes else []
            drawn += bool(boxes)
            empty += bool(boxes) and not found
            held += len(boxes)
            missed += sum(share_in(box, found) < SHARE for box in boxes)
    assert held > 700
    assert 1 - missed / held >= WHOLE, f"{missed} of {held}"
    assert empty <= PASSED * drawn, f"{empty} of {drawn}"


def share_in(box: GoldBox, found: list[Place]) -> float:
    """Return the share of a box that lies in the places."""
    inside = np.zeros((box.height, box.width), bool)
    for place in found:
        top, left = place.top - box.top, place.left - box.left
        inside[max(top, 0) : max(top + place.height, 0), max(left, 0) : max(left + place.width, 0)] = True
    return float(inside.mean())

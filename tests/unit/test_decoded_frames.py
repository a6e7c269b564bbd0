"""A frame is decoded once for all its boxes; what is kept is bounded, of one image, and written into by nobody."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deid_core import edit, ingest
from deid_core.ingest import decoded_frames
from deid_core.ingest.decoded_frames import remembered
from deid_core.ingest.image import ImageFrames
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox


def asked(holder: object, frame: int, shape: tuple[int, ...], log: list[int]) -> Any:
    """Ask for a frame, and note where it is decoded."""

    def decode() -> tuple[Any, str]:
        log.append(frame)
        return np.full(shape, frame, np.uint8), "grey"

    return remembered(holder, frame, decode)


def test_frames_of_one_image_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first; one that is larger than all that is kept is not kept; another image begins anew."""
    monkeypatch.setattr(decoded_frames, "MOST", 250)
    one, other, log = object(), object(), list[int]()
    for frame in (0, 1, 0, 1, 2, 1, 0):
        samples, told = asked(one, frame, (10, 10), log)
        assert (samples == frame).all()
        assert told == "grey"
    assert log == [0, 1, 2, 0]  # three are too many
    asked(one, 7, (20, 20), log)
    asked(one, 7, (20, 20), log)
    assert log == [0, 1, 2, 0, 7, 7]
    asked(other, 0, (10, 10), log)
    asked(one, 0, (10, 10), log)
    assert log == [0, 1, 2, 0, 7, 7, 0, 0]


def test_nobody_writes_into_what_is_kept() -> None:
    """Who did would change what the next one sees."""
    samples, _ = asked(object(), 0, (4, 4), [])
    with pytest.raises(ValueError, match="read-only"):
        samples[0, 0] = 9


def test_a_page_is_decoded_once_for_all_its_boxes(key: ProjectKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty boxes of two pages, in any order."""
    count = 0
    own = ImageFrames._decoded

    def decoded(self: ImageFrames, frame: int) -> Any:
        nonlocal count
        count += 1
        return own(self, frame)

    monkeypatch.setattr(ImageFrames, "_decoded", decoded)
    out = BytesIO()
    pages = [Image.new("RGB", (300, 200), (value, 80, 90)) for value in (10, 200)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    document = ingest.read(out.getvalue(), "a.tif", "a", key)
    boxes = [PixelBox("pixels", 5 * number, 3 * number, 4, 3, number % 2) for number in range(50)]
    edits = [(box, np.zeros_like(edit.get(document, box))) for box in boxes]
    changed = edit.put(document, edits)
    assert count == 2
    for box in boxes:
        assert not edit.get(changed, box).any()
    first = edit.get(document, PixelBox("pixels", 0, 0, 300, 200))
    assert (first == (10, 80, 90)).all()  # the original is as it was

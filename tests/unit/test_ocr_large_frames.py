"""Small text in a large frame is read: a scan at 600 dpi, a mammogram, a slide's label."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deid_core.extract.rapid import SHARED, SIDE, RapidOcr, once, starts
from deid_core.extract.reading import read
from deid_core.ports import Word

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("length", [1, 1999, 2000, 2001, 3600, 3601, 5000, 12_345])
def test_tiles_cover_a_side_and_share_a_margin(length: int) -> None:
    """No pixel is left out, and what is cut in one tile is whole in the next."""
    found = starts(length)
    assert found[0] == 0
    assert found[-1] == max(length - SIDE, 0)
    assert all(later - earlier <= SIDE - SHARED + 1 for earlier, later in pairwise(found))


def test_small_text_far_out_in_a_large_frame_is_read_where_it_is() -> None:
    """Text of 32 pixels in 5 megapixels, at a corner, which the engine alone would shrink away."""
    picture = Image.new("RGB", (5000, 1000), "white")
    ImageDraw.Draw(picture).text((4300, 900), "Quillfeather 48213377", fill="black", font=ImageFont.load_default(28))
    words = RapidOcr().words(np.asarray(picture))
    read = [word for word in words if "48213377" in word.text]
    assert read
    assert all(4250 <= word.left <= 4700 and 880 <= word.top <= 940 for word in read)


def test_a_long_strip_is_read_in_tiles() -> None:
    """The engine would shrink it to less than a letter's height, and refuse it."""
    page = Image.new("RGB", (3000, 24), "white")
    ImageDraw.Draw(page).text((2740, 1), "48213377", fill="black", font=ImageFont.load_default(20))
    reader = RapidOcr()
    words = reader.words(np.asarray(page), (24, 3000))
    assert any("48213377" in word.text and word.left > 2700 for word in words)
    for shape in ((12, 5000), (3000, 26)):
        grain = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
        assert isinstance(reader.words(grain, shape), list)


def test_a_word_read_twice_counts_once() -> None:
    """Where two tiles overlap, both read the same."""
    one, other = Word("a", 10, 10, 20, 8, 0.9), Word("a", 11, 10, 20, 8, 0.8)
    assert once([one, other, Word("a", 60, 10, 20, 8, 0.8)]) == [one, Word("a", 60, 10, 20, 8, 0.8)]


MEASURED = """
import resource, sys
import numpy as np
from deid_core.extract.presence import places
side = int(sys.argv[1])
frame = np.zeros((side, side, 3), np.uint8)
frame[::7, ::5] = (9, 60, 30)  # in each channel another contrast: all are looked at
places(frame)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def most_memory(side: int) -> int:
    """Return the most MiB that a process of its own took to look for text in a colour frame so large."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(side)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return int(done.stdout)


def test_looking_for_text_takes_little_more_memory_than_the_frame() -> None:
    """Of 36 megapixels in colour against 16: no more than the frame grew by; in one piece it would be twenty times."""
    grown = 3 * (6_000**2 - 4_000**2) / 2**20
    assert most_memory(6_000) - most_memory(4_000) < 5 * grown


@pytest.mark.slow
def test_a_hundred_megapixels_are_read_from_corner_to_corner() -> None:
    """Small text far apart in 10,000 x 10,000 pixels is read; what is between is only looked at."""
    page = Image.new("L", (10_000, 10_000), 90)
    draw = ImageDraw.Draw(page)
    texts = {(200, 300): "HARGREAVES", (8_800, 9_800): "00817263", (5_000, 2_040): "OKONKWO"}
    for place, text in texts.items():
        draw.text(place, text, fill=230, font=ImageFont.load_default(40))
    frame = np.repeat(np.asarray(page)[..., np.newaxis], 3, axis=2)
    found = {word.text: word for word in read(frame, "rapidocr")}
    assert set(texts.values()) <= set(found)
    for (left, top), text in texts.items():
        assert abs(found[text].left - left) < 40
        assert abs(found[text].top - top) < 40

"""Every engine that a policy can name is there, or says what is missing; each reads the same way up."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deid_core.errors import LimitExceeded, MissingExtra, UncertainAsset
from deid_core.extract import tesseract
from deid_core.extract.tesseract import Tesseract, _turned_back
from deid_core.policy import load_policy
from deid_core.ports import Word


@pytest.mark.parametrize("name", ["rapidocr", "easyocr", "tesseract"])
def test_a_policy_can_name_the_engine(name: str) -> None:
    """The name is checked when the policy is loaded."""
    policy = load_policy("safe_harbor")
    pixels = policy.pixels.model_copy(update={"ocr": name})
    assert type(policy).model_validate({**policy.model_dump(), "pixels": pixels.model_dump()}).pixels.ocr == name


def test_tesseract_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtra, match="apt install tesseract-ocr"):
        Tesseract()


@pytest.mark.parametrize(
    ("does", "error"), [("exec sleep 60", LimitExceeded), ("exit 1", UncertainAsset), ("kill -SEGV $$", UncertainAsset)]
)
def test_a_program_that_hangs_or_fails_sets_the_image_aside(
    does: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No frame takes longer than a policy's engine may, and one that was not read is not released."""
    program = tmp_path / "tesseract"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "tesseract 5" && exit\n{does}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(tesseract, "PATIENCE", 1)
    with pytest.raises(error):
        Tesseract().words(np.full((60, 200, 3), 255, np.uint8))


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
@pytest.mark.parametrize("turns", [0, 1, 3])
def test_tesseract_reads_text_and_says_where(turns: int) -> None:
    """Upright and turned by a quarter either way."""
    page = Image.new("RGB", (500, 300), "black")
    ImageDraw.Draw(page).text((120, 90), "HARGREAVES 48213377", fill="white", font=ImageFont.load_default(24))
    frame = np.ascontiguousarray(np.rot90(np.asarray(page), turns))
    read = [word for word in Tesseract().words(frame) if word.text == "48213377"]
    assert read
    ink = np.zeros(frame.shape[:2], bool)
    ink[read[0].top : read[0].top + read[0].height, read[0].left : read[0].left + read[0].width] = True
    assert (frame[ink] > 0).any()


@pytest.mark.parametrize(("turns", "pixel"), [(0, (2, 3)), (1, (2, 3)), (3, (2, 3))])
def test_a_box_of_a_turned_frame_is_turned_back(turns: int, pixel: tuple[int, int]) -> None:
    """The same pixel lies in it."""
    frame = np.zeros((7, 11), int)
    frame[pixel] = 1
    rows, columns = np.nonzero(np.rot90(frame, turns))
    back = _turned_back(Word("x", int(columns[0]), int(rows[0]), 1, 1, 1.0), turns, frame.shape)
    assert (back.top, back.left, back.height, back.width) == (*pixel, 1, 1)

"""Text is read in a process apart: one that hangs or ends sets its image aside, and the next frame finds a new one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deid_core import ingest, pipeline
from deid_core.child import Child
from deid_core.errors import LimitExceeded, MissingExtra, UncertainAsset
from deid_core.extract import apart as module
from deid_core.extract import reading
from deid_core.extract.apart import Apart
from deid_core.extract.rapid import RapidOcr
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

PAUSE = """
import sys, time
sys.stdin.buffer.readline()
sys.stdout.write('{}\\n'); sys.stdout.flush()
sys.stdin.buffer.readline()
"""
HANGS = {
    "in its own code": PAUSE + "while True: pass",
    "asleep": PAUSE + "time.sleep(600)",
    "before it takes the frame": PAUSE.replace("flush()\nsys", "flush()\ntime.sleep(600); sys"),
    "after half an answer": PAUSE + "sys.stdout.write('{'); sys.stdout.flush(); time.sleep(600)",
}
ENDS = {
    "by itself": PAUSE + "sys.exit(0)",
    "broken": PAUSE + "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
}


def page() -> np.ndarray:
    """Return a frame with a name and a number."""
    drawn = Image.new("RGB", (520, 160), "black")
    ImageDraw.Draw(drawn).text((20, 60), "OKONKWO TEMPERANCE 48213377", fill="white", font=ImageFont.load_default(24))
    return np.asarray(drawn)


@pytest.fixture
def apart() -> Iterator[Apart]:
    """Give an engine apart, ended after the test."""
    made = Apart("rapidocr", "rapidocr", "1")
    yield made
    made.close()


def child(code: str, apart: Apart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process apart be a program of that code, and give it a second."""
    program = tmp_path / "child.py"
    program.write_text(code)
    monkeypatch.setattr(apart, "child", Child(program))
    monkeypatch.setattr(module, "LONGEST", 1.0)


def test_the_words_are_those_of_the_engine(apart: Apart) -> None:
    """Read here and there, the same frame gives the same words at the same places."""
    assert apart.words(page(), (520, 160, 3)) == RapidOcr().words(page(), (520, 160, 3))
    assert apart.words(page()[:, ::2], ()) == RapidOcr().words(page()[:, ::2], ())  # no copy of it lies in a row


@pytest.mark.parametrize("how", HANGS)
def test_a_reader_that_hangs_is_ended(how: str, apart: Apart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it hangs, and however large the frame is that it does not take."""
    child(HANGS[how], apart, tmp_path, monkeypatch)
    with pytest.raises(LimitExceeded, match="took longer"):
        apart.words(np.full((300, 400, 3), 255, np.uint8))
    assert apart.child.process is None


def test_a_reader_that_is_stopped_is_ended_and_the_next_frame_is_read(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real engine, stopped by the system: the frame is refused, and a new process reads the next."""
    first = apart.words(page())
    assert apart.child.process is not None
    os.kill(apart.child.process.pid, signal.SIGSTOP)
    monkeypatch.setattr(module, "LONGEST", 0.5)
    with pytest.raises(LimitExceeded):
        apart.words(page())
    monkeypatch.undo()
    assert apart.words(page()) == first


@pytest.mark.parametrize("how", ENDS)
def test_a_reader_that_ends_is_no_workers_end(
    how: str, apart: Apart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in native code sets one image aside."""
    child(ENDS[how], apart, tmp_path, monkeypatch)
    with pytest.raises(UncertainAsset, match="ended on a frame"):
        apart.words(page())


def test_a_frame_that_the_engine_refuses_is_not_passed(apart: Apart) -> None:
    """It is no picture; the process lives on."""
    with pytest.raises(UncertainAsset, match="could not be read"):
        apart.words(np.zeros((0, 40, 3), np.uint8))
    assert apart.words(page())


def test_an_engine_that_is_not_installed_says_so_here() -> None:
    """Not in a process whose words nobody hears."""
    missing = Apart("easyocr", "easyocr", "1")
    with pytest.raises(MissingExtra, match="easyocr"):
        missing.words(page())


def test_an_image_on_which_the_reader_hangs_is_set_aside(
    key: ProjectKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its plan is not made: `limit_exceeded` is the reason that the release gives."""
    hanging = Apart("rapidocr", "rapidocr", "1")
    child(HANGS["asleep"], hanging, tmp_path, monkeypatch)
    monkeypatch.setattr(reading, "engine", lambda _: hanging)
    policy = load_policy("safe_harbor")
    shown = page().copy()
    shown[5, 5] = (7, 9, 11)  # a frame that no other test has read
    out = BytesIO()
    Image.fromarray(shown).save(out, "PNG")
    whose = pipeline.identify(ingest.read(out.getvalue(), "scan.png", "a", key), policy, key)
    with pytest.raises(LimitExceeded) as found:
        pipeline.plan(whose, "0" * 64, policy, key)
    assert found.value.reason == "limit_exceeded"
    assert "OKONKWO" not in str(found.value)

"""How much is saved by not looking twice: ratios on one core, so that they hold on any machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pydicom
import pytest

from deid_core.detect.faces import faces
from deid_core.extract import reading as module
from deid_core.extract.apart import Apart
from deid_core.extract.presence import places
from deid_core.extract.rapid import RapidOcr
from deid_core.extract.reading import reading
from deid_core.ingest.dicom_frames import DicomFrames
from deployments.sample.burned import HANDS, burned

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

CAPTIONS = [("NAME", "HARGREAVES, ROSALIND", True), ("MRN", "MRN: 00817263", True), ("DOB", "DOB: 04/17/1951", True),
            ("SITE", "St Agnes Regional Hospital", True), ("TECH", "MI 0.6 TIS 0.4", False)]  # fmt: skip


class Cine:
    """Hold a fan of moving echoes under captions that stand still."""

    edited: dict[int, object] = {}  # noqa: RUF012 - never changed

    def __init__(self, count: int) -> None:
        """Draw so many frames of 480 x 640."""
        ground, _gold = burned(np.zeros((480, 640, 3), np.uint8), HANDS[0], 3, CAPTIONS)
        captions = ground.any(axis=2)
        chance = np.random.default_rng(2)
        y, x = np.mgrid[0:480, 0:640]
        fan = (np.hypot(x - 320, y - 40) < 400) & (np.abs(x - 320) < (y - 40) * 0.7) & ~cv2.dilate(
            captions.astype(np.uint8), np.ones((25, 25), np.uint8)
        ).astype(bool)  # fmt: skip
        self.count, self.frames = count, []
        for _ in range(count):
            echoes = cv2.GaussianBlur(chance.normal(0, 1, (480, 640)), (0, 0), 2.5) * 160 + 70
            frame = ground.copy()
            frame[fan] = np.clip(echoes, 0, 255).astype(np.uint8)[fan][:, np.newaxis]
            self.frames.append(frame)

    def readable(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame."""
        return self.frames[frame]


class Echo:
    """Hold a real echocardiogram of ten frames, forth and back, with grain and compression of its own in each."""

    edited: dict[int, object] = {}  # noqa: RUF012 - never changed

    def __init__(self, data: Path, count: int) -> None:
        """Read so many frames of 430 x 600."""
        real = DicomFrames(pydicom.dcmread(data / "dicom" / "burned_in" / "US-PAL-8-10x-echo.dcm"))
        order = [*range(real.count), *range(real.count - 2, 0, -1)]
        chance = np.random.default_rng(0)
        self.count, self.frames = count, []
        for number in range(count):
            frame = real.readable(order[number % len(order)]).astype(np.float32)
            grain = cv2.GaussianBlur(chance.normal(0, 20, frame.shape[:2]), (0, 0), 1.2)
            frame = np.where(frame.max(axis=2, keepdims=True) > 8, frame + grain[..., np.newaxis], frame)
            coded = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
            self.frames.append(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8))

    def readable(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame."""
        return self.frames[frame]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in this process: the time of one apart is not counted here."""
    reader = RapidOcr()
    monkeypatch.setattr(module, "engine", lambda _: reader)


def seconds(cine: Cine | Echo) -> float:
    """Return the processor time that reading takes, nothing remembered."""
    module._words.clear()
    module._readings.clear()
    start = time.process_time()
    reading(cine, "rapidocr")  # type: ignore[arg-type] # frames that are only read
    return time.process_time() - start


@pytest.mark.slow
def test_a_real_echocardiogram_of_a_hundred_frames(benchmark: BenchmarkFixture, shared: Path) -> None:
    """A hundred frames of moving tissue under captions against the first one."""
    one, cine = Echo(shared, 1), Echo(shared, 100)
    seconds(one)
    single = seconds(one)
    took = benchmark.pedantic(seconds, (cine,), rounds=1)
    benchmark.extra_info["times_one_frame"] = round(took / single, 2)
    benchmark.extra_info["frames_a_second"] = round(100 / took, 1)


def test_faces_in_a_photograph_against_its_first_size(benchmark: BenchmarkFixture) -> None:
    """Noise of 1,000 x 1,500 pixels at every size and turn, against reading one frame of that size."""
    frame = np.random.default_rng(4).integers(0, 256, (1000, 1500, 3), np.uint8)
    frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), 6), np.uint8)
    reader = RapidOcr()
    reader.words(frame[:100, :100])  # loads the models
    start = time.process_time()
    reader.words(frame)
    reads = time.process_time() - start
    start = time.process_time()
    benchmark.pedantic(faces, (frame,), rounds=1)
    benchmark.extra_info["share_of_reading"] = round((time.process_time() - start) / reads, 2)


@pytest.mark.slow
def test_a_static_overlay_of_a_hundred_frames(benchmark: BenchmarkFixture) -> None:
    """A cine of a hundred frames against its first one."""
    one, cine = Cine(1), Cine(100)
    seconds(one)  # loads the models
    single = seconds(one)
    took = benchmark.pedantic(seconds, (cine,), rounds=1)
    benchmark.extra_info["times_one_frame"] = round(took / single, 2)
    benchmark.extra_info["frames_a_second"] = round(100 / took, 1)
    # the aim is 3 times one frame; echoes that look like letters are read


def test_presence_against_reading(benchmark: BenchmarkFixture) -> None:
    """A frame of 512 x 512 without text: ruled out, or read."""
    y, x = np.mgrid[0:512, 0:512]
    head = 200 * np.exp(-(((x - 256) / 190.0) ** 4) - ((y - 256) / 210.0) ** 4) + np.random.default_rng(1).normal(
        0, 4, x.shape
    )
    frame = np.repeat(np.clip(head, 0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    reader = RapidOcr()
    reader.words(frame)
    start = time.process_time()
    reader.words(frame)
    full = time.process_time() - start
    assert benchmark(places, frame) == []
    start = time.process_time()
    places(frame)
    benchmark.extra_info["times_as_quick_as_reading"] = round(full / (time.process_time() - start), 1)


def test_a_process_apart_costs_a_copy_of_the_frame(benchmark: BenchmarkFixture) -> None:
    """What this process spends on asking another to read a frame of 768 x 1,024, against reading it."""
    frame, _ = burned(np.zeros((768, 1024, 3), np.uint8), HANDS[0], 3, CAPTIONS)
    reader, apart = RapidOcr(), Apart("rapidocr", "rapidocr", "")
    apart.words(frame)  # loads the models
    reader.words(frame)
    start = time.process_time()
    reader.words(frame)
    reads = time.process_time() - start
    start = time.process_time()
    benchmark.pedantic(apart.words, (frame,), rounds=3)
    benchmark.extra_info["share_of_reading"] = round((time.process_time() - start) / 3 / reads, 4)
    apart.close()

"""Samples in rows of another length than a file says show nobody what they hold, until somebody guesses the length."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deid_core import ingest, pipeline
from deid_core.errors import MalformedAsset, UncertainAsset
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_raster import stands_in_rows
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

Picture = NDArray[np.uint8]


def scan(rows: int = 240, columns: int = 320) -> Picture:
    """Draw soft tissue with grain, and a name on it."""
    y, x = np.mgrid[0:rows, 0:columns]
    body = 120 * np.exp(-(((x - columns / 2) / columns * 3) ** 2) - ((y - rows / 2) / rows * 3) ** 2)
    grain = np.random.default_rng(4).normal(40, 5, body.shape)
    page = Image.fromarray(np.clip(body + grain, 0, 255).astype(np.uint8))
    ImageDraw.Draw(page).text((8, 8), "OKONKWO TEMPERANCE", fill=250, font=ImageFont.load_default(20))
    return np.asarray(page)


def checkered(period: int) -> Picture:
    """Draw squares."""
    y, x = np.mgrid[0:200, 0:301]
    return (((x // period + y // period) % 2) * 255).astype(np.uint8)


RIGHT = {
    "tissue": scan(),
    "the same in colour": np.repeat(scan()[..., np.newaxis], 3, axis=2),
    "on its side": np.rot90(scan()),
    "noise": np.random.default_rng(1).integers(0, 255, (200, 300), np.uint8),
    "one grey": np.full((200, 300), 9, np.uint8),
    "a line": np.eye(200, dtype=np.uint8) * 200,
    "columns of bars": np.tile(np.repeat(np.arange(30) % 2 * 200, 10), (200, 1)).astype(np.uint8),
    "rows of bars": np.tile(np.repeat(np.arange(20) % 2 * 200, 10)[:, np.newaxis], (1, 300)).astype(np.uint8),
    "every other row": np.tile((np.arange(200) % 2 * 200)[:, np.newaxis], (1, 300)).astype(np.uint8),
    "large squares": checkered(16),
    "dots": checkered(1),
    "a page of text": np.asarray(Image.fromarray(scan()).point(lambda one: 255 * (one > 200))),
    "floating point": scan().astype(np.float32) / 255,
    "small": scan(32, 40),
    "one row": scan()[:1],
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_stands_in_its_rows_is_taken_as_it_is(name: str) -> None:
    """Pictures, patterns, noise and nothing."""
    assert stands_in_rows(np.ascontiguousarray(RIGHT[name]))


@pytest.mark.parametrize("columns", [240, 300, 310, 340, 400, 500])
def test_rows_of_another_length_are_seen(columns: int) -> None:
    """Rows and columns exchanged, and some columns more or fewer."""
    samples = scan().ravel()
    rows = samples.size // columns
    assert not stands_in_rows(samples[: rows * columns].reshape(rows, columns))


def image(samples: Picture, rows: int, columns: int) -> bytes:
    """Return a file that says its samples stand in so many rows and columns."""
    made = pydicom.dcmread(BytesIO(ingest.write(ingest.read(BARE, "a.dcm", "a", ProjectKey(bytes(32))))))
    made.Rows, made.Columns = rows, columns
    made.PixelData = samples.tobytes()
    out = BytesIO()
    made.save_as(out)
    return out.getvalue()


def bare() -> bytes:
    """Return a file of one small grey frame."""
    made = pydicom.Dataset()
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "US"
    made.Rows = made.Columns = 4
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelData = bytes(16)
    out = BytesIO()
    pydicom.dcmwrite(out, made, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return bytes(128) + b"DICM" + out.getvalue()


BARE = bare()


def test_an_image_whose_rows_and_columns_are_exchanged_is_set_aside(key: ProjectKey) -> None:
    """Its name would be read by nobody here, and by anybody who turns the two back."""
    policy = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
    right, wrong = (image(scan(), *shape) for shape in ((240, 320), (320, 240)))
    for data, fails in ((right, False), (wrong, True)):
        whose = pipeline.identify(ingest.read(data, "a.dcm", "a", key), policy, key)
        if not fails:
            assert pipeline.plan(whose, "0" * 64, policy, key).decisions
            continue
        with pytest.raises(UncertainAsset, match="rows of another length"):
            pipeline.plan(whose, "0" * 64, policy, key)


@pytest.mark.shared
def test_real_frames_stand_in_their_rows(shared: Path, key: ProjectKey) -> None:
    """Ultrasound, CT, MR, slides, dose, segmentations; turned, and with every other row, too."""
    seen = 0
    for path in sorted((shared / "dicom").glob("[bqst]*/*.dcm"))[::3]:
        try:
            frames = DicomReader().read(path.read_bytes(), "a", key).part("pixels").value
            samples = replace(frames).stored(0)
        except (KeyError, MalformedAsset):
            continue
        seen += 1
        for one in (samples, np.rot90(samples), samples[::2], samples[:, ::-1]):
            assert stands_in_rows(np.ascontiguousarray(one)), path.name
    assert seen > 40

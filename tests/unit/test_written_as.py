"""A release says how each image's samples were written, as the files themselves show."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deid_core import ingest
from deid_core.edit import put
from deid_core.ingest.pieces import Pieces
from deid_core.ingest.written_as import written_as
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox

BOX = PixelBox("pixels", 40, 32, 60, 30)
UPSIDE_DOWN = Image.Exif()
UPSIDE_DOWN[274] = 3


def saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture's file."""
    down, across = np.mgrid[:160, :240]
    grain = np.random.default_rng(2).normal(0, 6, (160, 240, 1))
    samples = np.dstack((down, across, (down + across) // 2)) + grain
    out = BytesIO()
    Image.fromarray(np.clip(samples, 0, 255).astype(np.uint8)).convert(mode).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "untouched", "covered"),
    [
        (saved("PNG"), "kept", "covered"),
        (saved("TIFF"), "kept", "covered"),
        (saved("WEBP", quality=70), "kept", "covered"),
        (saved("JPEG", quality=80), "kept", "covered"),
        (saved("JPEG", quality=80, subsampling=0), "kept", "covered"),
        (saved("JPEG", "L", quality=80), "kept", "covered"),
        (saved("JPEG", quality=80, progressive=True), "kept", "encoded_anew"),
        (saved("JPEG", "CMYK", quality=80), "kept", "encoded_anew"),
        (saved("JPEG", quality=80, exif=UPSIDE_DOWN), "encoded_anew", "encoded_anew"),
        (saved("PDF", resolution=200), "drawn", "drawn"),
    ],
    ids=["PNG", "TIFF", "WebP", "JPEG", "JPEG in full colour", "grey JPEG", "progressive", "CMYK", "turned", "PDF"],
)
def test_what_is_said_is_what_was_written(data: bytes, untouched: str, covered: str, key: ProjectKey) -> None:
    """Without a box and with one; where only boxes are said to differ, only they do."""
    document = ingest.read(data, "", "a", key)
    assert written_as(document, ingest.write(document), []) == untouched
    output = ingest.write(put(document, [(BOX, 0)]))
    assert written_as(document, output, [BOX]) == covered
    assert written_as(document, Pieces(lambda: iter((output[:99], output[99:]))), [BOX]) == covered
    if covered == "covered":
        was, now = (one.part("pixels").value.stored(0) for one in (document, ingest.read_as(output, document, key)))
        far = np.ones(was.shape[:2], np.bool_)
        far[BOX.top - 18 : BOX.top + BOX.height + 18, BOX.left - 18 : BOX.left + BOX.width + 18] = False
        assert np.array_equal(was[far], now[far])


def test_a_jpeg_that_was_encoded_anew_all_the_same_is_called_so(key: ProjectKey) -> None:
    """Its own tables and a header like the old one's do not hide it: samples are compared."""
    document = ingest.read(saved("JPEG", quality=80), "", "a", key)
    samples = document.part("pixels").value.stored(0).copy()
    samples[BOX.top : BOX.top + BOX.height, BOX.left : BOX.left + BOX.width] = 0
    out = BytesIO()
    Image.fromarray(samples).save(out, "JPEG", quality=80)
    assert written_as(document, out.getvalue(), [BOX]) == "encoded_anew"


def test_what_is_no_image_has_no_samples(key: ProjectKey) -> None:
    """A note says nothing of them."""
    document = ingest.read(b"Seen today.", "a.txt", "a", key)
    assert written_as(document, b"Seen today.", []) == ""

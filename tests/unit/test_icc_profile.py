"""A colour profile keeps its colours and loses what else it holds."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.transform.dicom import clean_bytes
from deid_core.transform.icc_profile import colours_only

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def marked(profile: bytes) -> bytes:
    """Put a name into the description's text, in place, and after the last tag."""
    text = "sRGB built-in".encode("utf-16-be")
    assert text in profile
    return profile.replace(text, "Jane Doe 4711".encode("utf-16-be"))


def test_the_colours_stay_and_the_texts_go() -> None:
    """Pixels convert to the same colours by the cleaned profile; no word of the description is left."""
    cleaned = colours_only(marked(SRGB))
    assert cleaned is not None
    assert "Jane".encode("utf-16-be") not in cleaned
    pixels = Image.fromarray(np.arange(768, dtype=np.uint8).reshape(16, 16, 3))
    lab = ImageCms.createProfile("LAB")
    shown = [
        np.asarray(ImageCms.profileToProfile(pixels, ImageCms.getOpenProfile(BytesIO(one)), lab, outputMode="LAB"))
        for one in (SRGB, cleaned)
    ]
    assert np.array_equal(*shown)


def test_a_profile_that_is_clean_stays_as_it_is() -> None:
    """Cleaning twice gives what cleaning once gave."""
    once = colours_only(SRGB)
    assert once is not None
    assert colours_only(once) == once


@pytest.mark.parametrize(
    "value",
    [b"", b"Jane Doe", bytes(200), SRGB[:100], SRGB[:-40], "text", None],
    ids=["empty", "words", "zeros", "head", "cut", "text", "none"],  # a profile holds the time that it was made
)
def test_what_is_no_profile_goes(value: object, key: ProjectKey) -> None:
    """Bytes that only stand in the place of a profile are removed."""
    assert clean_bytes(value, Site(EntityType.DICOM_ATTRIBUTE, "subject", key, vr="OB")) is None


@given(st.integers(0, len(SRGB) - 1), st.integers(0, 255))
def test_a_changed_byte_never_breaks_it(place: int, value: int) -> None:
    """A hostile profile is cleaned or refused."""
    broken = SRGB[:place] + bytes([value]) + SRGB[place + 1 :]
    made = colours_only(broken)
    assert made is None or len(made) % 2 == 0

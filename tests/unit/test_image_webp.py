"""WebP: the picture stays sample by sample, and nothing else of the file does."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from deid_core import ingest
from deid_core.edit import put
from deid_core.errors import LimitExceeded, MalformedAsset, Quarantine, UnsupportedFormat
from deid_core.ingest import image_webp
from deid_core.ingest.image import ImageReader
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><creator>CANARY</creator></x:xmpmeta>"


def picture(*, alpha: bool = False) -> NDArray:
    """Make a smooth picture with an odd extent, and a hole where it has alpha."""
    down, across = np.mgrid[:33, :45]
    planes = [down * 7, across * 5, (down + across) * 3]
    samples = np.dstack([*planes, np.full_like(down, 255)] if alpha else planes).astype(np.uint8)
    if alpha:
        samples[5:9, 5:9, 3] = 0
    return samples


def webp(samples: NDArray, **options: object) -> bytes:
    """Return a picture's file."""
    out = BytesIO()
    Image.fromarray(samples).save(out, "WEBP", **options)
    return out.getvalue()


def exif(turn: int = 1) -> Image.Exif:
    """Make an Exif block with a canary."""
    block = Image.Exif()
    block[0x0112], block[0x013B] = turn, "CANARY Artist"
    block.get_ifd(0x8769)[0x927C] = b"\1\2CANARY maker note"
    return block


def marked(samples: NDArray, **options: object) -> bytes:
    """Make a WebP with a canary in each place that WebP has."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB built-in".encode("utf-16-be"), "CANARY profile"[:13].encode("utf-16-be"))
    data = webp(samples, exif=exif(), xmp=XMP, icc_profile=profile, **options)
    data += b"caNv" + (6).to_bytes(4, "little") + b"CANARY"
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:] + b"CANARY trailing"


def has_canary(data: bytes) -> bool:
    """Say whether a canary stands in some bytes."""
    return b"canary" in data.lower() or "CANARY".encode("utf-16-be") in data


KINDS = {
    "with loss": (picture(), {"quality": 80}),
    "without loss": (picture(), {"lossless": True}),
    "with loss and a hole": (picture(alpha=True), {"quality": 80}),
    "without loss, with a hole": (picture(alpha=True), {"lossless": True}),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_webp_keeps_its_samples_and_nothing_else(name: str, key: ProjectKey) -> None:
    """Whatever the file's kind, what a decoder showed is shown again, and no canary is left of any chunk."""
    samples, options = KINDS[name]
    data = marked(samples, **options)
    assert ingest.media_type(data, "a.webp") == "image/webp"
    document = ImageReader().read(data, "a", key)
    shown = document.part("pixels").value.stored(0)
    with Image.open(BytesIO(webp(samples, **options))) as plain:
        expected = np.array(plain)
    if expected.shape[2] == 4:
        expected[expected[..., 3] == 0] = 0
    assert np.array_equal(shown, expected)
    output = ImageReader().write(document)
    assert has_canary(data)
    assert not has_canary(output)
    assert output == ImageReader().write(document)
    again = ImageReader().read(output, "a", key)
    assert np.array_equal(again.part("pixels").value.stored(0), shown)
    assert again.part("metadata").value == {}


def test_every_chunk_that_is_no_picture_is_named(key: ProjectKey) -> None:
    """Exif, XMP, the profile, chunks of unknown kind and what trails are each an entry to be searched for."""
    found = ImageReader().read(marked(picture()), "a", key).part("metadata").value
    assert {"EXIF/Artist", "EXIF/MakerNote", "XMP", "ICC/description", "Block/caNv", "trailing bytes"} <= set(found)
    assert found["EXIF/Artist"] == "CANARY Artist"


@pytest.mark.parametrize("turn", [3, 6, 8])
def test_a_webp_stands_upright_without_its_exif(turn: int, key: ProjectKey) -> None:
    """What a viewer turns by Exif is turned in the pixels."""
    upright = Image.fromarray(picture()).transpose({3: 3, 6: 4, 8: 2}[turn])
    document = ImageReader().read(webp(picture(), lossless=True, exif=exif(turn)), "a", key)
    assert np.array_equal(document.part("pixels").value.stored(0), np.array(upright))
    with Image.open(BytesIO(ImageReader().write(document))) as written:
        assert np.array_equal(np.array(written), np.array(upright))


def test_a_covered_box_changes_nothing_else(key: ProjectKey) -> None:
    """Outside the box every sample is as it was."""
    document = ImageReader().read(webp(picture(), quality=70), "a", key)
    expected = document.part("pixels").value.stored(0)
    expected[4:12, 6:20] = 0
    output = ImageReader().write(put(document, [(PixelBox("pixels", 6, 4, 14, 8), 0)]))
    assert np.array_equal(ImageReader().read(output, "a", key).part("pixels").value.stored(0), expected)


def animated() -> bytes:
    """Return a WebP of two frames."""
    return webp(picture(), save_all=True, append_images=[Image.fromarray(255 - picture())])


def large() -> bytes:
    """Return a lossless WebP that claims 16384 pixels a side."""
    data = bytearray(webp(picture(), lossless=True))
    data[21:25] = (0x0FFFFFFF).to_bytes(4, "little")
    return bytes(data)


REFUSED = {
    "animated": (animated, UnsupportedFormat),
    "of 268 megapixels": (large, LimitExceeded),
    "without a picture": (lambda: b"RIFF\x04\0\0\0WEBP", MalformedAsset),
    "longer than the file": (lambda: webp(picture())[:-3], MalformedAsset),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_webp_is_set_aside(name: str, key: ProjectKey) -> None:
    """Each is refused with its own reason."""
    make, reason = REFUSED[name]
    with pytest.raises(reason):
        ImageReader().read(make(), "a", key)


def test_a_damaged_webp_is_set_aside_at_worst(key: ProjectKey) -> None:
    """Cut or changed anywhere, it raises a Quarantine or is written without a canary; nothing else."""
    data, chance = marked(picture(alpha=True)), np.random.default_rng(6)
    broken = [data[:end] for end in range(1, len(data), 97)]
    for _ in range(60):
        changed = bytearray(data)
        changed[int(chance.integers(12, len(data)))] = int(chance.integers(0, 256))
        broken.append(bytes(changed))
    for one in broken:
        try:
            output = ImageReader().write(ImageReader().read(one, "a", key))
        except Quarantine as error:
            output = str(error).encode()
        assert not has_canary(output)


def test_a_picture_that_outgrows_the_format_is_set_aside() -> None:
    """WebP ends at 16383 pixels a side."""
    with pytest.raises(LimitExceeded):
        image_webp.encode(np.zeros((image_webp.LARGEST + 1, 1, 3), np.uint8))

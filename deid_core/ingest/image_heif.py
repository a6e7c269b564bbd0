"""HEIC (ISO/IEC 23008-12, HEVC): its one picture, decoded by libheif where the extra `heic` is installed.

No encoder for it may be shipped, so what leaves is a PNG of the same samples: the document is one from here on.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import EmptyAsset, MalformedAsset, UnsupportedFormat
from deid_core.ingest import image_metadata_read, image_png
from deid_core.ingest.image import ImageFrames, ImageReader
from deid_core.ingest.image_quiet import check_extent, quiet
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

ANIMATED = (b"hevc", b"hevx", b"msf1")  # major brands of sequences
MODES = ("L", "RGB", "RGBA", "L;16", "RGB;16", "RGBA;16")
PNG = "image/png"
KINDS = {"exif": b"EXIF", "xmp": b"XMP ", "icc_profile": b"ICCP"}


class HeifReader:
    """Read HEIC as the PNG that is written of it."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read a HEIC of one picture, turned as it says.

        Raises UnsupportedFormat without the extra, or for a sequence or several pictures, MalformedAsset where it
        breaks off, LimitExceeded where it is too large.
        """
        if not data:
            raise EmptyAsset("the asset has no bytes")
        if data[8:12] in ANIMATED:
            raise UnsupportedFormat("an animated HEIC")
        samples, told = decoded(data)
        with quiet("an image's metadata cannot be read"):
            metadata = image_metadata_read.of_blocks(told)
        frames = ImageFrames(image_png.parse(image_png.encode(samples)))
        parts = Part("pixels", PartKind.PIXELS, frames), Part("metadata", PartKind.RECORD, metadata)
        return Document(asset_id, PNG, key.subject("asset", asset_id), parts)

    def write(self, document: Document) -> bytes:
        """Write the pixels as PNG, and nothing else."""
        return ImageReader().write(document)


def decoded(data: bytes) -> tuple[NDArray[Any], list[tuple[bytes, bytes]]]:
    """Return samples of 8 or 16 bits, (rows, columns) or (rows, columns, 3 or 4), and the blocks of metadata."""
    try:
        library = import_module("pi_heif")  # an extra, as what its wheel brings is under the LGPL
    except ModuleNotFoundError:
        raise UnsupportedFormat("HEIC needs a decoder that is not installed: pip install 'deidflow[heic]'") from None
    with quiet("a HEIC cannot be decoded"):
        held = library.open_heif(data, convert_hdr_to_8bit=False)
        if len(held) != 1:
            raise UnsupportedFormat("a HEIC of several pictures")
        picture = held[0]
        check_extent(*picture.size)
        if picture.mode not in MODES:
            raise UnsupportedFormat("a HEIC of unusual samples")
        samples = np.array(picture)
        if samples.shape[1::-1] != tuple(picture.size):
            raise MalformedAsset("a HEIC has not the extent it declares")
        return samples, list(_blocks(picture.info))


def _blocks(info: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    known = [(kind, bytes(info[name])) for name, kind in KINDS.items() if info.get(name)]
    others = [(str(one.get("type", "")).encode(), bytes(one.get("data", b""))) for one in info.get("metadata", ())]
    return known + others

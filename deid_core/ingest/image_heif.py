"""HEIC (ISO/IEC 23008-12, HEVC): its one picture, decoded by libheif, apart, where the extra `heic` is installed.

No encoder for it may be shipped, so what leaves is a PNG of the same samples: the document is one from here on.
"""

from __future__ import annotations

from base64 import b64decode
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.child import Child, Ended, Late
from deid_core.errors import EmptyAsset, LimitExceeded, MalformedAsset, UnsupportedFormat
from deid_core.ingest import image_metadata_read, image_png
from deid_core.ingest.image import ImageFrames, ImageReader
from deid_core.ingest.image_quiet import MAX_FRAME_PIXELS, check_extent, quiet
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

ANIMATED = (b"hevc", b"hevx", b"msf1")  # major brands of sequences
PNG = "image/png"
LONGEST = 60.0  # seconds that a picture may take
LIBRARY = "pi_heif"  # an extra, as what its wheel brings is under the LGPL
CHILD = Child(Path(__file__).with_name("heif_child.py"))


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
    if find_spec(LIBRARY) is None:
        raise UnsupportedFormat("HEIC needs a decoder that is not installed: pip install 'deidflow[heic]'")
    try:
        told, samples = CHILD.ask({"pixels": MAX_FRAME_PIXELS}, LONGEST, data)
    except Late:
        raise LimitExceeded(f"decoding a HEIC took longer than {LONGEST:.0f} s") from None
    except Ended:
        raise MalformedAsset("a HEIC ended the process that decodes it") from None
    if "unsupported" in told:
        raise UnsupportedFormat(told["unsupported"])
    if "width" in told:
        check_extent(told["width"], told["height"])
    if "shape" not in told:
        raise MalformedAsset(f"a HEIC cannot be decoded ({told.get('failed', '')})")
    made = np.frombuffer(samples, np.uint16 if told["deep"] else np.uint8).reshape(told["shape"])
    return made, [(bytes.fromhex(kind), b64decode(block)) for kind, block in told["blocks"]]

"""Say of an image how its samples were written: whether any but the covered ones differ from the original's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deid_core.ingest.pieces import Pieces
from deid_core.model import Document, PixelBox

KEPT, COVERED, ANEW, DRAWN = "kept", "covered", "encoded_anew", "drawn"
BLOCK = (
    34  # pixels around a box: the largest block of a JPEG that it touches, and what colours are drawn from beside it
)


def written_as(document: Document, output: bytes | Pieces, boxes: Sequence[PixelBox]) -> str:
    """Return how an image's samples were written, given the boxes that were covered; "" of what is no image.

    `kept`: all as they were. `covered`: all but those in boxes; of a JPEG, all but those of blocks that a box touches.
    `encoded_anew`: with loss, at the quality that they had, so that all may differ by rounding. `drawn`: as pictures of
    pages. Of a JPEG it is found by comparing.
    """
    if "pixels" not in document:
        return ""
    if document.media_type == "application/pdf":
        return DRAWN
    if document.media_type == "image/jpeg" and not _is_same_outside(document.part("pixels").value, output, boxes):
        return ANEW
    return COVERED if boxes else KEPT


def _is_same_outside(frames: Any, output: bytes | Pieces, boxes: Sequence[PixelBox]) -> bool:
    """Say whether a JPEG shows what it showed, but for what is in boxes or near them."""
    import numpy as np  # noqa: PLC0415 - only where there is a JPEG

    from deid_core.ingest import image_jpeg  # noqa: PLC0415

    if frames.turns == (1,) and not boxes:
        return True  # its scans are copied
    data = output if isinstance(output, bytes) else b"".join(output)
    was, now = frames.stored(0), image_jpeg.decode(image_jpeg.parse(data))[0]
    if was.shape != now.shape:
        return False
    differs: Any = np.asarray(was != now).reshape(*was.shape[:2], -1).any(axis=2)
    for box in boxes:
        top, left = max(box.top - BLOCK, 0), max(box.left - BLOCK, 0)
        differs[top : box.top + box.height + BLOCK, left : box.left + box.width + BLOCK] = False
    return not differs.any()

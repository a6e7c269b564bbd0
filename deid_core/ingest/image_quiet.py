"""Keep image libraries quiet: their warnings quote values, and hostile bytes make them raise anything."""

from __future__ import annotations

import logging

from deid_core.errors import LimitExceeded, MalformedAsset
from deid_core.ingest.quiet import quiet

__all__ = ["MAX_FRAME_PIXELS", "MAX_PIXELS", "check_extent", "quiet"]

MAX_FRAME_PIXELS = 200_000_000
MAX_PIXELS = 400_000_000
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)  # its debug lines print every tag's value


def check_extent(width: int, height: int) -> None:
    """Raise MalformedAsset for a frame of no extent, LimitExceeded for one above MAX_FRAME_PIXELS."""
    if width < 1 or height < 1:
        raise MalformedAsset("a frame of no extent")
    if width * height > MAX_FRAME_PIXELS:
        raise LimitExceeded(f"a frame has more than {MAX_FRAME_PIXELS // 1_000_000} million pixels")

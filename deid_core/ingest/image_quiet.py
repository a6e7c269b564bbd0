"""Keep image libraries quiet: their warnings quote values, and hostile bytes make them raise anything."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from deid_core.errors import DeidflowError, LimitExceeded, MalformedAsset

MAX_FRAME_PIXELS = 200_000_000
MAX_PIXELS = 400_000_000
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)  # its debug lines print every tag's value


@contextmanager
def hushed(failure: str) -> Iterator[None]:
    """Silence warnings within, and turn a library's error into a MalformedAsset that says `failure` and no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except DeidflowError:
            raise
        except MemoryError:
            raise LimitExceeded(f"{failure}: it does not fit in memory") from None
        except Exception as error:  # noqa: BLE001 - hostile bytes make a parser raise anything
            raise MalformedAsset(f"{failure} ({type(error).__name__})") from None


def check_extent(width: int, height: int) -> None:
    """Raise MalformedAsset for a frame of no extent, LimitExceeded for one above MAX_FRAME_PIXELS."""
    if width < 1 or height < 1:
        raise MalformedAsset("a frame of no extent")
    if width * height > MAX_FRAME_PIXELS:
        raise LimitExceeded(f"a frame has more than {MAX_FRAME_PIXELS // 1_000_000} million pixels")

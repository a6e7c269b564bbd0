"""Keep libraries that parse hostile bytes quiet: their warnings quote values, and they raise anything."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from deid_core.errors import DeidflowError, LimitExceeded, MalformedAsset


@contextmanager
def quiet(failure: str) -> Iterator[None]:
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

"""Keep pydicom quiet: its warnings and log lines quote values, and its errors do too."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import gdcm
from pydicom import config

from deid_core.errors import DeidflowError, LimitExceeded, MalformedAsset

config.settings.reading_validation_mode = config.IGNORE  # what is invalid is judged by us, without quoting it
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
for _trace in ("WarningOff", "ErrorOff", "DebugOff"):
    getattr(gdcm.Trace, _trace)()


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

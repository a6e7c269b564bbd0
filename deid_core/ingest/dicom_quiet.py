"""Keep pydicom quiet: its warnings and log lines quote values, and its errors do too."""

from __future__ import annotations

import logging

import gdcm
from pydicom import config

from deid_core.ingest.quiet import quiet

__all__ = ["quiet"]

config.settings.reading_validation_mode = config.IGNORE  # what is invalid is judged by us, without quoting it
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
for _trace in ("WarningOff", "ErrorOff", "DebugOff"):
    getattr(gdcm.Trace, _trace)()

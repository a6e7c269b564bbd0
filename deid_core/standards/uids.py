"""Tell the UIDs that the DICOM standard registers (PS3.6 Annex A) from others that only begin as they do.

A device may put the numbers of its studies behind the standard's own root; such a UID identifies like any other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pydicom._uid_dict import UID_dictionary

ROOT = "1.2.840.10008."
# the arcs in which the standard registers, in few digits: what a later edition adds is known by its form
_FORM = re.compile(r"1\.2\.840\.10008\.(?:6\.1\.\d{1,4}|(?:[1-9]|15)(?:\.\d{1,3}){0,6})")


@lru_cache(maxsize=4096)  # a header's classes come again in every file
def is_registered(uid: str) -> bool:
    """Say whether a UID is one of the standard: a class, a syntax, a vocabulary, a frame of reference."""
    uid = uid.strip(" \0")
    return uid.startswith(ROOT) and (uid in UID_dictionary or _FORM.fullmatch(uid) is not None)

"""What a DICOM value representation can hold (PS3.5 Table 6.2-1), for operators that put text into elements."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from deid_core.entities import EntityType

_TABLE = json.loads(files("deid_core.standards").joinpath("vr.json").read_text("utf-8"))
TEXT: dict[str, int] = _TABLE["text"]
SINGLE: frozenset[str] = frozenset(_TABLE["single"])
PATTERNS: dict[str, re.Pattern[str]] = {vr: re.compile(pattern) for vr, pattern in _TABLE["pattern"].items()}


def values(value: object, vr: str) -> list[str]:
    r"""Split an element's text into its values, which a backslash separates unless the VR has one value only.

    A number, of a table's cell or an element, is taken as it is written.
    """
    text = str(value)
    return text.split("\\") if vr and vr not in SINGLE else [text]


def conform(text: str, vr: str) -> str:
    """Return the text as the VR can hold it: cut to its length, "" where its repertoire forbids it.

    Outside DICOM (vr "") the text is returned as it is. A binary VR holds no text, so it gets "".
    """
    return "\\".join(_conform_value(value, vr) for value in values(text, vr))


def label(entity_type: EntityType, vr: str = "") -> str:
    """Return the label that stands where a value was: `<NAME>`; "" where the VR cannot hold it."""
    return conform(f"<{entity_type.value}>", vr)


def _conform_value(value: str, vr: str) -> str:
    if not vr:
        return value
    if vr == "PN":  # the limit is that of each component group
        return "=".join(group[: TEXT[vr]] for group in value.split("="))
    if vr in TEXT:
        return value[: TEXT[vr]]
    pattern = PATTERNS.get(vr)
    return value if pattern and pattern.fullmatch(value) else ""

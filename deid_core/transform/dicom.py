"""The action codes of PS3.15 E.1.1 as operators: X removes, Z empties, D puts a dummy, U puts a new UID.

Values are text (joined by a backslash), bytes, numbers or lists of items; `ingest.elements.put` fits them to the VR.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from deid_core.ports import Site, operator
from deid_core.standards.uids import is_registered
from deid_core.transform.icc_profile import colours_only

WORD = "ANONYMISED"
DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "UR": "urn:anonymised",
    "OD": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OV": bytes(8),
}
TEXTS = frozenset({"", "AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"})
NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
STRUCTURE = frozenset(
    json.loads(files("deid_core.standards").joinpath("dicom_retained.json").read_text("utf-8"))["structure"]
)


@operator("Remove the element.", blind=True)
def remove_element(value: Any, site: Site) -> None:
    """Return None."""


@operator("Empty the element.", blind=True)
def zero_length(value: Any, site: Site) -> str:  # noqa: ARG001 - the shape of every operator
    """Return no text, which every value representation can hold."""
    return ""


@operator("Replace the value by a constant that its value representation can hold.")
def dummy(value: Any, site: Site) -> Any:
    """Return a dummy for the site's VR: a word, a date of 1900, 0, zero bytes, a new UID; for items, items of dummies.

    As many numbers and items stay as there were, so that a graphic has its points, and a sequence has an item.
    """
    if site.vr == "SQ":
        return [_dummy_item(item, site) for item in value or () if isinstance(item, Dataset)] or [Dataset()]
    if site.vr == "UI":
        return _mapped(str(value), site)
    if site.vr == "CS" and str(value).strip() in STRUCTURE:
        return str(value).strip()
    if site.vr in NUMBERS:
        return [0] * len(value) if isinstance(value, (MultiValue, list)) and len(value) > 1 else 0
    if site.vr in {"DS", "IS"}:
        return "\\".join("0" for _ in str(value).split("\\"))
    return WORD if site.vr in TEXTS else DUMMIES.get(site.vr, b"\0\0")


@operator("Replace each UID by one derived from it and the project key; UIDs of the DICOM standard stay.")
def remap_uid(value: Any, site: Site) -> str:
    """Return the values' new UIDs; the same UID becomes the same one everywhere, so references hold."""
    return _mapped(str(value), site)


@operator("Keep the colours of a colour profile, and nothing else of it.")
def clean_bytes(value: Any, site: Site) -> bytes | None:  # noqa: ARG001 - the shape of every operator
    """Return the ICC profile without texts, names, dates and what no table of it points at; None for other bytes."""
    return colours_only(bytes(value)) if isinstance(value, bytes) else None


def _dummy_item(item: Iterable[DataElement], site: Site) -> Dataset:
    """Return an item with the public attributes of another, each with a dummy; empty ones stay empty."""
    made = Dataset()
    for element in item:
        if element.tag.is_private or element.tag.element == 0 or element.VR == "UN":
            continue
        value = element.value
        if isinstance(value, (MultiValue, list)) and element.VR not in NUMBERS | {"SQ"}:
            value = "\\".join(map(str, value))
        empty = value is None or value in ("", b"") or (element.VR == "SQ" and not value)
        new = None if empty else dummy(value, replace(site, vr=str(element.VR)))
        made[element.tag] = DataElement(element.tag, element.VR, new, validation_mode=config.IGNORE)
    return made


def _mapped(text: str, site: Site) -> str:
    return "\\".join(
        one if not one.strip(" \0") or is_registered(one) else site.key.uid(one) for one in text.split("\\")
    )

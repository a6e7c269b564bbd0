"""The action codes of PS3.15 E.1.1 as operators: X removes, Z empties, D puts a dummy, U puts a new UID.

Values are text (joined by a backslash), bytes, numbers or lists of items; `ingest.elements.put` fits them to the VR.
"""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from deid_core.ports import Site, operator

DICOM_ROOT = "1.2.840.10008."  # UIDs that the standard registers: classes, syntaxes, vocabularies
WORD = "ANONYMISED"
DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "UR": "urn:anonymised",
}
TEXTS = frozenset({"", "AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"})
NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})


@operator("Remove the element.")
def remove_element(value: Any, site: Site) -> None:
    """Return None."""


@operator("Empty the element.")
def zero_length(value: Any, site: Site) -> str:  # noqa: ARG001 - the shape of every operator
    """Return no text, which every value representation can hold."""
    return ""


@operator("Replace the value by a constant that its value representation can hold.")
def dummy(value: Any, site: Site) -> Any:
    """Return a dummy for the site's VR: a word, a date of 1900, 0, two zero bytes, or one empty item."""
    if site.vr == "UI":
        return _mapped(str(value), site)
    if site.vr == "SQ":
        return [Dataset()]
    if site.vr in TEXTS:
        return WORD
    if site.vr in NUMBERS:
        return 0
    return DUMMIES.get(site.vr, b"\0\0")


@operator("Replace each UID by one derived from it and the project key; UIDs of the DICOM standard stay.")
def remap_uid(value: Any, site: Site) -> str:
    """Return the values' new UIDs; the same UID becomes the same one everywhere, so references hold."""
    return _mapped(str(value), site)


def _mapped(text: str, site: Site) -> str:
    return "\\".join(
        one if not one.strip(" \0") or one.startswith(DICOM_ROOT) else site.key.uid(one) for one in text.split("\\")
    )

"""Operators that write a mask where a value was."""

from __future__ import annotations

from deid_core.errors import PolicyError
from deid_core.ports import Site, operator
from deid_core.standards.vr import conform, label, values

FIXED = "****"


@operator("Replace the value with its label in angle brackets, `<NAME>`.")
def mask_label(value: str, site: Site) -> str:  # noqa: ARG001 - an operator's shape
    """Return the label; in a DICOM element whose VR cannot hold it (CS, DA, TM, UI, DS, IS ...), nothing."""
    return label(site.entity_type, site.vr)


@operator("Replace each character of the value with a star, keeping its length.")
def mask_same_length(value: str, site: Site) -> str:
    """Return as many mask characters as the value has code points; each value of a DICOM element on its own.

    Parameter `char`: the one character to write, `*` unless told. Where a DICOM VR cannot hold it, nothing.
    Raises PolicyError where `char` is not one printable character.
    """
    char = str(site.params.get("char", "*"))
    if len(char) != 1 or not char.isprintable() or char == "\\":
        raise PolicyError("mask_same_length: `char` is one printable character, and not a backslash")
    return conform("\\".join(char * len(one) for one in values(value, site.vr)), site.vr)


@operator("Replace the value with four stars, whatever its length.")
def mask_fixed(value: str, site: Site) -> str:  # noqa: ARG001 - an operator's shape
    """Return `****`; in a DICOM element whose VR cannot hold it, nothing."""
    return conform(FIXED, site.vr)

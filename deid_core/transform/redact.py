"""Operators that keep a value whole or take it away whole."""

from __future__ import annotations

from deid_core.ports import Site, operator


@operator("Keep the value as it is.")
def keep(value: str, site: Site) -> str:  # noqa: ARG001 - an operator's shape
    """Return the value: for labels that the policy's rule lets stay."""
    return value


@operator("Remove the value and what held it: the cell, the element, the words.")
def remove(value: str, site: Site) -> None:
    """Return None, which tells the editor to remove."""


@operator("Replace the value with nothing, leaving its place empty.")
def redact(value: str, site: Site) -> str:  # noqa: ARG001 - an operator's shape
    """Return the empty text."""
    return ""

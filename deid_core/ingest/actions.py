"""Say which of PS3.15's action codes an element gets as it stands: by its tag, its creator, its type and its value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from pydicom.dataelem import DataElement

from deid_core.ingest.elements import text_of
from deid_core.ingest.representations import is_valid
from deid_core.standards.iod import UNKNOWN, type_of
from deid_core.standards.private_tags import fate_of, is_creator
from deid_core.standards.ps3_15 import NUMBER_VRS, TEMPORAL_VRS, TEXT_VRS, Code, action, temporal

SAFE_PRIVATE = "retain_safe_private"
STAYS = frozenset({"C", "K", "U"})
LONGEST_WORD = 4  # characters in a row that can be read: fewer occur in any bytes
_WORD = re.compile(rb"(?:[\x20-\x7e]\0?){%d,}" % LONGEST_WORD)
_LETTERS = re.compile(rb"[A-Za-z]")


def code_of(element: DataElement, options: Sequence[str], type_: str = UNKNOWN) -> Code:
    """Return the action code of an element as it is: what cannot be read, or is not what its VR says, is removed.

    `type_` is the attribute's type where it stands (`type_at`); it matters only between X, Z and D.
    """
    if element.tag.is_private:
        return _private(element, tuple(options))
    vr = str(element.VR)
    code = action(int(element.tag), vr, options, type_)
    if code not in STAYS:
        return code
    if vr == "UN" or (code == "U" and vr not in {"UI", "SQ"}):
        return "X"
    return code if _is_readable(element) else "X"


def type_at(sop_class: str, path: str) -> str:
    """Return the type of the attribute at a path of an object of that SOP class; "" where it is not known."""
    holder, _, tag = path.rpartition(".")
    sequence = int(holder.rpartition(".")[2][:8], 16) if holder else None
    return type_of(sop_class, int(tag, 16), sequence)


def _is_readable(element: DataElement) -> bool:
    vr = str(element.VR)
    return vr not in {"DS", "IS", "UI"} or is_valid(vr, text_of(element) or "")


def _private(element: DataElement, options: tuple[str, ...]) -> Code:
    """Return the code of a private attribute: one that nobody vouches for goes, with or without the option.

    A number or a code stays; text stays and is read by the text detectors; bytes stay where no word stands in them.
    """
    if SAFE_PRIVATE not in options:
        return "X"
    if element.tag.is_private_creator:
        return "K" if element.VR == "LO" and is_creator(str(element.value), int(element.tag)) else "X"
    fate = fate_of(str(element.private_creator or ""), int(element.tag))
    return _fated(element, fate, options) if fate and element.VR != "PN" and _is_readable(element) else "X"


def _fated(element: DataElement, fate: str, options: tuple[str, ...]) -> Code:
    """Return the code of a private attribute that somebody vouches for, by what it holds."""
    vr = str(element.VR)
    if vr in TEMPORAL_VRS:
        return temporal(options)
    if fate == "date":
        return "X"  # a date that is no date: text of any form, or seconds since some day
    if vr == "UI" or fate == "uid":
        return "U" if vr in {"UI", "SQ"} else "X"
    known = vr in TEXT_VRS or vr in NUMBER_VRS or vr == "SQ"
    return "K" if known or is_wordless(element.value) else "X"


def is_wordless(value: object) -> bool:
    """Say whether no word stands in bytes: no run of characters with a letter, one byte or two bytes each."""
    if not isinstance(value, bytes):
        return value is None
    return not any(
        _LETTERS.search(run) or len(run) > LONGEST_WORD * 2 for run in cast("list[bytes]", _WORD.findall(value))
    )

"""Read and write plain DICOM elements, most of any file, by a shorter way than pydicom's, with its very result.

Plain is an ASCII text of one value, a number, or numbers written as digits. All others are left to pydicom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from struct import Struct, pack
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Any, cast

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID
from pydicom.valuerep import IS, DSfloat

STRINGS = frozenset({"AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UT"})
SHORT_NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "UL": "I", "US": "H"}
DIGITS = frozenset({"DS", "IS"})
LONG_VRS = frozenset({"SQ", "UC", "UT"})
# the character set, the representation of samples, and the descriptors of tables: more depends on them
TOLD = frozenset({0x00080005, 0x00280103, 0x00281101, 0x00281102, 0x00281103, 0x00283002})
LONGEST_SHORT, UNDEFINED = 0xFFFF, 0xFFFFFFFF
# letters that are the same in every character set: without a backslash, which separates, a tilde, and escapes
_SAME = re.compile(rb"[ -\[\]-}]+\0?")
_NUMBERS = re.compile(rb"[-+0-9.eE\\]+ ?")
_WRITTEN = re.compile(r"[ -\[\]-}]*")
_READ = {
    (vr, little): Struct(("<" if little else ">") + code) for vr, code in SHORT_NUMBERS.items() for little in (0, 1)
}
Encoding = str | Sequence[str]


def converted(raw: RawDataElement) -> DataElement | None:
    """Return a plain element with its value, as pydicom converts it; None for any other."""
    vr, value, tag = raw.VR, raw.value, raw.tag
    if value is None or tag in TOLD:
        return None
    if not value:
        made: Any = "" if vr in STRINGS or vr == "UI" else None
    elif vr in STRINGS:
        made = value.decode("ascii").rstrip(" \0") if _SAME.fullmatch(value) else None
    elif vr == "UI":
        made = UID(value.decode("ascii").rstrip(" \0")) if _SAME.fullmatch(value) else None
    elif vr in DIGITS:
        made = _number(DSfloat if vr == "DS" else IS, value.decode("ascii")) if _NUMBERS.fullmatch(value) else None
    else:
        number = _READ.get((cast("str", vr), int(raw.is_little_endian)))
        made = number.unpack(value)[0] if number and number.size == len(value) else None
    if made is None:
        return None
    return DataElement(tag, cast("str", vr), made, raw.value_tell, already_converted=True)


def _number(kind: type[DSfloat | IS], text: str) -> Any:
    """Return a number that was written as digits, or several; None where one is none."""
    items = text.rstrip(" ").split("\\")
    with suppress(ValueError, TypeError, ArithmeticError):
        return kind(items[0]) if len(items) == 1 else MultiValue(kind, items)
    return None


def encoded(dataset: Dataset, *, implicit: bool, little: bool, above: Encoding = "iso8859") -> bytes:
    """Return the bytes of a dataset's elements, as pydicom writes them; `above` is the character set around an item."""
    # what is converted is looked at as it is
    held, parts = cast("dict[BaseTag, DataElement]", dataset._dict), []  # noqa: SLF001
    if any(type(element) is not DataElement or len(element.VR) != 2 for element in held.values()):
        buffer = _buffer(implicit, little)  # of other bytes than these, or of a representation that others decide
        write_dataset(buffer, dataset, above)  # type: ignore[arg-type] # a sequence does
        return buffer.getvalue()
    within = cast("Encoding", dataset.get("SpecificCharacterSet", above))
    for tag in sorted(held, key=int):
        if tag.element == 0 and tag.group > 6:
            continue
        element = held[tag]
        raw = None if element.is_undefined_length else _value(element, little)
        if raw is not None:
            parts += [_head(tag, element.VR, len(raw), implicit=implicit, little=little), raw]
        elif element.VR == "SQ" and element.value:
            parts.append(_sequence(element, within, implicit=implicit, little=little))
        else:
            buffer = _buffer(implicit, little)
            write_data_element(buffer, element, within)  # type: ignore[arg-type] # a sequence does
            parts.append(buffer.getvalue())
    return b"".join(parts)


def _buffer(implicit: bool, little: bool) -> DicomBytesIO:  # noqa: FBT001 - passed on
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    return buffer


def _head(tag: Any, vr: str, length: int, *, implicit: bool, little: bool) -> bytes:
    order = "<" if little else ">"
    if implicit:
        return pack(order + "HHI", tag >> 16, tag & 0xFFFF, length)
    if vr in LONG_VRS:
        return pack(order + "HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return pack(order + "HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), length)


def _value(element: DataElement, little: bool) -> bytes | None:  # noqa: FBT001 - for every element
    """Return the bytes of a plain element's value; None for any other."""
    vr, value = element.VR, element._value  # noqa: SLF001 - the property does more
    if vr in STRINGS or vr == "UI":
        text = value if isinstance(value, str) and _WRITTEN.fullmatch(value) else None
    elif vr in DIGITS:
        text = _digits(value)
    elif vr in SHORT_NUMBERS and type(value) in (int, float):
        try:
            return _READ[vr, int(little)].pack(value)
        except StructError:
            return None
    else:
        return None
    if text is None or (vr not in LONG_VRS and len(text) >= LONGEST_SHORT):
        return None
    if len(text) % 2:
        text += "\0" if vr == "UI" else " "
    return text.encode("ascii")


def _digits(value: Any) -> str | None:
    """Return a number, or numbers, as they were written; None where they were not read from a text."""
    if type(value) is MultiValue:
        texts = [_digits(one) for one in value._list]  # noqa: SLF001 - it copies
        return None if None in texts or not texts else "\\".join(cast("list[str]", texts))
    text = getattr(value, "original_string", None) if type(value) in (DSfloat, IS) else None
    return text if isinstance(text, str) and text.isascii() else None


def _sequence(element: DataElement, within: Encoding, *, implicit: bool, little: bool) -> bytes:
    order, parts = "<" if little else ">", []
    for item in element.value:
        inside = encoded(item, implicit=implicit, little=little, above=within)
        undefined = getattr(item, "is_undefined_length_sequence_item", False)
        parts += [pack(order + "HHI", 0xFFFE, 0xE000, UNDEFINED if undefined else len(inside)), inside]
        if undefined:
            parts.append(pack(order + "HHI", 0xFFFE, 0xE00D, 0))
    value = b"".join(parts)
    length = UNDEFINED if element.is_undefined_length else len(value)
    end = pack(order + "HHI", 0xFFFE, 0xE0DD, 0) if element.is_undefined_length else b""
    return _head(element.tag, "SQ", length, implicit=implicit, little=little) + value + end

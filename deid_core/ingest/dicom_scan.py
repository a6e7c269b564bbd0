"""Find the elements of a little-endian DICOM dataset in its bytes, without decoding any value.

What is not as expected raises `Unusual`: the caller then reads the file in the plain way, which judges it.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from deid_core.ingest.dicom_structure import LONG_VRS, UNDEFINED
from deid_core.standards.ps3_15 import dictionary_vr

HEAD, LONG = Struct("<HH2sH").unpack_from, Struct("<I").unpack_from
META_AT, META_LENGTH_AT = 144, 140  # after the group length, and its value: PS3.10 7.1
ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
DEEPEST = 40
# of what tells nothing of how the rest is read: no items, no fragments, nothing unknown
SIMPLE_VRS = frozenset(
    {b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"OB", b"OF", b"OW", b"PN", b"SH"}
    | {b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US", b"UT"}
)
SAMPLED_VRS = frozenset({b"FD", b"FL", b"OB", b"OF", b"OW", b"SL", b"SS", b"UL", b"US"})


class Unusual(Exception):
    """Say that a file is not of the plain kind that is spliced."""


class Place(NamedTuple):
    """Locate an element: its path as `TagPath` has it, its VR, and offsets of its first byte, its value and its end."""

    path: str
    tag: int
    vr: str
    start: int
    value: int
    end: int


def head(data: bytes, at: int, *, implicit: bool) -> tuple[int, str, int, int]:
    """Return (tag, VR, length, offset of the value) of the element at an offset; Unusual where it is cut off."""
    if at + 12 > len(data) and at + 8 != len(data):
        raise Unusual
    group, number, vr, length = HEAD(data, at)
    tag = group << 16 | number
    if implicit:
        return tag, dictionary_vr(tag), LONG(data, at + 4)[0], at + 8
    if not (vr.isalpha() and vr.isupper()):
        raise Unusual
    if vr in LONG_VRS:
        return tag, vr.decode(), LONG(data, at + 8)[0], at + 12
    return tag, vr.decode(), length, at + 8


def places(data: bytes, at: int, stop: int, *, implicit: bool, prefix: str = "") -> Iterator[Place]:
    """Yield the elements of bytes [at, stop), each sequence before what is in it."""
    while at < stop and data[at : at + 4] != ITEM_END:
        tag, vr, length, value = head(data, at, implicit=implicit)
        path = f"{prefix}{tag:08X}"
        end = skip(data, value, stop, implicit=implicit) if length == UNDEFINED else value + length
        if end > stop:
            raise Unusual
        yield Place(path, tag, vr, at, value, end)
        if vr == "SQ":
            for index, (_, start, until, _) in enumerate(items(data, value, end, implicit=implicit)):
                yield from places(data, start, until, implicit=implicit, prefix=f"{path}[{index}].")
        at = end


def without_private(data: bytes, at: int) -> bytes:
    """Return a file in explicit VR, its dataset from `at` on, without the private elements at the top that go unread.

    A text stays whose letters could say in which set of characters the others are; Unusual where the file is not plain.
    """
    kept, since, last, start = list[bytes](), 0, -1, at
    while at < len(data):
        group, number, vr, length = HEAD(data, at)
        tag, value = group << 16 | number, at + 8
        if tag <= last:
            if tag == 0 and not any(data[at:]):
                break
            raise Unusual
        if vr in LONG_VRS:
            length, value = LONG(data, at + 8)[0], at + 12
        elif not b"AA" <= vr <= b"ZZ":
            raise Unusual
        end = skip(data, value, len(data), implicit=False) if length == UNDEFINED else value + length
        if end > len(data):
            raise Unusual
        gone = group & 1 and vr in SIMPLE_VRS and length != UNDEFINED and at > start
        if gone and (vr in SAMPLED_VRS or ((text := data[value:end]).isascii() and b"\x1b" not in text)):
            kept.append(data[since:at])
            since = end
        at, last = end, tag
    return b"".join((*kept, data[since:])) if kept else data


def items(data: bytes, at: int, stop: int, *, implicit: bool) -> Iterator[tuple[int, int, int, bool]]:
    """Yield (offset, start, end, delimited) of the items of a sequence's value: start and end of what is in each."""
    while at < stop:
        if data[at : at + 4] == SEQUENCE_END:
            return
        if data[at : at + 4] != ITEM or at + 8 > stop:
            raise Unusual
        length = LONG(data, at + 4)[0]
        delimited = length == UNDEFINED
        end = item_end(data, at + 8, stop, implicit=implicit) if delimited else at + 8 + length
        if end > stop:
            raise Unusual
        yield at, at + 8, end, delimited
        at = end + 8 * delimited


def skip(data: bytes, at: int, stop: int, *, implicit: bool, depth: int = 0) -> int:
    """Return the offset after a sequence of undefined length, whose value begins at an offset."""
    while at + 8 <= stop:
        mark, length = data[at : at + 4], LONG(data, at + 4)[0]
        if mark == SEQUENCE_END:
            return at + 8
        if mark != ITEM:
            break
        undefined = length == UNDEFINED
        at = item_end(data, at + 8, stop, implicit=implicit, depth=depth + 1) + 8 if undefined else at + 8 + length
    raise Unusual


def item_end(data: bytes, at: int, stop: int, *, implicit: bool, depth: int = 0) -> int:
    """Return the offset of the delimiter that ends an item."""
    if depth > DEEPEST:
        raise Unusual
    while at + 8 <= stop:
        if data[at : at + 4] == ITEM_END:
            return at
        _, _, length, value = head(data, at, implicit=implicit)
        at = skip(data, value, stop, implicit=implicit, depth=depth) if length == UNDEFINED else value + length
    raise Unusual


def dataset_at(data: bytes) -> int:
    """Return where the dataset of a file with a preamble and file meta begins; Unusual for any other file."""
    if data[128:132] != b"DICM" or data[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
        raise Unusual
    at = META_AT + int(LONG(data, META_LENGTH_AT)[0])
    if at + 8 > len(data) or data[at : at + 2] == b"\x02\x00":
        raise Unusual
    return at

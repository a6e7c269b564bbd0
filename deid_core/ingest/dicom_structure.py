"""Check that DICOM bytes are whole before a lenient library reads them: every declared length and delimiter is there.

Follows PS3.5 7.1 (elements), 7.5 (sequences) and A.4 (fragments), and pydicom's reading of implicit VR inside explicit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

from deid_core.errors import LimitExceeded, MalformedAsset
from deid_core.ingest.pieces import PIECE, Mapped, let_go
from deid_core.standards.ps3_15 import dictionary_vr

MAX_DEPTH = 48  # real files nest a dozen levels; a hostile one exhausts the stack
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
FRAGMENT_VRS = frozenset({b"OB", b"OW"})
_HEAD = {True: Struct("<HHI"), False: Struct(">HHI")}
_SHORT = {True: Struct("<H"), False: Struct(">H")}
_LONG = {True: Struct("<I"), False: Struct(">I")}


@dataclass(frozen=True, slots=True)
class _Header:
    tag: int
    vr: bytes  # b"" where the encoding does not say
    length: int
    value_at: int


@dataclass(frozen=True, slots=True)
class Pixels:
    """Locate an element of pixel data at the top: offsets of its first byte, its value and its end."""

    tag: int
    vr: str
    start: int
    value: int
    end: int
    encapsulated: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """Walk the elements of one encoded dataset; `data` is all of it, `little` its byte order.

    `pixels` gathers the pixel data that a walk to the end met.
    """

    data: Mapped
    little: bool
    pixels: list[Pixels] = field(default_factory=list)

    def end(self, start: int, *, implicit: bool) -> int:
        """Return the offset after the last element; what follows are zeros that pad the file.

        Raises MalformedAsset where a length runs beyond the end or a delimiter is missing, LimitExceeded where
        sequences nest deeper than MAX_DEPTH.
        """
        return self._elements(start, len(self.data), implicit=implicit, delimited=False, depth=0)

    def after(self, at: int, *, implicit: bool) -> int:
        """Return the offset after the element at an offset; raises as `end`."""
        return self._value(
            self._header(at, len(self.data), implicit=implicit), len(self.data), implicit=implicit, depth=0
        )

    def is_implicit(self, start: int, *, assumed: bool, nested: bool) -> bool:
        """Say whether the dataset at an offset is in implicit VR, whatever was declared: its first element shows."""
        vr = self.data[start + 4 : start + 6]
        if len(vr) < 2 or (nested and assumed):
            return assumed
        return not all(0x40 < byte < 0x5B for byte in vr)

    def _elements(self, at: int, stop: int, *, implicit: bool, delimited: bool, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"sequences nest deeper than {MAX_DEPTH}")
        implicit = self.is_implicit(at, assumed=implicit, nested=depth > 0)
        while at < stop:
            if depth == 0 and self.data[at : at + 4] == b"\0\0\0\0" and not any(self.data[at:stop]):
                return at
            header = self._header(at, stop, implicit=implicit)
            if header.tag == ITEM_END and delimited:
                return header.value_at
            start, at = at, self._value(header, stop, implicit=implicit, depth=depth)
            if depth == 0 and header.tag in PIXEL_TAGS:
                vr, undefined = header.vr.decode(), header.length == UNDEFINED
                self.pixels.append(Pixels(header.tag, vr, start, header.value_at, at, undefined))
        if delimited:
            raise MalformedAsset("an item has no end")
        return at

    def _header(self, at: int, stop: int, *, implicit: bool) -> _Header:
        if at + 8 > stop:
            raise MalformedAsset("an element is cut off")
        group, number, length = _HEAD[self.little].unpack_from(self.data, at)
        tag = group << 16 | number
        vr = self.data[at + 4 : at + 6]
        if implicit or group == 0xFFFE or not b"AA" <= vr <= b"ZZ":
            return _Header(tag, b"", length, at + 8)
        if vr not in LONG_VRS:
            return _Header(tag, vr, _SHORT[self.little].unpack_from(self.data, at + 6)[0], at + 8)
        if at + 12 > stop:
            raise MalformedAsset("an element is cut off")
        return _Header(tag, vr, _LONG[self.little].unpack_from(self.data, at + 8)[0], at + 12)

    def _value(self, header: _Header, stop: int, *, implicit: bool, depth: int) -> int:
        """Return the offset after an element's value."""
        if header.tag == ITEM and depth == 0 and header.length != UNDEFINED and header.value_at + header.length <= stop:
            return header.value_at + header.length  # its sequence is not said: it is unknown, and goes as such
        if header.tag >> 16 == 0xFFFE:
            raise MalformedAsset("a delimiter stands where an element should")
        vr = header.vr or dictionary_vr(header.tag).encode()
        after = header.value_at + header.length
        if header.length != UNDEFINED:
            if after > stop:
                raise MalformedAsset("an element is longer than what holds it")
            if vr == b"SQ":
                self._sequence(header.value_at, after, implicit=implicit, delimited=False, depth=depth)
            return after
        if header.vr in FRAGMENT_VRS or vr.startswith((b"OB", b"OW")):
            return self._fragments(header.value_at, stop)
        return self._sequence(header.value_at, stop, implicit=implicit, delimited=True, depth=depth)

    def _sequence(self, at: int, stop: int, *, implicit: bool, delimited: bool, depth: int) -> int:
        while at < stop:
            header = self._header(at, stop, implicit=True)
            if header.tag == SEQUENCE_END:
                return header.value_at
            after = header.value_at + header.length
            if header.tag != ITEM or (header.length != UNDEFINED and after > stop):
                raise MalformedAsset("a sequence holds what is no whole item")
            whole = header.length != UNDEFINED
            end = after if whole else stop
            at = self._elements(header.value_at, end, implicit=implicit, delimited=not whole, depth=depth + 1)
        if delimited:
            raise MalformedAsset("a sequence has no end")
        return at

    def _fragments(self, at: int, stop: int) -> int:
        read = at
        while at < stop:
            if at - read > PIECE:
                let_go(self.data)
                read = at
            header = self._header(at, stop, implicit=True)
            if header.tag == SEQUENCE_END:
                return header.value_at
            at = header.value_at + header.length
            if header.tag != ITEM or at > stop:
                raise MalformedAsset("encapsulated pixel data hold what is no whole fragment")
        raise MalformedAsset("encapsulated pixel data have no end")

"""Image file directories, as TIFF 6.0 and Exif lay them out: what each entry holds, never beyond the bytes given."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from deid_core.errors import LimitExceeded, MalformedAsset

# bytes a value and its struct code, by field type (TIFF 6.0 section 2; 13 is Adobe's IFD type); ratios are two numbers
TYPES = {1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "I"), 5: (8, "II"), 6: (1, "b"), 7: (1, "s")}
TYPES |= {8: (2, "h"), 9: (4, "i"), 10: (8, "ii"), 11: (4, "f"), 12: (8, "d"), 13: (4, "I")}
ASCII, RATIOS, BYTES = 2, (5, 10), (1, 2, 6, 7)
ENTRY = 12
MAX_ENTRIES = 1_000  # real directories have some dozens
MOST_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one entry: its 12 bytes in `raw`; `start` and `size` of its value within `data`, which it does not copy."""

    tag: int
    kind: int
    count: int
    start: int
    size: int
    raw: bytes = field(repr=False)
    data: bytes = field(repr=False)
    order: str

    @property
    def is_whole(self) -> bool:
        """Say whether the value lies within the data."""
        return self.start + self.size <= len(self.data)

    def value(self, most: int = MOST_BYTES) -> bytes:
        """Return the first bytes of the value; many entries may point at the same ones."""
        return self.data[self.start : self.start + min(self.size, most)] if self.is_whole else b""

    def numbers(self, most: int = 64) -> list[float]:
        """Return the first values as numbers; ratios divided, 0 by 0 is 0."""
        size, code = TYPES.get(self.kind, (0, ""))
        value = self.value(most * size)
        if not value or code == "s":
            return [float(byte) for byte in value]
        values = struct.unpack(self.order + code * (len(value) // size), value)
        if self.kind in RATIOS:
            return [top / bottom if bottom else 0 for top, bottom in zip(values[::2], values[1::2], strict=True)]
        return list(values)

    def number(self) -> int:
        """Return the first value as a whole number; 0 where there is none."""
        return int(next(iter(self.numbers(1)), 0))


@dataclass(frozen=True, slots=True)
class Directory:
    """Hold the entries of a directory in order, and where the next one is (0: nowhere)."""

    entries: tuple[Entry, ...]
    following: int

    def number(self, tag: int, otherwise: int = 0) -> int:
        """Return the first value of a tag."""
        return next((entry.number() for entry in self.entries if entry.tag == tag), otherwise)


def byte_order(data: bytes) -> str:
    """Return struct's mark of a TIFF header's byte order; MalformedAsset without such a header."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4], "")
    if not order or len(data) < 8:
        raise MalformedAsset("not a TIFF header")
    return order


def first(data: bytes) -> int:
    """Return where the first directory is."""
    return int(struct.unpack_from(byte_order(data) + "I", data, 4)[0])


def directory(data: bytes, at: int) -> Directory:
    """Read the directory at an offset; raise MalformedAsset where it is not whole, LimitExceeded above MAX_ENTRIES."""
    order = byte_order(data)
    if at < 8 or at + 2 > len(data):
        raise MalformedAsset("a directory lies beyond the end")
    (count,) = struct.unpack_from(order + "H", data, at)
    end = at + 2 + ENTRY * count
    if count > MAX_ENTRIES:
        raise LimitExceeded("a directory of too many entries")
    if end > len(data):
        raise MalformedAsset("a directory breaks off")
    entries = tuple(_entry(data, order, start) for start in range(at + 2, end, ENTRY))
    following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    return Directory(entries, int(following))


def _entry(data: bytes, order: str, at: int) -> Entry:
    tag, kind, count = struct.unpack_from(order + "HHI", data, at)
    size = TYPES.get(kind, (0, ""))[0] * count
    start = at + 8 if size <= 4 else int(struct.unpack_from(order + "I", data, at + 8)[0])
    return Entry(tag, kind, count, start, size, data[at : at + ENTRY], data, order)

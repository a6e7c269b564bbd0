"""Sort what a pass over a DICOM header left open: the base that files have in common, named values, and other texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from deid_core.ingest.dicom_recipe import Mode, Pass
from deid_core.ingest.dicom_scan import Unusual
from deid_core.ingest.dicom_structure import LONG_VRS
from deid_core.splice_modes import BASE, EXACT, Named
from deid_core.standards.ps3_15 import dictionary_vr

# one value in letters that are the same in every character set, without a space before it
PLAIN = re.compile(rb"(?:[!-\[\]-}](?:[ -\[\]-}]*[!-\[\]-}])?)? *")
UNSURE_END = (b"^", b"=")  # of a name: empty components
TEXTS = frozenset({"CS", "LO", "LT", "SH", "ST", "UC", "UT"})
# codes, their schemes and versions: one says what the other may be
CODES = frozenset({0x00080100, 0x00080102, 0x00080103, 0x00080119, 0x00080120})
# the bytes of a text, or of what else is at the top; of what else is in a sequence the sequence's tag, and of each how
# many items begin or end before it, and its bytes
Key = bytes | tuple[Any, ...]


_new = tuple.__new__  # of a named tuple's own, a third of the time: there are a hundred to a file


class Element(NamedTuple):
    """Locate an element that is looked up: its offsets, and its mode."""

    start: int
    end: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Sorted:
    """Hold the places, among all that are looked up, of the base's elements, of named ones, and of units by key."""

    key: bytes
    elements: list[Element]
    base: list[int]
    named: list[int]
    units: list[tuple[Key, list[int]]]


def sorted_of(done: Pass, common: bytes) -> Sorted:
    """Sort what a pass left open; texts are units by themselves, what else stands in one sequence is one unit."""
    held, base, named = list[Element](), list[int](), list[int]()
    units, told = list[tuple[Key, list[int]]](), [common, b"pixels" if done.pixels else b""]
    of_sequence: dict[int, int] = {}  # the number of a sequence's unit
    for hole in done.looked_up:
        under, first, run = hole.under, hole.start, hole.run
        data = run.data if run else done.data[first : hole.end]
        for start, end, mode in run.blanks if run else ((0, len(data), hole.mode or EXACT),):
            index, raw, payload = len(held), data[start:end], mode.payload
            held.append(_new(Element, (first + start, first + end, mode)))
            if payload.__class__ is Named:
                named.append(index)
            elif payload == BASE:
                base.append(index)
                told.append(raw)
            elif not under or is_alone(raw[:4]):
                units.append((raw, [index]))
            elif (number := of_sequence.setdefault(under, len(units))) < len(units):
                units[number] = (*units[number][0], hole.marker, raw), [*units[number][1], index]
            else:
                units.append(((under, hole.marker, raw), [index]))
    return Sorted(blake2b(b"\0\xff".join(told), digest_size=32).digest(), held, base, named, units)


@lru_cache(maxsize=4096)
def is_alone(name: bytes) -> bool:
    """Say whether a tag's bytes are a public text's that can be read without what stands beside it: no code's."""
    tag = int.from_bytes(name[:2], "little") << 16 | int.from_bytes(name[2:], "little")
    return not tag >> 16 & 1 and tag not in CODES and dictionary_vr(tag) in TEXTS


def text_of_named(done: Pass, element: Element) -> str:
    """Return the text of a named element; Unusual where it is not plainly written."""
    long = not done.implicit and element.mode.vr.encode() in LONG_VRS
    raw = done.data[element.start + (12 if long else 8) : element.end]
    if not (raw or element.mode.payload.always):
        raise Unusual
    if PLAIN.fullmatch(raw) is None or (element.mode.vr == "PN" and (b"=" in raw or raw.rstrip().endswith(UNSURE_END))):
        raise Unusual
    return raw.decode("ascii").rstrip(" ")

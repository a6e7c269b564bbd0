"""What is read of a DICOM file before its elements are gone over: how it is encoded, and whose it most likely is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from struct import pack

from deid_core.detect.dicom_tags import NUMBER, telling
from deid_core.ingest.dicom_recipe import Pass
from deid_core.ingest.dicom_scan import META_AT, Unusual, dataset_at

IMPLICIT = b"1.2.840.10008.1.2\0"
NO_SPLICE = (b"1.2.840.10008.1.2.2\0", b"1.2.840.10008.1.2.1.99")  # big endian, deflated
# the file meta elements of the transfer syntax, the SOP class and the SOP instance
SYNTAX, CLASS, INSTANCE = (bytes((2, 0, number, 0)) + b"UI" for number in (0x10, 2, 3))
# the tags of the Series Instance UID, and of a maker's name and model, and how far they are looked for
SERIES, MAKER, FAR = b"\x20\x00\x0e\x00", (b"\x08\x00\x70\x00", b"\x08\x00\x90\x10"), 1 << 15
OWN_NUMBER = re.compile(NUMBER.pattern.encode())


def encoding(data: bytes, at: int) -> tuple[bool, bytes]:
    """Say whether a file's dataset is in implicit VR, and name its transfer syntax and SOP class, by its file meta."""
    syntax = _meta_value(data, SYNTAX, at)
    if syntax in NO_SPLICE:
        raise Unusual
    return syntax == IMPLICIT, syntax + b" " + _meta_value(data, CLASS, at)


def near(data: bytes, at: int, tag: bytes, *, implicit: bool) -> bytes:
    """Return what is most likely the element of a tag: the Series Instance UID's, whose files have much in common."""
    start = data.find(tag, at, at + FAR)
    said = start + (4 if implicit else 6)
    return data[start : start + 8 + int.from_bytes(data[said : said + 2], "little")] if start > 0 else b""


def holds_number(done: Pass, output: bytes, tags: Sequence[bytes]) -> bool:
    """Say whether a long number of the patient, or of the study, stands somewhere in an output's header: in a count.

    `tags` are those of such numbers, as `own_tags` gives them.
    """
    at = dataset_at(done.data)
    own = {one for tag in tags for one in _numbers_in(near(done.data, at, tag, implicit=done.implicit)[8:])}
    samples = done.pixels.end - done.pixels.value if done.pixels else 0
    return any(output.find(number, META_AT, len(output) - samples) >= 0 for number in own)


@lru_cache(maxsize=256)
def _numbers_in(value: bytes) -> tuple[bytes, ...]:
    return tuple(OWN_NUMBER.findall(value))


def own_tags(options: Sequence[str]) -> tuple[bytes, ...]:
    """Return the tags, as they are written, of the numbers and dates that are the patient's and the study's own."""
    return tuple(pack("<HH", tag >> 16, tag & 0xFFFF) for tag in telling(options))


def _meta_value(data: bytes, name: bytes, at: int) -> bytes:
    start = data.find(name, META_AT, at)
    if start < 0:
        raise Unusual
    return data[start + 8 : start + 8 + int.from_bytes(data[start + 6 : start + 8], "little")]

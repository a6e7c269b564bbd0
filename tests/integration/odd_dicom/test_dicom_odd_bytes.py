"""Bytes that no library writes, made to hide a patient: no name, number or date of theirs is left in them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

FAMILY, MRN, ACCESSION = "Quarrington", "MX7391846", "ACN5520187"
Written = Callable[[Any], bytes]
WRITTEN: dict[str, Written] = {}


def raw(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return the bytes of an element in explicit VR, its length as it is."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    long = vr in {b"UN", b"OB", b"UT", b"SQ", b"OW", b"UR", b"UC"}
    return head + (struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))) + value


def spliced_in(odd: Any, tag: int, element: bytes) -> bytes:
    """Return a file with an element's bytes put before the first element of a higher tag."""
    data = odd.a_file()
    at = 144 + int.from_bytes(data[140:144], "little")
    while at < len(data):
        group, number, vr, length = struct.unpack_from("<HH2sH", data, at)
        if (group << 16 | number) > tag:
            break
        at += 8 + length if vr not in {b"SQ", b"UN", b"OB"} else 12 + struct.unpack_from("<I", data, at + 8)[0]
    return data[:at] + element + data[at:]


def written(make: Written) -> Written:
    """Register a case that makes its file's bytes, by its name."""
    WRITTEN[make.__name__] = make
    return make


@written
def unknown_that_holds_items(odd: Any) -> bytes:
    """Plant a sequence in implicit VR inside UN, as a gateway that did not know it writes it."""
    inner = struct.pack("<HHI", 0x0040, 0x0007, 20) + f"CHEST {FAMILY}".ljust(20).encode()
    inner += struct.pack("<HHI", 0x0010, 0x0010, len(FAMILY) + 1) + f"{FAMILY} ".encode()
    held = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    return spliced_in(odd, 0x00400275, raw(0x00400275, b"UN", held))


@written
def unknown_of_undefined_length(odd: Any) -> bytes:
    """Plant the same items with delimiters instead of lengths."""
    inner = struct.pack("<HHI", 0x0010, 0x0010, len(FAMILY) + 1) + f"{FAMILY} ".encode()
    held = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + inner + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    head = struct.pack("<HH2sHI", 0x0040, 0x0275, b"UN", 0, 0xFFFFFFFF)
    return spliced_in(odd, 0x00400275, head + held + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))


@written
def odd_lengths(odd: Any) -> bytes:
    """Plant elements of odd length, a name among them."""
    return spliced_in(odd, 0x00104000, raw(0x00104000, b"LT", f"{FAMILY} x".encode()))


@written
def the_name_twice(odd: Any) -> bytes:
    """Plant a second element of the same tag with another spelling, and a description that tells it."""
    data = spliced_in(odd, 0x00100010, raw(0x00100010, b"PN", f"{FAMILY.upper()}^E ".encode()))
    return data.replace(b"CT CHEST", f"CT {FAMILY}"[:8].encode())


@written
def elements_out_of_order(odd: Any) -> bytes:
    """Plant a comment with the name after all others."""
    return odd.a_file() + raw(0x00204000, b"LT", f"{FAMILY} {MRN}".ljust(22).encode())


@written
def a_group_length_that_lies(odd: Any) -> bytes:
    """Plant a group length with letters of the name in it."""
    return spliced_in(odd, 0x00100000, raw(0x00100000, b"UL", FAMILY[:4].encode()))


@written
def utf8_called_latin(odd: Any) -> bytes:
    """Plant a name in UTF-8 in a file that says Latin-1."""
    name = "Quarringtön^Zoë".encode()
    data = odd.a_file(PatientName="A" * len(name), StudyDescription="CT " + "B" * len("Quarringtön".encode()))
    return data.replace(b"A" * len(name), name).replace(b"B" * len("Quarringtön".encode()), "Quarringtön".encode())


@written
def latin_called_utf8(odd: Any) -> bytes:
    """Plant a name in Latin-1 in a file that says UTF-8."""
    name = "Quarringtön^Zoë ".encode("latin-1")
    data = odd.a_file(SpecificCharacterSet="ISO_IR 192", PatientName="A" * len(name), StudyDescription="CT " + "B" * 11)
    return data.replace(b"A" * len(name), name).replace(b"B" * 11, "Quarringtön".encode("latin-1"))


@written
def a_character_set_that_nobody_defined(odd: Any) -> bytes:
    """Plant a made-up character set."""
    return odd.a_file(SpecificCharacterSet="ISO_IR 999", ImageComments=f"of {FAMILY}")


@written
def text_called_numbers(odd: Any) -> bytes:
    """Plant the name in elements that say they hold numbers, times or coded strings."""
    data = spliced_in(odd, 0x00180050, raw(0x00180050, b"DS", f"{FAMILY} ".encode()))
    return data.replace(b"TM\x0e\x00101533.123456 ", b"TM\x0e\x00" + f"{FAMILY}   ".encode()[:14])


@written
def trailing_bytes(odd: Any) -> bytes:
    """Plant a preamble and padding that name the patient."""
    data = odd.a_file()
    padding = raw(0xFFFCFFFC, b"OB", f"{FAMILY} {MRN} {ACCESSION}".ljust(64).encode())
    return f"{FAMILY} {MRN}".encode().ljust(128, b"\0") + data[128:] + padding


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_of_the_patient_is_left_of_odd_bytes(name: str, odd: Any) -> None:
    """Each way of hiding the patient that no library writes; none of these need be set aside."""
    found = odd.outputs(WRITTEN[name](odd))
    assert len(found) == 3
    assert [odd.sought(output) for output in found] == [[], [], []]


def test_what_is_looked_for_is_there_in_odd_bytes(odd: Any) -> None:
    """The files as they are hold the patient's name, or its first letters, and the search knows its values."""
    begins = (FAMILY, "Quarringt", FAMILY[:4])
    assert all(any(secret.encode() in make(odd) for secret in begins) for make in WRITTEN.values())
    assert {FAMILY, MRN, ACCESSION} <= {*odd.secrets}

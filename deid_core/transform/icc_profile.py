"""Strip a colour profile of all that is not colour: ICC.1:2022 (profile version 4.4), clauses 7 to 10."""

from __future__ import annotations

from struct import pack, unpack_from

HEADER, ENTRY, MOST_TAGS = 128, 12, 100
# Types that hold numbers only; any other (text, descriptions, dates, names of colours) is emptied.
NUMBERS = frozenset(
    {
        b"XYZ ",
        b"curv",
        b"para",
        b"mft1",
        b"mft2",
        b"mAB ",
        b"mBA ",
        b"mpet",
        b"sf32",
        b"uf32",
        b"ui08",
        b"ui16",
        b"chrm",
    }
)
CREATED = slice(24, 36)
MAKER = slice(48, 56)  # manufacturer and model of the device
CREATOR_AND_ID = slice(80, 100)


def colours_only(profile: bytes) -> bytes | None:
    """Return the profile with its header, table and numbers in their places and zeros elsewhere; None if it is none.

    Its date becomes 1 January 2000; device, creator and profile ID become zeros, which stand for none.
    """
    if len(profile) < HEADER + 4 or profile[36:40] != b"acsp":
        return None
    size, count = unpack_from(">I", profile)[0], unpack_from(">I", profile, HEADER)[0]
    table_end = HEADER + 4 + count * ENTRY
    if not table_end <= size <= len(profile) or count > MOST_TAGS:
        return None
    made = bytearray(size)
    made[:table_end] = profile[:table_end]
    made[CREATED], made[MAKER], made[CREATOR_AND_ID] = pack(">6H", 2000, 1, 1, 0, 0, 0), bytes(8), bytes(20)
    made[100:HEADER] = bytes(HEADER - 100)
    for index in range(count):
        offset, length = unpack_from(">II", profile, HEADER + 4 + index * ENTRY + 4)
        if offset < table_end or offset + length > size or length < 8:  # its type and four zeros
            return None
        kept = length if profile[offset : offset + 4] in NUMBERS else 4
        made[offset : offset + kept] = profile[offset : offset + kept]
    return bytes(made) + bytes(size % 2)

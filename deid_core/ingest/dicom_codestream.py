"""Drop what is no picture from compressed frames: comments, application segments and bytes after the end.

JPEG and JPEG-LS: ITU-T T.81 B.1.1.3 and T.87 C; JPEG 2000: T.800 A.9.2 (COM). Other codestreams are left as they are.
"""

from __future__ import annotations

JPEG_START, J2K_START, END = b"\xff\xd8", b"\xff\x4f", b"\xff\xd9"
SCAN, TILE, COMMENT, J2K_COMMENT = 0xDA, 0x90, 0xFE, 0x64
JFIF, JFIF_WITHOUT_THUMBNAIL = 0xE0, 16
APPLICATION = range(0xE0, 0xF0)
COLOUR = frozenset({0xE8, 0xEE})  # SPIFF and Adobe: they say which colours the components are


def bare(frame: bytes) -> bytes:
    """Return a frame's codestream, padded to even length, without comments, metadata and what follows its end."""
    jpeg = frame.startswith(JPEG_START)
    if not jpeg and not frame.startswith(J2K_START):
        return frame
    header, rest = _segments(frame, SCAN if jpeg else TILE)
    end = rest.rfind(END)
    whole = header + (rest if end < 0 else rest[: end + 2])
    return whole + b"\0" * (len(whole) % 2)


def _segments(frame: bytes, last: int) -> tuple[bytes, bytes]:
    """Return the header's segments that say how to decode, and all from marker `last` on; (empty, all) if broken."""
    kept, at = bytearray(frame[:2]), 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker, length = frame[at + 1], int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker == last:
            return bytes(kept), frame[at:]
        if marker == 0xFF:
            at += 1
            continue
        if not _is_metadata(marker, length, jpeg=last == SCAN):
            kept += frame[at : at + 2 + length]
        at += 2 + length
    return b"", frame


def _is_metadata(marker: int, length: int, *, jpeg: bool) -> bool:
    if not jpeg:
        return marker == J2K_COMMENT
    if marker == JFIF:
        return length > JFIF_WITHOUT_THUMBNAIL
    return marker == COMMENT or (marker in APPLICATION and marker not in COLOUR)

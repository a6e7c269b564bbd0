"""Drop what is no picture from compressed frames: comments, application segments and bytes after the end.

JPEG and JPEG-LS: ITU-T T.81 B.1.1.3 and T.87 C; JPEG 2000: T.800 A.4 and A.9.2 (COM). Others are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

JPEG_START, J2K_START, END = b"\xff\xd8", b"\xff\x4f", b"\xff\xd9"
SCAN, TILE, TILE_DATA, COMMENT, J2K_COMMENT = 0xDA, 0x90, 0x93, 0xFE, 0x64
JFIF, JFIF_WITHOUT_THUMBNAIL = 0xE0, 16
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
J2K_SIZE, SIDES = b"\xff\x4f\xff\x51", (0, 4, 8, 12)  # its start and that of its sizes; Xsiz, Ysiz, XOsiz, YOsiz
APPLICATION = range(0xE0, 0xF0)
COLOUR = frozenset({0xE8, 0xEE})  # SPIFF and Adobe: they say which colours the components are
AFTER_SCAN = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # a marker among entropy-coded bytes, but for restarts
# comments in which an encoder names itself and its version, and nothing else
ENCODERS = re.compile(
    rb"(?:\x00\x01)?(?:Kakadu-v?#|OpenJPH Ver #\.|Created by (?:GDCM/)?OpenJPEG version #|Created by: JasPer Version #"
    rb"|MITRA_DICOM_STANDARD|Intel\(R\) JPEG Library, version \[#\]|LEAD Technologies Inc\. V#"
    rb"|CREATOR: gd-jpeg v# \(using IJG JPEG v\d{2}\), quality = \d{1,3}|Lavc ?#)[\x00\n]?".replace(
        b"#", rb"\d{1,2}(?:\.\d{1,4}){0,3}"
    )
)


def bare(frame: bytes) -> bytes:
    """Return a frame's codestream, of even length, without comments, metadata and what follows its end.

    One byte that pads it stays, and so does a comment in which an encoder names itself: most frames keep every byte.
    """
    jpeg = frame.startswith(JPEG_START)
    if not jpeg and not frame.startswith(J2K_START):
        return frame
    header, rest = _segments(frame, SCAN if jpeg else TILE)
    end = _scans_end(rest) if jpeg else _tiles_end(rest)
    pieces = _scans(rest[:end]) if jpeg else _tiles(rest[:end])
    whole = header + b"".join(pieces) + (rest[end:] if len(rest) - end < 2 else b"")
    return whole + b"\0" * (len(whole) % 2)


def extent(frame: bytes) -> tuple[int, int] | None:
    """Return the rows and columns that a codestream itself says it has; None of what is none of these, or says none.

    JPEG and JPEG-LS: T.81 B.2.2 and T.87 C.2.2; JPEG 2000: T.800 A.5.1.
    """
    at = frame.find(J2K_SIZE)
    if at >= 0 and not frame.startswith(JPEG_START):  # some lie in a JP2 file
        right, bottom, left, top = (int.from_bytes(frame[at + 8 + step : at + 12 + step], "big") for step in SIDES)
        return bottom - top, right - left
    at = 2
    while frame.startswith(JPEG_START) and at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker in FRAME_HEADERS:
            return int.from_bytes(frame[at + 5 : at + 7], "big"), int.from_bytes(frame[at + 7 : at + 9], "big")
        if marker == SCAN:
            return None
        at += 1 if marker == 0xFF else 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None


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
        if not _tells(frame, at, length, jpeg=last == SCAN):
            kept += frame[at : at + 2 + length]
        at += 2 + length
    return b"", frame


def _tells(frame: bytes, at: int, length: int, *, jpeg: bool) -> bool:
    """Say whether the segment at an offset is metadata that could tell something."""
    marker = frame[at + 1]
    if marker == (COMMENT if jpeg else J2K_COMMENT):
        return ENCODERS.fullmatch(frame, at + 4, at + 2 + length) is None
    if not jpeg:
        return False
    if marker == JFIF:
        return length > JFIF_WITHOUT_THUMBNAIL
    return marker in APPLICATION and marker not in COLOUR


def _parts(rest: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, marker) of a JPEG's segments from its first scan on, entropy-coded bytes with their scan."""
    at = 0
    while at + 2 <= len(rest) and rest[at] == 0xFF:
        marker, end = rest[at + 1], at + 2
        if marker != END[1]:
            end += int.from_bytes(rest[at + 2 : at + 4], "big")
        if marker == SCAN:
            found = AFTER_SCAN.search(rest, end)
            end = found.start() if found else len(rest)
        yield at, end, marker
        if marker == END[1]:
            return
        at = end


def _scans_end(rest: bytes) -> int:
    """Return the offset after a JPEG's end marker; all of it where there is none."""
    return next((end for _, end, marker in _parts(rest) if marker == END[1]), len(rest))


def _scans(rest: bytes) -> Iterator[bytes]:
    """Yield a JPEG's scans and what stands between them, without metadata."""
    reached = 0
    for start, end, marker in _parts(rest):
        if marker == SCAN or not _tells(rest, start, end - start - 2, jpeg=True):
            yield rest[start:end]
        reached = end
    yield rest[reached:]


def _tile_parts(rest: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of a JPEG 2000's tile-parts, as far as their lengths hold."""
    at = 0
    while at + 12 <= len(rest) and rest[at : at + 2] == b"\xff\x90":
        length = int.from_bytes(rest[at + 6 : at + 10], "big")
        end = at + length if length else max(rest.rfind(END), at)
        if end <= at or end > len(rest):
            return
        yield at, end
        at = end


def _tiles_end(rest: bytes) -> int:
    """Return the offset after a JPEG 2000's end marker, wherever its tile-parts lead; all of it where it is cut off."""
    at = max((end for _, end in _tile_parts(rest)), default=0)
    if rest[at : at + 2] == END:
        return at + 2
    found = rest.rfind(END)
    return found + 2 if found >= 0 else len(rest)


def _tiles(rest: bytes) -> Iterator[bytes]:
    """Yield a JPEG 2000's tile-parts, comments in their headers blanked so that no length changes."""
    reached = 0
    for start, end in _tile_parts(rest):
        part, at = bytearray(rest[start:end]), 12
        while at + 4 <= len(part) and part[at] == 0xFF and part[at + 1] != TILE_DATA:
            length = int.from_bytes(part[at + 2 : at + 4], "big")
            if _tells(bytes(part[at : at + 2 + length]), 0, length, jpeg=False):
                part[at + 6 : at + 2 + length] = bytes(max(length - 4, 0))
            at += 2 + length
        yield bytes(part)
        reached = end
    yield rest[reached:]

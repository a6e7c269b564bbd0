"""Text that carries something else: a picture written in letters, or a file in base64. No detector sees into it.

An e-mail with an attachment, a page with pictures in it, a record with a document: what is in there may name anybody.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import UnsupportedFormat
from deid_core.ingest.pieces import Mapped

HEAD = 4096  # bytes in which a text says that it is a picture
STARTS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:"
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE\s+svg[^>]*>\s*)*<(?:\w+:)?svg[\s>]"  # SVG
    rb"|P[1-3]\s+(?:#[^\n]*\n\s*)*\d+\s+\d+\s"  # portable bitmaps in plain form
    rb"|/\* XPM \*/|#define\s+\w+_width\s+\d+"  # X11's
    rb"|%!PS|\{\\rtf)",  # PostScript, Rich Text
    re.DOTALL,
)
SAYS = (
    re.compile(rb"data:(?:image|application|audio|video|font)/[\w.+-]{1,80}[;,]"),  # RFC 2397
    re.compile(rb"(?i:content-transfer-encoding:\s*(?:base64|x-uuencode))"),  # RFC 2045
    re.compile(rb"(?m:^begin(?:-base64)? [0-7]{3} \S+\r?$)"),
)
HINTS = b"data:", b"ransfer-", b"RANSFER-", b"begin "  # what one of these stands in has one of them
LONG, LINE, LINES = 180, 60, 3  # letters of base64 in a row, or in so many lines of so many each
STEP = 1 << 24  # bytes that are looked at together
SHARED = 1024  # and again, so that no run is cut
BASE64 = np.zeros(256, np.bool_)
BASE64[np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)] = True
MIXED = re.compile(rb"(?=[^\d]*\d)(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])", re.DOTALL)
MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16


def check(data: Mapped) -> None:
    """Raise UnsupportedFormat for a text that is a picture, or carries a file in another coding."""
    if data[:2] in MARKS:
        data = data[:].replace(b"\0", b"")  # letters of ASCII are what is looked for
    if STARTS.match(data[:HEAD]):
        raise UnsupportedFormat("a picture or a document that is written as text")
    if any(data.find(hint) >= 0 for hint in HINTS) and any(said.search(data) for said in SAYS):
        raise UnsupportedFormat("a text that carries a file")
    for start in range(0, len(data), STEP):
        if _has_base64(bytes(data[start : start + STEP + SHARED])):
            raise UnsupportedFormat("a text that carries something in another coding")


def _has_base64(piece: bytes) -> bool:
    """Say whether letters of base64, capitals, small ones and digits, stand in a long row or in several lines."""
    samples = np.frombuffer(piece, np.uint8)
    others = np.flatnonzero(~BASE64[samples])
    edges = np.concatenate(([-1], others, [len(samples)]))
    runs = np.diff(edges) - 1
    long = runs >= LINE
    if not long.any():
        return False
    starts, sizes = edges[:-1][long] + 1, runs[long]
    return any(MIXED.match(piece[at : at + size]) for at, size in _rows(starts, sizes))


def _rows(starts: NDArray[np.intp], sizes: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return the long runs, and the last of as many lines in a row as make a block: (start, size)."""
    found, block, before = [], 0, -1
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        block = block + 1 if start - before <= 2 else 1
        if size >= LONG or block >= LINES:
            found.append((start, size))
        before = start + size
    return found

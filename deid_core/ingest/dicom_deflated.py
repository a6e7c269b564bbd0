"""Inflate and deflate the dataset of a DICOM file a piece at a time: PS3.5 A.5."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from deid_core.errors import LimitExceeded, MalformedAsset
from deid_core.ingest.pieces import PIECE, Buffer, Mapped, laid_out, let_go

MAX_INFLATED, MAX_HELD = 1 << 32, 1 << 30  # bytes in a file, and in memory
MAPPED_FROM = 64 << 20  # bytes inflated that are not held in memory


def inflated(data: Mapped, at: int) -> Mapped:
    """Return what the bytes from an offset on inflate to: much of it is mapped, where a file is lent for it.

    Raises LimitExceeded for more than MAX_INFLATED bytes, or MAX_HELD in memory; MalformedAsset where the stream is
    cut off.
    """
    held, size, pieces = list[bytes](), 0, _limited(_inflated(data, at), MAX_INFLATED)
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= MAPPED_FROM:
            break
    else:
        return b"".join(held)
    return laid_out(held, pieces) or b"".join(_limited(chain(held, pieces), MAX_HELD))


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise LimitExceeded(f"the dataset inflates to more than {limit >> 20} MiB")
        yield piece


def _inflated(data: Mapped, at: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(at, len(data), PIECE):
        left = data[start : start + PIECE]
        let_go(data)
        while left and not inflater.eof:
            yield inflater.decompress(left, PIECE)
            left = inflater.unconsumed_tail
    while piece := inflater.decompress(inflater.unconsumed_tail, PIECE):
        yield piece
    if not inflater.eof:
        raise MalformedAsset("the deflated dataset is cut off")


def deflated(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """Yield pieces deflated, and a byte that makes their length even."""
    compressor, length = zlib.compressobj(wbits=-zlib.MAX_WBITS), 0
    for piece in pieces:
        made = compressor.compress(piece)
        length += len(made)
        yield made
    end = compressor.flush()
    yield end + b"\0" * ((length + len(end)) % 2)

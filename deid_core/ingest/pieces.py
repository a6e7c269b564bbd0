"""Bytes too many to hold: a mapped file is gone over a piece at a time, and an output is made of pieces."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from io import BufferedIOBase
from typing import IO

PIECE = 8 << 20  # bytes; a multiple of every size of a sample
Buffer = bytes | memoryview
Mapped = bytes | mmap.mmap  # a file's bytes, in memory or where the file lies


@dataclass(frozen=True, slots=True)
class Pieces:
    """Hold an output as what makes its pieces, anew each time that it is gone over."""

    make: Callable[[], Iterator[Buffer]] = field(repr=False)

    def __iter__(self) -> Iterator[Buffer]:
        """Make the pieces, one at a time."""
        return self.make()


class View(BufferedIOBase):
    """Read bytes that are not copied as a file: what pydicom takes for fragments that it should not copy either."""

    def __init__(self, held: memoryview) -> None:
        """Stand at the start of a view."""
        self.held, self._at, self._let_go_at = held, 0, 0

    def __len__(self) -> int:
        """Count the bytes."""
        return len(self.held)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the offset."""
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an offset from the start, from here or from the end; ValueError before the start."""
        at = offset + (0, self._at, len(self))[whence]
        if at < 0:
            raise ValueError("before the start")
        self._at = at
        return at

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, all of them by default."""
        start, self._at = self._at, len(self) if size is None or size < 0 else min(self._at + size, len(self))
        if abs(start - self._let_go_at) > PIECE:
            let_go(self)
            self._let_go_at = start
        return bytes(self.held[start : self._at])


_lent: list[Callable[[], IO[bytes]]] = []


def lend(scratch: Callable[[], IO[bytes]]) -> None:
    """Let what is too much to hold lie in files without a name that `scratch` opens: the core opens none itself."""
    _lent[:] = [scratch]


def laid_out(held: list[bytes], left: Iterator[bytes]) -> mmap.mmap | None:
    """Return bytes where a file lies into which they were written, and forget those held; None where none is lent."""
    if not _lent:
        return None
    with _lent[0]() as file:
        file.writelines(held)
        held.clear()
        file.writelines(left)
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def pieces_of(data: Buffer | mmap.mmap | Pieces) -> Iterator[Buffer]:
    """Yield bytes a piece at a time, letting go of what was read of a mapped file."""
    if isinstance(data, Pieces):
        yield from data
        return
    view = memoryview(data)
    for at in range(0, len(view), PIECE):
        yield view[at : at + PIECE]
        let_go(view)


def digest(data: Buffer | mmap.mmap | Pieces) -> str:
    """Return the SHA-256 of bytes, in hex."""
    hashed = sha256()
    for piece in pieces_of(data):
        hashed.update(piece)
    return hashed.hexdigest()


def let_go(view: object) -> None:
    """Give back the memory that reading a mapped file, or a view of one, took; it is still there to be read."""
    view = view.held if isinstance(view, View) else view
    held = view.obj if isinstance(view, memoryview) else view
    if isinstance(held, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)

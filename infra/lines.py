"""A source whose large JSON Lines are read a piece at a time, so that memory does not grow with a file.

A piece is an asset of its own: whole lines, planned, released and verified by itself. Rows of a large table are a piece
too for who has the table's layout, which the piece does not hold: they are named and read alike, and not listed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath

from deid_core.errors import LimitExceeded, Quarantine
from deid_core.ingest import media_type
from deid_core.ingest.pieces import Mapped, pieces_of
from deid_core.ingest.tables import Cut, cut
from infra.objects import Content, ObjectInfo, ObjectStore

CUT_FROM, CUT_FROM_ROWS = 16 * 2**20, 8192  # bytes of a file that is cut, or rows of the length of the first
PIECE = 4 * 2**20  # bytes of a piece, and then to the end of its line
ROWS = 4096  # that a piece holds at most, if all are as long as the first: each takes more memory than its bytes
LOOK = 2**16  # bytes read at a time to find a line's end, and at first to see how long lines are
NAME = re.compile(r"(.+)\.bytes-(\d+)-(\d+)(\.[^./]+)?", re.DOTALL)
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # only the first piece would say so


def piece_name(key: str, start: int, end: int) -> str:
    """Name the bytes [start, end) of an object: `notes.bytes-0-4194310.jsonl`."""
    path = PurePosixPath(key)
    return f"{path.with_suffix('')}.bytes-{start}-{end}{path.suffix}"


@dataclass(frozen=True, slots=True)
class LinesStore:
    """Show each large file of JSON Lines in a store as pieces, named by their bytes: `notes.bytes-0-4194310.jsonl`."""

    whole: ObjectStore

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield what is stored, and in the place of a large file its pieces in order; see ObjectStore."""
        for info in self.whole.list(prefix):
            if not info.error and self._is_large(info) and self._holds(info.key, "application/jsonl"):
                yield from self._pieces(info)
            else:
                yield info

    def get(self, key: str, limit: int) -> bytes:
        """Return an object's or a piece's bytes; see ObjectStore."""
        piece = self._piece(key)
        if piece is None:
            return self.whole.get(key, limit)
        name, start, end = piece
        if end - start > limit:
            raise LimitExceeded(f"the piece holds more than {limit} bytes")
        return self.whole.part(name, start, end)

    def view(self, key: str, limit: int) -> Mapped:
        """Return what `get` does; a large object that is no piece may be mapped."""
        return self.get(key, limit) if self._piece(key) else self.whole.view(key, limit)

    def part(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of an object; see ObjectStore."""
        return self.whole.part(key, start, end)

    def put(self, key: str, data: Content, *, create_only: bool = True) -> bool:
        """Store an object; see ObjectStore."""
        return self.whole.put(key, data, create_only=create_only)

    def together(self) -> AbstractContextManager[None]:
        """Let puts be safe at the block's end; see ObjectStore."""
        return self.whole.together()

    def exists(self, key: str) -> bool:
        """Say whether an object, or the one that this is a piece of, is there."""
        piece = self._piece(key)
        return self.whole.exists(piece[0] if piece else key)

    def delete(self, key: str) -> None:
        """Delete an object; see ObjectStore."""
        self.whole.delete(key)

    def url(self, key: str) -> str:
        """Return an object's address; see ObjectStore."""
        return self.whole.url(key)

    def table(self, key: str, limit: int) -> Cut | None:
        """Return how a large table can be cut; None for what is small or none, and for UTF-16, which is read whole.

        Raises MalformedAsset, EmptyAsset or LimitExceeded where it is a table that cannot be read.
        """
        found = next((info for info in self.whole.list(key) if info.key == key and not info.error), None)
        if found is None or not self._is_large(found) or not self._holds(key, "text/csv"):
            return None
        data = self.whole.view(key, limit)
        return cut(lambda: map(bytes, pieces_of(data)), self._bytes(key, ROWS, PIECE))

    def _holds(self, key: str, kind: str) -> bool:
        try:
            head = self.whole.part(key, 0, LOOK)
            lines = head[: head.rfind(b"\n") + 1]
            return not head.startswith(WIDE) and bool(lines) and media_type(lines, key) == kind
        except Quarantine:
            return False  # read whole, it will say what is wrong with it

    def _pieces(self, info: ObjectInfo) -> Iterator[ObjectInfo]:
        start, size = 0, self._bytes(info.key, ROWS, PIECE)
        while start < info.size:
            end = self._line_end(info.key, min(start + size, info.size), info.size)
            yield ObjectInfo(piece_name(info.key, start, end), end - start)
            start = end

    def _is_large(self, info: ObjectInfo) -> bool:
        return info.size > LOOK and info.size >= self._bytes(info.key, CUT_FROM_ROWS, CUT_FROM)

    def _bytes(self, key: str, rows: int, most: int) -> int:
        """Return how many bytes so many rows of a file have by its first ones, `most` at most."""
        head = self.whole.part(key, 0, LOOK)
        return min(most, rows * len(head) // (head.count(b"\n") or 1))

    def _line_end(self, key: str, at: int, size: int) -> int:
        while at < size:
            found = self.whole.part(key, at - 1, at + LOOK).find(b"\n")  # the line may end right here
            if found >= 0:
                return min(at + found, size)
            at += LOOK
        return size

    def _piece(self, key: str) -> tuple[str, int, int] | None:
        """Return the object and the bytes that a key names; None where it names an object."""
        match = NAME.fullmatch(key)
        if match is None or self.whole.exists(key):
            return None
        return match[1] + (match[4] or ""), int(match[2]), int(match[3])

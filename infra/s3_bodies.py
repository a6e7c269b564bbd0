"""Objects too large to hold on their way to and from an S3 store: sent as they are made, and laid down as they come.

In parts no server takes a condition, so a large object too is one request; its hashes are made in a pass before.
"""

from __future__ import annotations

import mmap
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import md5, sha256
from tempfile import TemporaryFile
from typing import Any

from minio import Minio
from minio.credentials import Credentials

from deid_core.errors import ServiceError
from deid_core.ingest.pieces import Buffer, Mapped, Pieces, pieces_of


class Body:
    """Let an object's pieces be read in order as a file is, and again from the start where a request is repeated.

    `sha256` is in hex, `md5` in base 64 as Content-MD5 has it.
    """

    def __init__(self, data: Mapped | Pieces) -> None:
        """Go over all pieces once, for their length and hashes."""
        self._data, self._length = data, 0
        whole, checked = sha256(), md5(usedforsecurity=False)
        for piece in pieces_of(data):
            whole.update(piece)
            checked.update(piece)
            self._length += len(piece)
        self.sha256, self.md5 = whole.hexdigest(), b64encode(checked.digest()).decode()
        self.seek(0)

    def __len__(self) -> int:
        """Count the bytes."""
        return self._length

    def pieces(self) -> Iterator[Buffer]:
        """Make the pieces anew."""
        return pieces_of(self._data)

    def tell(self) -> int:
        """Return the offset."""
        return self._at

    def seek(self, offset: int) -> int:
        """Go back to the start; ValueError for any other offset."""
        if offset:
            raise ValueError("pieces are made from the start")
        self._left, self._piece, self._at = self.pieces(), memoryview(b""), 0
        return 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, of one piece at most."""
        while not self._piece:
            piece = next(self._left, None)
            if piece is None:
                return b""
            self._piece = memoryview(piece)
        taken = bytes(self._piece[: size if size >= 0 else None])
        self._piece = self._piece[len(taken) :]
        self._at += len(taken)
        return taken


class Client(Minio):  # type: ignore[misc] # the library has no types
    """Send what is a `Body` as it is read: signed by its hash, or over TLS checked by its Content-MD5."""

    def _build_headers(
        self, host: str, headers: Any = None, body: Any = None, creds: Credentials | None = None
    ) -> tuple[Any, datetime]:
        if not isinstance(body, Body):
            held: tuple[Any, datetime] = super()._build_headers(host, headers, body, creds)
            return held
        said = {**(headers or {}), "Content-MD5": body.md5, "Content-Length": str(len(body))}
        made, date = super()._build_headers(host, said, None, creds)
        if creds and not self._base_url.is_https:
            made["x-amz-content-sha256"] = body.sha256
        return made, date


def at_once(data: Mapped | Pieces, most: int) -> bytes | Body:
    """Return the bytes of what is at most so many of them, and what sends more in pieces."""
    held, count = list[Buffer](), 0
    for piece in pieces_of(data):
        held.append(piece)
        count += len(piece)
        if count > most:
            return Body(data)
    return b"".join(held)


def laid_down(parts: Iterable[bytes], size: int) -> mmap.mmap:
    """Return bytes from a file without a name into which they were written, part by part.

    Raises ServiceError where they are not so many, or there is no room for them.
    """
    with TemporaryFile() as file:
        for part in parts:
            _write(file, part)
        file.flush()
        if file.tell() != size:
            raise ServiceError("the S3 store sent other than all of an object")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _write(file: Any, part: bytes) -> None:
    try:
        file.write(part)
    except OSError as error:
        raise ServiceError(f"a large object cannot be laid down: {type(error).__name__}") from None

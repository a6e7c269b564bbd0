"""Stores of bytes by key: one port, a folder and S3 behind it; `open_store` picks by URL.

Keys are relative POSIX paths. A key can be a patient's name, so no message and no repr here shows one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from deid_core.errors import UnreadableAsset, UsageError
from deid_core.ingest.pieces import Mapped, Pieces
from infra.settings import Place

Content = Mapped | Pieces


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Describe a stored object; `error` is "unreadable" for what is there and cannot be read, else "".

    `size` is in bytes. An unreadable entry may be a whole folder.
    """

    key: str = field(repr=False)
    size: int
    error: str = ""


class ObjectStore(Protocol):
    """Keep bytes by key. Raises ServiceError where the store itself does not answer."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield what is stored under a prefix of keys, as it is read; nothing is skipped in silence."""
        ...

    def get(self, key: str, limit: int) -> bytes:
        """Return an object's bytes; raise LimitExceeded above `limit` bytes, UnreadableAsset where it cannot be had."""
        ...

    def view(self, key: str, limit: int) -> Mapped:
        """Return what `get` does; a large object is mapped where the store can: nobody may cut it off meanwhile."""
        ...

    def part(self, key: str, start: int, end: int) -> bytes:
        """Return bytes [start, end) of an object, fewer where it ends before; raises as `get` does."""
        ...

    def put(self, key: str, data: Content, *, create_only: bool = True) -> bool:
        """Store whole or not at all, and say whether anything was written.

        Create only: False where the same bytes are there already, IntegrityError where others are.
        """
        ...

    def together(self) -> AbstractContextManager[None]:
        """Let what this thread puts in the block, and may be replaced, be safe from a power cut only at its end."""
        ...

    def exists(self, key: str) -> bool:
        """Say whether an object has this key."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        ...

    def url(self, key: str) -> str:
        """Return the object's address: `file:` or `s3:`, percent-encoded."""
        ...


def checked(key: str) -> str:
    """Return the key where it stays inside its store; raise UnreadableAsset for an empty, `.`, `..` or NUL step."""
    if "\0" in key or any(step in ("", ".", "..") for step in key.split("/")):
        raise UnreadableAsset("a key leads out of its store")
    return key


def open_store(url: str, place: Place | None = None, *, create: bool = False) -> ObjectStore:
    """Open `s3://bucket/prefix`, `file:///folder`, a folder's path or a single file's.

    `create` makes a folder that is missing; without it UsageError is raised. S3 needs a place with an endpoint.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from infra.s3 import S3Store, client  # noqa: PLC0415 - a folder needs no S3 client

        if not parts.netloc:
            raise UsageError("an S3 address is s3://bucket/prefix")
        return S3Store(parts.netloc, unquote(parts.path).strip("/"), client(place or Place()))
    if parts.scheme not in ("", "file") or (parts.scheme == "file" and parts.netloc):
        raise UsageError("a store is s3://bucket/prefix, file:///folder or a path")
    from infra.folder import FolderStore  # noqa: PLC0415 - it imports this module's port

    root = Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)
    return FolderStore(root.expanduser().absolute(), create=create)

"""A folder, or a single file, as an object store: atomic writes, no way out, nothing read but plain files."""

from __future__ import annotations

import ctypes
import mmap
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from threading import local
from typing import BinaryIO
from urllib.parse import quote

from deid_core.errors import IntegrityError, LimitExceeded, ServiceError, UnreadableAsset, UsageError
from deid_core.ingest.pieces import Mapped, lend, pieces_of
from infra.objects import Content, ObjectInfo, checked

lend(TemporaryFile)  # for what is too much to hold, in the system's folder for temporary files
UNREADABLE = "unreadable"
MAPPED_FROM = 64 * 2**20  # bytes of a file that is not read at once
TEMPORARY = ".deidflow-writing-"  # what a killed process leaves; never listed


class FolderStore:
    """Keep objects as files under a root; a root that is a file is a store of that one object.

    Raises UsageError where the root is missing, unless `create` makes it (mode 0700).
    """

    def __init__(self, root: Path, *, create: bool = False) -> None:
        """Stand on a folder or file."""
        if create:
            _make_folder(root)
        if not root.exists():
            raise UsageError("no such folder or file")
        self._single = root.name if root.is_file() else None
        self._root = root.parent if self._single else root
        self._real = os.path.realpath(self._root)
        self._unsettled = local()  # of this thread: what was put within `together`

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield files in the order of their names, folder by folder; links out and special files as unreadable."""
        if self._single:
            if self._single.startswith(prefix):
                yield _info(self._single, (self._root / self._single).stat())
            return
        folder = prefix[: prefix.rfind("/") + 1]  # nothing outside it can have the prefix
        if folder and not (self._root / checked(folder.rstrip("/"))).is_dir():
            return
        yield from (info for info in self._walk(folder) if info.key.startswith(prefix))

    def _walk(self, folder: str) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(self._root / folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise ServiceError(f"the folder cannot be listed: {type(error).__name__}") from None
            yield ObjectInfo(_shown(folder.rstrip("/")), 0, UNREADABLE)
            return
        for entry in found:
            if not entry.name.startswith(TEMPORARY):
                yield from self._entry(folder + entry.name, entry)

    def _entry(self, key: str, entry: os.DirEntry[str]) -> Iterator[ObjectInfo]:
        try:
            is_folder, info = entry.is_dir(), entry.stat()
        except OSError:
            yield ObjectInfo(_shown(key), 0, UNREADABLE)
            return
        if entry.is_symlink() and not self._inside(entry.path):
            yield ObjectInfo(_shown(key), 0, UNREADABLE)
        elif not is_folder:
            yield _info(key, info)
        elif not entry.is_symlink():  # a link to a folder inside is listed there, under its own name
            yield from self._walk(key + "/")

    def get(self, key: str, limit: int) -> bytes:
        """Return a file's bytes; see ObjectStore."""
        try:
            with self._open(key) as file:
                data = file.read(limit + 1)
        except (OSError, ValueError) as error:
            raise UnreadableAsset(f"the file cannot be read: {type(error).__name__}") from None
        if len(data) > limit:
            raise LimitExceeded(f"the file holds more than {limit} bytes")
        return data

    def view(self, key: str, limit: int) -> Mapped:
        """Return a file's bytes, mapped where they are many; see ObjectStore."""
        try:
            with self._open(key) as file:
                size = os.fstat(file.fileno()).st_size
                if size > limit:
                    raise LimitExceeded(f"the file holds more than {limit} bytes")
                if size >= MAPPED_FROM:
                    return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise UnreadableAsset(f"the file cannot be read: {type(error).__name__}") from None
        return self.get(key, limit)

    def part(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of a file; see ObjectStore."""
        try:
            with self._open(key) as file:
                file.seek(start)
                return file.read(end - start)
        except (OSError, ValueError) as error:
            raise UnreadableAsset(f"the file cannot be read: {type(error).__name__}") from None

    def put(self, key: str, data: Content, *, create_only: bool = True) -> bool:
        """Write a file of mode 0600 by way of a temporary one; see ObjectStore."""
        # compared outside any handler: the system's error names the file, and would hang on to ours
        return self._written(self._path(key), data, create_only=create_only) or self._same(key, data)

    def _written(self, target: Path, data: Content, *, create_only: bool) -> bool:
        """Write, and say False where the target is there already."""
        temporary = target.parent / (TEMPORARY + secrets.token_hex(8))
        try:
            _make_folder(target.parent)
            if not self._inside(target.parent):
                raise UnreadableAsset("a key leads out of its store")
            # what may not be replaced must be whole on disk before it has its name: it could not be written again
            later: list[Path] | None = None if create_only else getattr(self._unsettled, "paths", None)
            try:
                _write(temporary, data, settle=later is None)
                if create_only:
                    os.link(temporary, target)  # unlike rename, fails where the target is there
                else:
                    temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            if later is None:
                _flush(target.parent)
            else:
                later.append(target)
        except FileExistsError:
            return False
        except (OSError, ValueError) as error:
            raise ServiceError(f"the file cannot be written: {type(error).__name__}") from None
        return True

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let this thread's puts reach the disk by the end of the block, at once; see ObjectStore."""
        paths: list[Path] = []
        self._unsettled.paths = paths
        try:
            yield
        finally:
            self._unsettled.paths = None
            if paths:
                _settle(paths)

    def _same(self, key: str, data: Content) -> bool:
        try:
            with self._open(key) as file:
                same = all(file.read(len(piece)) == piece for piece in pieces_of(data)) and not file.read(1)
        except (OSError, ValueError) as error:
            raise UnreadableAsset(f"the file cannot be read: {type(error).__name__}") from None
        if not same:
            raise IntegrityError("other bytes are stored under this key already")
        return False

    def exists(self, key: str) -> bool:
        """Say whether a plain file has this key."""
        if self._single and key != self._single:
            return False
        path = self._path(key)
        try:
            with self._open(key):
                return True
        except (FileNotFoundError, NotADirectoryError, UnreadableAsset):
            return False
        except (OSError, ValueError):
            return os.path.lexists(path)

    def delete(self, key: str) -> None:
        """Delete a file; see ObjectStore."""
        path = self._path(key)
        try:
            if self._inside(path.parent):
                path.unlink(missing_ok=True)
                _flush(path.parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError) as error:
            raise ServiceError(f"the file cannot be deleted: {type(error).__name__}") from None

    def url(self, key: str) -> str:
        """Return the file's address."""
        return "file://" + quote(os.fsencode(self._path(key)))

    def _path(self, key: str) -> Path:
        if self._single and key != self._single:
            raise UnreadableAsset("a store of one file holds no other")
        return self._root / checked(key)

    def _inside(self, path: str | Path) -> bool:
        real = os.path.realpath(path)
        return real == self._real or real.startswith(self._real.rstrip("/") + "/")

    def _open(self, key: str) -> BinaryIO:
        path = self._path(key)
        if not self._single and not self._inside(path):
            raise UnreadableAsset("a link leads out of the folder")
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW  # a pipe must not hang, nor a link slip in meanwhile
        descriptor = os.open(os.path.realpath(path), flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UnreadableAsset("not a plain file")
        return os.fdopen(descriptor, "rb")


def _shown(key: str) -> str:
    return key.encode("utf-8", "backslashreplace").decode()


def _info(key: str, info: os.stat_result) -> ObjectInfo:
    shown = _shown(key)
    # a name that is not UTF-8 could be stored nowhere else, so it is told, not handled
    readable = stat.S_ISREG(info.st_mode) and shown == key
    return ObjectInfo(shown, info.st_size, "" if readable else UNREADABLE)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.parent != folder:
        _make_folder(folder.parent)
    try:
        with suppress(FileExistsError):  # another process was quicker
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise ServiceError(f"a folder cannot be made: {type(error).__name__}") from None


def _write(path: Path, data: Content, *, settle: bool) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces_of(data):
            file.write(piece)
        file.flush()
        if settle:
            os.fsync(file.fileno())


def _settle(paths: list[Path]) -> None:
    """Flush files and their folders: in one go where the system can, which costs a fifth of one by one."""
    try:
        if _sync_all is None:
            for path in {*paths, *(path.parent for path in paths)}:
                _flush(path)
        else:
            _flush(paths[0].parent, _sync_all)
    except OSError as error:
        raise ServiceError(f"what was written cannot be brought to disk: {type(error).__name__}") from None


def _flush(path: Path, sync: Callable[[int], None] = os.fsync) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _found_sync_all() -> Callable[[int], None] | None:
    """Return Linux's syncfs(2), which Python does not offer; None elsewhere."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return None

    def sync(descriptor: int) -> None:
        if syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs")

    return sync


_sync_all = _found_sync_all()

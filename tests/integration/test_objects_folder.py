"""What only folders have: links, pipes, permissions, names that are no text, writers that were killed."""

from __future__ import annotations

import mmap
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from deid_core.errors import LimitExceeded, ServiceError, UnreadableAsset, UsageError
from deid_core.ingest.pieces import digest
from infra import folder
from infra.objects import open_store

NOBODY = 65534


@pytest.fixture
def owned_by_nobody() -> Iterator[Path]:
    """Give a folder to a user for whom permissions count; root reads everything."""
    with tempfile.TemporaryDirectory(prefix="deidflow-") as name:
        root = os.geteuid() == 0
        if root:
            os.chown(name, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)


def errors(root: Path) -> dict[str, str]:
    """Return what a listing says of each key."""
    return {info.key: info.error for info in open_store(str(root)).list()}


def test_a_link_out_of_the_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    """Links to files and folders elsewhere, and to nothing, are listed as unreadable and never read or written."""
    root, outside = tmp_path / "in", tmp_path / "outside"
    (outside / "sub").mkdir(parents=True)
    root.mkdir()
    (outside / "secret").write_text("x")
    (root / "good").write_text("y")
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    (root / "dangling").symlink_to(tmp_path / "nothing")
    (root / "loop").symlink_to("loop")
    (root / "inside").symlink_to("good")
    assert errors(root) == {
        "good": "", "inside": "", "file": "unreadable", "folder": "unreadable", "dangling": "unreadable",
        "loop": "unreadable",
    }  # fmt: skip
    store = open_store(str(root))
    assert store.get("inside", 9) == b"y"
    for key in ("file", "folder/secret", "dangling", "loop"):
        with pytest.raises(UnreadableAsset):
            store.get(key, 9)
    for key in ("folder/new", "folder/sub/new"):
        with pytest.raises(UnreadableAsset):
            store.put(key, b"z")
    store.delete("folder/secret")
    assert (outside / "secret").exists()
    assert sorted(path.name for path in outside.rglob("*")) == ["secret", "sub"]


def test_a_folder_linked_from_inside_is_listed_once(tmp_path: Path) -> None:
    """A link to a folder within, or to the root itself, neither doubles nor loops."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("x")
    (tmp_path / "again").symlink_to("real")
    (tmp_path / "real" / "up").symlink_to("..")
    assert errors(tmp_path) == {"real/a": ""}


def test_what_is_no_plain_file_does_not_hang(tmp_path: Path) -> None:
    """A pipe and a folder are not read as files."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert errors(tmp_path) == {"pipe": "unreadable"}
    for key in ("pipe", "folder"):
        with pytest.raises(UnreadableAsset):
            open_store(str(tmp_path)).get(key, 9)
        assert not open_store(str(tmp_path)).exists(key)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    """A name in Latin-1 is listed as unreadable, in characters that every log and database takes."""
    (tmp_path / os.fsdecode(b"M\xfcller.txt")).write_text("x")
    assert errors(tmp_path) == {"M\\udcfcller.txt": "unreadable"}


def test_what_may_not_be_read_is_told(owned_by_nobody: Path) -> None:
    """A file and a folder without permission do not end the listing."""
    root = owned_by_nobody
    (root / "a").mkdir(0o000)
    for name, mode in (("b", 0), ("c", 0o600)):
        (root / name).write_text("x")
        (root / name).chmod(mode)
    try:
        assert errors(root) == {"a": "unreadable", "b": "", "c": ""}
        for key in ("b", "a/inside"):
            with pytest.raises(UnreadableAsset):
                open_store(str(root)).get(key, 9)
        with pytest.raises(ServiceError):
            list(open_store(str(root / "a")).list())
        with pytest.raises(ServiceError):
            open_store(str(root / "a")).put("x", b"x")
    finally:
        (root / "a").chmod(0o700)


def test_a_file_that_goes_meanwhile_is_unreadable(tmp_path: Path) -> None:
    """A file that was listed and is gone when it is read is unreadable, not a crash."""
    (tmp_path / "a").write_text("x")
    store = open_store(str(tmp_path))
    (info,) = store.list()
    (tmp_path / "a").unlink()
    with pytest.raises(UnreadableAsset):
        store.get(info.key, 9)


def test_one_file_is_a_store(tmp_path: Path) -> None:
    """A single file's path, or its file: address, is a store of that file and no other."""
    path = tmp_path / "John Doe.txt"
    path.write_text("x")
    (tmp_path / "other").write_text("y")
    for url in (str(path), f"file://{tmp_path}/John%20Doe.txt"):
        store = open_store(url)
        assert [(info.key, info.size) for info in store.list()] == [("John Doe.txt", 1)]
        assert store.get("John Doe.txt", 1) == b"x"
        with pytest.raises(UnreadableAsset):
            store.get("other", 1)


@pytest.mark.parametrize("url", ["missing", "file://host/a", "ftp://host/a", "s3:///a", "s3://bucket"])
def test_an_address_that_cannot_be_opened_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing folder, an unknown scheme, a bucket without name or endpoint are the caller's fault."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        open_store(url)


def test_what_is_written_is_the_owners_only(tmp_path: Path) -> None:
    """Files have mode 0600, folders 0700, and no temporary file is left."""
    root = tmp_path / "new" / "root"
    store = open_store(str(root), create=True)
    store.put("a/b/c", b"x")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [root.parent, *root.parent.rglob("*")]}
    assert modes == {"new": 0o700, "root": 0o700, "a": 0o700, "b": 0o700, "c": 0o600}


def test_a_file_in_the_way_is_an_error_of_the_store(tmp_path: Path) -> None:
    """Where a folder is needed and a file stands, writing fails as a ServiceError."""
    (tmp_path / "a").write_text("x")
    with pytest.raises(ServiceError):
        open_store(str(tmp_path)).put("a/b", b"x")
    assert not open_store(str(tmp_path)).exists("a/b")


WRITER = """
import sys
from deid_core.ingest.pieces import digest
from infra import folder
from infra.objects import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    store.put(f"{number:06d}", b"x" * 300_000, create_only=number % 2 == 0)
    number += 1
"""


def test_a_killed_writer_leaves_no_half_file(tmp_path: Path) -> None:
    """Whenever a writer is killed, every file that is listed is whole."""
    repository = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    for pause in (0.05, 0.11, 0.17):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=repository) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(pause)
            writer.send_signal(signal.SIGKILL)
        written = list(open_store(str(tmp_path)).list())
        assert written
        assert {info.size for info in written} == {300_000}


def test_a_large_file_is_mapped_and_can_be_put_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file is not read until it is used; what is too large, or leads out, is refused as ever."""
    monkeypatch.setattr("infra.folder.MAPPED_FROM", 4)
    store = open_store(str(tmp_path))
    store.put("a", b"long enough")
    store.put("b", b"no")
    seen = store.view("a", 100)
    assert isinstance(seen, mmap.mmap)
    assert (seen[:], store.view("b", 100)) == (b"long enough", b"no")
    assert store.put("copy", seen) is True
    assert store.put("copy", seen) is False
    assert digest(seen) == sha256(b"long enough").hexdigest()
    (tmp_path / "out").symlink_to("/etc/hostname")
    with pytest.raises(UnreadableAsset):
        store.view("out", 100)
    with pytest.raises(LimitExceeded):
        store.view("a", 5)


@pytest.mark.parametrize("system", ["one call for all", "one by one"])
def test_what_is_put_together_is_brought_to_disk_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """Within the block what may be replaced waits for the disk, what may not does not; after it nothing waits."""
    store = open_store(str(tmp_path))
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(str(Path(f"/proc/self/fd/{number}").readlink())))
    monkeypatch.setattr(folder, "_sync_all", (lambda _: synced.append("all")) if system == "one call for all" else None)
    monkeypatch.setattr(folder._flush, "__defaults__", (os.fsync,))
    with suppress(ZeroDivisionError), store.together():
        store.put("runs/plan.json", b"1", create_only=False)
        store.put("runs/plan.json", b"2", create_only=False)
        assert store.get("runs/plan.json", 9) == b"2"
        assert synced == []
        store.put("release/once", b"3")
        assert len(synced) == 2  # the file, before it had its name, and its folder
        del synced[:]
        1 / 0  # noqa: B018 - a failure within the block leaves nothing behind that is not safe
    plan = {str(tmp_path / "runs"), str(tmp_path / "runs" / "plan.json")}
    assert set(synced) == ({"all"} if system == "one call for all" else plan)
    del synced[:]
    store.put("runs/plan.json", b"4", create_only=False)
    assert len(synced) == 2


def test_a_disk_that_fails_at_the_end_is_an_error_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system cannot bring it to disk, the block raises, and says no name."""

    def broken(_: int) -> None:
        raise OSError(5, "name of a patient")

    monkeypatch.setattr(folder, "_sync_all", broken)
    store = open_store(str(tmp_path))
    with pytest.raises(ServiceError) as caught, store.together():
        store.put("key", b"1", create_only=False)
    assert "patient" not in str(caught.value)
    assert caught.value.__cause__ is None

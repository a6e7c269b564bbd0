"""What every object store does alike: a folder, and S3 (Ceph's gateway)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from deid_core.errors import IntegrityError, LimitExceeded, UnreadableAsset
from deid_core.ingest.pieces import Pieces
from infra.objects import ObjectStore

KEYS = ["note.txt", "ward 7/Müller, Jörg.dcm", "ward 7/a+b%20c#d?.csv", "deep/er/still/\U0001f600.png"]


def test_what_is_put_can_be_had(store: ObjectStore) -> None:
    """Objects come back whole under any name, and are listed with their sizes."""
    for number, key in enumerate(KEYS):
        assert store.put(key, bytes(number) + b"\0\xff") is True
        assert store.get(key, 100) == bytes(number) + b"\0\xff"
        assert store.exists(key)
    assert {(info.key, info.size, info.error) for info in store.list()} == {
        (key, number + 2, "") for number, key in enumerate(KEYS)
    }
    assert {info.key for info in store.list("ward 7/")} == set(KEYS[1:3])
    assert [info.key for info in store.list("no")] == ["note.txt"]
    assert list(store.list("none/")) == []


def test_creating_again_is_no_error_with_the_same_bytes_only(store: ObjectStore) -> None:
    """An object is created once: the same bytes again change nothing, others are refused and change nothing."""
    assert store.put("a/b", b"first") is True
    assert store.put("a/b", b"first") is False
    for other in (b"other", b"first and more", b"fir", b""):
        with pytest.raises(IntegrityError):
            store.put("a/b", other)
    assert store.get("a/b", 100) == b"first"


def test_an_object_can_be_put_in_pieces(store: ObjectStore) -> None:
    """Pieces are stored as one object, whole or not at all, and are compared with what is there as bytes are."""
    pieces = Pieces(lambda: iter((b"fir", memoryview(b"-st-")[1:3], b"")))
    assert store.put("a", pieces) is True
    assert store.get("a", 100) == store.view("a", 100)[:] == b"first"
    assert store.put("a", pieces) is False
    for other in ((b"first", b"!"), (b"fir",), ()):
        with pytest.raises(IntegrityError):
            store.put("a", Pieces(other.__iter__))
    with pytest.raises(ZeroDivisionError):
        store.put("b", Pieces(lambda: (bytes(1 // number) for number in (1, 0))))
    assert [info.key for info in store.list()] == ["a"]


def test_part_of_an_object_can_be_had(store: ObjectStore) -> None:
    """Bytes from one place to another come alone, fewer at the object's end; what is not there cannot be had."""
    store.put("a", b"0123456789")
    assert store.part("a", 0, 3) == b"012"
    assert store.part("a", 4, 8) == b"4567"
    assert store.part("a", 8, 99) == b"89"
    with pytest.raises(UnreadableAsset):
        store.part("b", 0, 3)


def test_replacing_is_said(store: ObjectStore) -> None:
    """Bytes are replaced where the caller says so."""
    assert store.put("a", b"one") is True
    assert store.put("a", b"two", create_only=False) is True
    assert store.get("a", 3) == b"two"


def test_of_many_who_create_at_once_one_does(store: ObjectStore) -> None:
    """Sixteen create one key at once, each with other bytes: one is told it wrote, and its bytes are there."""

    def create(number: int) -> int | None:
        try:
            return number if store.put("same/key", b"%d" % number) else None
        except IntegrityError:
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(create, range(16)) if number is not None]
    assert len(winners) == 1
    assert store.get("same/key", 10) == b"%d" % winners[0]


def test_more_than_the_limit_is_not_read(store: ObjectStore) -> None:
    """An object of exactly the limit is had, one byte more is refused."""
    store.put("a", b"12345")
    assert store.get("a", 5) == b"12345"
    with pytest.raises(LimitExceeded):
        store.get("a", 4)


def test_deleting_twice_is_no_error(store: ObjectStore) -> None:
    """A deleted object is gone: not there, not to be had, and deleting it again is nothing."""
    store.put("folder/a", b"x")
    for _ in range(2):
        store.delete("folder/a")
    store.delete("no such folder/a")
    assert not store.exists("folder/a")
    with pytest.raises(UnreadableAsset):
        store.get("folder/a", 1)


@pytest.mark.parametrize("key", ["", ".", "..", "../a", "a/../../b", "/etc/passwd", "a//b", "a/", "a\0b", "./a"])
def test_no_key_leads_out(store: ObjectStore, key: str) -> None:
    """A key that could lead out of its store, or have two spellings, is refused everywhere."""
    for act in (
        lambda: store.get(key, 9),
        lambda: store.put(key, b""),
        lambda: store.exists(key),
        lambda: store.delete(key),
        lambda: store.url(key),
    ):
        with pytest.raises(UnreadableAsset):
            act()


def test_no_message_and_no_repr_shows_a_key(store: ObjectStore) -> None:
    """A file's name can be a patient's name: it is in no error and no repr."""
    store.put("Zebrowski/a.txt", b"one")
    assert "Zebrowski" not in repr(list(store.list()))
    for act in (
        lambda: store.put("Zebrowski/a.txt", b"two"),
        lambda: store.get("Zebrowski/b.txt", 1),
        lambda: store.get("Zebrowski/a.txt", 1),
    ):
        with pytest.raises((IntegrityError, UnreadableAsset, LimitExceeded)) as caught:
            act()
        assert "Zebrowski" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_address_is_ascii(store: ObjectStore) -> None:
    """Addresses are percent-encoded."""
    url = store.url(KEYS[1])
    assert url.isascii()
    assert url.endswith("ward%207/M%C3%BCller%2C%20J%C3%B6rg.dcm")
    assert url.startswith(("file:///", "s3://"))

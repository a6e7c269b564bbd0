"""Objects too large to hold: written to S3 and read from it in pieces, whole or not at all, in bounded memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from deid_core.errors import IntegrityError, LimitExceeded
from deid_core.ingest.pieces import Pieces, digest, pieces_of
from infra.folder import MAPPED_FROM
from infra.objects import open_store
from infra.s3_bodies import Body
from infra.settings import Place

MIB = 1 << 20
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def made(size: int, seed: int = 1) -> Pieces:
    """Return pieces of a megabyte each, all different."""

    def pieces() -> Iterator[bytes]:
        for number in range(size // MIB):
            yield bytes([(number * 7 + seed) % 251]) * MIB
        if size % MIB:
            yield b"z" * (size % MIB)

    return Pieces(pieces)


def peak() -> int:
    """Return the most memory that this process had resident since it was asked to forget, in bytes."""
    return next(int(line.split()[1]) << 10 for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))


def test_pieces_are_sent_in_one_request_and_only_once(s3_place: Place, bucket: str) -> None:
    """An object of many pieces is stored as they are; the same again is no write, others are refused."""
    store, size = open_store(f"s3://{bucket}", s3_place), 20 * MIB + 3
    assert store.put("large", made(size))
    assert not store.put("large", made(size))
    assert not store.put("large", b"".join(made(size)))
    for other in (made(size, seed=2), made(size - 1), made(size + 1)):
        with pytest.raises(IntegrityError):
            store.put("large", other)
    assert digest(store.view("large", size)) == digest(made(size))
    assert store.put("large", made(size, seed=2), create_only=False)
    assert digest(store.get("large", size)) == digest(made(size, seed=2))


def test_a_large_object_is_mapped_and_a_larger_one_refused(s3_place: Place, bucket: str) -> None:
    """From a size on nothing is held; above the limit nothing is even read."""
    store, size = open_store(f"s3://{bucket}", s3_place), MAPPED_FROM + 5
    store.put("large", made(size))
    seen = store.view("large", size)
    assert isinstance(seen, mmap.mmap)
    assert len(seen) == size
    assert digest(seen) == digest(made(size))
    with pytest.raises(LimitExceeded):
        store.view("large", size - 1)


def test_a_body_is_read_again_from_its_start() -> None:
    """A request that is repeated sends the same bytes."""
    body = Body(made(3 * MIB + 1))
    first = b"".join(iter(lambda: body.read(100_000), b""))
    assert body.tell() == len(body) == len(first) == 3 * MIB + 1
    body.seek(0)
    assert b"".join(iter(lambda: body.read(7 * MIB), b"")) == first
    assert body.sha256 == sha256(first).hexdigest()


@pytest.mark.slow
@pytest.mark.skipif(not CLEAR.exists(), reason="the peak of memory is only told by Linux")
def test_the_memory_for_a_large_object_is_bounded(s3_place: Place, bucket: str) -> None:
    """Three hundred megabytes go there and back within a hundred and fifty above the start."""
    store, size = open_store(f"s3://{bucket}", s3_place), 300 * MIB
    store.put("warm", b"x")
    CLEAR.write_text("5")
    start = peak()
    assert store.put("large", made(size))
    seen = store.view("large", size)
    assert sum(map(len, pieces_of(seen))) == size
    assert digest(seen) == digest(made(size))
    assert not store.put("large", seen)
    assert peak() - start < 150 * MIB

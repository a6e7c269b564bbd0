"""Audit records in a hash chain, and Merkle proofs: who did what, when, where and why, unchanged since.

Canonical JSON is such that no two programs can differ over it: an object's members sorted by name, no white space,
ASCII only (all else escaped by four hex digits in lower case, beyond U+FFFF as a surrogate pair); names are ASCII,
numbers are integers of at most 53 bits, there are no fractions. A record's hash is the SHA-256 of its canonical JSON
without the member `hash`; `previous` is the hash of the record before it, 64 zeros for the first, whose `seq` is 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from deid_core.errors import IntegrityError, UsageError

GENESIS = "0" * 64
SAFE_INTEGER = 2**53 - 1
REQUIRED = ("agent", "role", "activity", "entity", "reason", "recorded")  # who, what, where, why, when


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Record one act. The log that keeps it sets `seq`, `recorded` (ISO 8601, UTC), `previous` and `hash`.

    `entity` names what was acted on (`asset:…`, `details:<sha256>`, `release:…`).
    `counts` is a JSON object of integers, strings or further objects. Nothing here is an identifier's value.
    """

    agent: str
    role: str
    activity: str
    entity: str
    reason: str
    flow_run_id: str = ""
    asset_id: str = ""
    input_sha256: str = ""
    output_sha256: str = ""
    policy_sha256: str = ""
    counts: Mapping[str, Any] = field(default_factory=dict)
    recorded: str = ""
    seq: int = 0
    previous: str = ""
    hash: str = ""


FIELDS = tuple(sorted(item.name for item in fields(AuditRecord)))


@dataclass(frozen=True, slots=True)
class Head:
    """Name a stretch of a chain: the last record's number and hash, and the first record's number and `previous`."""

    seq: int
    hash: str
    first: int
    previous: str


def canonical(value: object) -> str:
    """Return the canonical JSON of a value; raise UsageError for what has none (a fraction, a lone surrogate)."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _check(value: object) -> None:
    if isinstance(value, dict):
        if not all(isinstance(name, str) and name.isascii() for name in value):
            raise UsageError("names in canonical JSON are ASCII")
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError("text that is no Unicode has no canonical form")
    elif not (value is None or (isinstance(value, int) and abs(value) <= SAFE_INTEGER)):
        raise UsageError(f"canonical JSON has no such {type(value).__name__}: null, text, integers of 53 bits")


def members(record: AuditRecord) -> dict[str, Any]:
    """Return a record as the JSON object that is exported and stored."""
    return {name: getattr(record, name) for name in FIELDS} | {"counts": dict(record.counts)}


def record_line(record: AuditRecord) -> str:
    """Return a record as it is exported: one line of canonical JSON, without its line end."""
    return canonical(members(record))


def chain(previous: str, record: AuditRecord) -> str:
    """Return the hash of a record that follows the one with the hash `previous`."""
    held = members(record) | {"previous": previous}
    del held["hash"]
    return sha256(canonical(held).encode()).hexdigest()


def sealed(record: AuditRecord, seq: int, previous: str) -> AuditRecord:
    """Return a record at its place in the chain.

    Raises UsageError where it does not say who, what, when, where and why.
    """
    missing = [name for name in REQUIRED if not getattr(record, name)]
    if missing:
        raise UsageError(f"an audit record lacks {', '.join(missing)}")
    if not _is_utc(record.recorded):
        raise UsageError("an audit record's time is ISO 8601 with offset +00:00")
    placed = replace(record, seq=seq, previous=previous, hash="")
    return replace(placed, hash=chain(previous, placed))


def verify_chain(lines: Iterable[str], expected: str | None = None) -> Head | None:
    """Return the head of exported lines (None for no line), which may start in the middle of a chain.

    Raises IntegrityError naming the first record that does not hold; and, where the last hash is not the `expected`
    one, that records are missing at the end: a chain alone cannot tell.
    """
    head: Head | None = None
    for number, line in enumerate(lines, 1):
        record = _parsed(line.removesuffix("\n"), f"record {head.seq + 1}" if head else f"line {number}")
        seq = record["seq"]
        if head and seq != head.seq + 1:
            raise IntegrityError(f"record {head.seq + 1} is missing or out of order: {seq} stands in its place")
        if record["previous"] != (head.hash if head else record["previous"] if seq > 1 else GENESIS):
            raise IntegrityError(f"record {seq} does not follow the one before it")
        claimed = record.pop("hash")
        if sha256(canonical(record).encode()).hexdigest() != claimed:
            raise IntegrityError(f"record {seq} was changed: its hash does not hold")
        head = Head(seq, claimed, head.first if head else seq, head.previous if head else record["previous"])
    if expected is not None and expected != (head.hash if head else GENESIS):
        raise IntegrityError(f"the chain ends at record {head.seq if head else 0}, which is not the expected head")
    return head


def _parsed(line: str, name: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
        canonically = canonical(record)
    except (ValueError, UsageError, RecursionError):
        raise IntegrityError(f"{name} is not canonical JSON") from None
    if canonically != line:  # also a name that stands twice
        raise IntegrityError(f"{name} is not canonical JSON")
    if not isinstance(record, dict) or tuple(sorted(record)) != FIELDS:
        raise IntegrityError(f"{name} does not have the members of an audit record")
    if type(record["seq"]) is not int or record["seq"] < 1:
        raise IntegrityError(f"{name} has no number")
    return record


def _is_utc(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).isoformat().endswith("+00:00") and text.endswith("+00:00")
    except ValueError:
        return False


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1  # the largest power of two below size


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of leaves, 32 bytes: RFC 9162, section 2.1.1, with SHA-256."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    middle = _split(len(leaves))
    return _node(merkle_root(leaves[:middle]), merkle_root(leaves[middle:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index` (from 0) to the root: RFC 9162, section 2.1.3.1.

    Raises UsageError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise UsageError("no such leaf")
    if len(leaves) == 1:
        return ()
    middle = _split(len(leaves))
    if index < middle:
        return (*inclusion_proof(leaves[:middle], index), merkle_root(leaves[middle:]))
    return (*inclusion_proof(leaves[middle:], index - middle), merkle_root(leaves[:middle]))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether a proof leads from a leaf to the root of a tree of `size` leaves: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    steps = _path(index, size)
    if len(steps) != len(proof):
        return False
    held = sha256(b"\x00" + leaf).digest()
    for is_left, sibling in zip(steps, proof, strict=True):
        held = _node(held, sibling) if is_left else _node(sibling, held)
    return held == root


def _path(index: int, size: int) -> list[bool]:
    """Say, from the leaf upwards, whether the node stands left of its sibling."""
    if size == 1:
        return []
    middle = _split(size)
    return [*(_path(index, middle) if index < middle else _path(index - middle, size - middle)), index < middle]

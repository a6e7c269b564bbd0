"""Audit records, their chain and Merkle proofs."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from deid_core import audit
from deid_core.errors import IntegrityError, UsageError

WHEN = "2026-03-01T12:00:00.000000+00:00"
RECORD = audit.AuditRecord("ann", "reviewer", "approve", "asset:1", "names read", recorded=WHEN, counts={"NAME": 2})


def chained(number: int) -> list[str]:
    """Make the lines of a chain."""
    lines, previous = [], audit.GENESIS
    for seq in range(1, number + 1):
        sealed = audit.sealed(replace(RECORD, asset_id=f"a{seq}"), seq, previous)
        lines.append(audit.record_line(sealed))
        previous = sealed.hash
    return lines


CHAIN = chained(5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"name": "Müller \U0001f600 \u2028"}, '{"name":"M\\u00fcller \\ud83d\\ude00 \\u2028"}'),
        ({"n": 2**53 - 1, "m": -(2**53 - 1)}, '{"m":-9007199254740991,"n":9007199254740991}'),
        ({"B": 1, "a": 2, "_": 3}, '{"B":1,"_":3,"a":2}'),
        ('"\\\n\x1f', '"\\"\\\\\\n\\u001f"'),
    ],
)
def test_canonical_json_is_one_text(value: object, text: str) -> None:
    """A value has one canonical text: sorted, without white space, ASCII."""
    assert audit.canonical(value) == text


@pytest.mark.parametrize("value", [0.5, {"n": 2**53}, {"é": 1}, {1: 2}, ["\ud800"], b"x", {"s": {1, 2}}])
def test_what_programs_could_differ_over_has_no_canonical_json(value: object) -> None:
    """Fractions, large integers, names beyond ASCII and half characters are refused."""
    with pytest.raises(UsageError):
        audit.canonical(value)


def test_a_hash_is_that_of_the_line_without_it() -> None:
    """Anyone can compute a record's hash from its exported line."""
    sealed = audit.sealed(RECORD, 1, audit.GENESIS)
    line = audit.record_line(sealed)
    assert sha256(line.replace(f'"hash":"{sealed.hash}",', "").encode()).hexdigest() == sealed.hash


def test_a_good_chain_has_its_head() -> None:
    """A whole chain verifies, and so does a stretch out of its middle."""
    head = audit.verify_chain(CHAIN)
    assert head is not None
    assert (head.first, head.seq, head.previous) == (1, 5, audit.GENESIS)
    middle = audit.verify_chain(CHAIN[2:4])
    assert middle is not None
    assert (middle.first, middle.seq) == (3, 4)
    assert audit.verify_chain([]) is None
    assert audit.verify_chain([line + "\n" for line in CHAIN], head.hash) == head


BROKEN = {
    "a reason was changed": ([*CHAIN[:2], CHAIN[2].replace("names read", "names left"), *CHAIN[3:]], "record 3"),
    "a record was taken out": ([*CHAIN[:2], *CHAIN[3:]], "record 3"),
    "two records changed places": ([CHAIN[0], CHAIN[2], CHAIN[1], *CHAIN[3:]], "record 2"),
    "a record stands twice": ([*CHAIN[:2], *CHAIN[1:]], "record 3"),
    "the first record follows something": ([CHAIN[0].replace("0" * 64, "1" * 64), *CHAIN[1:]], "record 1"),
    "a member was added": ([CHAIN[0].replace("{", '{"a":1,', 1)], "line 1"),
    "a member stands twice": ([CHAIN[0].replace("{", '{"activity":"x",', 1)], "line 1"),
    "white space was added": ([CHAIN[0].replace(":", ": ", 1)], "line 1"),
    "a fraction stands for a number": ([CHAIN[0].replace('"seq":1', '"seq":1.0')], "line 1"),
    "a record is cut": ([*CHAIN[:4], CHAIN[4][:-5]], "record 5"),
    "a line is something else": (["[]"], "line 1"),
    "a line is nested without end": (["[" * 100_000], "line 1"),
    "a number is no number": ([CHAIN[0].replace('"seq":1', '"seq":true')], "line 1"),
}


@pytest.mark.parametrize(("lines", "where"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_chain_names_its_first_fault(lines: list[str], where: str) -> None:
    """Whatever was done to a chain, the first record that does not hold is named."""
    with pytest.raises(IntegrityError, match=where):
        audit.verify_chain(lines)


def test_a_cut_tail_shows_against_the_head_only() -> None:
    """A chain without its last records verifies, but not as the one whose head is known."""
    head = audit.verify_chain(CHAIN)
    assert head is not None
    assert audit.verify_chain(CHAIN[:3]) is not None
    with pytest.raises(IntegrityError, match="ends at record 3"):
        audit.verify_chain(CHAIN[:3], head.hash)
    with pytest.raises(IntegrityError, match="ends at record 0"):
        audit.verify_chain([], head.hash)


@pytest.mark.parametrize("name", ["agent", "role", "activity", "entity", "reason"])
def test_who_what_where_and_why_are_required(name: str) -> None:
    """A record without one of them is not sealed."""
    fields = {field: getattr(RECORD, field) for field in ("agent", "role", "activity", "entity", "reason")} | {name: ""}
    with pytest.raises(UsageError, match=name):
        audit.sealed(audit.AuditRecord(**fields, recorded=WHEN), 1, audit.GENESIS)


@pytest.mark.parametrize("when", ["", "yesterday", "2026-03-01T12:00:00", "2026-03-01T12:00:00+01:00"])
def test_a_time_is_utc(when: str) -> None:
    """A record without a time in UTC is not sealed."""
    with pytest.raises(UsageError):
        audit.sealed(replace(RECORD, recorded=when), 1, audit.GENESIS)


def test_merkle_roots_are_those_of_rfc_9162() -> None:
    """Roots of up to three leaves are those that one computes by hand."""
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in (b"a", b"b", b"c")]
    two = sha256(b"\x01" + hashes[0] + hashes[1]).digest()
    assert audit.merkle_root([]) == sha256(b"").digest()
    assert audit.merkle_root([b"a"]) == hashes[0]
    assert audit.merkle_root([b"a", b"b"]) == two
    assert audit.merkle_root([b"a", b"b", b"c"]) == sha256(b"\x01" + two + hashes[2]).digest()


def test_no_proof_without_a_leaf() -> None:
    """A proof of a leaf that is not there is refused, and an index out of the tree proves nothing."""
    with pytest.raises(UsageError):
        audit.inclusion_proof([b"a"], 1)
    assert not audit.is_included(b"a", 1, 1, (), audit.merkle_root([b"a"]))

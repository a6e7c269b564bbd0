"""Laws of the audit chain and of Merkle proofs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core import audit
from deid_core.errors import IntegrityError
from deployments import verify_audit

WHEN = "2026-03-01T12:00:00.000000+00:00"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAMES = st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=6)
INTEGERS = st.integers(-(2**53 - 1), 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
COUNTS = st.dictionaries(NAMES, VALUES, max_size=3)
RECORDS = st.lists(
    st.builds(audit.AuditRecord, TEXT, TEXT, TEXT, TEXT, TEXT, counts=COUNTS, recorded=st.just(WHEN)),
    min_size=1,
    max_size=6,
)
LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def lines_of(records: list[audit.AuditRecord]) -> list[str]:
    """Chain records and return their lines."""
    lines, previous = [], audit.GENESIS
    for seq, record in enumerate(records, 1):
        sealed = audit.sealed(record, seq, previous)
        lines.append(audit.record_line(sealed))
        previous = sealed.hash
    return lines


@given(VALUES)
def test_canonical_json_comes_back(value: object) -> None:
    """Reading canonical JSON and writing it again gives the same text, in both verifiers; it is ASCII."""
    text = audit.canonical(value)
    assert text.isascii()
    assert audit.canonical(json.loads(text)) == text == verify_audit.canonical(json.loads(text))


@given(RECORDS)
def test_every_sealed_chain_verifies(records: list[audit.AuditRecord]) -> None:
    """A chain verifies as a whole and torn at any line end, in both verifiers."""
    lines = lines_of(records)
    head = audit.verify_chain("\n".join(lines).splitlines())
    assert head is not None
    assert verify_audit.verify(lines) == (head.seq, head.hash, len(lines))


@given(RECORDS, st.data())
def test_no_byte_can_be_changed(records: list[audit.AuditRecord], data: st.DataObject) -> None:
    """Changing any one character of an exported chain breaks it, in both verifiers; or the head is another."""
    lines = lines_of(records)
    which = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[which]) - 1))
    character = data.draw(st.characters(max_codepoint=126, min_codepoint=32).filter(lambda c: c != lines[which][place]))
    changed = lines[which][:place] + character + lines[which][place + 1 :]
    with pytest.raises(IntegrityError):
        audit.verify_chain([*lines[:which], changed, *lines[which + 1 :]])
    with pytest.raises(verify_audit.BrokenChainError):
        verify_audit.verify([*lines[:which], changed, *lines[which + 1 :]])


@given(LEAVES, st.data())
def test_every_leaf_is_proved_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    """The proof of a leaf leads to the root; for another leaf, place or root it does not."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, proof = audit.merkle_root(leaves), audit.inclusion_proof(leaves, index)
    assert audit.is_included(leaves[index], index, len(leaves), proof, root)
    assert not audit.is_included(leaves[index] + b"x", index, len(leaves), proof, root)
    assert not audit.is_included(leaves[index], index, len(leaves), proof, audit.merkle_root([*leaves, b""]))
    assert not audit.is_included(leaves[index], index, len(leaves), (*proof, root), root)
    other = data.draw(st.integers(0, len(leaves) - 1))
    if leaves[other] != leaves[index]:
        assert not audit.is_included(leaves[index], other, len(leaves), proof, root)

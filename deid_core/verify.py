"""Read an output back and search it for what the input gave away: nothing that is left may leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deid_core import edit, ingest, registry
from deid_core.decide import decide
from deid_core.entities import ENTITIES
from deid_core.ingest.pieces import Mapped
from deid_core.keys import ProjectKey
from deid_core.model import Decision, Document, Finding, PartKind, PixelBox, Plan, TagPath, TextSpan, Verdict
from deid_core.pipeline import KNOWN, SURE, WRITTEN, Identified, replacements, subjects_of
from deid_core.policy import Policy
from deid_core.ports import KnownValue
from deid_core.search import Found, Recall, textual, views

# Shorter ones occur by chance in pixel data; they are searched as text only.
BYTES_AT_LEAST = 6
DIGIT = re.compile(r"[^\D0]")  # a number of zeros only is nobody's
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
FEW, LEADING = 32, BYTES_AT_LEAST  # needles sought one by one; bytes by which many are told apart
HASH_BITS, MIXED = 20, np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hash: the golden ratio of 2**64
STRETCH = 1 << 20  # bytes hashed at a time


@dataclass(frozen=True, slots=True)
class Verification:
    """Say how many values an output was searched for, and what of them is left."""

    searched: int
    left: tuple[Finding, ...]


def residual(
    whose: Identified,
    chosen: Plan,
    output: Mapped,
    policy: Policy,
    key: ProjectKey,
    recall: Recall = lambda _: (),
    code: Callable[[str], str] | None = None,
) -> Verification:
    """Say what is left in an output: values of its subjects, or new ones of an identifying shape.

    The output is searched as text by every part, in pixels where any were covered, and as bytes in several encodings.
    """
    document, output = replace(whose.document, subject_key=chosen.subject_key), ingest.held(output)
    written = _same_subjects(ingest.read_as(output, document, key), document)
    old = _values(whose, chosen, policy, recall)
    put = _put(document, chosen, policy, key, code)
    covered = any(isinstance(decision.finding.location, PixelBox) for decision in chosen.decisions)
    kinds = (*WRITTEN, PartKind.PIXELS) if covered else WRITTEN
    texts = views(written, policy, kinds)
    known = _stored(written, textual(texts, policy, ("known_values",), lambda subject: old.get(subject, ())))
    # what was put there tells nothing: a dummy that equals the old value (19000101), a label (a patient called "Name")
    found = [finding for finding, text in known if text not in put.get(finding.location.part, NOTHING)]
    found += [
        finding
        for finding, text in _stored(written, textual(texts, policy, ("patterns",)))
        if _is_leak(finding, text, policy) and not put.get(finding.location.part, NOTHING).explains(text)
    ]
    left = (
        *(finding for finding in found if finding.score >= SURE),
        *_in_bytes(old, put.values(), _without_samples(written, output)),
    )
    return Verification(sum(map(len, old.values())), left)


def _stored(written: Document, found: Iterable[Found]) -> Iterator[Found]:
    """Yield findings with their texts as they stand in the output.

    A descriptor is shown to detectors with words of the trade in small letters, which may be letters of a code (FACE).
    """
    for finding, text in found:
        stored = edit.get(written, finding.location) if isinstance(finding.location, TagPath) else text
        same = isinstance(stored, str) and stored.casefold() == text.casefold()
        yield finding, stored if same else text


def _is_leak(finding: Finding, text: str, policy: Policy) -> bool:
    """Say whether a new finding in an output is one: of a number or address that identifies.

    Words alone are not: where a value was covered, its label stands before the next line, and makes a name of it.
    """
    if not any(map(str.isdigit, text)):
        return False
    direct = ENTITIES[finding.entity_type].direct and finding.entity_type in KNOWN
    return direct and decide(finding, policy).verdict is not Verdict.KEEP


@dataclass(frozen=True, slots=True)
class Put:
    """Hold the values that were put into a part, longest first, and all of them as one text to search."""

    values: tuple[str, ...] = field(default=(), repr=False)
    joined: str = field(default="", repr=False)

    def __contains__(self, text: str) -> bool:
        """Say whether a text is one of the values or stands in one."""
        return text in self.joined

    def explains(self, text: str) -> bool:
        """Say whether a text is made of values that were put there, with words at most beside them: `MRN SFF57C60A`."""
        if text in self:
            return True
        bare = whole = text
        for value in self.values:
            if value in text:
                bare = bare.replace(value, " ")
                if len(value) >= BYTES_AT_LEAST:  # a year that was put there explains no `2019 Maple Avenue`
                    whole = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", whole)
        return not any(map(str.isalnum, bare)) or not any(map(str.isdigit, whole))


NOTHING = Put()


def _put(
    document: Document, chosen: Plan, policy: Policy, key: ProjectKey, code: Callable[[str], str] | None
) -> dict[str, Put]:
    """Return what was put into each part, or left there by a person: a value of one row explains nothing in another."""
    by_part: dict[str, set[str]] = {}
    for decision, value in replacements(document, chosen, policy, key, code):
        if isinstance(value, str) and value:
            by_part.setdefault(decision.finding.location.part, set()).add(value)
    for place in (decision.finding.location for decision in chosen.decisions if _left_by_a_person(decision)):
        if isinstance(value := edit.get(document, place), str) and value:
            by_part.setdefault(place.part, set()).add(value)
    return {part: Put(tuple(sorted(held, key=len, reverse=True)), "\0".join(held)) for part, held in by_part.items()}


def _left_by_a_person(decision: Decision) -> bool:
    """Say whether a reviewer looked at a finding and said that it is none."""
    return decision.verdict is Verdict.KEEP and decision.decided_by != "policy"


def _values(whose: Identified, chosen: Plan, policy: Policy, recall: Recall) -> dict[str, tuple[KnownValue, ...]]:
    """Return what must not be found again, by subject: all that is known of it but what the policy keeps."""
    document = replace(whose.document, subject_key=chosen.subject_key)
    return {
        subject: tuple(
            value
            for value in dict.fromkeys((*whose.known.get(subject, ()), *recall(subject)))
            if policy.rule(value.entity_type).action != "keep"
        )
        for subject in subjects_of(document)
    }


def _in_bytes(old: Mapping[str, tuple[KnownValue, ...]], put: Iterable[Put], output: bytes) -> Iterator[Finding]:
    """Yield identifiers with digits that stand in the output's bytes, wherever in the format that is."""
    texts = {value.value.strip(): value.entity_type for values in old.values() for value in values}
    sought = {text: label for text, label in texts.items() if len(text) >= BYTES_AT_LEAST and DIGIT.search(text)}
    chance = occurring(
        [text.encode("utf-8", "replace") for text in sought],
        "\0".join(part.joined for part in put).encode("utf-8", "replace"),
    )
    # a digit has a zero byte beside it in UTF-16
    encodings = ENCODINGS if b"\0" in output else ENCODINGS[:2]
    needles = {text.encode(name, "replace"): label for text, label in sought.items() for name in encodings}
    explained = {
        text.encode(name, "replace")
        for text in sought
        for name in encodings
        if text.encode("utf-8", "replace") in chance
    }
    for needle in sorted(occurring(needles.keys() - explained, output)):
        yield Finding(needles[needle], TextSpan("bytes", 0, 0), 1.0, "verify", "1", "value_in_bytes")


def occurring(needles: Collection[bytes], data: bytes) -> set[bytes]:
    """Return those of the needles, of `BYTES_AT_LEAST` bytes or more each, that stand in some bytes.

    Many are sought in one pass by their first bytes: a table holds as many values as it has rows.
    """
    if len(needles) <= FEW:
        return {needle for needle in needles if needle in data}
    starts: dict[bytes, list[bytes]] = {}
    for needle in needles:
        starts.setdefault(needle[:LEADING], []).append(needle)
    sought = np.zeros(1 << HASH_BITS, dtype=bool)
    sought[_hashed(b"".join(starts))[::LEADING]] = True
    found: set[bytes] = set()
    for begin in range(0, len(data), STRETCH):
        stretch = data[begin : begin + STRETCH + LEADING - 1]
        for at in (np.flatnonzero(sought[_hashed(stretch)]) + begin).tolist():
            for needle in starts.get(data[at : at + LEADING], ()):
                if data.startswith(needle, at):
                    found.add(needle)
    return found


def _hashed(data: bytes) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return a hash of the `LEADING` bytes that begin at each place of some bytes."""
    held = np.frombuffer(data, np.uint8).astype(np.uint64)
    size = max(len(held) - LEADING + 1, 0)
    codes = np.zeros(size, np.uint64)
    for place in range(LEADING):
        codes |= held[place : place + size] << np.uint64(8 * place)
    return (codes * MIXED) >> np.uint64(64 - HASH_BITS)


def _without_samples(written: Document, output: Mapped) -> bytes:
    """Return an output without its samples, in which a short number can stand by chance."""
    if written.media_type not in registry.names("samples"):
        return output[:]
    rest: bytes = registry.load("samples", written.media_type)(written, output)
    return rest


def _same_subjects(written: Document, document: Document) -> Document:
    """Give the parts of an output the subjects of the input's."""
    parts = tuple(
        replace(part, subject_key=document.part(part.name).subject_key) if part.name in document else part
        for part in written.parts
    )
    return replace(written, parts=parts, subject_key=document.subject_key)

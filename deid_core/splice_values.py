"""Do a DICOM header whose values are new by what is known of each value alone, where no text holds a known one.

A file that was done in the plain way teaches its base (file meta, character set, geometry of samples), and of each text
in which nothing was found that it stays, or goes, as it did. Another file of that base may hold other such texts, and
belong to someone else: the values that identify by their tags are then operated on, and sought in its texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import pack
from types import MappingProxyType
from typing import Any, NamedTuple

from deid_core import edit, registry
from deid_core.entities import EntityType
from deid_core.ingest.dicom_pixels import Layout
from deid_core.ingest.dicom_recipe import Mode, Pass
from deid_core.ingest.dicom_scan import Unusual
from deid_core.ingest.dicom_structure import LONG_VRS
from deid_core.ingest.representations import fitted
from deid_core.keys import ProjectKey
from deid_core.model import Decision, Document, Finding, PartKind, Plan, TagPath
from deid_core.pipeline import KNOWN, SURE, WRITTEN, Identified, changes, is_label
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Site, TextQuery
from deid_core.search import Recall, detector, textual, views
from deid_core.splice_modes import BASE, Named
from deid_core.view import TextView

MOST_BASES, MOST_UNITS = 64, 4096
MOST_WAITING, LARGE = 16, 4 << 20  # files that wait to be learned, and bytes of one that does not
# one value in letters that are the same in every character set, without a space before it
PLAIN = re.compile(rb"(?:[!-\[\]-}](?:[ -\[\]-}]*[!-\[\]-}])?)? *")
UNSURE_END = (b"^", b"=")  # of a name: empty components
SWITCHING = (b"2022", b"IR 13")  # character sets of several parts, or without a backslash
APART = " \n. \n"
CHARACTER_SET = b"\x08\x00\x05\x00"


Shape = tuple[int, int, int]  # frames, rows, columns
# an element's bytes at the top; of a sequence its tag, and how many items begin or end before each element, and that
_Key = bytes | tuple[Any, ...]


class Element(NamedTuple):
    """Locate an element that is looked up: its offsets, and its mode."""

    start: int
    end: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold what a text at the top, or those of a sequence, become, and as what they are read."""

    fills: tuple[bytes, ...] = field(repr=False)
    texts: tuple[TextView, ...] = field(repr=False)


@dataclass(slots=True)
class Base:
    """Hold what all files of one base have in common, and the units that were learned in them."""

    meta: tuple[bytes, bytes] = field(repr=False)
    marks: tuple[bytes, ...] = field(repr=False)
    layout: Layout | None
    shape: Shape
    fills: tuple[bytes, ...] = field(default=(), repr=False)
    known: tuple[KnownValue, ...] = field(default=(), repr=False)  # of the file meta
    units: dict[_Key, Unit | None] = field(default_factory=dict, repr=False)

    def shared(self) -> tuple[object, ...]:
        """Return what must be the same in every file."""
        return self.meta, self.marks, self.layout, self.shape, self.fills, self.known


class Lesson(NamedTuple):
    """Hold what a file in the plain way teaches: the path at each offset, whose it is, and the plan carried out."""

    paths: Mapping[int, str]
    whose: Identified
    chosen: Plan


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Hold the places, among all that are looked up, of the base's elements, of named ones, and of units by key."""

    key: bytes
    elements: list[Element]
    base: list[int]
    named: list[int]
    units: list[tuple[_Key, list[int]]]


class Values:
    """Remember what single values become, under one policy and key."""

    def __init__(self, policy: Policy, key: ProjectKey, recall: Recall, code: Callable[[str], str]) -> None:
        """Take what a splicer takes."""
        self._policy, self._key, self._recall, self._code = policy, key, recall, code
        self._lists = {str(name): values for name, values in policy.surrogates.items()}
        self._bases: dict[bytes, Base | None] = {}
        self._waiting: dict[bytes, list[tuple[Pass, _Sorted, Base, Sequence[bytes], Lesson]]] = {}  # by base

    def filled(self, done: Pass, common: bytes) -> tuple[str, tuple[bytes, ...], Base] | None:
        """Return (subject, what is looked up becomes, base) of a file, None where any of it is new.

        `common` is the file meta but for the instance; raises Unusual where a name is not plainly written.
        """
        found = _sorted(done, common)
        self._learn_all(found.key)
        base = self._bases.get(found.key)
        if base is None:
            return None
        units = [base.units.get(key) for key, _ in found.units]
        if None in units:
            return None
        texts = [view for unit in units if unit for view in unit.texts]
        subject, known = self._owner(done, found, base)
        fills = [b""] * len(found.elements)
        for index, fill in zip(found.base, base.fills, strict=True):
            fills[index] = fill
        for (_, places), unit in zip(found.units, units, strict=True):
            for index, fill in zip(places, unit.fills if unit else (), strict=True):
                fills[index] = fill
        known = tuple(dict.fromkeys((*known, *self._recall(subject))))
        if "known_values" in self._policy.detectors and texts:
            # all in one: what stands between two is no part of any value
            query = TextQuery(APART.join(view.text for view in texts), known)
            found_in_all = any(detector("known_values", self._policy).find([query]))
            if found_in_all and any(textual(texts, self._policy, ("known_values",), lambda _: known)):
                return None
        for index in found.named:
            fills[index] = self._operated(done, found.elements[index], subject)
        return subject, tuple(fills), base

    def learn(self, done: Pass, common: bytes, base: Base, fills: Sequence[bytes], lesson: Lesson) -> None:
        """Learn a file's base and units, when another file of that base comes, or of many others."""
        found = _sorted(done, common)
        self._waiting.setdefault(found.key, []).append((done, found, base, fills, lesson))
        while sum(map(len, self._waiting.values())) > MOST_WAITING or len(done.data) > LARGE:
            self._learn_all(next(iter(self._waiting)))
            if not self._waiting:
                break

    def _learn_all(self, key: bytes) -> None:
        for waiting in self._waiting.pop(key, ()):
            self._learn(*waiting)

    def _learn(self, done: Pass, found: _Sorted, base: Base, fills: Sequence[bytes], lesson: Lesson) -> None:
        """Learn a file's base and units; what differs from what was learned before is not used any more."""
        whose = lesson.whose
        telling = [finding for finding in whose.findings if _tells(finding)]
        named = {lesson.paths[found.elements[index].start] for index in found.named}
        meta = [finding for finding in telling if _path(finding).startswith("0002")]
        base.fills = tuple(fills[index] for index in found.base)
        base.known = _values(whose, meta)
        looked_up = [lesson.paths[element.start] for element in found.elements]
        strange = {_path(finding) for finding in telling if finding not in meta} - named
        lost = any(not any(_holds(path, one) for path in looked_up) for one in strange)
        if lost or not self._is_simple(whose.document) or not self._is_as_said(done, found, base, fills, lesson):
            return
        was = self._bases.get(found.key, base)
        if was is None or was.shared() != base.shared():
            self._bases[found.key] = None
            return
        if len(self._bases) >= MOST_BASES and found.key not in self._bases:
            self._bases.clear()
        self._bases[found.key] = was
        own = {_path(one.finding) for one in lesson.chosen.decisions if _is_span(one.finding) or _is_of_subject(one)}
        self._learn_units(was, found, fills, lesson, strange | own)

    def _learn_units(
        self, base: Base, found: _Sorted, fills: Sequence[bytes], lesson: Lesson, found_in: set[str]
    ) -> None:
        texts: dict[str, list[TextView]] = {}
        for view in views(lesson.whose.document, self._policy, WRITTEN):
            if isinstance(location := view.segments[0].location, TagPath):
                texts.setdefault(location.path, []).append(view)
        if len(base.units) >= MOST_UNITS:
            base.units.clear()
        modelled = any(getattr(detector(name, self._policy), "needs_prose", False) for name in self._policy.detectors)
        for key, places in found.units:
            paths = [lesson.paths[found.elements[index].start] for index in places]
            if any(_holds(path, one) for path in paths for one in found_in):
                continue
            read = tuple(
                text for path, held in texts.items() if any(_holds(one, path) for one in paths) for text in held
            )
            if modelled and any(view.prose for view in read):
                continue  # what a model of language sees depends a little on what else it reads
            unit, was = Unit(tuple(fills[index] for index in places), read), base.units.get(key, ...)
            if was is ...:
                base.units[key] = unit
            elif was is None or was.fills != unit.fills or len(was.texts) != len(read):
                base.units[key] = None

    def _is_simple(self, document: Document) -> bool:
        """Say whether a file is an object without documents in it, whose texts are in one set of letters."""
        kinds = {part.kind for part in document.parts}
        declared = str(document.part("dataset").value.get("SpecificCharacterSet") or "").encode("latin-1", "replace")
        plain = not any(one in declared for one in SWITCHING) and b"[" not in declared
        return kinds <= {PartKind.DATASET, PartKind.PIXELS} and plain and "dicom_tags" in self._policy.detectors

    def _is_as_said(self, done: Pass, found: _Sorted, base: Base, fills: Sequence[bytes], lesson: Lesson) -> bool:
        """Say whether operating on what is named gives what the plain way gave, for the same subject and what it told.

        What it told may be more where a text told of it, too.
        """
        subject, whose = lesson.chosen.subject_key, lesson.whose
        letters = all(done.data[one.start : one.end] == fill for one, fill in _sets(done, found, base.fills))
        try:
            said = all(self._operated(done, found.elements[one], subject) == fills[one] for one in found.named)
            owner, told = self._owner(done, found, base)
        except Unusual:
            return False
        known = {subject: whose.known.get(subject, ())} if whose.known else {}
        return letters and said and owner == subject and known == whose.known and {*told} <= {*known.get(subject, ())}

    def _owner(self, done: Pass, found: _Sorted, base: Base) -> tuple[str, tuple[KnownValue, ...]]:
        """Return a file's subject, and what its named elements and file meta tell; Unusual where nobody is named."""
        told, subject = dict.fromkeys(base.known), ""
        for index in found.named:
            element = found.elements[index]
            text, named = _text(done, element), element.mode.payload
            if text and named.entity_type is EntityType.MRN and not subject:
                subject = self._key.subject("mrn", text)
            if text and not is_label(text):
                told[KnownValue(named.entity_type, text)] = None
        if not subject:
            raise Unusual
        return subject, tuple(told)

    def _operated(self, done: Pass, element: Element, subject: str) -> bytes:
        """Return what a named element becomes."""
        named: Named = element.mode.payload
        vr, params = element.mode.vr, MappingProxyType(dict(named.action.params))
        site = Site(named.entity_type, subject, self._key, params, vr, self._code, self._lists)
        value = registry.load("operators", named.action.operator)(_text(done, element), site)
        if value is None:
            return b""
        text = fitted(vr, str(value))
        if not text.isascii():
            raise Unusual
        raw = text.encode() + b" " * (len(text) % 2)
        head = done.data[element.start : element.start + (4 if done.implicit else 6)]
        if done.implicit:
            return head + pack("<I", len(raw)) + raw
        return head + (pack("<HI", 0, len(raw)) if vr.encode() in LONG_VRS else pack("<H", len(raw))) + raw


def _sorted(done: Pass, common: bytes) -> _Sorted:
    """Sort what a pass left open; the texts of one sequence are one unit."""
    held, base, named = list[Element](), list[int](), list[int]()
    units, told = list[tuple[_Key, list[int]]](), [common, b"pixels" if done.pixels else b""]
    for hole in done.looked_up:
        under, marker = hole.under, hole.marker
        for start, end, mode in hole.elements():
            index, raw, payload = len(held), done.data[start:end], mode.payload
            held.append(Element(start, end, mode))
            if payload.__class__ is Named:
                named.append(index)
            elif payload == BASE:
                base.append(index)
                told.append(raw)
            elif not under:
                units.append((raw, [index]))
            elif units and units[-1][0][0] == under:
                units[-1] = (*units[-1][0], marker, raw), [*units[-1][1], index]
            else:
                units.append(((under, marker, raw), [index]))
    return _Sorted(blake2b(b"\0\xff".join(told), digest_size=32).digest(), held, base, named, units)


def _text(done: Pass, element: Element) -> str:
    """Return the text of a named element; Unusual where it is not plainly written."""
    long = not done.implicit and element.mode.vr.encode() in LONG_VRS
    raw = done.data[element.start + (12 if long else 8) : element.end]
    if not (raw or element.mode.payload.always):
        raise Unusual
    if PLAIN.fullmatch(raw) is None or (element.mode.vr == "PN" and (b"=" in raw or raw.rstrip().endswith(UNSURE_END))):
        raise Unusual
    return raw.decode("ascii").rstrip(" ")


def _tells(finding: Finding) -> bool:
    """Say whether a finding tells of its subject what is then known of it."""
    return finding.score >= SURE and finding.entity_type in KNOWN


def _is_span(finding: Finding) -> bool:
    return isinstance(finding.location, TagPath) and finding.location.start is not None


def _is_of_subject(decision: Decision) -> bool:
    """Say whether what takes a value's place may depend on whose it is."""
    return changes(decision) and not decision.action.operator.startswith("dicom_")


def _sets(done: Pass, found: _Sorted, fills: Sequence[bytes]) -> list[tuple[Element, bytes]]:
    """Return the declarations of character sets, and what they became."""
    held = [(found.elements[index], fill) for index, fill in zip(found.base, fills, strict=True)]
    return [(one, fill) for one, fill in held if done.data[one.start : one.start + 4] == CHARACTER_SET]


def _path(finding: Finding) -> str:
    return finding.location.path if isinstance(finding.location, TagPath) else ""


def _holds(path: str, other: str) -> bool:
    """Say whether an element is the other, or holds it."""
    return other == path or other.startswith(path + "[")


def _values(whose: Identified, findings: Sequence[Finding]) -> tuple[KnownValue, ...]:
    """Return what findings in the file meta told."""
    texts = ((one.entity_type, edit.get(whose.document, one.location)) for one in findings)
    return tuple(
        dict.fromkeys(
            KnownValue(label, text) for label, text in texts if isinstance(text, str) and text and not is_label(text)
        )
    )

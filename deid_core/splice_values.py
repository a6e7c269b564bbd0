"""Do a DICOM header whose values are new by what is known of each value alone, where no text holds a known one.

A file that was done in the plain way teaches its base (file meta, character set, geometry of samples), and of each text
in which nothing was found that it stays, or goes, as it did. Another file of that base may hold other such texts, and
belong to someone else: the values that identify by their tags are then operated on, and sought in its texts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from struct import pack
from types import MappingProxyType
from typing import Any, NamedTuple

from deid_core import edit, registry
from deid_core.entities import EntityType
from deid_core.ingest.dicom_pixels import Layout
from deid_core.ingest.dicom_recipe import Pass
from deid_core.ingest.dicom_scan import Unusual
from deid_core.ingest.dicom_structure import LONG_VRS
from deid_core.ingest.representations import fitted
from deid_core.keys import ProjectKey
from deid_core.model import Decision, Document, Finding, PartKind, Plan, TagPath
from deid_core.pipeline import KNOWN, SURE, WRITTEN, Identified, changes, is_label, models_of
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Site, TextQuery
from deid_core.search import Recall, detector, is_alone, textual, views
from deid_core.splice_modes import Named
from deid_core.splice_sorted import Element, Key, Sorted, sorted_of, text_of_named
from deid_core.splice_texts import Texts, Unit
from deid_core.view import TextView

MOST_BASES, MOST_UNITS = 64, 4096
MOST_GROUPS = 256  # files whose texts are the same
MOST_WAITING, LARGE = 16, 4 << 20  # files that wait to be learned, and bytes of one that does not
SWITCHING = (b"2022", b"IR 13")  # character sets of several parts, or without a backslash
APART = " \n. \n"
CHARACTER_SET = b"\x08\x00\x05\x00"


Shape = tuple[int, int, int]  # frames, rows, columns


@dataclass(slots=True)
class Base:
    """Hold what all files of one base have in common, and the units that were learned in them."""

    meta: tuple[bytes, bytes] = field(repr=False)
    marks: tuple[bytes, ...] = field(repr=False)
    layout: Layout | None
    shape: Shape
    fills: tuple[bytes, ...] = field(default=(), repr=False)
    known: tuple[KnownValue, ...] = field(default=(), repr=False)  # of the file meta
    units: dict[Key, Unit | None] = field(default_factory=dict, repr=False)

    def shared(self) -> tuple[object, ...]:
        """Return what must be the same in every file."""
        return self.meta, self.marks, self.layout, self.shape, self.fills, self.known


class Lesson(NamedTuple):
    """Hold what a file in the plain way teaches: the path at each offset, whose it is, and the plan carried out."""

    paths: Mapping[int, str]
    whose: Identified
    chosen: Plan


class _Group:
    """Hold the units of files whose texts are the same, what all but named values become, and all their texts in one.

    `numbers` and `starts` are of each text: its unit's, and its offset; `telling` are the units with findings.
    """

    def __init__(self, units: list[Unit], fills: list[bytes]) -> None:
        """Join the texts: what stands between two is no part of any value."""
        texts = [(number, view.text) for number, unit in enumerate(units) for view in unit.texts]
        self.units, self.fills, self.text = units, fills, APART.join(text for _, text in texts)
        self.numbers = [number for number, _ in texts]
        self.starts = [0, *accumulate(len(text) + len(APART) for _, text in texts)]
        self.telling = [number for number, unit in enumerate(units) if unit.findings]


class Values:
    """Remember what single values become, under one policy and key."""

    def __init__(self, policy: Policy, key: ProjectKey, recall: Recall, code: Callable[[str], str]) -> None:
        """Take what a splicer takes."""
        self._policy, self._key, self._recall, self._code = policy, key, recall, code
        self._texts = Texts(policy, key, code)
        self._lists = {str(name): values for name, values in policy.surrogates.items()}
        self._bases: dict[bytes, Base | None] = {}
        self._groups: dict[tuple[Any, ...], _Group] = {}
        self._blind: dict[tuple[str, str, bytes], bytes] = {}  # what operators make that do not see the value
        self._waiting: dict[bytes, list[tuple[Pass, Sorted, Base, Sequence[bytes], Lesson]]] = {}  # by base

    def filled(self, done: Pass, common: bytes) -> tuple[str, tuple[bytes, ...], Base] | None:
        """Return (subject, what is looked up becomes, base) of a file, None where any of it is new.

        `common` is the file meta but for the instance; raises Unusual where a name is not plainly written.
        """
        found = sorted_of(done, common)
        self._learn_all(found.key)
        base = self._bases.get(found.key)
        if base is None:
            return None
        group = self._group(done, found, base)
        if group is None:
            return None
        read = [text_of_named(done, found.elements[index]) for index in found.named]
        subject, known = self._owner(found, base, read)
        fills, known = [*group.fills], tuple(dict.fromkeys((*known, *self._recall(subject))))
        for number in {*group.telling, *self._touched(group, known)}:
            key, places = found.units[number]
            put = self._done_alone(done, base, key, group.units[number], subject, known)
            if put is None:
                return None
            for index, fill in zip(places, put, strict=True):
                fills[index] = fill
        for index, text in zip(found.named, read, strict=True):
            fills[index] = self._operated(done, found.elements[index], text, subject)
        return subject, tuple(fills), base

    def _units(self, done: Pass, found: Sorted, base: Base) -> list[Unit] | None:
        """Return the units of a file, doing by itself each text that is new; None where that does not do."""
        units = []
        for key, _ in found.units:
            unit = base.units.get(key, ...)
            if unit is ... and isinstance(key, bytes):
                if len(base.units) >= MOST_UNITS:
                    base.units.clear()
                unit = base.units[key] = self._texts.unit(key, implicit=done.implicit)
            if unit is None or unit is ...:
                return None
            units.append(unit)
        return units

    def _group(self, done: Pass, found: Sorted, base: Base) -> _Group | None:
        """Return what files have in common whose texts are the same, and whose named values need not be."""
        name = found.key, *found.named, -1, *found.base, -1, *(key for key, _ in found.units)
        group = self._groups.get(name)
        if group is None and (units := self._units(done, found, base)) is not None:
            fills = [b""] * len(found.elements)
            for index, fill in zip(found.base, base.fills, strict=True):
                fills[index] = fill
            for (_, places), unit in zip(found.units, units, strict=True):
                for index, fill in zip(places, unit.fills, strict=True):
                    fills[index] = fill
            if len(self._groups) >= MOST_GROUPS:
                self._groups.clear()
            group = self._groups[name] = _Group(units, fills)
        return group

    def _touched(self, group: _Group, known: tuple[KnownValue, ...]) -> frozenset[int]:
        """Return the numbers of the units in which known values may stand: all are searched in one."""
        if not group.numbers or "known_values" not in self._policy.detectors:
            return frozenset()
        (spans,) = detector("known_values", self._policy).find([TextQuery(group.text, known)])
        return frozenset(
            group.numbers[at]
            for span in spans
            for at in range(bisect_right(group.starts, span.start) - 1, bisect_left(group.starts, span.end))
            if at < len(group.numbers)
        )

    def _done_alone(
        self, done: Pass, base: Base, key: Key, unit: Unit, subject: str, known: tuple[KnownValue, ...]
    ) -> tuple[bytes, ...] | None:
        """Return what a unit becomes in which known values may stand; None where they stand in more than one text."""
        told = "known_values" in self._policy.detectors
        if not unit.findings and not (
            told and any(textual(unit.texts, self._policy, ("known_values",), lambda _: known))
        ):
            return unit.fills
        one = unit if unit.document else base.units.get(key)
        if isinstance(key, bytes) and (one is None or one.document is None):
            one = base.units[key] = self._texts.unit(key, implicit=done.implicit)
        if one is None or one.document is None:
            return None
        return (self._texts.filled(one, subject, known, implicit=done.implicit),)

    def learn(self, done: Pass, common: bytes, base: Base, fills: Sequence[bytes], lesson: Lesson) -> None:
        """Learn a file's base and units, when another file of that base comes, or of many others."""
        found = sorted_of(done, common)
        self._waiting.setdefault(found.key, []).append((done, found, base, fills, lesson))
        while sum(map(len, self._waiting.values())) > MOST_WAITING or len(done.data) > LARGE:
            self._learn_all(next(iter(self._waiting)))
            if not self._waiting:
                break

    def _learn_all(self, key: bytes) -> None:
        for waiting in self._waiting.pop(key, ()):
            self._learn(*waiting)

    def _learn(self, done: Pass, found: Sorted, base: Base, fills: Sequence[bytes], lesson: Lesson) -> None:
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
        self._groups.clear()
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
        self, base: Base, found: Sorted, fills: Sequence[bytes], lesson: Lesson, found_in: set[str]
    ) -> None:
        texts: dict[str, list[TextView]] = {}
        for view in views(lesson.whose.document, self._policy, WRITTEN):
            if isinstance(location := view.segments[0].location, TagPath):
                texts.setdefault(location.path, []).append(view)
        if len(base.units) >= MOST_UNITS:
            base.units.clear()
        modelled = bool(models_of(self._policy))
        for key, places in found.units:
            paths = [lesson.paths[found.elements[index].start] for index in places]
            if any(_holds(path, one) for path in paths for one in found_in):
                continue
            read = tuple(
                text for path, held in texts.items() if any(_holds(one, path) for one in paths) for text in held
            )
            if modelled and any(view.prose and not is_alone(view) for view in read):
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

    def _is_as_said(self, done: Pass, found: Sorted, base: Base, fills: Sequence[bytes], lesson: Lesson) -> bool:
        """Say whether operating on what is named gives what the plain way gave, for the same subject and what it told.

        What it told may be more where a text told of it, too.
        """
        subject, whose = lesson.chosen.subject_key, lesson.whose
        letters = all(done.data[one.start : one.end] == fill for one, fill in _sets(done, found, base.fills))
        try:
            read = [(one, text_of_named(done, found.elements[one])) for one in found.named]
            said = all(self._operated(done, found.elements[one], text, subject) == fills[one] for one, text in read)
            owner, told = self._owner(found, base, [text for _, text in read])
        except Unusual:
            return False
        known = {subject: whose.known.get(subject, ())} if whose.known else {}
        return letters and said and owner == subject and known == whose.known and {*told} <= {*known.get(subject, ())}

    def _owner(self, found: Sorted, base: Base, read: Sequence[str]) -> tuple[str, tuple[KnownValue, ...]]:
        """Return a file's subject, and what its named elements and file meta tell; Unusual where nobody is named.

        `read` are the texts of the named elements.
        """
        told, subject = dict.fromkeys(base.known), ""
        for index, text in zip(found.named, read, strict=True):
            named = found.elements[index].mode.payload
            if text and named.entity_type is EntityType.MRN and not subject:
                subject = self._key.subject("mrn", text)
            if text and not is_label(text):
                told[KnownValue(named.entity_type, text)] = None
        if not subject:
            raise Unusual
        return subject, tuple(told)

    def _operated(self, done: Pass, element: Element, text: str, subject: str) -> bytes:
        """Return what a named element with that text becomes."""
        named: Named = element.mode.payload
        vr, implicit = element.mode.vr, done.implicit
        head = done.data[element.start : element.start + (4 if implicit else 6)]
        operate = registry.load("operators", named.action.operator)
        if not operate.blind:
            params = MappingProxyType(dict(named.action.params))
            site = Site(named.entity_type, subject, self._key, params, vr, self._code, self._lists)
            return _element(head, vr, operate(text, site), implicit=implicit)
        name = named.action.operator, vr, head
        put = self._blind.get(name)
        if put is None:
            value = operate(None, Site(named.entity_type, "", self._key))
            put = self._blind[name] = _element(head, vr, value, implicit=implicit)
        return put


def _element(head: bytes, vr: str, value: Any, *, implicit: bool) -> bytes:
    """Return the bytes of an element with a value: none where the value is None; Unusual for other letters than ASCII.

    `head` is its tag, and its representation where that is written.
    """
    if value is None:
        return b""
    new = fitted(vr, str(value))
    if not new.isascii():
        raise Unusual
    raw = new.encode() + b" " * (len(new) % 2)
    if implicit:
        return head + pack("<I", len(raw)) + raw
    return head + (pack("<HI", 0, len(raw)) if vr.encode() in LONG_VRS else pack("<H", len(raw))) + raw


def _tells(finding: Finding) -> bool:
    """Say whether a finding tells of its subject what is then known of it."""
    return finding.score >= SURE and finding.entity_type in KNOWN


def _is_span(finding: Finding) -> bool:
    return isinstance(finding.location, TagPath) and finding.location.start is not None


def _is_of_subject(decision: Decision) -> bool:
    """Say whether what takes a value's place may depend on whose it is."""
    return changes(decision) and not decision.action.operator.startswith("dicom_")


def _sets(done: Pass, found: Sorted, fills: Sequence[bytes]) -> list[tuple[Element, bytes]]:
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

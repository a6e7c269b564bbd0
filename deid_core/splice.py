"""De-identify DICOM headers by splicing a file's bytes, with the very result of the plain way.

The plain way (read, identify, plan, apply, write) does the first file of a kind and teaches what becomes of each of its
elements. A later file whose texts and other telling values are byte for byte those of one that was learned differs
from it only in values that are mapped each on its own: UIDs, numbers, dates, samples. Those are mapped here and the
rest is copied; a file that differs in more goes the plain way, and is learned in turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from struct import error as StructError  # noqa: N812 - it is a class
from struct import pack
from types import MappingProxyType
from typing import Any

from deid_core import ingest, pipeline, registry
from deid_core.entities import EntityType
from deid_core.ingest.dicom import MEDIA_TYPE
from deid_core.ingest.dicom_pixels import NATIVE, Layout, layout_of, samples_of
from deid_core.ingest.dicom_recipe import UIDS, Hole, Kind, Mode, Pass, Table, frames_are_bare, rendered
from deid_core.ingest.dicom_scan import META_AT, Place, Unusual, dataset_at, places
from deid_core.ingest.pieces import Mapped, Pieces
from deid_core.ingest.representations import fitted
from deid_core.keys import ProjectKey
from deid_core.model import Decision, Document, PartKind, PixelBox, Plan, TagPath, Verdict
from deid_core.pipeline import KNOWN, changes
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Site, keyed_code
from deid_core.search import Recall
from deid_core.standards.ps3_15 import NUMBER_VRS, action

IMPLICIT = b"1.2.840.10008.1.2\0"
NO_SPLICE = (b"1.2.840.10008.1.2.2\0", b"1.2.840.10008.1.2.1.99")  # big endian, deflated
# the file meta elements of the transfer syntax, the SOP class and the SOP instance
SYNTAX, CLASS, INSTANCE = (bytes((2, 0, number, 0)) + b"UI" for number in (0x10, 2, 3))
MOST = 4096  # signatures, and UIDs, that are kept in memory
MOST_PLANS = 256  # signatures that are kept with the plans that were carried out
LONGEST = 16 << 20  # bytes of a file that is spliced by its plan; a longer one is written in pieces
TIMES = frozenset({"AS", "DA", "DT", "TM"})
SIZES = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SV": 8, "UL": 4, "UV": 8}
BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "OB or OW"})
GOES = frozenset({"X", "Z", "D"})  # whatever the value is
# representations whose dummy is one and the same
ALIKE = frozenset({"AE", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"})
ODD = (Unusual, StructError, ValueError, IndexError, RecursionError)  # what hostile bytes come to: the plain way judges
INDEX = re.compile(r"\[\d+\]")
# what describes the samples decides how they are written
GEOMETRY = frozenset(0x00280000 | number for number in (2, 3, 4, 6, 8, 0x10, 0x11, 0x100, 0x101, 0x102, 0x103))


@dataclass(frozen=True, slots=True)
class _Learned:
    """Hold what all files of one signature have in common; nothing of it is shown."""

    subject: str = field(repr=False)
    recalled: tuple[KnownValue, ...] = field(repr=False)
    fills: tuple[bytes, ...] = field(repr=False)
    marks: tuple[bytes, ...] = field(repr=False)
    meta: tuple[bytes, bytes] = field(repr=False)  # before and after the SOP Instance UID
    layout: Layout | None
    frames: int


# what a plan decides of elements, and for whom; None for a header whose plan is learned with it
_Planned = tuple[str, tuple[Decision, ...]] | None
_Name = tuple[bytes, _Planned]  # with a file's signature


class Splicer:
    """De-identify headers under one policy and key; it remembers in memory what it learned from earlier files.

    Pixels are written as they are, but for what is no pixel.
    """

    def __init__(
        self,
        policy: Policy,
        key: ProjectKey,
        recall: Recall = lambda _: (),
        code: Callable[[str], str] | None = None,
    ) -> None:
        """Take what `pipeline.plan` and `pipeline.apply` take."""
        self.policy, self.key, self.recall, self.code = policy, key, recall, code or keyed_code(key)
        self.spliced = self.plain = 0  # files that went either way
        self._tables: dict[tuple[bytes, str], Table] = {}  # by encoding and SOP class, and by path
        self._learned: dict[_Name, _Learned | None] = {}
        self._uids: dict[bytes, bytes] = {}
        self._map = registry.load("operators", "dicom_U")

    def deidentified(self, data: bytes, asset_id: str) -> bytes:
        """Return a file with its header de-identified; raise a Quarantine as reading, planning and applying do.

        Pixels are not searched: the file does not claim they were.
        """
        return self._spliced(data, None) or self._taught(data, asset_id)

    def written(self, data: Mapped, document: Document, chosen: Plan) -> bytes | Pieces:
        """Apply a plan to a document that was read from `data` and write it, as `pipeline.apply` and `ingest.write` do.

        A DICOM file whose plan covers no pixels is spliced where one like it with the same plan was learned; a large
        one is written in pieces.
        """
        pipeline.check_planned(document, chosen, self.policy)
        covers = any(isinstance(one.finding.location, PixelBox) and changes(one) for one in chosen.decisions)
        if not isinstance(data, bytes) or len(data) > LONGEST or document.media_type != MEDIA_TYPE:
            return ingest.written(pipeline.apply(document, chosen, self.policy, self.key, self.code))
        splices = not covers and chosen.subject_key != self._own(document)
        placed = tuple(one for one in chosen.decisions if not isinstance(one.finding.location, PixelBox))
        planned = chosen.subject_key, placed
        output = self._spliced(data, planned) if splices else None
        if output is None:
            output = ingest.write(pipeline.apply(document, chosen, self.policy, self.key, self.code))
            self._learn(data, output, document, chosen, planned) if splices else None
        return output

    def _own(self, document: Document) -> str:
        """Return the subject that a document without a patient's ID has for itself: no other file is like it."""
        return self.key.subject("asset", document.asset_id)

    def _spliced(self, data: bytes, planned: _Planned) -> bytes | None:
        """Return the output for a file like one that was learned; None for any other."""
        chunks: list[Any] = []
        try:
            done, signature = self._pass(data, dataset_at(data), chunks)
            learned = self._learned.get((signature, planned))
            known = learned is not None and (planned or self.recall(learned.subject) == learned.recalled)
            output = self._filled(done, learned, chunks) if learned and known else None
        except ODD:
            output = None
        self.spliced += output is not None
        self.plain += output is None
        return output

    def _pass(self, data: bytes, at: int, chunks: list[Any]) -> tuple[Pass, bytes]:
        """Go over a file; return the pass and its signature."""
        implicit, kind = _encoding(data, at)
        done = Pass(data, implicit, self._uid)
        done.walk(at, len(data), self._tables.setdefault((kind, ""), {}), chunks, top=True)
        if not done.sop_instance:
            raise Unusual
        instance = data.find(INSTANCE, META_AT, at)
        after = instance + 8 + int.from_bytes(data[instance + 6 : instance + 8], "little")
        meta = data[META_AT:instance] + data[after:at] if instance > 0 else data[META_AT:at]
        return done, blake2b(b"".join((meta, *done.signature)), digest_size=32).digest()

    def _filled(self, done: Pass, learned: _Learned, chunks: list[Any]) -> bytes:
        """Return the file of a pass with all its holes filled."""
        for hole, fill in zip((*done.looked_up, *done.marks), (*learned.fills, *learned.marks), strict=True):
            hole.chunks[hole.index] = fill
        for hole in done.operated:
            hole.chunks[hole.index] = self._operated(done, hole, learned.subject)
        if done.pixels:
            _put_pixels(done, done.pixels, learned)
        before, after = learned.meta
        uid = pack("<H", len(done.sop_instance)) + done.sop_instance
        length = pack("<I", len(before) + len(uid) + len(after))
        head = bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00" + length + before + uid + after
        return b"".join((head, rendered(chunks)))

    def _uid(self, raw: bytes) -> bytes:
        """Return the bytes of a value of UIDs, each mapped by the operator of action U."""
        new = self._uids.get(raw)
        if new is None:
            if raw and (UIDS.fullmatch(raw) is None):
                raise Unusual
            site = Site(EntityType.UID, "", self.key, vr="UI")
            text = fitted("UI", self._map(raw.decode().rstrip("\0"), site)) if raw else ""
            new = _even(text.encode(), b"\0")
            if len(self._uids) >= MOST:
                self._uids.clear()
            self._uids[raw] = new
        return new

    def _operated(self, done: Pass, hole: Hole, subject: str) -> bytes:
        if hole.mode is None:
            raise Unusual
        entity_type, chosen, _ = hole.mode.payload
        lists = {str(name): values for name, values in self.policy.surrogates.items()}
        params = MappingProxyType(dict(chosen.params))
        site = Site(entity_type, subject, self.key, params, hole.mode.vr, self.code, lists)
        value = registry.load("operators", chosen.operator)(done.data[hole.value : hole.end].decode().strip(), site)
        if value is None:
            return b""
        text = fitted(hole.mode.vr, str(value))
        if not text.isascii():
            raise Unusual
        raw = _even(text.encode(), b" ")
        size = 4 if done.implicit else 6
        return done.data[hole.start : hole.start + size] + pack("<I" if done.implicit else "<H", len(raw)) + raw

    def _taught(self, data: bytes, asset_id: str) -> bytes:
        """De-identify a file in the plain way, and learn from it what can be."""
        document = ingest.reader_for(MEDIA_TYPE).read(data, asset_id, self.key)
        head = replace(document, parts=tuple(part for part in document.parts if part.kind is not PartKind.PIXELS))
        whose = pipeline.identify(head, self.policy, self.key)
        chosen = pipeline.plan(whose, "", self.policy, self.key, self.recall)
        cleaned = pipeline.apply(whose.document, chosen, self.policy, self.key, self.code)
        pixels = tuple(part for part in document.parts if part.kind is PartKind.PIXELS)
        output = ingest.write(replace(cleaned, parts=(*cleaned.parts, *pixels)))
        if chosen.subject_key != self._own(document):  # else it is learned for this file alone
            self._learn(data, output, document, chosen, None)
        return output

    def _learn(self, data: bytes, output: bytes, document: Document, chosen: Plan, planned: _Planned) -> None:
        with suppress(*ODD):  # such a file always goes the plain way
            self._teach_all(data, output, document, chosen, planned)

    def _teach_all(self, data: bytes, output: bytes, document: Document, chosen: Plan, planned: _Planned) -> None:
        at = dataset_at(data)
        implicit, kind = _encoding(data, at)
        found = list(places(data, at, len(data), implicit=implicit))
        put_at = dataset_at(output)
        put = {
            place.path: output[place.start : place.end]
            for place in places(output, put_at, len(output), implicit=implicit)
        }
        decided = {
            location.path: decision
            for decision in chosen.decisions
            if isinstance(location := decision.finding.location, TagPath)
        }
        for place in found:
            self._teach(data, place, decided.get(place.path), put.get(place.path), kind)
        chunks: list[Any] = []
        done, signature = self._pass(data, at, chunks)
        name = signature, planned
        if self._learned.get(name, ...) is None:
            return
        paths = {place.start: place.path for place in found}
        fills = tuple(put.get(paths[hole.start], b"") for hole in done.looked_up)
        present = {place.path for place in found}
        marks = tuple(b"" if (path := f"{hole.start:08X}") in present else put.get(path, b"") for hole in done.marks)
        recalled = self.recall(chosen.subject_key)
        meta = _meta(output, put_at)
        learned = _Learned(chosen.subject_key, recalled, fills, marks, meta, *_pixels_of(document))
        if len(self._learned) >= (MOST if planned is None else MOST_PLANS):
            self._learned.clear()
        self._learned[name] = learned if self._filled(done, learned, chunks) == output else None

    def _teach(self, data: bytes, place: Place, decision: Decision | None, put: bytes | None, kind: bytes) -> None:
        """Add an element's mode to the table of what holds it; EXACT where two files say different things."""
        parent = INDEX.sub("", place.path).rpartition(".")[0] if "." in place.path else ""
        table = self._tables.setdefault((kind, parent), {})
        name = data[place.start : place.start + (4 if kind.startswith(IMPLICIT) else 6)]
        mode = self._mode(place, decision, put, kind)
        was = table.get(name)
        if was is not None and was != mode and not (was.kind is Kind.ITEMS and mode.kind is Kind.ITEMS):
            if place.end == place.value and was.kind is not Kind.EXACT:
                return  # an empty value tells nothing of others
            if not (was.kind is Kind.EXACT and was.payload == "empty"):
                mode = Mode(Kind.EXACT)
        table[name] = mode

    def _mode(self, place: Place, decision: Decision | None, put: bytes | None, kind: bytes) -> Mode:
        tag, vr, options = place.tag, place.vr, self.policy.dicom.options
        code = action(tag, vr, options)
        if tag & 0xFFFF == 0 and not (tag >> 16) & 1:
            return Mode(Kind.DROP)  # a group length
        judged = (tag >> 16) & 1 and "retain_safe_private" in options  # by its creator and its value
        if judged or vr == "UN" or not vr:
            return Mode(Kind.DROP) if decision and code == "X" and put is None and not judged else EXACT
        if decision is not None and decision.verdict is not Verdict.KEEP:
            return self._mode_decided(place, decision, put, code)
        if vr == "SQ":
            return Mode(Kind.ITEMS, self._tables.setdefault((kind, INDEX.sub("", place.path)), {}), vr)
        return _mode_kept(place, decision, code)

    def _mode_decided(self, place: Place, decision: Decision, put: bytes | None, code: str) -> Mode:
        location, name, entity = decision.finding.location, decision.action.operator, decision.finding.entity_type
        whole = isinstance(location, TagPath) and location.start is None
        if not whole or entity in KNOWN:
            return EXACT
        if name == "dicom_U" and place.vr == "UI":
            return Mode(Kind.UID)
        given = name.removeprefix("dicom_")
        alike = given in {"X", "Z"} or (given == "D" and place.vr in ALIKE)
        if code in GOES and alike and place.vr not in {"UI", "DS", "IS"}:
            return Mode(Kind.DROP if put is None else Kind.CONSTANT, put, place.vr)
        if place.vr in TIMES and not name.startswith("dicom_"):
            return Mode(Kind.OPERATE, (entity, decision.action, code in GOES), place.vr)
        return EXACT


EXACT = Mode(Kind.EXACT)


def _mode_kept(place: Place, decision: Decision | None, code: str) -> Mode:
    """Return what becomes of an element that is not a sequence and on which nobody decided that it goes."""
    tag, vr = place.tag, place.vr
    mode = Mode(Kind.EXACT, "empty" if place.end == place.value else None)
    if code == "U" and vr == "UI":
        mode = Mode(Kind.UID)
    elif vr in BULK:
        mode = Mode(Kind.PIXELS, None, vr) if tag == 0x7FE00010 else EXACT
    elif vr in NUMBER_VRS and tag not in GEOMETRY:
        mode = Mode(Kind.KEEP, SIZES.get(vr, 2))
    elif tag not in GEOMETRY and (vr in {"DS", "IS"} or (vr in TIMES and _stays(vr, decision, code))):
        mode = Mode(Kind.FORMED, None, vr)
    return mode


def _stays(vr: str, decision: Decision | None, code: str) -> bool:
    """Say whether a date, time or age is kept whatever it is: by the standard, or by the policy's rule for it."""
    if decision is None:
        return code == "K" and vr != "AS"
    location = decision.finding.location
    whole = isinstance(location, TagPath) and location.start is None
    return whole and decision.finding.entity_type not in KNOWN


def _encoding(data: bytes, at: int) -> tuple[bool, bytes]:
    """Say whether a file's dataset is in implicit VR, and name its transfer syntax and SOP class, by its file meta."""
    syntax = _meta_value(data, SYNTAX, at)
    if syntax in NO_SPLICE:
        raise Unusual
    return syntax == IMPLICIT, syntax + b" " + _meta_value(data, CLASS, at)


def _meta_value(data: bytes, name: bytes, at: int) -> bytes:
    start = data.find(name, META_AT, at)
    if start < 0:
        raise Unusual
    return data[start + 8 : start + 8 + int.from_bytes(data[start + 6 : start + 8], "little")]


def _even(raw: bytes, pad: bytes) -> bytes:
    return raw + pad if len(raw) % 2 else raw


def _meta(output: bytes, at: int) -> tuple[bytes, bytes]:
    """Return the file meta of an output before and after its SOP Instance UID's length and value."""
    instance = output.find(INSTANCE, META_AT, at)
    if instance < 0:
        raise Unusual
    length = int.from_bytes(output[instance + 6 : instance + 8], "little")
    return output[META_AT : instance + 6], output[instance + 8 + length : at]


def _pixels_of(document: Document) -> tuple[Layout | None, int]:
    """Return the layout of native samples, and how many frames there are; Unusual where overlays lie in them."""
    if "pixels" not in document:
        return None, 0
    dataset = document.part("dataset").value
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in NATIVE:
        return layout_of(dataset, syntax), 0
    if any(int(tag) >> 24 == 0x60 for tag in dataset.keys()) or "ExtendedOffsetTable" in dataset:  # noqa: SIM118
        raise Unusual
    return None, int(dataset.get("NumberOfFrames") or 1)


def _put_pixels(done: Pass, hole: Hole, learned: _Learned) -> None:
    view = memoryview(done.data)
    if learned.layout is None:
        if not frames_are_bare(done.data, hole.value, hole.end, learned.frames):
            raise Unusual
        hole.chunks[hole.index] = view[hole.start : hole.end]
        return
    value = view[hole.value : hole.end]
    if len(value) < learned.layout.length:
        raise Unusual
    samples = samples_of(value, learned.layout)
    if isinstance(samples, memoryview) and len(samples) == len(value):
        hole.chunks[hole.index] = view[hole.start : hole.end]
    else:
        head = view[hole.start : hole.value - 4]
        hole.chunks[hole.index] = b"".join((head, pack("<I", len(samples)), samples))

"""De-identify DICOM headers by splicing a file's bytes, with the very result of the plain way.

The plain way (read, identify, plan, apply, write) does the first file of a kind and teaches what becomes of each of its
elements. A later file whose texts and other telling values are byte for byte those of one that was learned differs
from it only in values that are mapped each on its own: UIDs, numbers, dates, samples. Those are mapped here and the
rest is copied. A file that differs in more is done by what single values became (`splice_values`), where that tells,
and otherwise goes the plain way, and is learned in turn.
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
from deid_core.ingest.actions import SAFE_PRIVATE
from deid_core.ingest.dicom import MEDIA_TYPE, DicomReader
from deid_core.ingest.dicom_frames import geometry
from deid_core.ingest.dicom_pixels import NATIVE, Layout, layout_of, samples_of
from deid_core.ingest.dicom_recipe import UIDS, Hole, Kind, Mode, Pass, Table, frames_are_bare, rendered
from deid_core.ingest.dicom_runs import Run
from deid_core.ingest.dicom_scan import META_AT, Place, Unusual, dataset_at, places, without_private
from deid_core.ingest.pieces import Mapped, Pieces
from deid_core.ingest.representations import fitted
from deid_core.keys import UID_ROOT, ProjectKey
from deid_core.model import Decision, Document, PartKind, PixelBox, Plan, TagPath
from deid_core.pipeline import Identified, changes
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Site, keyed_code
from deid_core.search import Recall
from deid_core.splice_header import IMPLICIT, INSTANCE, MAKER, SERIES, encoding, holds_number, near, own_tags
from deid_core.splice_modes import PIXELS, fates, mode_of
from deid_core.splice_values import Base, Lesson, Shape, Values

MOST = 4096  # signatures, and UIDs, that are kept in memory
MOST_PLANS = 256  # signatures that are kept with the plans that were carried out
LONGEST = 16 << 20  # bytes of a file that is spliced by its plan; a longer one is written in pieces
ODD = (Unusual, StructError, ValueError, IndexError, RecursionError)  # what hostile bytes come to: the plain way judges
INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class _Learned:
    """Hold what all files of one signature have in common; nothing of it is shown."""

    subject: str = field(repr=False)
    recalled: tuple[KnownValue, ...] = field(repr=False)
    fills: tuple[bytes, ...] = field(repr=False)
    marks: tuple[bytes, ...] = field(repr=False)
    meta: tuple[bytes, bytes] = field(repr=False)  # before and after the SOP Instance UID
    layout: Layout | None
    shape: Shape
    joined: dict[tuple[Run, int], bytes] = field(default_factory=dict, repr=False)  # of runs that are filled

    def filled(self, run: Run | None, at: int) -> tuple[bytes, int]:
        """Return what fills the next place, an element's or a run's, and the number of the fill after it."""
        if run is None:
            return self.fills[at], at + 1
        blob, after = self.joined.get((run, at)), at + len(run.blanks)
        if blob is None:
            if len(self.joined) >= MOST:
                self.joined.clear()
            if after > len(self.fills):
                raise Unusual
            blob = self.joined[run, at] = run.filled(self.fills[at:after])
        return blob, after


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
        self._map, self._site = registry.load("operators", "dicom_U"), Site(EntityType.UID, "", key, vr="UI")
        self._values, self._own_tags = Values(policy, key, recall, self.code), own_tags(policy.dicom.options)

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
            done, signature, common = self._pass(data, dataset_at(data), chunks)
            name = signature, planned
            seen = planned is not None or name in self._learned
            learned = self._learned.get(name) if seen else self._by_values(done, name, common)
            known = learned is not None and (planned or self.recall(learned.subject) == learned.recalled)
            output = self._filled(done, learned, chunks) if learned and known else None
            if output is not None and planned is None and holds_number(done, output, self._own_tags):
                output = None
        except ODD:
            output = None
        self.spliced += output is not None
        self.plain += output is None
        return output

    def _by_values(self, done: Pass, name: _Name, common: bytes) -> _Learned | None:
        """Return what is learned of a file by what its values alone become, and remember it."""
        found = self._values.filled(done, common)
        if found is None:
            return None
        subject, fills, base = found
        learned = _Learned(subject, self.recall(subject), fills, base.marks, base.meta, base.layout, base.shape)
        self._remember(name, learned)
        return learned

    def _remember(self, name: _Name, learned: _Learned | None) -> None:
        if len(self._learned) >= (MOST if name[1] is None else MOST_PLANS):
            self._learned.clear()
        self._learned[name] = learned

    def _pass(self, data: bytes, at: int, chunks: list[Any]) -> tuple[Pass, bytes, bytes]:
        """Go over a file; return the pass, its signature, and its file meta but for the instance."""
        implicit, kind = encoding(data, at)
        series, *maker = (near(data, at, tag, implicit=implicit) for tag in (SERIES, *MAKER))
        done = Pass(data, implicit, self._uid, series=series, maker=b"".join(maker))
        done.walk(at, len(data), self._table(kind, ""), chunks, top=True)
        if not done.sop_instance:
            raise Unusual
        instance = data.find(INSTANCE, META_AT, at)
        after = instance + 8 + int.from_bytes(data[instance + 6 : instance + 8], "little")
        meta = data[META_AT:instance] + data[after:at] if instance > 0 else data[META_AT:at]
        return done, blake2b(b"".join((meta, *done.signature)), digest_size=32).digest(), meta

    def _table(self, kind: bytes, path: str) -> Table:
        found = self._tables.get((kind, path))
        if found is None:
            found = self._tables[kind, path] = Table()
        return found

    def _filled(self, done: Pass, learned: _Learned, chunks: list[Any]) -> bytes:
        """Return the file of a pass with all its holes filled."""
        at = 0
        for hole in done.looked_up:
            hole.chunks[hole.index], at = learned.filled(hole.run, at)
        if at != len(learned.fills):
            raise Unusual
        for hole, mark in zip(done.marks, learned.marks, strict=True):
            hole.chunks[hole.index] = mark
        for hole in done.operated:
            hole.chunks[hole.index] = self._operated(done, hole, learned.subject)
        if done.pixels:
            _put_pixels(done, done.pixels, learned)
        before, after = learned.meta
        uid = pack("<H", len(done.sop_instance)) + done.sop_instance
        length = pack("<I", len(before) + len(uid) + len(after))
        head = bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00" + length + before + uid + after
        return rendered(chunks, head)

    def _uid(self, raw: bytes) -> bytes:
        """Return the bytes of a value of UIDs, each mapped by the operator of action U."""
        new = self._uids.get(raw)
        if new is None:
            if raw and (UIDS.fullmatch(raw) is None):
                raise Unusual
            text = self._map(raw.decode().rstrip("\0"), self._site) if raw else ""
            if not (text.startswith(UID_ROOT) and "\\" not in text):  # that is what is derived: always valid
                text = fitted("UI", text)
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
        document = ingest.reader_for(MEDIA_TYPE).read(self._lean(data), asset_id, self.key)
        head = replace(document, parts=tuple(part for part in document.parts if part.kind is not PartKind.PIXELS))
        whose = pipeline.identify(head, self.policy, self.key)
        chosen = pipeline.plan(whose, "", self.policy, self.key, self.recall)
        cleaned = pipeline.apply(whose.document, chosen, self.policy, self.key, self.code)
        pixels = tuple(part for part in document.parts if part.kind is PartKind.PIXELS)
        whole = replace(cleaned, parts=(*cleaned.parts, *pixels))
        output = b"".join(DicomReader().written(whole, owned=cleaned.parts[0].value is not head.parts[0].value))
        if chosen.subject_key != self._own(document):  # else it is learned for this file alone
            self._learn(data, output, document, chosen, None, whose)
        return output

    def _lean(self, data: bytes) -> bytes:
        """Return a file without the private elements that go, whatever is in them: they need not be read for that."""
        with suppress(*ODD):
            at = dataset_at(data)
            if SAFE_PRIVATE not in self.policy.dicom.options and not encoding(data, at)[0]:
                return without_private(data, at)
        return data

    def _learn(self, data: bytes, output: bytes, document: Document, *how: Any) -> None:
        with suppress(*ODD):  # such a file always goes the plain way
            self._teach_all(data, output, document, *how)

    def _teach_all(
        self,
        data: bytes,
        output: bytes,
        document: Document,
        chosen: Plan,
        planned: _Planned,
        whose: Identified | None = None,
    ) -> None:
        at = dataset_at(data)
        implicit, kind = encoding(data, at)
        found = list(places(data, at, len(data), implicit=implicit))
        put_at = dataset_at(output)
        put = {
            place.path: output[place.start : place.end]
            for place in places(output, put_at, len(output), implicit=implicit)
            if place.tag != PIXELS
        }
        decided = {
            location.path: decision
            for decision in chosen.decisions
            if isinstance(location := decision.finding.location, TagPath)
        }
        fated = fates(data, found) if SAFE_PRIVATE in self.policy.dicom.options else {}
        for place in found:
            items = self._table(kind, INDEX.sub("", place.path)) if place.vr == "SQ" else None
            how = decided.get(place.path), put.get(place.path), items, self.policy.dicom.options
            self._teach(data, place, kind, mode_of(place, *how, fated.get(place.path, "")))
        chunks: list[Any] = []
        done, signature, common = self._pass(data, at, chunks)
        name = signature, planned
        if self._learned.get(name, ...) is None:
            return
        paths = {place.start: place.path for place in found}
        fills = tuple(put.get(paths[start], b"") for hole in done.looked_up for start, *_ in hole.elements())
        present = {place.path for place in found}
        marks = tuple(b"" if (path := f"{hole.start:08X}") in present else put.get(path, b"") for hole in done.marks)
        recalled = self.recall(chosen.subject_key)
        base = Base(_meta(output, put_at), marks, *_pixels_of(document))
        learned = _Learned(chosen.subject_key, recalled, fills, marks, base.meta, base.layout, base.shape)
        if self._filled(done, learned, chunks) != output:
            self._remember(name, None)
            return
        self._remember(name, learned)
        if whose:
            self._values.learn(done, common, base, fills, Lesson(paths, whose, chosen))

    def _teach(self, data: bytes, place: Place, kind: bytes, mode: Mode) -> None:
        """Add an element's mode to the table of what holds it; EXACT where two files say different things."""
        parent = INDEX.sub("", place.path).rpartition(".")[0] if "." in place.path else ""
        table = self._table(kind, parent)
        name = data[place.start : place.start + (4 if kind.startswith(IMPLICIT) else 6)]
        was = table.get(name)
        if was is not None and was != mode and not (was.kind is Kind.ITEMS and mode.kind is Kind.ITEMS):
            if place.end == place.value and was.kind is not Kind.EXACT:
                return  # an empty value tells nothing of others
            if not (was.kind is Kind.EXACT and was.payload == "empty"):
                mode = Mode(Kind.EXACT)
        table.learn(name, mode)


def _even(raw: bytes, pad: bytes) -> bytes:
    return raw + pad if len(raw) % 2 else raw


def _meta(output: bytes, at: int) -> tuple[bytes, bytes]:
    """Return the file meta of an output before and after its SOP Instance UID's length and value."""
    instance = output.find(INSTANCE, META_AT, at)
    if instance < 0:
        raise Unusual
    length = int.from_bytes(output[instance + 6 : instance + 8], "little")
    return output[META_AT : instance + 6], output[instance + 8 + length : at]


def _pixels_of(document: Document) -> tuple[Layout | None, Shape]:
    """Return the layout of native samples, or the shape of compressed ones; Unusual where overlays lie in these."""
    if "pixels" not in document:
        return None, (0, 0, 0)
    dataset = document.part("dataset").value
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in NATIVE:
        return layout_of(dataset, syntax), (0, 0, 0)
    if any(int(tag) >> 24 == 0x60 for tag in dataset.keys()) or "ExtendedOffsetTable" in dataset:  # noqa: SIM118
        raise Unusual
    frames, rows, columns, *_ = geometry(dataset)
    return None, (frames, rows, columns)


def _put_pixels(done: Pass, hole: Hole, learned: _Learned) -> None:
    view = memoryview(done.data)
    if learned.layout is None:
        if not frames_are_bare(done.data, hole.value, hole.end, learned.shape):
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

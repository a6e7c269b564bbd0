"""What becomes of each DICOM element whose treatment does not depend on another's, and one pass over a file by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from struct import pack
from typing import Any

from deid_core.ingest.dicom_codestream import bare, extent
from deid_core.ingest.dicom_runs import ALONE, Run, Runs, Seen, held_of
from deid_core.ingest.dicom_scan import HEAD, ITEM, LONG, SEQUENCE_END, Unusual, items, places, skip
from deid_core.ingest.dicom_structure import LONG_VRS, UNDEFINED

# what marking writes (PS3.15 E.1.1), in tag order; only at the top
MARKS = (0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280302, 0x00280303)
BEYOND = 1 << 32
SOP_INSTANCE = 0x00080018
# values that are written again as they stand: others go the plain way, which strips spaces
FORMS = {
    "DS": re.compile(rb"([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(\\(?=[^ ])|(?= ?\Z)))+ ?").fullmatch,
    "IS": re.compile(rb"([+-]?\d+(\\(?=[^ ])|(?= ?\Z)))+ ?").fullmatch,
    "DA": re.compile(rb"\d{8}").fullmatch,
    "TM": re.compile(rb"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)? ?").fullmatch,
    "DT": re.compile(rb"\d{4,14}(\.\d{1,6})?([+-]\d{4})? ?").fullmatch,
    "AS": re.compile(rb"\d{3}[DWMY]").fullmatch,
}
UIDS = re.compile(rb"[0-9.]+(\\[0-9.]+)*\0?")


class Kind(IntEnum):
    """Name what becomes of an element."""

    KEEP = 0  # copied, whatever its value
    FORMED = 1  # copied where it is written in the form of its VR
    DROP = 2
    CONSTANT = 3  # its payload stands in its place
    UID = 4  # each value mapped on its own
    OPERATE = 5  # a date, time or age that the policy's operator maps on its own
    EXACT = 6  # known only for the very same bytes
    ITEMS = 7  # its items are gone through; the payload is their table
    PIXELS = 8


@dataclass(frozen=True, slots=True)
class Mode:
    """Say what becomes of an element: `payload` is bytes, a size, a table of modes, or an operator's name."""

    kind: Kind
    payload: Any = None
    vr: str = ""


KEEP, FORMED, CONSTANT, EXACT = map(int, (Kind.KEEP, Kind.FORMED, Kind.CONSTANT, Kind.EXACT))  # compared in a loop
OPERATE = int(Kind.OPERATE)
MOST_SERIES = 64  # and makers, of which runs are remembered


class Table(dict[bytes, Mode]):
    """Map an element's first bytes, its tag and its VR where the encoding says it, to its mode; keep runs by series."""

    def __init__(self) -> None:
        """Begin with nothing learned."""
        super().__init__()
        self._runs: dict[bytes, Runs] = {}
        self._common: dict[bytes, Runs] = {}

    def runs(self, series: bytes) -> Runs:
        """Return what is remembered of a series."""
        return _of(self._runs, series)

    def common(self, maker: bytes) -> Runs:
        """Return what is remembered of all series of a maker."""
        return _of(self._common, maker)

    def learn(self, name: bytes, mode: Mode) -> None:
        """Set an element's mode; where it is another than before, the runs that were made by it are forgotten."""
        if self.get(name) != mode:
            self[name] = mode
            self._runs.clear()
            self._common.clear()


def _of(held: dict[bytes, Runs], name: bytes) -> Runs:
    found = held.get(name)
    if found is None:
        if len(held) >= MOST_SERIES:
            held.clear()
        found = held[name] = Runs()
    return found


@dataclass(slots=True)
class Hole:
    """Mark where bytes are to be put once it is known which: the element's offset (of a mark: its tag) and value."""

    chunks: list[Any]
    index: int
    start: int
    value: int
    end: int
    mode: Mode | None
    run: Run | None = None
    under: int = 0  # the tag of the element at the top that it is in; 0 for one at the top
    marker: int = 0  # how many items began or ended before it

    def elements(self) -> list[tuple[int, int, Mode]]:
        """Return (offset, end, mode) of each element that is to be looked up there."""
        if self.run is None:
            return [(self.start, self.end, self.mode)] if self.mode else []
        return [(self.start + at, self.start + end, mode) for at, end, mode in self.run.blanks]


@dataclass(slots=True)
class Pass:
    """Go once over the bytes of a file's dataset, taking apart what is copied, mapped, and looked up.

    `signature` gathers what a look-up needs: two files with one signature differ in values mapped alone.
    """

    data: bytes = field(repr=False)
    implicit: bool
    map_uid: Callable[[bytes], bytes]
    signature: list[bytes] = field(default_factory=list, repr=False)
    looked_up: list[Hole] = field(default_factory=list, repr=False)
    operated: list[Hole] = field(default_factory=list, repr=False)
    marks: list[Hole] = field(default_factory=list, repr=False)
    pixels: Hole | None = field(default=None, repr=False)
    sop_instance: bytes = field(default=b"", repr=False)
    series: bytes | None = field(default=None, repr=False)  # whose runs are remembered; None where none are
    maker: bytes = field(default=b"", repr=False)
    under: int = 0  # the tag of the element at the top whose items are gone through
    marker: int = 0  # how many items began or ended

    def walk(  # noqa: C901, PLR0912, PLR0915 - one loop, its calls spared: it is run for every element of every file
        self, at: int, stop: int, table: Table, chunks: list[Any], *, top: bool
    ) -> None:
        """Add to `chunks` what elements [at, stop) become; Unusual where one is of no kind the table knows."""
        data, implicit = self.data, self.implicit
        run, last, unmarked = -1, -1, list(MARKS) if top else []
        mark = unmarked[0] if unmarked else BEYOND
        runs = self._runs_of(table)
        known, seen = runs.by_start if runs else {}, None if runs or self.series is None else list[Seen]()
        while at < stop:
            group, number, vr, length = HEAD(data, at)
            tag = group << 16 | number
            same = known.get(data[at : at + 4]) if known else None
            if same is not None and not data.startswith(same.data, at):
                same = self._parted(runs, same, at, table)
            if same is not None and tag > last and at + len(same.data) <= stop:
                if tag >= mark:
                    run, mark = self._marked(chunks, unmarked, tag, run, at)
                run = self._copied(chunks, run, at)
                self._again(same, at, chunks)
                at, last = at + len(same.data), same.last
                continue
            if tag <= last:
                if tag == 0 and top and not any(data[at:stop]):
                    break
                raise Unusual
            last = tag
            if implicit:
                name, length, value = data[at : at + 4], LONG(data, at + 4)[0], at + 8
            elif vr in LONG_VRS:
                if length:
                    raise Unusual  # two reserved bytes, in which something stands
                name, length, value = data[at : at + 6], LONG(data, at + 8)[0], at + 12
            else:
                name, value = data[at : at + 6], at + 8
            mode = table.get(name)
            if mode is None:
                raise Unusual
            if tag >= mark:
                run, mark = self._marked(chunks, unmarked, tag, run, at)
            end = self._undefined_end(value, stop, mode, length) if length & 1 else value + length
            if end > stop:
                raise Unusual
            kind = mode.kind
            if kind <= FORMED:  # copied, where it is written as it would be written again
                bad = length % mode.payload if kind == KEEP else length and not FORMS[mode.vr](data, value, end)
                if bad:
                    raise Unusual
                run = at if run < 0 else run
            else:
                run = self._copied(chunks, run, at)
                hole = Hole(chunks, len(chunks), at, value, end, mode, None, self.under, self.marker)
                self._put(hole, name, tag, top=top)
            if seen is not None:
                seen.append(_seen(name, tag, at, end, kind, len(unmarked)))
            at = end
        run, _ = self._marked(chunks, unmarked, BEYOND - 1, run, at)
        self._copied(chunks, run, at)
        if seen is not None:
            self._compared(seen, table)

    def _runs_of(self, table: Table) -> Runs | None:
        """Return the runs that a walk goes by: of the series, of the maker where it is the first; None where none are.

        The walks after that one are compared, so that the series has runs of its own.
        """
        if self.series is None:
            return None
        runs = table.runs(self.series)
        if not runs.left:
            return runs
        common = None if runs.met else table.common(self.maker)
        if common is None or common.left:
            return None
        runs.met = True
        return common

    def _compared(self, seen: list[Seen], table: Table) -> None:
        held = held_of(self.data, seen)
        for runs in (table.runs(self.series or b""), table.common(self.maker)):
            if runs.left:
                runs.compare(self.data, seen, held, lambda part, starts: self._run(part, starts, table))

    def _parted(self, runs: Runs | None, same: Run, at: int, table: Table) -> Run | None:
        """Part a run that does not go on as it should, and return what of it does."""
        if runs is None:
            return None
        runs.part(same, self.data, at, lambda part, starts: self._run(part, starts, table))
        first = runs.by_start.get(same.data[:4])
        return first if first is not None and self.data.startswith(first.data, at) else None

    def _copied(self, chunks: list[Any], run: int, at: int) -> int:
        """Add what is copied from `run` on to an offset, if anything is, and return that nothing is left to copy."""
        if run >= 0:
            chunks.append(memoryview(self.data)[run:at])
        return -1

    def _put(self, hole: Hole, name: bytes, tag: int, *, top: bool) -> None:
        """Add what an element becomes that is not copied."""
        mode, chunks = hole.mode, hole.chunks
        if mode is None:
            raise Unusual
        if mode.kind == EXACT:
            self.signature.append(self.data[hole.start : hole.end])
            self.looked_up.append(hole)
            chunks.append(b"")
        elif mode.kind > CONSTANT or mode.vr == "SQ":
            self.under = tag if top else self.under
            self._changed(mode, hole, name, tag)
            self.under = 0 if top else self.under
        elif mode.kind == CONSTANT:
            chunks.append(mode.payload)

    def _run(self, part: bytes, starts: tuple[int, ...], table: Table) -> Run:
        """Go over a run by itself, and return what that gives."""
        inner, chunks = Pass(part, self.implicit, self.map_uid), list[Any]()
        inner.walk(0, len(part), table, chunks, top=False)
        for hole in inner.looked_up:
            chunks[hole.index] = None
        known = b"" if inner.looked_up else b"".join(chunks)
        blanks = tuple(element for hole in inner.looked_up for element in hole.elements())
        held = tuple(chunk if chunk is None else bytes(chunk) for chunk in chunks)
        group, number, *_ = HEAD(part, starts[-1])
        return Run(part, group << 16 | number, held, blanks, b"".join(inner.signature), known, starts)

    def _again(self, run: Run, at: int, chunks: list[Any]) -> None:
        """Add to `chunks` what a run gave when it was gone over."""
        if run.signature:
            self.signature.append(run.signature)
            self.looked_up.append(Hole(chunks, len(chunks), at, at, at, None, run, self.under, self.marker))
        chunks.append(run.known)

    def _marked(self, chunks: list[Any], unmarked: list[int], tag: int, run: int, at: int) -> tuple[int, int]:
        """Leave a hole for each mark up to a tag; return what is still to be copied, and the tag of the next mark."""
        while unmarked and tag >= unmarked[0]:
            run = self._copied(chunks, run, at)
            self.marks.append(Hole(chunks, len(chunks), unmarked.pop(0), 0, 0, None))
            chunks.append(b"")
        return run, unmarked[0] if unmarked else BEYOND

    def _undefined_end(self, value: int, stop: int, mode: Mode, length: int) -> int:
        if length != UNDEFINED:
            raise Unusual  # of odd length: the plain way pads it
        if mode.kind is Kind.PIXELS:
            return self._fragments_end(value, stop)
        return skip(self.data, value, stop, implicit=self.implicit)

    def _fragments_end(self, at: int, stop: int) -> int:
        while self.data[at : at + 4] == ITEM:
            at += 8 + LONG(self.data, at + 4)[0]
        if self.data[at : at + 8] != SEQUENCE_END + b"\0\0\0\0" or at + 8 > stop:
            raise Unusual
        return at + 8

    def _changed(self, mode: Mode, hole: Hole, name: bytes, tag: int) -> None:
        kind, chunks = mode.kind, hole.chunks
        if kind <= CONSTANT:  # what goes is a whole sequence all the same
            sum(1 for _ in places(self.data, hole.start, hole.end, implicit=self.implicit))
            if kind == CONSTANT:
                chunks.append(mode.payload)
        elif kind is Kind.UID:
            new = self.map_uid(self.data[hole.value : hole.end])
            if tag == SOP_INSTANCE and not self.sop_instance:
                self.sop_instance = new
            chunks.append(name + pack("<I" if self.implicit else "<H", len(new)) + new)
        elif kind is Kind.ITEMS:
            chunks.append(self._items(mode, hole))
        else:
            chunks.append(b"")
            self._left_open(kind, hole)

    def _left_open(self, kind: Kind, hole: Hole) -> None:
        if kind is Kind.PIXELS:
            self.signature.append(b"pixels")
            self.pixels = hole
        elif kind is Kind.OPERATE and hole.end > hole.value:
            if not FORMS[hole.mode.vr if hole.mode else ""](self.data, hole.value, hole.end):
                raise Unusual
            self.operated.append(hole)
        else:
            if hole.mode and hole.mode.payload[-1]:
                raise Unusual  # emptied or given a dummy by the standard, whatever it holds
            hole.chunks[hole.index] = self.data[hole.start : hole.end]

    def _items(self, mode: Mode, hole: Hole) -> tuple[bytes, bool, list[tuple[bool, list[Any]]]]:
        whole, head = self.data, self.data[hole.start : hole.value - 4]
        inside = []
        for _, start, end, delimited in items(whole, hole.value, hole.end, implicit=self.implicit):
            self.signature.append(ITEM)
            self.marker += 1
            chunks: list[Any] = []
            self.walk(start, end, mode.payload, chunks, top=False)
            inside.append((delimited, chunks))
        self.signature.append(SEQUENCE_END)
        self.marker += 1
        return head, whole[hole.value - 4 : hole.value] == b"\xff\xff\xff\xff", inside


def _seen(name: bytes, tag: int, at: int, end: int, kind: int, section: int) -> Seen:
    return Seen(name, tag, at, end, ALONE if kind > EXACT or kind == OPERATE or tag == SOP_INSTANCE else section)


def rendered(chunks: list[Any], head: bytes = b"") -> bytes:
    """Return the bytes of chunks after a head, sequences with the lengths that their items have now."""
    return b"".join((head, *[_sequence(*chunk) if chunk.__class__ is tuple else chunk for chunk in chunks]))


def _sequence(head: bytes, undefined: bool, inside: list[tuple[bool, list[Any]]]) -> bytes:  # noqa: FBT001 - unpacked
    parts = []
    for delimited, chunks in inside:
        item = rendered(chunks)
        length = b"\xff\xff\xff\xff" if delimited else pack("<I", len(item))
        parts.append(ITEM + length + item + (b"\xfe\xff\x0d\xe0\0\0\0\0" if delimited else b""))
    value = b"".join(parts)
    if undefined:
        return head + b"\xff\xff\xff\xff" + value + SEQUENCE_END + b"\0\0\0\0"
    return head + pack("<I", len(value)) + value


def frames_are_bare(data: bytes, at: int, end: int, shape: tuple[int, int, int]) -> bool:
    """Say whether encapsulated pixel data hold one fragment a frame, with nothing in them but the picture.

    `shape` is that of all of them: frames, rows, columns.
    """
    fragments = []
    while at < end - 8:
        length = LONG(data, at + 4)[0]
        fragments.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    plain = (bare(one) == one and extent(one) in {None, shape[1:]} for one in fragments[1:])
    return len(fragments) == shape[0] + 1 and all(plain)

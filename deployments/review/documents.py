"""A document as people read it: blocks of text in lines, and the way between a browser's places and ours.

A browser counts UTF-16 units and folds line ends; we count code points of the stored text. A page is therefore written
line by line, and a place comes back as (line, unit) with the text that was seen there: it is converted here, and
refused where the text at that place is another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement

from deid_core.errors import ChangedAsset
from deid_core.extract.text import cell_text, row_of
from deid_core.ingest.elements import text_of, walk
from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Document, Location, Part, PartKind, PixelBox, TagPath, TextSpan
from deid_core.ports import Frames

LINE_END = re.compile(r"\r\n|\n|\r")
# What HTML drops, folds or cannot carry is shown as a picture of it: one code point and one UTF-16 unit each, too.
SHOWN = {
    code: 0x2400 + code for code in range(0x20) if code != 9
} | {0x7F: 0x2421} | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)  # fmt: skip
LONGEST_VALUE = 200  # characters shown of what is no text
PIXEL_DATA = ("7FE00008", "7FE00009", "7FE00010")
Place = tuple[str, str]


class WrongPlace(ChangedAsset):
    """Report a place that is not where the browser saw it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Hold code points [start, end) of a block, without its line end."""

    start: int
    end: int


@dataclass(frozen=True)
class Block:
    """Hold one text of a document: a note, a cell, an element; `note` says what stands there where it is no text."""

    number: int
    title: str
    base: Location
    text: str = field(repr=False)
    row: int = 0
    vr: str = ""
    tag: str = ""
    note: str = field(default="", repr=False)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines, split at CRLF, LF and CR; a text that ends with a line end has no empty one after it."""
        found, at = [], 0
        for end in LINE_END.finditer(self.text):
            found.append(Line(at, end.start()))
            at = end.end()
        if at < len(self.text) or not found:
            found.append(Line(at, len(self.text)))
        return tuple(found)

    @property
    def key(self) -> Place:
        """Name the block as spans name where they are."""
        return place_of(self.base)

    def line_at(self, point: int) -> int:
        """Return the number of the line that holds a code point, or its line end."""
        return max(bisect_right(self.lines, point, key=lambda line: line.start) - 1, 0)

    def point(self, line: int, unit: int) -> int:
        """Return the code point of a line's UTF-16 unit; raise WrongPlace where there is none, or half of one."""
        if not 0 <= line < len(self.lines):
            raise WrongPlace("there is no such line")
        held = self.lines[line]
        text = self.text[held.start : held.end]
        units = points = 0
        while units < unit and points < len(text):
            units += 2 if ord(text[points]) > 0xFFFF else 1
            points += 1
        if units != unit:
            raise WrongPlace("there is no such place in that line")
        return held.start + points

    def located(self, start: int, end: int) -> Location:
        """Return the location of code points [start, end) of the block."""
        return self.base.narrowed(start, end)


@dataclass(frozen=True, slots=True)
class View:
    """Hold a document's blocks, and its frames by a number over all of its parts."""

    blocks: tuple[Block, ...]
    frames: tuple[tuple[str, int], ...]
    by_place: Mapping[Place, int]

    def block_of(self, place: Location) -> Block | None:
        """Return the block in which a location is; None for boxes and for what is not shown."""
        number = self.by_place.get(place_of(place))
        return None if number is None else self.blocks[number]


def place_of(place: Location) -> Place:
    """Name the text, cell or element in which a location is."""
    if isinstance(place, CellRef):
        return place.part, place.column
    return place.part, place.path if isinstance(place, TagPath) else ""


def view_of(document: Document) -> View:
    """Return what there is to see in a document."""
    blocks = tuple(_blocks(document))
    pixels = [part for part in document.parts if part.kind is PartKind.PIXELS]
    frames = tuple((part.name, number) for part in pixels for number in range(part.value.count))
    return View(blocks, frames, {block.key: block.number for block in blocks})


def shown(text: str) -> str:
    """Return a text as a page can carry it: of as many code points and as many UTF-16 units."""
    return text.translate(SHOWN)


def location_from(view: View, document: Document, place: Mapping[str, Any]) -> Location:
    """Return the location of a place as the browser tells it.

    `{block, start: {line, unit}, end: {line, unit}, text}` for text, `text` as it was seen there, lines joined by LF;
    `{block, whole: true}` for a whole cell or element; `{frame, left, top, width, height}` in pixels for a box.
    Raises WrongPlace where it is not there or the text there is another.
    """
    try:
        if "frame" in place:
            return _box(view, document, place)
        block = view.blocks[_whole_number(place["block"])]
        if place.get("whole"):
            return block.base
        start = block.point(_whole_number(place["start"]["line"]), _whole_number(place["start"]["unit"]))
        end = block.point(_whole_number(place["end"]["line"]), _whole_number(place["end"]["unit"]))
        seen = place["text"]
    except (KeyError, IndexError, TypeError):
        raise WrongPlace("there is no such place in this document") from None
    if not start < end or as_seen(block, start, end) != seen:
        raise WrongPlace("the text at that place is not the text that was seen")
    return block.located(start, end)


def as_seen(block: Block, start: int, end: int) -> str:
    """Return code points [start, end) as a page shows them, lines joined by LF."""
    first, last = block.line_at(start), block.line_at(end - 1)
    lines = block.lines[first : last + 1]
    return "\n".join(shown(block.text[max(start, line.start) : min(end, line.end)]) for line in lines)


def _box(view: View, document: Document, place: Mapping[str, Any]) -> PixelBox:
    part, frame = view.frames[_whole_number(place["frame"])]
    left, top, width, height = (_whole_number(place[name]) for name in ("left", "top", "width", "height"))
    frames: Frames = document.part(part).value
    rows, columns = frames.stored(frame).shape[:2]
    if width < 1 or height < 1 or left + width > columns or top + height > rows:
        raise WrongPlace("the box does not lie in the frame")
    return PixelBox(part, left, top, width, height, frame)


def _whole_number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _blocks(document: Document) -> Iterator[Block]:
    number = 0
    for part in document.parts:
        for block in _of_part(part, number):
            yield block
            number += 1


def _of_part(part: Part, number: int) -> Iterable[Block]:
    if part.kind is PartKind.TEXT:
        return [Block(number, part.name, TextSpan(part.name, 0, len(part.value)), part.value)]
    if part.kind is PartKind.RECORD:
        row = row_of(part)
        return (
            Block(
                number + at,
                column.replace("~1", "/").replace("~0", "~"),
                CellRef(part.name, row, column),
                cell_text(value),
                row,
            )
            for at, (column, value) in enumerate(leaves(part.value))
        )
    if part.kind is PartKind.DATASET:
        return (_of_element(part.name, path, element, number + at) for at, (path, element) in _elements(part))
    return []


def _elements(part: Part) -> Iterator[tuple[int, tuple[str, DataElement]]]:
    listed = (found for found in walk(part.value) if not found[0].startswith(PIXEL_DATA))
    return enumerate(listed)


def _of_element(part: str, path: str, element: DataElement, number: int) -> Block:
    text = text_of(element)
    tag = path.rpartition(".")[2]
    title = keyword_for_tag(element.tag) or "private"
    note = "" if text is not None else _described(element)
    base = TagPath(part, path)
    depth = path.count(".")
    return Block(number, title, base, text or "", depth, str(element.VR), f"({tag[:4]},{tag[4:8]})", note)


def _described(element: DataElement) -> str:
    """Say what stands in an element that is no text."""
    value = element.value
    if element.VR == "SQ":
        return f"sequence of {len(value or ())}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)[:LONGEST_VALUE]

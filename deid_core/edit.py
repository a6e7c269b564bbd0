"""Get and put values at locations: knows formats, not operators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deid_core.extract.text import cell_text
from deid_core.ingest.records import cell, with_cells
from deid_core.model import CellRef, Document, Location, Part, PartKind, PixelBox, TagPath, TextSpan

if TYPE_CHECKING:
    from deid_core.ports import Frames

Edit = tuple[Location, Any]  # None as the value removes what is there
Own = Sequence[tuple[Any, Any]]  # edits of one part: their locations are of its kind


def get(document: Document, location: Location) -> Any:
    """Return the value at a location: text for spans, cells and elements, stored samples for a box."""
    value = document.part(location.part).value
    if isinstance(location, TextSpan):
        return value[location.start : location.end]
    if isinstance(location, CellRef):
        return cell_text(cell(value, location.column))[location.start : location.end]
    if isinstance(location, TagPath):
        from deid_core.ingest import elements  # noqa: PLC0415 - pydicom only where there is DICOM

        return elements.get(value, location)
    if isinstance(location, PixelBox):
        return value.stored(location.frame)[_rows(location), _columns(location)]
    raise TypeError(f"nothing is read at a {type(location).__name__}")


def put(document: Document, edits: Sequence[Edit]) -> Document:
    """Return the document with those values in their places; edits do not overlap."""
    by_part: dict[str, list[Edit]] = defaultdict(list)
    for location, value in edits:
        by_part[location.part].append((location, value))
    parts = tuple(_edited(part, by_part[part.name]) if part.name in by_part else part for part in document.parts)
    return replace(document, parts=parts)


def _edited(part: Part, edits: Own) -> Part:
    if part.kind is PartKind.TEXT:
        return replace(part, value=_spliced(part.value, edits))
    if part.kind is PartKind.RECORD:
        return replace(part, value=_record(part.value, edits))
    if part.kind is PartKind.DATASET:
        from deid_core.ingest import elements  # noqa: PLC0415 - pydicom only where there is DICOM

        dataset = elements.copy_of(part.value)
        elements.put(dataset, edits)
        return replace(part, value=dataset)
    return replace(part, value=part.value.replaced(_frames(part.value, edits)))


def _spliced(text: str, edits: Own) -> str:
    """Replace spans, which do not overlap; the text is copied once, however many there are."""
    pieces: list[str] = []
    at = 0
    for location, value in sorted(edits, key=lambda edit: edit[0].start):
        pieces += (text[at : location.start], value or "")
        at = location.end
    return "".join((*pieces, text[at:]))


def _record(record: Mapping[str, Any], edits: Own) -> Any:
    by_column: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for location, value in edits:
        by_column[location.column].append((location, value))
    cells: dict[str, Any] = {}
    for column, changes in by_column.items():
        location, value = changes[0]
        cells[column] = value if location.start is None else _spliced(cell_text(cell(record, column)), changes)
    return with_cells(record, cells)


def _frames(frames: Frames, edits: Own) -> dict[int, Any]:
    """Return the frames that change; one that is covered by what is there already keeps its bytes."""
    held: dict[int, Any] = {}
    changed: set[int] = set()
    for box, samples in edits:
        if box.frame not in held:
            held[box.frame] = frames.stored(box.frame).copy()
        here = held[box.frame][_rows(box), _columns(box)]
        if (here != samples).any():
            changed.add(box.frame)
            here[...] = samples
    return {number: frame for number, frame in held.items() if number in changed}


def _rows(box: PixelBox) -> slice:
    return slice(max(box.top, 0), max(box.top + box.height, 0))


def _columns(box: PixelBox) -> slice:
    return slice(max(box.left, 0), max(box.left + box.width, 0))

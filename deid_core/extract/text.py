"""Text that is text already: notes, and the cells of records."""

from __future__ import annotations

from collections.abc import Iterator

from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Document, Part, TextSpan
from deid_core.policy import Policy
from deid_core.view import TextView, whole

SENTENCE = 2  # words at least; one alone is a code or a term


def text_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:  # noqa: ARG001 - the extractors' shape
    """Yield the view of a note."""
    yield whole(part.value, TextSpan(part.name, 0, len(part.value)), part.subject_key or document.subject_key)


def record_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:
    """Yield one view a cell that holds text, its column's name as the source; not what the policy says to keep."""
    row = row_of(part)
    for column, value in leaves(part.value):
        text = cell_text(value)
        if text.strip() and policy.columns.get(column) != "keep":
            place = CellRef(part.name, row, column, 0, len(text))
            prose = len(text.split()) >= SENTENCE
            yield whole(text, place, part.subject_key or document.subject_key, column, prose=prose)


def row_of(part: Part) -> int:
    """Return a record part's row, from 0; parts that are no row of a table are row 0."""
    tail = part.name.rpartition("/")[2]
    return int(tail) if tail.isdecimal() else 0


def cell_text(value: object) -> str:
    """Return a scalar as the text that detectors read; "" for what holds none (null, true, false)."""
    return "" if value is None or isinstance(value, bool) else str(value)

"""What a gold set is: documents whose identifiers people have marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deid_core.entities import EntityType
from deid_core.errors import MalformedAsset
from deid_core.evaluate.labels import Scheme, scheme_for

COUNTED = "offsets count code points from 0, and the end is not included"


@dataclass(frozen=True, slots=True)
class Marked:
    """Hold one document as its file has it: code points [start, end) and the file's own label."""

    id: str = field(repr=False)  # often a file's name
    text: str = field(repr=False)
    spans: Sequence[tuple[int, int, str]]
    subject: str = field(default="", repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Mark code points [start, end) of a document as an identifier."""

    start: int
    end: int
    entity_type: EntityType


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """Hold a document and its identifiers; `subject` is whose it is ("" if not said), `kind` what it is."""

    id: str = field(repr=False)
    text: str = field(repr=False)
    spans: tuple[GoldSpan, ...]
    subject: str = field(default="", repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Gold:
    """Hold a gold set and the label set it is written in."""

    documents: tuple[GoldDocument, ...]
    scheme: Scheme


def gold_of(marked: Sequence[Marked], prefer: str) -> Gold:
    """Check documents as read and give their labels our meaning; `prefer` names the label set to try first.

    Raises MalformedAsset, by the number of the document and of the span, where a span lies outside its text or holds
    no letter or digit, or where no known label set has all the labels.
    """
    if not marked:
        raise MalformedAsset("the gold holds no document")
    scheme = scheme_for([[label for *_, label in document.spans] for document in marked], prefer)
    return Gold(tuple(_checked(document, scheme, number) for number, document in enumerate(marked, 1)), scheme)


def _checked(document: Marked, scheme: Scheme, number: int) -> GoldDocument:
    spans = []
    for place, (start, end, label) in enumerate(document.spans, 1):
        if not 0 <= start < end <= len(document.text):
            raise MalformedAsset(f"gold document {number}, span {place}: it lies outside the text; {COUNTED}")
        if not any(map(str.isalnum, document.text[start:end])):
            raise MalformedAsset(f"gold document {number}, span {place}: it holds no letter and no digit")
        meant = scheme.labels[label]
        if meant is not None:
            spans.append(GoldSpan(*_trimmed(document.text, start, end), meant))
    ordered = sorted(set(spans), key=lambda span: (span.start, span.end, span.entity_type))
    return GoldDocument(document.id, document.text, tuple(ordered), document.subject, document.kind)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a place without white space at its ends, which nobody finds."""
    held = text[start:end]
    return start + len(held) - len(held.lstrip()), end - len(held) + len(held.rstrip())


def misplaced(text: str, start: int, end: int, value: str) -> str:
    """Say that a value is not what stands at its place, and what its offsets seem to count instead."""
    wide = text.encode("utf-16-le", "surrogatepass")
    readings = {
        "UTF-8 bytes": text.encode("utf-8", "surrogatepass")[start:end].decode("utf-8", "replace"),
        "UTF-16 units": wide[2 * start : 2 * end].decode("utf-16-le", "replace"),
        "a Windows line end as one": text.replace("\r\n", "\n")[start:end],
        "from 1": text[max(start - 1, 0) : max(end - 1, 0)],
        "an end that is included": text[start : end + 1],
        "from 1, with an end that is included": text[max(start - 1, 0) : end],
    }
    seems = next((name for name, read in readings.items() if read == value), "")
    return "its value is not what stands there; " + (f"they seem to count {seems}: " if seems else "") + COUNTED


def decoded(data: bytes, where: str) -> str:
    """Return UTF-8 bytes as text, line ends as they are; raise MalformedAsset where they are something else."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedAsset(f"{where} is not UTF-8") from None

"""The shapes that plug-ins have: readers, detectors, operators, OCR engines, and what they are handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.model import Document, Finding, Part, PartKind, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deid_core.ingest.pieces import Pieces
    from deid_core.policy import Policy

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class KnownValue:
    """Hold a value known to belong to a subject (a name, an MRN, a birth date); hidden from repr."""

    entity_type: EntityType
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Ask what identifies someone in a text, given what is known of its subject; the text is hidden from repr.

    `source` says what the text is, as a cue: "note", "ocr", a column's name or a DICOM keyword.
    """

    text: str = field(repr=False)
    known: tuple[KnownValue, ...] = ()
    source: str = "note"


class TextDetector(Protocol):
    """Find identifiers in texts; knows nothing of where a text came from."""

    name: str
    version: str
    needs_prose: bool  # a model of language is asked about language only

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in code points, one list a query."""
        ...


class PartDetector(Protocol):
    """Find identifiers by a part's structure: a column's name, a DICOM tag."""

    name: str
    version: str
    kinds: frozenset[PartKind]

    def find_in(self, part: Part, policy: Policy) -> Iterable[Finding]:
        """Yield findings in a part of one of `kinds`."""
        ...


class Reader(Protocol):
    """Turn bytes into a Document and back."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read an asset whole; raise a Quarantine where any of it is not understood."""
        ...

    def write(self, document: Document) -> bytes:
        """Write a document, with nothing but what its parts hold."""
        ...


@runtime_checkable
class LaidOut(Protocol):
    """Read a document, or rows out of one, of which is known how it is written: nothing is guessed anew."""

    def read_as(self, data: bytes, asset_id: str, key: ProjectKey, layout: Any) -> Document:
        """Read as `read` does, by the value of a LAYOUT part."""
        ...


@runtime_checkable
class InPieces(Protocol):
    """Write a document in pieces; a reader of files too large to hold can do so."""

    def written(self, document: Document) -> Pieces:
        """Return what makes the pieces of what `write` returns."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """Hold a piece of text read in a frame, and its box in pixels; the text is hidden from repr."""

    text: str = field(repr=False)
    left: int
    top: int
    width: int
    height: int
    confidence: float


class Frames(Protocol):
    """Hold the frames of an image, decoded when asked for; the value of a PIXELS part."""

    count: int

    def stored(self, frame: int) -> NDArray[Any]:
        """Return a frame's samples as stored: (rows, columns) or (rows, columns, samples)."""
        ...

    def readable(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a person would see it: (rows, columns, 3), RGB."""
        ...

    def replaced(self, frames: Mapping[int, NDArray[Any]]) -> Frames:
        """Return frames in which those have other samples, of the same shape and dtype as stored."""
        ...

    @property
    def edited(self) -> Mapping[int, NDArray[Any]]:
        """Return the frames that were replaced; empty where pixels were not touched."""
        ...


class OcrEngine(Protocol):
    """Read text in a frame."""

    name: str
    version: str

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:
        """Return the words of an RGB frame, (rows, columns, 3); `whole` is the shape of the one it was cut from."""
        ...


def keyed_code(key: ProjectKey) -> Callable[[str], str]:
    """Return the code maker that derives a subject's code from the key: not for Safe Harbor, 45 CFR 164.514(c)."""
    return lambda subject_key: "S" + key.token("subject-code", subject_key, length=12).upper()


@dataclass(frozen=True, slots=True)
class Site:
    """Tell an operator where its value stands: whose it is, what it is, and the policy's parameters.

    `vr` is the DICOM value representation, "" elsewhere. `code` gives the subject's code (from a vault or keyed).
    """

    entity_type: EntityType
    subject_key: str
    key: ProjectKey
    params: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    vr: str = ""
    code: Callable[[str], str] | None = None
    lists: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Operator:
    """Turn a value into a safe one (None: remove it), and say in words what it does."""

    operate: Callable[[Any, Site], Any]
    description: str
    blind: bool = False  # gives the same whatever the value is, and wherever it stands

    def __call__(self, value: Any, site: Site) -> Any:
        """Return the safe value."""
        return self.operate(value, site)


def operator(description: str, *, blind: bool = False) -> Callable[[Callable[[Any, Site], Any]], Operator]:
    """Make a function an operator, described by one imperative sentence for the dry run and the docs."""
    return lambda operate: Operator(operate, description, blind)

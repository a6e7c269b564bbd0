"""The nouns of de-identification: frozen, typed, and safe to log.

Findings hold where, never what. Only a `Part` holds a value, and it never shows it.
Text offsets are half-open Unicode code points of the stored text (CRLF kept).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from deid_core.entities import EntityType


@dataclass(frozen=True, slots=True)
class AssetRef:
    """Point at one asset's bytes in a store."""

    uri: str = field(repr=False)  # a file's name can be a patient's name
    sha256: str
    media_type: str


class PartKind(StrEnum):
    """Name what a part's value is."""

    TEXT = "text"  # str
    RECORD = "record"  # one row: columns to cells, or a JSON object
    DATASET = "dataset"  # pydicom.FileDataset
    PIXELS = "pixels"  # deid_core.ports.Frames: arrays on demand
    LAYOUT = "layout"  # what a reader needs to write the rest back: an encoding, a delimiter


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one piece of a document; the value is hidden from repr.

    `subject_key` is set where a part is about another subject than the document (a row of a table).
    """

    name: str
    kind: PartKind
    value: Any = field(repr=False)
    subject_key: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Hold an asset as its parts; `subject_key` is keyed, so it names nobody without the key."""

    asset_id: str
    media_type: str
    subject_key: str
    parts: tuple[Part, ...]
    _by_name: dict[str, Part] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the parts: a table has one a row."""
        object.__setattr__(self, "_by_name", {part.name: part for part in self.parts})

    def part(self, name: str) -> Part:
        """Return the part of that name; KeyError without it."""
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        """Say whether there is a part of that name."""
        return name in self._by_name

    def subject_of(self, name: str) -> str:
        """Return the subject key of a part: its own, or the document's."""
        return self.part(name).subject_key or self.subject_key


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Locate code points [start, end) of a text part."""

    part: str
    start: int
    end: int

    def narrowed(self, start: int, end: int) -> TextSpan:
        """Return the sub-span [start, end) relative to this one."""
        return TextSpan(self.part, self.start + start, self.start + end)


@dataclass(frozen=True, slots=True)
class PixelBox:
    """Locate a rectangle of a frame, in pixels from the top left; frame counts from 0."""

    part: str
    left: int
    top: int
    width: int
    height: int
    frame: int = 0

    def narrowed(self, start: int, end: int) -> Self:  # noqa: ARG002 - a word's box is not divided
        """Return the whole box: pixels of part of a word are not told apart."""
        return self


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Locate seconds [start, end) of a sound or video."""

    part: str
    start: float
    end: float

    def narrowed(self, start: int, end: int) -> Self:  # noqa: ARG002 - a word's sound is not divided
        """Return the whole span: sound of part of a word is not told apart."""
        return self


@dataclass(frozen=True, slots=True)
class TagPath:
    """Locate a DICOM element by path, whole or in part.

    `path` is e.g. `00400275[0].00400007`: eight hex digits an element, `[i]` an item of a sequence.
    `start`, `end`: code points of the element's text (values joined by a backslash); None for all of it.
    """

    part: str
    path: str
    start: int | None = None
    end: int | None = None

    def narrowed(self, start: int, end: int) -> Self:
        """Return the sub-span [start, end) relative to this one."""
        base = self.start or 0
        return replace(self, start=base + start, end=base + end)


@dataclass(frozen=True, slots=True)
class CellRef:
    """Locate a cell of a table (row from 0, header not counted; column by name), whole or in part.

    `start`, `end`: code points of the cell's text; None for all of it.
    """

    part: str
    row: int
    column: str
    start: int | None = None
    end: int | None = None

    def narrowed(self, start: int, end: int) -> CellRef:
        """Return the sub-span [start, end) relative to this one."""
        base = self.start or 0
        return CellRef(self.part, self.row, self.column, base + start, base + end)


Location = TextSpan | PixelBox | TimeSpan | TagPath | CellRef


@dataclass(frozen=True, slots=True)
class Span:
    """Mark code points [start, end) of one text as an entity; what text detectors return."""

    start: int
    end: int
    entity_type: EntityType
    score: float
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Say that an identifier is somewhere, with a score in 0..1 and who says so.

    `rule` names the detector's rule that fired (`us_ssn`, `PS3.15/Z`); it is never a value.
    """

    entity_type: EntityType
    location: Location
    score: float
    detector: str
    detector_version: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Name an operator and its parameters; `params` is sorted (name, value) pairs."""

    operator: str
    params: tuple[tuple[str, str | int | float | bool], ...] = ()


class Verdict(StrEnum):
    """Name what is to be done about a finding."""

    TRANSFORM = "transform"
    KEEP = "keep"
    REVIEW = "review"  # undecided: transformed unless a person says keep


@dataclass(frozen=True, slots=True)
class Decision:
    """Decide one finding: what, why, and by whom ("policy", or a reviewer's name).

    `sources` are the findings that were resolved into it, where they were several: who said what, and where.
    """

    finding: Finding
    verdict: Verdict
    action: Action
    reason: str
    decided_by: str = "policy"
    sources: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold all that will be done to one asset; a value without values.

    Asset, input and policy are named by identity, so a plan cannot be applied to anything else.
    """

    asset_id: str
    input_sha256: str
    policy_sha256: str
    decisions: tuple[Decision, ...]
    subject_key: str = ""
    media_type: str = ""
    versions: tuple[tuple[str, str], ...] = ()  # (detector, version)

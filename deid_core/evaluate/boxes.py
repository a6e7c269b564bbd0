"""Score covered boxes against gold ones: identifier boxes covered, and how much else was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import MalformedAsset
from deid_core.evaluate.box_gold import GoldBox
from deid_core.model import Document, Part, PartKind, PixelBox, Plan, Verdict

COVERED = 0.95  # a box is covered when that share of its area is
TECHNICAL = 0.5  # a box to keep is taken for covered when that share of its area is


Box = TypeVar("Box", GoldBox, PixelBox)


@dataclass(frozen=True, slots=True)
class Tally:
    """Count boxes and pixels; tallies add up."""

    boxes: int = 0
    boxes_covered: int = 0
    pixels: int = 0
    pixels_covered: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the sum, field by field."""
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def box_share(self) -> float:
        """Return the share of boxes covered; 1.0 of none."""
        return self.boxes_covered / self.boxes if self.boxes else 1.0

    @property
    def pixel_share(self) -> float:
        """Return the share of pixels covered; 1.0 of none."""
        return self.pixels_covered / self.pixels if self.pixels else 1.0


@dataclass(frozen=True, slots=True)
class BoxScore:
    """Hold the score of one or more images: identifiers and kept text by kind, and the pixels that are no text."""

    identifiers: Mapping[str, Tally]
    kept: Mapping[str, Tally]
    other: Tally  # pixels outside every gold box

    def __add__(self, other: BoxScore) -> BoxScore:
        """Return the score of both together."""
        return BoxScore(
            _summed(self.identifiers, other.identifiers), _summed(self.kept, other.kept), self.other + other.other
        )

    @property
    def recall(self) -> Tally:
        """Return identifiers of all kinds."""
        return sum(self.identifiers.values(), Tally())

    @property
    def over(self) -> Tally:
        """Return text to keep of all kinds: what is covered of it is over-redaction."""
        return sum(self.kept.values(), Tally())


EMPTY = BoxScore({}, {}, Tally())


@dataclass(frozen=True, slots=True)
class BoxOutcome:
    """Say how many of a gold box's pixels lie in its frame, and how many of those are covered."""

    gold: GoldBox
    pixels: int
    pixels_covered: int

    @property
    def share(self) -> float:
        """Return the share of it that is covered; 0.0 where none of it lies in the frame."""
        return self.pixels_covered / self.pixels if self.pixels else 0.0

    @property
    def covered(self) -> bool:
        """Say whether it counts as covered: an identifier from 95 % of its area, text to keep from half of it."""
        return self.pixels > 0 and self.share >= (COVERED if self.gold.identifies else TECHNICAL)


def outcomes(gold: Sequence[GoldBox], covered: Iterable[PixelBox], shapes: Sequence[Sequence[int]]) -> list[BoxOutcome]:
    """Return what became of each gold box, in order, in an image whose frames have `shapes` (rows, columns).

    Raises MalformedAsset, with its number, for one that lies in no frame.
    """
    by_frame = _by_frame(covered)
    found = []
    for number, one in enumerate(gold, 1):
        pixels = _inside(one, shapes[one.frame]) if one.frame < len(shapes) else np.zeros((0, 0), bool)
        if not pixels.size:
            raise MalformedAsset(f"gold box {number} lies outside its image")
        top, left = max(one.top, 0), max(one.left, 0)
        for box in by_frame.get(one.frame, ()):
            pixels[_span(box.top - top, box.height), _span(box.left - left, box.width)] = True
        found.append(BoxOutcome(one, pixels.size, int(pixels.sum())))
    return found


def score(found: Sequence[BoxOutcome], covered: Iterable[PixelBox], shapes: Sequence[Sequence[int]]) -> BoxScore:
    """Return the score of an image by what became of its gold boxes, and by what else was covered."""
    identifiers: dict[str, Tally] = defaultdict(Tally)
    kept: dict[str, Tally] = defaultdict(Tally)
    for one in found:
        into = identifiers if one.gold.identifies else kept
        into[one.gold.kind] += Tally(1, int(one.covered), one.pixels, one.pixels_covered)
    boxes, text = _by_frame(covered), _by_frame(one.gold for one in found)
    rest = Tally()
    for frame, (rows, columns, *_) in enumerate(shapes):
        if frame not in boxes and frame not in text:
            rest += Tally(0, 0, rows * columns, 0)
            continue
        outside = ~_painted(text.get(frame, ()), rows, columns)
        rest += Tally(0, 0, int(outside.sum()), int((outside & _painted(boxes.get(frame, ()), rows, columns)).sum()))
    return BoxScore(dict(identifiers), dict(kept), rest)


def score_boxes(gold: Sequence[GoldBox], covered: Iterable[PixelBox], shape: Sequence[int], frames: int) -> BoxScore:
    """Score the boxes that were covered in an image of `frames` frames of `shape` (rows, columns)."""
    boxes, shapes = list(covered), [shape] * frames
    return score(outcomes(gold, boxes, shapes), boxes, shapes)


def picture(document: Document) -> Part | None:
    """Return the part that holds a document's pixels; None where none does."""
    return next((part for part in document.parts if part.kind is PartKind.PIXELS), None)


def shapes_of(part: Part) -> list[tuple[int, ...]]:
    """Return the shape of each frame, as stored; the pages of a document differ."""
    return [part.value.stored(frame).shape for frame in range(part.value.count)]


def covered_boxes(plan: Plan, part: str = "") -> list[PixelBox]:
    """Return the boxes of a plan that are covered when nobody reviews it, in one part or in all."""
    going = (one.finding.location for one in plan.decisions if one.verdict is not Verdict.KEEP)
    return [box for box in going if isinstance(box, PixelBox) and part in ("", box.part)]


def _by_frame(boxes: Iterable[Box]) -> dict[int, list[Box]]:
    held: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        held[box.frame].append(box)
    return held


def _inside(one: GoldBox, shape: Sequence[int]) -> NDArray[np.bool_]:
    """Return a mask of those of a box's pixels that lie in its frame, none of them covered yet."""
    height = min(one.top + one.height, shape[0]) - max(one.top, 0)
    width = min(one.left + one.width, shape[1]) - max(one.left, 0)
    return np.zeros((max(height, 0), max(width, 0)), bool)


def _painted(boxes: Iterable[GoldBox | PixelBox], rows: int, columns: int) -> NDArray[np.bool_]:
    mask = np.zeros((rows, columns), bool)
    for box in boxes:
        mask[_span(box.top, box.height), _span(box.left, box.width)] = True
    return mask


def _summed(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> dict[str, Tally]:
    return {kind: one.get(kind, Tally()) + other.get(kind, Tally()) for kind in (*one, *other)}


def _span(start: int, length: int) -> slice:
    return slice(max(start, 0), max(start + length, 0))

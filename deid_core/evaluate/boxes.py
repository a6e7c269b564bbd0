"""Score covered boxes against gold ones: identifier boxes covered, and how much else was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import UsageError
from deid_core.model import Document, Finding, PartKind, PixelBox, Plan, Verdict

COVERED = 0.95  # a box is covered when that share of its area is
TECHNICAL = 0.5  # a box to keep is taken for covered when that share of its area is


@dataclass(frozen=True, slots=True)
class GoldBox:
    """Hold where text stands in a frame, its kind, and whether it identifies; pixels from the top left."""

    left: int
    top: int
    width: int
    height: int
    kind: str
    identifies: bool
    frame: int = 0


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


def score_boxes(gold: Sequence[GoldBox], covered: Iterable[PixelBox], shape: Sequence[int], frames: int) -> BoxScore:
    """Score the boxes that were covered in an image of `frames` frames of `shape` (rows, columns)."""
    identifiers: dict[str, Tally] = defaultdict(Tally)
    kept: dict[str, Tally] = defaultdict(Tally)
    rows, columns = shape[:2]
    masks = np.zeros((frames, rows, columns), bool)
    text = np.zeros((frames, rows, columns), bool)
    for box in covered:
        masks[box.frame, _span(box.top, box.height), _span(box.left, box.width)] = True
    for one in gold:
        place = one.frame, _span(one.top, one.height), _span(one.left, one.width)
        text[place] = True
        into, enough = (identifiers, COVERED) if one.identifies else (kept, TECHNICAL)
        into[one.kind] += _tally(masks[place], enough)
    rest = Tally(0, 0, int((~text).sum()), int((masks & ~text).sum()))
    return BoxScore(dict(identifiers), dict(kept), rest)


def score_plan(gold: Sequence[GoldBox], document: Document, plan: Plan) -> BoxScore:
    """Score what a plan covers of a document's pixels when nobody reviews it; EMPTY where it has none."""
    pixels = next((part.value for part in document.parts if part.kind is PartKind.PIXELS), None)
    if pixels is None:
        return EMPTY
    return score_boxes(gold, covered_boxes(plan), pixels.stored(0).shape, pixels.count)


def covered_boxes(plan: Plan) -> list[PixelBox]:
    """Return the boxes of a plan that are covered when nobody reviews it."""
    going = (one.finding for one in plan.decisions if one.verdict is not Verdict.KEEP)
    return [finding.location for finding in going if isinstance(finding.location, PixelBox)]


def parse_gold(text: str) -> dict[str, list[GoldBox]]:
    """Read box gold: a JSON object of file names, each `{"frames": n, "text": [{box, phi, kind}]}`.

    A box without a frame stands in every frame. Names that begin with an underscore are notes; an image without text
    has an empty list. Raises UsageError where it is no such file.
    """
    try:
        return {name: list(_boxes(image)) for name, image in json.loads(text).items() if not name.startswith("_")}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError("not a file of gold boxes") from None


def table(score: BoxScore) -> list[tuple[str, int, float, float]]:
    """Return (kind, boxes, share of boxes covered, share of pixels covered), what identifies first, `other` last."""
    rows = [
        (f"{group} {kind}", tally.boxes, tally.box_share, tally.pixel_share)
        for group, tallies in (("identifier", score.identifiers), ("kept", score.kept))
        for kind, tally in sorted(tallies.items())
    ]
    return [*rows, ("other pixels", 0, 0.0, score.other.pixel_share)]


def uncovered(gold: Sequence[GoldBox], findings: Iterable[Finding], shape: Sequence[int], frames: int) -> list[GoldBox]:
    """Return the identifier boxes that those findings leave readable, for a person to look at."""
    boxes = [finding.location for finding in findings if isinstance(finding.location, PixelBox)]
    return [one for one in gold if one.identifies and not score_boxes([one], boxes, shape, frames).recall.boxes_covered]


def _boxes(image: Mapping[str, Any]) -> Iterable[GoldBox]:
    for one in image.get("text", ()):
        left, top, width, height = (int(number) for number in one["box"])
        chosen = [int(one["frame"])] if "frame" in one else range(int(image.get("frames", 1)))
        for frame in chosen:
            yield GoldBox(left, top, width, height, str(one["kind"]), bool(one["phi"]), frame)


def _tally(mask: NDArray[np.bool_], enough: float) -> Tally:
    if not mask.size:
        return Tally()
    share = float(mask.mean())
    return Tally(1, int(share >= enough), mask.size, int(mask.sum()))


def _summed(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> dict[str, Tally]:
    return {kind: one.get(kind, Tally()) + other.get(kind, Tally()) for kind in (*one, *other)}


def _span(start: int, length: int) -> slice:
    return slice(max(start, 0), max(start + length, 0))

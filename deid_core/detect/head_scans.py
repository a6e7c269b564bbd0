"""Flag CT and MR of a head for review: a face can be drawn from thin slices, and no single slice shows one.

The header decides where it says what is shown; where it does not, the outline of the slices. Nothing is changed, and a
person says what becomes of an image. Faces were recognised from renderings of such series, so they are images
comparable to a full-face photograph (45 CFR 164.514(b)(2)(i)(Q)); PS3.15 calls it the Clean Recognizable Visual
Features option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from deid_core.detect.head_outline import has_head_outline
from deid_core.entities import EntityType
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy
from deid_core.ports import Frames

RULE, OUTLINE = "whole_head", "head_outline"
MODALITIES = frozenset({"CT", "MR"})
# in BodyPartExamined, AnatomicRegionSequence's meanings, and what people call a series
HEAD = re.compile(
    r"head|brain|skull|face|facial|maxill|mandib|orbit|sinus|temporal ?bone|cranio|cranial|cerebr|neuro|"
    r"\biac\b|\bpituitary|\bsella|kopf|sch[aä]del|gehirn|t[eê]te|cr[aâ]ne|cerveau|cabeza|cr[aá]neo|mprage|\bflair\b",
    re.IGNORECASE,
)
# parts of which no slice has a face: who names one is believed, whatever the outline
ELSEWHERE = re.compile(
    r"abdom|pelvi|prostat|chest|thora|lung|heart|cardia|coronar|breast|mamm|liver|kidney|lumb|sacr|knee|"
    r"\b[tl]s?[- ]?spine|\bhips?\b|femur|thigh|\blegs?\b|tibia|calf|ankle|\bfoot|shoulder|elbow|wrist|"
    r"\bhands?\b|\barms?\b|extremit|bauch|becken|knie|herz|lunge|schulter|phantom",
    re.IGNORECASE,
)
LOOKED = 4  # parts into which a volume is divided, to look at the frames between
TEXTS = ("BodyPartExamined", "SeriesDescription", "StudyDescription", "ProtocolName", "RequestedProcedureDescription")
THICKEST = 5.0  # mm; a face drawn from thicker slices is steps
FLAT = frozenset({"LOCALIZER", "SCOUT", "MPR THICK"})
SCORE = 0.5


class HeadScans:
    """Find the CT and MR images that are slices of a head, thin enough to draw a face from."""

    name = "head_scans"
    version = "2"
    kinds = frozenset({PartKind.PIXELS})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; a policy that lets heads pass does not name this detector."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding a frame, of all of it, where the image is of a head; what a person confirms is filled."""
        dataset: Any = getattr(part.value, "dataset", None)
        if dataset is None or not _may_show_head(dataset):
            return
        told = any(map(HEAD.search, _texts(dataset)))
        if not told and (any(map(ELSEWHERE.search, _texts(dataset))) or not _is_outlined(part.value, dataset)):
            return
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        for number in range(part.value.count):
            box = PixelBox(part.name, 0, 0, columns, rows, number)
            yield Finding(EntityType.FACE, box, SCORE, self.name, self.version, RULE if told else OUTLINE)


def _is_outlined(frames: Frames, dataset: Any) -> bool:
    """Say whether a slice, or one of some of a volume, has the outline of a head; without a measure none has."""
    spacing = _spacing(dataset)
    if spacing is None:
        return False
    numbers = {frames.count * step // LOOKED for step in range(1, LOOKED)}
    return any(has_head_outline(np.ascontiguousarray(frames.readable(one)[..., 0]), spacing) for one in sorted(numbers))


def _spacing(dataset: Any) -> tuple[float, float] | None:
    """Return the mm from pixel to pixel, down and across; None where they are not told, or none."""
    for source in (dataset, *_measures(dataset)):
        try:
            down, across = (float(one) for one in source.get("PixelSpacing") or ())
        except (TypeError, ValueError):
            continue
        if down > 0 and across > 0:
            return down, across
    return None


def _measures(dataset: Any) -> Iterator[Any]:
    """Yield the pixel measures that all frames of an enhanced image share, or its first: PS3.3 C.7.6.16.2.1."""
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        first = next(iter(dataset.get(groups) or ()), None)
        yield from (first.get("PixelMeasuresSequence") or ()) if first is not None else ()


def shows_head(dataset: Any) -> bool:
    """Say whether a dataset says that it is a thin CT or MR image of a head."""
    return _may_show_head(dataset) and any(map(HEAD.search, _texts(dataset)))


def _may_show_head(dataset: Any) -> bool:
    """Say whether a dataset is of thin slices; one that says its features are unknown may be."""
    if str(dataset.get("Modality") or "") not in MODALITIES or "PixelData" not in dataset:
        return False
    if str(dataset.get("RecognizableVisualFeatures") or "") == "NO":  # PS3.3 C.7.6.1: somebody looked
        return False
    return not _flat(dataset) and _thickness(dataset) <= THICKEST


def _texts(dataset: Any) -> Iterator[str]:
    for keyword in TEXTS:
        yield str(dataset.get(keyword) or "")
    for item in dataset.get("AnatomicRegionSequence") or ():
        yield str(item.get("CodeMeaning") or "")


def _flat(dataset: Any) -> bool:
    """Say whether an image stands alone: a scout is a projection, a few of which draw nothing."""
    kinds = dataset.get("ImageType") or ()
    return not FLAT.isdisjoint(map(str.upper, map(str, [kinds] if isinstance(kinds, str) else kinds)))


def _thickness(dataset: Any) -> float:
    """Return the millimetres from slice to slice, the smallest that is told; 0 where none is, which flags."""
    told = []
    for source in (dataset, *_measures(dataset)):
        for keyword in ("SliceThickness", "SpacingBetweenSlices"):
            try:
                told.append(abs(float(source.get(keyword) or 0)))
            except (TypeError, ValueError):
                continue
    return min((one for one in told if one), default=0.0)

"""Flag CT and MR of a head for review: a face can be drawn from thin slices, and no single slice shows one.

Facts of the header decide; pixels are not looked at, nothing is changed, and a person says what becomes of an image.
Faces were recognised from renderings of such series, so they are images comparable to a full-face photograph
(45 CFR 164.514(b)(2)(i)(Q)); PS3.15 calls it the Clean Recognizable Visual Features option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deid_core.entities import EntityType
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy

RULE = "whole_head"
MODALITIES = frozenset({"CT", "MR"})
# in BodyPartExamined, AnatomicRegionSequence's meanings, and what people call a series
HEAD = re.compile(
    r"head|brain|skull|face|facial|maxill|mandib|orbit|sinus|temporal ?bone|cranio|cranial|cerebr|neuro|"
    r"\biac\b|\bpituitary|\bsella|kopf|sch[aä]del|gehirn|t[eê]te|cr[aâ]ne|cerveau|cabeza|cr[aá]neo|mprage|\bflair\b",
    re.IGNORECASE,
)
TEXTS = ("BodyPartExamined", "SeriesDescription", "StudyDescription", "ProtocolName", "RequestedProcedureDescription")
THICKEST = 5.0  # mm; a face drawn from thicker slices is steps
FLAT = frozenset({"LOCALIZER", "SCOUT", "MPR THICK"})
SCORE = 0.5


class HeadScans:
    """Find the CT and MR images that are slices of a head, thin enough to draw a face from."""

    name = "head_scans"
    version = "1"
    kinds = frozenset({PartKind.PIXELS})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; a policy that lets heads pass does not name this detector."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding a frame, of all of it, where the dataset is of a head; what a person confirms is filled."""
        dataset: Any = getattr(part.value, "dataset", None)
        if dataset is None or not shows_head(dataset):
            return
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        for number in range(part.value.count):
            box = PixelBox(part.name, 0, 0, columns, rows, number)
            yield Finding(EntityType.FACE, box, SCORE, self.name, self.version, RULE)


def shows_head(dataset: Any) -> bool:
    """Say whether a dataset is a thin CT or MR image of a head; one that says its features are unknown may be."""
    if str(dataset.get("Modality") or "") not in MODALITIES or "PixelData" not in dataset:
        return False
    if str(dataset.get("RecognizableVisualFeatures") or "") == "NO":  # PS3.3 C.7.6.1: somebody looked
        return False
    return any(map(HEAD.search, _texts(dataset))) and not _flat(dataset) and _thickness(dataset) <= THICKEST


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
    shared = next(iter(dataset.get("SharedFunctionalGroupsSequence") or ()), None)
    measures = next(iter(shared.get("PixelMeasuresSequence") or ()), None) if shared is not None else None
    for source in (dataset, *([measures] if measures is not None else [])):
        for keyword in ("SliceThickness", "SpacingBetweenSlices"):
            try:
                told.append(abs(float(source.get(keyword) or 0)))
            except (TypeError, ValueError):
                continue
    return min((one for one in told if one), default=0.0)

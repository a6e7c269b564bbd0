"""Find the pictures of a slide's label in whole-slide images: they say whose tissue it is, in any hand and any code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deid_core.entities import EntityType
from deid_core.ingest.image_ifd import Directory
from deid_core.ingest.image_tiff import Tiff
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy
from deid_core.ports import Frames

DESCRIPTION = 270
# what scanners write of the label's picture, and of that of the whole slide, on which the label is seen, too
LABEL = re.compile(rb"^\s*(label|macro)\b", re.IGNORECASE | re.MULTILINE)
FLAVOURS = frozenset({"LABEL", "OVERVIEW"})  # PS3.3 C.8.12.4.1.1, value 3 of Image Type


class SlideLabels:
    """Find pages of a TIFF (Aperio's SVS and what follows it), and DICOM frames, that show a slide's label."""

    name = "slide_labels"
    version = "1"
    kinds = frozenset({PartKind.PIXELS})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; what becomes of a label is decided for its label, ID."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding a frame that shows a label, of all of it."""
        frames: Frames = part.value
        for number in _labels(frames):
            rows, columns = frames.stored(number).shape[:2]
            box = PixelBox(part.name, 0, 0, columns, rows, number)
            yield Finding(EntityType.ID, box, 1.0, self.name, self.version, "slide_label")


def _labels(frames: Frames) -> Iterator[int]:
    """Yield the numbers of the frames that show a label."""
    parsed: Any = getattr(frames, "parsed", None)
    dataset: Any = getattr(frames, "dataset", None)
    if isinstance(parsed, Tiff):
        yield from (number for number, page in enumerate(parsed.pages) if LABEL.search(_description(page)))
    elif dataset is not None and str(dataset.get("Modality") or "") == "SM":
        kinds = dataset.get("ImageType") or ()
        if not FLAVOURS.isdisjoint(map(str, [kinds] if isinstance(kinds, str) else kinds)):
            yield from range(frames.count)


def _description(page: Directory) -> bytes:
    return next((entry.value() for entry in page.entries if entry.tag == DESCRIPTION), b"")

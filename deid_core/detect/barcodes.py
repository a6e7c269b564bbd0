"""Find bar codes and QR codes: wristbands, labels and forms carry a number in them that no reading of text sees."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.child import Child, Ended, Late
from deid_core.entities import EntityType
from deid_core.errors import LimitExceeded, UncertainAsset
from deid_core.ingest.image_origin import as_a_camera_sees
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy
from deid_core.ports import Frames

SMALLEST, LARGEST = 32, 4_000  # pixels a side of a frame; a larger one is looked at smaller
CLOSE = 1_000  # and at this size once more: a code that fills a photograph is found from afar
AROUND = 0.12  # of a code's longer side, added to each: a strip that is left of a bar code can still be scanned
SCORE = 0.9
LONGEST = 20.0  # seconds that looking for codes at one size may take
CHILD = Child(Path(__file__).with_name("codes_child.py"))


class Barcodes:
    """Find codes in images and in DICOM frames that a camera may have made; they are not read."""

    name = "barcodes"
    version = f"opencv-{cv2.__version__}"
    kinds = frozenset({PartKind.PIXELS})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; what becomes of a code is decided for its label, ID."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding a code, its box padded and inside its frame."""
        frames: Frames = part.value
        if not as_a_camera_sees(frames):
            return
        looked: NDArray[np.uint8] | None = None
        found: list[tuple[str, NDArray[Any]]] = []
        for number in range(frames.count):
            frame = np.ascontiguousarray(frames.readable(number))
            if min(frame.shape[:2]) < SMALLEST:
                continue
            if looked is None or not np.array_equal(frame, looked):  # a still frame is looked at once
                looked, found = frame, list(codes(frame))
            for rule, corners in found:
                box = _padded(corners, part.name, number, frame.shape)
                if box is not None:
                    yield Finding(EntityType.ID, box, SCORE, self.name, self.version, rule)


def codes(frame: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield (rule, corners) of each code of an RGB frame; corners are (4, 2), x and y in pixels.

    Raises LimitExceeded where looking takes longer than LONGEST, UncertainAsset where it ends its process.
    """
    longer = max(frame.shape[:2])
    for side in sorted({min(longer, CLOSE), min(longer, LARGEST)}):
        scale = side / longer
        seen = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else frame
        samples = np.ascontiguousarray(seen, np.uint8)
        try:
            told, _ = CHILD.ask({"shape": samples.shape}, LONGEST, samples.reshape(-1).data)
        except Late:
            raise LimitExceeded(f"looking for codes in a frame took longer than {LONGEST:.0f} s") from None
        except Ended:
            raise UncertainAsset("the process that looks for codes ended on a frame") from None
        for rule, corners in told["found"]:
            yield rule, np.array(corners) / scale


def _padded(corners: NDArray[Any], part: str, frame: int, shape: tuple[int, ...]) -> PixelBox | None:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    around = AROUND * max(right - left, bottom - top)
    first_column, first_row = max(int(left - around), 0), max(int(top - around), 0)
    last_column, last_row = min(ceil(right + around), shape[1]), min(ceil(bottom + around), shape[0])
    if last_column <= first_column or last_row <= first_row:
        return None
    return PixelBox(part, first_column, first_row, last_column - first_column, last_row - first_row, frame)

"""Say whether a slice has the outline of a head: skin against air, of a head's size and shape.

For CT and MR whose headers do not say what they show. Measured on the slices at hand, see `docs/reference/images.md`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 256  # pixels to which the longer side of a slice is shrunk
FAINT = 0.5  # of the level that parts tissue from air best: fat and skin of MR may be darker than the brain
GAP = 9  # pixels that are closed: air in the nose, and an ear
SHORT, LONG = (110.0, 200.0), (130.0, 280.0)  # mm: from the vertex of a child to an adult's profile
LONGEST = 1.7  # times as long as wide
SOLID, FULL = (
    0.84,
    0.6,
)  # share of its convex hull, and of its bounding box: an ellipse has 0.79, a profile with a neck less
CUT = 0.2  # share of its edge that may lie on the slice's own


def has_head_outline(grey: NDArray[np.uint8], spacing: tuple[float, float]) -> bool:
    """Say whether a slice, (rows, columns), its pixels so many mm apart down and across, shows a head's outline."""
    scale = max(grey.shape) / SIDE
    small = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    tissue = _tissue(np.asarray(cv2.GaussianBlur(small, (5, 5), 0), np.uint8))
    found, _ = cv2.findContours(tissue, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    edge = max(found, key=cv2.contourArea, default=None)
    if edge is None or cv2.contourArea(edge) < 1:
        return False
    area, (_, _, width, height) = cv2.contourArea(edge), cv2.boundingRect(edge)
    millimetres = edge.astype(np.float32) * np.array(spacing[::-1], np.float32) * np.float32(scale)
    short, long = sorted(cv2.minAreaRect(millimetres)[1])
    rows, columns = tissue.shape
    cut = np.isin(edge[:, 0, 0], (0, columns - 1)) | np.isin(edge[:, 0, 1], (0, rows - 1))
    sized = SHORT[0] <= short <= SHORT[1] and LONG[0] <= long <= LONG[1] and long <= LONGEST * short
    shaped = area >= SOLID * cv2.contourArea(cv2.convexHull(edge)) and area >= FULL * width * height
    return bool(sized and shaped and cut.mean() <= CUT)


def _tissue(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return where there is something on the ground, which is dark, or bright where the whole rim is."""
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    rim = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    there = grey < level if np.median(rim) > level else grey > FAINT * level
    whole = cv2.copyMakeBorder(there.astype(np.uint8), GAP, GAP, GAP, GAP, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((GAP, GAP), np.uint8))
    return np.ascontiguousarray(closed[GAP:-GAP, GAP:-GAP], np.uint8)

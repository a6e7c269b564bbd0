"""Cover samples of a frame. What a box holds comes in as an array and goes out as one of the same shape and type."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid_core.ports import Site, operator

STRONGEST = 8  # a blurred box keeps about this many cells a side


@operator("Fill the box with one value: 0, or the parameter `value`.")
def fill(samples: NDArray[Any], site: Site) -> NDArray[Any]:
    """Return samples that all have one value; nothing of what was there can be computed from them."""
    return np.full_like(samples, site.params.get("value", 0))


@operator("Blur the box; weak: blurred text can often be read again, so prefer fill.")
def blur(samples: NDArray[Any], site: Site) -> NDArray[Any]:  # noqa: ARG001 - an operator's shape
    """Return samples averaged to a few cells a side and stretched again."""
    if samples.size == 0:
        return samples
    height, width = samples.shape[:2]
    grid = max(width // STRONGEST, 1), max(height // STRONGEST, 1)
    small = cv2.resize(samples.astype(np.float64), grid, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).reshape(samples.shape)
    if np.issubdtype(samples.dtype, np.integer):
        large = np.rint(large)
    blurred: NDArray[Any] = large.astype(samples.dtype)
    return blurred

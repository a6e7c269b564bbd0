"""Say where a frame may hold text: a small network of our own, many times as quick as reading it.

What it rules out is not read, so it errs on the side of text: a wrong alarm costs time, never an identifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

CELL = 4  # pixels a side of what the network judges
AROUND = 31  # pixels a side of what a pixel is compared with
QUIETEST = 6.0  # grey levels; contrast far below it is no text that a person can read
SCALES = (1, 3, 9)  # text of 7 to 30 pixels is known at the first, up to 90 at the second, up to 270 at the third
SMALLEST = {3: 16, 9: 100}  # pixels a side of a shrunken frame; a smaller one is not judged at that scale
LINE = 9  # cells a line of text takes at least, across and 3 down, or the other way round
SURE = 0.2  # mean probability over a line from which a place is read: no text lost comes before time saved
PERHAPS = 0.08  # the same for what goes with such a line
MARGIN = (24, 12)  # pixels around a place, across and down, so that no letter is cut off
MOST = 0.6  # share of a frame from which it is read whole


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a rectangle of a frame, in pixels from the top left."""

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """Return its rows."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Return its columns."""
        return slice(self.left, self.left + self.width)


def places(frame: NDArray[np.uint8], where: NDArray[np.bool_] | None = None) -> list[Place]:
    """Return the rectangles of an RGB frame, (rows, columns, 3), outside which nobody can read anything.

    They do not overlap; a frame that is mostly text is one place. `where` are the pixels that count, all by default.
    """
    rows, columns = frame.shape[:2]
    lines = likely(frame)
    if where is not None:
        lines[~_by_cell(where)] = 0
    if not (lines >= SURE).any():
        return []
    across, down = (-(-margin // CELL) for margin in MARGIN)
    near = cv2.dilate((lines >= PERHAPS).astype(np.uint8), np.ones((2 * down + 1, 2 * across + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    sure = set(np.unique(labels[lines >= SURE]).tolist())
    found = [
        _inside([int(side) * CELL for side in stats[label, :4]], rows, columns)
        for label in range(1, count)
        if label in sure
    ]
    found = _apart(found)
    if sum(place.width * place.height for place in found) > MOST * rows * columns:
        return [Place(0, 0, columns, rows)]
    return found


def likely(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean probability of text over the best line at each cell of `CELL` pixels a side."""
    rows, columns = (-(-side // CELL) for side in frame.shape[:2])
    best = np.zeros((rows, columns), np.float32)
    for grey in _greys(frame):
        for scale in SCALES:
            small = grey if scale == 1 else _shrunk(grey, scale)
            if scale > 1 and min(small.shape) < SMALLEST[scale]:
                break
            cells = _judged(small)
            judged = np.maximum(cv2.boxFilter(cells, -1, (LINE, 3)), cv2.boxFilter(cells, -1, (3, LINE)))
            if scale > 1:
                judged = cv2.resize(judged, (columns, rows), interpolation=cv2.INTER_NEAREST).astype(np.float32)
            np.maximum(best, judged, out=best)
    return best


def flattened(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a grey frame with contrast made even: in standard deviations of what is around, within -4..4."""
    values = grey.astype(np.float32)
    mean = cv2.boxFilter(values, -1, (AROUND, AROUND))
    spread = np.sqrt(np.maximum(cv2.boxFilter(values * values, -1, (AROUND, AROUND)) - mean * mean, 0))
    even: NDArray[np.float32] = np.clip((values - mean) / (spread + QUIETEST), -4, 4).astype(np.float32)
    return even


def _greys(frame: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield what is to be judged: a frame without colour once, else each of its channels."""
    first = np.ascontiguousarray(frame[..., 0])
    yield first
    for channel in (1, 2):
        other = np.ascontiguousarray(frame[..., channel])
        if not np.array_equal(other, first):
            yield other


def _by_cell(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells hold any of those pixels."""
    padded = np.pad(where, [(0, -side % CELL) for side in where.shape])
    rows, columns = (side // CELL for side in padded.shape)
    return np.asarray(padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3)), dtype=np.bool_)


def _shrunk(grey: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    size = max(grey.shape[1] // scale, 1), max(grey.shape[0] // scale, 1)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _judged(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows, columns = grey.shape
    padded = np.pad(grey, ((0, -rows % CELL), (0, -columns % CELL)), mode="edge")
    logits = _network().run(None, {"frames": flattened(padded)[np.newaxis, np.newaxis]})[0][0, 0]
    chance: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return chance.astype(np.float32)


@cache
def _network() -> onnxruntime.InferenceSession:
    """Load the network once a process; one thread, so that workers do not fight over the cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    model = files("deid_core.models").joinpath("text_presence", "model.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _inside(sides: Sequence[int], rows: int, columns: int) -> Place:
    left, top, width, height = sides
    return Place(left, top, min(width, columns - left), min(height, rows - top))


def _apart(found: list[Place]) -> list[Place]:
    """Join rectangles that overlap, until none does."""
    joined: list[Place] = []
    for place in found:
        one = place
        while overlapping := [other for other in joined if _overlap(one, other)]:
            joined = [other for other in joined if other not in overlapping]
            for other in overlapping:
                one = _union(one, other)
        joined.append(one)
    return sorted(joined, key=lambda place: (place.top, place.left))


def _overlap(one: Place, other: Place) -> bool:
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.top + other.height and other.top < one.top + one.height


def _union(one: Place, other: Place) -> Place:
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    return Place(left, top, right - left, max(one.top + one.height, other.top + other.height) - top)

"""Say where a frame may hold text: a small network of our own, many times as quick as reading it.

What it rules out is not read, so it errs on the side of text: a wrong alarm costs time, never an identifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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
PLAIN, FAINT = 0.5, 0.06  # where one line is plain, a machine writes: then what looks like text a little is read, too
MARGIN = (24, 12)  # pixels around a place, across and down, so that no letter is cut off
MORE, ENOUGH = 1.0, 0.3  # contrast by which another channel shows more, and share of the cells of a line where it does
BAND, SHARED = 2048, 128  # pixels a side that are judged at once, and those besides that the network sees around them
LARGE = 16_000_000  # pixels; a larger frame is gone over in bands of so many, and whole only where it is shrunk
CONTEXT = 8  # cells around such a line that are judged with it
MOST = 0.6  # share of a frame from which it is read whole


Cells = NDArray[np.float32]


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
    lines = likely(frame)
    if where is not None:
        lines[~by_cell(where)] = 0
    least = FAINT if lines.size and lines.max() >= PLAIN else SURE
    return placed(lines, lines >= least, frame.shape)


def placed(
    lines: NDArray[np.float32], sure: NDArray[np.bool_], shape: tuple[int, ...], perhaps: float = PERHAPS
) -> list[Place]:
    """Return the rectangles of a frame of that shape around the cells that are sure, with what goes with them.

    From `perhaps` on a cell goes with those beside it.
    """
    if not sure.any():
        return []
    rows, columns = shape[:2]
    across, down = (-(-margin // CELL) for margin in MARGIN)
    near = cv2.dilate(((lines >= perhaps) | sure).astype(np.uint8), np.ones((2 * down + 1, 2 * across + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    chosen = set(np.unique(labels[sure]).tolist())
    found = [
        _inside([int(side) * CELL for side in stats[label, :4]], rows, columns)
        for label in range(1, count)
        if label in chosen
    ]
    found = _apart(found)
    if sum(place.width * place.height for place in found) > MOST * rows * columns:
        return [Place(0, 0, columns, rows)]
    return found


def likely(frame: NDArray[np.uint8], known: NDArray[np.bool_] | None = None, scales: Sequence[int] = SCALES) -> Cells:
    """Return the mean probability of text over the best line at each cell of `CELL` pixels a side.

    Cells that hold any `known` pixel count as no text, and lend none to a line beside them. `scales` are those of
    `SCALES` that are looked at: text of more than 30 pixels is known at none but the coarser ones.
    """
    best = np.zeros([-(-side // CELL) for side in frame.shape[:2]], np.float32)
    without = None if known is None else by_cell(known)
    if frame.shape[0] * frame.shape[1] <= LARGE:
        _look(frame, without, scales, best)
        return best
    for scale in scales:
        if scale > 1:
            _look_shrunk(frame, without, scale, best)
            continue
        step = max(LARGE // frame.shape[1] // BAND, 1) * BAND
        for top in range(0, frame.shape[0], step):
            first, last = max(top - SHARED, 0), min(top + step + SHARED, frame.shape[0])
            cells = slice(first // CELL, -(-last // CELL))
            band = np.zeros_like(best[cells])
            _look(frame[first:last], None if without is None else without[cells], (1,), band)
            own = slice(top // CELL, (top + step) // CELL)
            np.maximum(best[own], band[(top - first) // CELL :][: best[own].shape[0]], out=best[own])
    return best


def _look(frame: NDArray[np.uint8], without: NDArray[np.bool_] | None, scales: Sequence[int], best: Cells) -> None:
    """Put into `best` what is likely at each cell of a frame, where it is more."""
    for grey, even, top, left in _channels(frame):
        high, wide = (side // CELL for side in grey.shape)
        here = slice(top, top + high), slice(left, left + wide)
        for scale in scales:
            small = grey if scale == 1 else _shrunk(grey, scale)
            if scale > 1 and min(small.shape) < SMALLEST[scale]:
                break
            cells = _judged(even if scale == 1 else flattened(_padded(small)))
            if without is not None:
                cells[_resized(without[here].astype(np.float32), cells.shape, cv2.INTER_AREA) > 0] = 0
            lines = _along(cells)
            if scale > 1:
                lines = _resized(lines, (high, wide), cv2.INTER_NEAREST)
            np.maximum(best[here], lines, out=best[here])


def _look_shrunk(frame: NDArray[np.uint8], without: NDArray[np.bool_] | None, scale: int, best: Cells) -> None:
    """Put into `best` what is likely at each cell of a large frame that is shrunk first."""
    small = _shrunk(frame, scale)
    if min(small.shape[:2]) < SMALLEST[scale]:
        return
    cells = np.zeros([-(-side // CELL) for side in small.shape[:2]], np.float32)
    known = None if without is None else _resized(without.astype(np.float32), cells.shape, cv2.INTER_AREA) > 0
    _look(small, known, (1,), cells)
    np.maximum(best, _resized(cells, best.shape, cv2.INTER_NEAREST), out=best)


def by_cell(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells hold any of those pixels."""
    below, right = (-side % CELL for side in where.shape)
    whole = np.pad(where.astype(np.uint8) * np.uint8(255), ((0, below), (0, right)))
    return _resized(whole, [side // CELL for side in whole.shape], cv2.INTER_AREA) > 0  # one in 16 is 16 of 255


def flattened(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a grey frame with contrast made even: in standard deviations of what is around, within -4..4."""
    values = grey.astype(np.float32)
    mean = cv2.boxFilter(values, -1, (AROUND, AROUND))
    spread = np.sqrt(np.maximum(cv2.boxFilter(values * values, -1, (AROUND, AROUND)) - mean * mean, 0))
    even: NDArray[np.float32] = np.clip((values - mean) / (spread + QUIETEST), -4, 4).astype(np.float32)
    return even


def _channels(frame: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32], int, int]]:
    """Yield what is to be judged: grey levels, the same flattened, and the cell, down and across, where they start.

    It is the channel with the most contrast, and the others where one of them has a line of more.
    """
    greys = [_padded(np.asarray(channel, np.uint8)) for channel in cv2.split(frame)]
    greys = [grey for at, grey in enumerate(greys) if not any(np.array_equal(grey, one) for one in greys[:at])]
    evens = [flattened(grey) for grey in greys]
    if len(greys) == 1:
        yield greys[0], evens[0], 0, 0
        return
    contrasts = [np.abs(even) for even in evens]
    order = sorted(range(len(greys)), key=lambda at: -float(contrasts[at].sum()))
    seen = np.full_like(contrasts[0], -np.inf)
    for at in order:
        more = by_cell(contrasts[at] > seen + MORE)
        for top, left, bottom, right in _lines_of(more):
            part = slice(top * CELL, bottom * CELL), slice(left * CELL, right * CELL)
            yield np.ascontiguousarray(greys[at][part]), np.ascontiguousarray(evens[at][part]), top, left
        np.maximum(seen, contrasts[at], out=seen)


def _lines_of(cells: NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the top, left, bottom and right of what is around lines of such cells."""
    lines = (_along(cells.astype(np.float32)) >= ENOUGH).astype(np.uint8)
    around = cv2.dilate(lines, np.ones((2 * CONTEXT + 1, 2 * CONTEXT + 1), np.uint8))
    for left, top, width, height, _ in cv2.connectedComponentsWithStats(around, connectivity=8)[2][1:].tolist():
        yield top, left, top + height, left + width


def _along(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over a line of text at each cell, across or down, whichever is more."""
    across, down = (cv2.boxFilter(cells, -1, side) for side in ((LINE, 3), (3, LINE)))
    return np.asarray(np.maximum(across, down), np.float32)


def _shrunk(grey: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    size = max(grey.shape[0] // scale, 1), max(grey.shape[1] // scale, 1)
    return np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _resized(cells: NDArray[Any], shape: Sequence[int], how: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(cells, (shape[1], shape[0]), interpolation=how))


def _padded(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey frame of whole cells, filled up with the mean around: grain drawn into stripes looks like text."""
    below, right = (-side % CELL for side in grey.shape)
    if not below and not right:
        return grey
    mean = cv2.blur(grey, (AROUND, AROUND))
    whole = np.asarray(cv2.copyMakeBorder(mean, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    whole[: grey.shape[0], : grey.shape[1]] = grey
    return whole


def _judged(even: NDArray[np.float32]) -> Cells:
    """Return the probability of text at each cell; a large frame is judged in tiles that share a margin."""
    logits = np.concatenate(
        [
            np.concatenate([_tile(even, top, left) for left in range(0, even.shape[1], BAND)], axis=1)
            for top in range(0, even.shape[0], BAND)
        ]
    )
    chance: Cells = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return chance.astype(np.float32)


def _tile(even: NDArray[np.float32], top: int, left: int) -> Cells:
    part, own = [], []
    for start, side in ((top, even.shape[0]), (left, even.shape[1])):
        first, last = max(start - SHARED, 0), min(start + BAND + SHARED, side)
        part.append(slice(first, last))
        own.append(slice((start - first) // CELL, (start - first + BAND) // CELL))
    logits: Cells = _network().run(None, {"frames": np.ascontiguousarray(even[np.newaxis, np.newaxis, *part])})[0][0, 0]
    return logits[own[0], own[1]]


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

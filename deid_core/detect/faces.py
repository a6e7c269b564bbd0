"""Find faces in photographs: CenterFace (arXiv 1911.03599) on onnxruntime, at several sizes and in four turns.

The weights ship in `deid_core/models/centerface` with their card. 45 CFR 164.514(b)(2)(i)(Q): full-face photographs and
any comparable images. A patient lies as often as not, and the network knows upright faces only, so a frame is turned.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from math import ceil
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from deid_core.entities import EntityType
from deid_core.ingest.image_origin import as_a_camera_sees
from deid_core.model import Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy
from deid_core.ports import Frames

SIDES = (
    320,
    640,
    1280,
)  # pixels of a frame's longer side as the network sees it: close ones show small, far ones large
TURNED_UP_TO = 640  # a turned frame is enlarged to no more than that
LARGEST_ENLARGEMENT = 4
SMALLEST = 24  # pixels a side; a smaller frame shows no face that anyone would know
STRIDE, GRID = 4, 32  # pixels a cell of the network's answer; its sides are multiples of GRID
LEAST_SCORE = 0.25
EVEN, LARGE, COLOURED = 0.5, 3, 0.02  # a score; a picture's side by a large face's; share of a picture that has colours
HINT, NEAR = 0.012, 24  # score at the size before from which a place is looked at in the largest, and cells around it
HINTS_FROM = 10  # pixels a side of a face in the size before that gives such a hint
SAME = 0.3  # intersection over union from which two boxes are one face
AROUND = 0.25  # of a box's side, added to each: the network sees brow to chin, and hair and ears identify too
REMEMBERED = 64  # frames whose faces are kept: each stage of a run asks for the same ones
FLATTEST = 8  # grey levels; a flatter frame shows nothing

_faces: OrderedDict[str, list[Face]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Face:
    """Hold a face's box in pixels of its frame, left, top, right and bottom, and a score in 0..1."""

    score: float
    box: tuple[float, float, float, float]


class Faces:
    """Find faces in images, and in DICOM frames that light made or that are in colours."""

    name = "faces"
    version = "centerface-2"
    kinds = frozenset({PartKind.PIXELS})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; what becomes of a face is its rule for FACE."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding a face, its box padded and inside its frame."""
        frames: Frames = part.value
        if not as_a_camera_sees(frames):
            return
        for number in range(frames.count):
            frame = frames.readable(number)
            for face in remembered(frame):
                box = _padded(face, part.name, number, frame.shape)
                yield Finding(EntityType.FACE, box, face.score, self.name, self.version, "face")


def remembered(frame: NDArray[np.uint8]) -> list[Face]:
    """Return the faces of an RGB frame; the same frame is searched once."""
    if min(frame.shape[:2]) < SMALLEST or int(np.ptp(frame)) < FLATTEST:
        return []
    key = sha256(repr(frame.shape).encode() + frame.tobytes()).hexdigest()
    if key not in _faces:
        _faces[key] = faces(frame)
        if len(_faces) > REMEMBERED:
            _faces.popitem(last=False)
    _faces.move_to_end(key)
    return _faces[key]


def faces(frame: NDArray[np.uint8]) -> list[Face]:
    """Return the faces of an RGB frame, (rows, columns, 3), best first.

    At the largest size only what gave a hint at the one before is looked at, where a face that gives none is smaller
    than anyone would know; of a large photograph, all.
    """
    longer = max(frame.shape[:2])
    hinting = SMALLEST * SIDES[-2] >= HINTS_FROM * longer
    found: list[Face] = []
    hints: dict[int, NDArray[np.float32]] = {}
    for side in SIDES:
        if side > LARGEST_ENLARGEMENT * longer and side != SIDES[0]:
            break
        small = _resized(frame, side / longer)
        for turns in range(4 if side <= max(TURNED_UP_TO, longer) else 1):
            turned = np.ascontiguousarray(np.rot90(small, turns))
            parts = [(0, 0, *turned.shape[1::-1])]
            if hinting and side == SIDES[-1]:
                parts = _hinted(hints[turns], turned.shape)
            for left, top, right, bottom in parts:
                faces_here, heat = _upright(turned[top:bottom, left:right])
                moved = (_moved(face, left, top) for face in faces_here)
                found += (_back(face, turns, turned.shape, longer / side) for face in moved)
                hints[turns] = heat
    return [face for face in _told_apart(found) if not _is_of_shapes(face, frame)]


def _is_of_shapes(face: Face, frame: NDArray[np.uint8]) -> bool:
    """Say whether a faint and large face is in a picture of hardly any colour: a slice of a chest looks so.

    Of 45 real faces that fill a picture, without colour and blurred, each scored more.
    """
    left, top, right, bottom = face.box
    if face.score >= EVEN or min(right - left, bottom - top) * LARGE < min(frame.shape[:2]):
        return False
    return float((np.ptp(frame, axis=2) > FLATTEST).mean()) < COLOURED


def _hinted(heat: NDArray[np.float32], shape: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Return the left, top, right and bottom of the parts of a frame of that shape where a smaller one gave a hint."""
    warm = cv2.dilate((heat >= HINT).astype(np.uint8), np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8))
    scale = STRIDE * SIDES[-1] // SIDES[-2]
    parts = []
    for left, top, width, height, _ in cv2.connectedComponentsWithStats(warm, connectivity=8)[2][1:].tolist():
        first = scale * left // GRID * GRID, scale * top // GRID * GRID  # where the network's own grid begins
        last = (ceil(scale * end / GRID) * GRID for end in (left + width, top + height))
        part = (*first, *(min(end, side) for end, side in zip(last, (shape[1], shape[0]), strict=True)))
        if part[0] < part[2] and part[1] < part[3]:
            parts.append(part)
    area = sum((right - left) * (bottom - top) for left, top, right, bottom in parts)
    return parts if area < shape[0] * shape[1] else [(0, 0, shape[1], shape[0])]


def _moved(face: Face, left: int, top: int) -> Face:
    return Face(face.score, (face.box[0] + left, face.box[1] + top, face.box[2] + left, face.box[3] + top))


def _resized(frame: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    size = max(round(frame.shape[1] * scale), 1), max(round(frame.shape[0] * scale), 1)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(frame, size, interpolation=how), np.uint8)


def _upright(frame: NDArray[np.uint8]) -> tuple[list[Face], NDArray[np.float32]]:
    """Return the upright faces of a frame, at the size that the network is to see it in, and how warm each cell is."""
    rows, columns = frame.shape[:2]
    seen = np.zeros((ceil(rows / GRID) * GRID, ceil(columns / GRID) * GRID, 3), np.float32)
    seen[:rows, :columns] = frame
    heat, sizes, offsets, _ = _network().run(None, {"input.1": seen.transpose(2, 0, 1)[np.newaxis]})
    found = []
    for row, column in zip(*np.nonzero(heat[0, 0] >= LEAST_SCORE), strict=True):
        height, width = np.exp(sizes[0, :, row, column]) * STRIDE
        down, across = offsets[0, :, row, column]
        middle, centre = (row + down + 0.5) * STRIDE, (column + across + 0.5) * STRIDE
        box = (centre - width / 2, middle - height / 2, centre + width / 2, middle + height / 2)
        found.append(Face(float(heat[0, 0, row, column]), tuple(map(float, box))))  # type: ignore[arg-type] # four of them
    return found, heat[0, 0]


def _back(face: Face, turns: int, shape: tuple[int, ...], scale: float) -> Face:
    """Return a face of a frame turned so many times, of that shape then, in the frame as it was before."""
    left, top, right, bottom = face.box
    for _ in range(turns):  # undo one quarter turn to the left
        left, top, right, bottom = shape[0] - bottom, left, shape[0] - top, right
        shape = (shape[1], shape[0])
    return Face(face.score, (left * scale, top * scale, right * scale, bottom * scale))


def _told_apart(found: Iterable[Face]) -> list[Face]:
    kept: list[Face] = []
    for face in sorted(found, key=lambda face: (-face.score, face.box)):
        if all(_shared(face.box, other.box) < SAME for other in kept):
            kept.append(face)
    return kept


def _shared(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (areas - width * height)


def _padded(face: Face, part: str, frame: int, shape: tuple[int, ...]) -> PixelBox:
    left, top, right, bottom = face.box
    across, down = AROUND * (right - left), AROUND * (bottom - top)
    first_column, first_row = max(int(left - across), 0), max(int(top - down), 0)
    last_column = min(ceil(right + across), shape[1])
    last_row = min(ceil(bottom + down), shape[0])
    width, height = max(last_column - first_column, 1), max(last_row - first_row, 1)
    return PixelBox(part, min(first_column, shape[1] - 1), min(first_row, shape[0] - 1), width, height, frame)


@cache
def _network() -> Any:
    """Load the network once a process; it computes on one thread, so that workers do not fight over the cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    weights = files("deid_core.models").joinpath("centerface", "model.onnx").read_bytes()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

"""Where in a frame identifiers stand whatever is read: by the machine's recipe, or outside the regions it declares."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from deid_core.model import Document, Part, PartKind

Rectangle = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hold what a machine's frames look like, and the boxes in them that are always covered."""

    name: str
    manufacturer: re.Pattern[str]
    model: re.Pattern[str]
    rows: int
    columns: int
    boxes: tuple[Rectangle, ...]


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return the recipes of `recipes.toml`."""
    table = tomllib.loads(files("deid_core.extract").joinpath("recipes.toml").read_text("utf-8"))
    return tuple(
        Recipe(
            one["name"], re.compile(one["manufacturer"], re.IGNORECASE), re.compile(one["model"], re.IGNORECASE),
            one["rows"], one["columns"], tuple(tuple(box) for box in one["boxes"]),
        )
        for one in table["recipes"]
    )  # fmt: skip


def recipe_for(document: Document, part: Part) -> Recipe | None:
    """Return the recipe of the machine that made an image; None where there is none for it, or it is no DICOM."""
    dataset = _dataset(document, part)
    if dataset is None:
        return None
    maker, model = (str(dataset.get(name) or "").strip() for name in ("Manufacturer", "ManufacturerModelName"))
    size = dataset.get("Rows"), dataset.get("Columns")
    return next(
        (
            one
            for one in recipes()
            if (one.rows, one.columns) == size and one.manufacturer.search(maker) and one.model.search(model)
        ),
        None,
    )


def regions(document: Document, part: Part) -> list[Rectangle]:
    """Return the regions of an image that hold the scan, as the machine declares them: PS3.3 C.8.5.5 (0018,6011).

    A region that does not lie in the frame, or has no extent, is none.
    """
    dataset = _dataset(document, part)
    found = []
    for item in (dataset.get("SequenceOfUltrasoundRegions") or ()) if dataset is not None else ():
        try:
            names = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
            left, top, right, bottom = (int(item[name].value) for name in names)
        except (KeyError, TypeError, ValueError):
            continue
        if 0 <= left < right and 0 <= top < bottom:
            found.append((left, top, right - left + 1, bottom - top + 1))
    return found


def outside(inner: Iterable[Rectangle], rows: int, columns: int) -> Iterator[Rectangle]:
    """Yield rectangles that cover a frame but for those inside, without overlap."""
    holes = [(max(left, 0), max(top, 0), left + width, top + height) for left, top, width, height in inner]
    edges = sorted({0, rows, *(min(side, rows) for _, top, _, bottom in holes for side in (top, bottom))})
    for top, bottom in pairwise(edges):
        at = 0
        for left, _, right, _ in sorted(hole for hole in holes if hole[1] <= top and hole[3] >= bottom):
            if left > at:
                yield at, top, min(left, columns) - at, bottom - top
            at = max(at, right)
        if at < columns:
            yield at, top, columns - at, bottom - top


def _dataset(document: Document, part: Part) -> Any:
    """Return the dataset that describes a part of pixels; None outside DICOM."""
    held = (other.value for other in document.parts if other.kind is PartKind.DATASET and part.kind is PartKind.PIXELS)
    return next(held, None)

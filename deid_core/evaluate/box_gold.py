"""Gold of what stands in pixels: a file of boxes beside the images, each with its kind and whether it identifies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deid_core.errors import UsageError

MOST_FRAMES = 100_000  # of an image; a gold of more is a mistake
NO_GOLD = "not a file of gold boxes"


@dataclass(frozen=True, slots=True)
class GoldBox:
    """Hold where text stands in a frame, its kind, and whether it identifies; pixels from the top left."""

    left: int
    top: int
    width: int
    height: int
    kind: str
    identifies: bool
    frame: int = 0
    style: str = ""  # how it is written, where the gold says so


def parse_gold(text: str) -> dict[str, list[GoldBox]]:
    """Read box gold: a JSON object of file names, each `{"frames": n, "text": [{box, phi, kind}]}`.

    `box` is left, top, width and height in pixels. A box without a `frame` stands in every frame; `style` says how it
    is written. Names that begin with an underscore are notes; an image without text has an empty list.
    Raises UsageError, with the numbers of the image and the box, where it is no such file.
    """
    try:
        images = [(name, image) for name, image in json.loads(text).items() if not name.startswith("_")]
    except (ValueError, AttributeError, RecursionError):
        raise UsageError(f"{NO_GOLD}: it is a JSON object of file names") from None
    return {name: list(_boxes(image, number)) for number, (name, image) in enumerate(images, 1)}


def looks_like_gold(text: str) -> bool:
    """Say whether a file may be meant as box gold: an object whose values have text or frames."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(held, dict):
        return False
    values = [value for name, value in held.items() if not name.startswith("_")]
    return any(isinstance(value, dict) and ("text" in value or "frames" in value) for value in values)


def _boxes(image: Any, number: int) -> Iterator[GoldBox]:
    try:
        frames, listed = int(image.get("frames", 1)), list(image.get("text", ()))
    except (AttributeError, TypeError, ValueError):
        raise UsageError(f"{NO_GOLD}: image {number} has no list of text, or no number of frames") from None
    if not 1 <= frames <= MOST_FRAMES:
        raise UsageError(f"{NO_GOLD}: image {number} has {frames} frames")
    for at, one in enumerate(listed, 1):
        try:
            left, top, width, height = (int(side) for side in one["box"])
            chosen = [int(one["frame"])] if "frame" in one else range(frames)
            kind, identifies, style = str(one["kind"]), bool(one["phi"]), str(one.get("style", ""))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise UsageError(f"{NO_GOLD}: image {number}, box {at} lacks box, phi or kind") from None
        if width < 1 or height < 1 or min(chosen) < 0:
            raise UsageError(f"{NO_GOLD}: image {number}, box {at} has no area, or a frame below 0")
        for frame in chosen:
            yield GoldBox(left, top, width, height, kind, identifies, frame, style)

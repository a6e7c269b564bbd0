"""Frames of images: as PNG, with the words read in them and the boxes of spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from threading import Lock
from typing import Any

from PIL import Image

from deid_core.errors import UsageError
from deid_core.extract import ocr, reading
from deid_core.model import Document
from deid_core.policy import Policy
from deployments.review.documents import View
from deployments.review.drawing import group_of, letter_of, state_of

ONE_AT_A_TIME = Lock()  # reading takes all the cores it gets, and what it remembers is not made for threads


def named(view: View, number: int) -> tuple[str, int]:
    """Return the part and the index of a frame by its number over all parts; UsageError where there is none."""
    if not 0 <= number < len(view.frames):
        raise UsageError("there is no such frame")
    return view.frames[number]


def png(document: Document, part: str, frame: int) -> bytes:
    """Return a frame as a person would see it, as PNG."""
    out = BytesIO()
    Image.fromarray(document.part(part).value.readable(frame)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def size(document: Document, part: str, frame: int) -> dict[str, int]:
    """Return a frame's width and height in pixels."""
    rows, columns = document.part(part).value.readable(frame).shape[:2]
    return {"width": columns, "height": rows}


def words(document: Document, part: str, frame: int, policy: Policy) -> list[list[dict[str, Any]]]:
    """Return the lines of text read in a frame, each a list of words with their boxes."""
    pixels = document.part(part).value.readable(frame)
    with ONE_AT_A_TIME:
        found = [word for word in reading.read(pixels, policy.pixels.ocr) if word.text]
    return [
        [
            {
                "text": word.text,
                "left": word.left,
                "top": word.top,
                "width": word.width,
                "height": word.height,
                "confidence": round(word.confidence, 2),
            }
            for word in line
        ]
        for line in ocr.lines(found)
    ]


def boxes(spans: Iterable[Mapping[str, Any]], part: str, frame: int) -> list[dict[str, Any]]:
    """Return the spans that are boxes of a frame, as they are drawn."""
    return [
        {
            **{name: span["location"][name] for name in ("left", "top", "width", "height")},
            "span": span["id"],
            "label": span["entity_type"],
            "group": group_of(span["entity_type"]),
            "letter": letter_of(span["entity_type"]),
            "state": state_of(span),
        }
        for span in spans
        if span["location"]["kind"] == "box" and (span["location"]["part"], span["location"]["frame"]) == (part, frame)
    ]

"""Spans drawn into text: HTML by our own hand, line by line, with every text escaped."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from deid_core.codec import location_from_dict
from deid_core.entities import EntityType
from deid_core.model import CellRef, Document, PixelBox, TagPath, Verdict
from deployments.review.documents import Block, View, shown, view_of

Span = Mapping[str, Any]
ACTS = {
    "span.accept": "said it goes",
    "span.reject": "said it stays",
    "span.relabel": "gave a label",
    "span.resize": "moved its ends",
    "span.add": "added what was missed",
    "span.restore": "went back to the detectors",
    "passed": "let it pass with others",
    "cloned": "went on from another version",
    "redetected": "ran the detectors again",
}
STATES = {Verdict.TRANSFORM: "goes", Verdict.KEEP: "stays", Verdict.REVIEW: "unsure"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold a span where it is in a block: code points [start, end), all of it where `whole`."""

    start: int
    end: int
    span: Span
    whole: bool = False


@cache
def labels() -> dict[str, Any]:
    """Return how labels are drawn: groups with a letter and a title, and each label's group."""
    return tomllib.loads(files("deployments.review").joinpath("labels.toml").read_text("utf-8"))


@cache
def _guidelines() -> dict[str, str]:
    held = tomllib.loads(files("deployments.review").joinpath("guidelines.toml").read_text("utf-8"))
    return {str(name): str(text) for name, text in held["guidelines"].items()}


def guidelines(own: Mapping[EntityType, str]) -> dict[str, str]:
    """Return what is marked under each label and what is not: the policy's own words, or ours."""
    return {str(label): own.get(label, _guidelines()[label]) for label in EntityType}


def guidelines_by_group(told: Mapping[str, str]) -> dict[str, str]:
    """Return the guidelines of each group's labels, a line each, by group."""
    lines: dict[str, list[str]] = {}
    for label, text in told.items():
        lines.setdefault(group_of(label), []).append(f"{label.replace('_', ' ').lower()}: {text}")
    return {group: "\n".join(held) for group, held in lines.items()}


def group_of(label: str) -> str:
    """Return a label's group."""
    return str(labels()["labels"].get(label, "other"))


def letter_of(label: str) -> str:
    """Return the letter that stands for a label's group."""
    return str(labels()["groups"][group_of(label)]["letter"])


def tag_of(label: str) -> str:
    """Return what stands behind a mark: the letter and the label in plain words."""
    return f"{letter_of(label)} {label.replace('_', ' ').lower()}"


def state_of(span: Span) -> str:
    """Say what becomes of a span: goes, stays, or unsure."""
    return STATES[Verdict(span["verdict"])]


def act_of(act: str) -> str:
    """Return an act of an item's history in plain words."""
    return ACTS.get(act, act.replace("_", " "))


def told_of(text: str) -> str:
    """Return what an act of the history changed in plain words: a label, what becomes of it, or a place."""
    label, brace, place = text.partition("{")
    if not brace:
        return STATES[Verdict(text)] if text in set(Verdict) else text.replace("_", " ").lower()
    return " ".join(filter(None, (label.strip().replace("_", " ").lower(), where_of(json.loads(brace + place)))))


def where_of(place: Mapping[str, Any]) -> str:
    """Return a span's place in plain words."""
    where = [f"{place[name]}" for name in ("part", "path", "column") if name in place]
    ends = f"{place['start']} to {place['end']}" if place.get("start") is not None else ""
    box = f"{place['width']} x {place['height']} at {place['left']}, {place['top']}" if "width" in place else ""
    frame = f"of frame {place['frame'] + 1}" if "frame" in place else ""
    return " ".join(filter(None, (*where, ends, box, frame)))


def placed(view: View, spans: Iterable[Span]) -> dict[int, list[Drawn]]:
    """Return the spans of each block by its number, in order."""
    by_block: dict[int, list[Drawn]] = {}
    for span in spans:
        place = location_from_dict(span["location"])
        block = view.block_of(place)
        if block is None or isinstance(place, PixelBox):
            continue
        whole = isinstance(place, TagPath | CellRef) and place.start is None
        start, end = (0, len(block.text)) if whole else (getattr(place, "start", 0), getattr(place, "end", 0))
        by_block.setdefault(block.number, []).append(Drawn(start, end, span, whole))
    for drawn in by_block.values():
        drawn.sort(key=lambda one: (one.start, -one.end))
    return by_block


def lines_of(block: Block, drawn: Sequence[Drawn]) -> list[Markup]:
    """Return the HTML of each line of a block."""
    within: list[list[Drawn]] = [[] for _ in block.lines]
    for one in drawn:
        if one.start >= one.end:
            continue
        for number in range(block.line_at(one.start), block.line_at(one.end - 1) + 1):
            within[number].append(one)
    return [_line(block, number, held) for number, held in enumerate(within)]


def line_of(block: Block, number: int, drawn: Sequence[Drawn]) -> Markup:
    """Return the HTML of one line."""
    line = block.lines[number]
    return _line(block, number, [one for one in drawn if one.start <= line.end and one.end >= line.start])


def changed_lines(view: View, before: Sequence[Span], after: Sequence[Span]) -> dict[str, str]:
    """Return the HTML of each line that a change of spans touches, by "block:line"."""
    old, new = ({span["id"]: span for span in spans} for spans in (before, after))
    touched = [span for name in {*old, *new} if old.get(name) != new.get(name) for span in _sides(old, new, name)]
    now = placed(view, after)
    changed: dict[str, str] = {}
    for number, held in placed(view, touched).items():
        block = view.blocks[number]
        for one in held:
            for line in range(block.line_at(one.start), block.line_at(max(one.end - 1, one.start)) + 1):
                changed[f"{number}:{line}"] = line_of(block, line, now.get(number, ()))
    return changed


def _sides(old: Mapping[str, Span], new: Mapping[str, Span], name: str) -> list[Span]:
    return [side[name] for side in (old, new) if name in side]


def _line(block: Block, number: int, drawn: Sequence[Drawn]) -> Markup:
    line = block.lines[number]
    at, pieces = line.start, []
    for one in drawn:
        start, end = max(one.start, at), min(one.end, line.end)
        if start >= end:
            continue
        pieces += [
            escape(shown(block.text[at:start])),
            _mark(one, shown(block.text[start:end]), last=one.end <= line.end),
        ]
        at = end
    return Markup("".join((*pieces, escape(shown(block.text[at : line.end])))))  # noqa: S704 - all text is escaped


def _mark(one: Drawn, text: str, *, last: bool) -> str:
    """Draw a span's text; what stands after the last piece is the label, by style sheet, so that it counts nowhere."""
    label, state = str(one.span["entity_type"]), state_of(one.span)
    classes = f"span {group_of(label)} {state}{' whole' if one.whole else ''}{'' if last else ' more'}"
    return (
        f'<mark class="{classes}" data-span="{escape(one.span["id"])}"'
        f' data-label="{escape(label)}" data-tag="{tag_of(label)}">{escape(text)}</mark>'
    )


def summary(span: Span, view: View) -> dict[str, Any]:
    """Return what a page needs to know of a span: no value."""
    block = view.block_of(location_from_dict(span["location"]))
    place = span["location"]
    frame = view.frames.index((place["part"], place["frame"])) if place["kind"] == "box" else None
    return {
        "id": span["id"],
        "label": span["entity_type"],
        "group": group_of(span["entity_type"]),
        "letter": letter_of(span["entity_type"]),
        "state": state_of(span),
        "score": span["score"],
        "by": span["decided_by"],
        "why": span["reason"],
        "rule": span["rule"] or span["detector"],
        "said": said_of(span),
        "action": span["action"],
        "origin": span["origin"],
        "block": block.number if block else None,
        "frame": frame,
        "place": [
            frame if block is None else block.number,
            place.get("start") or place.get("top", 0),
            place.get("left", 0),
        ],
    }


def said_of(span: Span) -> str:
    """Return what each detector called a place that several found, with its best score; "" where they agree."""
    best: dict[tuple[str, str], float] = {}
    for one in span.get("sources", ()):
        who = one["entity_type"], one["detector"]
        best[who] = max(best.get(who, 0.0), one["score"])
    if len({label for label, _ in best}) < 2:
        return ""
    return ", ".join(f"{label.replace('_', ' ').lower()} by {who} {score:.2f}" for (label, who), score in best.items())


def plain_blocks(document: Document) -> list[dict[str, Any]]:
    """Return a document's texts in blocks, as lines that a page can carry."""
    return [
        {
            "block": block.number,
            "title": block.title,
            "row": block.row,
            "lines": [shown(block.text[line.start : line.end]) for line in block.lines],
        }
        for block in view_of(document).blocks
    ]

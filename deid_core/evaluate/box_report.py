"""What became of gold boxes to figures: one value without values, for the table and the JSON file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from deid_core.evaluate.bootstrap import Summed, summed
from deid_core.evaluate.boxes import COVERED, TECHNICAL, BoxOutcome
from deid_core.evaluate.count import Counts, Name
from deid_core.evaluate.look import Seen
from deid_core.policy import Policy

GROUPS = ("identifiers", "kept")
ALL = "all"
OTHER = ("other", ALL)
MEANING = (
    f"An identifier box is covered when {COVERED:.0%} of its area is, a box of text to keep when {TECHNICAL:.0%} is. "
    "Other pixels lie in no gold box. Intervals: 95 %, images drawn anew; of boxes never narrower than the exact "
    "bounds, which count a box that stands at one place in many frames once."
)
Places = dict[tuple[str, str, str], int]  # (group, by, name) to boxes at places of their own


def box_report(seen: Sequence[Seen], policy: Policy, rng: np.random.Generator, draws: int) -> dict[str, Any]:
    """Return every figure, as JSON can hold it; a share of nothing is null.

    `rng` draws the images, so the same seed gives the same report.
    """
    held = [one for one in seen if not one.set_aside]
    sums, places = summed([_counted(one) for one in held], rng, draws), _places(held)
    return {
        "policy": {"name": policy.name, "version": policy.version, "sha256": policy.sha256},
        "gold": {
            "images": len(seen),
            "frames": sum(one.frames for one in held),
            "set_aside": dict(sorted(Counter(one.set_aside for one in seen if one.set_aside).items())),
            "boxes": sum(len(one.outcomes) for one in held),
        },
        **{group: _row(sums, places, group, ALL, ALL) for group in GROUPS},
        "other_pixels": {
            "pixels": sums.total(*OTHER, "pixels"),
            "pixels_covered": sums.total(*OTHER, "pixels_covered"),
            "kept": sums.share((*OTHER, "pixels_kept"), [(*OTHER, "pixels")]).rounded(),
        },
        "kinds": _rows(sums, places, "kind"),
        "styles": _rows(sums, places, "style"),
        "meaning": MEANING,
    }


def leaks_and_touched(seen: Sequence[Seen]) -> Iterator[dict[str, Any]]:
    """Yield each identifier box that is not covered, and each box of text to keep that is: where, and no text."""
    for image in seen:
        for one in image.outcomes:
            if one.gold.identifies != one.covered:
                box = [one.gold.left, one.gold.top, one.gold.width, one.gold.height]
                yield {
                    "what": "leaked" if one.gold.identifies else "touched",
                    "image": image.name,
                    "frame": one.gold.frame,
                    "box": box,
                    "kind": one.gold.kind,
                    "share": round(one.share, 4),
                }


def _names(one: BoxOutcome) -> Iterator[tuple[str, str, str]]:
    """Yield the rows that a box counts in: (group, by, name)."""
    group = GROUPS[0] if one.gold.identifies else GROUPS[1]
    yield group, ALL, ALL
    yield group, "kind", one.gold.kind
    if one.gold.style:
        yield group, "style", one.gold.style


def _counted(seen: Seen) -> Counts:
    counts: Counts = Counter()
    for one in seen.outcomes:
        for group, by, name in _names(one):
            row = group, f"{by}.{name}"
            counts[*row, "boxes"] += 1
            counts[*row, "boxes_covered"] += one.covered
            counts[*row, "pixels"] += one.pixels
            counts[*row, "pixels_covered"] += one.pixels_covered
    other = seen.score.other
    counts[*OTHER, "pixels"] += other.pixels
    counts[*OTHER, "pixels_covered"] += other.pixels_covered
    counts[*OTHER, "pixels_kept"] += other.pixels - other.pixels_covered
    return counts


def _places(held: Sequence[Seen]) -> Places:
    found: dict[tuple[str, str, str], set[tuple[int, ...]]] = defaultdict(set)
    for number, image in enumerate(held):
        for one in image.outcomes:
            for name in _names(one):
                found[name].add((number, one.gold.left, one.gold.top, one.gold.width, one.gold.height))
    return {name: len(places) for name, places in found.items()}


def _row(sums: Summed, places: Places, group: str, by: str, name: str) -> dict[str, Any]:
    row = group, f"{by}.{name}"
    counts = {count: sums.total(*row, count) for count in ("boxes", "boxes_covered", "pixels", "pixels_covered")}
    independent = places.get((group, by, name), 0)

    def share(part: Name, whole: Name) -> dict[str, float | None]:
        return sums.share(part, [whole], independent).rounded()

    return {
        **counts,
        "covered": share((*row, "boxes_covered"), (*row, "boxes")),
        "area": share((*row, "pixels_covered"), (*row, "pixels")),
    }


def _rows(sums: Summed, places: Places, by: str) -> list[dict[str, Any]]:
    """Return a row a kind or style, what identifies first."""
    names = sorted(
        ((group, name) for group, other, name in places if other == by), key=lambda one: (GROUPS.index(one[0]), one[1])
    )
    return [{"group": group, "name": name, **_row(sums, places, group, by, name)} for group, name in names]

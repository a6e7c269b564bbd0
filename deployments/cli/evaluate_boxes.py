"""`evaluate` on box gold: what a policy covers of the images beside it, as text, as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deid_core.errors import UnreadableAsset, UsageError
from deid_core.evaluate.box_gold import GoldBox, parse_gold
from deid_core.evaluate.boxes import BoxOutcome, picture
from deid_core.evaluate.look import Seen, cleaned, look
from deid_core.evaluate.predict import Track
from deid_core.keys import ProjectKey
from deid_core.model import Document
from deid_core.policy import Policy
from deployments.cli.evaluate import interval_text, share_text

ROWS = 24  # of a sheet: those with something wrong first
out = Console()


@dataclass(frozen=True)
class Images:
    """Hold box gold and the folder of its images."""

    gold: dict[str, list[GoldBox]]
    folder: Path

    def load(self, name: str) -> bytes:
        """Return an image's bytes; raise UnreadableAsset where they cannot be read."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise UnreadableAsset(f"cannot be read: {type(error).__name__}") from None


def opened(path: Path, text: str) -> Images:
    """Return the gold at a path, whose text that is, with its images.

    Raises UsageError where it is no gold of boxes, holds no image, or names one that does not lie beside it.
    """
    images = Images(parse_gold(text), path.parent)
    if not images.gold:
        raise UsageError("the gold names no image")
    root = path.parent.resolve()
    for number, name in enumerate(images.gold, 1):
        if not _lies_in(root, name):
            raise UsageError(f"image {number} of the gold does not lie in its folder")
    return images


def _lies_in(root: Path, name: str) -> bool:
    try:
        target = (root / name).resolve()
        return target.is_relative_to(root) and target.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def measured(images: Images, policy: Policy, key: ProjectKey, track: Track) -> list[Seen]:
    """Look at every image; raise UsageError, with the reasons, where none can be read."""
    seen = look(images.gold, images.load, policy, key, track)
    if all(one.set_aside for one in seen):
        reasons = ", ".join(sorted({one.set_aside for one in seen}))
        raise UsageError(f"no image of the gold can be read: {reasons}")
    return seen


def sheet(images: Images, seen: Sequence[Seen], policy: Policy, key: ProjectKey, track: Track) -> bytes:
    """Return the contact sheet, a PNG: one frame an image, the first in which something is wrong."""
    from deployments.box_sheet import Pair, box_sheet  # noqa: PLC0415 - only where it is asked for

    numbers = {one.name: number for number, one in enumerate(seen, 1)}
    shown = [one for one in seen if not one.set_aside]
    chosen = sorted(
        sorted(shown, key=lambda one: not any(map(_is_wrong, one.outcomes)))[:ROWS], key=lambda one: numbers[one.name]
    )
    pairs = []
    for one in track(chosen, "Drawing"):
        frame = next((box.gold.frame for box in one.outcomes if _is_wrong(box)), 0)
        before, after = (_readable(document, frame) for document in cleaned(one, images.load, policy, key))
        boxes = tuple(box for box in one.outcomes if box.gold.frame == frame)
        pairs.append(Pair(before, after, boxes, _caption(one, numbers[one.name], frame)))
    some = f"{len(chosen)} of {len(seen)} images" if len(chosen) < len(seen) else f"{len(seen)} images"
    return box_sheet(pairs, f"Before, with the gold by kind, and after: {some}, policy {policy.name}")


def show(result: Mapping[str, Any]) -> None:
    """Print the figures."""
    gold, policy = result["gold"], result["policy"]
    title = f"{gold['images']} images, {gold['boxes']} boxes, policy {policy['name']} {policy['version']}"
    out.print(_table(result, title))
    if result["styles"]:
        out.print(_styles(result["styles"]))
    for line in _sentences(result):
        out.print(line, highlight=False)


def _table(result: Mapping[str, Any], title: str) -> Table:
    table = Table("", "Boxes", "Covered", "Share", "95 %", "Area", "95 %", title=title, box=SIMPLE_HEAD, pad_edge=False)
    for group, name in (("identifiers", "identifiers"), ("kept", "text to keep")):
        rows = [row for row in result["kinds"] if row["group"] == group]
        table.add_row(f"[bold]{name}[/]", *_cells(result[group]))
        for number, row in enumerate(rows, 1):
            table.add_row(f"  {escape(row['name'])}", *_cells(row), end_section=number == len(rows))
    return table


def _styles(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = Table("Written", "Boxes", "Covered", "Share", "95 %", "Area", "95 %", box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(escape(row["name"]) + ("" if row["group"] == "identifiers" else " (text to keep)"), *_cells(row))
    return table


def _cells(row: Mapping[str, Any]) -> list[str]:
    shares = [text for name in ("covered", "area") for text in (share_text(row[name]), interval_text(row[name]))]
    return [str(row["boxes"]), str(row["boxes_covered"]), *shares]


def _sentences(result: Mapping[str, Any]) -> Iterator[str]:
    for reason, number in result["gold"]["set_aside"].items():
        yield f"Set aside, so neither measured nor released: {number} images ({reason})."
    kept = result["other_pixels"]["kept"]
    yield f"Other pixels kept: {share_text(kept)} {interval_text(kept)}"
    yield result["meaning"]


def _is_wrong(box: BoxOutcome) -> bool:
    return box.gold.identifies != box.covered


def _caption(one: Seen, number: int, frame: int) -> str:
    recall, over, other = one.score.recall, one.score.over, one.score.other
    of = f", frame {frame + 1} of {one.frames}" if one.frames > 1 else ""
    return (
        f"Image {number}{of}: {recall.boxes_covered} of {recall.boxes} identifiers covered, "
        f"{over.boxes_covered} of {over.boxes} texts to keep, {100 * other.pixel_share:.1f} % of other pixels"
    )


def _readable(document: Document, frame: int) -> NDArray[np.uint8]:
    part = picture(document)
    if part is None:
        raise UnreadableAsset("it has no pixels")
    shown: NDArray[np.uint8] = part.value.readable(frame)
    return shown

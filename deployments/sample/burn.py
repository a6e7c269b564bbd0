"""Make a set of frames with burned-in text and its gold: `python -m deployments.sample.burn DIR`.

Drawn grounds, or frames of your own that hold no text; many typefaces, sizes, contrasts, turns and slants. The folder
is what `deidflow evaluate` takes.
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from faker import Faker
from numpy.typing import NDArray
from PIL import Image

from deid_core import ingest
from deid_core.errors import Quarantine
from deid_core.evaluate.box_gold import GoldBox
from deid_core.evaluate.boxes import picture
from deid_core.extract.labels import is_paper, labels
from deid_core.extract.presence import places
from deid_core.keys import ProjectKey
from deployments.sample.burned import HANDS, Frame, Hand, burned
from deployments.sample.drawing import inside

GOLD = "ground_truth.json"
SMALLEST, LARGEST = 200, 2400  # pixels a side of a frame that is taken
ALWAYS = ("NAME", "MRN", "DATE")
FIRST_DAY, DAYS = date(1931, 1, 1), 34_000
EVERY_HAND = (
    *HANDS,
    Hand("slanted", slant=7.0),
    Hand("blurred", sizes=(18, 28), blur=1.0),
    Hand("tiny", sizes=(8, 9)),
    Hand("upside down", turns=2),
    Hand("low contrast, inverted", contrasts=(-60, -40)),
)
# a body and two lungs: centre and radii in shares of the frame, grey level
BODY = (((0.5, 0.5), (0.4, 0.33), 110), ((0.37, 0.47), (0.11, 0.15), 30), ((0.63, 0.47), (0.11, 0.15), 30))
Grey = NDArray[np.float64]
Gold = dict[str, dict[str, object]]


def burn(folder: Path, grounds: Sequence[Frame], count: int, seed: int) -> Gold:
    """Write `count` PNG frames and their gold into a folder; without grounds they are drawn. Return the gold.

    Each hand writes in its turn; the same arguments give the same bytes where the same typefaces are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    gold: Gold = {}
    for number in range(count):
        chance = np.random.default_rng([seed, number])
        ground = grounds[number % len(grounds)] if grounds else drawn_ground(chance)
        hand = EVERY_HAND[number % len(EVERY_HAND)]
        label = labels(paper=True) if is_paper(ground) else None  # labels of forms stay
        frame, boxes = burned(ground, hand, int(chance.integers(1 << 31)), texts(chance), label)
        name = f"{number:04d}.png"
        Image.fromarray(frame).save(folder / name)
        gold[name] = {"frames": 1, "text": [_entry(one) for one in boxes]}
    (folder / GOLD).write_text(json.dumps(gold, indent=1) + "\n", encoding="utf-8")
    return gold


def texts(chance: np.random.Generator) -> list[tuple[str, str, bool]]:
    """Return (kind, text, whether it identifies) for one person's picture."""
    table = tomllib.loads(files("deployments.sample").joinpath("overlays.toml").read_text("utf-8"))
    found = []
    for kind, forms in table["identifiers"].items():
        if kind in ALWAYS or chance.random() < 0.5:
            found.append((kind, _filled(str(chance.choice(forms)), _values(chance)), True))
    lines = chance.choice(table["technical"]["lines"], int(chance.integers(3, 7)), replace=False)
    return [*found, *(("TECH", str(line), False) for line in lines)]


def grounds_in(folder: Path) -> Iterator[Frame]:
    """Yield the first frame of each image in a folder that can be read, is of a usual size and holds no text."""
    key = ProjectKey(bytes(32))  # nothing is kept of it
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            part = picture(ingest.read(path.read_bytes(), path.name, "ground", key))
            frame: Frame | None = part.value.readable(0) if part else None
        except (Quarantine, OSError):
            continue
        if frame is not None and _is_usual(frame) and not places(frame):
            yield np.ascontiguousarray(frame)


def _is_usual(frame: Frame) -> bool:
    rows, columns = frame.shape[:2]
    return bool(min(rows, columns) >= SMALLEST and max(rows, columns) <= LARGEST)


def drawn_ground(chance: np.random.Generator) -> Frame:
    """Return an RGB ground of some size: black, a fan of speckle, a body in section, a film, a page or a photo."""
    rows, columns = int(chance.integers(420, 900)), int(chance.integers(520, 1100))
    draw = (_black, _fan, _section, _film, _page, _photo)[int(chance.integers(6))]
    drawn = np.clip(draw(rows, columns, chance), 0, 255).astype(np.uint8)
    return drawn if drawn.ndim == 3 else np.repeat(drawn[..., np.newaxis], 3, axis=2)


def _black(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    return np.full((rows, columns), float(chance.integers(0, 30)))


def _fan(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
    depth, angle = np.hypot(x - columns / 2, y), np.arctan2(x - columns / 2, y + 1)
    tissue = (90 + 40 * np.sin(depth / 31)) * chance.rayleigh(0.7, depth.shape)
    return np.where((depth > rows * 0.12) & (depth < rows * 0.9) & (np.abs(angle) < 0.7), tissue, 6)


def _section(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    grey = chance.normal(8, 3, (rows, columns))
    for (across, down), (wide, high), level in BODY:
        held = inside(rows, columns, (across * columns, down * rows), (wide * columns, high * rows))
        grey[held] = level + chance.normal(0, 6, int(held.sum()))
    return grey


def _film(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
    body = np.exp(-(((x / columns - 0.5) * 3) ** 2)) * (0.6 + 0.4 * np.cos(y / rows * 9))
    grey: Grey = 60 + 130 * body + chance.normal(0, 4, x.shape)
    return grey


def _page(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    return chance.normal(244, 2, (rows, columns))


def _photo(rows: int, columns: int, chance: np.random.Generator) -> Grey:
    coarse = chance.uniform(20, 230, (4, 5, 3)).astype(np.float32)
    smooth = np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float64)
    return smooth + chance.normal(0, 3, smooth.shape)


def _values(chance: np.random.Generator) -> dict[str, str]:
    """Return invented values by the names that the forms use."""
    fake = Faker("en_US")
    fake.seed_instance(int(chance.integers(1 << 31)))
    given, family, city = fake.first_name(), fake.last_name(), fake.city()
    day = FIRST_DAY + timedelta(days=int(chance.integers(DAYS)))
    digits = {name: "".join(map(str, chance.integers(0, 10, size))) for name, size in SIZES.items()}
    hour, minute, second = (int(chance.integers(most)) for most in (12, 60, 60))
    return {
        "given": given, "family": family, "city": city, "I": chr(ord("A") + int(chance.integers(26))),
        "GIVEN": given.upper(), "FAMILY": family.upper(), "CITY": city.upper(),
        "letter": "SXEA"[int(chance.integers(4))],
        "us": f"{day:%m/%d/%Y}", "dmy": f"{day:%d %b %Y}".upper(), "iso": day.isoformat(), "dotted": f"{day:%d.%m.%Y}",
        "clock": f"{hour + 1:02d}:{minute:02d}:{second:02d}", **digits,
    }  # fmt: skip


SIZES = {"two": 2, "three": 3, "four": 4, "six": 6, "seven": 7, "eight": 8, "ten": 10}


def _filled(form: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], form)


def _entry(one: GoldBox) -> dict[str, object]:
    kind, _, style = one.kind.partition(", ")
    box = [one.left, one.top, one.width, one.height]
    return {"box": box, "phi": int(one.identifies), "kind": kind, "style": style}


def main() -> None:
    """Read the command line and write the set."""
    parser = argparse.ArgumentParser(prog="python -m deployments.sample.burn", description="Burn text into frames.")
    parser.add_argument("folder", type=Path, help="where the frames and their gold go")
    parser.add_argument(
        "--frames", type=Path, help="a folder of images without text to burn into; drawn ones without it"
    )
    parser.add_argument("--count", type=int, default=len(EVERY_HAND), help="how many frames")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other people and places")
    asked = parser.parse_args()
    grounds = [*grounds_in(asked.frames)] if asked.frames else []
    if asked.frames and not grounds:
        parser.error("no image in that folder can be read and holds no text")
    if asked.count < 1 or (asked.folder.exists() and any(asked.folder.iterdir())):
        parser.error("name an empty folder, and one frame or more")
    gold = burn(asked.folder, grounds, asked.count, asked.seed)
    print(f"{len(gold)} frames in {asked.folder}")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()

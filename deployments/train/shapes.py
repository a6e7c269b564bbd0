"""Shapes of names of institutions, and of numbers, days and addresses said aloud (`data/shapes.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@cache
def _tables() -> dict[str, dict[str, tuple[str, ...]]]:
    tables = tomllib.loads((Path(__file__).parent / "data" / "shapes.toml").read_text("utf-8"))
    return {
        table: {kind: tuple(entry.strip() for entry in entries.split(";")) for kind, entries in kinds.items()}
        for table, kinds in tables.items()
    }


@cache
def shapes() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return each kind's label and its shapes."""
    labels = {label: kinds for label, kinds in _tables().items() if label != "words"}
    return {kind: (label, entries) for label, kinds in labels.items() for kind, entries in kinds.items()}


def count(number: int) -> str:
    """Return a number from 0 to 99 in words."""
    words = _tables()["words"]
    if number < 20:
        return ("zero", *words["digits"][1:], *words["teens"])[number]
    tens, ones = words["tens"][number // 10 - 2], number % 10
    return f"{tens}-{words['digits'][ones]}" if ones else tens


def digits(rng: Random, many: int) -> str:
    """Return digits said one by one; the first two may be a double."""
    said = [rng.choice((*_tables()["words"]["digits"], "zero")) for _ in range(many)]
    if many > 2 and rng.random() < 0.2:
        said = ["double", *said[1:]]
    return " ".join(said)


def year(rng: Random) -> str:
    """Return a year as it is said in full: "nineteen sixty-two", "two thousand and nine", "twenty nineteen"."""
    late = rng.randint(1, 25)
    if rng.random() < 0.5:
        return f"nineteen {count(rng.randint(25, 99))}"
    return f"two thousand and {count(late)}" if late < 10 else f"twenty {count(late)}"


def _short(number: int) -> str:
    ending = "th" if 10 <= number <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def spoken(kind: str, rng: Random) -> str | None:
    """Return a value of the small slots within shapes; None for a kind that is not one of them."""
    words = _tables()["words"]
    if kind.startswith("said") and kind[4:].isdigit():
        return digits(rng, int(kind[4:]))
    made = {
        "saidnum": lambda: count(rng.randint(1, 99)),
        "saidth": lambda: rng.choice(words["ordinals"]),
        "saidmonth": lambda: rng.choice(words["ordinals"][:12]),
        "saidmonthday": lambda: f"{count(rng.randint(1, 12))}{rng.choice((' ', ', '))}{count(rng.randint(1, 31))}",
        "saidyear": lambda: rng.choice((count(rng.randint(21, 99)), f"oh {count(rng.randint(1, 9))}")),
        "saidfull": lambda: year(rng),
        "letter": lambda: rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ"),
        "phonetic": lambda: rng.choice(words["phonetic"]),
        "spaced": lambda: " ".join(rng.choice("0123456789") for _ in range(rng.randint(3, 6))),
        "roman": lambda: rng.choice(words["roman"]),
        "mon": lambda: rng.choice(words["months"]),
        "fmonth": lambda: rng.choice(words["fmonth"]),
        "n": lambda: str(rng.randint(1, 250)),
        "d": lambda: str(rng.randint(1, 28)),
        "dth": lambda: _short(rng.randint(1, 31)),
        "m": lambda: str(rng.randint(1, 12)),
        "y": lambda: f"{rng.randint(0, 99):02}",
    }.get(kind)
    return made() if made else None

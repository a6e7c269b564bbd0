"""What the name of a column means, by the shipped table `columns.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def plain(name: str) -> str:
    """Return a column's name in lower case, its words joined by one underscore."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)  # birthDate -> birth_Date
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def last_name(column: str) -> str:
    """Return the name that counts of a nested member: subject/name/given -> given; numbers are places in a list."""
    names = [token for token in column.split("/") if not token.isdecimal()] or [column]
    return names[-1].replace("~1", "/").replace("~0", "~")


@cache
def is_sex(name: str) -> bool:
    """Say whether cells under a name hold a person's sex."""
    return plain(name) in _data()["combined"]["SEX"]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("deid_core.standards").joinpath("columns.toml").read_text("utf-8"))


@cache
def _table() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    data = _data()
    exact = {name: label for label, names in data["exact"].items() for name in names}
    return exact, tuple((ending, label) for label, endings in data["suffix"].items() for ending in endings)


@cache
def label_of(name: str) -> str:
    """Return what cells under a name hold: a label or "text"; "" where the table does not know it."""
    exact, suffixes = _table()
    name = plain(name)
    return exact.get(name) or next((label for ending, label in suffixes if name.endswith(ending)), "")

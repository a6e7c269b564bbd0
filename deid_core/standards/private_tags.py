"""Look up which private attributes may stay under PS3.15's Retain Safe Private Option, by the name of their creator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

Fate = Literal["keep", "uid", "date", ""]
FIRST_BLOCK, LAST_CREATOR = 0x10, 0xFF


def fate_of(creator: str, tag: int) -> Fate:
    """Return what becomes of a private attribute: it is kept, holds a UID or a date, or "" for one nobody vouches for.

    An attribute counts by its group and the last two hex digits of its element: its block may stand anywhere.
    Source: PS3.15 Table E.3.10-1 and the private attributes that The Cancer Imaging Archive keeps.
    """
    return _known().get((_plain(creator), tag >> 16, tag & 0xFF), "") if tag & 0xFFFF > LAST_CREATOR else ""


def is_creator(value: str, tag: int) -> bool:
    """Say whether an element (gggg,0010-00FF) names a creator of which an attribute of the group may stay."""
    return FIRST_BLOCK <= tag & 0xFFFF <= LAST_CREATOR and (_plain(value), tag >> 16) in _creators()


def _plain(creator: str) -> str:
    return creator.strip(" \0")


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return creator -> group -> fate -> elements, as the data file has them."""
    data = json.loads(files("deid_core.standards").joinpath("private_tags.json").read_text("utf-8"))
    return cast("Mapping[str, Any]", data["creators"])


@cache
def _known() -> Mapping[tuple[str, int, int], Fate]:
    return {
        (creator, int(group, 16), int(element, 16)): cast("Fate", fate)
        for creator, groups in table().items()
        for group, fates in groups.items()
        for fate, elements in fates.items()
        for element in elements.split()
    }


@cache
def _creators() -> frozenset[tuple[str, int]]:
    return frozenset((creator, group) for creator, group, _ in _known())

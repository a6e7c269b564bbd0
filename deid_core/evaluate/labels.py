"""Label sets of gold, and when two labels are the same.

A name is a name, whoever bears it, and a birth or a time is a date: STAFF_NAME and RELATIVE_NAME count as NAME,
DATE_OF_BIRTH and TIME as DATE. A set that tells fewer kinds apart (Presidio's LOCATION) is matched in its own kinds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from deid_core.entities import ENTITIES, EntityType
from deid_core.errors import MalformedAsset

PARENTS = {
    EntityType.STAFF_NAME: EntityType.NAME,
    EntityType.RELATIVE_NAME: EntityType.NAME,
    EntityType.DATE_OF_BIRTH: EntityType.DATE,
    EntityType.TIME: EntityType.DATE,
}
OURS = "deidflow"


@dataclass(frozen=True, slots=True)
class Scheme:
    """Hold a label set: what each label means here (None: nothing), and which of our labels it does not tell apart."""

    name: str
    labels: Mapping[str, EntityType | None]
    groups: Mapping[EntityType, str]


@cache
def schemes() -> Mapping[str, Scheme]:
    """Return every known label set by name: ours, then i2b2, Presidio and MEDDOCAN."""
    held = tomllib.loads(files("deid_core.evaluate").joinpath("labels.toml").read_text("utf-8"))
    ours = Scheme(
        OURS, {str(label): label for label in EntityType}, {label: str(_parent(label)) for label in EntityType}
    )
    return {OURS: ours, **{name: _scheme(name, table, ours) for name, table in held.items()}}


def scheme_for(documents: Sequence[Sequence[str]], prefer: str) -> Scheme:
    """Return the first label set, `prefer` before the others, that has every label of the documents.

    Raises MalformedAsset with the place of the first label that the best fitting set lacks, never with the label:
    in a file of another layout it may be anything.
    """
    used = {label for labels in documents for label in labels}
    ordered = sorted(schemes().values(), key=lambda scheme: scheme.name != prefer)
    best = min(ordered, key=lambda scheme: len(used - scheme.labels.keys()))
    for number, labels in enumerate(documents, 1):
        for place, label in enumerate(labels, 1):
            if label not in best.labels:
                known = ", ".join(schemes())
                raise MalformedAsset(
                    f"gold document {number}, span {place}: a label that is not in the set {best.name}, which fits "
                    f"best; the sets are {known}: rename it as docs/reference/labels.md has it, or leave it out"
                )
    return best


def _parent(label: EntityType) -> EntityType:
    return PARENTS.get(label, label)


def _scheme(name: str, table: Mapping[str, Any], ours: Scheme) -> Scheme:
    groups = {**ours.groups, **{EntityType(label): str(group) for label, group in table.get("groups", {}).items()}}
    named: dict[str, EntityType | None] = {}
    if name in ("i2b2", "presidio"):  # the sets that entities.py knows
        for label, names in reversed(ENTITIES.items()):  # the first of those with one name gives its meaning
            named[getattr(names, name)] = label
        groups |= {label: _called(name, label) for label in EntityType}
    named |= {label: EntityType(meant) if meant else None for label, meant in table["labels"].items()}
    return Scheme(name, named, groups)


def _called(name: str, label: EntityType) -> str:
    """Return what a set calls one of our labels: for names in i2b2, which tells patients from doctors, ours."""
    parent = _parent(label)
    return str(parent) if (name, parent) == ("i2b2", EntityType.NAME) else str(getattr(ENTITIES[parent], name))

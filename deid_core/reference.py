"""Print the reference tables that are drawn from the code: `python -m deid_core.reference labels`, or another of them.

A page holds a table between `<!-- table: NAME -->` and `<!-- end -->`; a test compares the two.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from deid_core.entities import ENTITIES, EntityType
from deid_core.errors import DeidflowError, Quarantine

LABELLED = re.compile(r"\?P<([A-Z][A-Z_]+)\d*>")  # a rule's group that is called after a label
# Reasons that no error has: what the pipeline around the core sets an asset aside for.
PIPELINE_REASONS = {
    "rejected_in_review": "A reviewer rejected it.",
    "worker_died": "The process that read it died: out of memory, or a broken codec.",
    "internal_error": "A failure that nobody foresaw; its type alone is recorded.",
}


@cache
def reasons() -> Mapping[str, str]:
    """Return the meaning of each reason for which an asset is set aside, in the order of their exit codes."""
    errors = sorted(_below(Quarantine), key=lambda error: error.exit_code)
    return {**{error.reason: _meaning(error) for error in errors}, **PIPELINE_REASONS}


@cache
def safe_harbor() -> Mapping[str, Any]:
    """Return the list of 45 CFR 164.514(b)(2)(i)(A)-(R) with its source and condition."""
    held: Mapping[str, Any] = json.loads(
        files("deid_core.standards").joinpath("safe_harbor.json").read_text(encoding="utf-8")
    )
    return held


def labels_table() -> str:
    """Return our labels with their names elsewhere, as Markdown."""
    rows = (
        (
            f"`{label}`",
            f"({names.hipaa})" if names.hipaa else "none",
            f"`{names.i2b2}`",
            f"`{names.presidio}`",
            "yes" if names.direct else "no",
        )
        for label, names in ENTITIES.items()
    )
    return _table(("label", "Safe Harbor", "i2b2 2014", "Presidio", "identifies on its own"), rows)


def identifiers_table() -> str:
    """Return the eighteen identifiers with what may stay of each, our labels and what finds it, as Markdown."""
    found = {what: frozenset(map(EntityType, labels)) for what, labels in _finders().items()}
    rows = (
        (
            f"({one['letter']})",
            one["title"],
            one["stays"] or "nothing",
            ", ".join(f"`{label}`" for label in one["labels"]),
            ", ".join(what for what, labels in found.items() if not labels.isdisjoint(map(EntityType, one["labels"]))),
        )
        for one in safe_harbor()["identifiers"]
    )
    return _table(("letter", "identifier", "may stay", "labels", "found in texts and tables by"), rows)


def _finders() -> dict[str, Iterable[str]]:
    """Return by what finds them the labels that it can give."""
    from deid_core.detect.rules.table import shipped_rules  # noqa: PLC0415 - only where the table is asked for

    english = (label for rule in shipped_rules("en") for label in (rule.entity_type, *LABELLED.findall(rule.pattern)))
    spanish = (label for rule in shipped_rules("es") for label in (rule.entity_type, *LABELLED.findall(rule.pattern)))
    meta = json.loads(files("deid_core.models").joinpath("en_deid_minilm", "meta.json").read_text("utf-8"))
    model = {"CITY" if label[2:] == "LOCATION" else label[2:] for label in meta["labels"] if label[1:2] == "-"}
    columns = tomllib.loads(files("deid_core.standards").joinpath("columns.toml").read_text("utf-8"))
    return {
        "rules": [*english],
        "rules in Spanish": [*spanish],
        "models": model,
        "names of columns": [label for label in columns["exact"] if label in EntityType.__members__],
        "faces in pictures": ["FACE"],
    }


def reasons_table() -> str:
    """Return the reasons for which an asset is set aside, as Markdown."""
    codes = {error.reason: str(error.exit_code) for error in _below(Quarantine)}
    rows = ((f"`{reason}`", codes.get(reason, "none"), meaning) for reason, meaning in reasons().items())
    return _table(("reason", "exit code", "meaning"), rows)


def exits_table() -> str:
    """Return the exit code of each error, as Markdown."""
    errors: list[type[DeidflowError]] = [DeidflowError, *_below(DeidflowError)]
    rows = (
        (f"`{error.__name__}`", str(error.exit_code), _meaning(error))
        for error in sorted(errors, key=lambda error: error.exit_code)
    )
    return _table(("error", "exit code", "meaning"), rows)


def _below(root: type[Any]) -> list[type[Any]]:
    """List our classes below one, each before its own, in the order in which they are written."""
    ours = [error for error in root.__subclasses__() if error.__module__ == root.__module__]
    return [error for child in ours for error in (child, *_below(child))]


def _meaning(error: type[Any]) -> str:
    """Return what an error says of itself, as a noun: its docstring's sentence without the verb."""
    sentence = (error.__doc__ or "").split("\n")[0]
    noun = sentence.removeprefix("Report ")
    return noun[:1].upper() + noun[1:]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(cells) + " |\n" for cells in (header, ["---"] * len(header), *rows))


TABLES: Mapping[str, Callable[[], str]] = {
    "labels": labels_table,
    "identifiers": identifiers_table,
    "reasons": reasons_table,
    "exits": exits_table,
}


if __name__ == "__main__":
    sys.stdout.write(TABLES[sys.argv[1]]())

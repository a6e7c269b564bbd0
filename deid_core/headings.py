"""Names of columns and members stay as they are, and findings carry them: so none may identify anyone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from deid_core.decide import decide
from deid_core.detect.rules.fold import fold
from deid_core.detect.rules.name_forms import is_common
from deid_core.detect.rules.words import ambiguous, never_names
from deid_core.entities import EntityType
from deid_core.errors import UncertainAsset
from deid_core.model import CellRef, Document, Finding, PartKind, Verdict
from deid_core.policy import Policy
from deid_core.ports import KnownValue, TextQuery
from deid_core.search import detector
from deid_core.standards.columns import label_of, plain

MODELS = ("ner", "ner_accurate")
TABLES = ("text/csv", "application/jsonl")
NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
SURE, SHORTEST, DIGITS = 0.85, 3, 6
LONG_NUMBER = re.compile(rf"\d{{{DIGITS}}}")
WORD = re.compile(r"[^\W\d_]+")


def check(document: Document, policy: Policy, known: Iterable[KnownValue]) -> None:
    """Raise UncertainAsset where a table does not say what its columns hold, or a column's name identifies someone.

    `known` is all that is known of the table's subjects.
    """
    if document.media_type not in TABLES:
        return
    names = dict.fromkeys(
        name for part in document.parts if part.kind is PartKind.RECORD for name in _names(part.value)
    )
    if document.media_type == "text/csv":
        names |= dict.fromkeys(document.part("layout").value.columns)  # of a table without rows, too
        _header_holds(document, policy, [*names])
    told = [name for name in names if not label_of(name) and name not in policy.columns]
    if told and (_is_known(told, known) or _is_found(told, policy)):
        raise UncertainAsset("a column's or member's name looks like an identifier: names are not changed, values are")


def _names(record: Any) -> Iterator[str]:
    """Yield the names of all members of a record, at any depth."""
    if isinstance(record, dict):
        for name, value in record.items():
            yield name
            yield from _names(value)
    elif isinstance(record, list):
        for value in record:
            yield from _names(value)


def _header_holds(document: Document, policy: Policy, names: list[str]) -> None:
    if document.part("layout").value.header:
        labelled = any(label_of(name) or name in policy.columns for name in names)
        is_data = _is_person if any(one in policy.detectors for one in MODELS) else _may_be_data
        has_rows = any(part.kind is PartKind.RECORD for part in document.parts)
        if labelled or (has_rows and not any(map(is_data, names))):
            return
        raise UncertainAsset("the first row may name columns or hold data: give the table a header")
    if any(name not in policy.columns for name in names):
        raise UncertainAsset(
            "the table has no header that says what its cells are: give it one, or name column_1, column_2 and so on "
            "in the policy's columns"
        )


def _is_person(name: str) -> bool:
    from deid_core.transform.surrogates.words import FAMILY, GIVEN  # noqa: PLC0415 - only where no name is known

    words = name.split()
    return bool(words) and all(
        word.istitle() and not is_common(word) and (word in GIVEN or word in FAMILY) for word in words
    )


def _may_be_data(name: str) -> bool:
    """Say whether a name may be a person's where no model is asked: of two words that are no others."""
    return _is_person(name) or (name.istitle() and _may_be_person(name))


def _is_known(names: Iterable[str], known: Iterable[KnownValue]) -> bool:
    """Say whether a name holds a known person's name or number."""
    people: set[str] = set()
    numbers: set[str] = set()
    for value in known:
        folded = fold(value.value)
        if value.entity_type in NAMES:
            people.update(word for word in WORD.findall(folded) if len(word) >= SHORTEST and not is_common(word))
        else:
            numbers.add("".join(filter(str.isalnum, folded)))
    return any(
        not people.isdisjoint(WORD.findall(fold(name)))
        or any(
            len(word) >= DIGITS and word in numbers for word in (plain(name).replace("_", ""), *plain(name).split("_"))
        )
        for name in names
    )


def _is_found(names: list[str], policy: Policy) -> bool:
    """Say whether a rule finds an identifier in a name, or the model a person of two words."""
    if any(LONG_NUMBER.search(name) for name in names):
        return True
    for which in ("patterns", *MODELS):
        if which not in policy.detectors:
            continue
        asked = names if which == "patterns" else [name for name in names if _may_be_person(name)]
        for name, spans in zip(asked, detector(which, policy).find([TextQuery(name) for name in asked]), strict=True):
            for span in spans:
                finding = Finding(
                    span.entity_type, CellRef("header", 0, "", span.start, span.end), span.score, which, ""
                )
                named = which == "patterns" or (
                    span.entity_type in NAMES and len(name[span.start : span.end].split()) > 1
                )
                if named and span.score >= SURE and decide(finding, policy).verdict is not Verdict.KEEP:
                    return True
    return False


def _may_be_person(name: str) -> bool:
    words = WORD.findall(name)
    return len(words) > 1 and not any(word.lower() in never_names() or word.lower() in ambiguous() for word in words)

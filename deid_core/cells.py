"""Small cells: who shares sex, age and place, as they will be released, with few others of the batch.

A cell is a combination of such values in a row of a table. It is known by a keyed hash; no value of it is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from deid_core import pipeline
from deid_core.entities import EntityType
from deid_core.extract.text import cell_text
from deid_core.ingest.records import leaves
from deid_core.keys import ProjectKey
from deid_core.model import CellRef, Decision, Document, Part, PartKind, Plan, Verdict
from deid_core.policy import Policy
from deid_core.standards.columns import is_sex, label_of, last_name

YEARS = 5  # of an age's band
ZIP_DIGITS = 3
# what still tells something of the value that was there; all else that stands for a value tells nothing
TELLING = frozenset({"keep", "zip3", "age_cap", "age_band", "date_year", "date_shift", "hierarchy"})
PLACES = frozenset({EntityType.STATE, EntityType.COUNTY, EntityType.CITY, EntityType.COUNTRY})
QUASI = frozenset({EntityType.DATE_OF_BIRTH, EntityType.AGE, EntityType.ZIP, *PLACES})
_YEAR = re.compile(r"(?<!\d)((?:18|19|20)\d\d)(?=\D|\d{4}(?!\d)|$)")
_AGE = re.compile(r"(\d{1,3})\+?[\s-]{0,3}([a-z]*)")

Pair = tuple[str, str]  # a subject's key and a cell


def cells(document: Document, chosen: Plan, policy: Policy, key: ProjectKey) -> list[Pair]:
    """Return (subject key, cell) of each row of a document's tables, each pair once.

    Sex, birth year, age in bands of five years, ZIP code by three digits and other places, as the plan lets them go,
    and the columns that the policy names; what goes or gets a surrogate counts for nothing, and so does a row that
    tells none of them.
    """
    rows = [part for part in document.parts if part.kind is PartKind.RECORD and part.name != "metadata"]
    if not rows:
        return []
    released = _released(document, chosen, policy, key)
    found = ((document.subject_of(part.name), _cell(part, released, policy)) for part in rows)
    return sorted({(subject, key.token("small-cell", cell)) for subject, cell in found if cell})


def small(held: Iterable[tuple[str, Iterable[Pair]]], fewest: int) -> frozenset[str]:
    """Return the assets, of (asset, its pairs), that hold a cell which fewer than `fewest` subjects of all share."""
    sharing: dict[str, set[str]] = {}
    assets: dict[str, set[str]] = {}  # by cell, while it is small
    for asset, pairs in held:
        for subject, cell in pairs:
            subjects = sharing.setdefault(cell, set())
            if len(subjects) < fewest:
                subjects.add(subject)
                assets.setdefault(cell, set()).add(asset)
            if len(subjects) >= fewest:
                assets.pop(cell, None)
    return frozenset(asset for own in assets.values() for asset in own)


def _released(document: Document, chosen: Plan, policy: Policy, key: ProjectKey) -> Mapping[Pair, str]:
    """Return what takes the place of a quasi-identifier, by part and column; "" where it tells nothing any more."""
    own = [decision for decision in chosen.decisions if _is_quasi(decision, policy)]
    gone = {_place(decision): "" for decision in own if decision.verdict is not Verdict.KEEP}
    telling = tuple(decision for decision in own if decision.action.operator in TELLING)
    kept = {_place(one) for one in telling if one.action.operator == "keep"}
    made = pipeline.replacements(document, replace(chosen, decisions=telling), policy, key)
    changed = {_place(decision): cell_text(value) for decision, value in made}
    return {place: text for place, text in {**gone, **changed}.items() if place not in kept}


def _is_quasi(decision: Decision, policy: Policy) -> bool:
    location = decision.finding.location
    return isinstance(location, CellRef) and bool(_kind(location.column, policy))


def _place(decision: Decision) -> Pair:
    location = decision.finding.location
    return (location.part, location.column if isinstance(location, CellRef) else "")


def _kind(column: str, policy: Policy) -> str:
    """Return what a column tells of a person: a label, "SEX", "OTHER" where the policy names it; "" for nothing."""
    name = last_name(column)
    label = policy.columns.get(column) or policy.columns.get(name) or label_of(name)
    if label in QUASI:
        return label
    if is_sex(name):
        return "SEX"
    return "OTHER" if {column, name} & set(policy.review.cell_columns) else ""


def _cell(part: Part, released: Mapping[Pair, str], policy: Policy) -> str:
    """Return a row's cell as text: what each column tells, made coarse; "" where none tells anything."""
    told: list[tuple[str, str]] = sorted(_told(part.value, part.name, released, policy))
    return json.dumps(told, ensure_ascii=False) if any(value for _, value in told) else ""


def _told(record: Any, part: str, released: Mapping[Pair, str], policy: Policy) -> Iterator[Pair]:
    for column, value in leaves(record):
        kind = _kind(column, policy)
        if kind:
            text = released.get((part, column), cell_text(value)).strip().casefold()
            yield (
                (last_name(column) if kind == "OTHER" else kind),
                "" if pipeline.is_label(text.upper()) else _coarse(kind, text),
            )


def _coarse(kind: str, text: str) -> str:
    if kind == "SEX":
        return text[:1]
    if kind == EntityType.ZIP:
        return text[:ZIP_DIGITS]
    if kind == EntityType.DATE_OF_BIRTH:
        year = _YEAR.search(text)
        return year[1] if year else text
    age = _AGE.match(text) if kind == EntityType.AGE else None
    if age:
        years = 0 if age[2][:1] in ("m", "w", "d") else int(age[1])
        return str(years - years % YEARS)
    return text

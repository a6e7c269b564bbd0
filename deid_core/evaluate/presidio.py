"""Gold as presidio-research writes it: [{full_text, spans: [{entity_type, start_position, end_position}]}]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deid_core.errors import MalformedAsset
from deid_core.evaluate.gold import Marked, decoded, misplaced


def read(files: Mapping[str, bytes]) -> list[Marked]:
    """Return a document an entry; raise MalformedAsset with its number where one is something else."""
    found = []
    for number, data in enumerate(files.values(), 1):
        try:
            entries = json.loads(decoded(data, f"gold file {number}"))
        except (ValueError, RecursionError):
            raise MalformedAsset(f"gold file {number} is not JSON") from None
        if not isinstance(entries, list):
            raise MalformedAsset(f"gold file {number} is not a list of documents")
        found += [_document(entry, number, place) for place, entry in enumerate(entries, 1)]
    return found


def _document(entry: Any, number: int, place: int) -> Marked:
    where = f"gold file {number}, entry {place}"
    try:
        text, spans = entry["full_text"], entry["spans"]
        found = [(span["start_position"], span["end_position"], span["entity_type"]) for span in spans]
        values = [span.get("entity_value") for span in spans]
    except (TypeError, KeyError, AttributeError):
        raise MalformedAsset(f"{where} lacks full_text, or spans with entity_type and positions") from None
    if not isinstance(text, str) or not all(isinstance(label, str) for *_, label in found):
        raise MalformedAsset(f"{where}: full_text and entity_type are strings")
    if not all(type(bound) is int for start, end, _ in found for bound in (start, end)):
        raise MalformedAsset(f"{where}: positions are whole numbers")
    for at, ((start, end, _), value) in enumerate(zip(found, values, strict=True), 1):
        if value is not None and text[max(start, 0) : max(end, 0)] != value:
            raise MalformedAsset(f"{where}, span {at}: {misplaced(text, start, end, str(value))}")
    return Marked(f"{number}-{place}", text, found)

"""Gold in JSON Lines: {"id", "text", "spans": [{"start", "end", "entity_type", "value"?}], "subject"?, "kind"?}."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deid_core.errors import MalformedAsset
from deid_core.evaluate.gold import Marked, decoded, misplaced


def read(files: Mapping[str, bytes]) -> list[Marked]:
    """Return a document a line; raise MalformedAsset with file and line, by number, where one is not."""
    found = []
    for number, data in enumerate(files.values(), 1):
        for at, line in enumerate(decoded(data, f"gold file {number}").removeprefix("\ufeff").split("\n"), 1):
            if line.strip():
                found.append(_document(line, f"gold file {number}, line {at}"))
    return found


def _document(line: str, where: str) -> Marked:
    try:
        row: Any = json.loads(line)
        spans = [(row_span["start"], row_span["end"], row_span["entity_type"]) for row_span in row["spans"]]
        strings = [row["text"], *(label for *_, label in spans), row.get("subject", ""), row.get("kind", "")]
        values = [row_span.get("value") for row_span in row["spans"]]
        id_ = str(row["id"])
    except (ValueError, RecursionError):
        raise MalformedAsset(f"{where} is not JSON") from None
    except (TypeError, KeyError, AttributeError):
        raise MalformedAsset(f"{where} lacks id, text, or spans with start, end and entity_type") from None
    if not all(isinstance(value, str) for value in strings):
        raise MalformedAsset(f"{where}: text, labels, subject and kind are strings")
    if not all(type(bound) is int for start, end, _ in spans for bound in (start, end)):
        raise MalformedAsset(f"{where}: start and end are whole numbers")
    for at, ((start, end, _), value) in enumerate(zip(spans, values, strict=True), 1):
        if value is not None and row["text"][max(start, 0) : max(end, 0)] != value:
            raise MalformedAsset(f"{where}, span {at}: {misplaced(row['text'], start, end, str(value))}")
    return Marked(id_, row["text"], spans, row.get("subject", ""), row.get("kind", ""))

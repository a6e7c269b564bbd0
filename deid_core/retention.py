"""What a release keeps of what its readers need: the words of the trade in its texts, counted, never shown.

A word is one of the drugs, devices, organisms and abbreviations on the lists of the policy's language. The rules know
those lists, too, so rare words are not in the figure; it says when something goes wrong, not that nothing did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid_core.detect.rules.words import of_the_trade
from deid_core.extract.text import cell_text
from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Document, PartKind, Plan, TextSpan
from deid_core.pipeline import changes

WORD = re.compile(r"[^\W_]+")
READ = 1 << 16  # code points of a document: more would cost as much time as finding identifiers by rules
Place = tuple[str, str]


def terms(document: Document, chosen: Plan, language: str) -> tuple[int, int]:
    """Return how many words of the trade the first READ code points of a document's texts hold, and how many stay."""
    known = of_the_trade(language)
    gone = _gone(chosen)
    found, kept, left = 0, 0, READ
    for place, text in _texts(document):
        for word in WORD.finditer(text, 0, left):
            if word[0].lower() in known:
                found += 1
                kept += not any(start < word.end() and word.start() < end for start, end in gone.get(place, ()))
        left -= min(left, len(text))
        if not left:
            break
    return found, kept


def _texts(document: Document) -> Iterator[tuple[Place, str]]:
    for part in document.parts:
        if part.kind is PartKind.TEXT:
            yield (part.name, ""), part.value
        elif part.kind is PartKind.RECORD:
            yield from (((part.name, column), cell_text(value)) for column, value in leaves(part.value))


def _gone(chosen: Plan) -> dict[Place, list[tuple[int, float]]]:
    """Return by text what a plan changes of it."""
    gone: dict[Place, list[tuple[int, float]]] = {}
    for decision in filter(changes, chosen.decisions):
        at = decision.finding.location
        if isinstance(at, TextSpan):
            gone.setdefault((at.part, ""), []).append((at.start, at.end))
        elif isinstance(at, CellRef):
            whole = at.start is None or at.end is None
            bounds = (0, float("inf")) if whole else (at.start or 0, float(at.end or 0))
            gone.setdefault((at.part, at.column), []).append(bounds)
    return gone

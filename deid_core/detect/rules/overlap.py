"""Keep, of spans that lie within one another, those that say more."""

from __future__ import annotations

from collections.abc import Iterable

from deid_core.model import Span

LOOKED_AT = 64  # spans before one that are looked at for covering it


def uncovered(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, without those that lie within another of no lower score; no code point is uncovered."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span.start, -span.end, -span.score, span.rule)):
        if not any(other.end >= span.end and other.score >= span.score for other in reversed(kept[-LOOKED_AT:])):
            kept.append(span)
    return kept

"""Keep, of spans that lie within one another, those that say more."""

from __future__ import annotations

from collections.abc import Iterable

from deid_core.model import Span

LOOKED_AT = 64  # spans before one that are looked at for covering it


def uncovered(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, without those that lie within another of no lower score; no code point is uncovered."""
    kept: list[Span] = []
    farthest = -1
    for span in sorted(set(spans), key=lambda span: (span.start, -span.end, -span.score, span.rule, span.entity_type)):
        if span.end > farthest:  # then no other reaches as far
            farthest = span.end
        elif any(other.end >= span.end and other.score >= span.score for other in reversed(kept[-LOOKED_AT:])):
            continue
        kept.append(span)
    return kept

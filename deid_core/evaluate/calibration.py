"""Whether scores mean what they say: of the findings of a score, the share that is an identifier."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from deid_core.evaluate.gold import GoldDocument
from deid_core.evaluate.outcome import touching
from deid_core.evaluate.predict import Found

EDGES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)  # where one band ends and the next begins; most findings are sure


def calibration(read: Iterable[tuple[GoldDocument, Sequence[Found]]]) -> dict[str, Any]:
    """Return, for each band of scores, how many findings there are, their mean score, and how many are identifiers.

    A finding that the policy leaves as it is, and that lies on no identifier, is neither. `error` is the expected
    calibration error: the mean distance of a band's score from its share, weighted by findings.
    """
    bands: list[list[tuple[float, bool]]] = [[] for _ in range(len(EDGES) + 1)]
    for document, found in read:
        marked = {one for near in touching(document.spans, found) for one in near}
        for one in found:
            if one.changes or one in marked:
                bands[bisect_right(EDGES, one.score)].append((one.score, one in marked))
    rows = [_row(low, high, held) for low, high, held in zip((0.0, *EDGES), (*EDGES, 1.0), bands, strict=True) if held]
    total = sum(row["findings"] for row in rows)
    off = sum(row["findings"] * abs(row["score"] - row["share"]) for row in rows)
    return {"bands": rows, "error": round(off / total, 4) if total else None}


def _row(low: float, high: float, held: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    right = sum(is_right for _, is_right in held)
    score = sum(score for score, _ in held) / len(held)
    return {
        "from": low, "to": high, "findings": len(held), "right": right, "score": round(score, 4),
        "share": round(right / len(held), 4),
    }  # fmt: skip

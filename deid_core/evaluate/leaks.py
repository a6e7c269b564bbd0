"""Where things leaked and where lines were touched, for those who mend detectors on a set they may look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from deid_core.evaluate.gold import Gold
from deid_core.evaluate.outcome import Outcome, mentions
from deid_core.evaluate.predict import Prediction
from deid_core.keys import ProjectKey
from deid_core.policy import Policy


def leaks(gold: Gold, predictions: Sequence[Prediction], policy: Policy, key: ProjectKey) -> Iterator[dict[str, Any]]:
    """Yield each leaked identifier: document, place, label and its text. These are identifiers: keep them as such."""
    for document, prediction in zip(gold.documents, predictions, strict=True):
        if prediction.set_aside:
            continue
        for mention in mentions(document, prediction.found, gold.scheme, policy, key):
            if mention.outcome is Outcome.LEAKED:
                start, end = mention.span.start, mention.span.end
                place = {"id": document.id, "kind": document.kind, "start": start, "end": end}
                label = str(mention.span.entity_type)
                yield {"what": "leaked", **place, "entity_type": label, "text": document.text[start:end]}


def touched(lines: Sequence[tuple[str, Prediction]]) -> Iterator[dict[str, Any]]:
    """Yield each finding that changes a line which identifies nobody: line from 1, place, label and detector."""
    for number, (text, prediction) in enumerate(lines, 1):
        for one in prediction.found:
            if one.changes:
                place = {"line": number, "start": one.start, "end": one.end}
                said = {"entity_type": str(one.entity_type), "detector": one.detector, "rule": one.rule}
                yield {"what": "touched", **place, **said, "text": text[one.start : one.end]}

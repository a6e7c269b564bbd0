"""Run texts through the path that `deidflow detect` and `deidflow deid` take, and say what each would lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from deid_core import edit, ingest, pipeline
from deid_core.entities import EntityType
from deid_core.errors import MalformedAsset, Quarantine, UnsupportedFormat
from deid_core.keys import ProjectKey
from deid_core.model import Decision, Plan, TextSpan, Verdict
from deid_core.pipeline import Identified
from deid_core.policy import Policy
from deid_core.ports import KnownValue

BOM = "\ufeff"
Track = Callable[[Sequence[Any], str], Iterable[Any]]  # shows how far a loop is


def silent(items: Sequence[Any], _what: str) -> Iterable[Any]:
    """Show nothing."""
    return items


@dataclass(frozen=True, slots=True)
class Found:
    """Say what was found at code points [start, end), and whether the release has another text there."""

    start: int
    end: int
    entity_type: EntityType
    changes: bool
    detector: str = ""
    rule: str = ""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """Hold what was found in one text, in order and without overlaps; `set_aside` says why it was not read at all."""

    found: tuple[Found, ...]
    set_aside: str = ""


def predict(texts: Sequence[str], policy: Policy, key: ProjectKey, track: Track = silent) -> list[Prediction]:
    """Return what the policy's detectors find in each text, as one call of the command over all of them would.

    Every text is identified first, so that a subject's values found in one are known in the others.
    """
    known: dict[str, dict[KnownValue, None]] = {}
    held = [_identified(number, text, policy, key) for number, text in track([*enumerate(texts)], "Reading")]
    for whose in held:
        if isinstance(whose, Identified):
            for subject, values in whose.known.items():
                known.setdefault(subject, {}).update(dict.fromkeys(values))
    return [
        _predicted(whose, policy, key, known, mark)
        for whose, mark in track([*zip(held, (text.startswith(BOM) for text in texts), strict=True)], "Searching")
    ]


def _identified(number: int, text: str, policy: Policy, key: ProjectKey) -> Identified | Quarantine:
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which no file can hold
        return MalformedAsset("not a text")
    asset_id = key.token("evaluate", str(number), sha256(data).hexdigest())
    try:
        document = ingest.read(data, "gold.txt", asset_id, key)
        if document.media_type != "text/plain":
            return UnsupportedFormat("its content is another format's, and gold marks places of plain text")
        return pipeline.identify(document, policy, key)
    except Quarantine as error:
        return error


def _predicted(
    whose: Identified | Quarantine, policy: Policy, key: ProjectKey, known: dict[str, dict[KnownValue, None]], mark: int
) -> Prediction:
    """Find in one text; `mark`: how many characters the reader took off its start."""
    if isinstance(whose, Quarantine):
        return Prediction((), whose.reason)
    try:
        plan = pipeline.plan(whose, "", policy, key, lambda subject: tuple(known.get(subject, ())))
        changed = _changed(whose, plan, policy, key)
    except Quarantine as error:
        return Prediction((), error.reason)
    found = [_found(decision, changed, mark) for decision in plan.decisions if not _is_noise(decision, policy)]
    return Prediction(tuple(sorted(found, key=lambda one: (one.start, one.end))))


def _changed(whose: Identified, plan: Plan, policy: Policy, key: ProjectKey) -> set[Decision]:
    """Return the decisions whose text is another one after them: an age under 90 is found, and stays."""
    document = whose.document
    return {
        decision
        for decision, value in pipeline.replacements(document, plan, policy, key)
        if value != edit.get(document, decision.finding.location)
    }


def _is_noise(decision: Decision, policy: Policy) -> bool:
    """Say whether a finding was too unsure for the policy: to it nothing was found."""
    finding = decision.finding
    return decision.verdict is Verdict.KEEP and finding.score < policy.rule(finding.entity_type).min_score


def _found(decision: Decision, changed: set[Decision], mark: int) -> Found:
    finding, location = decision.finding, decision.finding.location
    if not isinstance(location, TextSpan):
        raise TypeError(f"a finding in a note lies at a {type(location).__name__}")
    start, end, changes = location.start + mark, location.end + mark, decision in changed
    return Found(start, end, finding.entity_type, changes, finding.detector, finding.rule, finding.score)

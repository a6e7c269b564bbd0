"""What becomes of each marked identifier in a release: it is covered, the policy keeps it, or it leaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from deid_core import registry
from deid_core.entities import EntityType
from deid_core.evaluate.gold import GoldDocument, GoldSpan
from deid_core.evaluate.labels import Scheme
from deid_core.evaluate.predict import Found
from deid_core.keys import ProjectKey
from deid_core.policy import Policy
from deid_core.ports import Site

# Operators that may leave a value as it is because it may stay: a year, an age to 89, a State.
GENERALISING = frozenset({"keep", "date_year", "age_cap", "age_band", "zip3", "hierarchy"})


class Outcome(StrEnum):
    """Name what becomes of an identifier."""

    COVERED = "covered"
    KEPT = "kept"
    LEAKED = "leaked"


@dataclass(frozen=True, slots=True)
class Mention:
    """Hold one marked identifier, what became of it, and its value for counting: hidden from repr."""

    span: GoldSpan
    outcome: Outcome
    value: str = field(repr=False)


def mentions(
    document: GoldDocument, found: Sequence[Found], scheme: Scheme, policy: Policy, key: ProjectKey
) -> Iterator[Mention]:
    """Yield each identifier of a document with its outcome; `found` is in order and without overlaps.

    Kept: the policy leaves that value of that label as it is, or it was found under an equal label and left. A State
    taken for a person's name is covered; a person's name taken for a State, and left, has leaked.
    Covered: every letter and digit lies in findings whose text the release changes. Leaked: anything else.
    """
    for span, near in zip(document.spans, touching(document.spans, found), strict=True):
        text = document.text[span.start : span.end]
        if leaves(span.entity_type, text, policy, key) or _is_left(span, near, document.text, scheme):
            outcome = Outcome.KEPT
        else:
            hidden = covers(span, [one for one in near if one.changes], document.text)
            outcome = Outcome.COVERED if hidden else Outcome.LEAKED
        yield Mention(span, outcome, "".join(filter(str.isalnum, text.casefold())))


def leaves(label: EntityType, text: str, policy: Policy, key: ProjectKey) -> bool:
    """Say whether the policy, knowing a value's label, would release it as it is."""
    rule = policy.rule(label)
    if rule.action not in GENERALISING:
        return False
    site = Site(label, "", key, dict(rule.params))
    return bool(registry.load("operators", rule.action)(text, site) == text)


def covers(span: GoldSpan, found: Sequence[Found], text: str) -> bool:
    """Say whether every letter and digit of a span lies in some finding."""
    hidden = {at for one in found for at in range(max(one.start, span.start), min(one.end, span.end))}
    return all(at in hidden for at in range(span.start, span.end) if text[at].isalnum())


def touching(spans: Sequence[GoldSpan], found: Sequence[Found]) -> Iterator[list[Found]]:
    """Yield, for each span in order of start, the findings that overlap it; findings are in order, without overlaps."""
    first = 0
    for span in spans:
        while first < len(found) and found[first].end <= span.start:
            first += 1
        near, at = [], first
        while at < len(found) and found[at].start < span.end:
            near.append(found[at])
            at += 1
        yield near


def _is_left(span: GoldSpan, near: Sequence[Found], text: str, scheme: Scheme) -> bool:
    group = scheme.groups[span.entity_type]
    left = [one for one in near if not one.changes and scheme.groups[one.entity_type] == group]
    return bool(left) and covers(span, left, text)

"""Who is asked: the reason why a person looks at an asset, by the policy and by seeded chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deid_core.keys import ProjectKey
from deid_core.model import Plan, Verdict
from deid_core.policy import Policy

PARTS = 10_000  # shares are drawn to a hundredth of a percent
# What may hide most is looked at first.
PRIORITY = {
    "low_confidence": 50,
    "disagreement": 40,
    "rare_condition": 38,
    "small_cell": 36,
    "label": 30,
    "no_finding": 20,
    "sample": 10,
    "required": 0,
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Count what a plan holds: findings by label, unsure ones, and ones whose detectors disagree on the label.

    And what stays and may tell who it is: rare conditions, and cells that few share.
    """

    labels: Mapping[str, int]
    unsure: int = 0
    disputed: int = 0
    rare: int = 0
    small: int = 0


def urgency(why: str, plan: Plan) -> int:
    """Return how soon an asset is looked at (higher first): by why, and within a reason the least sure first."""
    scores = [decision.finding.score for decision in plan.decisions if decision.verdict is not Verdict.KEEP]
    return PRIORITY[why] + round(9 * (1 - min(scores, default=1.0)))


def why_asked(asset_id: str, counts: Counts, policy: Policy, key: ProjectKey, mode: str) -> str:
    """Return why a person is asked about an asset, a key of PRIORITY; "" where nobody is.

    Shares are drawn by the project key: the same assets in every run of one policy.
    """
    if mode == "none":
        return ""
    rules = policy.review
    asked = {
        "low_confidence": counts.unsure > 0,
        "disagreement": rules.disagreement and counts.disputed > 0,
        "rare_condition": rules.rare_conditions and counts.rare > 0,
        "small_cell": rules.small_cells > 0 and counts.small > 0,
        "label": any(counts.labels.get(label) for label in rules.labels),
        "no_finding": not counts.labels and _drawn(asset_id, "review-floor", rules.floor, policy, key),
        "required": mode == "required",
        "sample": _drawn(asset_id, "review-sample", policy.review_sample, policy, key),
    }
    return next((why for why, holds in asked.items() if holds), "")


def is_confirmed(asset_id: str, policy: Policy, key: ProjectKey) -> bool:
    """Say whether a second person looks at an asset, where the policy's review has two steps."""
    return _drawn(asset_id, "review-second", policy.review.second_share, policy, key)


def _drawn(asset_id: str, purpose: str, share: float, policy: Policy, key: ProjectKey) -> bool:
    return key.number(PARTS, purpose, policy.sha256, asset_id) < share * PARTS

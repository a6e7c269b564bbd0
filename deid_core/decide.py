"""Finding and policy to decision: transform, keep or review. What nobody decided is transformed."""

from __future__ import annotations

from deid_core.model import Action, CellRef, Decision, Finding, PixelBox, TagPath, Verdict
from deid_core.policy import Policy

PS3_15 = "PS3.15/"
# Z and D ask for a replacement (PS3.15 E.3.1): a code, a surrogate or a shifted date is a better one than nothing.
REPLACING = {"subject_code", "surrogate", "custom_list", "date_shift"}
REPLACEABLE = {PS3_15 + "Z", PS3_15 + "D"}
# What a person has to decide, and what stays as it is until then: by rule, why. A person's finding has the score 1.
FLAGS = {
    "whole_head": "a face can be drawn from a head's slices",
    "head_outline": "a face can be drawn from slices with a head's outline",
}


def decide(finding: Finding, policy: Policy) -> Decision:
    """Decide one finding by the policy's rule for its label, or by the standard's for a DICOM element."""
    rule = policy.rule(finding.entity_type)
    if finding.rule in FLAGS and finding.score < 1 and rule.action != "keep":
        return Decision(finding, Verdict.REVIEW, Action("keep"), FLAGS[finding.rule])
    if isinstance(finding.location, PixelBox):
        action = Action(policy.pixels.action)
    elif (fixed := _fixed(finding, rule.action)) is not None:
        return fixed
    else:
        action = rule.as_action()
    if finding.rule == "policy_keep" or rule.action == "keep":
        return Decision(finding, Verdict.KEEP, Action("keep"), "the policy keeps it")
    if finding.score < rule.min_score:
        return Decision(finding, Verdict.KEEP, Action("keep"), "score below the policy's minimum")
    if finding.score < rule.review_below:
        return Decision(finding, Verdict.REVIEW, action, "score below the policy's review threshold")
    return Decision(finding, Verdict.TRANSFORM, action, finding.rule or "the policy's rule for the label")


def _fixed(finding: Finding, operator: str) -> Decision | None:
    """Return the decision that no policy changes: PS3.15's own, unless the policy replaces better; metadata's end."""
    if finding.rule.startswith(PS3_15) and not (finding.rule in REPLACEABLE and operator in REPLACING):
        return Decision(finding, Verdict.TRANSFORM, Action("dicom_" + finding.rule.removeprefix(PS3_15)), finding.rule)
    if finding.rule == "image_metadata":
        return Decision(finding, Verdict.TRANSFORM, Action("remove"), "image metadata is not released")
    return None


def is_whole(finding: Finding) -> bool:
    """Say whether a finding is of a whole element or cell, not of characters in it."""
    return isinstance(finding.location, TagPath | CellRef) and finding.location.start is None

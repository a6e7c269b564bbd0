"""What a person confirms as they submit: questions of the policy, so their answers hold no value and no free text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any

from deid_core.errors import UsageError
from infra.review_queue.tables import Status


def asked_of(questions: Sequence[str]) -> list[dict[str, Any]]:
    """Return a policy's questions, each with its number from 1 and the SHA-256 of its text."""
    return [
        {"number": number, "sha256": sha256(question.encode()).hexdigest(), "question": question}
        for number, question in enumerate(questions, 1)
    ]


def answered(questions: Sequence[str], yes: Collection[int], verdict: Status) -> list[dict[str, Any]] | None:
    """Return the answers as a version keeps them, without the text; None where nothing is asked.

    Raises UsageError for a number that no question has, and for an approval without a yes to each.
    """
    if strange := set(yes) - set(range(1, len(questions) + 1)):
        raise UsageError(f"the policy's checklist has no question {min(strange)}")
    open_ones = [str(number) for number in range(1, len(questions) + 1) if number not in yes]
    if open_ones and verdict is Status.APPROVED:
        raise UsageError(f"the policy's checklist is not answered: question {', '.join(open_ones)}")
    held = [
        {"number": one["number"], "sha256": one["sha256"], "yes": one["number"] in yes} for one in asked_of(questions)
    ]
    return held or None

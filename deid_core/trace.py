"""What was done to each finding of an asset, for the audit: where, what, how, by whom; values as keyed hashes only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from deid_core import edit
from deid_core.codec import decision_to_dict
from deid_core.keys import ProjectKey
from deid_core.model import Document, Plan
from deid_core.pipeline import replacements
from deid_core.policy import Policy


def changes(
    document: Document, chosen: Plan, policy: Policy, key: ProjectKey, code: Callable[[str], str] | None = None
) -> Iterator[str]:
    """Yield one JSON line a change: the decision with `old` and `new` as keyed hashes of the values."""
    for decision, new in replacements(document, chosen, policy, key, code):
        old = edit.get(document, decision.finding.location)
        row = {
            **decision_to_dict(decision),
            "old": _hashed(old, key),
            "new": None if new is None else _hashed(new, key),
        }
        yield json.dumps(row, sort_keys=True, separators=(",", ":"))


def _hashed(value: Any, key: ProjectKey) -> str:
    """Return the keyed hash of a value: of text itself, of samples or bytes by their SHA-256, of items by text."""
    if isinstance(value, str):
        text = value
    elif hasattr(value, "tobytes"):
        text = sha256(value.tobytes()).hexdigest()
    else:
        text = sha256(value if isinstance(value, bytes) else str(value).encode()).hexdigest()
    return key.token("audit-value", text, length=32)

"""What a column's name says of its cells."""

from __future__ import annotations

from collections.abc import Iterator

from deid_core.entities import EntityType
from deid_core.extract.text import cell_text, row_of
from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Finding, Part, PartKind
from deid_core.policy import Policy
from deid_core.standards.columns import label_of, last_name

KEEP, TEXT = "keep", "text"


class Columns:
    """Find the cells that their column's name gives away; the policy's `columns` come first."""

    name = "columns"
    version = "1"
    kinds = frozenset({PartKind.RECORD})

    def __init__(self, policy: Policy) -> None:
        """Take the policy whose column names come before the shipped ones."""
        self.policy = policy

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:
        """Yield a finding for each filled cell of a column that means something; the metadata of an image has none."""
        if part.name == "metadata":
            return
        for column, value in leaves(part.value):
            label = self._label(column, policy)
            if label == TEXT or not label or not cell_text(value).strip():
                continue
            entity_type = EntityType.ID if label == KEEP else EntityType(label)
            rule = "policy_keep" if label == KEEP else "column_" + label.lower()
            yield Finding(entity_type, CellRef(part.name, row_of(part), column), 1.0, self.name, self.version, rule)

    def _label(self, column: str, policy: Policy) -> str:
        name = last_name(column)
        return policy.columns.get(column) or policy.columns.get(name) or label_of(name)

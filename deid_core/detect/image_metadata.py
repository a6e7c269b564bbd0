"""All that an image file says besides its picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid_core.entities import EntityType
from deid_core.extract.text import cell_text, row_of
from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Finding, Part, PartKind
from deid_core.policy import Policy

METADATA = "metadata"
# the first that occurs in a name decides
LABELS: tuple[tuple[re.Pattern[str], EntityType], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), entity_type)
    for pattern, entity_type in (
        (r"gps|city|location|address|country|province|sub-?location", EntityType.ADDRESS),
        (r"serial", EntityType.DEVICE),
        (r"date|time", EntityType.DATE),
        (r"artist|author|creator|owner|copyright|by-?line|writer|credit", EntityType.NAME),
    )
)


class ImageMetadata:
    """Find every entry of an image's metadata: none is needed to see the picture."""

    name = "image_metadata"
    version = "1"
    kinds = frozenset({PartKind.RECORD})

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; none lets metadata through."""

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:  # noqa: ARG002 - the detectors' shape
        """Yield one finding an entry, of all of it; nothing in records that are no image's metadata."""
        if part.name != METADATA:
            return
        for column, value in leaves(part.value):
            if cell_text(value):
                location = CellRef(part.name, row_of(part), column)
                yield Finding(_label(column), location, 1.0, self.name, self.version, self.name)


def _label(column: str) -> EntityType:
    return next((label for pattern, label in LABELS if pattern.search(column)), EntityType.ID)

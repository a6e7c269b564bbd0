"""Give a finding what belongs to its value and was not found with it: a code's end, a house's room, `& Sons`.

A value of which half is left is leaked, so a finding is made longer by what can only be part of the same value; it is
never made shorter, and where nothing was found nothing is found here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deid_core.entities import EntityType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deid_core.model import Span

CODES = frozenset({
    EntityType.ID, EntityType.MRN, EntityType.ENCOUNTER, EntityType.ACCOUNT, EntityType.HEALTH_PLAN, EntityType.LICENSE,
    EntityType.DEVICE, EntityType.VEHICLE, EntityType.USERNAME, EntityType.SSN, EntityType.PHONE, EntityType.FAX,
})  # fmt: skip
HOUSES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION})
CALLED = HOUSES | {EntityType.CITY, EntityType.NAME}  # a house may be called after them: `Buff Bay` `hospital`
NEAR = 24  # code points before a finding that can belong to it
# `RGUNN` `_ADT`, `0383` `/KND`, `53` `.053`; not `4471` `-year`, nor the next sentence
CODE_GOES_ON = re.compile(r"(?:[-_/][A-Z\d]{1,12}|_[a-z\d]{1,12}|\.\d{1,12}){1,5}(?![^\W_])")
CODE_BEGINS = re.compile(r"(?<![\w./-])(?:(?:[A-Z]{1,2}|[A-Z]*\d[A-Z\d]{0,7})[-_/.]){1,5}\Z")
ROOM = r"room|rm|ward|bed|bay|unit|cubicle|resus|theatre|suite|floor|level|lvl|wing|pod|window|cell"
HOUSE_GOES_ON = re.compile(
    rf"(?:,?[ ](?i:{ROOM})\.?[ ]?#?(?:[A-Z]?-?\d{{1,4}}[A-Z]?|[A-Z])(?![\w%/]|[.,]\d)"
    r"|,?[ ]\d{1,2}[ ](?:North|South|East|West)\b"
    r"|[ ](?i:clinic|pharmacy)(?![\w-])){1,3}"
)
KIND_FOLLOWS = re.compile(
    r"[ ](?i:hospital|infirmary|hospice|annexe|nursing home|care home|ambulance station)(?![\w-])"
)
FIRM_GOES_ON = re.compile(
    r"(?:[ ]\([A-Z][a-z]{1,12}\))?,?[ ](?:Ltd|Limited|Inc|LLC|LLP|PLC|plc|GmbH|Pty)\b"
    r"|[ ]?&[ ](?:Sons?|Daughters?|Co|Partners|Associates)\b|['\u2019][sS]\b"
)
# `PICU` `8`: the kind of a place before its number
KIND_BEGINS = re.compile(rf"(?<![\w/-])(?:(?i:{ROOM})|[A-Z]?ICU|OPD|ED|ER|LDR|SSU|AMU|MAU)\.?[ ]\Z")
NUMBERED = re.compile(r"[A-Z]?-?\d{1,4}[A-Z]?")
ARTICLE = re.compile(r"(?<=[a-z,;][ ])The[ ]\Z")


def whole_values(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return the spans in their order, those of codes, institutions and firms with what belongs to their values."""
    return [_grown(text, span) if span.entity_type in CODES | CALLED else span for span in spans]


def _grown(text: str, span: Span) -> Span:
    near = max(0, span.start - NEAR)
    if span.entity_type in CODES:
        after = CODE_GOES_ON.match(text, span.end)
        before = CODE_BEGINS.search(text, near, span.start)
    else:
        after = KIND_FOLLOWS.match(text, span.end)
        before = None
        if span.entity_type is EntityType.FACILITY:
            after = after or HOUSE_GOES_ON.match(text, span.end)
        if span.entity_type in HOUSES:
            after = after or FIRM_GOES_ON.match(text, span.end)
            numbered = NUMBERED.fullmatch(text, span.start, span.end)
            before = (KIND_BEGINS if numbered else ARTICLE).search(text, near, span.start)
    if not (after or before):
        return span
    return replace(span, start=before.start() if before else span.start, end=after.end() if after else span.end)

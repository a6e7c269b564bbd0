"""Say what becomes of a DICOM element in files like one whose plan was carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from deid_core.entities import EntityType
from deid_core.ingest.dicom_recipe import MARKS, Kind, Mode, Table
from deid_core.ingest.dicom_scan import Place
from deid_core.model import Action, Decision, TagPath, Verdict
from deid_core.pipeline import KNOWN
from deid_core.standards.private_tags import LAST_CREATOR, Fate, fate_of
from deid_core.standards.ps3_15 import NUMBER_VRS, action

TIMES = frozenset({"AS", "DA", "DT", "TM"})
SIZES = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SV": 8, "UL": 4, "UV": 8}
BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "OB or OW"})
GOES = frozenset({"X", "Z", "D"})  # whatever the value is
# representations whose dummy is one and the same
ALIKE = frozenset({"AE", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"})
NAMING = frozenset({"AE", "DA", "LO", "LT", "PN", "SH", "ST", "UC", "UT"})
# what describes the samples decides how they are written
GEOMETRY = frozenset(0x00280000 | number for number in (2, 3, 4, 6, 8, 0x10, 0x11, 0x100, 0x101, 0x102, 0x103))
CHARACTER_SET, PIXELS = 0x00080005, 0x7FE00010
BASE = "base"  # what the treatment of all others may depend on: character set, samples, owners of private blocks


@dataclass(frozen=True, slots=True)
class Named:
    """Say what is done with a value that identifies by its tag: what kind it is, and by which action it goes."""

    entity_type: EntityType
    action: Action
    always: bool  # whatever the value is, none among them


EXACT, ON_BASE = Mode(Kind.EXACT), Mode(Kind.EXACT, BASE)


def fates(data: bytes, found: Iterable[Place]) -> dict[str, Fate]:
    """Return by path what becomes of private elements as their creators, which stand before them, say."""
    owners: dict[tuple[str, int], str] = {}
    fated: dict[str, Fate] = {}
    for place in found:
        group, number = place.tag >> 16, place.tag & 0xFFFF
        if group & 1:
            holder = place.path.rpartition(".")[0]
            if number <= LAST_CREATOR:
                owners[holder, group << 8 | number] = data[place.value : place.end].decode("latin-1")
            else:
                fated[place.path] = fate_of(owners.get((holder, group << 8 | number >> 8), ""), place.tag)
    return fated


def mode_of(
    place: Place,
    decision: Decision | None,
    put: bytes | None,
    items: Table | None,
    options: Sequence[str],
    fate: Fate = "",
) -> Mode:
    """Return an element's mode, given its decision, what was put in its place, its items' table, a private one's fate.

    Where private elements may stay, their creators are part of what a file is known by.
    """
    tag, vr = place.tag, place.vr
    code, group = action(tag, vr, options), tag >> 16
    if tag & 0xFFFF == 0 and not group & 1:
        return Mode(Kind.DROP)  # a group length
    judged = bool(group & 1) and "retain_safe_private" in options
    if (judged and tag & 0xFFFF <= LAST_CREATOR) or ("." not in place.path and _is_base(tag)):
        return ON_BASE
    if judged:
        return _mode_private(place, decision, put, fate)
    if vr in {"", "UN"}:
        mode = Mode(Kind.DROP) if code == "X" and _goes(decision, put) else EXACT
    elif group & 1 and put is None:
        mode = _dropped(vr)
    elif decision is not None and decision.verdict is not Verdict.KEEP:
        mode = _mode_decided(place, decision, put, code)
    else:
        mode = _mode_kept(place, decision, code) if items is None else Mode(Kind.ITEMS, items, vr)
    return mode


def _is_base(tag: int) -> bool:
    """Say whether an element at the top is one of marks, of overlays, or of samples and tables of their offsets."""
    return tag in MARKS or tag >> 24 == 0x60 or (tag >> 16 == PIXELS >> 16 and tag != PIXELS)


def _goes(decision: Decision | None, put: bytes | None) -> bool:
    """Say whether an element goes of which nothing is known afterwards."""
    return decision is not None and put is None and decision.finding.entity_type not in KNOWN


def _mode_private(place: Place, decision: Decision | None, put: bytes | None, fate: Fate) -> Mode:
    """Return what becomes of a private element where those that are safe may stay, by what its creator says."""
    if not fate and _goes(decision, put):
        return _dropped(place.vr)
    if fate == "keep" and decision is None and (place.vr in NUMBER_VRS or place.vr in {"DS", "IS"}):
        return _mode_kept(place, None, "K")
    return EXACT


def _mode_decided(place: Place, decision: Decision, put: bytes | None, code: str) -> Mode:
    location, name, entity = decision.finding.location, decision.action.operator, decision.finding.entity_type
    if not isinstance(location, TagPath) or location.start is not None:
        return EXACT
    if entity in KNOWN:
        told = decision.finding.detector == "dicom_tags" and place.vr in NAMING
        return Mode(Kind.EXACT, Named(entity, decision.action, code in GOES), place.vr) if told else EXACT
    if name == "dicom_U" and place.vr == "UI":
        return Mode(Kind.UID)
    given = name.removeprefix("dicom_")
    alike = given in {"X", "Z"} or (given == "D" and place.vr in ALIKE)
    if code in GOES and alike and place.vr not in {"UI", "DS", "IS"}:
        return _dropped(place.vr) if put is None else Mode(Kind.CONSTANT, put, place.vr)
    if place.vr in TIMES and not name.startswith("dicom_"):
        return Mode(Kind.OPERATE, (entity, decision.action, code in GOES), place.vr)
    return EXACT


@cache
def _dropped(vr: str) -> Mode:
    return Mode(Kind.DROP, None, vr)


def _mode_kept(place: Place, decision: Decision | None, code: str) -> Mode:
    """Return what becomes of an element that is not a sequence and on which nobody decided that it goes."""
    tag, vr = place.tag, place.vr
    if tag in GEOMETRY or tag == CHARACTER_SET:
        return ON_BASE
    mode = Mode(Kind.EXACT, "empty" if place.end == place.value else None)
    if code == "U" and vr == "UI":
        mode = Mode(Kind.UID)
    elif vr in BULK:
        mode = Mode(Kind.PIXELS, None, vr) if tag == PIXELS else EXACT
    elif vr in NUMBER_VRS:
        mode = Mode(Kind.KEEP, SIZES.get(vr, 2))
    elif vr in {"DS", "IS"} or (vr in TIMES and _stays(vr, decision, code)):
        mode = Mode(Kind.FORMED, None, vr)
    return mode


def _stays(vr: str, decision: Decision | None, code: str) -> bool:
    """Say whether a date, time or age is kept whatever it is: by the standard, or by the policy's rule for it."""
    if decision is None:
        return code == "K" and vr != "AS"
    location = decision.finding.location
    whole = isinstance(location, TagPath) and location.start is None
    return whole and decision.finding.entity_type not in KNOWN

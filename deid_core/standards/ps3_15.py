"""Look up what PS3.15's Basic Application Level Confidentiality Profile does with an attribute.

Table E.1-1 lists what is acted on; what it does not list is judged by its kind, and closed: an attribute that no
dictionary knows, a person's name, a date, a binary value that nobody vouched for goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from deid_core.entities import EntityType
from deid_core.errors import PolicyError

Code = Literal["X", "Z", "D", "K", "C", "U"]

PRIVATE = "gggggggg"
OVERLAYS = 0x60  # groups 60xx
TEXT_VRS = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
BYTES_VRS = frozenset({"OB", "OW", "OF", "OD", "OL", "OV"})
TEMPORAL_VRS = frozenset({"DA", "DT", "TM"})
NUMBER_VRS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS", "US or OW", "US or SS or OW"})
_TYPE_CODES = {"1": "D", "1C": "D", "2": "Z", "2C": "Z", "3": "X"}
_REQUIRED = frozenset({"1", "2", "2C"})  # 2C: what is there was asked for, such as who answers for an animal
_TEXT_PATH = frozenset({"AS", "CS", "DS", "IS", "LO", "LT", "SH", "ST", "UC", "UT"})  # read by the text detectors


@cache
def _data(name: str) -> Mapping[str, Any]:
    return cast(
        "Mapping[str, Any]", json.loads(files("deid_core.standards").joinpath(f"{name}.json").read_text("utf-8"))
    )


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """Return Table E.1-1 by tag: eight hex digits, `50xxxxxx` for repeating groups, PRIVATE for all odd ones."""
    return {row["tag"]: row for row in _data("ps3_15")["attributes"]}


@cache
def option_names() -> frozenset[str]:
    """Return the names of the options that a policy can choose."""
    return frozenset(_data("ps3_15")["options"])


def profile_codes(options: Sequence[str]) -> list[tuple[str, str]]:
    """Return (code, meaning) of CID 7050 for the Basic Profile and the options, in that order.

    Raises PolicyError for an option that the standard does not have.
    """
    data = _data("ps3_15")
    check_options(options)
    rows = [data["basic"], *(data["options"][option] for option in options)]
    return [(row["code"], row["meaning"]) for row in rows]


def check_options(options: Sequence[str]) -> None:
    """Refuse options that the standard does not have: PolicyError."""
    if unknown := set(options) - option_names():
        raise PolicyError(
            f"PS3.15 has no option {', '.join(sorted(unknown))}; it has: {', '.join(sorted(option_names()))}"
        )


def row_of(tag: int) -> Mapping[str, Any] | None:
    """Return the attribute's row of Table E.1-1, repeating groups and private groups included; None without one."""
    if (tag >> 16) % 2:
        return table()[PRIVATE]
    name = f"{tag:08x}"
    for key in (name, f"{name[:2]}xx{name[4:]}", f"{name[:2]}xxxxxx"):
        if key in table():
            return table()[key]
    return None


def action(tag: int, vr: str, options: Sequence[str] = (), type_: str = "") -> Code:
    """Return the action code of an attribute under the Basic Profile with the options.

    C and K: the value stays, and the text detectors read it where it is text. U on a sequence: its items stay, with new
    UIDs. A conditional code such as X/Z/D is resolved by `type_`, the attribute's type in its object, and where that is
    not known ("") by its last code, which is valid for every type. Private attributes go here, whatever the options:
    only their creator tells more (`private_tags`). Raises PolicyError for an unknown option.
    """
    return _action(int(tag), vr, tuple(options), type_)


@lru_cache(maxsize=1 << 16)  # tags and representations come from files
def _action(tag: int, vr: str, options: tuple[str, ...], type_: str) -> Code:
    check_options(options)
    row = row_of(tag)
    if tag >> 24 == OVERLAYS and not tag >> 16 & 1:
        return "X"  # the plane goes, and a description of a plane that is gone is not valid
    if row is None:
        return _unlisted_under(tag, vr, options)
    chosen = {row["options"][option] for option in options if option in row["options"]}
    if (tag >> 16) % 2 or not chosen:
        return resolve(row["profile"], type_)
    if "C" not in chosen:
        return "K"
    return "C" if vr == "SQ" or vr in TEXT_VRS else "X"  # nobody cleans bytes


def resolve(profile: str, type_: str) -> Code:
    """Return one code for a row's, by the attribute's type in its object: "1", "1C", "2", "2C", "3", "" if unknown.

    X and Z are what PS3.15 E.1.1 makes of a value that need not be there; where the object would not be valid without
    one (type 1) or without the element (type 2, 2C), an X becomes Z or D, and a Z becomes D, as it may by definition.
    """
    codes = profile.replace("*", "").split("/")
    wanted = _TYPE_CODES.get(type_, "")
    if "U" in codes:  # X/Z/U*: references hold in every type
        return "U"
    if codes == ["X"] and type_ in _REQUIRED:
        return cast("Code", wanted)
    if codes[-1] == "Z" and wanted == "D":
        return "D"
    return cast("Code", wanted if wanted in codes else codes[-1])


def _unlisted_under(tag: int, vr: str, options: tuple[str, ...]) -> Code:
    """Return the code of an unlisted attribute under the options that are about all UIDs, and all dates and times."""
    code = _unlisted(tag, vr)
    if code == "U" and "retain_uids" in options:
        return "K"
    return temporal(options) if vr in TEMPORAL_VRS and dictionary_vr(tag) in TEMPORAL_VRS else code


def temporal(options: Sequence[str]) -> Code:
    """Return the code of a date or time of which no table tells: as options treat those that one does."""
    if "retain_long_modified_dates" in options:
        return "C"
    return "K" if "retain_long_full_dates" in options else "X"


def _unlisted(tag: int, vr: str) -> Code:
    """Judge an attribute that Table E.1-1 does not list by its kind."""
    group = tag >> 16
    variable_pixels = group & 0xFF00 == 0x7F00 and group != 0x7FE0  # retired, PS3.6
    if group == 0 or tag & 0xFFFF == 0 or variable_pixels or not dictionary_vr(tag) or tag in _retained("removed"):
        return "X"
    if vr in _TEXT_PATH or vr in NUMBER_VRS or vr == "SQ" or tag in _retained("bulk") or tag in _retained("uids"):
        return "K"
    if tag in _retained("cleaned"):
        return "C" if vr in BYTES_VRS else "X"
    return "U" if vr == "UI" else "X"


@cache
def _retained(kind: str) -> frozenset[int]:
    return frozenset(tag for keyword in _data("dicom_retained")[kind] if (tag := tag_for_keyword(keyword)) is not None)


@cache
def label(tag: int, vr: str) -> EntityType:
    """Return our label for an attribute, by its keyword, else by its VR; one that nobody knows counts as private."""
    if (tag >> 16) % 2 or (row_of(tag) is None and not dictionary_vr(tag)):
        return EntityType.PRIVATE_ATTRIBUTE
    labels = _data("dicom_labels")
    return EntityType(labels["by_keyword"].get(keyword_for_tag(tag)) or labels["by_vr"].get(vr, labels["default"]))


def dictionary_vr(tag: int) -> str:
    """Return the dictionary's value representation of a public attribute; "" for one it does not know."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""

"""Make a text valid for a DICOM value representation (PS3.5 6.2): its characters, length and form."""

from __future__ import annotations

import re

LENGTHS = {"AE": 16, "CS": 16, "LO": 64, "SH": 16, "ST": 1024, "LT": 10240, "UI": 64, "DS": 16, "IS": 12}
PN_GROUP = 64
ONE_VALUE = frozenset({"LT", "ST", "UR", "UT"})  # a backslash is text there
_FORMS = {
    "DA": re.compile(r"\d{8}"),
    "TM": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
    "DT": re.compile(r"\d{4}(\d{2}(\d{2}(\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?"),
    "AS": re.compile(r"\d{3}[DWMY]"),
    "DS": re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*"),
    "IS": re.compile(r"\s*[+-]?\d+\s*"),
    "UI": re.compile(r"[0-9.]+"),
}
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?")
_CLOCK = re.compile(r"(\d{2}):(\d{2})(?::(\d{2}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]+")  # tab, line feed, form feed and return may stand


def is_valid(vr: str, text: str) -> bool:
    """Say whether a text of values has the form that its representation demands; empty values do."""
    form = _FORMS.get(vr)
    return form is None or all(not one.strip(" \0") or form.fullmatch(one.rstrip(" \0")) for one in text.split("\\"))


def fitted(vr: str, text: str) -> str:
    """Return the text as `vr` can hold it, value by value: shortened, its forbidden characters replaced.

    A value that a date, time, age, number or UID cannot hold becomes empty, which is valid everywhere; a date given
    as a year is its first of January, and an age as a bare number is in years.
    """
    if vr in ONE_VALUE:
        return _CONTROL_IN_TEXT.sub(" ", text)[: LENGTHS.get(vr)]
    return "\\".join(_fitted_value(vr, one) for one in text.split("\\"))


def _fitted_value(vr: str, value: str) -> str:
    if vr in _FORMS:
        value = _formed(vr, value.strip(" \0"))
        return value if _FORMS[vr].fullmatch(value) and len(value) <= LENGTHS.get(vr, len(value)) else ""
    value = _CONTROL.sub(" ", value)
    if vr == "CS":
        value = re.sub(r"[^A-Z0-9 _]", "_", value.upper())
    if vr == "AE":
        value = value.encode("ascii", "replace").decode()
    if vr == "PN":
        return "=".join(group[:PN_GROUP] for group in value.split("=")[:3])
    return value[: LENGTHS.get(vr)]


def _formed(vr: str, value: str) -> str:
    """Return a date, time or age that is written another way in the way of its representation."""
    if vr in {"DA", "DT"} and (match := _ISO.fullmatch(value)):
        digits = "".join(part or "" for part in match.groups())
        return digits[:8] if vr == "DA" else digits
    if vr == "DA" and re.fullmatch(r"\d{4}|\d{6}", value):
        return (value + "0101")[:8]
    if vr == "TM" and (match := _CLOCK.fullmatch(value)):
        return "".join(part or "" for part in match.groups())
    if vr == "AS" and (match := re.match(r"(\d{1,3})(?![\dDWM])", value)):
        return f"{int(match[1]):03d}Y"
    return value

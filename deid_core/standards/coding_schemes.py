"""Know the codes of published vocabularies, which are never a person's number although some look like one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_VERSION = re.compile(r"[A-Za-z]{0,4}[0-9][0-9A-Za-z._-]{0,11}|")
# Verhoeff's check digit, which ends every SNOMED CT identifier: the dihedral group's products and its permutations
_TIMES = ["0123456789", "1234067895", "2340178956", "3401289567", "4012395678"]
_TIMES += ["5987604321", "6598710432", "7659821043", "8765932104", "9876543210"]
_TURNS = [
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
]


def is_code(scheme: str, value: str) -> bool:
    """Say whether a value is a code of a published scheme, by its form, and in SNOMED CT by its check digit too."""
    form = _forms().get(scheme.strip(" \0"))
    value = value.strip(" \0")
    return form is not None and form.fullmatch(value) is not None and (scheme.strip(" \0") != "SCT" or _checks(value))


def is_scheme(scheme: str) -> bool:
    """Say whether a designator is that of a published scheme."""
    return scheme.strip(" \0") in _forms()


def is_version(value: str) -> bool:
    """Say whether a text has the form of a scheme's version: a number, a date, an edition."""
    return _VERSION.fullmatch(value.strip(" \0")) is not None


def _checks(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_TURNS[place % 8][int(digit)])])
    return check == 0


@cache
def _forms() -> Mapping[str, re.Pattern[str]]:
    data = json.loads(files("deid_core.standards").joinpath("coding_schemes.json").read_text("utf-8"))
    return {scheme: re.compile(form, re.ASCII) for scheme, form in data["forms"].items()}

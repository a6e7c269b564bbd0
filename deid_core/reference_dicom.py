"""Print what is done with each DICOM attribute: `python -m deid_core.reference_dicom options|private|actions`.

The tables stand in `docs/reference/dicom.md` and `docs/reference/dicom-actions.md`; a test compares them with the code.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from deid_core.standards import private_tags, ps3_15

TYPES = ("1", "2", "3", "")
WHAT = {
    "retain_safe_private": "Private attributes known to be safe stay, and their texts are read; others go.",
    "retain_uids": "UIDs stay.",
    "retain_device_identity": "Serial numbers, stations and what else names a device stay.",
    "retain_institution_identity": "Name, address and department of the institution stay.",
    "retain_patient_characteristics": "Age (by the policy's rule), sex, size and the like stay; texts are read.",
    "retain_long_full_dates": "Dates and times stay.",
    "retain_long_modified_dates": "Dates and times are changed by the policy's rule for dates: one offset a subject.",
    "clean_descriptors": "Descriptions and comments stay, and are read as text.",
    "clean_structured_content": "Content items stay, and are read as text; without it they hold dummies.",
    "clean_graphics": "Graphic annotations stay, and their texts are read; overlay and curve data go.",
    "clean_pixel_data": "Text in pixels is covered; claimed where the pixels were searched.",
    "clean_recognisable_features": "Claimed where faces were looked for, in other images than CT, MR, PT and NM.",
}


def options_table() -> str:
    """Return the options with their codes of CID 7050 and how many attributes each touches, as Markdown."""
    touched: dict[str, Counter[str]] = {name: Counter() for name in ps3_15.option_names()}
    for row in ps3_15.table().values():
        for option, code in row["options"].items():
            touched[option][code] += 1
    rows = (
        (f"`{name}`", code, str(touched[name]["K"]), str(touched[name]["C"]), WHAT[name])
        for name, (code, _) in sorted(
            ((name, ps3_15.profile_codes([name])[1]) for name in ps3_15.option_names()), key=lambda pair: pair[1]
        )
    )
    return _table(("option", "CID 7050", "kept", "cleaned", "what it does"), rows)


def private_table() -> str:
    """Return the creators of private attributes that may stay, and how many of each, as Markdown."""
    rows = (
        (
            f"`{creator}`",
            ", ".join(groups),
            str(sum(len(held.split()) for of in groups.values() for held in of.values())),
        )
        for creator, groups in private_tags.table().items()
    )
    return _table(("private creator", "groups", "attributes"), rows)


def actions_table() -> str:
    """Return each attribute of PS3.15 Table E.1-1 with its code by type and by option, as Markdown."""
    header = ("tag", "attribute", "profile", *(f"type {type_}" if type_ else "unknown" for type_ in TYPES), "options")
    return _table(header, _actions())


def _actions() -> Iterator[Sequence[str]]:
    for row in sorted(ps3_15.table().values(), key=lambda row: str(row["tag"])):
        private = row["tag"] == ps3_15.PRIVATE
        tag = 0x00091001 if private else int(row["tag"].replace("x", "0"), 16)
        vr = ps3_15.dictionary_vr(tag) or "LO"
        by_type = [ps3_15.action(tag, vr, (), type_) for type_ in TYPES]
        changed = (
            f"{option}: {code}"
            for option in sorted(row["options"])
            if not private and (code := ps3_15.action(tag, vr, (option,), "3")) != by_type[2]
        )
        yield (row["tag"].upper().replace("X", "x"), row["name"], row["profile"], *by_type, ", ".join(changed))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(cells) + " |\n" for cells in (header, ["---"] * len(header), *rows))


TABLES: Mapping[str, Callable[[], str]] = {
    "options": options_table,
    "private": private_table,
    "actions": actions_table,
}


if __name__ == "__main__":
    sys.stdout.write(TABLES[sys.argv[1]]())

"""Print the reference of operators from the operators themselves: `python -m deid_core.transform.catalogue`."""

from __future__ import annotations

import sys
from inspect import getdoc

from deid_core import registry
from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Operator, Scalar, Site

KEY = ProjectKey(bytes(range(32)))  # of the examples, never of data
SUBJECT = KEY.subject("docs", "1")
Example = tuple[EntityType, str, str, dict[str, Scalar]]
EXAMPLES: dict[str, tuple[Example, ...]] = {  # operator -> label, value, VR, parameters
    "keep": ((EntityType.STATE, "Ohio", "", {}),),
    "remove": ((EntityType.SSN, "123-45-6789", "", {}),),
    "redact": ((EntityType.SSN, "123-45-6789", "", {}),),
    "mask_label": ((EntityType.NAME, "John Doe", "", {}), (EntityType.DATE, "20210314", "DA", {})),
    "mask_same_length": ((EntityType.NAME, "John Doe", "", {}), (EntityType.NAME, "John Doe", "", {"char": "X"})),
    "mask_fixed": ((EntityType.NAME, "John Doe", "", {}),),
    "surrogate": (
        (EntityType.NAME, "John Doe", "", {}),
        (EntityType.NAME, "DOE^JOHN^A", "PN", {}),
        (EntityType.NAME, "Dr. Doe's", "", {}),
        (EntityType.ADDRESS, "123 Main St, Apt 4B", "", {}),
        (EntityType.FACILITY, "St. Mary's Medical Center", "", {}),
        (EntityType.PHONE, "(617) 726-2000", "", {}),
        (EntityType.EMAIL, "john.doe@hospital.org", "", {}),
        (EntityType.SSN, "123-45-6789", "", {}),
        (EntityType.ID, "AB-1234/56", "", {}),
        (EntityType.DATE, "2021-03-14", "", {}),
    ),
    "date_shift": (
        (EntityType.DATE, "03/14/2021", "", {}),
        (EntityType.DATE, "3rd of May 2021", "", {}),
        (EntityType.DATE, "March 14-16, 2021", "", {}),
        (EntityType.DATE, "20210314143000.0000-0500", "DT", {}),
        (EntityType.DATE, "03/04/2021", "", {"day_first": True}),
        (EntityType.DATE, "around Easter", "", {}),
    ),
    "date_year": (
        (EntityType.DATE, "March 14, 2021", "", {}),
        (EntityType.DATE, "20210314", "DA", {}),
        (EntityType.DATE, "May 3", "", {}),
        (EntityType.DATE_OF_BIRTH, "6/7/1930", "", {"cap_age": 89}),
    ),
    "age_cap": (
        (EntityType.AGE, "93-year-old", "", {}),
        (EntityType.AGE, "in his nineties", "", {}),
        (EntityType.AGE, "093Y", "AS", {}),
    ),
    "age_band": (
        (EntityType.AGE, "43-year-old", "", {}),
        (EntityType.AGE, "043Y", "AS", {}),
        (EntityType.AGE, "43", "", {"width": 5}),
    ),
    "zip3": ((EntityType.ZIP, "02139-4307", "", {}), (EntityType.ZIP, "03601", "", {})),
    "hierarchy": ((EntityType.CITY, "Boston", "", {}), (EntityType.CITY, "Boston", "", {"level": "region"})),
    "subject_code": ((EntityType.MRN, "12345678", "", {}),),
}


def markdown() -> str:
    """Return the reference page: each operator's sentence, details and examples, which are run as it is written."""
    head = (
        "# Operators\n\nWhat a policy's `action` can name. "
        "Written by `python -m deid_core.transform.catalogue`; edit the code.\n"
        "The examples are run with a key of the documentation's own, without lists and vault.\n"
    )
    return "\n".join([head, *(_section(name) for name in registry.PLUGINS["operators"])])


def _section(name: str) -> str:
    operator: Operator = registry.load("operators", name)
    details = getdoc(operator.operate) or ""
    return f"## `{name}`\n\n{operator.description}\n\n{details}\n" + _examples(name, operator)


def _examples(name: str, operator: Operator) -> str:
    if name not in EXAMPLES:
        return ""
    rows = (_row(operator, *example) for example in EXAMPLES[name])
    return "\n| label | value | VR | parameters | result |\n|---|---|---|---|---|\n" + "".join(rows)


def _row(operator: Operator, entity_type: EntityType, value: str, vr: str, params: dict[str, Scalar]) -> str:
    made = operator(value, Site(entity_type, SUBJECT, KEY, params, vr))
    shown = ", ".join(
        f"`{key} = {str(setting).lower() if isinstance(setting, bool) else setting}`" for key, setting in params.items()
    )
    result = "removed" if made is None else f"`{made}`" if made else "empty"
    return f"| {entity_type} | `{value}` | {vr} | {shown} | {result} |\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())

"""Which places are states, countries or counties: a policy may release these, and no others."""

from __future__ import annotations

import tomllib
from functools import cache

from deid_core.entities import EntityType
from deid_core.languages import DEFAULT, language


@cache
def _places(code: str) -> dict[str, EntityType]:
    """Return what a place's name may be released as; a name a city bears too is not there."""
    lists = tomllib.loads(language(code).places.read_text("utf-8"))
    kinds = {"states": EntityType.STATE, "countries": EntityType.COUNTRY}
    found = {name.casefold(): kind for key, kind in kinds.items() for name in _listed(lists, key)}
    return found | dict.fromkeys(_listed(lists, "state_codes"), EntityType.STATE)


def _listed(lists: dict[str, str], key: str) -> list[str]:
    return lists[key].split(", ") if key in lists else []


def kind_of(text: str, code: str = DEFAULT) -> EntityType:
    """Tell a state, country or county from a city; in doubt a city, which no policy releases by default."""
    folded = text.casefold()
    if folded.endswith((" county", " parish", " borough")):
        return EntityType.COUNTY
    return _places(code).get(folded) or _places(code).get(text) or EntityType.CITY

"""Which places are states, countries or counties: a policy may release these, and no others."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from deid_core.entities import EntityType


@cache
def _places() -> dict[str, EntityType]:
    """Return what a place's name may be released as; a name a city bears too is not there."""
    lists = tomllib.loads(files("deid_core.models").joinpath("places.toml").read_text("utf-8"))
    kinds = {"states": EntityType.STATE, "countries": EntityType.COUNTRY}
    found = {name.casefold(): kind for key, kind in kinds.items() for name in lists[key].split(", ")}
    return found | dict.fromkeys(lists["state_codes"].split(", "), EntityType.STATE)


def kind_of(text: str) -> EntityType:
    """Tell a state, country or county from a city; in doubt a city, which no policy releases by default."""
    folded = text.casefold()
    if folded.endswith((" county", " parish", " borough")):
        return EntityType.COUNTY
    return _places().get(folded) or _places().get(text) or EntityType.CITY

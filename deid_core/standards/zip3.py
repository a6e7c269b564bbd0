"""Which three-digit ZIP areas are too small to be named, by census."""

from __future__ import annotations

import json
from importlib.resources import files

from deid_core.errors import PolicyError

_TABLE = json.loads(files("deid_core.standards").joinpath("zip3.json").read_text("utf-8"))
RESTRICTED: dict[str, frozenset[str]] = {
    census: frozenset(prefixes) for census, prefixes in _TABLE["restricted"].items()
}


def restricted(census: str = "2000") -> frozenset[str]:
    """Return the prefixes of areas with 20,000 people or fewer in that census: 45 CFR 164.514(b)(2)(i)(B)(2).

    Raises PolicyError for a census whose list is not in zip3.json.
    """
    if census not in RESTRICTED:
        raise PolicyError(
            f"zip3: no list of restricted areas for that census; there are: {', '.join(sorted(RESTRICTED))}"
        )
    return RESTRICTED[census]

"""Operators that write a fake value of the same kind and shape: same key, same surrogate, in every modality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from faker import VERSION

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site, operator
from deid_core.standards.vr import conform, label, values
from deid_core.transform.surrogates import names, numbers, places
from deid_core.transform.surrogates.words import KEPT, fold, pieces, shape

Maker = Callable[[str, ProjectKey, int], str]
DRAWS = 8  # of a whole value, before its label is written instead
CONTAINED = 4  # characters of a source that a surrogate may not hold by chance
BLANK = " \t\r\n\0^="

MAKERS: Mapping[EntityType, Maker] = {
    EntityType.NAME: names.person,
    EntityType.RELATIVE_NAME: names.person,
    EntityType.STAFF_NAME: names.person,
    EntityType.ADDRESS: places.address,
    EntityType.CITY: places.city,
    EntityType.COUNTY: places.county,
    EntityType.STATE: places.state,
    EntityType.COUNTRY: places.country,
    EntityType.ZIP: shape,
    EntityType.FACILITY: places.institution,
    EntityType.ORGANISATION: places.institution,
    EntityType.PROFESSION: places.profession,
    EntityType.PHONE: numbers.phone,
    EntityType.FAX: numbers.phone,
    EntityType.EMAIL: names.email,
    EntityType.SSN: numbers.ssn,
    EntityType.CREDIT_CARD: numbers.card,
    EntityType.VEHICLE: numbers.vehicle,
    EntityType.URL: numbers.url,
    EntityType.IP: numbers.ip_address,
    EntityType.UID: numbers.uid,
    EntityType.MRN: shape,
    EntityType.ENCOUNTER: shape,
    EntityType.HEALTH_PLAN: shape,
    EntityType.ACCOUNT: shape,
    EntityType.LICENSE: shape,
    EntityType.DEVICE: shape,
    EntityType.BIOMETRIC: shape,
    EntityType.USERNAME: shape,
    EntityType.ID: shape,
}


@operator(f"Replace the value with a keyed fake one of the same kind and shape (word lists of Faker {VERSION}).")
def surrogate(value: str, site: Site) -> str:
    """Return a fake value that neither equals nor holds the source; a list of the policy for the label goes first.

    It depends on the project key and the value alone. Labels without a surrogate (dates, ages, faces) get their label,
    and so does a value of which nothing could be replaced. Names agree word by word; where two words would swap
    (John to Taylor beside the name Taylor) the next draw is taken, which is seldom.
    """
    make = numbers.uid if site.vr == "UI" else MAKERS.get(site.entity_type)
    made = (_from_list(one, site) or _made(one, make, site) for one in values(value, site.vr))
    return conform("\\".join(made), site.vr)


@operator("Replace the value with one of the policy's own list for its label, chosen by key.")
def custom_list(value: str, site: Site) -> str:
    """Return a value of `surrogates.<label>` in the policy; the label where it has no list, or none but the source."""
    made = (_from_list(one, site) or _made(one, None, site) for one in values(value, site.vr))
    return conform("\\".join(made), site.vr)


def _made(text: str, make: Maker | None, site: Site) -> str:
    if not text.strip(BLANK):
        return text
    for attempt in range(DRAWS if make else 0):
        made = make(text, site.key, attempt) if make else ""
        if _differs(made, text):
            return made
    return label(site.entity_type, site.vr)


def _from_list(text: str, site: Site) -> str:
    """Return a value of the label's list, in DICOM's notation for a PN; "" where there is none to give."""
    options: Sequence[str] = site.lists.get(site.entity_type.value, ())
    if not options or not text.strip(BLANK):
        return ""
    words = (fold(piece) for kind, piece in pieces(text) if kind != "-")
    token = " ".join(sorted(word for word in words if word not in KEPT["titles"]))  # in any order
    draws = (site.key.choice(options, "list", site.entity_type.value, token, str(n)) for n in range(DRAWS * 4))
    made = next((draw for draw in draws if _differs(draw, text)), "")
    if site.vr == "PN" and "^" not in made:
        given, _, family = made.rpartition(" ")
        return f"{family}^{given}" if given else family
    return made


def _differs(made: str, source: str) -> bool:
    new, old = fold(made), fold(source)
    return new != old and not (len(old) >= CONTAINED and old in new)

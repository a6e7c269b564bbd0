"""Surrogates for addresses, places, institutions and professions."""

from __future__ import annotations

from deid_core.keys import ProjectKey
from deid_core.transform.surrogates.words import (
    CITY_SUFFIXES,
    COUNTRIES,
    COUNTRY_CODES,
    FAMILY,
    GIVEN,
    JOBS,
    KEPT,
    STATE_CODES,
    STATES,
    draw,
    fold,
    is_possessive,
    pieces,
    shape,
    styled,
)

ACRONYM = 5  # letters of the longest word taken for an acronym


def address(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return an address with other numbers and street and place names; street words and State codes stay."""
    parts = pieces(text)
    tokens = {fold(piece) for kind, piece in parts if kind == "a"}
    made: list[str] = []
    for index, (kind, piece) in enumerate(parts):
        after_number = index > 0 and parts[index - 1][0] == "0"
        if kind == "0":
            made.append(shape(piece, key, attempt))
        elif kind == "-" or fold(piece) in KEPT["address"] or _is_state_code(parts, index):
            made.append(_ordinal(made[-1], piece) if after_number and fold(piece) == "st" else piece)
        elif after_number and fold(piece) in ("nd", "rd", "th"):
            made.append(_ordinal(made[-1], piece))
        elif len(piece) == 1:
            made.append(shape(piece, key, attempt))
        else:
            made.append(styled(draw(fold(piece), FAMILY, key, "street", attempt, tokens), piece))
    return "".join(made)


def institution(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return an institution of the same kind under another name: `Clinic` and `Inc` stay, `MGH` is an acronym."""
    parts = pieces(text)
    if text.strip().isalpha() and text.strip().isupper() and len(text.strip()) <= ACRONYM:
        return shape(text, key, attempt)
    tokens = {fold(piece) for kind, piece in parts if kind == "a"}
    if tokens <= KEPT["institution"] | {"s"}:
        kind_word = next((piece for kind, piece in reversed(parts) if kind == "a"), "")
        name = styled(draw(fold(text), FAMILY, key, "institution", attempt), kind_word)
        return f"{name} {kind_word}".strip()
    made = []
    for index, (kind, piece) in enumerate(parts):
        if kind == "-" or fold(piece) in KEPT["institution"] or is_possessive(parts, index):
            made.append(piece)
        elif kind == "a" and len(piece) > 1:
            made.append(styled(draw(fold(piece), FAMILY, key, "institution", attempt, tokens), piece))
        else:
            made.append(shape(piece, key, attempt))
    return "".join(made)


def city(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return the name of a place that does not exist."""
    token = fold(text)
    name = draw(token, GIVEN, key, "city", attempt) + key.choice(CITY_SUFFIXES, "city-suffix", token)
    return styled(name, text)


def county(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return another county's name, with the word County, Parish or Borough where the source has it."""
    *_, last = text.split() or [""]
    kind = f" {last}" if fold(last) in ("county", "parish", "borough") else ""
    return styled(draw(fold(text.removesuffix(last) if kind else text), FAMILY, key, "county", attempt), text) + kind


def state(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return another State of the United States, as a code where the source is one."""
    pool = STATE_CODES if len(text.strip()) == 2 else STATES
    return styled(draw(fold(text), pool, key, "state", attempt), text)


def country(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return another country, as an ISO 3166 code of as many letters where the source is one."""
    pool = COUNTRY_CODES.get(len(text.strip()), COUNTRIES)
    return styled(draw(fold(text), pool, key, "country", attempt), text)


def profession(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return another profession."""
    return styled(draw(fold(text), JOBS, key, "profession", attempt), text)


def _is_state_code(parts: list[tuple[str, str]], index: int) -> bool:
    """Say whether a piece is a State's code: two capitals, not first, before a ZIP code or the end."""
    following = next((kind for kind, _ in parts[index + 1 : index + 3] if kind != "-"), "0")
    return index > 0 and parts[index][1] in STATE_CODES and following == "0"


def _ordinal(number: str, like: str) -> str:
    teens = number[-2:] in ("11", "12", "13")
    suffix = "th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return styled(suffix, like)

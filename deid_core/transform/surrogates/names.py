"""Surrogates for people, and for what carries their names: word by word, so every spelling of a name agrees."""

from __future__ import annotations

from collections.abc import Collection

from deid_core.keys import ProjectKey
from deid_core.transform.surrogates.words import (
    KEPT,
    LETTERS,
    draw,
    fold,
    is_possessive,
    pieces,
    pool_of,
    shape,
    styled,
)

DOMAINS = ("example.com", "example.net", "example.org")  # reserved for documentation: RFC 2606


def person(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a name whose every word has been replaced, with the order, case and punctuation of the source.

    `John Doe`, `DOE^JOHN`, `Doe, John` and `Dr. Doe's` agree, for each word maps by itself. An initial maps as a
    letter by itself too: `J. Doe` does not agree with the initial of John's surrogate.
    """
    parts = pieces(text)
    tokens = {fold(piece) for kind, piece in parts if kind == "a"}
    return "".join(_name_piece(parts, index, tokens, key, attempt) for index in range(len(parts)))


def email(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return an address at a documentation domain whose local part is replaced as a name is."""
    local, at, domain = text.strip().rpartition("@")
    if not at:
        return shape(text, key, attempt)
    made = "".join(c for c in person(local, key, attempt).lower() if c.isascii() and (c.isalnum() or c in "._+-"))
    return f"{made or 'user'}@{key.choice(DOMAINS, 'email', fold(domain), str(attempt))}"


def _name_piece(
    parts: list[tuple[str, str]], index: int, tokens: Collection[str], key: ProjectKey, attempt: int
) -> str:
    kind, piece = parts[index]
    if kind == "-":
        return piece
    if kind == "0":
        return shape(piece, key, attempt)
    token = fold(piece)
    if token in KEPT["titles"] or is_possessive(parts, index) or _is_particle(parts, index):
        return piece
    if len(piece) == 1 and piece.upper() != piece.lower():
        return styled(draw(token, LETTERS, key, "initial", attempt, tokens), piece)
    return styled(draw(token, pool_of(token), key, "name", attempt, tokens), piece)


def _is_particle(parts: list[tuple[str, str]], index: int) -> bool:
    """Say whether a word is a particle of the name that follows it; alone, the same word is a name."""
    piece = parts[index][1]
    known = fold(piece) in KEPT["particles"] or (piece in KEPT["lower_particles"])
    follows = parts[index + 1 : index + 3]
    return (
        known
        and len(follows) == 2
        and follows[0][1] in (" ", "-", "'")
        and follows[1][0] == "a"
        and len(follows[1][1]) > 1
    )

"""Functions that rules of accounts name: which words are what somebody is called by on a machine."""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_core.detect.rules.people import is_common
from deid_core.detect.rules.words import never_names, words

Spot = tuple[int, int] | None
BESIDE_ROLE = re.compile(
    r"(?:\b(?i:tech(?:nician|nologist)?|operator|signed|author|account|modified|edited|entered|approved|user id|login)"
    r"(?: by)?[:=,]? {1,2}|(?:\A|\n) ?[-\u2013\u2014~] ?)[\"'(]?\Z"
)


def no_word(text: str, start: int, end: int) -> Spot:
    """Keep an account's name that is no common word."""
    return None if text[start:end].lower() in never_names() else (start, end)


def account(text: str, start: int, end: int) -> Spot:
    """Keep an account's name that is no common word, no place for one and no plain number."""
    value = text[start:end]
    low = value.lower()
    plain = low in never_names() or low in words("no_value") or not re.search(r"[A-Za-z]", value)
    return None if plain else (start, end)


def own_account(text: str, start: int, end: int) -> Spot:
    """Keep an account's name whose letters are no common word with a number: `grade12`."""
    return None if is_common(text[start:end].rstrip("0123456789").rstrip("._")) else (start, end)


def account_beside_a_role(text: str, start: int, end: int) -> Spot:
    """Keep such a name behind a role, a deed or a dash that opens its line."""
    return own_account(text, start, end) if BESIDE_ROLE.search(text[max(0, start - 32) : start]) else None


def handle(text: str, start: int, end: int) -> Spot:
    """Keep what is called by where people talk: with a sign, a digit or a capital inside it, or a colon before it."""
    value = text[start:end]
    told = text[:start].rstrip(" \"'\u201c")[-1:] in {":", "="} or re.search(
        r"\b(?:is|name|handle|tag)[ ]\Z", text[max(0, start - 8) : start]
    )
    odd = re.search(r"[@_#\d]|[a-z]\.[a-z]|[a-z][A-Z]|u/|live:", value)
    return account(text, start, end) if odd or (told and value.lower() not in never_names()) else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function for function in (no_word, account, own_account, account_beside_a_role, handle)
}

"""Surrogates for telephone numbers, identifiers with check digits, and network addresses: never a real one."""

from __future__ import annotations

import re

from deid_core.keys import ProjectKey
from deid_core.transform.surrogates.names import DOMAINS
from deid_core.transform.surrogates.words import fold, shape

NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")  # reserved for documentation: RFC 5737; 2001:db8::/32: RFC 3849
CARD_PREFIX = "400000"  # a range that payment processors give out for tests
VIN_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ", (*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)), strict=True
    )
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)  # 49 CFR 565.15(c)
_EXTENSION = re.compile(r"\s*(?:ext|x|#)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,15}://", re.IGNORECASE)


def phone(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a number in the notation of the source that ends in 555-01xx, which no subscriber has.

    What is shorter (an extension, a pager) or longer than a telephone number (ITU-T E.164) becomes other digits.
    """
    cut = _EXTENSION.search(text)
    head, tail = (text[: cut.end()], text[cut.end() :]) if cut else (text, "")
    digits = _digits(head)
    if not 7 <= len(digits) <= 15:
        return shape(text, key, attempt)
    keep = "1" if len(digits) == 11 and digits[0] == "1" else ""
    prefix = keep + _area(len(digits) - 7 - len(keep), key, digits, attempt)
    line = key.number(100, "phone", digits, str(attempt))
    return _refill(head, f"{prefix}55501{line:02d}") + shape(tail, key, attempt)


def ssn(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a number of nine digits whose area (900-999) was never issued, nor its group (01-49) as an ITIN."""
    digits = _digits(text)
    if len(digits) != 9:
        return shape(text, key, attempt)
    area, group, serial = (key.number(n, "ssn", digits, str(attempt), str(n)) for n in (100, 49, 9999))
    return _refill(text, f"9{area:02d}{group + 1:02d}{serial + 1:04d}")


def card(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a card number of the same length in a test range, with a right check digit (Luhn, ISO/IEC 7812-1)."""
    digits = _digits(text)
    if not 12 <= len(digits) <= 19:
        return shape(text, key, attempt)
    body = CARD_PREFIX + f"{key.number(10 ** (len(digits) - 7), 'card', digits, str(attempt)):0{len(digits) - 7}d}"
    return _refill(text, body + _luhn(body))


def vehicle(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return a vehicle identification number with a right check digit, or another plate of the same shape."""
    source = text.strip().upper()
    made = shape(source, key, attempt).translate(str.maketrans("IOQ", "JPR"))
    if len(source) != len(VIN_WEIGHTS) or not all(char in VIN_VALUES for char in source):
        return shape(text, key, attempt)
    total = sum(VIN_VALUES[char] * weight for char, weight in zip(made, VIN_WEIGHTS, strict=True))
    return made[:8] + "0123456789X"[total % 11] + made[9:]


def ip_address(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return an address of a documentation range, of the same family; a port or prefix length goes."""
    token = fold(text)
    if text.count(":") > 1:
        return "2001:db8::" + key.token("ip", token, str(attempt), length=4)
    return key.choice(NETWORKS, "ip-network", token, str(attempt)) + str(1 + key.number(254, "ip", token, str(attempt)))


def url(text: str, key: ProjectKey, attempt: int = 0) -> str:
    """Return an address at a documentation domain with another path; a scheme stays."""
    scheme = _SCHEME.match(text.strip())
    domain = key.choice(DOMAINS, "url-domain", fold(text))
    return f"{scheme[0] if scheme else ''}www.{domain}/{key.token('url', fold(text), str(attempt), length=12)}"


def uid(text: str, key: ProjectKey, attempt: int = 0) -> str:  # noqa: ARG001 - one UID, one surrogate
    """Return the UID that stands for another in every file of the project."""
    return key.uid(text)


def _area(length: int, key: ProjectKey, *parts: object) -> str:
    """Return the digits before the last seven: none, or an area code that does not start with 0 or 1 nor end in 11."""
    if not length:
        return ""
    low = 2 * 10 ** (length - 1)
    area = str(low + key.number(4 * low, "area", *map(str, parts)))
    return area.replace("11", "12")


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _refill(text: str, digits: str) -> str:
    """Return a text with other digits in the places of its own, as many."""
    supply = iter(digits)
    return "".join(next(supply) if char.isdecimal() else char for char in text)


def _luhn(body: str) -> str:
    doubled = (int(char) * 2 if index % 2 == 0 else int(char) for index, char in enumerate(reversed(body)))
    return str(-sum(number - 9 if number > 9 else number for number in doubled) % 10)

"""Derive every "random" choice from the project key by HMAC-SHA-256; the core knows no other source.

Same key, purpose and input: same answer, on any machine. No key: no way back.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deid_core.errors import KeyFileError

T = TypeVar("T")
KEY_BYTES = 32
UID_ROOT = "2.25."  # a UUID as a decimal integer, PS3.5 B.2: no registered root needed


@dataclass(frozen=True, slots=True)
class ProjectKey:
    """Hold a project's secret of at least 32 bytes; hidden from repr.

    Raises KeyFileError where the secret is shorter.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed."""
        if len(self.secret) < KEY_BYTES:
            raise KeyFileError(f"a project key has at least {KEY_BYTES} bytes; run `deidflow key new`")

    @property
    def key_id(self) -> str:
        """Name the key without revealing it: 16 hex digits."""
        return self.digest("key-id").hex()[:16]

    def digest(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes for a purpose and its inputs; each part is length-prefixed, so none can pose as two."""
        message = b"".join(
            len(raw).to_bytes(8, "big") + raw
            for raw in (text.encode("utf-8", "surrogatepass") for text in (purpose, *parts))
        )
        return hmac.digest(self.secret, message, "sha256")

    def number(self, below: int, purpose: str, *parts: str) -> int:
        """Return an integer in [0, below)."""
        return int.from_bytes(self.digest(purpose, *parts), "big") % below

    def choice(self, options: Sequence[T], purpose: str, *parts: str) -> T:
        """Return one of the options."""
        return options[self.number(len(options), purpose, *parts)]

    def token(self, purpose: str, *parts: str, length: int = 16) -> str:
        """Return that many hex digits, at most 64."""
        return self.digest(purpose, *parts).hex()[:length]

    def uid(self, original: str) -> str:
        """Return the DICOM UID that stands for another, under 2.25 (PS3.5 B.2); at most 44 characters."""
        raw = bytearray(self.digest("uid", original.strip(" \0"))[:16])
        raw[6] = raw[6] & 0x0F | 0x80  # UUID version 8, variant 1: RFC 9562
        raw[8] = raw[8] & 0x3F | 0x80
        return UID_ROOT + str(int.from_bytes(raw, "big"))

    def subject(self, namespace: str, identifier: str) -> str:
        """Return the subject key of an identifier (an MRN, a Patient ID) within its namespace: 24 hex digits.

        Case, separators and leading zeros do not count, so that one patient written two ways is one subject.
        """
        plain = "".join(filter(str.isalnum, identifier.casefold())).lstrip("0")
        return self.token("subject", namespace, plain or identifier, length=24)

    def days(self, subject_key: str, low: int = 30, high: int = 365) -> int:
        """Return the subject's one date offset, in days back: between -high and -low."""
        return -(low + self.number(high - low + 1, "date-shift", subject_key))


def read_key(text: str) -> ProjectKey:
    """Read a project key from its file's text: hex digits, white space ignored."""
    try:
        return ProjectKey(bytes.fromhex(text.strip()))
    except ValueError:
        raise KeyFileError("a project key file holds hex digits and nothing else; run `deidflow key new`") from None

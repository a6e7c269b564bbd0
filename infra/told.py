"""What one call of the command learns of its subjects: sealed, and on disk where it is much, so memory stays level.

The file has no name and goes with the call; it lies where the system keeps temporary files. Values are sealed by
AES-256-GCM under a key that is drawn for the call and never written down.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deid_core.entities import EntityType
from deid_core.errors import ServiceError
from deid_core.ports import KnownValue

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random, 96 bits
HELD = 16 * 1024  # KiB in memory
SCHEMA = "CREATE TABLE told (subject TEXT, digest BLOB, label TEXT, sealed BLOB, UNIQUE (subject, digest))"


class Told:
    """Keep values by subject for as long as it lives; raise ServiceError where the disk does not take them."""

    def __init__(self) -> None:
        """Draw a key and open a database without a name."""
        self._key = secrets.token_bytes(32)
        self._cipher = AESGCM(self._key)
        self._base = sqlite3.connect("", isolation_level=None)
        for pragma in (f"cache_size = -{HELD}", "journal_mode = OFF", "synchronous = OFF"):
            self._base.execute(f"PRAGMA {pragma}")
        self._base.execute(SCHEMA)
        self._base.execute("BEGIN")  # never to be ended: each commit would write out what is held

    def tell(self, subject: str, values: Iterable[KnownValue]) -> None:
        """Keep what is known of a subject, each value once."""
        rows = [self._sealed(subject, value) for value in values]
        try:
            self._base.executemany("INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise ServiceError(f"what was learned cannot be kept: {type(error).__name__}") from None

    def recall(self, subject: str) -> tuple[KnownValue, ...]:
        """Return what was told of a subject, in the order in which it was."""
        asked = "SELECT label, sealed FROM told WHERE subject = ? ORDER BY rowid"
        try:
            rows = self._base.execute(asked, (subject,)).fetchall()
            return tuple(self._opened(subject, label, sealed) for label, sealed in rows)
        except (sqlite3.Error, InvalidTag) as error:
            raise ServiceError(f"what was learned cannot be read: {type(error).__name__}") from None

    def _sealed(self, subject: str, known: KnownValue) -> tuple[str, bytes, str, bytes]:
        plain, label = known.value.encode("utf-8", "surrogatepass"), known.entity_type.value
        digest = blake2b(label.encode() + b"\0" + plain, key=self._key, digest_size=16).digest()
        nonce = secrets.token_bytes(NONCE_BYTES)
        return subject, digest, label, nonce + self._cipher.encrypt(nonce, plain, _bound(subject, label))

    def _opened(self, subject: str, label: str, sealed: bytes) -> KnownValue:
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        plain = self._cipher.decrypt(nonce, rest, _bound(subject, label))
        return KnownValue(EntityType(label), plain.decode("utf-8", "surrogatepass"))


def _bound(subject: str, label: str) -> bytes:
    return f"{subject}|{label}".encode()

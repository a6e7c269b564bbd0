"""The vault: what is known of each subject, encrypted, and each subject's random code. The only table with values.

Values are sealed by AES-256-GCM under a key derived from the project key: without that key they are noise, and
destroying it shreds them wherever copies lie.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlmodel import Field, SQLModel, select

from deid_core.entities import EntityType
from deid_core.errors import IntegrityError, ServiceError
from deid_core.keys import ProjectKey
from deid_core.ports import KnownValue
from infra.database import compact, create_tables, engine, insert_new, reading, writing

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random, 96 bits
CODE_BYTES = 10  # drawn; 12 of the 16 base32 characters are used, 60 bits
DRAWS = 8


class SubjectValue(SQLModel, table=True):
    """Hold one sealed value of a subject; `digest` is keyed and keeps it from being stored twice."""

    __tablename__ = "subject_value"
    subject_key: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    entity_type: str
    ciphertext: bytes


class SubjectCode(SQLModel, table=True):
    """Hold a subject's code; random, so that it says nothing of the person: 45 CFR 164.514(c)."""

    __tablename__ = "subject_code"
    subject_key: str = Field(primary_key=True)
    code: str = Field(unique=True)


@dataclass(frozen=True, slots=True)
class Vault:
    """Keep a project's values under its key, in the database at `url`; call `create` once before use."""

    url: str = field(repr=False)
    key: ProjectKey

    def create(self) -> None:
        """Create the vault's tables where they are missing."""
        create_tables(self.url, SubjectValue, SubjectCode)

    def remember(self, subject_key: str, values: Iterable[KnownValue]) -> int:
        """Keep what is known of a subject and return how much of it is new; safe to repeat and to run at once."""
        rows = [
            {
                "subject_key": subject_key,
                "digest": self.key.digest("vault-value", value.entity_type, value.value).hex(),
                "entity_type": value.entity_type.value,
                "ciphertext": self._seal(subject_key, value),
            }
            for value in dict.fromkeys(values)
        ]
        if not rows:
            return 0
        rows.sort(key=lambda row: row["digest"])  # one order for all: PostgreSQL waits instead of deadlocking
        with writing(self.url) as session:
            return insert_new(session, SubjectValue, rows)

    def recall(self, subject_key: str) -> tuple[KnownValue, ...]:
        """Return what is known of a subject, in an order that depends on the values only.

        Raises IntegrityError where a row does not open: changed, moved to another subject, or of another project key.
        """
        with reading(self.url) as session:
            rows = session.exec(select(SubjectValue).where(SubjectValue.subject_key == subject_key)).all()
        return tuple(sorted(map(self._open, rows), key=lambda known: (known.entity_type, known.value)))

    def code(self, subject_key: str) -> str:
        """Return the subject's code, "S" and 12 base32 characters: drawn at random once, then kept."""
        for _ in range(DRAWS):
            drawn = "S" + base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()[:12]
            with writing(self.url) as session:
                held = session.get(SubjectCode, subject_key)
                if held is None:
                    insert_new(session, SubjectCode, [{"subject_key": subject_key, "code": drawn}])
                    held = session.get(SubjectCode, subject_key)
                if held is not None:  # else another subject has that very code: draw again
                    return held.code
        raise ServiceError("no free subject code could be drawn")

    def shred(self) -> None:
        """Delete every value and code and overwrite their pages; only destroying the project key reaches backups."""
        postgres = engine(self.url).dialect.name == "postgresql"
        with writing(self.url) as session:
            for model in (SubjectValue, SubjectCode):
                name = model.__tablename__
                session.connection().execute(text(f"TRUNCATE {name}" if postgres else f"DELETE FROM {name}"))  # noqa: S608
        if not postgres:
            compact(self.url)

    def _cipher(self) -> AESGCM:
        return AESGCM(self.key.digest("vault"))

    def _seal(self, subject_key: str, value: KnownValue) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = value.value.encode("utf-8", "surrogatepass")
        return nonce + self._cipher().encrypt(nonce, plain, _bound(subject_key, value.entity_type))

    def _open(self, row: SubjectValue) -> KnownValue:
        nonce, sealed = row.ciphertext[:NONCE_BYTES], row.ciphertext[NONCE_BYTES:]
        try:
            plain = self._cipher().decrypt(nonce, sealed, _bound(row.subject_key, row.entity_type))
            return KnownValue(EntityType(row.entity_type), plain.decode("utf-8", "surrogatepass"))
        except (InvalidTag, ValueError):
            raise IntegrityError("a row of the vault does not open with this project's key") from None


def _bound(subject_key: str, entity_type: str) -> bytes:
    return f"{subject_key}|{entity_type}".encode()

"""Comments on items and spans, sealed under the project's key: nobody can read them in the database."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import col, select

from deid_core.errors import IntegrityError, UsageError
from deid_core.keys import ProjectKey
from infra.database import reading, timestamp, writing
from infra.review_queue.intake import found
from infra.review_queue.reading import one
from infra.review_queue.records import audited, note, of_item
from infra.review_queue.tables import SealedComment

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random, 96 bits
LENGTH = 2000  # characters
SPAN_ID = re.compile(r"(\d{1,9}\.\d{1,9})?", re.ASCII)  # kept in the clear, so it cannot be a text


@dataclass(frozen=True, slots=True)
class Comment:
    """Hold what somebody said about an item, or about a span of it; hidden from repr."""

    id: int
    who: str
    at: str
    span_id: str
    text: str = field(repr=False)


def comment(url: str, key: ProjectKey, item_id: int, who: str, text: str, span_id: str = "") -> int:
    """Keep somebody's comment, sealed, and return its number; raise UsageError for none, or what names no span."""
    if not who or not 0 < len(text.strip()) <= LENGTH:
        raise UsageError(f"a comment is somebody's, of at most {LENGTH} characters")
    if not SPAN_ID.fullmatch(span_id):
        raise UsageError("a comment is about the item, or about a span by its id")
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bound(item_id, who))
    with writing(url) as session:
        item = one(session, item_id)
        batch = found(session, item.batch_id)
        row = SealedComment(item_id=item_id, span_id=span_id, who=who, at=timestamp(), ciphertext=nonce + sealed)
        session.add(row)
        session.flush()
        number = row.id or 0
        note(session, item, who, "comment", span_id=span_id, step=item.step)
        audited(session, of_item(batch, item, who, "review.comment", "comment", comment=number))
        return number


def comments(url: str, key: ProjectKey, item_id: int) -> list[Comment]:
    """Return an item's comments, oldest first; raise IntegrityError where one does not open with this key."""
    statement = select(SealedComment).where(SealedComment.item_id == item_id).order_by(col(SealedComment.id))
    with reading(url) as session:
        held = list(session.exec(statement))
    return [Comment(row.id or 0, row.who, row.at, row.span_id, _open(key, row)) for row in held]


def _open(key: ProjectKey, row: SealedComment) -> str:
    nonce, sealed = row.ciphertext[:NONCE_BYTES], row.ciphertext[NONCE_BYTES:]
    try:
        return _cipher(key).decrypt(nonce, sealed, _bound(row.item_id, row.who)).decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError):
        raise IntegrityError("a comment does not open with this project's key") from None


def _cipher(key: ProjectKey) -> AESGCM:
    return AESGCM(key.digest("review-comment"))


def _bound(item_id: int, who: str) -> bytes:
    return f"{item_id}|{who}".encode()

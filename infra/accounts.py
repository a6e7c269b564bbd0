"""Who may do what in the review pages: users and their roles, sessions, API tokens with scopes.

Passwords are kept as Argon2id hashes; session and API tokens as SHA-256 of 256 random bits, so that a copy of the
database signs nobody in.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import JSON, Column, Index, delete, text
from sqlmodel import Field, Session, SQLModel, col, select

from deid_core.errors import UsageError
from infra import migrations
from infra.database import insert_new, reading, timestamp, writing
from infra.throttling import Failures, count_failure, forget_failures, wait


class Role(StrEnum):
    """Name what a person is trusted with."""

    REVIEWER = "reviewer"  # sees raw data, decides about items given to them
    ADJUDICATOR = "adjudicator"  # sees raw data, decides between reviewers
    RELEASER = "releaser"  # masked only: approves or rejects a batch
    STEWARD = "steward"  # masked only: assigns, prioritises, resets
    AUDITOR = "auditor"  # masked only: reads every decision and changes nothing
    ADMIN = "admin"  # no documents at all: users and tokens


class Scope(StrEnum):
    """Name what an API token may be used for; its user's roles bound it, too."""

    READ = "read"
    REVIEW = "review"
    MANAGE = "manage"
    RELEASE = "release"
    ADMIN = "admin"


SESSION_HOURS, IDLE_MINUTES = 12, 60
SHORTEST_PASSWORD = 12  # NIST SP 800-63B asks for 8 at least
PIPELINE = "deidflow"  # the audit's name for what no person did
NAME = re.compile(r"[\w.@-]{1,64}")
TOKEN_PREFIX = "dfr_"  # noqa: S105 - tells secret scanners what it is
_hasher = PasswordHasher()


class User(SQLModel, table=True):
    """Hold one person; `subject` is the identity provider's name for them, nobody else's; "" for who has a password."""

    __tablename__ = "review_user"
    __table_args__ = (
        Index(
            "ix_review_user_subject",
            "subject",
            unique=True,
            sqlite_where=text("subject <> ''"),
            postgresql_where=text("subject <> ''"),
        ),
    )
    name: str = Field(primary_key=True)
    roles: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    password_hash: str = Field(default="", repr=False)
    subject: str = ""
    active: bool = True
    created: str


class SignedIn(SQLModel, table=True):
    """Hold one session; `id` is the SHA-256 of its token."""

    __tablename__ = "review_session"
    id: str = Field(primary_key=True)
    user: str = Field(foreign_key="review_user.name", index=True)
    expires: str
    idle_until: str


class ApiToken(SQLModel, table=True):
    """Hold one API token; `id` is its SHA-256, `label` what its owner calls it."""

    __tablename__ = "review_token"
    id: str = Field(primary_key=True)
    user: str = Field(foreign_key="review_user.name", index=True)
    label: str
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    expires: str
    created: str


MODELS: tuple[type[SQLModel], ...] = (User, SignedIn, ApiToken, Failures)


@dataclass(frozen=True, slots=True)
class Principal:
    """Name who is asking, with which roles and for which scopes."""

    name: str
    roles: frozenset[Role]
    scopes: frozenset[Scope] = frozenset(Scope)


class WrongPassword(UsageError):
    """Report a name and a password that do not belong together."""


class NotAdmitted(UsageError):
    """Report somebody whom an identity provider did not vouch for, or who has no role here."""


def create(url: str) -> None:
    """Create the review's tables, the accounts' among them, or bring those of an older version up to this one."""
    migrations.upgrade(url)


def add_user(url: str, name: str, roles: Collection[str], password: str = "", subject: str = "") -> None:
    """Add a user; raise UsageError for a name that is taken or malformed, no role, or a password that is too short."""
    if not _is_name(name):
        raise UsageError(f"a user's name is 1 to 64 letters, digits or . @ _ -, and not {PIPELINE}")
    row = {"name": name, "roles": _roles(roles), "subject": subject, "active": True, "created": timestamp()}
    row["password_hash"] = _hashed(password) if password or not subject else ""
    with writing(url) as session:
        if not insert_new(session, User, [row]):
            whose = "subject" if _of_subject(session, subject) else "name"
            raise UsageError(f"a user of that {whose} is there already")


def change_user(
    url: str,
    name: str,
    *,
    roles: Collection[str] | None = None,
    password: str | None = None,
    active: bool | None = None,
) -> None:
    """Change a user and end their sessions; with their deactivation their API tokens go, too."""
    with writing(url) as session:
        user = session.get(User, name)
        if user is None:
            raise UsageError("there is no user of that name")
        if roles is not None:
            user.roles = _roles(roles)
        if password is not None:
            user.password_hash = _hashed(password)
        if active is not None:
            user.active = active
        session.connection().execute(delete(SignedIn).where(col(SignedIn.user) == name))
        if not user.active:
            session.connection().execute(delete(ApiToken).where(col(ApiToken.user) == name))


def users(url: str) -> list[User]:
    """Return all users, by name."""
    with reading(url) as session:
        return list(session.exec(select(User).order_by(User.name)))


def any_user(url: str) -> bool:
    """Say whether there is a user at all."""
    create(url)
    return bool(users(url))


def trusted_as(url: str, name: str) -> Principal | None:
    """Return what somebody is trusted with who gives a name and proves nothing: that user's roles, None for no user.

    Who types it has got past another door: the Prefect UI, or this machine's files. Where nobody was ever added,
    every name is trusted with everything; the pipeline's own is nobody's.
    """
    if not name or name == PIPELINE:
        return None
    with reading(url) as session:
        if session.exec(select(User.name).limit(1)).first() is None:
            return Principal(name, frozenset(Role))
        return _principal(session, name)


def sign_in(url: str, name: str, password: str, address: str = "") -> str:
    """Check a password and return a new session's token.

    Raises WrongPassword where they do not belong together, without saying which is wrong; Throttled after too many
    tries under the name or from the address.
    """
    keys = [f"name:{name.casefold()[:64]}", *([f"address:{address[:64]}"] if address else [])]
    wait(url, keys)
    with reading(url) as session:
        user = session.get(User, name)
    if not _is_right(user.password_hash if user and user.active else "", password):
        count_failure(url, keys)
        raise WrongPassword("the name and the password do not belong together")
    forget_failures(url, keys)
    return begin_session(url, name)


def begin_session(url: str, name: str) -> str:
    """Begin a session of a user who has proved who they are, and return its token; sessions that ended are removed."""
    token = secrets.token_urlsafe(32)
    with writing(url) as session:
        session.connection().execute(delete(SignedIn).where(col(SignedIn.expires) < timestamp()))
        session.add(
            SignedIn(
                id=_digest(token),
                user=name,
                expires=_after(timedelta(hours=SESSION_HOURS)),
                idle_until=_after(timedelta(minutes=IDLE_MINUTES)),
            )
        )
    return token


def session_of(url: str, token: str) -> Principal | None:
    """Return whose session a token is, and keep it from going idle; None where it is none or has ended."""
    now = timestamp()
    with reading(url) as session:
        held = session.get(SignedIn, _digest(token))
        if held is None or held.expires < now or held.idle_until < now:
            return None
        principal = _principal(session, held.user)
        stale = held.idle_until < _after(timedelta(minutes=IDLE_MINUTES - 5))
    if principal and stale:  # written at most every five minutes
        with writing(url) as session:
            again = session.get(SignedIn, _digest(token))
            if again:
                again.idle_until = _after(timedelta(minutes=IDLE_MINUTES))
    return principal


def sign_out(url: str, token: str) -> None:
    """End a session; one that has ended already stays so."""
    with writing(url) as session:
        session.connection().execute(delete(SignedIn).where(col(SignedIn.id) == _digest(token)))


def new_token(url: str, name: str, label: str, scopes: Collection[str], days: int = 90) -> str:
    """Make an API token of a user and return it; it is shown this once.

    Raises UsageError for no such user, no or an unknown scope, or days outside 1 to 366.
    """
    known = {str(scope) for scope in Scope}
    if not scopes or not set(scopes) <= known:
        raise UsageError(f"a token has scopes of: {', '.join(sorted(known))}")
    if not 1 <= days <= 366:
        raise UsageError("a token lasts 1 to 366 days")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with writing(url) as session:
        if _principal(session, name) is None:
            raise UsageError("there is no active user of that name")
        held = ApiToken(
            id=_digest(token), user=name, label=label[:64], expires=_after(timedelta(days=days)), created=""
        )
        held.scopes, held.created = sorted(set(scopes)), timestamp()
        session.add(held)
    return token


def tokens(url: str, name: str) -> list[ApiToken]:
    """Return a user's API tokens, the oldest first."""
    with reading(url) as session:
        return list(session.exec(select(ApiToken).where(ApiToken.user == name).order_by(ApiToken.created)))


def revoke_token(url: str, name: str, token_id: str) -> None:
    """Revoke a user's API token by its id; raise UsageError where they have none of that id."""
    with writing(url) as session:
        where = (col(ApiToken.id) == token_id, col(ApiToken.user) == name)
        if not session.connection().execute(delete(ApiToken).where(*where)).rowcount:
            raise UsageError("there is no such token")


def token_holder(url: str, token: str) -> Principal | None:
    """Return whose API token it is, with its scopes; None where it is none or has expired."""
    with reading(url) as session:
        held = session.get(ApiToken, _digest(token))
        if held is None or held.expires < timestamp():
            return None
        return _principal(session, held.user, [Scope(scope) for scope in held.scopes])


def admit(url: str, subject: str, name: str, roles: Collection[str] | None) -> str:
    """Return the name of the user whom an identity provider calls `subject`; one whom it sends first is added.

    `roles` are the provider's word from now on; None leaves it to those given here. Nobody is known by name alone, so
    that no account at the provider can take over a user of the same name.
    Raises NotAdmitted for who has no subject or no role, is deactivated, or has a malformed name or another's.
    """
    if not subject:  # so is everybody's who signs in by password
        raise NotAdmitted("the identity provider does not say who you are")
    with writing(url) as session:
        user = _of_subject(session, subject)
        if user is None and roles:
            user = _inserted(session, subject, name, roles)
        elif user and roles is not None and user.roles != sorted(set(roles)):
            user.roles = sorted(set(roles))  # none, too: their tokens reach nothing from now on
            session.connection().execute(delete(SignedIn).where(col(SignedIn.user) == user.name))
    if user is None:
        raise NotAdmitted("nobody has given you a role here")
    if not (user.active and user.roles):
        raise NotAdmitted("you have no role here" if user.active else "you are not let in any longer")
    return user.name


def _of_subject(session: Session, subject: str) -> User | None:
    return session.exec(select(User).where(User.subject == subject)).first() if subject else None


def _inserted(session: Session, subject: str, name: str, roles: Collection[str]) -> User:
    """Return the user of a subject, added now or at this moment by another sign-in of theirs."""
    row = {"name": name, "roles": _roles(roles), "subject": subject, "active": True, "created": timestamp()}
    if not _is_name(name):
        raise NotAdmitted("the identity provider names you in a way that cannot be a user's name")
    insert_new(session, User, [{**row, "password_hash": ""}])
    user = _of_subject(session, subject)
    if user is None:
        raise NotAdmitted("another user has your name here")
    return user


def _is_name(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and name.casefold() != PIPELINE


def _principal(session: Session, name: str, scopes: Sequence[Scope] = tuple(Scope)) -> Principal | None:
    user = session.get(User, name)
    if user is None or not user.active:
        return None
    return Principal(name, frozenset(map(Role, user.roles)), frozenset(scopes))


def _roles(roles: Collection[str]) -> list[str]:
    known = {str(role) for role in Role}
    if not roles or not set(roles) <= known:
        raise UsageError(f"a user has roles of: {', '.join(sorted(known))}")
    return sorted(set(roles))


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex())


def _is_right(held: str, password: str) -> bool:
    """Check a password; where there is none to check it against, take as long."""
    try:
        return _hasher.verify(held or _nobodys(), password) and bool(held)
    except (Argon2Error, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _after(wait: timedelta) -> str:
    return (datetime.now(UTC) + wait).isoformat(timespec="microseconds")

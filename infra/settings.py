"""Settings from the environment (`DEIDFLOW_...`), and the project key's file.

One machine needs none: everything lies under `home`. Beyond it only settings change, never a flow.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deid_core.errors import KeyFileError, UsageError
from deid_core.keys import KEY_BYTES, ProjectKey, read_key

OTHERS = stat.S_IRWXG | stat.S_IRWXO
KEY_FILE_LIMIT = 4096
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]  # workers may stand elsewhere


class Place(BaseModel):
    """Hold what opens one S3 place; `secret_key` is hidden. Folders need none of it."""

    endpoint: str = ""  # host:port
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    region: str = "us-east-1"
    secure: bool = True  # TLS
    ca_file: Path | None = None  # PEM; without it the certificates that the minio client trusts


class Provider(BaseModel):
    """Name an identity provider (OpenID Connect) that signs people in; without an issuer there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = ""  # its address, just as its tokens name it
    client_id: str = ""
    client_secret_file: Path | None = None  # mode 0600; None: a public client, which PKCE alone protects
    name_claim: str = "preferred_username"  # people's names in the pages and in the audit
    groups_claim: str = "groups"
    roles: dict[str, tuple[str, ...]] = {}  # a group -> roles here; empty: only who was added here by their subject
    scopes: str = "openid profile email"
    label: str = "your organisation's account"  # on the button
    ca_file: Path | None = None  # PEM; without it the machine's certificates

    @model_validator(mode="after")
    def _is_whole(self) -> Provider:
        if self.issuer and not is_sealed(self.issuer):
            raise ValueError("an issuer is an https address; http is for this machine only")
        if bool(self.issuer) != bool(self.client_id):
            raise ValueError("an issuer and a client id belong together")
        if "openid" not in self.scopes.split():
            raise ValueError("the scopes hold openid")
        return self


def is_sealed(url: str) -> bool:
    """Say whether an address is of TLS, or of this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _under_home(name: str) -> Any:
    return Field(default_factory=lambda data: str(data["home"] / name), repr=False)


def _sqlite(name: str) -> Any:
    return Field(default_factory=lambda data: f"sqlite:///{data['home'] / name}", repr=False)


class Settings(BaseSettings):
    """Hold where things run and lie; read from `DEIDFLOW_*`, places by `__` (`DEIDFLOW_SOURCE__ACCESS_KEY`).

    URLs of databases are hidden from repr, since they can carry a password.
    """

    model_config = SettingsConfigDict(
        env_prefix="DEIDFLOW_", env_nested_delimiter="__", env_ignore_empty=True, frozen=True, extra="forbid"
    )

    home: Folder = Path(".deidflow")
    workspace_url: str = _under_home("workspace")
    release_url: str = _under_home("release")
    audit_url: str = _under_home("audit")
    source: Place = Place()
    workspace: Place = Place()
    release: Place = Place()
    audit: Place = Place()
    database_url: str = _sqlite("deidflow.db")
    vault_url: str = _sqlite("vault.db")
    key_file: Folder = Field(default_factory=lambda data: data["home"] / "project.key")
    policy: str = "safe_harbor"
    dask_address: str = ""  # "": a cluster of this machine's processes
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    webhook_secret: SecretStr = SecretStr("")
    review_url: str = ""  # where people open the review pages; the Resume form links there
    oidc: Provider = Provider()
    password_sign_in: bool = True  # False: by the identity provider only

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Settings:
        if not self.password_sign_in and not self.oidc.issuer:
            raise ValueError("without passwords people need an identity provider to sign in by")
        return self


def prepare_home(settings: Settings) -> Path:
    """Make the home folder, readable by its owner only; raise UsageError where others may open it."""
    home = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = home.stat().st_mode
    except OSError as error:
        raise UsageError(f"the home folder cannot be made: {type(error).__name__}") from None
    if mode & OTHERS:
        raise UsageError(f"others may open the home folder; run: chmod 700 {home}")
    return home


def new_key(path: Path) -> ProjectKey:
    """Write a new random project key to a file of mode 0600; raise KeyFileError where the file exists already."""
    text = secrets.token_hex(KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise KeyFileError("a key file exists there already; a project has one key and it is never replaced") from None
    except OSError as error:
        raise KeyFileError(f"the key file cannot be written: {type(error).__name__}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return read_key(text)


def load_key(settings: Settings) -> ProjectKey:
    """Read the project key; raise KeyFileError where it is missing, no plain file, malformed or open to others."""
    return read_key(private_text(settings.key_file, "project key", "; run `deidflow key new`"))


def private_text(path: Path, what: str, remedy: str = "") -> str:
    """Read a small secret's file; raise KeyFileError where it is missing, no plain file or open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise KeyFileError(f"no {what} can be read ({type(error).__name__}){remedy}") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise KeyFileError(f"the {what} is not a plain file")
        if mode & OTHERS:
            raise KeyFileError(f"others may read the {what}; run: chmod 600 {path}")
        return os.read(descriptor, KEY_FILE_LIMIT).decode("ascii", "replace")
    finally:
        os.close(descriptor)

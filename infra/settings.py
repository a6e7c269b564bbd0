"""Settings from the environment (`DEIDFLOW_...`), and the project key's file.

One machine needs none: everything lies under `home`. Beyond it only settings change, never a flow.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deid_core.errors import KeyFileError, UsageError
from deid_core.keys import KEY_BYTES, ProjectKey, read_key

OTHERS = stat.S_IRWXG | stat.S_IRWXO
KEY_FILE_LIMIT = 4096

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]  # workers may stand elsewhere


class Place(BaseModel):
    """Hold what opens one S3 place; `secret_key` is hidden. Folders need none of it."""

    endpoint: str = ""  # host:port
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    region: str = "us-east-1"
    secure: bool = True  # TLS
    ca_file: Path | None = None  # PEM; without it the certificates that the minio client trusts


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
    try:
        descriptor = os.open(settings.key_file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise KeyFileError(f"no project key can be read ({type(error).__name__}); run `deidflow key new`") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise KeyFileError("the project key is not a plain file")
        if mode & OTHERS:
            raise KeyFileError(f"others may read the project key; run: chmod 600 {settings.key_file}")
        return read_key(os.read(descriptor, KEY_FILE_LIMIT).decode("ascii", "replace"))
    finally:
        os.close(descriptor)

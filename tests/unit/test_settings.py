"""Settings from the environment, and the project key's file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from deid_core.errors import KeyFileError, UsageError
from infra.settings import Settings, load_key, new_key, prepare_home

COMPOSE = Path(__file__).resolve().parents[2] / "infra" / "compose.yaml"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what the machine has set."""
    for name in [name for name in os.environ if name.startswith("DEIDFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_one_machine_needs_no_setting(tmp_path: Path) -> None:
    """Everything lies under `.deidflow` of the folder where one starts, by absolute addresses."""
    settings = Settings()
    assert settings.home == tmp_path / ".deidflow"
    assert settings.key_file == settings.home / "project.key"
    assert settings.database_url == f"sqlite:///{settings.home}/deidflow.db"
    assert settings.vault_url == f"sqlite:///{settings.home}/vault.db"
    assert settings.release_url == str(settings.home / "release")
    assert settings.workers >= 1


def test_the_environment_says_where_things_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places have credentials of their own; an empty variable is as good as none."""
    for name, value in {
        "HOME": "/srv/deidflow",
        "SOURCE__ACCESS_KEY": "reader",
        "SOURCE__SECRET_KEY": "s3cret",
        "RELEASE__ENDPOINT": "s3.example:9000",
        "AUDIT_URL": "s3://audit",
        "POLICY": "",
    }.items():
        monkeypatch.setenv(f"DEIDFLOW_{name}", value)
    settings = Settings()
    assert settings.workspace_url == "/srv/deidflow/workspace"
    assert settings.source.access_key == "reader"
    assert settings.source.secret_key.get_secret_value() == "s3cret"
    assert settings.release.endpoint == "s3.example:9000"
    assert settings.release.access_key == ""
    assert settings.policy == "safe_harbor"


def test_no_secret_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor JSON of settings show a password or a secret key."""
    monkeypatch.setenv("DEIDFLOW_DATABASE_URL", "postgresql://user:hunter2@host/db")
    monkeypatch.setenv("DEIDFLOW_AUDIT__SECRET_KEY", "hunter2")
    monkeypatch.setenv("DEIDFLOW_WEBHOOK_SECRET", "hunter2")
    assert "hunter2" not in repr(Settings())
    assert "hunter2" not in str(Settings())


def test_settings_do_not_change() -> None:
    """Settings are frozen, and one that is unknown is refused."""
    with pytest.raises(ValidationError):
        Settings().policy = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Settings(workers=0)


def test_the_home_folder_is_the_owners_only(tmp_path: Path) -> None:
    """A home folder is made with mode 0700, and one open to others is refused."""
    settings = Settings(home=tmp_path / "a" / "home")
    assert stat.S_IMODE(prepare_home(settings).stat().st_mode) == 0o700
    settings.home.chmod(0o750)
    with pytest.raises(UsageError, match="chmod 700"):
        prepare_home(settings)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError):
        prepare_home(Settings(home=tmp_path / "file" / "home"))


def test_a_key_is_made_once_and_read_back(tmp_path: Path) -> None:
    """A new key has a file of mode 0600 and is never replaced."""
    settings = Settings(home=tmp_path)
    key = new_key(settings.key_file)
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    assert load_key(settings) == key
    assert new_key(tmp_path / "other.key") != key
    with pytest.raises(KeyFileError, match="exists"):
        new_key(settings.key_file)
    assert load_key(settings) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_may_open_is_refused(mode: int, tmp_path: Path) -> None:
    """Any right of the group or of others on the key file is too much."""
    settings = Settings(home=tmp_path)
    new_key(settings.key_file)
    settings.key_file.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key(settings)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31, "\x00" * 64, "é" * 64])
def test_a_key_that_is_none_is_refused_without_showing_it(text: str, tmp_path: Path) -> None:
    """A key file that is empty, short or no hex is refused, and the message does not repeat it."""
    settings = Settings(home=tmp_path)
    settings.key_file.touch(mode=0o600)
    settings.key_file.write_text(text, encoding="utf-8")
    with pytest.raises(KeyFileError) as caught:
        load_key(settings)
    assert not text or text not in str(caught.value)


def test_a_key_is_a_plain_file(tmp_path: Path) -> None:
    """A missing key, a folder and a pipe are refused, and a pipe does not hang."""
    settings = Settings(home=tmp_path)
    with pytest.raises(KeyFileError, match="key new"):
        load_key(settings)
    os.mkfifo(settings.key_file, 0o600)
    with pytest.raises(KeyFileError, match="plain"):
        load_key(settings)
    settings.key_file.unlink()
    settings.key_file.mkdir(0o700)
    with pytest.raises(KeyFileError):
        load_key(settings)
    with pytest.raises(KeyFileError):
        new_key(Path(__file__) / "project.key")


def test_compose_sets_what_settings_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """The composed house parses, publishes to this machine only, and each of its settings is one that we have."""
    house = yaml.safe_load(COMPOSE.read_text("utf-8"))
    services = house["services"]
    assert {"database", "objects", "prefect", "scheduler", "worker", "deidflow"} <= set(services)
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert set(service["networks"]) <= set(house["networks"])
        assert set(service.get("depends_on", {})) <= set(services)
    assert house["networks"]["inside"]["internal"] is True
    for name, value in services["worker"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.vault_url.endswith("@database/vault")
    assert settings.dask_address == "tcp://scheduler:8786"
    places = (settings.source, settings.workspace, settings.release, settings.audit)
    assert {(place.endpoint, place.secure) for place in places} == {("objects:9000", False)}
    known = {f"DEIDFLOW_{name.upper()}" for name in Settings.model_fields}
    ours = {name.split("__")[0] for name in services["worker"]["environment"] if name.startswith("DEIDFLOW_")}
    assert ours <= known

"""The vault, on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import text

from deid_core.entities import EntityType
from deid_core.errors import IntegrityError
from deid_core.keys import ProjectKey
from deid_core.ports import KnownValue
from infra.database import engine, writing
from infra.vault import Vault

KEY = ProjectKey(bytes(range(32)))
NAME = KnownValue(EntityType.NAME, "Zebrowski, Jörg \U0001f600")
MRN = KnownValue(EntityType.MRN, "ZQ-4471-0093")


@pytest.fixture
def vault(database_url: str) -> Vault:
    """Give an empty vault."""
    made = Vault(database_url, KEY)
    made.create()
    return made


def test_what_is_remembered_is_recalled_in_one_order(vault: Vault) -> None:
    """Values come back once each, in an order that does not depend on when they came; each subject has its own."""
    assert vault.remember("s1", [NAME, MRN, NAME]) == 2
    assert vault.remember("s1", [MRN, KnownValue(EntityType.RELATIVE_NAME, NAME.value)]) == 1
    assert vault.remember("s2", [MRN]) == 1
    assert vault.remember("s2", []) == 0
    assert vault.recall("s1") == (MRN, NAME, KnownValue(EntityType.RELATIVE_NAME, NAME.value))
    assert vault.recall("s2") == (MRN,)
    assert vault.recall("s3") == ()


def test_many_values_go_in_at_once(vault: Vault) -> None:
    """More values than one statement takes are remembered; half a character is no obstacle."""
    values = [KnownValue(EntityType.NAME, f"name {number:05d}") for number in range(1201)]
    values.append(KnownValue(EntityType.NAME, "\udce4 odd"))
    assert vault.remember("s", values) == 1202
    assert vault.recall("s") == tuple(sorted(values, key=lambda value: value.value))


def test_no_value_lies_in_the_database(tmp_path: Path) -> None:
    """Not a byte of the database's files shows a value, and neither does the vault's repr."""
    vault = Vault(f"sqlite:///{tmp_path / 'vault.db'}", KEY)
    vault.create()
    vault.remember("s", [NAME, MRN])
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert stored
    for value in ("Zebrowski", "4471", "Jörg"):
        assert value.encode() not in stored
    assert KEY.secret not in stored
    assert "secret" not in repr(vault)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_another_key_opens_nothing(vault: Vault) -> None:
    """Without the project's key values are lost, as after its destruction, and the error shows none."""
    vault.remember("s", [NAME])
    with pytest.raises(IntegrityError) as caught:
        Vault(vault.url, ProjectKey(bytes(32))).recall("s")
    assert "Zebrowski" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subject_value SET subject_key = 'other'",
        "UPDATE subject_value SET entity_type = 'MRN'",
        "UPDATE subject_value SET entity_type = 'NOTHING'",
        "UPDATE subject_value SET ciphertext = substr(ciphertext, 1, 20)",
        "UPDATE subject_value SET ciphertext = substr(ciphertext, 1, 3)",
    ],
)
def test_a_row_that_was_changed_or_moved_does_not_open(vault: Vault, change: str) -> None:
    """A value is bound to its subject and label: a row under another is refused."""
    vault.remember("s", [NAME])
    with writing(vault.url) as session:
        session.connection().execute(text(change))
    with pytest.raises(IntegrityError):
        vault.recall("s" if "subject_key" not in change else "other")


def test_a_code_is_random_and_kept(vault: Vault, tmp_path: Path) -> None:
    """A subject has one code; same subject and key in another vault, another code (45 CFR 164.514(c))."""
    codes = {subject: vault.code(subject) for subject in ("s1", "s2", "s3")}
    assert len(set(codes.values())) == 3
    assert all(re.fullmatch("S[A-Z2-7]{12}", code) for code in codes.values())
    assert {subject: vault.code(subject) for subject in codes} == codes
    second = Vault(f"sqlite:///{tmp_path / 'second.db'}", KEY)
    second.create()
    assert second.code("s1") != codes["s1"]


def work(url: str, number: int) -> tuple[int, list[str]]:
    """Remember and draw what the other processes also do."""
    vault = Vault(url, KEY)
    vault.create()
    values = [KnownValue(EntityType.NAME, f"name {(n * 7 + number * 13) % 50}") for n in range(50)]
    return sum(vault.remember("s", [value]) for value in values), [vault.code(f"s{n}") for n in range(20)]


def test_processes_at_once_remember_once_and_draw_one_code(database_url: str) -> None:
    """Three processes that create, remember and draw the same end with each value once and one code a subject."""
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        results = list(pool.map(work, [database_url] * 3, range(3)))
    assert sum(new for new, _ in results) == 50
    assert len(Vault(database_url, KEY).recall("s")) == 50
    assert all(codes == results[0][1] for _, codes in results)
    assert len(set(results[0][1])) == 20


def test_shredding_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    """After shredding no value and no code is known, and SQLite's files hold no sealed byte of them."""
    vault.remember("s", [NAME, MRN])
    code = vault.code("s")
    with engine(vault.url).connect() as connection:
        sealed = [bytes(row[0]) for row in connection.execute(text("SELECT ciphertext FROM subject_value"))]
    vault.shred()
    assert vault.recall("s") == ()
    if vault.url.startswith("sqlite"):
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert stored
        assert all(piece not in stored for piece in [*sealed, code.encode()])
    assert vault.code("s") != code

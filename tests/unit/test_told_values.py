"""What a call learns of its subjects is kept sealed, once, and without growing in memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from deid_core.entities import EntityType
from deid_core.errors import ServiceError
from deid_core.ports import KnownValue
from infra.told import HELD, Told

NAME = KnownValue(EntityType.NAME, "Zebulon Quux")
PHONE = KnownValue(EntityType.PHONE, "617-555-0143")


def test_what_is_told_of_a_patient_is_recalled_once_and_in_order() -> None:
    """Two notes of a patient tell of one name; another patient's values are not among them."""
    told = Told()
    told.tell("one", [NAME])
    told.tell("two", [KnownValue(EntityType.NAME, "José \ud800")])
    told.tell("one", [PHONE, NAME])
    assert told.recall("one") == (NAME, PHONE)
    assert [value.value for value in told.recall("two")] == ["José \ud800"]
    assert told.recall("nobody") == ()


def test_nothing_that_is_kept_can_be_read_without_the_key() -> None:
    """Neither the database nor the repr holds a value, and a row moved to another subject does not open."""
    told = Told()
    told.tell("one", [NAME, PHONE])
    assert b"Quux" not in told._base.serialize()
    assert b"555-0143" not in told._base.serialize()
    assert "Quux" not in repr(told)
    told._base.execute("UPDATE told SET subject = 'two'")
    with pytest.raises(ServiceError):
        told.recall("two")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells what memory is held now")
def test_many_patients_lie_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as many patients are told of as are held, more take no more memory, and each is recalled."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    told = Told()

    def tell(first: int, last: int) -> int:
        for number in range(first, last):
            told.tell(f"subject-{number:032}", [KnownValue(EntityType.NAME, f"Zebulon Quux {number}")])
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    assert -tell(0, 100_000) + tell(100_000, 160_000) < HELD * 1024 // 4
    assert told.recall(f"subject-{77_777:032}")[0].value == "Zebulon Quux 77777"
    assert not list(tmp_path.iterdir())  # it has no name

"""Promise 2: no identifier's value is in logs, the orchestrator, artifacts, the queue, the audit or the output."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import Settings

pytestmark = pytest.mark.timeout(300)
# Words that occur nowhere else; each stands for one person's identifier.
CANARIES = {
    "family": "Quixwhistle",
    "given": "Zebulonette",
    "mrn": "7741093582",
    "ssn": "536-92-4417",
    "phone": "617-555-0143",
    "email": "zq.canary@example.org",
    "street": "4821 Flumroyd Street",
}


def plant(folder: Path) -> None:
    """Write the canaries into each kind of input, and into the names of files and folders."""
    full = f"{CANARIES['given']} {CANARIES['family']}"
    deep = folder / f"{CANARIES['family']}_{CANARIES['given']}"
    deep.mkdir(parents=True)
    lines = [f"Patient: {full}", f"MRN: {CANARIES['mrn']}", f"SSN: {CANARIES['ssn']}", f"Phone: {CANARIES['phone']}"]
    lines += [f"E-mail: {CANARIES['email']}", f"Address: {CANARIES['street']}, Springfield, IL 62704"]
    lines += ["", f"Mr. {CANARIES['family']} was seen with chest pain. {CANARIES['given']} feels well."]
    (deep / f"{CANARIES['family']}.txt").write_text("\n".join(lines) + "\n")
    header = "mrn,name,ssn,phone,email,address,note"
    cells = (CANARIES["mrn"], full, *(CANARIES[name] for name in ("ssn", "phone", "email", "street")))
    row = ",".join((*cells, f"Spoke to {CANARIES['given']}."))
    (folder / "patients.csv").write_text(f"{header}\n{row}\n")
    (folder / "notes.jsonl").write_text(
        f'{{"mrn": "{CANARIES["mrn"]}", "text": "Call {full} at {CANARIES["phone"]}."}}\n'
    )
    # bad input that holds them: an error could show what it read
    (folder / f"{CANARIES['mrn']}.dcm").write_text(f"{full} {CANARIES['ssn']}\n")
    (folder / "broken.csv").write_text(f'name,ssn\n"{full},{CANARIES["ssn"]}\n')
    (folder / "broken.jsonl").write_text(f'{{"name": "{full}", "name": "{CANARIES["ssn"]}"}}\n')


def test_no_canary_is_seen_anywhere(run_flow, server: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each planted value is searched in every byte of everything that the run wrote or printed, in three encodings."""
    source = tmp_path / "in" / CANARIES["family"]
    plant(source)
    release = run_flow(source)
    assert release.released == 3
    assert release.quarantined == 3
    settings = Settings()
    for database in (server / "deidflow.db", server / "prefect" / "prefect.db"):
        checkpointed(database)
    places = [*bytes_of_everything(server), ("printed", "".join(capfd.readouterr()).encode())]
    places.append(("release names", "\n".join(map(str, Path(settings.release_url).rglob("*"))).encode()))
    assert any(name.startswith("prefect/prefect.db") for name, _ in places)
    assert any(name.startswith("release/") for name, _ in places)
    for label, value in CANARIES.items():
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            seen = [name for name, data in places if value.lower().encode(encoding) in data.lower()]
            assert not seen, f"the canary {label} is in {seen}"


def bytes_of_everything(home: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of what orchestrator, queue, audit, release and logs hold; not workspace and vault."""
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        if (
            path.is_file()
            and relative.parts[0] not in {"workspace", "project.key"}
            and not relative.name.startswith("vault.db")
        ):
            yield str(relative), path.read_bytes()


def checkpointed(database: Path) -> None:
    """Write a SQLite database's log into it, so that its file holds all of it."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

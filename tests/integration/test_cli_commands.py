"""The command, as its user types it: outputs, exit codes, and errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from typer.testing import CliRunner

from deid_core.errors import DeidflowError
from deployments.cli.app import app
from infra import lines

RUN = CliRunner()
NOTE = "Patient: Jane Doe, MRN 1234567, seen on 3/14/2021 for Parkinson's disease.\n"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a home of its own."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")


def exit_of(*arguments: str) -> int:
    """Run a command and return the exit code it ends with, as `main` gives it."""
    done = RUN.invoke(app, list(arguments))
    if isinstance(done.exception, DeidflowError):
        return done.exception.exit_code
    return done.exit_code


def test_detect_keeps_its_contract(tmp_path: Path, quick_policy: Path) -> None:
    """Each line is a finding that the published schema allows, with the path relative to the given folder."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "note.txt").write_text(NOTE)
    (folder / "t.csv").write_text("mrn,name,note\n1234567,Jane Doe,jane slept\n")
    (folder / "n.jsonl").write_text('{"mrn": 1234567, "text": "Call 617-555-0143."}\n')
    done = RUN.invoke(app, ["detect", str(folder), "--json", "--policy", str(quick_policy)])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    schema = json.loads(files("deid_core.standards").joinpath("finding.schema.json").read_text("utf-8"))
    for row in rows:
        jsonschema.validate(row, schema)
    assert {row["asset"] for row in rows} == {"deep/note.txt", "t.csv", "n.jsonl"}
    assert {row["location"]["kind"] for row in rows} == {"text", "cell"}
    assert "Jane" not in done.stdout
    name = next(row for row in rows if row["asset"] == "deep/note.txt" and row["entity_type"] == "NAME")
    assert NOTE[name["location"]["start"] : name["location"]["end"]] == "Jane Doe"


def test_the_plan_shows_what_and_not_who(tmp_path: Path, quick_policy: Path) -> None:
    """The dry run says for each place what would be done, in words, and no value."""
    (tmp_path / "note.txt").write_text(NOTE)
    done = RUN.invoke(app, ["deid", str(tmp_path / "note.txt"), "--plan", "--policy", str(quick_policy)])
    assert done.exit_code == 0
    assert "NAME at 9 17: transform, mask_label" in done.stdout
    assert "Jane" not in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_large_output_waits_in_a_file_and_leaves_only_when_it_is_verified(
    tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes come out as of one that waits in memory, and nothing of one in which a name is left."""
    (tmp_path / "note.txt").write_text(NOTE)
    RUN.invoke(app, ["key", "new"])
    outputs = []
    for limit in (64 << 20, 0):
        monkeypatch.setattr("deployments.cli.core.MAPPED_FROM", limit)
        to = tmp_path / f"out-{limit}"
        assert exit_of("deid", str(tmp_path / "note.txt"), "-o", str(to), "--policy", str(quick_policy)) == 0
        outputs.append({path.name: path.read_bytes() for path in to.iterdir()})
    assert outputs[0] == outputs[1] != {}
    left = SimpleNamespace(left=("a finding",))
    monkeypatch.setattr("deid_core.verify.residual", lambda *_: left)
    to = tmp_path / "none"
    assert exit_of("deid", str(tmp_path / "note.txt"), "-o", str(to), "--policy", str(quick_policy)) != 0
    assert not any(to.iterdir())


def test_deid_writes_under_neutral_names(tmp_path: Path, quick_policy: Path) -> None:
    """A file named after a patient is written under its asset's id, or under its own name if the user insists."""
    source = tmp_path / "Doe_Jane.txt"
    source.write_text(NOTE)
    options = ["-o", str(tmp_path / "out"), "--policy", str(quick_policy)]
    assert exit_of("deid", str(source), *options) == 0
    (output,) = (tmp_path / "out").iterdir()
    assert "Doe" not in output.name
    assert "Jane" not in output.read_text()
    assert exit_of("deid", str(source), *options, "--keep-names") == 0
    assert (tmp_path / "out" / "Doe_Jane.txt").exists()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"", 10),
        ("a.png", b"", 10),
        ("a.zip", b"PK\x03\x04", 11),
        ("a.bin", b"\x7fELF\0\0", 11),
        ("a.dcm", b"a note\n", 12),
        ("a.csv", b"a,b\n1\n", 13),
        ("a.dcm", b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00\x1a", 13),
        ("a.png", b"\x89PNG\r\n\x1a\n", 13),
    ],
)
def test_bad_input_has_an_exit_code_of_its_own(name: str, data: bytes, code: int, tmp_path: Path) -> None:
    """Each kind of bad file ends with its own code, and nothing is written of it."""
    (tmp_path / name).write_bytes(data)
    assert exit_of("deid", str(tmp_path / name), "-o", str(tmp_path / "out")) == code
    assert not list(tmp_path.glob("out/*"))


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, quick_policy: Path) -> None:
    """The rest is written, and the exit code says that something was set aside."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(NOTE)
    (folder / "b.txt").write_bytes(b"")
    (folder / "c.dcm").write_text(NOTE)
    assert exit_of("deid", str(folder), "-o", str(tmp_path / "out"), "--policy", str(quick_policy)) == 3
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_large_lines_go_through_in_pieces(tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file of JSON Lines is one file for its user: one output, rows counted from its start; or none at all."""
    rows = [{"mrn": f"10000{n}", "text": f"Patient: Jane Doe, call 617-555-01{n}."} for n in range(10, 40)]
    source = tmp_path / "notes.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ["--json", "--policy", str(quick_policy)]

    def places() -> list[str]:
        found = [json.loads(row) for row in RUN.invoke(app, ["detect", str(source), *options]).stdout.splitlines()]
        return sorted(f"{row['asset']} {row['entity_type']} {row['location']}" for row in found)

    whole = places()
    monkeypatch.setattr(lines, "CUT_FROM", 200)
    monkeypatch.setattr(lines, "PIECE", 300)
    assert places() == whole
    assert len(whole) == 90
    planned = RUN.invoke(app, ["deid", str(source), "--plan", *options]).stdout
    assert {json.loads(row)["location"]["row"] for row in planned.splitlines()} == set(range(30))
    assert exit_of("deid", str(source), "-o", str(tmp_path / "out"), *options) == 0
    (output,) = (tmp_path / "out").iterdir()
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["text"][-8:] for row in written] == ["<PHONE>."] * 30
    source.write_text(source.read_text() + "no object\n")
    assert exit_of("deid", str(source), "-o", str(tmp_path / "none"), *options) == 13
    assert not list(tmp_path.glob("none/*"))


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("cp1252", "\n")])
def test_a_large_table_goes_through_in_pieces(
    encoding: str, newline: str, tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are found and written as they are of the table whole, under its one header; a ragged one is named."""
    said = 'José said:{0}"Jane Doe, call 617-555-01{1}"'
    body = [[f"10000{n}", "Jane Doe", said.format(newline, n)] for n in range(10, 40)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator=newline).writerows([["mrn", "name", "note"], *body])
    source = tmp_path / "notes.csv"
    source.write_bytes(text.getvalue().encode(encoding))
    options = ["--json", "--policy", str(quick_policy)]
    RUN.invoke(app, ["key", "new"])

    def places(*command: str) -> list[str]:
        found = [json.loads(row) for row in RUN.invoke(app, [*command, str(source), *options]).stdout.splitlines()]
        return sorted(f"{row['asset']} {row['entity_type']} {row['location']}" for row in found)

    def written(folder: str) -> bytes:
        assert exit_of("deid", str(source), "-o", str(tmp_path / folder), *options) == 0
        (output,) = (tmp_path / folder).iterdir()
        return output.read_bytes()

    whole = places("detect"), places("deid", "--plan"), written("whole")
    monkeypatch.setattr(lines, "CUT_FROM", 200)
    monkeypatch.setattr(lines, "PIECE", 300)
    assert (places("detect"), places("deid", "--plan"), written("pieces")) == whole
    assert whole[2].decode(encoding).count("<PHONE>") == 30
    source.write_bytes(source.read_bytes() + f"1;2{newline}".encode())
    done = RUN.invoke(app, ["deid", str(source), "-o", str(tmp_path / "none"), *options])
    assert done.exit_code == 13
    assert "row 32 has 2 cells, the first has 3" in done.stderr
    assert not list(tmp_path.glob("none/*"))


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_what_one_piece_tells_of_a_patient_is_found_in_the_others(
    ending: str, tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that only the last row gives away is gone from the same patient's first, and stays in another's."""
    told = [
        *(("1234567", "Zebulon slept well."), ("7654321", "The zebulon scan is clean.")),
        *(("5555555", "No change since yesterday.") for _ in range(20)),
        ("1234567", "Patient: Zebulon Quux, seen again."),
    ]
    source = tmp_path / f"notes.{ending}"
    with source.open("w", newline="") as file:
        if ending == "csv":
            csv.writer(file).writerows([("mrn", "note"), *told])
        else:
            file.writelines(json.dumps({"mrn": mrn, "note": note}) + "\n" for mrn, note in told)
    monkeypatch.setattr(lines, "CUT_FROM", 200)
    monkeypatch.setattr(lines, "PIECE", 300)
    assert exit_of("deid", str(source), "-o", str(tmp_path / "out"), "--policy", str(quick_policy)) == 0
    (output,) = (tmp_path / "out").iterdir()
    assert "Zebulon" not in output.read_text()
    assert "zebulon scan" in output.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_without_permission_is_named(tmp_path: Path, quick_policy: Path) -> None:
    """What cannot be opened is set aside as unreadable."""
    closed = tmp_path / "in" / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0)
    try:
        assert exit_of("detect", str(tmp_path / "in"), "--policy", str(quick_policy)) == 15
    finally:
        closed.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("detect", "/nowhere"), 2),
        (("deid", __file__), 2),
        (("run", "/nowhere"), 2),
        (("policy", "check", "nothing"), 2),
        (("policy", "show", "safe_harbor"), 0),
        (("policy", "check", "safe_harbor"), 0),
        (("policy", "check", "research"), 0),
        (("policy", "list"), 0),
        (("release", "verify", "/nowhere"), 2),
        (("--version",), 0),
        (("--help",), 0),
        (("review", "show", "no-such-run"), 2),
        (("frobnicate",), 2),
    ],
)
def test_commands_end_as_they_say(arguments: tuple[str, ...], code: int) -> None:
    """What cannot be done ends with 2, what is fine with 0."""
    assert exit_of(*arguments) == code


def test_a_policy_with_a_mistake_says_where(tmp_path: Path) -> None:
    """The message names the field and what is wrong with it."""
    text = files("deid_core.policies").joinpath("safe_harbor.toml").read_text("utf-8")
    (tmp_path / "p.toml").write_text(text.replace('action = "zip3"', 'action = "zip9"'))
    done = RUN.invoke(app, ["policy", "check", str(tmp_path / "p.toml")])
    assert "no operator is named zip9" in str(done.exception)


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """A new key is its owner's alone, and a second one is not made over it."""
    assert exit_of("key", "new") == 0
    path = tmp_path / "home" / "project.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().strip()) == 64
    assert exit_of("key", "new") == 2

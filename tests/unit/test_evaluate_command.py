"""`deidflow evaluate`, as its user types it."""

from __future__ import annotations

import json
import re
import shlex
import stat
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deid_core.errors import DeidflowError
from deid_core.evaluate.box_gold import parse_gold
from deployments.cli.app import app
from deployments.sample import burn

ROOT = Path(__file__).resolve().parents[2]
RUN = CliRunner()
GOLD = """### n1 note
Patient: [NAME Jane Doe], MRN [MRN 1234567], seen on [DATE 3/14/2021], aged [AGE 93].
Her code is [ID QZ-ONE].

### n2 query
A man of 45 with Parkinson disease.
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, wide enough for the table."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gold.txt").write_text(GOLD)
    (tmp_path / "negatives.txt").write_text("Hb 9.8, WCC 12.4.\n\nMRN 1234568 is a number.\n")


def test_figures_as_text_json_and_picture(tmp_path: Path, quick_policy: Path) -> None:
    """The table, the file and the picture tell of one leak of five identifiers, and of one line of two touched."""
    options = ["--policy", str(quick_policy), "--negatives", "negatives.txt", "--json", "f.json", "--plot", "f.svg"]
    done = RUN.invoke(app, ["evaluate", "gold.txt", *options])
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "f.json").read_text())
    covered = figures["overall"]["any label"]["covered"]
    assert (covered["covered"], covered["leaked"], covered["kept"]) == (4, 1, 0)
    assert covered["recall"]["value"] == 0.8
    assert figures["leaks"]["values_by_label"] == {"ID": 1}
    assert figures["over_redaction"]["lines_touched"]["value"] == 0.5
    assert (figures["seed"], figures["policy"]["name"]) == (0, "safe_harbor")
    assert "0.800" in done.stdout
    assert "1 values (1 of direct identifiers) in 1 documents, of 1 of 2 subjects" in done.stdout
    picture = (tmp_path / "f.svg").read_text()
    assert picture.startswith("<svg")
    for told in (done.output, (tmp_path / "f.json").read_text(), picture):
        assert not any(value in told for value in ("Jane", "1234567", "QZ-ONE"))


def test_leaks_with_their_text_only_where_asked(tmp_path: Path, quick_policy: Path) -> None:
    """The file of leaks names what leaked and what was touched, and nobody else can read it."""
    (tmp_path / "leaks.jsonl").write_text("old")
    options = ["--policy", str(quick_policy), "--negatives", "negatives.txt", "--leaks", "leaks.jsonl"]
    assert RUN.invoke(app, ["evaluate", "gold.txt", *options]).exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "leaks.jsonl").read_text().splitlines()]
    assert [(row["what"], row["text"]) for row in rows] == [("leaked", "QZ-ONE"), ("touched", "1234568")]
    assert stat.S_IMODE((tmp_path / "leaks.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.txt"], 2),
        (["gold.pdf"], 2),
        (["bad.txt"], 13),
        (["gold.txt", "--negatives", "latin.txt"], 13),
        (["gold.txt", "--negatives", "nowhere.txt"], 15),
        (["gold.txt", "--policy", "no_such"], 2),
    ],
)
def test_what_cannot_be_measured(arguments: list[str], code: int, tmp_path: Path) -> None:
    """A path, a format, a mark or a policy that does not hold ends with its own code, before anything is searched."""
    (tmp_path / "gold.pdf").write_bytes(b"%PDF")
    (tmp_path / "bad.txt").write_text("### a note\n[NAME Jane\n")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    done = RUN.invoke(app, ["evaluate", *arguments])
    assert isinstance(done.exception, DeidflowError)
    assert done.exception.exit_code == code
    assert "Jane" not in str(done.exception)


def test_the_page_holds(tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gold on the how-to page is read, and each of its commands succeeds over files as it says."""
    page = (ROOT / "docs" / "how-to" / "evaluate.md").read_text("utf-8")
    examples = dict(re.findall(r"`(\S+)`:\n\n```(?:json|text)\n(.*?)```", page, re.DOTALL))
    assert set(examples) == {"gold.jsonl", "gold.txt", "negatives.txt"}
    for name, text in examples.items():
        (tmp_path / name).write_text(text)
    shown = re.search(r"This is such a file:\n\n```json\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    assert {name: len(boxes) for name, boxes in parse_gold(shown[1]).items()} == {"0001.dcm": 21, "0002.png": 0}
    made = re.findall(r"\$ python -m deployments\.sample\.burn (.*)", page)
    assert len(made) == 1
    monkeypatch.setattr(sys, "argv", ["burn", *shlex.split(made[0])])
    burn.main()
    commands = [line[2:] for line in page.splitlines() if line.startswith("$ deidflow evaluate")]
    assert len(commands) >= 3
    for command in commands:
        arguments = shlex.split(command)[1:]
        if "--policy" not in arguments:
            arguments += ["--policy", str(quick_policy)]  # the page's own is the default, with its model
        else:
            arguments[arguments.index("--policy") + 1] = str(quick_policy)
        done = RUN.invoke(app, arguments)
        assert done.exit_code == 0, done.output

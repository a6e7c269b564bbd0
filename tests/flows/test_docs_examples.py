"""What the documentation says to type works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(400)


def blocks(page: str, language: str) -> list[str]:
    """Return the fenced blocks of a language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


def commands(page: str) -> list[str]:
    """Return the lines that a page says to type."""
    return [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]


def test_the_flow_on_the_page_runs(server: Path, dask: Any, quick_policy: Path, tmp_path: Path) -> None:
    """The example flow of the how-to imports our tasks and counts what a source holds."""
    from tasks.run import register_source

    (tmp_path / "example_flow.py").write_text(blocks("docs/how-to/reuse-in-your-flow.md", "python")[0])
    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_text("Patient: Jane Doe, MRN 1234567, seen on 3/14/2021.\n")
    sys.path.insert(0, str(tmp_path))
    try:
        from example_flow import inventory

        found = inventory(register_source(Settings(), str(source)), str(quick_policy))
    finally:
        sys.path.remove(str(tmp_path))
    assert found["NAME"] == 1
    assert found["MRN"] == 1


@pytest.mark.parametrize("page", ["docs/how-to/reuse-in-your-flow.md", "README.md"])
def test_the_core_on_the_page_runs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the core alone prints a note without its identifiers."""
    exec(blocks(page, "python")[-1], {})  # noqa: S102 - our own page
    printed = capsys.readouterr().out
    assert "Jane" not in printed
    assert "1234567" not in printed
    assert "2021" in printed


@pytest.mark.parametrize("page", ["docs/tutorials/first-run.md", "README.md"])
def test_the_commands_on_the_page_run(page: str, server: Path, tmp_path: Path) -> None:
    """Each command of the page succeeds, in its order, in an empty folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DEIDFLOW_HOME": str(tmp_path / "home")}
    for command in commands(page):
        if command.startswith(("make ", "deidflow up", "git ")):
            continue  # the first makes this very environment, the second runs until it is stopped
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

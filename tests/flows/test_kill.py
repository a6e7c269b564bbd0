"""Promise 5: killing any process at any moment loses nothing, doubles nothing and exports nothing unreviewed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deid_core.errors import IntegrityError
from deid_core.manifest import check
from infra import audit_log
from infra.objects import open_store
from infra.settings import Settings

pytestmark = pytest.mark.timeout(400)
COMMAND = [str(Path(sys.executable).parent / "deidflow"), "run"]


def verified(root: Path) -> bool:
    """Say whether a release folder verifies."""
    names = [path.relative_to(root).as_posix() for path in (root / "data").rglob("*") if path.is_file()]
    try:
        check((root / "manifest.json").read_bytes(), names, lambda name: (root / name).read_bytes())
    except (IntegrityError, FileNotFoundError):
        return False
    return True


@pytest.mark.parametrize("seconds", [4, 7, 10])
def test_a_killed_run_leaves_nothing_half_done(
    server: Path, quick_policy: Path, tmp_path: Path, seconds: float
) -> None:
    """A run killed with all its workers leaves a whole audit chain; the next run over the same source is complete."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(40):
        (source / f"n{number}.txt").write_text(
            f"Patient: Jane Doe {seconds}, MRN 30{number:05}, seen 3/14/2021.\n" * 20
        )
    store = tmp_path / "store"
    command = [*COMMAND, str(source), "--review", "none", "--policy", str(quick_policy), "--store", str(store)]
    environment = dict(os.environ)
    first = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(seconds)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    settings = Settings()
    audit_log.create(settings.database_url)
    audit_log.verify(settings.database_url, open_store(settings.audit_url, settings.audit, create=True))
    unfinished = [root for root in store.glob("release-*") if not (root / "manifest.json").exists()]
    assert all(not verified(root) for root in unfinished)
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert second.returncode == 0, second.stderr
    roots = list(store.glob("release-*"))
    assert len(roots) == 1, "the run done again is the same release"
    assert verified(roots[0])
    assert len(list((roots[0] / "data").rglob("*.txt"))) == 40
    audit_log.verify(settings.database_url, open_store(settings.audit_url, settings.audit))

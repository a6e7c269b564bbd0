"""Promise 4: the whole pipeline passes with the network cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CUT = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$0" "$@"']
pytestmark = pytest.mark.timeout(400)


def can_cut() -> bool:
    """Say whether this machine lets us make a network namespace with a loopback that is up."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    return subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_cut(), reason="this machine makes no network namespaces, or has no `ip`")
def test_the_demo_runs_without_a_network(tmp_path: Path) -> None:
    """Prefect server, Dask, OCR and model: all of the demo, with nothing to reach but this machine."""
    command = [*CUT, str(Path(sys.executable).parent / "deidflow"), "demo", "--folder", str(tmp_path / "demo")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DEIDFLOW_", "PREFECT_"))}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=380, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified" in done.stdout
    release = next((tmp_path / "demo" / "release").iterdir())
    assert (release / "manifest.json").exists()
    assert (tmp_path / "demo" / "before_after.png").stat().st_size > 10_000

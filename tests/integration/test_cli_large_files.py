"""Large files through the command: memory stays level, and where it is stopped nothing half-written stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RULES = """
name = "rules"
version = "1"
title = "Rules alone"
basis = "none"
release_class = "de-identified"
detectors = ["columns", "patterns", "known_values"]

[default]
action = "mask_label"
"""
COMMAND = """
import resource
from infra import lines
lines.CUT_FROM, lines.CUT_FROM_ROWS, lines.PIECE, lines.ROWS = 80_000, 512, 40_000, 256
from deployments.cli.app import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
ROW = '{"mrn": "%08d", "note": "Seen by Dr. Brightwater on 3/4/2020, call (423) 555-0168 about the results."}\n'
PATIENCE = 120  # seconds


def asked(tmp_path: Path, source: Path) -> list[str]:
    """Return the command that de-identifies a file by rules alone, in small pieces."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    return [sys.executable, "-c", COMMAND, "deid", str(source), "-o", str(tmp_path / "out"), "-p", str(rules)]


def peak(tmp_path: Path, name: str, data: str) -> int:
    """Return the kilobytes that the command takes for a file."""
    source = tmp_path / name
    source.write_text(data)
    done = subprocess.run(asked(tmp_path, source), capture_output=True, text=True, check=True)
    return int(done.stdout.rpartition("peak ")[2])


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_four_times_the_rows_take_the_same_memory(tmp_path: Path, kind: str) -> None:
    """Short rows are cut by their number, not by their bytes: each takes a hundred times its bytes while it is read."""
    row, head = (ROW, "") if kind == "jsonl" else ("%08d,well,3\n", "mrn,note,grade\n")
    few, many = (
        peak(tmp_path, f"{rows}.{kind}", head + "".join(row % number for number in range(rows)))
        for rows in (1_500, 6_000)
    )
    assert many < few + 12_000


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["interrupted", "terminated"]
)
def test_a_stopped_command_leaves_no_half_of_a_file(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    """Stopped while it writes, it ends with the signal's code, and neither the output nor a part of it is there."""
    source, out = tmp_path / "rows.jsonl", tmp_path / "out"
    source.write_text("".join(ROW % number for number in range(15_000)))
    with subprocess.Popen(asked(tmp_path, source), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < PATIENCE:
            if out.exists() and any(path.stat().st_size > 0 for path in out.iterdir()):
                break
            time.sleep(0.005)
        process.send_signal(sent)
        told = process.communicate()[0].decode()
    assert process.returncode == code, told
    assert list(out.iterdir()) == []
    assert "Brightwater" not in told
    assert "Traceback" not in told

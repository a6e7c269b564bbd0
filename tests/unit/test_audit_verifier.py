"""The stand-alone verifier agrees with the library, and stands alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deid_core.audit import FIELDS, GENESIS, AuditRecord, record_line, sealed, verify_chain
from deid_core.errors import IntegrityError
from deployments import verify_audit

SCRIPT = Path(__file__).resolve().parents[2] / "deployments" / "verify_audit.py"
RECORD = AuditRecord(
    "ann", "reviewer", "approve", "asset:1", "süß\u2028\U0001f600", recorded="2026-03-01T12:00:00.000000+00:00"
)


def chained(number: int) -> list[str]:
    """Make the lines of a chain."""
    lines, previous = [], GENESIS
    for seq in range(1, number + 1):
        made = sealed(replace(RECORD, counts={"NAME": seq, "more": {"deep": [True, None]}}), seq, previous)
        lines.append(record_line(made))
        previous = made.hash
    return lines


CHAIN = chained(6)
CASES = {
    "good": (CHAIN, True),
    "a stretch": (CHAIN[2:5], True),
    "tampered": ([*CHAIN[:3], CHAIN[3].replace("approve", "decline"), *CHAIN[4:]], False),
    "hash redone but not the next": ([*CHAIN[:1], chained(2)[1].replace('"seq":2', '"seq":3')], False),
    "one missing": ([*CHAIN[:3], *CHAIN[4:]], False),
    "reordered": ([CHAIN[1], CHAIN[0], *CHAIN[2:]], False),
    "a stretch posing as a start": ([CHAIN[1].replace('"seq":2', '"seq":1')], False),
    "torn line": ([*CHAIN[:5], CHAIN[5][:40]], False),
    "unescaped": ([CHAIN[0].replace("\\u00fc", "ü")], False),
    "half a character": ([CHAIN[0].replace("\\u00fc", "\\udc00")], False),
    "huge number": ([CHAIN[0].replace('"NAME":1', f'"NAME":{2**53}')], False),
    "fraction": ([CHAIN[0].replace('"NAME":1', '"NAME":1.0')], False),
    "member twice": ([CHAIN[0].replace("{", '{"activity":"approve",', 1)], False),
    "no member": (["{}"], False),
    "nested without end": (["[" * 100_000], False),
}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a stranger would: isolated, without our packages."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("lines", "holds"), CASES.values(), ids=CASES.keys())
def test_both_verifiers_say_the_same(lines: list[str], *, holds: bool, tmp_path: Path) -> None:
    """Good chains pass both, broken ones neither."""
    path = tmp_path / "audit.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    assert verify_audit.main([str(path)]) == (verify_audit.HOLDS if holds else verify_audit.BROKEN)
    if holds:
        head = verify_chain(lines)
        assert head is not None
        assert verify_audit.verify(lines)[:2] == (head.seq, head.hash)
    else:
        with pytest.raises(IntegrityError):
            verify_chain(lines)


def test_a_cut_tail_shows_by_the_head(tmp_path: Path) -> None:
    """A log cut at the end passes alone, and fails against the head, given or lying beside it."""
    path, head = tmp_path / "audit.jsonl", json.loads(CHAIN[-1])["hash"]
    path.write_text("\n".join(CHAIN[:4]) + "\n")
    assert run(path).returncode == 0
    assert "not compared" in run(path).stdout
    assert run(path, "--head", head).returncode == 4
    (tmp_path / "audit.head.json").write_text(json.dumps({"hash": head}))
    assert run(path).returncode == 4
    (tmp_path / "audit.head.json").write_text("[]")
    assert run(path).returncode == 4
    path.write_text("\n".join(CHAIN) + "\n")
    assert run(path, "--head", head).returncode == 0


def test_a_release_is_verified_whole(tmp_path: Path) -> None:
    """Of a folder every log is verified, and one that does not hold fails it."""
    (tmp_path / "audit").mkdir()
    for name in ("one", "two"):
        (tmp_path / "audit" / f"{name}.jsonl").write_text("\n".join(CHAIN) + "\n")
    good = run(tmp_path)
    assert (good.returncode, good.stdout.count("6 records hold")) == (0, 2)
    (tmp_path / "audit" / "two.jsonl").write_text("\n".join(CASES["tampered"][0]) + "\n")
    bad = run(tmp_path)
    assert bad.returncode == 4
    assert "two.jsonl: DOES NOT HOLD: record 4 was changed" in bad.stderr


@pytest.mark.parametrize("arguments", [[], ["missing.jsonl"], ["."], ["a", "--unknown"]])
def test_what_cannot_be_checked_is_no_pass(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a log the exit code is 2."""
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).returncode == 2


def test_an_empty_log_does_not_hold(tmp_path: Path) -> None:
    """A log without a record is broken, not good."""
    (tmp_path / "audit.jsonl").write_bytes(b"")
    assert run(tmp_path).returncode == 4


def test_the_script_needs_the_standard_library_only() -> None:
    """Every import is of the standard library, and the members are those of the library's record."""
    imported = {
        name
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert tuple(verify_audit.MEMBERS) == FIELDS

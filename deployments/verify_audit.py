"""Verify an exported audit log with nothing but Python: no deidflow, no network, no key.

    python verify_audit.py FILE_OR_FOLDER [--head HASH]

FILE is JSON lines as deidflow exports them; of a FOLDER (a release), every `audit/*.jsonl` and `audit*.jsonl` in it.
The last record must have the hash that `--head` says (from an anchor in the audit store), else the one in
NAME.head.json beside NAME.jsonl. That file lies with the log, so only `--head` shows that somebody cut both.
Exit code: 0 it holds, 4 it does not, 2 it cannot be checked.

The rules (the same as in deid_core/audit.py): a line is JSON with its members sorted by name, no white space, ASCII
only (all else escaped by four hex digits in lower case); numbers are integers of at most 53 bits. A record's `hash` is
the SHA-256 of the line without the member `hash`; `previous` is the hash of the record before; the first record of all
is number 1 and has 64 zeros there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
MEMBERS = [
    *("activity", "agent", "asset_id", "counts", "entity", "flow_run_id", "hash", "input_sha256", "output_sha256"),
    *("policy_sha256", "previous", "reason", "recorded", "role", "seq"),
]
HOLDS, USAGE, BROKEN = 0, 2, 4


class BrokenChainError(Exception):
    """Say what does not hold, and in which record."""


def canonical(value: object) -> str:
    """Return the canonical JSON of a value; raise ValueError where it has none."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _check(value: object) -> None:
    if isinstance(value, dict):
        if not all(name.isascii() for name in value):
            raise ValueError("a name is not ASCII")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, str):
        value.encode()  # UnicodeEncodeError, a ValueError, for a lone surrogate
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise ValueError("a number is no integer of at most 53 bits")


def parsed(line: str, number: int) -> dict[str, Any]:
    """Return the record of a line; raise BrokenChainError where the line is not exactly one."""
    try:
        record = json.loads(line)
        same = canonical(record) == line
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise BrokenChainError(f"line {number} is not canonical JSON")
    if not isinstance(record, dict) or sorted(record) != MEMBERS:
        raise BrokenChainError(f"line {number} does not have the members of an audit record")
    if type(record["seq"]) is not int or record["seq"] < 1:
        raise BrokenChainError(f"line {number} has no record number")
    return record


def verify(lines: Iterable[str]) -> tuple[int, str, int]:
    """Return the last record's number and hash and the count of records; raise BrokenChainError at the first fault."""
    seq, head, count = 0, GENESIS, 0
    for count, line in enumerate(lines, 1):
        record = parsed(line, count)
        found = record["seq"]
        if count > 1 and found != seq + 1:
            raise BrokenChainError(f"record {seq + 1} is missing or out of order: {found} stands in its place")
        if (count > 1 or found == 1) and record["previous"] != head:
            raise BrokenChainError(f"record {found} does not follow the one before it")
        claimed = record.pop("hash")
        if hashlib.sha256(canonical(record).encode()).hexdigest() != claimed:
            raise BrokenChainError(f"record {found} was changed: its hash does not hold")
        seq, head = found, claimed
    return seq, head, count


def check(path: Path, expected: str | None) -> str:
    """Verify one file and describe it; raise BrokenChainError where it does not hold."""
    beside = path.with_name(path.name.removesuffix(".jsonl") + ".head.json")
    if expected is None and beside.exists():
        try:
            expected = str(json.loads(beside.read_text("utf-8"))["hash"])
        except (ValueError, KeyError, TypeError):
            raise BrokenChainError(f"{beside.name} is not a head") from None
    with path.open(encoding="ascii", newline="\n") as file:
        seq, head, count = verify(line.removesuffix("\n") for line in file)
    if not count:
        raise BrokenChainError("no record")
    if expected not in (None, head):
        raise BrokenChainError(f"the chain ends at record {seq}, which is not the expected head")
    return f"{count} records hold; the last is {seq}, {head}" + ("" if expected else " (not compared with a head)")


def outcome(path: Path, expected: str | None) -> tuple[int, str]:
    """Return the exit code for one file and what to say of it."""
    try:
        return HOLDS, check(path, expected)
    except (BrokenChainError, UnicodeDecodeError) as error:
        return BROKEN, f"DOES NOT HOLD: {error if isinstance(error, BrokenChainError) else 'a line is not ASCII'}"
    except OSError as error:
        return USAGE, f"cannot be read: {type(error).__name__}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported deidflow audit log.")
    parser.add_argument("path", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--head", help="the hash that the last record must have")
    options = parser.parse_args(arguments)
    found = {*options.path.glob("audit*.jsonl"), *options.path.glob("audit/*.jsonl")}
    paths = sorted(found) if options.path.is_dir() else [options.path]
    if not paths or (options.head and len(paths) > 1):
        parser.error("--head is for one file" if paths else "there is no audit log")
    outcomes = [outcome(path, options.head) for path in paths]
    for path, (code, text) in zip(paths, outcomes, strict=True):
        (sys.stdout if code == HOLDS else sys.stderr).write(f"{path.name}: {text}\n")
    return max(code for code, _ in outcomes)


if __name__ == "__main__":
    sys.exit(main())

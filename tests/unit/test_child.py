"""A program of ours in a process apart: asked, late, ended, begun anew, and never another process's."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import deid_core
from deid_core.child import Child, Ended, Late

PROGRAM = f"""
import os, sys, time
sys.path.append({str(Path(deid_core.__file__).parents[1])!r})
from deid_core.child import serve
def answered(asked, data):
    print("a library prints")
    if asked.get("does") == "sleep":
        time.sleep(600)
    if asked.get("does") == "end":
        os._exit(3)
    if asked.get("does") == "grow":
        bytearray(8 << 30)
    return {{"process": os.getpid(), "bytes": len(data)}}, data[::-1]
serve(answered, 2 << 30)
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """Give a program that turns bytes round, sleeps or ends."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    made = Child(program)
    yield made
    made.close()


def test_bytes_of_any_length_come_and_go(child: Child) -> None:
    """None, one with a line end in it, and more than a pipe holds; what a library prints is no answer."""
    for data in (b"", b"a\nb\0", bytes(range(256)) * 5_000):
        said, back = child.ask({}, 30, data)
        assert back == data[::-1]
        assert said["bytes"] == len(data)


@pytest.mark.parametrize(("does", "error"), [("sleep", Late), ("end", Ended), ("grow", Ended)])
def test_what_is_late_or_ends_is_begun_anew(child: Child, does: str, error: type[Exception]) -> None:
    """Each request says what became of it, and the next is answered by another process."""
    first, _ = child.ask({}, 30)
    with pytest.raises(error):
        child.ask({"does": does}, 1.0, b"x" * 1_000_000)
    assert child.process is None
    second, _ = child.ask({}, 30)
    assert second["process"] != first["process"]


def test_a_closed_one_is_begun_anew(child: Child) -> None:
    """Nothing runs in between, and closing twice is closing."""
    child.ask({}, 30)
    child.close()
    child.close()
    assert child.process is None
    assert child.ask({}, 30, b"ab")[1] == b"ba"


def _asked_in_a_fork(child: Child, pipe: object) -> None:
    said, _ = child.ask({}, 30)
    pipe.send(said["process"])  # type: ignore[attr-defined] # a connection
    child.close()
    os._exit(0)  # nothing of the parent's is tidied up here


def test_a_forked_process_starts_one_of_its_own(child: Child) -> None:
    """Two processes that ask one program would read each other's answers."""
    first, _ = child.ask({}, 30)
    here, there = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        _asked_in_a_fork(child, there)
    assert here.poll(30)
    other = here.recv()
    os.waitpid(pid, 0)
    again, _ = child.ask({}, 30)
    assert again["process"] == first["process"]
    assert other != first["process"]

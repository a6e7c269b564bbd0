"""Ask a program of ours in a process of its own: native code that hangs, or ends its process, is no worker's end.

Both sides are here. A request is a line of JSON and as many bytes as its `length` says, and so is an answer.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any

Said = dict[str, Any]
Buffer = bytes | memoryview
MORE = 10  # seconds after which a request ends the program by itself: nobody may be left to do so


class Late(Exception):
    """Report that a program took longer than it may, and was ended."""


class Ended(Exception):
    """Report that a program ended before it had answered."""


class Child:
    """Hold a program that is started when it is asked first, and anew when it has ended."""

    def __init__(self, program: Path, *arguments: str) -> None:
        """Take a program that calls `serve`, and its arguments; start nothing yet."""
        self._command = [sys.executable, "-I", str(program), *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started it: one that was forked from that has pipes to another's program
        self._lock = Lock()
        atexit.register(self.close)

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """Return the process that runs, if one does."""
        return self._process

    def ask(self, asked: Said, seconds: float, data: Buffer = b"") -> tuple[Said, bytes]:
        """Return the answer to a request and its bytes.

        Raises Late where it takes longer than that, Ended where the program ends before; it is started anew then.
        """
        line = json.dumps({**asked, "seconds": seconds, "length": len(data)}).encode() + b"\n"
        with self._lock:
            if seconds <= 0:  # the timer's thread may not have its turn before the answer
                self._end()
                raise Late
            process = self._running()
            assert process.stdin is not None  # noqa: S101 - both are pipes
            assert process.stdout is not None  # noqa: S101
            late: list[bool] = []
            timer = Timer(seconds, _ended, (process, late))
            timer.daemon = True
            timer.start()
            try:
                process.stdin.write(line)
                process.stdin.write(data)
                process.stdin.flush()
                answer = _read(process.stdout)
            except OSError:  # it ended before it had taken all
                answer = None
            finally:
                timer.cancel()
            if answer is None or late:
                self._end()
        if answer is None:
            raise Late if late else Ended
        return answer

    def close(self) -> None:
        """End the program, if it runs."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process, self._owner = None, os.getpid()
        if self._process is None or self._process.poll() is not None:
            self._end()
            pipe, none = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=none)  # noqa: S603 - our own
        return self._process

    def _end(self) -> None:
        if self._process is None or self._owner != os.getpid():
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what it did not take is flushed in vain
                    continue
        self._process.wait()
        self._process = None


def _ended(process: subprocess.Popen[bytes], late: list[bool]) -> None:
    late.append(True)
    process.kill()


def _read(pipe: IO[bytes]) -> tuple[Said, bytes] | None:
    """Return one answer; None where the process ended before it was whole."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    said: Said = json.loads(line)
    length = said.pop("length", 0)
    data = pipe.read(length) if length else b""
    return (said, data) if len(data) == length else None


def serve(answer: Callable[[Said, bytes], tuple[Said, Buffer]], most: int = 0) -> None:
    """Answer requests from the standard input on the standard output until it ends; called by such a program.

    `most` bytes of memory at most, where it is given: what says it is larger than it is ends this process only.
    """
    import resource  # noqa: PLC0415 - not on the side that asks
    import signal  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of what it held would hold what was in the pixels
    if most:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print
    while line := requests.readline():
        asked = json.loads(line)
        data = requests.read(asked["length"])
        signal.alarm(int(asked["seconds"]) + MORE)
        said, made = answer(asked, data)
        answers.write(json.dumps({**said, "length": len(made)}).encode() + b"\n")
        answers.write(made)
        answers.flush()
        signal.alarm(0)

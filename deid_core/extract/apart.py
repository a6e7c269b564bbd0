"""Read text in a process apart, which is ended when a frame takes too long, or ends by itself: no worker hangs on it.

The models are loaded there and nowhere else, so this costs a copy of each frame, and no memory but that.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import LimitExceeded, MissingExtra, UncertainAsset
from deid_core.ports import Word

LONGEST, EACH = 120.0, 4.0  # seconds that a frame may take, and more for each million pixels
LOADING = 120.0  # seconds that loading the models may take
CHILD = Path(__file__).with_name("ocr_child.py")


class Apart:
    """Hold an engine that reads in a process of its own, which is started when it is needed, and anew when it ended."""

    def __init__(self, plugin: str, name: str, version: str) -> None:
        """Take the name by which the engine is registered, and what it calls itself; start nothing yet."""
        self._plugin = plugin
        self.name, self.version = name, version
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started it: one that was forked from that has pipes to another's engine
        self._lock = Lock()
        atexit.register(self.close)

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:
        """Return the words of an RGB frame as the engine gives them.

        Raises LimitExceeded where it takes longer than a frame of its size may, UncertainAsset where it fails or ends,
        MissingExtra where the engine cannot be loaded.
        """
        seconds = LONGEST + EACH * frame.shape[0] * frame.shape[1] / 1e6
        asked = {"shape": frame.shape, "whole": whole, "longest": seconds}
        with self._lock:
            process = self._running()
            answer = self._answer(process, json.dumps(asked).encode() + b"\n", frame, seconds)
        if "words" not in answer:
            raise UncertainAsset("a frame could not be read")
        return [Word(*word) for word in answer["words"]]

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process, self._owner = None, os.getpid()
        if self._process is None or self._process.poll() is not None:
            self._end()
            command = [sys.executable, "-I", str(CHILD), self._plugin]
            pipe, none = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=none)  # noqa: S603 - our own
            ready = self._answer(self._process, b"", None, LOADING)
            if "missing" in ready:
                self._end()
                raise MissingExtra(str(ready["missing"]))
        return self._process

    def _answer(
        self, process: subprocess.Popen[bytes], line: bytes, frame: NDArray[np.uint8] | None, seconds: float
    ) -> dict[str, Any]:
        """Return the answer to a line and a frame; end the process where it does not answer in time."""
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        late: list[bool] = []
        timer = Timer(seconds, _ended, (process, late))
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(line)
            if frame is not None:
                process.stdin.write(np.ascontiguousarray(frame).data)
            process.stdin.flush()
            answer = _read(process.stdout)
        except OSError:  # it ended before it had taken all
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self._end()
            if late:
                raise LimitExceeded(f"reading a frame took longer than {seconds:.0f} s")
            raise UncertainAsset("the process that reads text ended on a frame")
        return answer

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


def _read(pipe: IO[bytes]) -> dict[str, Any] | None:
    """Return one answer; None where the process ended before it was whole."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    answer: dict[str, Any] = json.loads(line)
    return answer

"""Decode the JPEG frames that GDCM alone can decode in a process apart, as a decoding plug-in of pydicom.

A broken frame can make GDCM end its process. That process then is no worker's: the frame is refused, and the next one
finds a new process. Extended JPEG of 12 bits (ITU-T T.81, process 4), which pydicom does not hand to GDCM, is decoded
too: its samples were compared with libjpeg-turbo's on real files, and are the same.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Timer
from typing import IO

from pydicom.pixels.decoders.base import (
    DecodeRunner,
    JPEGExtended12BitDecoder,
    JPEGLosslessDecoder,
    JPEGLosslessSV1Decoder,
)
from pydicom.uid import JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

NAME = "gdcm_apart"
DECODER_DEPENDENCIES = dict.fromkeys((JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1), ("gdcm>=3.0.10",))
DECODERS = JPEGExtended12BitDecoder, JPEGLosslessDecoder, JPEGLosslessSV1Decoder
TWELVE = range(9, 13)  # bits of a sample of JPEG Extended that has more than 8
LONGEST = 60.0  # seconds that a frame may take
BROKEN = "the codec ended on it"


class Apart:
    """Hold the process that decodes; it is started when it is needed, and anew when it has ended."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        atexit.register(self.close)

    def decoded(self, frame: bytes, asked: dict[str, str | int], seconds: float = LONGEST) -> bytes:
        """Return a frame's samples; raise ValueError where the process refuses it, ends on it or takes too long."""
        line = json.dumps({**asked, "length": len(frame)}).encode() + b"\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None  # noqa: S101 - both are pipes
            assert process.stdout is not None  # noqa: S101
            timer = Timer(seconds, process.kill)
            timer.start()
            try:
                process.stdin.write(line + frame)
                process.stdin.flush()
                samples = _answer(process.stdout)
            except OSError:  # it ended before it had read all
                samples = None
            finally:
                timer.cancel()
            if samples is None:
                self._end()
                raise ValueError(BROKEN)
        if not samples:
            raise ValueError("the codec refused it")
        return samples

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            command = [sys.executable, "-I", str(Path(__file__).with_name("gdcm_child.py"))]
            pipe, none = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=none)  # noqa: S603 - our own
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what it did not read is flushed in vain
                    continue
        self._process.wait()
        self._process = None


def _answer(pipe: IO[bytes]) -> bytes | None:
    """Return the samples of one answer; None where the process ended before it was whole."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    length = int(json.loads(line)["length"])
    samples = pipe.read(length)
    return samples if len(samples) == length else None


_apart = Apart()


def is_available(uid: str) -> bool:
    """Say whether frames of a transfer syntax are decoded here."""
    return uid in DECODER_DEPENDENCIES and find_spec("gdcm") is not None


def decode_frame(src: bytes, runner: DecodeRunner) -> bytes:
    """Return a frame's samples; raise ValueError for what is no such frame, or ends the codec."""
    photometric = str(runner.photometric_interpretation)
    if runner.transfer_syntax == JPEGExtended12Bit and runner.bits_stored != 8:
        if runner.bits_stored not in TWELVE or runner.bits_allocated != 16 or runner.samples_per_pixel != 1:
            raise ValueError("not a monochrome frame of 12 bits")
        photometric = "MONOCHROME2"
    asked: dict[str, str | int] = {
        "syntax": str(runner.transfer_syntax),
        "photometric": photometric,
        "rows": runner.rows,
        "columns": runner.columns,
        "samples": runner.samples_per_pixel,
        "planar": runner.planar_configuration if runner.samples_per_pixel > 1 else 0,
        "allocated": runner.bits_allocated,
        "stored": runner.bits_stored,
        "signed": runner.pixel_representation,
    }
    samples = _apart.decoded(bytes(src), asked)
    if len(samples) != runner.frame_length(unit="bytes"):
        raise ValueError("a frame of another size")
    return samples


def add() -> None:
    """Let pydicom decode such frames, once a process."""
    for decoder in DECODERS:
        if NAME not in (*decoder._available, *decoder._unavailable):  # noqa: SLF001 - it has no question for it
            decoder.add_plugin(NAME, (__name__, "decode_frame"))

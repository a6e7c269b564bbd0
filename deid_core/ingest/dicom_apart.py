"""Decode the JPEG frames that GDCM alone can decode in a process apart, as a decoding plug-in of pydicom.

A broken frame can make GDCM end its process. That process then is no worker's: the frame is refused, and the next one
finds a new process. Extended JPEG of 12 bits (ITU-T T.81, process 4), which pydicom does not hand to GDCM, is decoded
too: its samples were compared with libjpeg-turbo's on real files, and are the same.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pydicom.pixels.decoders.base import (
    DecodeRunner,
    JPEGExtended12BitDecoder,
    JPEGLosslessDecoder,
    JPEGLosslessSV1Decoder,
)
from pydicom.uid import JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

from deid_core.child import Child, Ended, Late

NAME = "gdcm_apart"
DECODER_DEPENDENCIES = dict.fromkeys((JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1), ("gdcm>=3.0.10",))
DECODERS = JPEGExtended12BitDecoder, JPEGLosslessDecoder, JPEGLosslessSV1Decoder
TWELVE = range(9, 13)  # bits of a sample of JPEG Extended that has more than 8
LONGEST = 60.0  # seconds that a frame may take
BROKEN = "the codec ended on it"
CHILD = Child(Path(__file__).with_name("gdcm_child.py"))


def decoded(frame: bytes, asked: dict[str, str | int], seconds: float = LONGEST) -> bytes:
    """Return a frame's samples; raise ValueError where the process refuses it, ends on it or takes too long."""
    try:
        _, samples = CHILD.ask(asked, seconds, frame)
    except (Late, Ended):
        raise ValueError(BROKEN) from None
    if not samples:
        raise ValueError("the codec refused it")
    return samples


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
    samples = decoded(bytes(src), asked)
    if len(samples) != runner.frame_length(unit="bytes"):
        raise ValueError("a frame of another size")
    return samples


def add() -> None:
    """Let pydicom decode such frames, once a process."""
    for decoder in DECODERS:
        if NAME not in (*decoder._available, *decoder._unavailable):  # noqa: SLF001 - it has no question for it
            decoder.add_plugin(NAME, (__name__, "decode_frame"))

"""Decode JPEG frames by GDCM in a process that may end: a broken frame makes GDCM abort. Run by `dicom_apart`.

It reads requests from its standard input and answers on its standard output until that ends: a line of JSON, then as
many bytes as the line says. It knows nothing of the rest of deidflow, so that it starts in a fraction of a second.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

import gdcm

MOST = 8 << 30  # bytes of memory; a frame that says it is larger than it is ends this process, not the machine


def main() -> None:
    """Answer each request {syntax, photometric, rows, columns, samples, planar, allocated, stored, signed, length}.

    The answer is {length} and the samples; of a frame that GDCM does not decode the length is 0.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of what it held would hold what was burned in
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # GDCM prints
    for trace in ("WarningOff", "ErrorOff", "DebugOff"):
        getattr(gdcm.Trace, trace)()
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        samples = decoded(sys.stdin.buffer.read(asked["length"]), asked)
        answers.write(json.dumps({"length": len(samples)}).encode() + b"\n" + samples)
        answers.flush()


def decoded(frame: bytes, asked: dict[str, Any]) -> bytes:
    """Return a frame's samples; none where GDCM refuses it."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((asked["columns"], asked["rows"], 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(asked["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    if asked["samples"] > 1:
        image.SetPlanarConfiguration(asked["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(asked["syntax"])))
    stored = asked["stored"]
    image.SetPixelFormat(gdcm.PixelFormat(asked["samples"], asked["allocated"], stored, stored - 1, asked["signed"]))
    try:
        samples: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM gives bytes as text
    except Exception:  # noqa: BLE001 - SWIG passes on whatever GDCM throws; the caller says what failed
        return b""
    return samples


if __name__ == "__main__":
    main()

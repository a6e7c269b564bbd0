"""Decode JPEG frames by GDCM in a process that may end: a broken frame makes GDCM abort. Run by `dicom_apart`.

A request is {syntax, photometric, rows, columns, samples, planar, allocated, stored, signed} and a frame; the answer is
its samples, none where GDCM does not decode it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gdcm

sys.path.append(str(Path(__file__).resolve().parents[2]))

from deid_core.child import serve

MOST = 8 << 30  # bytes of memory; a frame that says it is larger than it is ends this process, not the machine


def answered(asked: dict[str, Any], frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the samples of a frame."""
    for trace in ("WarningOff", "ErrorOff", "DebugOff"):
        getattr(gdcm.Trace, trace)()
    return {}, decoded(frame, asked)


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
    serve(answered, MOST)

"""Decode JPEG Extended frames of 12 bits (ITU-T T.81, process 4) by GDCM, as a decoding plug-in of pydicom.

pydicom hands GDCM frames of 8 bits only. Those of 12 were compared with libjpeg-turbo's on real files, sample by
sample: they are the same.
"""

from __future__ import annotations

import gdcm
from pydicom.pixels.decoders.base import DecodeRunner, JPEGExtended12BitDecoder
from pydicom.uid import JPEGExtended12Bit

DECODER_DEPENDENCIES = {JPEGExtended12Bit: ("gdcm>=3.0.10",)}
BITS = range(9, 13)


def is_available(uid: str) -> bool:
    """Say whether frames of a transfer syntax are decoded here."""
    return uid == JPEGExtended12Bit


def decode_frame(src: bytes, runner: DecodeRunner) -> bytes:
    """Return a monochrome frame's samples, 16 bits each; raise ValueError for what is no such frame."""
    if runner.bits_stored not in BITS or runner.bits_allocated != 16 or runner.samples_per_pixel != 1:
        raise ValueError("not a monochrome frame of 12 bits")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(src)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((runner.columns, runner.rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    image.SetPixelFormat(
        gdcm.PixelFormat(1, 16, runner.bits_stored, runner.bits_stored - 1, runner.pixel_representation)
    )
    samples: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM gives bytes as text
    if len(samples) != runner.rows * runner.columns * 2:
        raise ValueError("a frame of another size")
    return samples


def add() -> None:
    """Let pydicom decode such frames, once a process."""
    if "gdcm_12" not in JPEGExtended12BitDecoder._available:  # noqa: SLF001 - it has no question for it
        JPEGExtended12BitDecoder.add_plugin("gdcm_12", (__name__, "decode_frame"))

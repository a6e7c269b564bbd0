"""Frames whose codestream and dataset differ in extent are set aside: text would show by one and not by the other."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import compress
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from deid_core.errors import MalformedAsset
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_codestream import extent
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

ROWS, COLUMNS = 32, 40
PICTURE = (np.add.outer(np.arange(ROWS) * 5, np.arange(COLUMNS) * 3) % 251).astype(np.uint8)
SYNTAXES = [RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGBaseline8Bit]
# That picture's samples times 11, in HTJ2K (ISO/IEC 15444-15): encoded once with imagecodecs, as nothing here can.
HTJ2K = base64.b85decode(
    "|4;u>04YEK0000e0000W00000000000000e0000W0000000000009pH0sl|{2mk^A000XAQUDA90ssL31q1{@0smY86Cj9?kdTm&kdTm&kdTmw"
    "h=~7W02crOPjF>!N>E53R%LP^FfKASE;BCwkN^q*00001Qvd<~lfVEf03ZCZ^8rFM0KfnezyK4#01|-"
    "v0LOFy=12YjqBH>X0LOFyzyK3K02Ocm1i<C}00C40>;pgm;{XuA=T-"
    "oL@&F=K0KfnhkN^dt0032hELj3H3@*^7QHyo}^y%pfAYeuK;1GU6fh@QH1<iz`{peu)0yY4^02agm0c}747Jw3oL?V$Cm}222m(AzzzyNqcI(l"
    "&edjR%!yWMWLSAcgBT{B|U{)`EXKuh)^0qnd06%aU<OO#U_`u`AcOoBH6zyL0)00DMz01H?E0000000000SOFoVu&&}2R#+>5m5>7A{C_-"
    "9Ul0@kI(m9~dT@eq0a)>s&9W@ZvMkH8EX%U-coich!b7qv8(6XN|9SubfqX!LpV&eNzhMX-"
    "{e&QUETFgnWF@kYHCD$$R<Zv7dItp(beI(2y8!>$"
)


def image(syntax: UID, picture: NDArray[np.uint8] = PICTURE) -> FileDataset:
    """Return an image of one frame."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", Dataset(), None, meta)
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    made.Rows, made.Columns, made.SamplesPerPixel = *picture.shape, 1
    made.PhotometricInterpretation, made.PixelRepresentation = "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = picture.tobytes()
    if syntax == JPEGBaseline8Bit:
        held = BytesIO()
        Image.fromarray(picture).save(held, "JPEG", quality=95)
        made.PixelData, meta.TransferSyntaxUID = encapsulate([held.getvalue()]), syntax
    elif syntax.is_compressed:
        compress(made, syntax, picture, encoding_plugin="pylibjpeg" if syntax == RLELossless else "")
    return made


def read(made: FileDataset, key: ProjectKey) -> Document:
    """Return what a reader makes of the file."""
    held = BytesIO()
    pydicom.dcmwrite(held, made, enforce_file_format=True)
    return DicomReader().read(held.getvalue(), "a", key)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [(40, 40), (24, 40), (32, 48), (32, 32), (40, 32), (16, 80)],
    ids=["more rows", "fewer rows", "more columns", "fewer columns", "swapped", "as many samples"],
)
def test_a_frame_of_another_extent_is_set_aside(syntax: UID, rows: int, columns: int, key: ProjectKey) -> None:
    """Whatever a viewer goes by, nobody sees rows that were not searched; RLE says no extent, only how many samples."""
    made = image(syntax)
    made.Rows, made.Columns = rows, columns
    if syntax == RLELossless and rows * columns == ROWS * COLUMNS:
        assert read(made, key).part("pixels").value.readable(0).shape == (rows, columns, 3)
        return
    with pytest.raises(MalformedAsset):
        read(made, key).part("pixels").value.readable(0)


@pytest.mark.parametrize("syntax", [*SYNTAXES, ExplicitVRLittleEndian], ids=lambda syntax: syntax.name)
def test_a_frame_that_breaks_off_is_set_aside(syntax: UID, key: ProjectKey) -> None:
    """Half of its bytes are no frame."""
    made = image(syntax)
    data = made.PixelData
    made.PixelData = data[: len(data) // 4 * 2] if syntax.is_compressed else data[: len(data) // 2]
    with pytest.raises(MalformedAsset):
        read(made, key).part("pixels").value.readable(0)


def test_native_samples_beyond_the_last_row_do_not_leave(key: ProjectKey) -> None:
    """A dataset that says fewer rows than it holds is written with those rows only."""
    picture = PICTURE.copy()
    picture[24:] = np.frombuffer(b"CANARY!!" * 40, np.uint8).reshape(8, COLUMNS)
    made = image(ExplicitVRLittleEndian, picture)
    made.Rows = 24
    assert b"CANARY" not in DicomReader().write(read(made, key))


def test_high_throughput_jpeg_2000_is_read_and_written_without_loss(key: ProjectKey) -> None:
    """There is a decoder and no encoder for it: what is covered goes out uncompressed, all other samples the same."""
    made = image(ExplicitVRLittleEndian)
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit = 15
    made.PixelData = encapsulate([HTJ2K])
    made.file_meta.TransferSyntaxUID = HTJ2KLossless
    document = read(made, key)
    frames = document.part("pixels").value
    samples = frames.stored(0)
    assert np.array_equal(samples, PICTURE.astype(np.uint16) * 11)
    samples[4:12, 6:30] = 0
    parts = document.parts[0], Part("pixels", PartKind.PIXELS, frames.replaced({0: samples}))
    out = DicomReader().write(Document("a", document.media_type, document.subject_key, parts))
    again = DicomReader().read(out, "a", key)
    assert np.array_equal(again.part("pixels").value.stored(0), samples)
    assert again.part("dataset").value.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    untouched = DicomReader().write(document)
    assert HTJ2K in untouched


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (HTJ2K, (ROWS, COLUMNS)),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + HTJ2K, (ROWS, COLUMNS)),
        (b"\xff\xd8\xff\xff\xfe\0\x04ab\xff\xc0\0\x0b\x08\0\x20\0\x28\x01\x01\x11\0", (ROWS, COLUMNS)),
        (b"\xff\xd8\xff\xda\0\x08", None),
        (b"\xff\xd8\xff\xe0\0", None),
        (b"\xff\xd8", None),
        (b"", None),
        (bytes(64), None),
    ],
)
def test_a_codestream_says_its_extent(frame: bytes, said: tuple[int, int] | None) -> None:
    """In its frame's header, behind comments and fill bytes, or in a JP2 file; what breaks off says none."""
    assert extent(frame) == said

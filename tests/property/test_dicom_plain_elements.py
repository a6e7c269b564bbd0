"""Laws of the shorter way with plain elements: it reads the values and writes the bytes that pydicom does."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import config
from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag

from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader, parse
from deid_core.ingest.dicom_plain import converted, encoded
from deid_core.keys import ProjectKey

TAGS = {
    "AE": 0x00080055, "AS": 0x00101010, "CS": 0x00080060, "DA": 0x00080020, "DT": 0x0008002A, "LO": 0x00081030,
    "LT": 0x00104000, "SH": 0x00080050, "ST": 0x00080081, "TM": 0x00080030, "UC": 0x00080119, "UT": 0x00080117,
    "UI": 0x0020000D, "US": 0x00280010, "SS": 0x00189219, "UL": 0x00081161, "SL": 0x00186020, "FL": 0x00189073,
    "FD": 0x00189074, "DS": 0x00181110, "IS": 0x00200013, "PN": 0x00100010,
}  # fmt: skip
SETS = (["ISO_IR 100"], ["ISO_IR 13"], ["ISO_IR 192"], ["GB18030"], ["", "ISO 2022 IR 87"])
BYTES = st.one_of(
    st.binary(max_size=24),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=24).map(str.encode),
    st.sampled_from(
        [b"1.2.840.10008.5.1.4.1.1.2\0", b"1.5\\2.50 ", b"12 ", b"20190304", b" A ", b"A\\B", b"~\\", b"\0\0"]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TAGS)), BYTES, st.booleans(), st.sampled_from(SETS))
def test_a_value_is_read_as_pydicom_reads_it(vr: str, value: bytes, little: bool, declared: list[str]) -> None:
    """Of each representation, character set and byte order: the same value of the same type, or it is left alone."""
    tag = Tag(TAGS[vr])
    raw = RawDataElement(tag, vr, len(value), value, 0, False, little, True)
    ours = converted(raw)
    if ours is not None:
        theirs = convert_raw_data_element(raw, encoding=convert_encodings(declared))
        assert (ours.VR, ours.value, type(ours.value)) == (theirs.VR, theirs.value, type(theirs.value))
        assert {**ours.__dict__} == {**theirs.__dict__}


VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT", "DA", "TM", "DT", "AS", "PN"),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    ),
    **dict.fromkeys(("US", "UL"), st.one_of(st.integers(0, 65535), st.lists(st.integers(0, 65535), max_size=3))),
    **dict.fromkeys(("SS", "SL"), st.integers(-32768, 32767)),
    **dict.fromkeys(("FL", "FD"), st.floats(width=32, allow_nan=False)),
    "DS": st.one_of(st.just(""), st.lists(st.sampled_from(["1.50", "-2", "+3e1"]), min_size=1, max_size=3)),
    "IS": st.one_of(st.just(""), st.integers(-(2**31), 2**31 - 1).map(str)),
    "UI": st.sampled_from(["", "1.2.3", "1.2.840.10008.1.2", ["1.2", "1.3"]]),
}


@st.composite
def datasets(draw: st.DrawFn, depth: int = 2) -> Dataset:
    """Make a dataset of some elements, with items in it, of defined lengths or not."""
    dataset = Dataset()
    for vr in draw(st.sets(st.sampled_from(sorted(VALUES)))):
        dataset.add(DataElement(TAGS[vr], vr, draw(VALUES[vr]), validation_mode=config.IGNORE))
    dataset.SpecificCharacterSet = draw(st.sampled_from(["ISO_IR 192", "ISO_IR 100"]))
    if depth:
        dataset.ReferencedStudySequence = draw(st.lists(datasets(depth - 1), max_size=2))
        dataset["ReferencedStudySequence"].is_undefined_length = draw(st.booleans())
        for item in dataset.ReferencedStudySequence:
            item.is_undefined_length_sequence_item = draw(st.booleans())
    return dataset


def theirs(dataset: Dataset, *, implicit: bool, little: bool) -> bytes:
    """Return a dataset's bytes as pydicom writes them."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, dataset)
    return buffer.getvalue()


@settings(max_examples=150, deadline=None)
@given(datasets(), st.sampled_from([(True, True), (False, True), (False, False)]))
def test_a_dataset_is_written_as_pydicom_writes_it(dataset: Dataset, encoding: tuple[bool, bool]) -> None:
    """In each encoding, to any depth, the bytes are the same."""
    implicit, little = encoding
    assert encoded(dataset, implicit=implicit, little=little) == theirs(dataset, implicit=implicit, little=little)


@pytest.mark.shared
def test_real_datasets_are_written_as_pydicom_writes_them(shared: Path) -> None:
    """Every fourth small real file, as it is read, comes out as pydicom would write it."""
    same = 0
    for path in [one for one in sorted((shared / "dicom").rglob("*.dcm")) if one.stat().st_size < 600_000][::4]:
        try:
            DicomReader().read(path.read_bytes(), "asset", ProjectKey(bytes(32)))
        except Quarantine:
            continue
        dataset = parse(path.read_bytes())
        for keyword in ("PixelData", "FloatPixelData"):
            if keyword in dataset:
                del dataset[keyword]
        for tag in [tag for tag in dataset.keys() if tag.group in {0, 2} or tag.element == 0]:  # noqa: SIM118
            del dataset[tag]
        implicit, little = dataset.original_encoding
        ours = encoded(dataset, implicit=bool(implicit), little=bool(little))
        assert ours == theirs(dataset, implicit=bool(implicit), little=bool(little)), path.name
        same += BytesIO(ours).getbuffer().nbytes > 0
    assert same > 30

"""The effort that a header takes grows with its length, and no faster: enhanced multi-frame and private-heavy files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, EnhancedCTImageStorage, ExplicitVRLittleEndian

from deid_core import ingest, pipeline
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, load_policy
from deid_core.splice import Splicer

KEY = ProjectKey(bytes(range(32)))
FEW, MANY = 24, 96


def a_film(frames: int) -> bytes:
    """Make the header of an enhanced CT image with a functional group a frame."""
    dataset = a_header()
    groups = []
    for number in range(frames):
        content, position, group = Dataset(), Dataset(), Dataset()
        content.FrameAcquisitionDateTime, content.DimensionIndexValues = (
            f"2019030410{number % 60:02d}00",
            [1, number + 1],
        )
        content.FrameComments = "breath hold"
        position.ImagePositionPatient = [0, 0, number / 2]
        group.FrameContentSequence, group.PlanePositionSequence = [content], [position]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    return written(dataset)


def a_private_header(elements: int) -> bytes:
    """Make a header with private elements of two makers, one of whom is known, in many blocks."""
    dataset = a_header()
    for number in range(elements):
        dataset.add_new((0x0029 + 2 * (number // 200), 0x1000 + number % 200), "LO", f"coil {number}")
        dataset.add_new((0x0043, 0x1001 + number % 80), "DS", str(number))
    for group in range(0x0029, 0x0029 + 2 * (elements // 200 + 1), 2):
        dataset.add_new((group, 0x0010), "LO", "ACME 1.1")
    dataset.add_new((0x0043, 0x0010), "LO", "GEMS_PARM_01")
    return written(dataset)


def a_header() -> FileDataset:
    """Make a header without pixels."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, EnhancedCTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = EnhancedCTImageStorage, "1.2.3.4", "1.2.3"
    dataset.PatientName, dataset.PatientID, dataset.StudyDescription = "Doe^Jane", "471122", "CT CHEST for Jane Doe"
    return dataset


def written(dataset: FileDataset) -> bytes:
    """Return a dataset's file."""
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def plainly(data: bytes, policy: Policy) -> bytes:
    """Read, identify, plan, apply and write."""
    whose = pipeline.identify(ingest.read(data, "", "asset", KEY), policy, KEY)
    return ingest.write(pipeline.apply(whose.document, pipeline.plan(whose, "", policy, KEY), policy, KEY))


def calls(way: Callable[[bytes], object], data: bytes) -> int:
    """Count the calls of functions that a way takes: other work on the machine does not change it."""
    count = 0

    def counted(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before: Any = sys.getprofile()
    sys.setprofile(counted)
    try:
        way(data)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("made", [a_film, a_private_header])
@pytest.mark.parametrize("name", ["safe_harbor", "image_collection"])
def test_four_times_the_header_takes_at_most_four_times_the_effort(made: Callable[[int], bytes], name: str) -> None:
    """In the plain way, where the fast way learns, and where it has learned."""
    policy = load_policy(name).model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
    few, many = made(FEW), made(MANY)
    plainly(few, policy)
    fast = Splicer(policy, KEY)
    ways: list[Callable[[bytes], object]] = [
        lambda data: plainly(data, policy),
        lambda data: Splicer(policy, KEY).deidentified(data, "asset"),
        lambda data: fast.deidentified(data, "asset"),
    ]
    for data in (few, many) * 3:
        fast.deidentified(data, "asset")
    for way in ways:
        way(few)
        assert calls(way, many) <= calls(way, few) * (MANY / FEW) * 1.1

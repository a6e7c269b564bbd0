"""A DICOMDIR: each patient a subject, records that lead to one another, and file names that name nobody."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from deid_core import pipeline, verify
from deid_core.errors import MalformedAsset
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.dicom_directory import DIRECTORY, file_id
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
NAMES = ("Doe^Jane", "Roe^Richard")


def record(kind: str, **values: object) -> Dataset:
    """Make a directory record."""
    made = Dataset()
    made.OffsetOfTheNextDirectoryRecord, made.RecordInUseFlag = 0, 0xFFFF
    made.OffsetOfReferencedLowerLevelDirectoryEntity, made.DirectoryRecordType = 0, kind
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def image(number: int, name: str) -> Dataset:
    """Make the record of an image in a folder that names its patient."""
    folder = name.split("^", 1)[0].upper()
    return record(
        "IMAGE",
        ReferencedFileID=["IMAGES", folder, f"IM{number}"],
        ReferencedSOPClassUIDInFile="1.2.840.10008.5.1.4.1.1.7",
        ReferencedSOPInstanceUIDInFile=f"1.2.3.4.7{number}",
        InstanceNumber=str(number),
    )


def written(dataset: FileDataset) -> bytes:
    """Return a DICOMDIR's bytes."""
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def a_directory() -> FileDataset:
    """Make a directory of two patients, the second with two images and a third that is no longer in use."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, UID(DIRECTORY)
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.FileSetID, dataset.FileSetConsistencyFlag = "DOE AND ROE", 0
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    records: list[Dataset] = []
    links: list[tuple[int, str, int]] = []
    for index, name in enumerate(NAMES):
        at = len(records)
        records += [
            record("PATIENT", PatientName=name, PatientID=f"4711-{index}"),
            record("STUDY", StudyDate="20190304", StudyTime="1200", StudyID="S1", StudyInstanceUID=f"1.2.3.4.{index}"),
            record("SERIES", Modality="CT", SeriesInstanceUID=f"1.2.3.4.5.{index}", SeriesNumber="1"),
            *(image(10 * index + number, name) for number in range(index * 2 + 1)),
        ]
        links += [(at + one, "OffsetOfReferencedLowerLevelDirectoryEntity", at + one + 1) for one in range(3)]
        links += [(one, "OffsetOfTheNextDirectoryRecord", one + 1) for one in range(at + 3, len(records) - 1)]
        if index:
            links.append((0, "OffsetOfTheNextDirectoryRecord", at))
    records[-1].RecordInUseFlag = 0
    dataset.DirectoryRecordSequence = records
    offsets = offsets_of(written(dataset))
    for one, keyword, other in links:
        setattr(records[one], keyword, offsets[other])
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = offsets[0]
    dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = offsets[4]
    return dataset


def offsets_of(data: bytes) -> list[int]:
    """Return where the records of a directory begin, as pydicom counts."""
    return [item.seq_item_tell for item in pydicom.dcmread(BytesIO(data)).DirectoryRecordSequence]


def tree(data: bytes, first: int) -> list[object]:
    """Return [type, below] of a record and those beside it, by following offsets."""
    records = {item.seq_item_tell: item for item in pydicom.dcmread(BytesIO(data)).DirectoryRecordSequence}
    found: list[object] = []
    while first:
        here = records[first]
        found.append([here.DirectoryRecordType, tree(data, here.OffsetOfReferencedLowerLevelDirectoryEntity)])
        first = here.OffsetOfTheNextDirectoryRecord
    return found


def deidentified(data: bytes, key: ProjectKey) -> bytes:
    """De-identify a directory, and verify it."""
    whose = pipeline.identify(DicomReader().read(data, "asset", key), POLICY, key)
    chosen = pipeline.plan(whose, "x", POLICY, key)
    out = DicomReader().write(pipeline.apply(whose.document, chosen, POLICY, key))
    assert verify.residual(whose, chosen, out, POLICY, key).left == ()
    return out


def test_a_directory_comes_out_whole_and_names_nobody(key: ProjectKey) -> None:
    """Records lead where they led; names, folders and the file set's name are gone; what is not in use is not there."""
    out = deidentified(written(a_directory()), key)
    again = pydicom.dcmread(BytesIO(out))
    one = [["STUDY", [["SERIES", [["IMAGE", []]]]]]]
    two = [["STUDY", [["SERIES", [["IMAGE", []], ["IMAGE", []]]]]]]
    first = again.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity
    assert tree(out, first) == [["PATIENT", one], ["PATIENT", two]]
    assert again.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity == offsets_of(out)[4]
    for secret in (b"Doe", b"DOE", b"Roe", b"ROE", b"4711", b"1.2.3.4", b"20190304"):
        assert secret not in out
    for item in again.DirectoryRecordSequence:
        if item.DirectoryRecordType == "IMAGE":
            assert tuple(item.ReferencedFileID) == file_id(item.ReferencedSOPInstanceUIDInFile)


def test_each_patient_of_a_directory_has_the_code_of_its_own_files(key: ProjectKey) -> None:
    """A patient's code and UIDs in the directory are those in the images, so that the set still belongs together."""
    out = pydicom.dcmread(BytesIO(deidentified(written(a_directory()), key)))
    codes = [item.PatientID for item in out.DirectoryRecordSequence if item.DirectoryRecordType == "PATIENT"]
    assert len({*codes}) == 2
    document = DicomReader().read(written(a_directory()), "asset", key)
    assert [part.subject_key for part in document.parts[1:]] == [key.subject("mrn", f"4711-{one}") for one in (0, 1)]
    studies = [item.StudyInstanceUID for item in out.DirectoryRecordSequence if item.DirectoryRecordType == "STUDY"]
    assert studies == [key.uid("1.2.3.4.0"), key.uid("1.2.3.4.1")]


@pytest.mark.parametrize("target", [7, "itself"])
def test_records_that_lead_nowhere_or_in_a_circle_are_set_aside(target: object, key: ProjectKey) -> None:
    """A directory that does not hold together is never rebuilt by guessing."""
    dataset = a_directory()
    last = dataset.DirectoryRecordSequence[3]
    offset = offsets_of(written(dataset))[3]
    last.OffsetOfTheNextDirectoryRecord = offset if target == "itself" else target
    with pytest.raises(MalformedAsset):
        DicomReader().read(written(dataset), "asset", key)


def test_an_empty_directory_stays_one(key: ProjectKey) -> None:
    """A directory without records is read and written."""
    dataset = a_directory()
    dataset.DirectoryRecordSequence = []
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    out = pydicom.dcmread(BytesIO(deidentified(written(dataset), key)))
    assert len(out.DirectoryRecordSequence) == 0

"""Divide a DICOMDIR into its patients, each a subject of its own, and build it anew: PS3.3 F.3, PS3.10 8.

Records that no other leads to, or that are not in use, are not written again. Files are named anew by the UID of what
is in them, as `file_id` says, for the old names and folders can be a patient's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items

from deid_core.errors import MalformedAsset
from deid_core.ingest.dicom_scan import Unusual, dataset_at, items, places
from deid_core.keys import ProjectKey
from deid_core.model import Part, PartKind

DIRECTORY = "1.2.840.10008.1.3.10"
RECORDS, NEXT, LOWER, IN_USE = 0x00041220, 0x00041400, 0x00041420, 0x00041410
FIRST, LAST = 0x00041200, 0x00041202
DESCRIPTOR = (0x00041141, 0x00041142)
PATIENT = "patient-"
DEEPEST = 16
REQUIRED = {
    "PATIENT": {"PatientID": "ANONYMISED"},
    "STUDY": {"StudyDate": "19000101", "StudyTime": "000000", "StudyID": "ANONYMISED"},
}


def is_directory(dataset: Dataset) -> bool:
    """Say whether a dataset is a DICOMDIR."""
    meta = getattr(dataset, "file_meta", None) or Dataset()
    return str(meta.get("MediaStorageSOPClassUID", "")) == DIRECTORY


def divided(dataset: FileDataset, data: bytes, key: ProjectKey) -> list[Part]:
    """Return part `dataset`, without records, and a part `patient-N` for each root record and all below it.

    In a part, records lead to others by their number in it, from 1. Raises MalformedAsset where they do not hold
    together.
    """
    records = list(dataset.get("DirectoryRecordSequence") or [])
    offsets = {offset: number for number, offset in enumerate(_offsets(data))} if records else {}
    if len(offsets) != len(records):
        raise MalformedAsset("the records of a DICOMDIR are not where they should be")
    del dataset[RECORDS]
    parts = [Part("dataset", PartKind.DATASET, dataset)]
    seen: set[int] = set()
    for number, root in enumerate(_chain(records, offsets, _number(dataset, FIRST), seen)):
        own = _tree(records, offsets, root, seen, 0)
        patient = str(own[0].get("PatientID") or "").strip()
        holder = FileDataset("", Dataset(), None, FileMetaDataset(), False, True)  # explicit, little endian
        holder.set_original_encoding(False, True, dataset.original_character_set)
        holder[RECORDS] = DataElement(RECORDS, "SQ", Items(own))
        subject = key.subject("mrn", patient) if patient else None
        parts.append(Part(f"{PATIENT}{number}", PartKind.DATASET, holder, subject))
    return parts


def joined(root: FileDataset, parts: Sequence[Part]) -> None:
    """Put the records of all parts into a DICOMDIR that the caller owns, with their numbers as links for now."""
    everything: list[Dataset] = []
    roots: list[int] = []
    for part in parts:
        base = len(everything)
        records = list(part.value.get("DirectoryRecordSequence") or [])
        roots += [base + 1] if records else []
        for record in records:
            for tag in (NEXT, LOWER):
                number = _number(record, tag)
                record[tag] = DataElement(tag, "UL", base + number if number else 0)
            _name_file(record)
            _fill(record)
        everything += records
    for one, other in pairwise(roots):
        everything[one - 1][NEXT].value = other
    root[FIRST] = DataElement(FIRST, "UL", roots[0] if roots else 0)
    root[LAST] = DataElement(LAST, "UL", roots[-1] if roots else 0)
    root[RECORDS] = DataElement(RECORDS, "SQ", Items(everything))
    root.FileSetID = ""
    root.FileSetConsistencyFlag = 0
    for tag in DESCRIPTOR:
        if tag in root:
            del root[tag]


def linked(root: FileDataset, written: bytes) -> None:
    """Turn the records' numbers into the offsets that they have in the file as written."""
    offsets = [0, *_offsets(written)] if root.get("DirectoryRecordSequence") else [0]
    for tag in (FIRST, LAST):
        root[tag].value = offsets[_number(root, tag)]
    for record in root.get("DirectoryRecordSequence") or []:
        for tag in (NEXT, LOWER):
            record[tag].value = offsets[_number(record, tag)]


def file_id(sop_instance_uid: str) -> tuple[str, str]:
    """Return the folder and file in which a DICOMDIR says that an instance lies: by its UID, of 8 characters each."""
    return "DICOM", sha256(sop_instance_uid.encode()).hexdigest()[:8].upper()


def _name_file(record: Dataset) -> None:
    if "ReferencedFileID" in record:
        instance = str(record.get("ReferencedSOPInstanceUIDInFile") or "")
        if instance:
            record.ReferencedFileID = list(file_id(instance))
        else:
            del record.ReferencedFileID


def _fill(record: Dataset) -> None:
    """Give a dummy to what was emptied, and a record of its type must hold: PS3.3 F.5.1 and F.5.2."""
    for keyword, dummy in REQUIRED.get(str(record.get("DirectoryRecordType")), {}).items():
        if keyword in record and not record.get(keyword):
            setattr(record, keyword, dummy)


def _offsets(data: bytes) -> Iterator[int]:
    """Yield the offsets of a directory's records, from the first byte of the file."""
    try:
        start = dataset_at(data)
        for place in places(data, start, len(data), implicit=False):
            if place.path == f"{RECORDS:08X}":
                yield from (offset for offset, *_ in items(data, place.value, place.end, implicit=False))
                return
    except Unusual:
        raise MalformedAsset("a DICOMDIR is in explicit VR little endian, with file meta") from None


def _number(dataset: Dataset, tag: int) -> int:
    value = dataset[tag].value if tag in dataset else 0
    return value if isinstance(value, int) else 0


def _chain(records: Sequence[Dataset], offsets: Mapping[int, int], first: int, seen: set[int]) -> Iterator[int]:
    """Yield the numbers of a record and those beside it, as one leads to the next; those not in use are left out."""
    offset = first
    while offset:
        number = offsets.get(offset)
        if number is None or number in seen:
            raise MalformedAsset("the records of a DICOMDIR lead nowhere, or in a circle")
        seen.add(number)
        offset = _number(records[number], NEXT)  # before the caller numbers it anew
        if records[number].get(IN_USE) is None or records[number][IN_USE].value != 0:
            yield number


def _tree(
    records: Sequence[Dataset], offsets: Mapping[int, int], number: int, seen: set[int], depth: int
) -> list[Dataset]:
    """Return a record and all below it, depth first, with links by number within the list, from 1."""
    if depth > DEEPEST:
        raise MalformedAsset("the records of a DICOMDIR nest too deep")
    record = records[number]
    found, before = [record], None
    children = list(_chain(records, offsets, _number(record, LOWER), seen))
    record[LOWER] = DataElement(LOWER, "UL", 2 if children else 0)
    record[NEXT] = DataElement(NEXT, "UL", 0)
    for child in children:
        start = len(found)
        below = _tree(records, offsets, child, seen, depth + 1)
        for one in below:
            for tag in (NEXT, LOWER):
                if _number(one, tag):
                    one[tag].value += start
        if before is not None:
            before[NEXT].value = start + 1
        before = below[0]
        found += below
    return found

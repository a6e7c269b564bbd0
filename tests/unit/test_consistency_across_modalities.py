"""One person, one key: the same surrogate and the same days in a note, a table, JSON Lines and a DICOM file."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime
from functools import cache
from hashlib import sha256

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deid_core import ingest, pipeline, verify
from deid_core.keys import ProjectKey
from deid_core.model import Plan
from deid_core.policy import Policy, load_policy

FIRST, SECOND = ProjectKey(b"a" * 32), ProjectKey(b"b" * 32)
BORN, SEEN, AGAIN = date(1951, 3, 14), date(2021, 3, 3), date(2021, 12, 30)
NOTE = (
    b"Patient: Jonathan Quillfeather\nMRN: 0048-213-377\nDOB: 03/14/1951\n"
    b"Mr. Quillfeather was seen on 03/03/2021 and again on 12/30/2021 for asthma.\n"
)
TABLE = (
    b"mrn,first_name,last_name,dob,visit_date,diagnosis\n48213377,JONATHAN,QUILLFEATHER,1951-03-14,2021-03-03,asthma\n"
)
LINES = (
    b'{"mrn": 48213377, "name": {"given": "Jonathan", "family": "Quillfeather"}, "birthDate": "1951-03-14", '
    b'"visit_date": "2021-12-30", "diagnosis": "asthma"}\n'
)


def dicom() -> bytes:
    """Make a file of the same person, without pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4.5"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    held = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    held.SOPClassUID, held.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    held.StudyInstanceUID, held.SeriesInstanceUID, held.Modality = "1.2.3.4", "1.2.3.4.1", "OT"
    held.PatientName, held.PatientID, held.PatientBirthDate = "QUILLFEATHER^JONATHAN", "048213377", "19510314"
    held.StudyDate, held.StudyTime = "20210303", "101500"
    out = io.BytesIO()
    held.save_as(out, enforce_file_format=True)
    return out.getvalue()


SOURCES = {"note.txt": NOTE, "table.csv": TABLE, "lines.jsonl": LINES, "image.dcm": dicom()}


@cache
def policy() -> Policy:
    """Give the research policy without its model, which is tested elsewhere."""
    return load_policy("research").model_copy(
        update={"detectors": ("columns", "dicom_tags", "patterns", "known_values")}
    )


def through(name: str, key: ProjectKey) -> tuple[bytes, Plan]:
    """Take one source through the whole path, verified."""
    data = SOURCES[name]
    whose = pipeline.identify(ingest.read(data, name, name, key), policy(), key)
    chosen = pipeline.plan(whose, sha256(data).hexdigest(), policy(), key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy(), key))
    assert not verify.residual(whose, chosen, output, policy(), key).left
    return output, chosen


def told(name: str, output: bytes) -> tuple[str, str, str, dict[date, date]]:
    """Return code, given name, family name, and new date by old one, of an output."""
    if name == "image.dcm":
        held = dcmread(io.BytesIO(output))
        born, seen = (date.fromisoformat(str(value)) for value in (held.PatientBirthDate, held.StudyDate))
        person = held.PatientName
        return str(held.PatientID), person.given_name, person.family_name, {BORN: born, SEEN: seen}
    if name == "table.csv":
        row = next(csv.DictReader(io.StringIO(output.decode())))
        dates = {BORN: date.fromisoformat(row["dob"]), SEEN: date.fromisoformat(row["visit_date"])}
        return row["mrn"], row["first_name"], row["last_name"], dates
    if name == "lines.jsonl":
        row = json.loads(output)
        dates = {BORN: date.fromisoformat(row["birthDate"]), AGAIN: date.fromisoformat(row["visit_date"])}
        return row["mrn"], row["name"]["given"], row["name"]["family"], dates
    text = output.decode()
    found = re.search(r"Patient: (\w+) (\w+)\nMRN: (\w+)\n", text)
    assert found
    assert f"Mr. {found[2]} was seen" in text
    moved = [datetime.strptime(one, "%m/%d/%Y").date() for one in re.findall(r"\d\d/\d\d/\d{4}", text)]  # noqa: DTZ007
    return found[3], found[1], found[2], dict(zip((BORN, SEEN, AGAIN), moved, strict=True))


def test_one_person_has_one_code_and_one_name_everywhere() -> None:
    """The MRN written four ways gives one code, the name in four notations one surrogate."""
    people = {tuple(part.lower() for part in told(name, through(name, FIRST)[0])[:3]) for name in SOURCES}
    assert len(people) == 1
    code, given, family = people.pop()
    assert "48213377" not in code
    assert {given, family}.isdisjoint({"jonathan", "quillfeather"})


def test_one_person_has_one_subject_key_everywhere() -> None:
    """Note and image are of one subject, and so are the rows."""
    keys = {through(name, FIRST)[1].subject_key for name in ("note.txt", "image.dcm")}
    for name in ("table.csv", "lines.jsonl"):
        whose = pipeline.identify(ingest.read(SOURCES[name], name, name, FIRST), policy(), FIRST)
        keys.add(whose.document.subject_of("row/0"))
    assert keys == {FIRST.subject("mrn", "48213377")}


def test_all_dates_of_a_person_move_by_the_same_days_everywhere() -> None:
    """Birth and visits move by the subject's one offset, in each notation; so intervals hold."""
    days = {(new - old).days for name in SOURCES for old, new in told(name, through(name, FIRST)[0])[3].items()}
    assert days == {FIRST.days(FIRST.subject("mrn", "48213377"), 30, 365)}
    assert -365 <= days.pop() <= -30


def test_another_person_moves_by_other_days() -> None:
    """The offset is the subject's, not the project's."""
    offsets = {FIRST.days(FIRST.subject("mrn", str(number)), 30, 365) for number in range(50)}
    assert len(offsets) > 25


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_key_gives_the_same_bytes_and_another_key_others(name: str) -> None:
    """A run repeated gives the same bytes; another project's key links nothing."""
    first = through(name, FIRST)[0]
    assert through(name, FIRST)[0] == first
    other = through(name, SECOND)[0]
    assert not {part.lower() for part in told(name, first)[:3]} & {part.lower() for part in told(name, other)[:3]}


@pytest.mark.parametrize("name", SOURCES)
def test_clinical_words_stay(name: str) -> None:
    """What was found of the person goes; what was found of the disease stays."""
    output = through(name, FIRST)[0]
    assert b"uillfeather" not in output.lower()
    assert b"asthma" in output or name == "image.dcm"

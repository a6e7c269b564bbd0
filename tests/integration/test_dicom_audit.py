"""The audit of a DICOM file names every element that changed, by whom and by which rule, and shows no value."""

from __future__ import annotations

import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from deid_core import pipeline, trace
from deid_core.codec import decision_to_dict
from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.elements import walk
from deid_core.keys import ProjectKey
from deid_core.model import Document
from deid_core.policy import Policy, load_policy

MARKS = {"00120062", "00120063", "00120064", "00280303", "00280301", "00280302"}
RULES = ("dicom_tags", "patterns", "known_values")


def a_policy(name: str) -> Policy:
    """Return a shipped policy without its models, which are tested elsewhere."""
    return load_policy(name).model_copy(update={"detectors": RULES})


def a_study() -> bytes:
    """Make a CT file with a name, dates, a described request, private elements and an unknown one."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = CTImageStorage, "1.2.3.4", "1.2.3"
    dataset.PatientName, dataset.PatientID, dataset.PatientAge = "Doe^Jane", "471122", "093Y"
    dataset.StudyDate, dataset.StudyDescription = "20190304", "CT CHEST for Doe^Jane, MRN 471122"
    request = Dataset()
    request.ScheduledProcedureStepID, request.ScheduledProcedureStepDescription = "P-17", "chest of Doe^Jane"
    dataset.RequestAttributesSequence = [request]
    dataset.private_block(0x0029, "ACME PACS", create=True).add_new(1, "LO", "Jane")
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def audited(data: bytes, policy: Policy, key: ProjectKey) -> tuple[Document, Document, list[dict[str, Any]], list[Any]]:
    """Return a file's header before and after, its audit rows, and the rows that `--plan` shows."""
    document = DicomReader().read(data, "asset", key)
    head = Document("asset", document.media_type, document.subject_key, document.parts[:1])
    whose = pipeline.identify(head, policy, key)
    chosen = pipeline.plan(whose, sha256(data).hexdigest(), policy, key)
    rows = [json.loads(row) for row in trace.changes(whose.document, chosen, policy, key)]
    cleaned = pipeline.apply(whose.document, chosen, policy, key)
    return head, cleaned, rows, [decision_to_dict(decision) for decision in chosen.decisions]


def values(document: Document) -> dict[str, str]:
    """Return each element's value by its path, file meta aside."""
    dataset = document.part("dataset").value
    return {
        path: repr(element.value)
        for path, element in walk(dataset)
        if element.VR != "SQ" and not path.startswith("0002") and element.tag.element != 0
    }


def unaccounted(before: Document, after: Document, rows: list[dict[str, Any]]) -> list[str]:
    """Return the paths of elements that changed and of which no audit row tells."""
    old, new = values(before), values(after)
    told = {row["location"]["path"] for row in rows}
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    return sorted(
        path
        for path in changed
        if path[:8] not in MARKS
        and not path.endswith("00080005")  # a character set that has room for what was put
        and not any(path == one or path.startswith(one + "[") for one in told)
    )


@pytest.mark.parametrize("name", ["safe_harbor", "research", "image_collection"])
def test_each_changed_element_is_a_row(name: str, key: ProjectKey) -> None:
    """A row has the tag's path, the operator, the rule and keyed hashes; the plan shows the same decisions."""
    before, after, rows, planned = audited(a_study(), a_policy(name), key)
    assert unaccounted(before, after, rows) == []
    by_path = {row["location"]["path"]: row for row in rows}
    name_row = by_path["00100010"]
    assert name_row["rule"] == "PS3.15/Z"
    assert name_row["old"] == key.token("audit-value", "Doe^Jane", length=32)
    assert by_path["00400275[0].00400009"]["old"] == key.token("audit-value", "P-17", length=32)
    assert by_path["00291001"]["rule"] == "PS3.15/X"
    assert by_path["00291001"]["new"] is None
    assert by_path["00101010"]["action"] == "age_cap"
    assert after.part("dataset").value.PatientAge == "090Y"
    shown = [row for row in planned if row["verdict"] != "keep"]
    assert [{field: row[field] for field in held} for row, held in zip(rows, shown, strict=True)] == shown


def test_no_row_shows_a_value(key: ProjectKey) -> None:
    """Neither the old value nor the new one stands in the audit."""
    _, _, rows, _ = audited(a_study(), a_policy("research"), key)
    text = json.dumps(rows)
    assert not [value for value in ("Doe", "Jane", "471122", "20190304", "P-17") if value in text]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["safe_harbor", "image_collection"])
def test_nothing_changes_in_a_real_file_that_the_audit_does_not_tell(name: str, shared: Path, key: ProjectKey) -> None:
    """Over real files of all kinds, each element that differs has its row, or one of what held it."""
    policy, told = a_policy(name), 0
    for path in sorted((shared / "dicom").rglob("*.dcm"))[::17]:
        try:
            before, after, rows, _ = audited(path.read_bytes(), policy, key)
        except Quarantine:
            continue
        assert unaccounted(before, after, rows) == [], path.name
        told += len(rows)
    assert told > 200

"""Every real DICOM file at hand: read or set aside, written, opened again, and without what identified its patient."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest

from deid_core import registry
from deid_core.decide import decide
from deid_core.detect.dicom_tags import DicomTags
from deid_core.errors import Quarantine
from deid_core.ingest import elements
from deid_core.ingest.dicom import DicomReader, mark
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind, TagPath
from deid_core.policy import DicomRules, load_policy
from deid_core.ports import Site
from deid_core.standards import ps3_15
from deid_core.transform.dicom import DUMMIES

# without the options under which reports and graphics stay and are read: here only the tags' findings are carried out
OPTIONS = ("retain_patient_characteristics", "clean_descriptors", "clean_pixel_data")
POLICY = load_policy("safe_harbor").model_copy(update={"dicom": DicomRules(options=OPTIONS)})
NAMED = {"PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "InstitutionName"}
NOT_TO_BE_READ = {  # cut off or corrupt
    "GH1146", "GH179A", "GH179B", "MR_truncated", "badVR", "emri_small_jpeg_2k_lossless_too_short",
    "meta_missing_tsyntax", "nested_priv_SQ", "rtplan_truncated",
}  # fmt: skip
TWELVE_BIT_JPEG = {"I290", "I341", "JPEG-lossy", "CT0012.fragmented_no_bot_jpeg_baseline.51"}  # no permissive codec


def identifying(document: Document) -> set[bytes]:
    """Return the values of a document that must not be in its output, as bytes: five characters or more."""
    values: set[str] = set()
    dataset = document.part("dataset").value
    for _, element in elements.walk(dataset):
        replaced = element.VR == "UI" and ps3_15.action(int(element.tag), "UI") != "K"
        if element.keyword in NAMED or replaced:
            values |= {value.strip() for value in (elements.text_of(element) or "").split("\\")}
    makers = " ".join(
        elements.text_of(element) or "" for _, element in elements.walk(dataset) if "anufact" in element.name
    )
    values = {value for value in values if len(value) >= 5 and not value.startswith("1.2.840.10008.")}
    values = {value for value in values if value not in makers and value not in set(DUMMIES.values())}
    return {value.encode(code) for value in values for code in ("utf-8", "utf-16-le", "utf-16-be")}


def deidentified(document: Document, key: ProjectKey) -> Document:
    """Carry out the tags' findings, each by the operator that its rule or the policy's names."""
    part = document.part("dataset")
    dataset, edits = elements.copy_of(part.value), []
    for finding in DicomTags(POLICY).find_in(part, POLICY):
        assert isinstance(finding.location, TagPath)
        action = decide(finding, POLICY).action
        operate, vr = registry.load("operators", action.operator), elements.vr_at(dataset, finding.location)
        site = Site(finding.entity_type, document.subject_key, key, dict(action.params), vr)
        edits.append((finding.location, operate(elements.get(dataset, finding.location), site)))
    elements.put(dataset, edits)
    mark(dataset, POLICY.dicom.options, POLICY.name, POLICY.version)
    parts = (Part("dataset", PartKind.DATASET, dataset), *document.parts[1:])
    return Document(document.asset_id, document.media_type, document.subject_key, parts)


def check(path: Path, key: ProjectKey) -> bool:
    """Take one file all the way; False where it was set aside."""
    try:
        document = DicomReader().read(path.read_bytes(), "asset", key)
    except Quarantine:
        return False
    out = DicomReader().write(deidentified(document, key))
    assert [value for value in identifying(document) if value in out] == [], path.name
    again = DicomReader().read(out, "asset", key)
    assert DicomReader().write(again) == out, path.name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the file had wrong before, such as an unregistered UID
        str(pydicom.dcmread(BytesIO(out)))
    if "pixels" in document and path.stem not in TWELVE_BIT_JPEG:
        check_frames(document, again, path)
    return True


def check_frames(document: Document, again: Document, path: Path) -> None:
    """Assert that the last frame is shown in colour and left as it was."""
    frames = document.part("pixels").value
    shown = frames.readable(frames.count - 1)
    assert shown.dtype == np.uint8, path.name
    assert shown.shape[2] == 3, path.name
    assert np.array_equal(frames.stored(frames.count - 1), again.part("pixels").value.stored(frames.count - 1)), (
        path.name
    )


def all_files(shared: Path) -> list[Path]:
    """List the real files."""
    return sorted((shared / "dicom").rglob("*.dcm"))


@pytest.mark.shared
def test_a_sample_of_real_files(shared: Path, key: ProjectKey) -> None:
    """Every eighth real file comes out clean and whole, or is set aside for a reason we know."""
    files = all_files(shared)[::8]
    assert {path.stem for path in files if not check(path, key)} <= NOT_TO_BE_READ


@pytest.mark.shared
@pytest.mark.slow
def test_all_real_files(shared: Path, key: ProjectKey) -> None:
    """All real files come out clean and whole, but for those that are cut off or corrupt."""
    assert {path.stem for path in all_files(shared) if not check(path, key)} == NOT_TO_BE_READ

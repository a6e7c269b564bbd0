"""Encapsulated PDF and CDA documents: replaced whole by one of the same kind that opens and says nothing."""

from __future__ import annotations

from io import BytesIO
from xml.dom.minidom import parseString

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from deid_core import pipeline
from deid_core.ingest.dicom import DicomReader
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})


def a_document(sop_class: str, kind: str, content: bytes) -> bytes:
    """Make a DICOM object around a document."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.PatientName = sop_class, "1.2.3.4", "Doe^Jane"
    dataset.PatientID, dataset.DocumentTitle, dataset.MIMETypeOfEncapsulatedDocument = "4711", "Letter", kind
    dataset.EncapsulatedDocument, dataset.EncapsulatedDocumentLength = content + b" " * (len(content) % 2), len(content)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def deidentified(data: bytes, key: ProjectKey) -> bytes:
    """De-identify an object."""
    whose = pipeline.identify(DicomReader().read(data, "asset", key), POLICY, key)
    return DicomReader().write(pipeline.apply(whose.document, pipeline.plan(whose, "x", POLICY, key), POLICY, key))


def test_a_pdf_becomes_an_empty_one_that_opens(key: ProjectKey) -> None:
    """What a letter says is gone, and a viewer shows a page without text."""
    out = deidentified(
        a_document("1.2.840.10008.5.1.4.1.1.104.1", "application/pdf", b"%PDF-1.4 (Jane Doe, MRN 4711)"), key
    )
    dataset = pydicom.dcmread(BytesIO(out))
    content = dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength]
    table = int(content.split(b"startxref\n")[1].split(b"\n")[0])
    assert content[table:].startswith(b"xref\n0 4\n")
    for number, line in enumerate(content[table:].splitlines()[3:6], 1):
        assert content[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert content.endswith(b"%%EOF\n")
    assert b"Jane" not in out
    assert b"4711" not in out


def test_a_cda_document_becomes_an_empty_one_that_parses(key: ProjectKey) -> None:
    """What a document of HL7 says is gone, and what is left is well-formed."""
    out = deidentified(
        a_document("1.2.840.10008.5.1.4.1.1.104.2", "text/xml", b"<ClinicalDocument>Jane Doe</ClinicalDocument>"), key
    )
    dataset = pydicom.dcmread(BytesIO(out))
    root = parseString(dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength]).documentElement  # noqa: S318
    assert (root.tagName, root.namespaceURI) == ("ClinicalDocument", "urn:hl7-org:v3")
    assert b"Jane" not in out


@pytest.mark.parametrize("kind", ["model/stl", "", "application/zip"])
def test_a_document_of_another_kind_is_emptied(kind: str, key: ProjectKey) -> None:
    """A model for printing, or what says of no kind, keeps none of its bytes."""
    out = deidentified(a_document("1.2.840.10008.5.1.4.1.1.104.3", kind, b"solid Jane Doe 4711"), key)
    assert b"solid" not in out
    assert b"4711" not in out

"""What DICOM asks to be written of its de-identification, and which of its bytes are samples."""

from __future__ import annotations

from deid_core.ingest.dicom import mark
from deid_core.model import Document
from deid_core.policy import Policy


def dicom(document: Document, policy: Policy) -> Document:
    """Mark a DICOM document that the caller owns as de-identified under a policy: PS3.15 E.1.1."""
    dataset = document.part("dataset").value
    mark(dataset, policy.dicom.options, policy.name, policy.version, pixels_searched="pixels" in document)
    return document


def samples(document: Document) -> bytes:
    """Return the bytes of a DICOM document's pixels as the file holds them; empty where it has none."""
    return bytes(document.part("dataset").value.get("PixelData") or b"")

"""Put another document of its own kind where an encapsulated one went, so that the object still opens: PS3.3 C.24.2.

PS3.15 replaces them whole (action D). A PDF becomes an empty one. Of a CDA document the words are a part of their own,
which goes the way of all texts, and are written again where the policy cleans structured content; else it is empty.
"""

from __future__ import annotations

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from deid_core.ingest.dicom_cda import NotReadable, read_cda
from deid_core.model import Document, Part, PartKind

WORDS, FRAME = "narrative", "narrative-frame"
DOCUMENT = 0x00420011
GONE = (b"", b"\0\0")  # what the actions Z and D leave
CDA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">'
    b"<component><nonXMLBody><text>Removed by de-identification.</text></nonXMLBody></component></ClinicalDocument>\n"
)


def narrative(dataset: Dataset) -> tuple[Part, ...]:
    """Return the words of an encapsulated CDA document as a part, and what they stand in; none where it has none."""
    if DOCUMENT not in dataset or _kind(dataset) != "text/xml":
        return ()
    try:
        text, frame = read_cda(bytes(dataset[DOCUMENT].value or b""))
    except NotReadable:
        return ()
    return Part(WORDS, PartKind.TEXT, text), Part(FRAME, PartKind.LAYOUT, frame)


def _kind(dataset: Dataset) -> str:
    return str(dataset.get("MIMETypeOfEncapsulatedDocument") or "").lower()


def fill_document(dataset: Dataset, document: Document) -> None:
    """Replace a removed encapsulated document of a dataset that the caller owns, by its type.

    A CDA document gets the words that a document's part has; a CDA or PDF document without one becomes an empty one.
    """
    if DOCUMENT not in dataset or (dataset[DOCUMENT].value or b"") not in GONE:
        return
    blank = {"application/pdf": blank_pdf(), "text/xml": CDA}.get(_kind(dataset))
    if blank is None:
        return
    if blank is CDA and WORDS in document:
        blank = document.part(FRAME).value.filled(document.part(WORDS).value) or CDA
    dataset[DOCUMENT] = DataElement(DOCUMENT, "OB", blank + b"\0" * (len(blank) % 2))
    if "EncapsulatedDocumentLength" in dataset:
        dataset.EncapsulatedDocumentLength = len(blank)


def blank_pdf() -> bytes:
    """Return a PDF of one empty page: ISO 32000-1, 7.5."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )
    pdf, table = bytearray(b"%PDF-1.4\n"), [b"0000000000 65535 f \n"]
    for number, one in enumerate(objects, 1):
        table.append(b"%010d 00000 n \n" % len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    size = len(objects) + 1
    end = b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(pdf) + end % (size, b"".join(table), size, len(pdf))

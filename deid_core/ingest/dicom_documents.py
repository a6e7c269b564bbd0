"""Put an empty document of its own kind where an encapsulated one went, so that the object still opens: PS3.3 C.24.2.

Nothing here reads a PDF or a CDA document: PS3.15 replaces them whole (action D), and so do we.
"""

from __future__ import annotations

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

DOCUMENT = 0x00420011
GONE = (b"", b"\0\0")  # what the actions Z and D leave
CDA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">'
    b"<component><nonXMLBody><text>Removed by de-identification.</text></nonXMLBody></component></ClinicalDocument>\n"
)


def fill_document(dataset: Dataset) -> None:
    """Replace a removed encapsulated document of a dataset that the caller owns by an empty PDF or CDA, by its type."""
    if DOCUMENT not in dataset or (dataset[DOCUMENT].value or b"") not in GONE:
        return
    kind = str(dataset.get("MIMETypeOfEncapsulatedDocument") or "").lower()
    blank = {"application/pdf": blank_pdf(), "text/xml": CDA}.get(kind)
    if blank is None:
        return
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

"""Encapsulated CDA documents: their words stay and are cleaned, what names anyone by structure goes."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.dom.minidom import parseString

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from deid_core import ingest, pipeline, verify
from deid_core.ingest.dicom_cda import BETWEEN, NotReadable, read_cda
from deid_core.keys import ProjectKey
from deid_core.policy import DicomRules, Policy, load_policy

POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
CANARY = "Brzezicki"
DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="{CANARY}1.xsl"?>
<!-- {CANARY}2 -->
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:x="urn:{CANARY}3" xmlns:sdtc="urn:hl7-org:sdtc" ID="{CANARY}4">
 <typeId root="2.16.840.1.113883.1.3" extension="{CANARY}5"/>
 <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="{CANARY}6"/>
 <templateId root="1.2.3.{CANARY}7"/>
 <id root="1.2.3.4" extension="{CANARY}8"/>
 <code code="11488-4" codeSystem="2.16.840.1.113883.6.1" displayName="{CANARY}9">
  <originalText>{CANARY}10</originalText></code>
 <title>Letter about Jane Doe</title>
 <effectiveTime value="20190304"/>
 <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="{CANARY}11"/>
 <languageCode code="en-US"/>
 <setId extension="{CANARY}12"/>
 <recordTarget><patientRole><id extension="{CANARY}13"/>
  <patient><name>{CANARY}14</name></patient></patientRole></recordTarget>
 <recordTarget><patientRole><id extension="{CANARY}15"/></patientRole></recordTarget>
 <author><time value="2019"/><assignedAuthor>
  <assignedPerson><name>{CANARY}16</name></assignedPerson></assignedAuthor></author>
 <custodian><assignedCustodian><representedCustodianOrganization>
  <name>{CANARY}17</name>
 </representedCustodianOrganization></assignedCustodian></custodian>
 <legalAuthenticator><signatureCode code="{CANARY}18"/></legalAuthenticator>
 <componentOf><encompassingEncounter><id extension="{CANARY}19"/></encompassingEncounter></componentOf>
 <component><structuredBody>{CANARY}20
  <component><section ID="{CANARY}21">
   <id extension="{CANARY}22"/>
   <code code="{CANARY}23" codeSystem="2.16.840.1.113883.6.1"/>
   <title>Findings &amp; plan</title>
   <author><title>{CANARY}24</title></author>
   <text styleCode="{CANARY}25">
    Seen: <content ID="{CANARY}26">Jane</content> <content>Doe</content>, MRN 4711-0815-2.
<br/>Stable, no mass.
    <x:note>{CANARY}27</x:note><renderMultiMedia referencedObject="{CANARY}28"/>
    <table summary="{CANARY}29"><thead><tr><th colspan="2">Test</th></tr></thead>
     <tbody><tr><td>Sodium</td><td>140 mmol/l &lt; 145</td></tr></tbody></table>
    <list listType="ordered"><item>call 555-010-9999</item><item/></list></text>
   <entry><observation><id extension="{CANARY}30"/>
    <text>{CANARY}31</text><value>{CANARY}32</value></observation></entry>
   <component><section><text><paragraph>Nothing else.</paragraph></text></section></component>
  </section></component>
 </structuredBody></component>
</ClinicalDocument>"""


def an_object(content: bytes) -> bytes:
    """Make a DICOM object around a document of HL7."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID = ExplicitVRLittleEndian, UID("1.2.3.4")
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.104.2")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.PatientName = (
        meta.MediaStorageSOPClassUID,
        "1.2.3.4",
        "Doe^Jane",
    )
    dataset.PatientID, dataset.MIMETypeOfEncapsulatedDocument = "4711-0815-2", "text/xml"
    dataset.EncapsulatedDocument, dataset.EncapsulatedDocumentLength = (
        content + b"\0" * (len(content) % 2),
        len(content),
    )
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def released(content: bytes, key: ProjectKey, policy: Policy = POLICY) -> str:
    """Return what is left of a document, searched once more as an output is."""
    whose = pipeline.identify(ingest.read(an_object(content), "", "asset", key), policy, key)
    chosen = pipeline.plan(whose, "", policy, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    assert verify.residual(whose, chosen, output, policy, key).left == ()
    dataset = pydicom.dcmread(BytesIO(output))
    assert dataset.EncapsulatedDocumentLength == len(dataset.EncapsulatedDocument.rstrip(b"\0"))
    return str(dataset.EncapsulatedDocument.rstrip(b"\0").decode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_words_of_a_letter_stay_and_whom_they_name_goes(encoding: str, key: ProjectKey) -> None:
    """Clinical words, tables and codes of vocabularies are there; names, numbers and every canary are not."""
    text = released(DOCUMENT.replace("UTF-8", encoding).encode(encoding), key)
    for word in (
        "Findings &amp; plan",
        "Stable, no mass.",
        "140 mmol/l &lt; 145",
        "Nothing else.",
        "11488-4",
        'colspan="2"',
    ):
        assert word in text, word
    for value in (CANARY, "Jane", "Doe", "4711", "555", "2019", "1.2.3"):
        assert value not in text, value
    root: Any = parseString(text).documentElement  # noqa: S318 - our own
    order = [node.tagName for node in root.childNodes if node.nodeType == node.ELEMENT_NODE]
    assert order == [
        *("typeId", "templateId", "templateId", "id", "code", "title", "effectiveTime", "confidentialityCode"),
        *("languageCode", "recordTarget", "author", "custodian", "component"),
    ]
    assert len(root.getElementsByTagName("section")) == 2


def test_words_are_not_written_where_the_policy_does_not_clean_structured_content(key: ProjectKey) -> None:
    """Under the Basic Profile alone the document is an empty one."""
    text = released(DOCUMENT.encode(), key, POLICY.model_copy(update={"dicom": DicomRules()}))
    assert "Removed by de-identification." in text
    assert "Stable" not in text


V3 = b'<ClinicalDocument xmlns="urn:hl7-org:v3">'
UNTOLD = {
    "none": b"",
    "a pdf": b"%PDF-1.4 Jane Doe",
    "no namespace": b"<ClinicalDocument><title>Jane Doe</title></ClinicalDocument>",
    "cut off": V3 + b"<title>Jane Doe",
    "entities": b'<!DOCTYPE a [<!ENTITY b "Jane Doe">]>' + V3 + b"<title>&b;</title></ClinicalDocument>",
    "base64": V3 + b"<component><nonXMLBody><text>SmFuZQ==</text></nonXMLBody></component></ClinicalDocument>",
    "deep": b'<a xmlns="urn:hl7-org:v3">' * 10_000,
    "unknown encoding": b'<?xml version="1.0" encoding="x-nobody"?>' + V3 + b"</ClinicalDocument>",
}


@pytest.mark.parametrize("content", UNTOLD.values(), ids=UNTOLD.keys())
def test_what_cannot_be_told_apart_becomes_an_empty_document(content: bytes, key: ProjectKey) -> None:
    """Hostile or foreign content is not read, and not released."""
    with pytest.raises(NotReadable):
        read_cda(content)
    text = released(content, key) if content else ""
    assert "Jane" not in text
    assert not content or "Removed by de-identification." in text


def test_texts_that_no_longer_fit_their_places_are_not_written() -> None:
    """Where something took the border between two texts away, or put one there, the document is an empty one."""
    text, frame = read_cda(DOCUMENT.encode())
    assert frame.filled(text.replace(BETWEEN, " ", 1)) is None
    assert frame.filled(text + BETWEEN) is None
    assert frame.filled(text.replace("Stable", "\x1e")) is None


@given(st.text().filter(lambda text: "\x1e" not in text))
def test_any_text_in_a_place_leaves_a_document_that_parses(text: str) -> None:
    """Whatever a surrogate or a label is made of, what is written is read again with that text and no other."""
    words, frame = read_cda(DOCUMENT.encode())
    filled = frame.filled(words.replace("Stable", text + "|"))
    assert filled is not None
    again, _ = read_cda(filled)
    assert len(again.split(BETWEEN)) == len(words.split(BETWEEN))
    assert frame.filled(words) == read_cda(frame.filled(words) or b"")[1].filled(words)


@given(st.lists(st.tuples(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 255)), max_size=4), st.integers(0, 5))
def test_hostile_bytes_are_read_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    """A document with other bytes in some places is either read, and written so that it parses, or is not readable."""
    content = bytearray(DOCUMENT.encode())
    for at, byte in changes:
        content[at] = byte
    try:
        words, frame = read_cda(bytes(content[: len(content) - cut]))
    except NotReadable:
        return
    filled = frame.filled(words)
    assert filled is not None
    assert read_cda(filled)[0] == words.replace("\r", "\n")

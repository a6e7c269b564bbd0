"""A value planted in every corner of a DICOM file: none survives the tags' findings and the writer."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from deid_core import registry
from deid_core.detect.dicom_tags import DicomTags
from deid_core.extract.dicom import dataset_views
from deid_core.ingest import elements
from deid_core.ingest.dicom import DicomReader, mark
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind, TagPath
from deid_core.policy import DicomRules, Policy, load_policy
from deid_core.ports import Site
from deid_core.standards import ps3_15

POLICY = load_policy("safe_harbor")
PROBES = {
    "UI": "1.2.826.0.1.{}",
    "DA": "1{:07d}",
    "TM": "0{:05d}.5",
    "DT": "1{:013d}",
    "AS": "{:03d}Y",
    "IS": "7{:06d}",
}
TEXT = "Qz{:05d}vw"
BINARY = frozenset({"OB", "OW", "UN", "OB or OW", "OF", "OD", "OL", "OV"})


def deidentified(document: Document, policy: Policy, key: ProjectKey) -> Document:
    """Carry out the tags' findings, and clear every text that is left for the text detectors."""
    part = document.part("dataset")
    dataset = elements.copy_of(part.value)
    edits: list[elements.Edit] = []
    for finding in DicomTags(policy).find_in(part, policy):
        where = finding.location
        assert isinstance(where, TagPath)
        operate = registry.load("operators", "dicom_" + finding.rule.removeprefix("PS3.15/"))
        site = Site(finding.entity_type, document.subject_key, key, vr=elements.vr_at(dataset, where))
        edits.append((where, operate(elements.get(dataset, where), site)))
    for view in dataset_views(document, part, policy):
        edits += [(where, "") for where in view.project(0, len(view.text)) if isinstance(where, TagPath)]
    elements.put(dataset, edits)
    mark(dataset, policy.dicom.options, policy.name, policy.version)
    parts = (Part("dataset", PartKind.DATASET, dataset), *document.parts[1:])
    return Document(document.asset_id, document.media_type, document.subject_key, parts)


def canary(vr: str, number: int) -> str:
    """Return a value of a representation that occurs nowhere else."""
    return PROBES.get(vr, TEXT).format(number)


def plant(dataset: Dataset, tag: int, vr: str, number: int) -> list[bytes]:
    """Put a canary under a tag; return the bytes to search for, none where the representation cannot hold one."""
    if vr in BINARY:
        text = TEXT.format(number).ljust(16)
        dataset.add_new(tag, "OB" if vr == "OB or OW" else vr, text.encode())
        return [text.strip().encode()]
    if vr not in ps3_15.TEXT_VRS or vr in {"AS", "DS", "IS", "TM"}:
        return []
    text = canary(vr, number)
    dataset.add_new(tag, vr, text)
    return [text.encode()]


def a_file(syntax: UID, dataset: Dataset, meta: FileMetaDataset) -> bytes:
    """Return the dataset's file as it is, with a preamble that names a patient and bytes after the end."""
    order = (syntax.is_implicit_VR, syntax.is_little_endian)
    meta.TransferSyntaxUID = syntax
    meta.FileMetaInformationGroupLength = 0
    file = FileDataset("", dataset, b"PreambleQz99999vw".ljust(128, b"\0"), meta, *order)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, file, implicit_vr=order[0], little_endian=order[1])
    return buffer.getvalue()


def a_planted_file(syntax: UID) -> tuple[bytes, list[bytes]]:
    """Plant a canary in every attribute of the dictionary that can hold one, nested and private ones too."""
    dataset, meta, probes, number = Dataset(), FileMetaDataset(), [b"Qz99999vw"], 0
    kept = {"SpecificCharacterSet", "PixelData", "TransferSyntaxUID", "DirectoryRecordSequence", "PixelDataProviderURL"}
    kept |= set(ps3_15._data("dicom_retained")["uids"]) | set(ps3_15._data("dicom_retained")["bulk"])
    kept |= {"FloatPixelData", "DoubleFloatPixelData"}
    item, inner = Dataset(), Dataset()
    for tag, (vr, *_, keyword) in sorted(DicomDictionary.items()):
        if keyword in kept or tag >> 16 in {0, 4, 0xFFFE} or tag & 0xFFFF == 0:
            continue
        number += 1
        holder = meta if tag >> 16 == 2 else (dataset, item, inner)[number % 3]
        probes += plant(holder, tag, vr, number)
    for place, holder in enumerate((dataset, item, inner)):
        block = holder.private_block(0x0029, f"Qz9999{place}vw", create=True)
        for offset, vr in enumerate(("LO", "UN", "OB", "PN", "LT", "UI")):
            number += 1
            probes += plant(holder, block.get_tag(offset), vr, number)
        number += 1
        probes += [f"Qz9999{place}vw".encode(), *plant(holder, 0x00189FFE, "LO", number)]
        probes += plant(holder, 0x60003000, "OW", number + 20000) + plant(holder, 0x60004000, "LT", number + 30000)
        probes += plant(holder, 0x50003000, "OW", number + 40000)
    item.AnatomicRegionModifierSequence = [inner]
    dataset.AnatomicRegionSequence = [item]  # kept by the profile, so its items are cleaned, not dropped
    probes += plant(dataset, 0xFFFCFFFC, "OB", 98765)
    return a_file(syntax, dataset, meta), probes


SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("options", [(), ("clean_descriptors", "clean_structured_content", "clean_graphics")])
def test_no_canary_survives(syntax: UID, options: tuple[str, ...], key: ProjectKey) -> None:
    """Preamble, file meta, every attribute that can hold text, items, private and unknown ones: all come out clean."""
    data, probes = a_planted_file(syntax)
    planted = [probe for probe in probes if probe in data]
    assert len(planted) > 1000
    policy = POLICY.model_copy(update={"dicom": DicomRules(options=options)})
    document = DicomReader().read(data, "asset", key)
    out = DicomReader().write(deidentified(document, policy, key))
    assert [probe for probe in planted if probe in out] == []
    again = DicomReader().read(out, "asset", key).part("dataset").value
    assert len(again.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0]) > 50


def test_a_canary_in_group_lengths_and_trailing_zeros_is_not_copied(key: ProjectKey) -> None:
    """Retired group lengths and what follows the dataset are not written."""
    dataset = Dataset()
    dataset.add_new(0x00080000, "UL", 0x51517A7A)
    dataset.PatientID = "1"
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = True, True
    write_dataset(buffer, dataset)
    out = DicomReader().write(DicomReader().read(buffer.getvalue() + bytes(100), "asset", key))
    assert b"zzQQ" not in out
    assert not out.endswith(bytes(50))

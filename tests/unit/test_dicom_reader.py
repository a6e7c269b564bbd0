"""DICOM files as they come: with and without a preamble, in each encoding, cut off, and hostile."""

from __future__ import annotations

import zlib
from io import BytesIO

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from deid_core.detect.dicom_tags import DicomTags
from deid_core.errors import (
    EmptyAsset,
    LimitExceeded,
    MalformedAsset,
    Quarantine,
    UncertainAsset,
    UnsupportedFormat,
)
from deid_core.ingest import dicom
from deid_core.ingest.dicom import DicomReader, mark
from deid_core.ingest.elements import copy_of
from deid_core.keys import ProjectKey
from deid_core.model import PartKind
from deid_core.policy import load_policy

POLICY = load_policy("safe_harbor")
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def a_ct(syntax: UID = ExplicitVRLittleEndian) -> FileDataset:
    """Make a small CT image with an item, a group length and an element after the pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, UID("1.2.3.4")
    meta.TransferSyntaxUID = syntax
    meta.SourceApplicationEntityTitle = "CTROOM1"
    dataset = FileDataset(
        "", Dataset(), b"DOE JANE".ljust(128, b"\0"), meta, syntax.is_implicit_VR, syntax.is_little_endian
    )
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", " 4711 "
    item = Dataset()
    item.ScheduledProcedureStepDescription = "abdomen"
    dataset.RequestAttributesSequence = [item]
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 4, 6, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = b"".join(i.to_bytes(2, "little" if syntax.is_little_endian else "big") for i in range(24))
    dataset["PixelData"].VR = "OW"
    return dataset


def encoded(dataset: FileDataset) -> bytes:
    """Return the dataset's file."""
    buffer = BytesIO()
    syntax = dataset.file_meta.TransferSyntaxUID
    order = {"implicit_vr": syntax.is_implicit_VR, "little_endian": syntax.is_little_endian}
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, **order)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", SYNTAXES, ids=[syntax.name for syntax in SYNTAXES])
def test_a_file_is_read_whole_and_written_in_its_own_encoding(syntax: UID, key: ProjectKey) -> None:
    """What is read is written again, without preamble text, source titles or the meta of another maker."""
    document = DicomReader().read(encoded(a_ct(syntax)), "asset", key)
    out = DicomReader().write(document)
    again = pydicom.dcmread(BytesIO(out))
    assert [part.kind for part in document.parts] == [PartKind.DATASET, PartKind.PIXELS]
    assert document.subject_key == key.subject("mrn", "4711")
    assert out[:128] == bytes(128)
    assert again.file_meta.TransferSyntaxUID == syntax
    assert again.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4"
    assert again.file_meta.ImplementationClassUID == dicom.IMPLEMENTATION_CLASS_UID
    assert "SourceApplicationEntityTitle" not in again.file_meta
    assert again.PatientName == "Doe^Jane"
    assert again.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "abdomen"
    assert again.PixelData == a_ct(syntax).PixelData
    assert b"CTROOM1" not in out
    assert DicomReader().write(document) == out


def test_a_file_without_a_patient_id_has_a_subject_of_its_own(key: ProjectKey) -> None:
    """Two anonymous files are never taken for one patient."""
    dataset = a_ct()
    del dataset.PatientID
    subjects = {DicomReader().read(encoded(dataset), asset, key).subject_key for asset in ("one", "two")}
    assert len(subjects) == 2


def test_elements_after_the_pixels_are_read(key: ProjectKey) -> None:
    """An element that follows PixelData is part of the dataset."""
    dataset = a_ct()
    dataset.add_new(0xFFFCFFFC, "OB", b"padding of Jane Doe ")
    part = DicomReader().read(encoded(dataset), "asset", key).part("dataset")
    assert 0xFFFCFFFC in part.value


@pytest.mark.parametrize("start", [0, 132])
def test_a_file_without_a_preamble_or_file_meta_is_read(start: int, key: ProjectKey) -> None:
    """Files that begin with file meta, or at once with the dataset, are read all the same."""
    data = encoded(a_ct(ImplicitVRLittleEndian))
    meta_end = 144 + int.from_bytes(data[140:144], "little")
    bare = data[132:] if start else data[meta_end:]
    assert DicomReader().read(bare, "asset", key).part("dataset").value.PatientName == "Doe^Jane"


def test_bytes_after_the_dataset_and_after_the_last_frame_are_dropped(key: ProjectKey) -> None:
    """Zeros that pad a file are no dataset, and bytes after the last frame are no pixels."""
    dataset = a_ct()
    dataset.PixelData += b"DOE JANE 1970"
    document = DicomReader().read(encoded(dataset) + bytes(64), "asset", key)
    out = DicomReader().write(document)
    assert b"DOE JANE" not in out
    assert pydicom.dcmread(BytesIO(out)).PixelData == a_ct().PixelData


def test_bits_above_those_stored_are_cleared(key: ProjectKey) -> None:
    """An overlay hidden in the unused bits of the pixels does not leave, and a signed pixel keeps its sign."""
    dataset = a_ct()
    dataset.PixelData = b"".join((i | 0xA000).to_bytes(2, "little") for i in range(24))
    out = DicomReader().write(DicomReader().read(encoded(dataset), "asset", key))
    assert pydicom.dcmread(BytesIO(out)).PixelData == a_ct().PixelData
    dataset.PixelRepresentation = 1
    dataset.PixelData = b"".join((-i).to_bytes(2, "little", signed=True) for i in range(24))
    out = DicomReader().write(DicomReader().read(encoded(dataset), "asset", key))
    assert pydicom.dcmread(BytesIO(out)).PixelData == dataset.PixelData


def shorter_pixels() -> bytes:
    """Make a file whose pixel data lack a row."""
    dataset = a_ct()
    dataset.PixelData = dataset.PixelData[:-12]
    return encoded(dataset)


def a_bomb(limit: int) -> bytes:
    """Make a deflated file that inflates to more than a limit."""
    data = encoded(a_ct(DeflatedExplicitVRLittleEndian))
    meta_end = 144 + int.from_bytes(data[140:144], "little")
    deflate = zlib.compressobj(wbits=-15)
    return data[:meta_end] + deflate.compress(bytes(limit + 1)) + deflate.flush()


def nested(depth: int) -> bytes:
    """Make a file of sequences in sequences."""
    item = Dataset()
    item.CodeMeaning = "deep"
    for _ in range(depth):
        outer = Dataset()
        outer.ConceptCodeSequence = [item]
        item = outer
    dataset = a_ct()
    dataset.ConceptCodeSequence = [item]
    return encoded(dataset)


def changed(**values: object) -> bytes:
    """Make a file in which attributes have other values."""
    dataset = a_ct()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return encoded(dataset)


def of_syntax(uid: str) -> bytes:
    """Make a file that claims another transfer syntax."""
    return encoded(a_ct()).replace(b"1.2.840.10008.1.2.1\0", uid.encode().ljust(20, b"\0"))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyAsset),
        (b"\0" * 128 + b"DICM", MalformedAsset),
        (b"%PDF-1.7 " * 40, MalformedAsset),
        (encoded(a_ct())[:-1], MalformedAsset),
        (encoded(a_ct())[:401], MalformedAsset),
        (encoded(a_ct(DeflatedExplicitVRLittleEndian))[:-30], MalformedAsset),
        (shorter_pixels(), MalformedAsset),
        (changed(Rows=0), MalformedAsset),
        (changed(NumberOfFrames="3"), MalformedAsset),
        (changed(Rows=65535, Columns=65535), LimitExceeded),
        (nested(60), LimitExceeded),
        (of_syntax("1.2.3.4.5.6.7.8.9"), UnsupportedFormat),
        (changed(DirectoryRecordSequence=[Dataset()]), UncertainAsset),
        (changed(SOPClassUID="1.2.840.10008.5.1.4.1.1.9.4.1"), UncertainAsset),
        (changed(PixelDataProviderURL="http://example.org/frames"), UncertainAsset),
    ],
)
def test_what_is_not_understood_whole_is_set_aside(data: bytes, error: type[Quarantine], key: ProjectKey) -> None:
    """Empty, foreign, truncated, hostile and half-understood files are quarantined, each for its reason."""
    with pytest.raises(error):
        DicomReader().read(data, "asset", key)


def test_a_deflated_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch, key: ProjectKey) -> None:
    """Inflating stops at the limit."""
    monkeypatch.setattr("deid_core.ingest.dicom_deflated.MAX_INFLATED", 1 << 20)
    with pytest.raises(LimitExceeded):
        DicomReader().read(a_bomb(1 << 20), "asset", key)


def test_a_video_is_set_aside(key: ProjectKey) -> None:
    """Frames that nothing here can decode are never passed on unseen."""
    dataset = a_ct()
    dataset.PixelData = pydicom.encaps.encapsulate([b"\0\0\1\xb3" * 8])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.102")
    with pytest.raises(UncertainAsset):
        DicomReader().read(encoded(dataset), "asset", key)


def test_a_number_that_is_none_is_removed(key: ProjectKey) -> None:
    """A name where a number should be does not stop the file; the tags' detector finds it."""
    dataset = a_ct()
    dataset.KVP, dataset.AcquisitionMatrix = "120", [1, 2]
    data = encoded(dataset).replace(b"120 ", b"Jane").replace(b"US\x04\x00\x01\x00\x02\x00", b"US\x03\x00DOE")
    document = DicomReader().read(data, "asset", key)
    assert document.part("dataset").value["AcquisitionMatrix"].VR == "UN"
    findings = DicomTags(POLICY).find_in(document.part("dataset"), POLICY)
    removed = {getattr(finding.location, "path", "") for finding in findings if finding.rule == "PS3.15/X"}
    assert {"00180060", "00181310"} <= removed
    assert b"DOE" in DicomReader().write(document)  # reading and writing alone lose nothing


def test_no_error_tells_a_value(key: ProjectKey, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the error of a corrupt file nor the log nor a document's repr quotes what is in it."""
    document = DicomReader().read(encoded(a_ct()), "asset", key)
    with pytest.raises(MalformedAsset) as caught:
        DicomReader().read(changed(PatientName="Doe^Jane", BitsAllocated=16)[:-30], "asset", key)
    for text in (str(caught.value), repr(document), repr(document.part("pixels").value), caplog.text):
        assert "Doe" not in text
        assert "4711" not in text


def test_the_marks_of_a_de_identified_file(key: ProjectKey) -> None:
    """PS3.15's marks name the policy and the options carried out; pixels are vouched for only where searched."""
    dataset = copy_of(DicomReader().read(encoded(a_ct()), "asset", key).part("dataset").value)
    options = ("clean_descriptors", "clean_pixel_data", "retain_long_modified_dates", "retain_safe_private")
    mark(dataset, options, "safe_harbor", "1")
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.DeidentificationMethod == "deidflow, policy safe_harbor 1"
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence] == [
        *("113100", "113105", "113107", "113111"),
    ]
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
    assert "BurnedInAnnotation" not in dataset
    mark(dataset, options, "safe_harbor", "1", pixels_searched=True)
    assert dataset.DeidentificationMethod == "deidflow, policy safe_harbor 1"
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence][-1] == "113101"
    assert dataset.BurnedInAnnotation == "NO"


@pytest.mark.parametrize(
    ("options", "word"),
    [((), "REMOVED"), (("retain_long_full_dates",), "UNMODIFIED"), (("retain_long_modified_dates",), "MODIFIED")],
)
def test_the_mark_says_what_became_of_the_dates(options: tuple[str, ...], word: str, key: ProjectKey) -> None:
    """(0028,0303) follows from the options."""
    dataset = copy_of(DicomReader().read(encoded(a_ct()), "asset", key).part("dataset").value)
    mark(dataset, options, "p", "1")
    assert dataset.LongitudinalTemporalInformationModified == word

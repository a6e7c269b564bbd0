"""Read DICOM files whole, write them with nothing but what was read, and mark them as de-identified."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from itertools import chain

from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from deid_core.errors import EmptyAsset, MalformedAsset, UncertainAsset, UnsupportedFormat
from deid_core.ingest.charsets import settle
from deid_core.ingest.dicom_deflated import deflated, inflated
from deid_core.ingest.dicom_directory import divided, is_directory, joined, linked
from deid_core.ingest.dicom_documents import fill_document, narrative
from deid_core.ingest.dicom_frames import DicomFrames, decoder_for
from deid_core.ingest.dicom_pixels import STAND_IN, Samples, check_pixels, pixel_keyword, write_pixels
from deid_core.ingest.dicom_plain import converted, encoded
from deid_core.ingest.dicom_quiet import quiet
from deid_core.ingest.dicom_structure import PIXEL_TAGS, Structure
from deid_core.ingest.elements import copy_of, each, keep_letters, put_text, unknown
from deid_core.ingest.pieces import Mapped, Pieces, View
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind
from deid_core.standards.ps3_15 import dictionary_vr, profile_codes

MEDIA_TYPE = "application/dicom"
LARGE = 1 << 16  # bytes of samples that are not copied
FIRST_PRIVATE = 0x1000  # the number of a private element in the first block: PS3.5 7.8.1
DELIMITER = 8  # bytes of what ends fragments
SAMPLES_VRS = frozenset({"", "OB", "OD", "OF", "OW"})  # "" where the encoding does not say
PLAIN_VRS = frozenset({"AE", "AS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UT"})
IMPLEMENTATION_CLASS_UID = "2.25.204736057023474611510851005412150000763"
IMPLEMENTATION_VERSION = "DEIDFLOW_0"
LONGITUDINAL = {"retain_long_modified_dates": "MODIFIED", "retain_long_full_dates": "UNMODIFIED"}  # the first rules


class DicomReader:
    """Read a DICOM file into parts `dataset` (a FileDataset, all converted) and `pixels` (DicomFrames), and back.

    The words of an encapsulated CDA document are a part `narrative`.

    A DICOMDIR has a part `patient-N` for each patient in it, whose subject is that patient.
    """

    def read(self, data: Mapped, asset_id: str, key: ProjectKey) -> Document:
        """Read a file, with a preamble or without, in any transfer syntax, to its last element.

        Raises EmptyAsset, MalformedAsset (truncated or corrupt), LimitExceeded (a bomb), UnsupportedFormat (a private
        transfer syntax), UncertainAsset (video, speech, pixels held elsewhere).
        """
        if not data:
            raise EmptyAsset("the file is empty")
        with quiet("not a DICOM file that can be read"):
            dataset = parse(data)
            if is_directory(dataset):
                directory = tuple(divided(dataset, data[:], key))
                return Document(asset_id, MEDIA_TYPE, key.subject("asset", asset_id), directory)
            _refuse_half_understood(dataset)
            parts = [Part("dataset", PartKind.DATASET, dataset), *narrative(dataset)]
            if pixel_keyword(dataset):
                check_pixels(dataset, UID(str(dataset.file_meta.TransferSyntaxUID)))
                decoder_for(UID(str(dataset.file_meta.TransferSyntaxUID)))
                parts.append(Part("pixels", PartKind.PIXELS, DicomFrames(dataset)))
            patient = str(dataset.get("PatientID") or "").strip()
        subject = key.subject("mrn", patient) if patient else key.subject("asset", asset_id)
        return Document(asset_id, MEDIA_TYPE, subject, tuple(parts))

    def write(self, document: Document) -> bytes:
        """Write a file in its own transfer syntax, with a preamble of zeros, new file meta and no group lengths.

        Pixels keep their bytes where no frame was edited.
        """
        return b"".join(self.written(document))

    def written(self, document: Document, *, owned: bool = False) -> Pieces:
        """Return what `write` does in pieces, so that samples by the gigabyte are never held.

        A dataset that is `owned` is not copied first: nobody reads it afterwards.
        """
        with quiet("the dataset cannot be written"):
            held, samples = document.part("dataset").value, None
            dataset = held if owned else copy_of(held)
            fill_document(dataset, document)
            if is_directory(dataset):
                joined(dataset, document.parts[1:])
                linked(dataset, b"".join(_encoded(dataset)))
            for part in document.parts:
                if part.kind is PartKind.PIXELS:
                    samples = write_pixels(dataset, part.value)
            head, elements = _encoded(dataset)
            syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
            body = Pieces(lambda: iter((elements,)))
            if samples is not None:
                body = _around(elements, samples, syntax, last=max(dataset.keys()) in PIXEL_TAGS)
            if syntax == DeflatedExplicitVRLittleEndian:
                return Pieces(lambda: chain((head,), deflated(body)))
            return Pieces(lambda: chain((head,), body))


def _around(encoded: bytes, samples: Samples, syntax: UID, *, last: bool) -> Pieces:
    """Return the pieces of a dataset, given it with a stand-in for its samples; `last` if nothing follows them."""
    fragments = samples.length is None
    value, end = len(encoded) - (len(STAND_IN) + DELIMITER) * fragments, len(encoded)
    if not last:
        structure = Structure(encoded, syntax.is_little_endian)
        structure.end(0, implicit=syntax.is_implicit_VR)
        value, end = structure.pixels[0].value, structure.pixels[0].end
    head, tail = encoded[:value], encoded[end - DELIMITER * fragments :]
    if samples.length is not None:
        head = encoded[: value - 4] + samples.length.to_bytes(4, "little" if syntax.is_little_endian else "big")
    return Pieces(lambda: chain((head,), samples.make(), (tail,)))


def parse(data: Mapped) -> FileDataset:
    """Return the whole dataset of a file, every element converted; what does not convert becomes UN, with its bytes."""
    meta, at = _file_meta(data)
    syntax = UID(str(meta.get("TransferSyntaxUID") or _guessed(data, at)))
    if syntax.is_private or not syntax.is_transfer_syntax:
        raise UnsupportedFormat("a transfer syntax that DICOM does not define")
    meta.TransferSyntaxUID = syntax
    if syntax == DeflatedExplicitVRLittleEndian:
        data, at = inflated(data, at), 0
    little = syntax != ExplicitVRBigEndian
    structure = Structure(data, little)
    end = structure.end(at, implicit=syntax.is_implicit_VR)
    implicit = structure.is_implicit(at, assumed=syntax.is_implicit_VR, nested=False)
    elements = _elements(data, at, end, structure, implicit=implicit)
    elements = all_converted(elements)
    if _is_ambiguous(elements):
        elements = correct_ambiguous_vr(elements, little)
    dataset = FileDataset("", dict(elements._dict), None, meta, syntax.is_implicit_VR, little)  # noqa: SLF001 - no copy
    dataset.set_original_encoding(syntax.is_implicit_VR, little, elements.original_character_set)
    return dataset


def inflated_parts(data: Mapped, held: Mapped | None) -> tuple[bytes, Mapped]:
    """Return the bytes of a deflated file up to its dataset, and the dataset inflated: what is `held`, if it is."""
    _, at = _file_meta(data)
    return data[:at], inflated(data, at) if held is None else held


def _elements(data: Mapped, at: int, end: int, structure: Structure, *, implicit: bool) -> Dataset:
    """Read the elements of bytes [at, end); samples by the megabyte are not copied, but a view of the data."""
    here = structure.pixels[0] if len(structure.pixels) == 1 else None
    if here is None or here.end - here.value < LARGE or here.vr not in SAMPLES_VRS:
        return read_dataset(BytesIO(data[at:end]), implicit, structure.little)
    elements = read_dataset(BytesIO(data[at : here.start] + data[here.end : end]), implicit, structure.little)
    view = memoryview(data)[here.value : here.end - DELIMITER * here.encapsulated]
    value = View(view) if here.encapsulated else view
    element = DataElement(here.tag, here.vr or dictionary_vr(here.tag), value, already_converted=True)
    element.is_undefined_length = here.encapsulated
    elements[here.tag] = element
    return elements


def _file_meta(data: Mapped) -> tuple[FileMetaDataset, int]:
    """Return the file meta elements and the offset after them: from 132 where a preamble is, else from 0."""
    starts_at_once = data[:2] in {b"\x02\x00", b"\x08\x00", b"\x00\x08"} and data[132:134] != b"\x02\x00"
    start = 132 if data[128:132] == b"DICM" and not starts_at_once else 0
    structure, at = Structure(data, little=True), start
    while data[at : at + 2] == b"\x02\x00":
        at = structure.after(at, implicit=structure.is_implicit(at, assumed=False, nested=False))
    meta = FileMetaDataset()
    meta.update({element.tag: element for element in all_converted(read_dataset(BytesIO(data[start:at]), False, True))})
    return meta, at


def _guessed(data: Mapped, at: int) -> UID:
    """Return the transfer syntax of a dataset without file meta, by its first element."""
    if Structure(data, little=True).is_implicit(at, assumed=True, nested=False):
        return ImplicitVRLittleEndian
    return ExplicitVRBigEndian if data[at : at + 1] == b"\0" else ExplicitVRLittleEndian


def all_converted(dataset: Dataset, above: Sequence[str] = ("",)) -> Dataset:
    """Convert every element in place, to any depth; a later reader meets no conversion error."""
    terms = settle(dataset, above)
    for tag, raw in list(dataset._dict.items()):  # noqa: SLF001 - as it was read, not converted by asking for it
        try:
            element = _as_element(dataset, tag, raw)
            if element.VR == "PN":
                str(element.value)  # decodes it
        except Exception:  # noqa: BLE001 - a value that is not what it says; its bytes are kept, and judged as unknown
            value = raw.value if isinstance(raw.value, bytes) else b""
            dataset[tag] = unknown(tag, value)
            continue
        for item in element.value or () if element.VR == "SQ" else ():
            all_converted(item, terms)
    return dataset


def _is_ambiguous(dataset: Dataset) -> bool:
    """Say whether an element, at any depth, is of one of several representations (`US or SS`)."""
    return any(
        len(element.VR) != 2 or (element.VR == "SQ" and any(map(_is_ambiguous, element.value or ())))
        for element in each(dataset)
    )


def _as_element(dataset: Dataset, tag: BaseTag, raw: DataElement | RawDataElement) -> DataElement:
    """Convert one element in place; one that says itself that it is plain text or a number takes a shorter way."""
    if not isinstance(raw, RawDataElement):
        return dataset[tag]
    private = tag >> 16 & 1
    plain = converted(raw) if not private or tag & 0xFFFF >= FIRST_PRIVATE else None
    if plain is not None:
        block = (tag & 0xFFFF0000) + (tag >> 8 & 0xFF)
        if private and block in dataset._dict:  # noqa: SLF001 - a tag is an int
            plain.private_creator = dataset[block].value
        dataset._dict[tag] = plain  # noqa: SLF001 - nothing else of the dataset depends on a plain element
        return plain
    if private or raw.VR not in PLAIN_VRS or raw.value is None:
        return dataset[tag]
    terms = dataset.original_character_set or dataset._character_set  # noqa: SLF001 - as pydicom's own look-up does
    element = convert_raw_data_element(raw, encoding=terms, ds=dataset)
    dataset._dict[tag] = element  # noqa: SLF001 - nothing else of the dataset depends on a plain element
    return element


def _refuse_half_understood(dataset: FileDataset) -> None:
    sop_class = str(dataset.get("SOPClassUID") or "")
    if "DirectoryRecordSequence" in dataset:
        raise UncertainAsset("directory records in what is no DICOMDIR")
    if "Audio" in UID(sop_class).name:
        raise UncertainAsset("a waveform of speech, which is not searched")
    if "PixelDataProviderURL" in dataset:
        raise UncertainAsset("the pixels lie elsewhere")
    if not len(dataset):
        raise MalformedAsset("a dataset without elements")


def _encoded(dataset: FileDataset) -> tuple[bytes, bytes]:
    """Return the bytes of a preamble with new file meta, and those of the dataset, not deflated."""
    was, syntax = dataset.file_meta, UID(str(dataset.file_meta.TransferSyntaxUID))
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    for name, source in (("MediaStorageSOPClassUID", "SOPClassUID"), ("MediaStorageSOPInstanceUID", "SOPInstanceUID")):
        if value := dataset.get(source) or was.get(name):
            setattr(meta, name, value)
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    dataset.file_meta, dataset.preamble = meta, b"\0" * 128
    for tag in [tag for tag in dataset.keys() if tag.group in {0, 2, 0xFFFE}]:  # noqa: SIM118 - pydicom iterates elements
        del dataset[tag]
    _drop_group_lengths(dataset)
    keep_letters(dataset)
    if "PixelData" in dataset:
        dataset["PixelData"].is_undefined_length = syntax.is_compressed  # PS3.5 A.4
    told = encoded(meta, implicit=False, little=True)
    head = dataset.preamble + b"DICM\x02\0\0\0UL\x04\0" + len(told).to_bytes(4, "little") + told
    return head, encoded(dataset, implicit=syntax.is_implicit_VR, little=syntax.is_little_endian)


def _drop_group_lengths(dataset: Dataset) -> None:
    for tag in [tag for tag in dataset.keys() if tag.element == 0]:  # noqa: SIM118 - pydicom iterates elements
        del dataset[tag]
    for element in each(dataset):
        for item in element.value or () if element.VR == "SQ" else ():
            _drop_group_lengths(item)


def mark(
    dataset: FileDataset,
    options: Sequence[str],
    policy_name: str,
    policy_version: str,
    *,
    pixels_searched: bool = False,
) -> None:
    """Record in a dataset that the caller owns that it was de-identified, how, and what became of its dates.

    PS3.15 E.1.1: (0012,0062), (0012,0063), (0012,0064) with CID 7050 codes and (0028,0303). Earlier methods are kept.
    The Clean Pixel Data option is claimed, and Burned In Annotation set to NO, only where the pixels were searched.
    """
    if is_directory(dataset):
        return  # its object has no place for them
    claimed = [option for option in options if pixels_searched or option != "clean_pixel_data"]
    put_text(dataset, "PatientIdentityRemoved", "YES")
    method = f"deidflow, policy {policy_name} {policy_version}"[:64]
    earlier = dataset.get("DeidentificationMethod") or []
    methods = [str(one) for one in ([earlier] if isinstance(earlier, str) else earlier)]
    put_text(dataset, "DeidentificationMethod", "\\".join(dict.fromkeys([*methods, method])))
    items = list(dataset.get("DeidentificationMethodCodeSequence") or [])
    present = {str(item.get("CodeValue")) for item in items}
    items += [_code(code, meaning) for code, meaning in profile_codes(claimed) if code not in present]
    dataset.DeidentificationMethodCodeSequence = Items(items)
    dates = next((word for option, word in LONGITUDINAL.items() if option in options), "REMOVED")
    put_text(dataset, "LongitudinalTemporalInformationModified", dates)
    if pixels_searched and pixel_keyword(dataset):
        put_text(dataset, "BurnedInAnnotation", "NO")


def _code(code: str, meaning: str) -> Dataset:
    """Return an item with a code, of elements that nobody changes."""
    return Dataset(_coded(code, meaning))


@cache
def _coded(code: str, meaning: str) -> dict[BaseTag, DataElement | RawDataElement]:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    return dict(item._dict)  # noqa: SLF001 - converted

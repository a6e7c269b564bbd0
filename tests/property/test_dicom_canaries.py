"""Law of the canaries: a value of its own in every corner of a file, and none in the output, however that is read.

The real pipeline runs, without its model of language. Searched are the output's bytes, inflated and with frames
decoded, for each canary in seven encodings. The elements of the whole dictionary are planted in tests/integration.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from deid_core import ingest, pipeline
from deid_core.ingest.dicom import DicomReader
from deid_core.ingest.elements import unknown
from deid_core.keys import ProjectKey
from deid_core.model import PartKind
from deid_core.policy import load_policy
from deid_core.splice import Splicer

KEY = ProjectKey(bytes(range(32)))
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "iso2022_jp", "gb18030", "euc_kr")
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
)
SCRIPTS = {  # declared character sets, and a family name that they hold
    "": "Quarrington",
    "ISO_IR 100": "Quärrington",
    "ISO_IR 192": "Quärringtön",
    "GB18030": "欧阳娜娜",
    r"\ISO 2022 IR 87": "小笠原",
    r"\ISO 2022 IR 149": "남궁민수",
    "ISO_IR 144": "Достоевский",
}
PAINTED = 16  # rows and columns of the picture


@dataclass
class Planter:
    """Hand out canaries: each a word that stands nowhere else, with a name for where it is."""

    planted: dict[str, str] = field(default_factory=dict)

    def word(self, where: str) -> str:
        """Return a new canary of 12 characters for a place."""
        made = f"Zq{len(self.planted):04d}Xkjvw1"
        self.planted[where] = made
        return made

    def raw(self, where: str) -> bytes:
        """Return a new canary as bytes."""
        return self.word(where).encode()


def in_items(planter: Planter, dataset: Dataset, where: str) -> None:
    """Plant what an item of any depth can hide: names, private blocks, unknown elements, encoded items in UN."""
    dataset.PerformingPhysicianName = planter.word(f"{where} name")
    dataset.InstitutionAddress = planter.word(f"{where} address")
    block = dataset.private_block(0x0043, planter.word(f"{where} private creator"), create=True)
    for offset, vr in enumerate(("LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "AE", "CS")):
        block.add_new(offset, vr, planter.word(f"{where} private {vr}"))
    block.add_new(0x20, "OB", planter.raw(f"{where} private OB"))
    block.add_new(0x21, "UN", planter.raw(f"{where} private UN"))
    inner = Dataset()
    inner.private_block(0x0045, planter.word(f"{where} nested creator"), create=True).add_new(
        1, "LO", planter.word(f"{where} nested private")
    )
    inner.PatientAddress = planter.word(f"{where} nested address")
    block.add_new(0x22, "SQ", [inner])
    for tag, what in ((0x00189FFE, "unknown element"), (0x00081048, "public element as UN")):
        dataset[tag] = unknown(tag, planter.raw(f"{where} {what}") + b"A")


def in_groups(planter: Planter, dataset: Dataset) -> None:
    """Plant what hides in repeating groups, icons, graphics, originals, ciphers and after the pixels."""
    for group in (0x5000, 0x501E, 0x6000, 0x601E):
        dataset.add_new((group, 0x3000), "OW", planter.raw(f"{group:04X} data"))
    named = str(dataset.PatientName.family_name)  # what the policy cleans rather than removes names the patient
    dataset.add_new((0x5000, 0x2500), "LO", f"ECG of {named}")
    dataset.add_new((0x6000, 0x1500), "LO", planter.word("overlay label"))
    dataset.add_new((0x6000, 0x0022), "LO", planter.word("overlay description"))
    dataset.add_new((0x6000, 0x4000), "LT", planter.word("overlay comments"))
    icon = Dataset()
    icon.Rows, icon.Columns, icon.PixelData = 2, 6, planter.raw("icon image")
    icon["PixelData"].VR = "OB"
    dataset.IconImageSequence = [icon]
    text, layer = Dataset(), Dataset()
    text.UnformattedTextValue = f"{named}, lesion 2"
    layer.TextObjectSequence = [text]
    dataset.GraphicAnnotationSequence = [layer]
    original, modified = Dataset(), Dataset()
    modified.PatientName, modified.OtherPatientIDs = planter.word("original name"), planter.word("original ID")
    original.ModifiedAttributesSequence, original.ModifyingSystem = [modified], planter.word("modifying system")
    dataset.OriginalAttributesSequence = [original]
    cipher = Dataset()
    cipher.EncryptedContent = planter.raw("encrypted content")
    dataset.EncryptedAttributesSequence = [cipher]
    device = Dataset()
    device.InstitutionName, device.StationName = planter.word("contributing institution"), planter.word("its station")
    dataset.ContributingEquipmentSequence = [device]
    dataset.add_new(0x7FE10010, "OB", planter.raw("private group beside the pixels"))
    dataset.add_new(0x7F000010, "OW", planter.raw("variable pixel data"))
    dataset.add_new(0xFFFAFFFA, "SQ", [cipher])
    dataset.add_new(0xFFFCFFFC, "OB", planter.raw("trailing padding"))


def a_planted_file(syntax: UID, declared: str, planter: Planter) -> bytes:
    """Return a file with a canary in every corner, and its patient's name in texts that stay."""
    family = SCRIPTS[declared]
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.9.1")
    meta.SourceApplicationEntityTitle = planter.word("source title")
    meta.PrivateInformationCreatorUID = UID("1.2.826.0.1.3680043.9.2")
    meta.PrivateInformation = planter.raw("private file meta")
    order = (syntax.is_implicit_VR, syntax.is_little_endian)
    dataset = FileDataset("", Dataset(), planter.raw("preamble").ljust(128, b"\0"), meta, *order)
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.826.0.1.3680043.9.1"
    if declared:
        dataset.SpecificCharacterSet = declared.split("\\")
    dataset.PatientName, dataset.PatientID = f"{family}^Jo", planter.word("patient ID")
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.9.77"
    dataset.StudyDescription = f"CT CHEST of {family}"
    dataset.ImageComments = f"seen with {family}, ID {dataset.PatientID}\nand again {family}"
    dataset.DerivationDescription = "from 1.2.826.0.1.3680043.9.77"
    planter.planted["referenced UID in text"] = "1.2.826.0.1.3680043.9.77"
    planter.planted["family name"] = family
    in_items(planter, dataset, "top")
    item, deeper = Dataset(), Dataset()
    item.RequestedProcedureDescription = f"for {family}"
    in_items(planter, item, "item")
    in_items(planter, deeper, "deeper item")
    item.ScheduledProtocolCodeSequence = [deeper]
    dataset.RequestAttributesSequence = [item]
    in_groups(planter, dataset)
    paint(planter, dataset, syntax)
    return encoded(dataset, syntax, order) + (b"" if syntax == DeflatedExplicitVRLittleEndian else bytes(64))


def paint(planter: Planter, dataset: FileDataset, syntax: UID) -> None:
    """Give a picture whose unused high bits spell a canary, and bytes after the last sample."""
    dataset.Rows = dataset.Columns = PAINTED
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 8, 7
    samples = np.arange(PAINTED * PAINTED, dtype=np.uint16) & 0xFF
    if syntax == RLELossless:
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.PixelData = samples.tobytes()
    else:
        high = np.frombuffer(planter.raw("high bits").ljust(PAINTED * PAINTED, b"."), np.uint8).astype(np.uint16) << 8
        order = "<" if syntax.is_little_endian else ">"
        dataset.PixelData = (samples | high).astype(f"{order}u2").tobytes() + planter.raw("after the last sample")
    dataset["PixelData"].VR = "OW"


def encoded(dataset: FileDataset, syntax: UID, order: tuple[bool, bool]) -> bytes:
    """Return the dataset's file."""
    if syntax == RLELossless:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.PixelData = encapsulate(list(generate_frames(dataset.PixelData, number_of_frames=1)), has_bot=True)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=order[0], little_endian=order[1])
    return buffer.getvalue()


def reread(data: bytes) -> tuple[FileDataset, str]:
    """Return a file as pydicom reads it, and as it shows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of elements that no dictionary knows
        dataset = pydicom.dcmread(BytesIO(data))
        return dataset, f"{dataset.file_meta}\n{dataset}"


def forms_of(output: bytes) -> Iterator[bytes]:
    """Yield an output as it lies, inflated, as its elements read, and with its frames decoded, high bytes apart."""
    yield output
    dataset, shown = reread(output)
    if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        end = 144 + int.from_bytes(output[140:144], "little")
        yield zlib.decompress(output[end:], -zlib.MAX_WBITS)
    yield shown.encode("utf-8", "replace")
    samples = dataset.pixel_array
    yield samples.astype("<u2").tobytes()
    yield (samples >> 8).astype(np.uint8).tobytes()


def left(output: bytes, planted: dict[str, str]) -> list[str]:
    """Return the places whose canaries are in an output."""
    found = []
    for form in forms_of(output):
        for where, word in planted.items():
            needles = {word.encode(name, "ignore") for name in ENCODINGS} - {b""}
            if any(len(needle) >= 4 and needle in form for needle in needles):
                found.append(where)
    return found


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("declared", SCRIPTS)
def test_no_canary_is_left_in_any_form_of_the_output(syntax: UID, declared: str) -> None:
    """By the plain way and by the fast one, twice, nothing of any corner is left."""
    rules = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
    planter = Planter()
    data = a_planted_file(syntax, declared, planter)
    assert len(planter.planted) > 70
    assert SCRIPTS[declared] in reread(data)[1]
    document = DicomReader().read(data, "asset", KEY)
    head = tuple(part for part in document.parts if part.kind is PartKind.DATASET)
    whose = pipeline.identify(type(document)("asset", document.media_type, document.subject_key, head), rules, KEY)
    cleaned = pipeline.apply(whose.document, pipeline.plan(whose, "", rules, KEY), rules, KEY)
    parts = (*cleaned.parts, *(part for part in document.parts if part.kind is PartKind.PIXELS))
    output = ingest.write(type(document)("asset", document.media_type, document.subject_key, parts))
    assert left(output, planter.planted) == []
    fast = Splicer(rules, KEY)
    assert {fast.deidentified(data, "asset") for _ in range(2)} == {output}
    assert b"CHEST" in b"".join(forms_of(output))

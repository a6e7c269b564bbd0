"""The DICOM images of a sample set: identifiers in every place a header has, and in the pixels."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    RLELossless,
    UltrasoundImageStorage,
    generate_uid,
)

from deployments.sample.drawing import grained, inside, overlay
from deployments.sample.notes import DUMITRESCU, MBEKI, RAMAN
from deployments.sample.people import FACILITY, Person, american

CT_SIDE, US_HEIGHT, US_WIDTH = 256, 480, 640
BRIGHT = 3000
PRIVATE_CREATOR = "LAKESIDE IMAGING 1.0"


def ct(person: Person, seed: int, *, compressed: bool) -> bytes:
    """Return a CT-like slice, 16 bits; `compressed` by run lengths (RLE), else uncompressed."""
    dataset = _patient(person, seed, "CT", CTImageStorage)
    dataset.BodyPartExamined = person.case["region"]
    dataset.KVP, dataset.SliceThickness, dataset.ConvolutionKernel = "120", "2.5", "STANDARD"
    dataset.PixelSpacing, dataset.ImagePositionPatient = [1.4, 1.4], [-179.2, -179.2, 40]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
    dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    dataset.FrameOfReferenceUID = _uid(person, seed, "frame")
    _pixels(dataset, _slice(person, seed), bits=16)
    if compressed:
        dataset.compress(RLELossless, generate_instance_uid=False)
    return _encoded(dataset)


def ultrasound(person: Person, seed: int, *, colour: bool) -> bytes:
    """Return a frame as an ultrasound machine stores it, 8 bits, grey or in colour."""
    dataset = _patient(person, seed, "US", UltrasoundImageStorage)
    dataset.BodyPartExamined = person.case["us_region"]
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 90
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = US_WIDTH - 1, US_HEIGHT - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.03
    dataset.SequenceOfUltrasoundRegions = [region]
    frame = _sector(person, seed)
    _pixels(dataset, np.stack([frame * 0.9, frame * 0.95, frame], axis=-1) if colour else frame, bits=8)
    return _encoded(dataset)


def _slice(person: Person, seed: int) -> NDArray[np.float64]:
    """Return stored values (256, 256) of a body in section, with what the console wrote over it."""
    chance = np.random.default_rng([seed, int(person.mrn), 1])
    image = np.full((CT_SIDE, CT_SIDE), -1000.0)
    for centre, radii, level in (
        ((128, 136), (88, 62), -90.0),
        ((128, 136), (82, 56), 50.0),
        ((96, 130), (26, 32), -780.0),
        ((160, 130), (26, 32), -780.0),
        ((128, 178), (12, 10), 420.0),
        ((134, 126), (15, 19), 95.0),
        ((112, 112), (5, 5), 160.0),
    ):
        image[inside(CT_SIDE, CT_SIDE, centre, radii)] = level
    image = grained(image, chance, 14.0)
    lines = (
        (6, 4, 15, person.listed),
        (6, 22, 15, f"MRN {person.mrn}"),
        (6, 40, 15, f"DOB {american(person.born)}"),
        (6, 120, 18, "R"),
        (-6, 120, 18, "L"),
        (6, -8, 15, american(person.admitted)),
        (-6, -8, 15, "kV 120"),
    )
    ink = overlay(CT_SIDE, CT_SIDE, lines) / 255.0
    stored: NDArray[np.float64] = ((1 - ink) * image + ink * BRIGHT + 1024).clip(0, 4095)
    return stored


def _sector(person: Person, seed: int) -> NDArray[np.float64]:
    """Return grey values (480, 640) of a fan of speckle, with the machine's banner over it."""
    chance = np.random.default_rng([seed, int(person.mrn), 2])
    y, x = np.mgrid[0:US_HEIGHT, 0:US_WIDTH]
    across, down = x - US_WIDTH / 2, y - 60.0
    depth, angle = np.hypot(across, down), np.arctan2(across, down)
    fan = (depth > 50) & (depth < 390) & (np.abs(angle) < 0.72)
    tissue = 105 + 35 * np.sin(depth / 26) + 20 * np.cos(angle * 9) - depth * 0.12
    tissue[inside(US_HEIGHT, US_WIDTH, (300, 280), (84, 52))] *= 0.62
    tissue[inside(US_HEIGHT, US_WIDTH, (390, 240), (38, 26))] = 8
    image = np.where(fan, tissue * chance.rayleigh(0.8, tissue.shape), 0).clip(0, 235)
    image[:52] = 26
    lines = (
        (8, 4, 18, person.listed),
        (8, 28, 16, f"MRN {person.mrn}"),
        (250, 28, 16, f"DOB {american(person.born)}"),
        (-8, 4, 16, american(person.admitted)),
        (-8, 28, 16, "C5-1  3.5 MHz"),
        (8, 100, 16, "GAIN 45"),
        (8, 122, 16, "MI 0.9"),
        (-8, 100, 16, "DEPTH 14 cm"),
        (8, -8, 16, person.case["us_region"]),
    )
    ink = overlay(US_WIDTH, US_HEIGHT, lines) / 255.0
    drawn: NDArray[np.float64] = (1 - ink) * image + ink * 255
    return drawn


def _pixels(dataset: FileDataset, image: NDArray[np.float64], *, bits: int) -> None:
    stored = image.round().astype("<u2" if bits == 16 else np.uint8)
    dataset.Rows, dataset.Columns = stored.shape[:2]
    dataset.SamplesPerPixel = 1 if stored.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if stored.ndim == 2 else "RGB"
    if stored.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = bits
    dataset.BitsStored = 12 if bits == 16 else 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stored.tobytes()


def _patient(person: Person, seed: int, modality: str, storage: UID) -> FileDataset:
    """Return a header without pixels: the patient, the visit, the staff, the machine."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = storage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = _uid(person, seed, modality)
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = storage, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.ImageType = modality, ["ORIGINAL", "PRIMARY"]
    dataset.PatientName, dataset.PatientID, dataset.PatientSex = person.dicom_name, person.mrn, person.sex
    dataset.IssuerOfPatientID, dataset.OtherPatientIDs = FACILITY, [person.ssn, f"OLD{person.mrn}"]
    dataset.PatientBirthDate, dataset.PatientAge = f"{person.born:%Y%m%d}", f"{person.age:03d}Y"
    dataset.PatientAddress = f"{person.street}, {person.city}, {person.state} {person.zip}"
    dataset.PatientTelephoneNumbers, dataset.Occupation = person.phone, person.occupation[:16]
    dataset.AdditionalPatientHistory = f"{person.case['history']}. Contact: {person.relation} {person.relative}."
    dataset.PatientComments = f"{person.name} prefers email: {person.email}"
    dataset.InstitutionName, dataset.InstitutionAddress = FACILITY, "1 Harrow Lake Parkway, Waltham, MA 02453"
    dataset.ReferringPhysicianName, dataset.OperatorsName = _staff(RAMAN), _staff(MBEKI)
    dataset.PerformingPhysicianName = _staff(DUMITRESCU)
    dataset.Manufacturer, dataset.ManufacturerModelName = "Lakeside Imaging", "Heron 64"
    dataset.StationName, dataset.DeviceSerialNumber = f"{modality}ROOM2", "LS-448120"
    dataset.AccessionNumber, dataset.StudyID = person.accession, person.accession[-4:]
    dataset.StudyDescription = f"{modality} {person.case['region']} for {person.name}"
    dataset.SeriesDescription, dataset.ProtocolName = f"{modality} ROUTINE", f"{modality} ROUTINE"
    dataset.ImageComments = f"Acquired {american(person.admitted)}, no motion."
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.BurnedInAnnotation = "1", "1", "YES"
    dataset.StudyInstanceUID = _uid(person, seed, "study")
    dataset.SeriesInstanceUID = _uid(person, seed, f"{modality}/series")
    _dates(dataset, person.admitted)
    _nested(dataset, person, seed)
    _private(dataset, person)
    return dataset


def _dates(dataset: Dataset, day: date) -> None:
    written = f"{day:%Y%m%d}"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = written
    dataset.StudyTime, dataset.SeriesTime, dataset.ContentTime = "154210", "154300", "154305.250"
    dataset.AcquisitionDateTime = f"{written}154301.000000-0500"


def _nested(dataset: Dataset, person: Person, seed: int) -> None:
    """Put identifiers two sequences deep, where a look at the top misses them."""
    code, operator, other, request, study = Dataset(), Dataset(), Dataset(), Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "GM1", "99LOCAL", MBEKI
    operator.PersonIdentificationCodeSequence, operator.InstitutionName = [code], FACILITY
    dataset.OperatorIdentificationSequence = [operator]
    other.PatientID, other.IssuerOfPatientID, other.TypeOfPatientID = f"OLD{person.mrn}", FACILITY, "TEXT"
    dataset.OtherPatientIDsSequence = [other]
    request.RequestedProcedureID, request.ScheduledProcedureStepID = person.accession, "1"
    request.RequestedProcedureDescription = f"Scan for {person.name}, MRN {person.mrn}"
    request.ReasonForTheRequestedProcedure = person.case["complaint"][:64]
    dataset.RequestAttributesSequence = [request]
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID = _uid(person, seed, "study")
    dataset.ReferencedStudySequence = [study]


def _private(dataset: Dataset, person: Person) -> None:
    """Put identifiers into a manufacturer's own elements, plain and nested."""
    block = dataset.private_block(0x0009, PRIVATE_CREATOR, create=True)
    item = Dataset()
    item.PatientName = person.dicom_name
    block.add_new(0x01, "LO", person.listed)
    block.add_new(0x02, "SH", person.mrn)
    block.add_new(0x03, "DS", "0.75")
    block.add_new(0x04, "SQ", [item])
    block.add_new(0x05, "UN", f"{person.name} {person.mrn} ".encode())


def _staff(name: str) -> str:
    given, family = name.split(" ", 1)
    return f"{family}^{given}"


def _uid(person: Person, seed: int, role: str) -> UID:
    return generate_uid(entropy_srcs=["deidflow sample", str(seed), person.mrn, role])


def _encoded(dataset: FileDataset) -> bytes:
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()

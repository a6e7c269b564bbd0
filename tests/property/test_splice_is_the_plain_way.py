"""Law of the fast way: splicing a file's bytes gives what reading, planning, applying and writing give, to the byte."""

from __future__ import annotations

import random
import re
import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from deid_core import ingest, pipeline
from deid_core.entities import EntityType
from deid_core.errors import ChangedAsset, Quarantine
from deid_core.ingest.pieces import pieces_of
from deid_core.keys import ProjectKey
from deid_core.model import Action, Decision, Finding, PixelBox, TagPath, Verdict
from deid_core.policy import Policy, load_policy
from deid_core.ports import KnownValue
from deid_core.splice import Splicer

KEY = ProjectKey(bytes(range(32)))
RULES = ("dicom_tags", "patterns", "known_values")
UID_VALUE = re.compile(rb"1\.\d[0-9.]{8,60}\d")


@cache
def policy(name: str) -> Policy:
    """Return a shipped policy without its model of language, or `modelled`, which has it."""
    if name == "modelled":
        return load_policy("safe_harbor")
    return load_policy(name).model_copy(update={"detectors": RULES})


def plainly(data: bytes, rules: Policy) -> bytes:
    """De-identify a file's header in the plain way."""
    document = ingest.reader_for("application/dicom").read(data, "asset", KEY)
    head = replace(document, parts=tuple(part for part in document.parts if part.name != "pixels"))
    whose = pipeline.identify(head, rules, KEY)
    cleaned = pipeline.apply(whose.document, pipeline.plan(whose, "", rules, KEY), rules, KEY)
    return ingest.write(replace(cleaned, parts=(*cleaned.parts, *document.parts[len(cleaned.parts) :])))


def as_planned(data: bytes, rules: Policy, fast: Splicer | None) -> bytes:
    """De-identify a file of a kind whose pixels show nothing: by its plan, in the plain way or by the splicer."""
    document = ingest.reader_for("application/dicom").read(data, "asset", KEY)
    head = replace(document, parts=tuple(part for part in document.parts if part.name != "pixels"))
    chosen = pipeline.plan(pipeline.identify(head, rules, KEY), "", rules, KEY)
    if fast is not None:
        return b"".join(pieces_of(fast.written(data, document, chosen)))
    return ingest.write(pipeline.apply(document, chosen, rules, KEY))


def outcome(deidentify: object, data: bytes, *rest: object) -> bytes | str:
    """Return what comes out, or the name of the quarantine."""
    try:
        return deidentify(data, *rest)  # type: ignore[operator, no-any-return]
    except Quarantine as error:
        return type(error).__name__


def a_slice(number: int = 1, syntax: UID = ExplicitVRLittleEndian, **values: object) -> bytes:
    """Make a CT slice of a series: its UIDs, number, position, times and samples differ from slice to slice."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.SourceApplicationEntityTitle = syntax, "CTROOM1"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, UID(f"1.2.3.4.5678.{number}")
    dataset = FileDataset("", Dataset(), bytes(128), meta, syntax.is_implicit_VR, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"1.2.3.4.5678.{number}"
    dataset.SpecificCharacterSet, dataset.PatientName, dataset.PatientID = "ISO_IR 100", "Müller^Zoë", "00-471-1"
    dataset.PatientBirthDate, dataset.PatientAge, dataset.StudyInstanceUID = "19310405", "091Y", "1.2.3.4.99"
    dataset.StudyDate, dataset.ContentDate, dataset.ContentTime = "20190304", "20190304", f"10{number % 60:02d}00.5"
    dataset.StudyDescription, dataset.SeriesDescription = "CT CHEST for Zoë Müller, MRN 00-471-1", "W CONTRAST"
    dataset.InstanceNumber, dataset.SliceLocation = str(number), f"-{number}.250"
    dataset.ImagePositionPatient = [f"{number}.5", "-1.0e1", "+3"]
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, f"1.2.3.4.5678.{number + 1}"
    dataset.ReferencedImageSequence = [reference]
    dataset.ReferencedImageSequence[0].is_undefined_length_sequence_item = bool(number % 2)
    request = Dataset()
    request.ScheduledProcedureStepDescription, request.RequestedProcedureID = "chest", "RP-7"
    dataset.RequestAttributesSequence = [request]
    block = dataset.private_block(0x0029, "ACME 1.1", create=True)
    block.add_new(1, "LO", f"slice {number} of Zoë Müller")
    dataset.Rows = dataset.Columns = 4
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = b"".join((number + i | 0xA000 * (number == 7)).to_bytes(2, "little") for i in range(16))
    dataset["PixelData"].VR = "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if syntax.is_compressed:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.compress(syntax, generate_instance_uid=False)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["safe_harbor", "limited_data_set", "research"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless], ids=lambda s: s.name)
def test_a_series_is_spliced_after_a_few_of_its_slices(name: str, syntax: UID) -> None:
    """A few slices teach all others; one whose high bits held an overlay comes out clean; a new text is not passed."""
    fast, rules = Splicer(policy(name), KEY), policy(name)
    for number in range(1, 20):
        data = a_slice(number, syntax)
        assert fast.deidentified(data, "asset") == plainly(data, rules), number
    assert fast.plain <= 3
    for changed in (
        {"PatientName": "Roe^Richard"},
        {"SeriesDescription": "seen by Dr Roe"},
        {"PatientID": "815"},
        {"SliceLocation": ""},
        {"InstanceNumber": ""},
        {"StudyDate": ""},
        {"AccessionNumber": "A-4711"},
        {"PixelPaddingValue": 3},
        {"BitsStored": 16, "HighBit": 15},
        {"SpecificCharacterSet": "ISO_IR 192"},
        {"DeidentificationMethod": "by hand"},
        {"PatientIdentityRemoved": "NO"},
    ):
        data = a_slice(30, syntax, **changed)
        for _ in range(2):
            assert fast.deidentified(data, "asset") == plainly(data, rules), changed


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless], ids=lambda s: s.name)
def test_a_series_is_written_by_its_plans_from_its_own_bytes(syntax: UID) -> None:
    """What the flow writes of a slice is what applying its plan and writing give, its pixels as searched."""
    rules = policy("safe_harbor")
    fast = Splicer(rules, KEY)
    for number in range(1, 12):
        data = a_slice(number, syntax)
        assert as_planned(data, rules, fast) == as_planned(data, rules, None), number
    assert fast.plain <= 3
    assert pydicom.dcmread(BytesIO(as_planned(a_slice(13, syntax), rules, fast))).BurnedInAnnotation == "NO"
    assert "BurnedInAnnotation" not in pydicom.dcmread(BytesIO(fast.deidentified(a_slice(14, syntax), "asset")))


def test_a_plan_that_a_person_changed_is_carried_out_and_not_the_one_before() -> None:
    """A slice like those that were learned keeps what its own plan keeps."""
    rules = policy("safe_harbor")
    fast, data = Splicer(rules, KEY), a_slice(5)
    document = ingest.reader_for("application/dicom").read(data, "asset", KEY)
    chosen = pipeline.plan(pipeline.identify(document, rules, KEY), "", rules, KEY)
    for number in range(1, 6):
        as_planned(a_slice(number), rules, fast)
    name = next(one for one in chosen.decisions if one.finding.location == TagPath("dataset", "00100010"))
    others = tuple(one for one in chosen.decisions if one is not name)
    kept = replace(chosen, decisions=(replace(name, verdict=Verdict.KEEP, decided_by="ann"), *others))
    output = b"".join(pieces_of(fast.written(data, document, kept)))
    assert output == ingest.write(pipeline.apply(document, kept, rules, KEY))
    assert b"Zo\xeb" in output
    with pytest.raises(ChangedAsset):
        fast.written(data, document, replace(chosen, asset_id="another"))


def test_a_plan_that_covers_pixels_is_not_spliced() -> None:
    """A box in a slice like those that were learned is filled."""
    rules = policy("safe_harbor")
    fast, data = Splicer(rules, KEY), a_slice(5)
    for number in range(1, 6):
        as_planned(a_slice(number), rules, fast)
    document = ingest.reader_for("application/dicom").read(data, "asset", KEY)
    chosen = pipeline.plan(pipeline.identify(document, rules, KEY), "", rules, KEY)
    finding = Finding(EntityType.UNREAD_TEXT, PixelBox("pixels", 0, 0, 2, 2), 1.0, "test", "1")
    covered = Decision(finding, Verdict.TRANSFORM, Action("fill"), "test")
    output = b"".join(pieces_of(fast.written(data, document, replace(chosen, decisions=(*chosen.decisions, covered)))))
    assert not pydicom.dcmread(BytesIO(output)).pixel_array[:2, :2].any()


def test_reserved_bytes_in_which_something_stands_are_not_copied() -> None:
    """The two bytes after a long representation hold nothing in a file that was learned, and nothing in the next."""
    fast, rules = Splicer(policy("safe_harbor"), KEY), policy("safe_harbor")
    for number in (1, 2, 3):
        fast.deidentified(a_slice(number), "asset")
    data = a_slice(4).replace(b"OW\0\0", b"OWMR").replace(b"SQ\0\0", b"SQDO")
    assert fast.deidentified(data, "asset") == plainly(data, rules)
    assert b"OWMR" not in fast.deidentified(data, "asset")


def test_a_picture_of_another_extent_than_said_is_not_copied() -> None:
    """The codestream of a slice like those that were learned says that it has more rows: it is set aside either way."""
    fast, rules = Splicer(policy("safe_harbor"), KEY), policy("safe_harbor")
    for number in (1, 2, 3):
        data = a_slice(number, JPEGLSLossless, BitsStored=12)
        assert fast.deidentified(data, "asset") == plainly(data, rules)
    assert fast.spliced > 0
    data = a_slice(4, JPEGLSLossless)
    header = re.search(rb"\xff\xf7\0.\x0c\0\x04", data)
    assert header
    longer = data[: header.end() - 1] + b"\x05" + data[header.end() :]
    assert outcome(plainly, longer, rules) == "MalformedAsset"
    assert outcome(fast.deidentified, longer, "asset") == "MalformedAsset"


def test_what_is_known_of_a_subject_is_asked_anew_for_every_file() -> None:
    """A name that another document told of after a slice was learned is found in the next slice all the same."""
    known: list[KnownValue] = []
    fast = Splicer(policy("safe_harbor"), KEY, lambda _: tuple(known))
    before = fast.deidentified(a_slice(1, SeriesDescription="CHEST Brzezicki"), "asset")
    known.append(KnownValue(EntityType.NAME, "Brzezicki^Ann"))
    after = fast.deidentified(a_slice(2, SeriesDescription="CHEST Brzezicki"), "asset")
    assert b"Brzezicki" in before
    assert b"Brzezicki" not in after


NAMES = (
    "Brzezicki^Ann",
    "Chest^Rose",
    "O'Hara^Mary Jo^^Dr",
    "Abdel-Rahman^Omar",
    "Portable^Grace",
    "Le^An",
    "=Doe",
    " ",
    "",
)
TEXTS = (
    "CT CHEST",
    "CT ABDOMEN W CONTRAST",
    "seen by Dr Roe",
    "CT CHEST Brzezicki",
    "PORTABLE FILM",
    "MRN 8150042",
    "",
)


@pytest.mark.parametrize("name", ["safe_harbor", "limited_data_set", "research", "image_collection", "modelled"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian], ids=lambda s: s.name)
def test_files_of_many_people_are_spliced_by_what_each_of_their_values_becomes(name: str, syntax: UID) -> None:
    """Each file is someone else's, with texts met before, some of which hold the name or number of just that person."""
    fast, rules, chance = Splicer(policy(name), KEY), policy(name), random.Random(3)
    for number in range(90):
        reference = Dataset()
        reference.RequestedProcedureID, reference.ScheduledProcedureStepDescription = (
            f"RP-{number}",
            chance.choice(TEXTS),
        )
        data = a_slice(
            number,
            syntax,
            PatientName=chance.choice(NAMES),
            PatientID=chance.choice(("8150042", "00-471-1", "MRN-77", "", f"{number}-{number * 7919}")),
            PatientBirthDate=chance.choice(("19310405", "19800101", "")),
            StudyDescription=chance.choice(TEXTS),
            SeriesDescription=chance.choice(TEXTS),
            InstitutionName=chance.choice(("St Brzezicki Hospital", "Lakeside", "   ")),
            AccessionNumber=chance.choice(("A-4711", "8150042", "")),
            ReferringPhysicianName=chance.choice(("Roe^Richard", "", "Portable^P")),
            RequestAttributesSequence=[reference] * chance.randrange(3),
        )
        assert fast.deidentified(data, "asset") == plainly(data, rules), number
    assert fast.spliced > 10


WORDS = (
    "CT",
    "CHEST",
    "KNEE",
    "W",
    "CONTRAST",
    "axial",
    "Lindqvist",
    "(OKAFOR)",
    "PROTOCOL",
    "12.3.2019",
    "512",
    "ASSOC",
)


@pytest.mark.parametrize("name", ["safe_harbor", "limited_data_set", "research", "modelled"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian], ids=lambda s: s.name)
def test_texts_that_were_never_met_are_done_by_themselves(name: str, syntax: UID) -> None:
    """Every file has descriptions of its own, some with shapes of names and dates in them, some with the patient's."""
    fast, rules, chance = Splicer(policy(name), KEY), policy(name), random.Random(5)
    for number in range(40):
        family, maker = chance.choice(("Brzezicki", "Chest", "Van Houten", "Stone")), chance.choice(("Acme", "Toshiba"))
        said = [" ".join(chance.choices(WORDS, k=4)) for _ in range(5)]
        code, step, deeper = Dataset(), Dataset(), Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "71250", "99LOCAL", said[3]
        deeper.CodeValue, deeper.CodeMeaning = "121071", f"finding of {family}"
        code.EquivalentCodeSequence = [deeper]
        step.ScheduledProcedureStepDescription, step.RequestedProcedureID = said[4], f"RP-{number}"
        step.ScheduledProtocolCodeSequence = [code] * chance.randrange(3)
        data = a_slice(
            number,
            syntax,
            PatientName=f"{family}^Ann",
            PatientID=f"{number * 7919:07d}",
            StudyDescription=said[0],
            SeriesDescription=f"{said[1]} {family if number % 3 == 0 else ''}",
            ProtocolName=f"{said[2]}\\{number}" if number % 5 == 0 else said[2],
            Manufacturer=maker,
            InstitutionName=maker,
            RequestAttributesSequence=[step] * (1 + number % 2),
            ImageComments=f"line {number}\r\nof {family}" if number % 4 == 0 else "plain",
        )
        assert fast.deidentified(data, "asset") == plainly(data, rules), number
    assert fast.spliced > 20


def test_a_name_in_an_element_of_unknown_representation_is_sought_in_texts() -> None:
    """Another name of the patient, written as UN, goes with its element, and from a description that was met before."""
    fast, rules = Splicer(policy("safe_harbor"), KEY), policy("safe_harbor")
    for number, other in enumerate(("Kowalska^Ewa", "Nowak^Ewa", "Lis^Ewa", "Nowak^Ewa", "Wrona^Ewa")):
        data = a_slice(number, OtherPatientNames=other, StudyDescription="CHEST Nowak", PatientName="Doe^Jane")
        tag, length = b"\x10\x00\x01\x10", len(other) + len(other) % 2
        told = tag + b"UN\0\0" + length.to_bytes(4, "little")
        data = data.replace(tag + b"PN" + length.to_bytes(2, "little"), told)
        assert fast.deidentified(data, "asset") == plainly(data, rules), other
        assert (b"Nowak" in fast.deidentified(data, "asset")) == ("Nowak" not in other)


def of_another(data: bytes, number: int) -> bytes:
    """Return a real file as someone else's: another name, number, date of birth, physician and institution."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(BytesIO(data), force=True)
        dataset.PatientName, dataset.PatientID = f"Wiśniewski^Jan{number}"[number % 2 * 10 :], f"MRN{number:05d}"
        dataset.PatientBirthDate, dataset.ReferringPhysicianName = f"19{number % 70 + 20}0304", "Roe^Richard"
        dataset.InstitutionName, dataset.AccessionNumber = ("Lakeside", "Hillside")[number % 2], f"A{number}"
        buffer = BytesIO()
        dataset.save_as(buffer)
    return buffer.getvalue()


def other_values(data: bytes, chance: random.Random) -> bytes:
    """Return a file in which a few UIDs, digits or samples are others."""
    changed = bytearray(data)
    uids = [match for match in UID_VALUE.finditer(data) if not match[0].startswith(b"1.2.840.10008.")]
    for match in chance.sample(uids, min(3, len(uids))):
        changed[match.end() - 1] = ord(str(chance.randrange(1, 10)))
    for match in chance.sample(spots := list(re.finditer(rb"(?<=\d)\d(?=[ .\\\d])", data[:8000])), min(2, len(spots))):
        changed[match.start()] = ord(str(chance.randrange(10)))
    for _ in range(3):
        changed[chance.randrange(len(data) * 3 // 4, len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def check(paths: list[Path], name: str, changes: int) -> tuple[int, int]:
    """Compare both ways over real files, each as it is and with other values; return how many were spliced, of all."""
    fast, rules, chance = Splicer(policy(name), KEY), policy(name), random.Random(5)
    for path in paths:
        data = path.read_bytes()
        made = [other_values(data, chance) for _ in range(changes)]
        with suppress(Exception):  # pydicom does not write all that it reads
            made += [of_another(data, number) for number in range(len(path.name), len(path.name) + 3)]
        for version in (data, data, *made):
            assert outcome(fast.deidentified, version, "asset") == outcome(plainly, version, rules), path.name
            assert outcome(as_planned, version, rules, fast) == outcome(as_planned, version, rules, None), path.name
    return fast.spliced, fast.spliced + fast.plain


def small(shared: Path) -> list[Path]:
    """List the real files that are not large."""
    return [path for path in sorted((shared / "dicom").rglob("*.dcm")) if path.stat().st_size < 600_000]


@pytest.mark.shared
def test_a_sample_of_real_files_is_the_same_either_way(shared: Path) -> None:
    """Every ninth small real file, as it is and with other values, comes out the same."""
    spliced, _ = check(small(shared)[::9], "safe_harbor", 2)
    assert spliced > 10


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["safe_harbor", "limited_data_set", "research", "image_collection"])
def test_all_real_files_are_the_same_either_way(shared: Path, name: str) -> None:
    """Every real file but the largest, as it is and with other values, comes out the same."""
    spliced, _ = check(small(shared), name, 2)
    assert spliced > 100

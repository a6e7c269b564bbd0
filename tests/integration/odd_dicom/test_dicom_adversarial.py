"""Data sets that are odd in one way each, made to hide a patient: no name, number or date of theirs is left.

Each case is made in code. The patient's values are those that `odd.secrets` looks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

FAMILY, GIVEN, MRN, ACCESSION = "Quarrington", "Ebenezer", "MX7391846", "ACN5520187"
BORN, STUDIED = "19470913", "20180622"
NUMBER = "7391846"  # of the record, without its letters
FAMILY_KANJI, FAMILY_KANA = "小笠原", "おがさわら"
STUDY_UID = "1.2.826.0.1.3680043.9.5577.1234"
Case = Callable[[FileDataset], None]
CASES: dict[str, Case] = {}


def case(make: Case) -> Case:
    """Register a case that changes a dataset, by its name."""
    CASES[make.__name__] = make
    return make


def item(**values: object) -> Dataset:
    """Return an item."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


@case
def private_in_items_of_private_items(dataset: FileDataset) -> None:
    """Plant a private block in a sequence in a private sequence in a public one."""
    deepest = item(PatientName=f"{FAMILY}^{GIVEN}", SeriesDescription=f"for {FAMILY}")
    deepest.private_block(0x0045, "ACME 2", create=True).add_new(1, "LT", f"{GIVEN} {FAMILY} {MRN}")
    inner, outer = Dataset(), item(ScheduledProcedureStepDescription=f"chest {FAMILY}")
    inner.private_block(0x0043, "ACME 1", create=True).add_new(2, "SQ", [deepest])
    outer.private_block(0x0043, f"{FAMILY} 1", create=True).add_new(3, "SQ", [inner])
    dataset.RequestAttributesSequence = [outer]


@case
def three_groups_in_japanese(dataset: FileDataset) -> None:
    """Plant the alphabetic, ideographic and phonetic name, and the ideographs in a description and a comment."""
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    dataset.PatientName = f"{FAMILY}^{GIVEN}={FAMILY_KANJI}^太郎={FAMILY_KANA}^たろう"
    dataset.StudyDescription = f"CT CHEST {FAMILY_KANJI}"
    dataset.ImageComments = f"胸部 {FAMILY_KANJI} {FAMILY_KANA}"


@case
def an_overlong_text(dataset: FileDataset) -> None:
    """Plant the name far beyond what a long string may hold."""
    dataset.SeriesDescription = "CT CHEST " * 60 + f"{FAMILY} {MRN}"
    dataset.StationName = "CT" * 40 + FAMILY


@case
def retired_elements(dataset: FileDataset) -> None:
    """Plant elements that the standard retired, and comments of old groups."""
    for tag, vr in (
        *((0x00084000, "LT"), (0x00101050, "LO"), (0x00324000, "LT"), (0x40080300, "ST"), (0x4008010C, "PN")),
        *((0x00203401, "CS"), (0x00200070, "LO"), (0x00102299, "LO"), (0x00380040, "LO"), (0x40080102, "PN")),
        *((0x00080041, "LT"), (0x00204000, "LT"), (0x00280200, "US"), (0x40084000, "ST")),
    ):
        dataset.add_new(tag, vr, 3 if vr == "US" else FAMILY.upper() if vr == "CS" else f"{FAMILY} {MRN} {ACCESSION}")


@case
def uids_in_text(dataset: FileDataset) -> None:
    """Plant several UIDs of the study in comments, and as values of one element."""
    dataset.ImageComments = f"see {STUDY_UID}, {STUDY_UID}.8 and {STUDY_UID}.7\nof {FAMILY}"
    dataset.DerivationDescription = f"from {STUDY_UID}\\{STUDY_UID}.8"
    dataset.IrradiationEventUID = [f"{STUDY_UID}.11", f"{STUDY_UID}.12"]


@case
def json_in_text(dataset: FileDataset) -> None:
    """Plant an exporter's JSON in private and in public text."""
    told = {"patient": {"name": f"{GIVEN} {FAMILY}", "family_name": FAMILY, "mrn": MRN, "dob": "1947-09-13"}}
    told |= {"study": {"accession": ACCESSION, "date": "2018-06-22", "uid": STUDY_UID}}
    dataset.ImageComments = json.dumps(told)
    dataset.AcquisitionComments = json.dumps(told, separators=(",", ":"))
    dataset.private_block(0x0029, "ACME JSON", create=True).add_new(1, "UT", json.dumps(told, indent=1))


@case
def ranges_of_dates(dataset: FileDataset) -> None:
    """Plant dates written as a query's ranges, the old way, and with a time."""
    dataset["StudyDate"]._value = f"{STUDIED}-20180701"
    dataset["StudyTime"]._value = "101533.123456-1200"
    dataset.add_new(0x00080022, "DA", "")
    dataset["AcquisitionDate"]._value = "2018.06.22"
    dataset.add_new(0x0008002A, "DT", f"{STUDIED}101533.123456+0100")
    dataset.ImageComments = f"scanned {STUDIED}, 2018-06-22, 22.06.2018, 06/22/2018, 22 Jun 2018"


@case
def birthdays_in_text(dataset: FileDataset) -> None:
    """Plant the birth date in many notations."""
    dataset.ImageComments = "DOB 13 Sep 1947; b. 13.09.1947; born 09/13/1947; (13-SEP-1947) 1947.09.13"
    dataset.PatientComments = f"born September 13, 1947 ({BORN})"
    dataset.SeriesDescription = f"CHEST {BORN}"


@case
def an_old_patient(dataset: FileDataset) -> None:
    """Plant ages over 89, as they should be written and as they should not."""
    dataset.PatientAge = "099Y"
    dataset.SeriesDescription = "CHEST 99 yo"
    dataset.ImageComments = "a 99-year-old woman"


@case
def urls(dataset: FileDataset) -> None:
    """Plant whose a study is in where it is retrieved from."""
    url = f"https://pacs.example.org/studies/{STUDY_UID}?name={FAMILY}%5E{GIVEN}&id={MRN}&acc={ACCESSION}"
    dataset.RetrieveURL, dataset.RetrieveURI = url, url
    dataset.ImageComments = f"viewer: {url}"
    dataset.ReferencedSeriesSequence = [item(RetrieveURL=url, SeriesInstanceUID=f"{STUDY_UID}.8")]


@case
def names_in_stations_and_steps(dataset: FileDataset) -> None:
    """Plant the patient in the station, the step and the titles of applications."""
    dataset.StationName, dataset.PerformedStationAETitle = f"CT_{FAMILY}"[:16], FAMILY.upper()
    dataset.PerformedProcedureStepDescription = f"CHEST {FAMILY.upper()}"
    dataset.PerformedProcedureStepID = ACCESSION
    step = item(ScheduledProcedureStepDescription=f"CT {FAMILY}, {GIVEN}", ScheduledProcedureStepID=ACCESSION)
    step.ScheduledStationAETitle, step.RequestedProcedureID = FAMILY.upper(), MRN
    dataset.RequestAttributesSequence = [step]
    dataset.file_meta.SourceApplicationEntityTitle = FAMILY.upper()
    dataset.RetrieveAETitle = [FAMILY.upper(), "PACS"]


@case
def codes_that_name(dataset: FileDataset) -> None:
    """Plant a local code whose value is the record's number and whose meaning is the patient."""
    code = item(CodeValue=MRN, CodingSchemeDesignator="99LOCAL", CodeMeaning=f"{FAMILY} {GIVEN}")
    dataset.ProcedureCodeSequence, dataset.AnatomicRegionSequence = [code], [code]
    dataset.ViewCodeSequence = [item(CodeValue=NUMBER, CodingSchemeDesignator="SCT", CodeMeaning=f"view of {FAMILY}")]


@case
def names_glued_together(dataset: FileDataset) -> None:
    """Plant names and numbers without anything between them, and other cases."""
    dataset.SeriesDescription = f"{FAMILY.upper()}{GIVEN.upper()}"
    dataset.ProtocolName = f"{GIVEN}_{FAMILY}_{MRN}"
    dataset.StudyDescription = f"CHEST{FAMILY.upper()}"
    dataset.ImageComments = f"MX-739-1846 mx7391846 acn-5520187 {FAMILY.lower()}{GIVEN.lower()}"


@case
def coded_strings_that_name(dataset: FileDataset) -> None:
    """Plant a name in capitals in coded strings."""
    dataset.BodyPartExamined, dataset.ImageType = FAMILY.upper(), ["ORIGINAL", "PRIMARY", FAMILY.upper()]
    dataset.PatientPosition, dataset.ScanOptions = "HFS", [FAMILY.upper(), "HELICAL"]
    dataset.ContentLabel, dataset.ContentDescription = FAMILY.upper(), f"of {FAMILY}"
    dataset.ContentCreatorName = f"{FAMILY}^{GIVEN}"


@case
def numbers_that_identify(dataset: FileDataset) -> None:
    """Plant a record's number of digits alone in short strings and counts."""
    dataset.PatientID = NUMBER
    dataset.AcquisitionNumber, dataset.SeriesNumber, dataset.StudyID = NUMBER, "3", NUMBER
    dataset.RequestAttributesSequence = [item(ReferencedFrameNumber=["1", NUMBER])]
    dataset.AdmissionID = NUMBER


@case
def nothing_but_a_line_between(dataset: FileDataset) -> None:
    """Plant control characters, tabs and line ends around and within names."""
    dataset.ImageComments = f"CT\tCHEST\r\n{FAMILY}\t{GIVEN}\x0c{MRN}\r\n\r\n{ACCESSION}"
    dataset["StudyDescription"]._value = f"CT CHEST\0{FAMILY}"


@case
def a_report(dataset: FileDataset) -> None:
    """Plant a content tree with names, dates and references at each depth."""
    leaf = item(RelationshipType="HAS OBS CONTEXT", ValueType="PNAME", PersonName=f"{FAMILY}^{GIVEN}")
    text = item(RelationshipType="CONTAINS", ValueType="TEXT", TextValue=f"{FAMILY}, seen on 06/22/2018, MRN {MRN}")
    text.ContentSequence = [leaf, item(ValueType="DATE", Date=STUDIED), item(ValueType="UIDREF", UID=STUDY_UID)]
    dataset.ContentSequence = [text, item(ValueType="DATETIME", DateTime=f"{STUDIED}101500")]
    dataset.VerifyingObserverSequence = [
        item(VerifyingObserverName="Roe^A", VerifyingOrganization=f"{FAMILY} Hospital")
    ]


@case
def radiotherapy_labels(dataset: FileDataset) -> None:
    """Plant labels of structures, plans and machines with the patient's name."""
    dataset.StructureSetLabel, dataset.StructureSetName = FAMILY[:16], f"{FAMILY} lung"
    dataset.StructureSetROISequence = [item(ROINumber=1, ROIName=f"GTV {FAMILY}", ROIDescription=f"of {GIVEN}")]
    dataset.RTPlanLabel, dataset.RTPlanName, dataset.RTPlanDescription = FAMILY[:16], FAMILY, f"plan {FAMILY}"
    dataset.RTROIObservationsSequence = [item(ROIInterpreter="Roe^A", ROIObservationLabel=FAMILY[:16])]
    dataset.BeamSequence = [item(TreatmentMachineName=f"{FAMILY}"[:16], BeamName=FAMILY, BeamDescription=FAMILY)]


@case
def frames_with_comments(dataset: FileDataset) -> None:
    """Plant functional groups of each frame with dates and comments."""
    content = item(FrameComments=f"{FAMILY} {MRN}", FrameLabel=FAMILY, FrameAcquisitionDateTime=f"{STUDIED}1015")
    group = item(FrameContentSequence=[content])
    group.private_block(0x2005, "Philips MR", create=True).add_new(1, "LO", FAMILY)
    dataset.PerFrameFunctionalGroupsSequence = [group, group]


@case
def waveforms_and_graphics(dataset: FileDataset) -> None:
    """Plant labels of channels, annotations, and layers."""
    channel = item(ChannelLabel=FAMILY[:16], ChannelDerivationDescription=f"of {FAMILY}")
    dataset.WaveformSequence = [item(MultiplexGroupLabel=FAMILY[:16], ChannelDefinitionSequence=[channel])]
    dataset.WaveformAnnotationSequence = [item(UnformattedTextValue=f"{FAMILY} {MRN}")]
    text = item(UnformattedTextValue=f"{GIVEN} {FAMILY}")
    dataset.GraphicAnnotationSequence = [item(GraphicLayer="LAYER", TextObjectSequence=[text])]
    dataset.GraphicLayerSequence = [item(GraphicLayer=FAMILY.upper(), GraphicLayerDescription=FAMILY)]


@case
def other_ids(dataset: FileDataset) -> None:
    """Plant other numbers and issuers of the patient, nested."""
    dataset.OtherPatientIDsSequence = [item(PatientID=f"{MRN}-2", IssuerOfPatientID=FAMILY)]
    dataset.IssuerOfAccessionNumberSequence = [item(LocalNamespaceEntityID=FAMILY, UniversalEntityID=STUDY_UID)]
    dataset.PatientInsurancePlanCodeSequence = [item(CodeValue=NUMBER, CodeMeaning=FAMILY)]
    dataset.MilitaryRank, dataset.Occupation, dataset.PatientReligiousPreference = FAMILY, f"{FAMILY} & Sons", "none"


@case
def a_name_in_other_words(dataset: FileDataset) -> None:
    """Plant possessives, hyphens, initials, titles and misspellings of the name."""
    dataset.ImageComments = f"Mr. {FAMILY}'s scan. {GIVEN[0]}. {FAMILY}. {FAMILY}-Smith. MR {FAMILY.upper()}."
    dataset.SeriesDescription = f"{FAMILY}'s CHEST"
    dataset.ReasonForStudy = f"Pt {GIVEN} {GIVEN[0]} {FAMILY}; {FAMILY},{GIVEN}"


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_the_patient_is_left_of_an_odd_dataset(name: str, odd: Any) -> None:
    """Each way of hiding the patient in a dataset, in explicit VR."""
    found = odd.outputs(odd.a_file(CASES[name]))
    assert len(found) == 3
    assert [odd.sought(output) for output in found] == [[], [], []]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_nothing_is_left_in_any_encoding(syntax: UID, odd: Any) -> None:
    """All ways at once that do not contradict each other, in the other transfer syntaxes."""

    def all_at_once(dataset: FileDataset) -> None:
        for name, change in CASES.items():
            if name not in {"three_groups_in_japanese", "numbers_that_identify"}:
                change(dataset)

    found = odd.outputs(odd.a_file(all_at_once, syntax))
    assert len(found) == 3
    assert [odd.sought(output) for output in found] == [[], [], []]


def test_a_number_in_a_count_of_a_later_slice_goes(odd: Any) -> None:
    """A slice like those that were learned, whose acquisition is counted by the patient's number, is not copied."""
    fast = odd.splicer()
    for count in ("1", "2", "3", NUMBER):
        data = odd.a_file(PatientID=NUMBER, AcquisitionNumber=count, ImageComments="chest")
        assert odd.sought(fast.deidentified(data, "asset")) == []
    assert fast.spliced > 0


def test_what_is_looked_for_is_there(odd: Any) -> None:
    """The search finds the secrets in the files as they are."""
    found = {name: odd.sought(odd.a_file(change)) for name, change in CASES.items() if name != "ranges_of_dates"}
    assert all(found.values())
    assert FAMILY_KANJI in found["three_groups_in_japanese"]


def test_the_patient_is_the_one_that_is_looked_for(odd: Any) -> None:
    """Every value that the cases plant is among those that the search knows."""
    planted = (FAMILY, GIVEN, MRN, ACCESSION, NUMBER, BORN, STUDIED, FAMILY_KANJI, FAMILY_KANA, STUDY_UID)
    assert {*planted} <= {*odd.secrets}

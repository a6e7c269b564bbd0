"""Values of the patient in attributes and representations where nobody expects them: none is left in the bytes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

FAMILY, GIVEN, MRN, ACCESSION, NUMBER = "Quarrington", "Ebenezer", "MX7391846", "ACN5520187", "7391846"
BORN, STUDIED = "19470913", "20180622"
PERSON, BYTES = f"{FAMILY}^{GIVEN}", f"{FAMILY} {MRN}x".encode()
Case = Callable[[FileDataset], None]
CASES: dict[str, tuple[Case, tuple[str, ...]]] = {}


def case(*stays: str) -> Callable[[Case], Case]:
    """Register a case that changes a dataset, by its name, and the words that stay of it."""

    def kept(make: Case) -> Case:
        CASES[make.__name__] = make, stays
        return make

    return kept


def item(**values: object) -> Dataset:
    """Return an item."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def coded(meaning: str, value: str = "1") -> list[Dataset]:
    """Return an item with a local code."""
    return [item(CodeValue=value, CodingSchemeDesignator="99LOCAL", CodeMeaning=meaning)]


@case("CHEST")
def another_representation(dataset: FileDataset) -> None:
    """Write names, numbers and sizes in representations that are not theirs."""
    for tag, vr, text in (
        *((0x00100010, "LO", f"{FAMILY} {GIVEN}"), (0x00100020, "SH", MRN), (0x00100030, "LO", BORN)),
        *((0x00101020, "LO", FAMILY), (0x00101030, "LO", MRN), (0x00180060, "LO", FAMILY), (0x00280030, "LO", FAMILY)),
        *((0x00081030, "UT", f"CHEST {FAMILY}"), (0x00080201, "SH", FAMILY)),
    ):
        dataset[tag] = DataElement(tag, vr, text)


@case()
def retained_characteristics(dataset: FileDataset) -> None:
    """Write the name where the policy retains a patient's characteristics."""
    dataset["PatientSex"] = DataElement(0x00100040, "CS", FAMILY.upper())
    dataset.EthnicGroup, dataset.PatientSpeciesDescription, dataset.SmokingStatus = FAMILY, FAMILY, "NO"
    dataset.ResponsiblePerson, dataset.CountryOfResidence, dataset.RegionOfResidence = PERSON, FAMILY, FAMILY
    dataset.InstitutionName = f"{FAMILY} Infirmary"


@case("CHEST")
def unknown_representation(dataset: FileDataset) -> None:
    """Write public texts as UN."""
    for tag, text in ((0x00081048, PERSON), (0x00204000, f"{FAMILY} {MRN}"), (0x0008103E, f"CHEST {FAMILY}")):
        dataset.add_new(tag, "UN", text.encode())
    dataset.add_new(0x00104000, "UN", FAMILY.encode("utf-16-le"))


@case()
def bytes_that_are_text(dataset: FileDataset) -> None:
    """Write texts into encrypted content, profiles, curves, overlays and groups that nobody defined."""
    for tag, vr in ((0x04000520, "OB"), (0x00282000, "OB"), (0x50003000, "OW"), (0x60003000, "OW"), (0x000910F1, "UN")):
        dataset.add_new(tag, vr, BYTES)
    for tag in (0x00010010, 0x00030010, 0x00070010, 0x00090010, 0x50000022, 0x60000022, 0x60001500, 0x60010010):
        dataset.add_new(tag, "LO", FAMILY)
    dataset.add_new(0x7FE10010, "LO", FAMILY)
    dataset.add_new(0x7FE11001, "OB", BYTES)


@case()
def file_meta(dataset: FileDataset) -> None:
    """Write the name into file meta elements, and elements of a directory into an image."""
    meta = dataset.file_meta
    meta.ImplementationVersionName, meta.PrivateInformationCreatorUID = FAMILY[:16], UID(f"1.2.3.{NUMBER}")
    meta.PrivateInformation, meta.SendingApplicationEntityTitle = BYTES, FAMILY.upper()
    meta.add_new(0x00020026, "UR", f"http://h/{FAMILY}")
    dataset.add_new(0x00041130, "CS", FAMILY.upper())
    dataset.add_new(0x00041500, "CS", [FAMILY.upper(), MRN])


@case()
def uids_with_numbers(dataset: FileDataset) -> None:
    """Write the number behind the standard's own root, and into UIDs of classes and vocabularies."""
    dataset.StudyInstanceUID = UID(f"1.2.840.10008.{NUMBER}.1")
    dataset.FrameOfReferenceUID = UID(f"1.2.840.10008.5.1.{NUMBER}")
    dataset.ImageComments = f"see 1.2.840.10008.{NUMBER}.1"
    dataset.RelatedGeneralSOPClassUID, dataset.OriginalSpecializedSOPClassUID = (
        f"1.2.276.{NUMBER}",
        f"1.2.276.{NUMBER}.3",
    )
    dataset.ProcedureCodeSequence = coded("CT")
    for keyword in ("ContextUID", "CodingSchemeUID", "MappingResourceUID", "ContextGroupExtensionCreatorUID"):
        setattr(dataset.ProcedureCodeSequence[0], keyword, UID(f"1.2.276.{NUMBER}.5"))


@case()
def dates_among_numbers(dataset: FileDataset) -> None:
    """Write dates as counts and sizes, and glued to letters."""
    dataset.SliceLocation, dataset.EchoTime, dataset.SeriesNumber, dataset.ImagesInAcquisition = (
        STUDIED,
        BORN,
        STUDIED,
        BORN,
    )
    dataset.AcquisitionNumber, dataset.StationName = NUMBER, f"CT{STUDIED}"
    dataset.SeriesDescription, dataset.ProtocolName, dataset.SequenceName = f"x_{BORN}_v2", f"b{BORN}", f"*q{BORN}"


@case()
def presentation(dataset: FileDataset) -> None:
    """Write names into who made a presentation, its groups, rulers and boxes."""
    maker = item(
        PersonIdentificationCodeSequence=coded(FAMILY, MRN), PersonAddress=f"Rd {FAMILY}", InstitutionName=FAMILY
    )
    dataset.ContentCreatorIdentificationCodeSequence = [maker]
    dataset.HangingProtocolName, dataset.HangingProtocolCreator, dataset.DisplaySetLabel = FAMILY, FAMILY, FAMILY
    dataset.HangingProtocolUserIdentificationCodeSequence = coded(FAMILY, MRN)
    dataset.StructuredDisplayTextBoxSequence = [item(UnformattedTextValue=f"{FAMILY} {MRN}")]
    dataset.GraphicGroupSequence = [item(GraphicGroupLabel=FAMILY, GraphicGroupDescription=f"{FAMILY} {GIVEN}")]
    ruler = item(CompoundGraphicType="RULER", MajorTicksSequence=[item(TickLabel=FAMILY)])
    lesion = item(TrackingID=f"{FAMILY} 1", TrackingUID="1.2.826.0.1.3680043.9.5577.1234.5")
    dataset.GraphicAnnotationSequence = [
        item(GraphicLayer=FAMILY.upper(), CompoundGraphicSequence=[ruler], GraphicObjectSequence=[lesion])
    ]


@case("Lungs clear", "millimeter", "12.5")
def a_report(dataset: FileDataset) -> None:
    """Write names, numbers and dates into every kind of content item and who answers for it."""
    finding = f"Lungs clear. Discussed with Dr. Hallorann by phone 937-555-0143. {FAMILY} informed. MRN {MRN}"
    measured = item(NumericValue="12.5", MeasurementUnitsCodeSequence=coded("millimeter", "mm"))
    dataset.ContentSequence = [
        item(ValueType="TEXT", ConceptNameCodeSequence=coded("Subject ID"), TextValue=f"{MRN}-2"),
        item(ValueType="PNAME", ConceptNameCodeSequence=coded("Subject Name"), PersonName=PERSON),
        item(ValueType="DATE", ConceptNameCodeSequence=coded("Subject Birth Date"), Date=BORN),
        item(
            ValueType="TEXT", ConceptNameCodeSequence=coded("Device Observer Name"), TextValue=f"ROOM-{FAMILY.upper()}"
        ),
        item(ValueType="TEXT", TextValue=finding, ObservationDateTime=f"{STUDIED}1015"),
        item(ValueType="CODE", ConceptCodeSequence=coded(f"Referred by {FAMILY}", MRN)),
        item(ValueType="TCOORD", TemporalRangeType="POINT", ReferencedDateTime=f"{STUDIED}1015"),
        item(ValueType="NUM", MeasuredValueSequence=[measured]),
    ]
    dataset.AuthorObserverSequence = [item(PersonName=PERSON)]
    dataset.ParticipantSequence = [item(PersonName=PERSON, ParticipationDateTime=STUDIED)]
    dataset.CustodialOrganizationSequence = [item(InstitutionName=FAMILY)]
    dataset.CompletionFlagDescription = f"by {FAMILY}"


@case("PTV", "Bladder", "60 Gy")
def radiotherapy(dataset: FileDataset) -> None:
    """Write names into structures, doses, fixations, blocks and wedges."""
    dataset.StructureSetROISequence = [
        item(ROINumber=1, ROIName=f"PTV_{FAMILY}_60Gy"),
        item(ROINumber=2, ROIName="Bladder", ROIDescription=f"Bladder of {FAMILY.upper()}{GIVEN.upper()}"),
        item(ROINumber=3, ROIName=f"PTV{FAMILY}60"),
    ]
    mask = item(FixationDeviceLabel=FAMILY, FixationDeviceDescription=f"mask {FAMILY}")
    dataset.PatientSetupSequence = [item(SetupTechniqueDescription=FAMILY, FixationDeviceSequence=[mask])]
    dataset.DoseReferenceSequence = [item(DoseReferenceDescription=f"{FAMILY} boost")]
    dataset.PrescriptionDescription, dataset.ReviewerName = f"60 Gy {FAMILY}", PERSON
    block, wedge = item(BlockName=FAMILY, BlockTrayID=FAMILY), item(WedgeID=FAMILY, AccessoryCode=FAMILY)
    dataset.BeamSequence = [item(BeamName=FAMILY, BlockSequence=[block], WedgeSequence=[wedge])]


@case("lesion", "skin")
def segments_and_specimens(dataset: FileDataset) -> None:
    """Write names into segments, containers, labels and how a specimen was made."""
    dataset.SegmentSequence = [
        item(SegmentLabel=f"{FAMILY} lesion", SegmentDescription=f"lesion {MRN}", TrackingID=FAMILY)
    ]
    dataset.ContainerIdentifier, dataset.BarcodeValue, dataset.LabelText = MRN, MRN, f"{FAMILY} {MRN}"
    step = item(SpecimenPreparationStepContentItemSequence=[item(ValueType="TEXT", TextValue=f"{FAMILY} {MRN}")])
    dataset.SpecimenDescriptionSequence = [
        item(
            SpecimenIdentifier=f"{MRN}-A1",
            SpecimenShortDescription=f"skin {FAMILY}",
            SpecimenPreparationSequence=[step],
        )
    ]
    dataset.UniqueDeviceIdentifier, dataset.DeviceDescription = f"(01)00884838{NUMBER}", f"of {FAMILY}"


@case()
def what_was_changed_before(dataset: FileDataset) -> None:
    """Write the patient into original, encrypted and signed attributes, and contributing equipment."""
    inner = item(PatientName=PERSON, PatientID=MRN, StudyDescription=f"CT {FAMILY}")
    inner.private_block(0x0011, FAMILY, create=True).add_new(1, "LO", MRN)
    wrong = item(SelectorAttribute=0x00100010, NonconformingDataElementValue=BYTES)
    dataset.OriginalAttributesSequence = [
        item(
            ModifiedAttributesSequence=[inner], ModifyingSystem=FAMILY, NonconformingModifiedAttributesSequence=[wrong]
        )
    ]
    dataset.EncryptedAttributesSequence = [item(EncryptedContent=BYTES)]
    dataset.DigitalSignaturesSequence = [
        item(CertificateOfSigner=BYTES, Signature=BYTES, DigitalSignatureDateTime=STUDIED)
    ]
    dataset.ContributingEquipmentSequence = [
        item(Manufacturer=FAMILY, ContributionDescription=f"by {FAMILY}", OperatorsName=PERSON, StationName=FAMILY)
    ]


@case()
def codes_and_trials(dataset: FileDataset) -> None:
    """Write the patient into long codes, schemes, and who runs a trial."""
    code = item(LongCodeValue=f"{MRN}-of-many", CodingSchemeDesignator="99L", CodeMeaning=FAMILY)
    odd = item(CodeValue="P5-09051", CodingSchemeDesignator=FAMILY, CodingSchemeVersion=MRN, MappingResource=FAMILY)
    dataset.ProcedureCodeSequence = [code, odd, item(URNCodeValue=f"urn:x:{MRN}", CodeMeaning="CT")]
    dataset.CodingSchemeIdentificationSequence = [item(CodingSchemeName=FAMILY, CodingSchemeExternalID=MRN)]
    dataset.ClinicalTrialSponsorName, dataset.ClinicalTrialSubjectID, dataset.ClinicalTrialSiteID = FAMILY, MRN, MRN
    dataset.ClinicalTrialTimePointDescription = f"{FAMILY} {STUDIED}"


@case("Sinus rhythm", "pain")
def waves_context_and_visits(dataset: FileDataset) -> None:
    """Write the patient into labels of waves, the context of an acquisition, and the visit."""
    channel = item(ChannelLabel=FAMILY, ChannelSourceSequence=coded(FAMILY, MRN))
    dataset.WaveformSequence = [item(MultiplexGroupLabel=FAMILY, ChannelDefinitionSequence=[channel])]
    dataset.WaveformAnnotationSequence = [
        item(UnformattedTextValue=f"Sinus rhythm, {FAMILY}", ConceptNameCodeSequence=coded(FAMILY))
    ]
    dataset.AcquisitionContextSequence = [
        item(ValueType="PNAME", PersonName=PERSON, ConceptNameCodeSequence=coded(FAMILY)),
        item(ValueType="DATE", Date=STUDIED, ConceptCodeSequence=coded(FAMILY, MRN)),
    ]
    dataset.AcquisitionProtocolDescription, dataset.AcquisitionContextDescription = f"for {FAMILY}", f"{FAMILY} {MRN}"
    dataset.AdmittingDiagnosesDescription, dataset.ReasonForTheRequestedProcedure = f"pain {FAMILY}", f"pain {GIVEN}"
    dataset.ServiceEpisodeID, dataset.MedicalRecordLocator, dataset.PatientState = MRN, MRN, FAMILY
    dataset.NamesOfIntendedRecipientsOfResults, dataset.PatientMotherBirthName = PERSON, PERSON
    dataset.add_new(0x00102155, "LT", f"mailto:{FAMILY}@example.org")
    dataset.add_new(0x00080409, "UR", f"file:///p/{FAMILY}/{MRN}")


@case()
def other_spellings(dataset: FileDataset) -> None:
    """Write the name with letters swapped, doubled and left out, and the number with signs between."""
    dataset.ImageComments = (
        f"{FAMILY} E; EQuarrington; quarringtone; Quarington; MX 7391846; 73 91 846; 007391846; MRN#{NUMBER}"
    )
    dataset.SeriesDescription, dataset.ProtocolName = "EQUARRINGTON_CT", "A7391846"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", GIVEN.upper(), FAMILY.upper()]


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_left_and_words_of_the_trade_stay(odd: Any, name: str) -> None:
    """The plain way and the fast one, twice; numbers with signs between them are looked for as they were written."""
    change, stays = CASES[name]
    data = odd.a_file(change)
    found = odd.outputs(data)
    assert len(found) == 3
    assert [odd.sought(output) for output in found] == [[], [], []]
    assert not any(
        one in output.lower() for output in found for one in (b"73 91 846", b"quarin", b"hallorann", b"555-0143")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = [pydicom.dcmread(BytesIO(output)) for output in found]
        shown = [" ".join(str(element.value) for element in dataset.iterall()) for dataset in read]
    assert all(word in text for word in stays for text in shown)


def test_what_is_looked_for_is_there(odd: Any) -> None:
    """The search finds the patient in the files as they are."""
    assert all(odd.sought(odd.a_file(change)) for change, _ in CASES.values())


@pytest.mark.parametrize("number", [BORN, STUDIED, NUMBER])
def test_a_date_in_a_count_of_a_later_slice_goes(odd: Any, number: str) -> None:
    """A slice like those that were learned, which is counted by a date or the number's digits, is not copied."""
    fast = odd.splicer()
    for count in ("1", "2", "3", number, "4"):
        data = odd.a_file(AcquisitionNumber=count, ImageComments="chest")
        assert odd.sought(fast.deidentified(data, "asset")) == []
    assert fast.spliced > 1


def test_a_name_that_is_glued_goes_from_a_text_that_others_taught(odd: Any) -> None:
    """Files of other people teach a description; in the one whose name it holds, it goes."""
    fast = odd.splicer()
    for at, family in enumerate(("Nowak", "Kowalska", "Lis", "Nowakowa", FAMILY, "Wrona")):
        data = odd.a_file(PatientName=f"{family}^Ewa", PatientID=f"ZZ{at}", SeriesDescription=f"CT{FAMILY.upper()}ABD")
        left = fast.deidentified(data, "asset")
        assert (FAMILY.upper().encode() in left) is (family != FAMILY)
    assert fast.spliced > 1

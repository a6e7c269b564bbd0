"""What is believed of a finding in a DICOM header value."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from deid_core import ingest, pipeline, verify
from deid_core.entities import EntityType
from deid_core.extract.believed import believed, known_of_house, known_of_person
from deid_core.keys import ProjectKey
from deid_core.model import Span
from deid_core.policy import load_policy
from deid_core.ports import KnownValue


def seen(text: str, found: str, label: EntityType, score: float, detector: str, keyword: str) -> str | None:
    """Return what is believed of a finding, as text."""
    start = text.index(found)
    span = believed(keyword, text, Span(start, start + len(found), label, score), detector)
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("CHEST PA Doe^Jane", "PA Doe^Jane", "Doe^Jane"),
        ("BRAIN Doe^Jane STAT", "Doe^Jane STAT", "Doe^Jane"),
        ("Sent with patient Doe^Jane", "Sent with patient Doe^Jane", "Doe^Jane"),
        ("CT ABD/PEL pt Doe^Jane^M", "PEL pt Doe^Jane^M", "Doe^Jane^M"),
        ("van der Berg^Jan", "van der Berg^Jan", "van der Berg^Jan"),
        ("Long^Jane ICU", "Long^Jane ICU", "Long^Jane"),  # a word of the trade that a caret joins is a name
        ("T2 FLAIR AX jane kowalczyk", "AX jane kowalczyk", "jane kowalczyk"),
        ("kowalczyk_jane STAT", "kowalczyk_jane STAT", "kowalczyk_jane"),
        ("CT IVCON", "IVCON", None),  # two words in one
        ("XR FLURO", "FLURO", None),  # a letter left out
        ("THORAX-Kowalski-BETTLUNGE", "Kowalski-BETTLUNGE", "Kowalski"),
        ("ProfWeidenbach_Leber", "Weidenbach_Leber", "Weidenbach"),
        ("SchädelWeidenbach", "SchädelWeidenbach", "Weidenbach"),
        ("DrQuintanilla_Knee", "DrQuintanilla", "Quintanilla"),
        ("RENAL STONE (VANDERBILT)", "STONE", None),
        ("RENAL STONE (VANDERBILT)", "VANDERBILT", "VANDERBILT"),
        ("STONE (VANDERBILT)", "STONE", "STONE"),  # a family name, for all that is said
        ("seen by Long (CT)", "Long", "Long"),
        ("Tórax de José", "Tórax de José", "de José"),
        ("Weidenbach_Stone", "Weidenbach_Stone", "Weidenbach_Stone"),  # without a title it may be a name
        ("Kowalski Knie", "Kowalski Knie", "Kowalski Knie"),  # written as a person's two names are
        ("CHEST PA", "PA", None),
        ("DTI_32dir", "DTI_32dir", None),
        ("LowDoseLung", "LowDoseLung", None),
        ("CHEST KOWALCZYK", "KOWALCZYK", "KOWALCZYK"),
        ("seen by Long", "Long", "Long"),  # after a cue
        ("Dr Daniel Long", "Daniel Long", "Daniel Long"),
    ],
)
def test_a_name_is_believed_without_words_of_the_trade(text: str, found: str, expected: str | None) -> None:
    """Words that are nobody's name are none here, and those beside a name with carets are not part of it."""
    assert seen(text, found, EntityType.NAME, 0.6, "ner_accurate", "SeriesDescription") == expected


@pytest.mark.parametrize(
    ("keyword", "text", "label", "expected"),
    [
        ("SeriesDescription", "PTV_5400", EntityType.USERNAME, None),
        ("SeriesDescription", "PTV_540012", EntityType.USERNAME, "PTV_540012"),
        ("SeriesDescription", "JDOE_54", EntityType.USERNAME, "JDOE_54"),
        ("SeriesDescription", "5400", EntityType.ID, "5400"),
        ("CodeValue", "FPT1926069", EntityType.ID, None),
        ("SeriesDescription", "FPT1926069", EntityType.ID, "FPT1926069"),
        ("SoftwareVersions", "2010/06/30", EntityType.DATE, None),
        ("StudyDescription", "2010/06/30", EntityType.DATE, "2010/06/30"),
        ("Manufacturer", "CMS, Inc", EntityType.ORGANISATION, None),
        ("Manufacturer", "Jane Kowalczyk", EntityType.NAME, "Jane Kowalczyk"),
        ("RTPlanLabel", "30/10", EntityType.DATE, None),
        ("TextValue", "1.2.840.113619.2.591472.430658687", EntityType.PHONE, None),
        ("TextValue", "1.2.840.113619.2.591472.430658687", EntityType.UID, "1.2.840.113619.2.591472.430658687"),
    ],
)
def test_what_a_finding_says_depends_on_the_attribute(
    keyword: str, text: str, label: EntityType, expected: str | None
) -> None:
    """A short number after a word of the trade is a setting, a maker is no employer, a build has a date."""
    assert seen(text, text, label, 0.65, "patterns", keyword) == expected


@pytest.mark.parametrize(
    ("judge", "label", "detector", "expected"),
    [
        (known_of_person, EntityType.NAME, "known_values", "Kowalczyk"),
        (known_of_person, EntityType.FACILITY, "known_values", "Kowalczyk"),
        (known_of_person, EntityType.NAME, "ner", None),
        (known_of_house, EntityType.MRN, "known_values", "Kowalczyk"),
        (known_of_house, EntityType.FACILITY, "known_values", None),
        (known_of_house, EntityType.NAME, "patterns", None),
    ],
)
def test_what_a_policy_retains_loses_who_the_patient_is(
    judge: Callable[[str, str, Span, str], Span | None], label: EntityType, detector: str, expected: str | None
) -> None:
    """A sex or a station that is the patient's name goes; an institution that was asked for stays."""
    text = "Kowalczyk"
    span = judge("StationName", text, Span(0, len(text), label, 0.95), detector)
    assert (None if span is None else text[span.start : span.end]) == expected


@given(st.text(min_size=1, max_size=60), st.sampled_from(list(EntityType)), st.data())
def test_what_is_believed_lies_within_what_was_found(text: str, label: EntityType, data: st.DataObject) -> None:
    """A finding is narrowed or refused, never moved or widened."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    for detector in ("patterns", "ner_accurate", "known_values"):
        span = believed("StudyDescription", text, Span(start, end, label, 0.8), detector)
        assert span is None or (start <= span.start < span.end <= end and span.entity_type is label)


@pytest.mark.parametrize(("text", "expected"), [("MR Hersenen", None), ("Mr Hersenen", "Hersenen"), ("MR Doe", "Doe")])
def test_a_modality_is_no_title(text: str, expected: str | None) -> None:
    """In capitals, before words of the trade."""
    assert seen(text, text[3:], EntityType.NAME, 0.95, "patterns", "TextValue") == expected


@pytest.mark.parametrize("text", ["CHEST", "PA", "Sag", "knee"])
def test_a_known_value_holds_whatever_its_words(text: str) -> None:
    """A patient called Sag is found: what is known of the subject outweighs what the trade says."""
    assert seen(f"CT {text}", text, EntityType.NAME, 0.9, "known_values", "SeriesDescription") == text


def test_an_institution_that_is_called_as_the_maker_is_goes_from_both() -> None:
    """A maker's test image names the maker as its institution: no value of an identifying element may be left."""
    assert seen("TOSHIBA", "TOSHIBA", EntityType.FACILITY, 0.9, "known_values", "Manufacturer") == "TOSHIBA"


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("Jane Doe at 5 pm", "Doe at", "Doe"),
        ("Pt Doe, Jane c/o pain", "Doe, Jane c", "Doe, Jane"),
        ("jo de la cruz", "jo de la cruz", "jo de la cruz"),
        ("DOE JO", "DOE JO", "DOE JO"),
    ],
)
def test_a_small_word_after_a_known_name_is_no_initial(text: str, found: str, expected: str) -> None:
    """The known values' detector takes any case for an initial; in a header nobody writes one small after a name."""
    assert seen(text, found, EntityType.NAME, 0.92, "known_values", "ImageComments") == expected


@pytest.mark.parametrize(("serial", "left"), [("0000000", False), ("0047110", True)])
def test_zeros_alone_are_nobodys_number(serial: str, left: bool) -> None:
    """A device numbered with zeros stands in every decimal: verification looks for numbers that say something."""
    policy, key = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags",)}), ProjectKey(bytes(32))
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.PatientID, dataset.SliceThickness = "4711", f"1.{serial}"
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    whose = pipeline.identify(ingest.read(buffer.getvalue(), "", "asset", key), policy, key)
    known = (KnownValue(EntityType.DEVICE, serial),)
    chosen = pipeline.plan(whose, "", policy, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    found = verify.residual(whose, chosen, output, policy, key, lambda _: known).left
    assert any(finding.rule == "value_in_bytes" for finding in found) is left


@pytest.mark.parametrize("code", ["S2ECD6DCBEEDA", "SDDD2CEF7ADC6", "S04623CA44BC6"])
def test_a_code_with_letters_of_the_trade_is_what_was_put_there(code: str) -> None:
    """Verification takes a subject's code for what it put there, though `ECD` in it is shown in small letters."""
    policy = load_policy("safe_harbor").model_copy(update={"detectors": ("dicom_tags", "patterns", "known_values")})
    key, meta = ProjectKey(bytes(32)), FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset = FileDataset("", Dataset(), bytes(128), meta, False, True)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.PatientID, dataset.PatientName = "69758104", "Okafor^Chinwe"
    dataset.StudyDescription = "Scan for Chinwe Okafor, MRN 69758104"
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    whose = pipeline.identify(ingest.read(buffer.getvalue(), "", "asset", key), policy, key)
    chosen = pipeline.plan(whose, "", policy, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key, lambda _: code))
    assert code.encode() in output
    assert not verify.residual(whose, chosen, output, policy, key, code=lambda _: code).left
    leaked = output.replace(code.encode(), b"69758104".ljust(len(code)))
    assert verify.residual(whose, chosen, leaked, policy, key, code=lambda _: code).left

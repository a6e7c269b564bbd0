"""Bodies, scales and studies that are called after places, and the institutions that they are not."""

from __future__ import annotations

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.detect.rules.bodies import is_called_after, is_professional
from deid_core.entities import EntityType
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

PATTERNS = Patterns(load_policy("safe_harbor"))


def _at(text: str, value: str) -> tuple[str, int, int]:
    start = text.index(value)
    return text, start, start + len(value)


@pytest.mark.parametrize(
    "text",
    [
        "The American College of Surgeons recommends a survey",
        "According to the Royal College of Physicians, early",
        "the New York Heart Association class III",
        "European Society of Cardiology guidance",
        "Society for Vascular Surgery WIfI stage 3",
        "National Institute for Health and Care Excellence guidance",
        "Eastern Cooperative Oncology Group performance 1",
    ],
)
def test_a_professional_body_is_nobodys_institution(text: str) -> None:
    """Bodies made of words of medicine and of states are touched by no rule."""
    assert PATTERNS.find([TextQuery(text, ())]) == [[]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("She works for the American Cancer Society", "American Cancer Society"),
        ("treated at the National Cancer Institute", "National Cancer Institute"),
        ("seen by Bradford Heart Society", "Bradford Heart Society"),
        ("Croatian Association of Patients", "Croatian Association of Patients"),
    ],
)
def test_where_somebody_works_or_is_treated_is_an_institution(text: str, value: str) -> None:
    """The same words behind `works for` or `treated at` name an employer or a hospital, as do those of a town."""
    assert not is_professional(*_at(text, value))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Rotterdam criteria for PCOS", "Rotterdam"),
        ("Manchester triage system: orange", "Manchester"),
        ("In the Framingham cohort the hazard rose", "Framingham"),
        ("Barcelona stage B disease", "Barcelona"),
        ("the Copenhagen City Heart Study", "Copenhagen City Heart Study"),
        ("St Louis encephalitis", "St Louis"),
    ],
)
def test_a_scale_a_study_or_a_virus_is_called_after_a_place(text: str, place: str) -> None:
    """A place before `criteria`, `cohort` or `stage B` is where nobody lives."""
    assert is_called_after(*_at(text, place), stayed_at=False)


@pytest.mark.parametrize(
    "text",
    ["lives in Boston and scores well", "from Boston to the study", "Boston exam normal", "Boston chart reviewed"],
)
def test_a_place_somebody_lives_in_is_a_place(text: str) -> None:
    """No head behind it, or small words such as `and` between, and the place stays an identifier."""
    assert not is_called_after(*_at(text, "Boston"), stayed_at=False)


def test_a_hospital_somebody_was_at_is_one_before_a_head_too() -> None:
    """`Cleveland Clinic score` is a scale, and `at Cleveland Clinic assessment` a stay."""
    assert is_called_after(*_at("Cleveland Clinic incontinence score 12", "Cleveland Clinic"), stayed_at=True)
    assert not is_called_after(*_at("at Cleveland Clinic assessment was done", "Cleveland Clinic"), stayed_at=True)


@pytest.mark.parametrize(
    "text",
    [
        "Dentist: open please\nDentist: Citanest for you today\nPatient: fine",
        "Registrar: Do you smoke?\nPatient: Snuff only.\nPatient: And tea.",
    ],
)
def test_a_word_after_a_speaker_is_what_is_said(text: str) -> None:
    """Where the same speaker speaks again, a lone word with small ones behind it begins a sentence."""
    assert PATTERNS.find([TextQuery(text, ())]) == [[]]


@pytest.mark.parametrize("text", ["Killip III, TIMI 5, GRACE 148", "Salter-Harris II, Gartland III, Weber B"])
def test_a_graded_scale_is_no_family_with_a_given_name(text: str) -> None:
    """`Killip III` is no third of that name where Killip is whom a scale is called after."""
    assert PATTERNS.find([TextQuery(text, ())]) == [[]]


def test_a_list_of_patients_is_no_talk() -> None:
    """The same label again with names alone behind it is a list: each is found."""
    found = PATTERNS.find([TextQuery("Patient: Kowalski\nPatient: Nowak\n", ())])[0]
    assert len(found) == 2


def test_what_a_policy_asks_for_is_found() -> None:
    """A denied value and a policy's own pattern are found, be it a professional body."""
    policy = load_policy("safe_harbor")
    text = "British Thoracic Society"
    denied = Patterns(policy.model_copy(update={"deny": {EntityType.ORGANISATION: (text,)}}))
    assert [span.rule for span in denied.find([TextQuery(text, ())])[0]] == ["deny"]

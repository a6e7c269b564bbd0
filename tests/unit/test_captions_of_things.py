"""Captions of things in many languages stay; a lone word that may be somebody goes, though no model saw a name."""

from __future__ import annotations

import pytest

from deid_core.entities import EntityType
from deid_core.extract.believed_captions import (
    believed_alone,
    believed_aside,
    believed_in_context,
    is_aside,
    is_nobodys,
    is_unknown,
    may_name,
)
from deid_core.extract.descriptors import parts
from deid_core.extract.technical import is_technical, may_be_a_person
from deid_core.extract.vocabulary import vocabulary
from deid_core.model import Span


@pytest.mark.parametrize(
    "text",
    ["Eindringtiefe", "Lendenwirbelsäule sagittal", "Profondeur 12", "Ganancia 60", "Guadagno 48", "Vejiga llena",
     "Espesor foveal", "Corte axial", "NBI", "RNFL", "aVR", "SmartExam", "Eh:A5 Ce:1", "Bildfrequenz 25", "Taille 3"],
)  # fmt: skip
def test_settings_of_other_languages_and_makers_are_technical_or_of_things(text: str) -> None:
    """No model is asked about them, or what it finds is not believed."""
    assert is_technical(text.split()) or is_aside(text.split()) or all(map(is_nobodys, parts(text)))


@pytest.mark.parametrize("word", ["Nachverarbeitung", "Acquisition", "elaborazione", "szintigraphie", "Aufnahmeserie"])
def test_a_word_formed_as_a_thing_is_nobodys(word: str) -> None:
    """By its ending, whatever the language, or as a word that is listed."""
    assert is_nobodys(word.lower())


@pytest.mark.parametrize(
    "name",
    ["encarnación", "conceição", "véronique", "clément", "trinidad", "nascimento", "okonkwo", "minjung", "leung"],
)
def test_names_that_end_like_things_are_somebodys(name: str) -> None:
    """Given names of faith, of seasons, and syllables of Korea and China."""
    assert vocabulary().formed.fullmatch(name) is None
    assert not is_nobodys(name)


@pytest.mark.parametrize(
    ("text", "aside"),
    [("Bone Window", True), ("Doppler Steer", True), ("Contrast Agent", True), ("Lateral View", True),
     ("General Hospital", False), ("Cardiology Clinic", False), ("Klinikum", False), ("Agent", False),
     ("Tech Probe", False),
     ("Contrast Okonkwo", False), ("Baker Knee", False), ("Contrast 12345", False), ("LONG", False)],
)  # fmt: skip
def test_a_caption_of_things_alone_is_told(text: str, aside: bool) -> None:
    """Not one with a label, a number, what institutions are called by, or a word that may be somebody's first."""
    assert is_aside(text.split()) is aside


@pytest.mark.parametrize(
    ("text", "beside", "may"),
    [
        ("SCRIPPS", False, True),  # on the lists of names
        ("Nakamura", False, True),
        ("HARGREAVES R", False, True),
        ("O'LEARY", False, True),
        ("VAN-DER-BERG", True, True),
        ("ZYLSTRANDT", True, True),  # on none, beside an identifier
        ("ZYLSTRANDT", False, False),
        ("Baker", True, True),
        ("PARK", True, True),
        ("PARK", False, False),
        ("PARK A", False, True),
        ("SmartExam", True, False),
        ("S-View", True, False),
        ("Gallbladder", True, False),
        ("kleinhirn", True, False),  # nobody writes a name so
        ("Kleinhirn", True, False),
        ("SIEMENS", True, False),
        ("Name", True, False),
        ("GAIN 82", True, False),
        ("Two Words", True, False),
        ("AB", True, False),
    ],
)
def test_a_lone_word_may_be_a_name(text: str, beside: bool, may: bool) -> None:
    """A surname without a cue, which a model of sentences misses once in five times."""
    assert may_name(text.split(), beside=beside) is may


@pytest.mark.parametrize(
    ("text", "person"),
    [("Ref: Long", True), ("Pat: PAGE", True), ("Foot MD", True), ("Op: SD", True), ("CROSS G", True),
     ("Dr. med. Page", True), ("0p: EW", True), ("LONG L", False), ("Ref Long Axis", False),
     ("HEAD L", False), ("RT LONG", False), ("OP 3", False), ("Gain", False), ("SAX R", False), ("Exam: Small", False)],
)  # fmt: skip
def test_a_namesake_with_a_label_or_an_initial_is_a_person(text: str, person: bool) -> None:
    """A side or an axis is no initial, and a number no name."""
    assert may_be_a_person(text.split()) is person
    if person:
        assert not is_technical(text.split())


@pytest.mark.parametrize(
    ("text", "unknown"), [("MPERANCE", True), ("HARGREAVES", True), ("DEPTH", False), ("12", False)]
)
def test_a_word_that_nobody_knows_goes_with_what_was_not_read_of_its_caption(text: str, unknown: bool) -> None:
    """What is about the picture, or a plain word, stays."""
    assert is_unknown(text) is unknown


@pytest.mark.parametrize(
    ("text", "label", "held"),
    [("Intima Media", EntityType.ORGANISATION, False), ("Twin A", EntityType.RELATIVE_NAME, False),
     ("1420", EntityType.TIME, False), ("14:20", EntityType.TIME, True), ("Small", EntityType.NAME, True),
     ("WL50WW350", EntityType.ID, False), ("kV120mA200", EntityType.ID, False), ("TI0.3MI0.9", EntityType.ID, False),
     ("MR48213", EntityType.MRN, True), ("K40BX7731", EntityType.ID, True), ("S5120L7", EntityType.ID, True)],
)  # fmt: skip
def test_a_rule_needs_more_than_form_in_a_caption_of_things(text: str, label: EntityType, held: bool) -> None:
    """A name by a rule, a clock with its colon, and whatever is known, hold."""
    span = Span(0, len(text), label, 0.9)
    assert (believed_aside(text, span, "patterns") is not None) is held
    assert believed_aside(text, span, "known_values") is not None


@pytest.mark.parametrize(
    ("text", "score", "believed"),
    [("Card Doppler", 0.7, False), ("Card Doppler", 0.95, True), ("Zitter View", 0.7, False),
     ("Zitter View", 0.95, True),
     ("Spalla", 0.6, False), ("Spalla", 0.9, True), ("Leber", 0.6, True), ("Okonkwo", 0.3, True)],
)  # fmt: skip
def test_a_model_must_be_sure_of_a_name_that_is_hardly_one(text: str, score: float, believed: bool) -> None:
    """Beside a thing, before what eponyms stand before, and of words that few people are called by."""
    span = Span(0, len(text), EntityType.NAME, score)
    assert (believed_alone(text, span, "ner_accurate") is not None) is believed


@pytest.mark.parametrize("word", ["Schädelbasis", "DÉCUBITUS", "Épaule", "ŠIMIĆ"])
def test_letters_with_accents_do_not_divide_a_word(word: str) -> None:
    """A word of the trade is known with them, and a name is one."""
    assert parts(word) == [word.lower()]


@pytest.mark.parametrize(("label", "text"), [(EntityType.FACILITY, "iBeam"), (EntityType.ADDRESS, "Field 22")])
def test_no_institution_or_street_is_made_of_plain_words_alone(label: EntityType, text: str) -> None:
    """One of what institutions and streets are called by is needed."""
    span = Span(0, len(text), label, 0.8)
    assert believed_alone(text, span, "ner_accurate") is None
    other = "Mercy Clinic" if label is EntityType.FACILITY else "22 Field Road"
    assert believed_alone(other, Span(0, len(other), label, 0.8), "ner_accurate") is not None
    assert believed_in_context(other, Span(0, len(other), label, 0.8), "patterns") is not None

"""Words that no list has are told from names by the letters that they have in a row."""

from __future__ import annotations

import pytest

from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.believed_captions import believed_alone, believed_in_context, may_name
from deid_core.extract.vocabulary import vocabulary
from deid_core.extract.wordlike import is_namelike, is_wordlike
from deid_core.model import Span
from deployments.train.borne import names


@pytest.mark.parametrize(
    "word",
    ["prolongement", "herunterfahren", "eingeschaltete", "uitgeschakeld", "enregistrée", "uruchomione", "recalculated"],
)
def test_words_of_any_language_of_europe_are_built_as_words(word: str) -> None:
    """Suffixes tell them, with accents and without."""
    assert is_wordlike(word)
    assert is_wordlike(word, rather=True)
    assert not is_namelike(word)


@pytest.mark.parametrize("word", ["ingibjorg", "kobayakawa", "vigdis", "chukwueze", "vranckx", "bortnyanska"])
def test_names_on_no_list_are_built_as_names(word: str) -> None:
    """Of all cultures; none of them is on a list of names here."""
    assert is_namelike(word)
    assert not is_wordlike(word, rather=True)


@pytest.mark.parametrize("word", ["", "a", "und", "abc4", "o'leary"])
def test_short_words_and_what_is_no_word_are_neither(word: str) -> None:
    """Three letters are built like everything."""
    assert not is_wordlike(word, rather=True)
    assert not is_namelike(word)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("FROSTDEREKR", True), ("HARRISONMEGAN", True), ("PetersonAnna", True), ("frostderekr", False),
     ("EINDRINGTIEFE", False), ("POSTPROCESSING", False), ("CALIBRATION", False), ("KIDNEYTRANSV", False)],
)  # fmt: skip
def test_two_names_that_were_read_without_the_space_between_them_may_be_somebody(text: str, *, is_one: bool) -> None:
    """Small text is read so, and no list has a family name and a given name as one word."""
    assert may_name([text], beside=False) is is_one


def test_few_names_on_no_list_are_taken_for_words_and_few_words_for_names() -> None:
    """Of the names of sixty countries, and of what is listed as about the picture."""
    rare = [name for name in sorted(set(names()))[::7] if len(name) > 3 and load_lists().on(name) == [False, False]]
    told = [word for word in sorted(vocabulary().whole)[::7] if word.isalpha() and not load_lists().on(word)[0]]
    assert len(rare) > 2000
    assert len(told) > 500
    assert sum(map(is_wordlike, rare)) / len(rare) < 0.015
    assert sum(map(is_namelike, told)) / len(told) < 0.05


@pytest.mark.parametrize(
    ("text", "score", "kept"),
    [("Eingeschaltete", 0.7, False), ("Eingeschaltete", 0.85, True), ("Ingibjorg", 0.45, True), ("Twist", 0.6, False),
     ("Twist", 0.85, True), ("Smith", 0.45, True)],
)  # fmt: skip
def test_a_model_is_believed_about_a_word_built_as_words_only_where_it_is_sure(
    text: str, score: float, *, kept: bool
) -> None:
    """Whom people are called after stays found, however faintly."""
    assert (believed_alone(text, Span(0, len(text), EntityType.NAME, score), "ner_accurate") is not None) is kept


@pytest.mark.parametrize(
    ("text", "label", "kept"),
    [("Mayo Rochester", EntityType.FACILITY, False), ("Rochester Clinic", EntityType.FACILITY, True),
     ("AB 4471", EntityType.ID, False), ("AB 44719", EntityType.ID, True), ("12-34-567", EntityType.ID, True)],
)  # fmt: skip
def test_among_other_lines_a_house_needs_its_word_and_a_number_five_digits(
    text: str, label: EntityType, *, kept: bool
) -> None:
    """What a model finds in a line by itself is asked for less."""
    held = f"DEPTH 12\n{text}\nGAIN 40\n"
    start = held.index(text)
    assert (believed_in_context(held, Span(start, start + len(text), label, 0.8), "ner_accurate") is not None) is kept


@pytest.mark.parametrize(
    ("text", "beside", "name"),
    [("Ingibjorg", False, True), ("Eingeschaltete", True, False), ("Zylstrandt", True, True), ("TWIST", True, False),
     ("STONE", True, True), ("Okonkwo", False, True)],
)  # fmt: skip
def test_a_lone_word_may_be_a_name_by_lists_and_by_how_it_is_built(text: str, *, beside: bool, name: bool) -> None:
    """On both kinds of lists it is one beside an identifier, where people bear it."""
    assert may_name([text], beside=beside) is name

"""What a model takes for an identifier though its words name nobody."""

from __future__ import annotations

import pytest

from deid_core.detect.rules.words import ambiguous, never_names, of_the_trade, words
from deid_core.detect.spared import is_eponym, spared
from deid_core.entities import EntityType
from deid_core.model import Span


def left(text: str, part: str, label: EntityType, score: float = 0.8, *, beside: bool = False) -> str | None:
    """Return what is left of a finding, in its text."""
    start = text.index(part)
    span = spared(text, Span(start, start + len(part), label, score, "r"), beside=beside)
    return text[span.start : span.end] if span else None


@pytest.mark.parametrize(
    ("text", "part", "label"),
    [
        ("Anders off Plavix since", "Plavix", EntityType.NAME),
        ("norovirus since the 6th", "norovirus", EntityType.CITY),
        ("UHID 4471", "UHID", EntityType.ID),
        ("Fibroscan March '24", "Fibroscan", EntityType.CITY),
        ("in the swelling by two", "swelling", EntityType.NAME),
        ("has De Quervain disease", "De Quervain", EntityType.NAME),
        ("explain Wilson disease", "Wilson", EntityType.NAME),
        ("Penrose drain on the shelf", "Penrose", EntityType.NAME),
        ("positive Murphy's sign", "Murphy", EntityType.NAME),
        ("The Court of Cassation upheld", "Court of Cassation", EntityType.ORGANISATION),
        ("against the Republic of Poland", "Republic of", EntityType.CITY),
        ("The Polish Government were", "Polish", EntityType.CITY),
        ("4,200 Danish kroner", "Danish kroner", EntityType.CITY),
        ("Lovenox 40 mg SC ....", "SC", EntityType.NAME),
        ("Schatzker V plateau fracture", "Schatzker V", EntityType.NAME),
        ("BISAP 2, Balthazar D.", "Balthazar", EntityType.NAME),
        ("Masaoka-Koga stage, type B2", "Masaoka-Koga", EntityType.NAME),
        ("Mallampati 4, short neck", "Mallampati", EntityType.NAME),
        ("Kyoto consensus on H. pylori", "H", EntityType.NAME),
        ("Is Harrison's chapter right", "Harrison", EntityType.NAME),
        ("Copenhagen City Heart Study", "Copenhagen City Heart Study", EntityType.FACILITY),
        ("the Boston naming test", "Boston", EntityType.CITY),
        ("American Urological Association score", "American Urological Association", EntityType.ORGANISATION),
        ("Salmonella Typhi, S. Dublin, both grown", "S. Dublin", EntityType.NAME),
        ("Wegener is GPA and so on", "Wegener", EntityType.NAME),
        ("Henoch-Schonlein is now IgA vasculitis", "Henoch-Schonlein", EntityType.NAME),
        ("Hong Kong flu and Spanish flu", "Hong Kong", EntityType.CITY),
        ("speaks Yoruba and English", "Yoruba", EntityType.CITY),
    ],
)
def test_words_that_name_nobody_are_left_alone(text: str, part: str, label: EntityType) -> None:
    """Drugs, organisms, devices, abbreviations, small words and eponyms before their noun are no identifiers."""
    assert left(text, part, label) is None


@pytest.mark.parametrize(
    ("text", "part", "label", "expected"),
    [
        ("seen by M. Castellane MD today", "M. Castellane MD", EntityType.NAME, "M. Castellane"),
        ("told to see nurse Dahl", "nurse Dahl", EntityType.NAME, "Dahl"),
        ("AZ NPI 028841", "NPI 028841", EntityType.ID, "028841"),
        ("Ana dos Santos", "Ana dos Santos", EntityType.NAME, "Ana dos Santos"),
        ("DOB 3/4/2021", "DOB 3/4/2021", EntityType.DATE, "DOB 3/4/2021"),
        ("at the General Hospital", "General Hospital", EntityType.FACILITY, "General Hospital"),
        ("hope is 31", "hope", EntityType.NAME, "hope"),
        ("Mr Robinson drain removed", "Robinson", EntityType.NAME, "Robinson"),
        ("Murphy's drain is full", "Murphy", EntityType.NAME, "Murphy"),
        ("Hartmann called", "Hartmann", EntityType.NAME, "Hartmann"),
        ("Ed Hall came", "Ed", EntityType.NAME, "Ed"),
        ("given by SC at 0900", "SC", EntityType.NAME, "SC"),
        ("seen by Schatzker today", "Schatzker", EntityType.NAME, "Schatzker"),
        ("Weber A came", "Weber A", EntityType.NAME, "Weber A"),
        ("the Ankara Court of Appeal", "Ankara Court", EntityType.CITY, "Ankara Court"),
        ("Wegener has pain in his left knee", "Wegener", EntityType.NAME, "Wegener"),
        ("Mr Brugada is well and goes home", "Brugada", EntityType.NAME, "Brugada"),
        ("officers K. and Sh. beat him", "K", EntityType.NAME, "K"),
        ("lives in Boston, score 4", "Boston", EntityType.CITY, "Boston"),
        ("Republic of Poland lodged", "Poland", EntityType.CITY, "Poland"),
    ],
)
def test_what_names_somebody_stays_found(text: str, part: str, label: EntityType, expected: str) -> None:
    """Words that name nobody go from the ends of a finding; the rest of it, and names that are words, stay."""
    assert left(text, part, label) == expected


def test_a_common_word_may_be_a_name_after_all() -> None:
    """Where the model is very sure, or the word stands beside the rest of a name, it stays found."""
    assert left("ask swelling about it", "swelling", EntityType.NAME, 0.95) == "swelling"
    assert left("ask swelling about it", "swelling", EntityType.NAME, 0.6) is None
    assert left("ask swelling about it", "swelling", EntityType.NAME, 0.6, beside=True) == "swelling"


def test_a_people_may_be_a_name_after_all() -> None:
    """Where the model rather thinks of a person, or one stands before it, a word of peoples stays found."""
    assert left("told English about it", "English", EntityType.NAME, 0.6) == "English"
    assert left("told English about it", "English", EntityType.NAME, 0.4) is None
    assert left("Ada English came", "English", EntityType.NAME, 0.4, beside=True) == "English"


def test_no_word_of_the_trade_is_a_name_too() -> None:
    """What is never a name is in no list of names that are words, nor of eponyms."""
    assert not of_the_trade() & words("names_that_are_words")
    assert len(of_the_trade()) > 5_000
    assert never_names() >= of_the_trade() - words("names_that_are_words")
    assert not {"will", "may", "hope", "rose"} & of_the_trade()
    assert ambiguous() >= words("eponyms")


def test_an_eponym_stands_before_its_noun() -> None:
    """A person's name that no disease is called after is none, whatever stands behind it."""
    assert not is_eponym("Zebulon disease", 0, 7)
    assert not is_eponym("Wilson arrived", 0, 6)

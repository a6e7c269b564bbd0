"""What a caption is by how it is written: phrases, tables of settings and coinages are no names."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from itertools import islice

import pytest

from deid_core.entities import EntityType
from deid_core.extract.apart_captions import captions_in, within
from deid_core.extract.believed_captions import is_aside, may_be_a_house
from deid_core.extract.borne import is_borne
from deid_core.extract.phrases import humps, is_coined, is_phrase, is_table
from deid_core.extract.technical import is_technical
from deid_core.extract.vocabulary import vocabulary, written
from deid_core.model import PixelBox, Span
from deid_core.view import Segment
from deployments.train.borne import names


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("Rene destro", True), ("Harm mid", True), ("Leber re. Lappen", True), ("Rene sn", True), ("Maria auto", False),
     ("Smith john", False), ("Wang van", False), ("Okonkwo geb", False), ("Smith female", False), ("OKONKWO JD", False),
     ("Smith", False), ("Okonkwo sag", False), ("Kidney left", True)],
)  # fmt: skip
def test_small_words_behind_a_first_one_are_a_phrase(text: str, phrase: bool) -> None:
    """Nobody writes a name so, but for particles, sexes and what a sloppy hand types in small letters."""
    assert is_phrase(text.split()) is phrase


@pytest.mark.parametrize(
    ("text", "table"),
    [("BG 18 BD 70", True), ("GN 52 BD 130 FA 3", True), ("AC 30 JAN 94", False), ("BG 18", False),
     ("PT 12 DR 44", False), ("Kim 43 Lee 51", False), ("ID 1234 AB 12", False)],
)  # fmt: skip
def test_short_names_and_values_in_turn_are_a_table(text: str, table: bool) -> None:
    """A day of a month, a patient's number and two ages are none."""
    assert is_table(text.split()) is table


@pytest.mark.parametrize(
    ("word", "coined"),
    [("eSie", True), ("iBeam", True), ("ClarityIQ", True), ("McNeil", False), ("DeWitt", False), ("LaBelle", False),
     ("JohnSmith", False), ("SmithMD", False), ("ArildLie", False), ("Renal", False), ("SMITH", False)],
)  # fmt: skip
def test_a_makers_coinage_is_no_name_in_two_capitals(word: str, coined: bool) -> None:
    """Two words written together may be two names: each of them must be about the picture, or plain."""
    assert is_coined(word) is coined


def test_words_written_together_with_capitals_are_parted_but_for_names_of_two_parts() -> None:
    """`AbdRoutine` is two words of the trade, `McNeil` one name."""
    assert humps("AbdRoutine McNeil") == "Abd Routine McNeil"


@pytest.mark.parametrize(
    ("text", "house"),
    [("RADIOLOGIE EDMONTON", True), ("UMC Haarlem", True), ("VA Uppsala", True), ("Radiologie", False),
     ("Hospital bed", False), ("VA OD", False)],
)  # fmt: skip
def test_an_institution_is_told_by_its_first_or_last_word(text: str, house: bool) -> None:
    """Whatever place it is called after, and whether or not a model knows it."""
    assert may_be_a_house(text.split()) is house


@pytest.mark.parametrize(
    ("text", "aside"),
    [("Patient Prone", True), ("Ref. Topo", True), ("Tech Probe", False), ("Patient White", False),
     ("Sono: Ciccone", False), ("MTRA Guillemot", False), ("CICCONE ABDOMEN", False),
     ("RADIOLOGIE MONTERREY", False), ("Axiolateral", True)],
)  # fmt: skip
def test_a_label_goes_with_settings_only_before_things(text: str, aside: bool) -> None:
    """What else follows one is somebody, listed or not."""
    assert (is_technical(text.split()) or is_aside(text.split())) is aside


def test_a_screen_without_accents_says_the_same() -> None:
    """Umlauts are written with an e, or without."""
    assert [*written("höhle")] == ["höhle", "hohle", "hoehle"]
    assert "vesicula" in vocabulary().words


def test_no_name_of_sixty_countries_holds_a_stem_of_the_trade() -> None:
    """Those of Faker, with their accents and without; so a stem tells a word no list has."""
    table = tomllib.loads(files("deid_core.extract").joinpath("technical.toml").read_text("utf-8"))
    held = re.compile("|".join(table["stems"]))
    assert len(table["stems"]) > 500
    assert [name for name in set(names()) if held.search(name)] == []


def test_names_that_people_bear_are_told_from_words_on_the_lists() -> None:
    """A surname is borne, a word that somebody was called by once is not."""
    assert is_borne("smith")
    assert is_borne("okonkwo")
    assert not is_borne("destro")


def test_hardly_a_name_is_about_the_picture() -> None:
    """Of the names of sixty countries that are not on the list of plain words, in capitals and alone."""
    few = [*islice(sorted(set(names())), 0, None, 9)]
    assert len(few) > 5000
    taken = [name for name in few if len(name) > 3 and (is_technical([name.upper()]) or is_aside([name.upper()]))]
    assert len(taken) / len(few) < 0.02


def test_a_name_ends_where_another_caption_begins() -> None:
    """`Zhuang, Benedict   V-HP65`: the letter is a setting's; a given name a gap away is the person's."""
    for behind, end in (("V-HP65", 1), ("DEBOUT", 6), ("JOHN", 4)):
        text = f"Zhuang, Benedict {behind}\n"
        boxes = PixelBox("pixels", 10, 10, 160, 22, 0), PixelBox("pixels", 260, 10, 60, 22, 0)
        segments = [Segment(0, 16, boxes[0]), Segment(17, 17 + len(behind), boxes[1])]
        captions = captions_in(text, segments)
        assert captions == [(0, 16), (17, 17 + len(behind))]
        found = within(text, captions, Span(0, 17 + end, EntityType.NAME, 0.9, ""))
        assert found.end == (21 if behind == "JOHN" else 16)

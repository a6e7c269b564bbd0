"""Fake values: a person's name agrees in every notation, and no fake number can be a real one."""

from __future__ import annotations

import re

import pytest

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.transform.surrogates import MAKERS, custom_list, surrogate
from deid_core.transform.surrogates.words import FAMILY, FEMALE, GIVEN, MALE, STATES

KEY = ProjectKey(b"k" * 32)
KEYS = [ProjectKey(bytes([n]) * 32) for n in range(25)]


def fake(value: str, entity_type: EntityType = EntityType.NAME, vr: str = "", key: ProjectKey = KEY) -> str:
    """Return the surrogate of a value."""
    made = surrogate(value, Site(entity_type, "subject", key, vr=vr))
    assert isinstance(made, str)
    return made


@pytest.mark.parametrize(
    ("source", "notation"),
    [
        ("John Doe", "{given} {family}"),
        ("JOHN DOE", "{GIVEN} {FAMILY}"),
        ("Doe, John", "{family}, {given}"),
        ("Dr. John Doe, MD", "Dr. {given} {family}, MD"),
        ("Mr. Doe's", "Mr. {family}'s"),
        ("Doe\u2019s", "{family}\u2019s"),
        ("  John\n Doe ", "  {given}\n {family} "),
        ("jóhn doe", "{given_low} {family_low}"),
        ("Joh\u0301n", "{given}"),
        ("John van Doe", "{given} van {family}"),
        ("JOHN DE LA DOE", "{GIVEN} DE LA {FAMILY}"),
    ],
)
def test_one_patient_in_every_notation_of_a_note(source: str, notation: str) -> None:
    """Each word of a name maps by itself, so order, case, accents, titles and possessives do not matter."""
    given, family = fake("John"), fake("Doe")
    words = {"given": given, "family": family, "GIVEN": given.upper(), "FAMILY": family.upper()}
    assert fake(source) == notation.format(**words, given_low=given.lower(), family_low=family.lower())


def test_one_patient_in_dicom_table_and_email() -> None:
    """A PN, a cell and an e-mail address of one patient get one fake name."""
    given, family = fake("John"), fake("Doe")
    assert fake("DOE^JOHN", vr="PN") == f"{family}^{given}".upper()
    assert fake("DOE^JOHN^^^MD", vr="PN") == f"{family}^{given}^^^MD".upper()
    assert fake("Doe^John\\Doe^John", vr="PN") == f"{family}^{given}\\{family}^{given}"
    assert fake("john.doe@hospital.org", EntityType.EMAIL).startswith(f"{given}.{family}@example.".lower())


def test_relatives_and_staff_share_the_names() -> None:
    """A doctor and a mother of one family name keep sharing it."""
    assert fake("Doe", EntityType.STAFF_NAME) == fake("Doe", EntityType.RELATIVE_NAME) == fake("Doe")


def test_names_keep_their_kind() -> None:
    """A woman's given name becomes a woman's, a man's a man's, and what is neither a family name."""
    assert all(fake("Jennifer", key=key) in FEMALE and fake("Christopher", key=key) in MALE for key in KEYS)
    assert all(fake("Doe", key=key) in FAMILY for key in KEYS)


@pytest.mark.parametrize("name", ["O'Brien", "OBrien", "O\u2019Brien"])
def test_irish_names_agree_with_and_without_apostrophe(name: str) -> None:
    """The apostrophe of O'Brien is no word boundary."""
    assert fake(name).casefold() == fake("OBRIEN").casefold()


@pytest.mark.parametrize("name", ["LE^VAN", "DO^ANH", "Van", "La", "Dr.", "MD", "Jr", "\U0001f642", "***", "..."])
def test_a_name_of_particles_titles_or_symbols_alone_does_not_stay(name: str) -> None:
    """What is kept inside a name is not kept where it is the name."""
    made = fake(name).casefold()
    assert not set(re.findall(r"\w+", name.casefold())) & set(re.findall(r"\w+", made))
    assert made != name.casefold()


def test_an_initial_becomes_another_letter() -> None:
    """An initial alone maps to a letter that is not its own."""
    made = fake("J. Doe")
    assert re.fullmatch(r"[A-Z]\. " + fake("Doe"), made)
    assert not made.startswith("J")


def test_names_in_other_scripts_become_latin_ones() -> None:
    """A Japanese PN with its component groups keeps its structure and no letter of the source."""
    made = fake("Yamada^Tarou=山田^太郎", vr="PN")
    assert re.fullmatch(r"[A-Za-z]+\^[A-Za-z]+=[A-Za-z]+\^[A-Za-z]+", made)


def test_a_name_never_takes_a_word_of_the_same_patient() -> None:
    """No word of a fake name is a word of the source, for any key."""
    words = ("john", "taylor", "smith", "lee")
    made = (fake("John Taylor Smith Lee", key=key).casefold().split() for key in KEYS)
    assert all(not set(words) & set(name) for name in made)


@pytest.mark.parametrize(
    ("entity_type", "source", "shape"),
    [
        (
            EntityType.ADDRESS,
            "123 Main St, Apt 4B, Springfield, IL 62704",
            r"\d{3} [A-Z]\w+ St, Apt \d[A-Z], [A-Z]\w+, IL \d{5}",
        ),
        (EntityType.ADDRESS, "41st Street", r"\d*(1st|2nd|3rd|\dth) Street"),
        (EntityType.ADDRESS, "P.O. Box 123", r"P\.O\. Box \d{3}"),
        (EntityType.ADDRESS, "1600 PENNSYLVANIA AVE NW", r"\d{4} [A-Z]+ AVE NW"),
        (EntityType.CITY, "Boston", r"[A-Z][a-z]+"),
        (EntityType.COUNTY, "Cook County", r"[A-Z]\w+ County"),
        (EntityType.STATE, "IL", r"[A-Z]{2}"),
        (EntityType.STATE, "Illinois", "|".join(STATES)),
        (EntityType.COUNTRY, "DEU", r"[A-Z]{3}"),
        (EntityType.ZIP, "62704-1234", r"\d{5}-\d{4}"),
        (EntityType.FACILITY, "Massachusetts General Hospital", r"[A-Z]\w+ General Hospital"),
        (EntityType.FACILITY, "St. Mary's Medical Center", r"St\. [A-Z]\w+'s Medical Center"),
        (EntityType.FACILITY, "MGH", r"[A-Z]{3}"),
        (EntityType.FACILITY, "Memorial Hospital", r"[A-Z]\w+ Hospital"),
        (EntityType.ORGANISATION, "Acme Widgets Inc.", r"[A-Z]\w+ [A-Z]\w+ Inc\."),
        (EntityType.PROFESSION, "plumber", r"[a-z ]+"),
        (EntityType.PHONE, "(617) 726-2000", r"\([2-9]\d\d\) 555-01\d\d"),
        (EntityType.PHONE, "1-617-726-2000 x123", r"1-[2-9]\d\d-555-01\d\d x\d{3}"),
        (EntityType.FAX, "617.726.2000", r"[2-9]\d\d\.555\.01\d\d"),
        (EntityType.PHONE, "+44 20 7946 0958", r"\+\d\d \d\d 0555 01\d\d|\+\d\d \d\d \d555 01\d\d"),
        (EntityType.PHONE, "726-2000", r"555-01\d\d"),
        (EntityType.PHONE, "x5511", r"[a-z]?\d{4}"),
        (EntityType.EMAIL, "j_doe99@hospital.org", r"[a-z]_[a-z]+\d\d@example\.(com|net|org)"),
        (EntityType.SSN, "123-45-6789", r"9\d\d-(0[1-9]|[1-4]\d)-\d{4}"),
        (EntityType.SSN, "6789", r"\d{4}"),
        (EntityType.CREDIT_CARD, "4111-1111-1111-1111", r"4000-00\d\d-\d{4}-\d{4}"),
        (EntityType.VEHICLE, "ABC 1234", r"[A-Z]{3} \d{4}"),
        (EntityType.IP, "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}"),
        (EntityType.IP, "fe80::1", r"2001:db8::[0-9a-f]{4}"),
        (
            EntityType.URL,
            "https://portal.hospital.org/p/123?mrn=9",
            r"https://www\.example\.(com|net|org)/[0-9a-f]{12}",
        ),
        (EntityType.MRN, "MRN-123/456", r"[A-Z]{3}-\d{3}/\d{3}"),
        (EntityType.HEALTH_PLAN, "1EG4-TE5-MK73", r"[1-9][A-Z]{2}\d-[A-Z]{2}\d-[A-Z]{2}\d\d"),
        (EntityType.USERNAME, "jdoe42", r"[a-z]{4}\d\d"),
        (EntityType.UID, "1.2.840.10008.1", r"2\.25\.\d+"),
    ],
)
def test_a_fake_value_has_the_shape_of_its_source(entity_type: EntityType, source: str, shape: str) -> None:
    """Kind, separators and case stay; the numbers are of ranges that are given to nobody, for any key."""
    for key in KEYS:
        made = fake(source, entity_type, key=key)
        assert re.fullmatch(shape, made), made
        assert made.casefold() != source.casefold()


def test_a_fake_card_number_passes_luhn() -> None:
    """Systems that check the last digit accept the fake card, of 13 to 19 digits."""
    for key in KEYS:
        for length in range(13, 20):
            digits = [int(char) for char in fake("4" * length, EntityType.CREDIT_CARD, key=key)][::-1]
            assert len(digits) == length
            assert sum(digits[::2] + [n * 2 - 9 * (n > 4) for n in digits[1::2]]) % 10 == 0


def test_a_fake_vin_passes_its_check() -> None:
    """49 CFR 565.15: the ninth character is a weighted sum modulo 11; letters count by their place."""
    values = {
        **{str(n): n for n in range(10)},
        "A": 1,
        "B": 2,
        "C": 3,
        "D": 4,
        "E": 5,
        "F": 6,
        "G": 7,
        "H": 8,
        "J": 1,
        "K": 2,
    }
    values |= {"L": 3, "M": 4, "N": 5, "P": 7, "R": 9, "S": 2, "T": 3, "U": 4, "V": 5, "W": 6, "X": 7, "Y": 8, "Z": 9}
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

    def check(vin: str) -> str:
        return "0123456789X"[sum(values[char] * weight for char, weight in zip(vin, weights, strict=True)) % 11]

    assert check("1M8GDM9AXKP042788") == "X"  # the example of the rule holds
    made = [fake("1M8GDM9AXKP042788", EntityType.VEHICLE, key=key) for key in KEYS]
    assert all(len(vin) == 17 and vin[8] == check(vin) for vin in made)


def test_an_identifier_agrees_with_and_without_separators() -> None:
    """One number written with dashes, without, and under another label gets the same digits."""
    plain = fake("1234567", EntityType.MRN)
    assert fake("123-45-67", EntityType.ID).replace("-", "") == plain
    assert plain[0] != "0"


@pytest.mark.parametrize("entity_type", sorted(set(EntityType) - set(MAKERS)))
def test_labels_without_a_surrogate_get_their_label(entity_type: EntityType) -> None:
    """Dates, ages and faces have operators of their own: here they are masked, never let through."""
    assert fake("2021-03-14", entity_type) == f"<{entity_type}>"


def test_surrogates_conform_to_the_vr() -> None:
    """A name has no place in a date; a UID in an element becomes the project's UID for it; an IS stays a number."""
    assert fake("DOE^JOHN", vr="DA") == ""
    assert fake("1.2.3", EntityType.ID, vr="UI") == KEY.uid("1.2.3")
    assert fake("12345", EntityType.ID, vr="IS").isdecimal()
    assert len(fake("Massachusetts General Hospital", EntityType.FACILITY, vr="SH")) <= 16


@pytest.mark.parametrize("value", ["", " ", "^^^", "\0"])
def test_an_empty_value_stays_empty(value: str) -> None:
    """Where there was no name none is made up."""
    assert fake(value, vr="PN") == value


def test_a_list_of_the_policy_goes_first() -> None:
    """A custom obfuscation list gives the values, the same for every order of a name, in PN notation for DICOM."""
    lists = {"NAME": ("Ada Lovelace", "Alan Turing", "Grace Hopper")}
    plain = Site(EntityType.NAME, "subject", KEY, lists=lists)
    made = custom_list("John Doe", plain)
    assert made in lists["NAME"]
    assert surrogate("Doe, John", plain) == surrogate("Dr. John Doe", plain) == made
    given, family = made.split()
    assert custom_list("DOE^JOHN", Site(EntityType.NAME, "subject", KEY, vr="PN", lists=lists)) == f"{family}^{given}"


@pytest.mark.parametrize("lists", [{}, {"NAME": ()}, {"NAME": ("John Doe",)}, {"CITY": ("Oz",)}])
def test_a_list_that_has_nothing_to_give_masks(lists: dict[str, tuple[str, ...]]) -> None:
    """Without a list, or with none but the source in it, the label is written."""
    assert custom_list("John Doe", Site(EntityType.NAME, "subject", KEY, lists=lists)) == "<NAME>"


def test_word_lists_are_sorted_and_plenty() -> None:
    """Draws go by position, so the lists are in a fixed order; each is long enough that names seldom collide."""
    for words, least in ((GIVEN, 600), (FAMILY, 900), (FEMALE, 300), (MALE, 300)):
        assert list(words) == sorted(set(words))
        assert len(words) >= least

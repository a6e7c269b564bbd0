"""What is known of a subject is found in every form, and nothing of it is shown."""

import pytest

from deid_core.detect import known_values
from deid_core.detect.known_values import KnownValuesDetector
from deid_core.entities import EntityType
from deid_core.policy import load_policy
from deid_core.ports import KnownValue, TextQuery

DOE = (EntityType.NAME, "DOE^JOHN^A")
MUELLER = (EntityType.NAME, "Müller, Anna-Lena")
WILL = (EntityType.NAME, "Will May")
VAN = (EntityType.NAME, "van der Berg^Pieter")
FITZ = (EntityType.NAME, "Fitzgerald, Rosalind")
MRN = (EntityType.MRN, "00123456")
ACCESSION = (EntityType.ENCOUNTER, "CT-2021-0042")
SSN = (EntityType.SSN, "123-45-6789")
PHONE = (EntityType.PHONE, "(617) 555-0100")
BORN = (EntityType.DATE_OF_BIRTH, "1951-03-14")
STREET = (EntityType.ADDRESS, "123 Main Street, Springfield, IL 62701")
EMAIL = (EntityType.EMAIL, "John.Doe@example.org")
TOWN = (EntityType.CITY, "Reading")

FOUND = [
    (DOE, "seen with John Doe today", "John Doe"),
    (DOE, "JOHN A. DOE came", "JOHN A. DOE"),
    (DOE, "chart of Doe, John.", "Doe, John"),
    (DOE, "DOE,JOHN", "DOE,JOHN"),
    (DOE, "by J. Doe", "J. Doe"),
    (DOE, "by J.A. Doe", "J.A. Doe"),
    (DOE, "Doe J was", "Doe J"),
    (DOE, "Mr Doe slept", "Doe"),
    (DOE, "Mr. Doe's leg", "Doe"),
    (DOE, "DOE^JOHN^A", "DOE^JOHN^A"),
    (DOE, "so john felt fine", "john"),
    (DOE, "file john_doe_1951.txt", "john_doe"),
    (DOE, "JohnDoe1951", "JohnDoe"),
    (DOE, "John  \n Doe", "John  \n Doe"),
    (DOE, "CHESTJOHNDOE", "JOHNDOE"),
    (DOE, "DoeJohnChest", "DoeJohn"),
    (MUELLER, "Anna-Lena Müller", "Anna-Lena Müller"),
    (MUELLER, "ANNA LENA MUELLER", "ANNA LENA MUELLER"),
    (MUELLER, "annalena muller", "annalena muller"),
    (MUELLER, "Frau Mu\u0308ller kam", "Mu\u0308ller"),
    (MUELLER, "for Muler", "Muler"),
    ((EntityType.NAME, "Mueller^Jan"), "Herr Müller", "Müller"),
    ((EntityType.NAME, "Núñez, José"), "Jose Nunez", "Jose Nunez"),
    ((EntityType.NAME, "Łukasz Żak"), "LUKASZ ZAK", "LUKASZ ZAK"),
    ((EntityType.NAME, "O'Brien, Mary"), "Mary OBrien", "Mary OBrien"),
    ((EntityType.NAME, "Smith-Jones, Amy"), "Amy Smith Jones", "Amy Smith Jones"),
    (VAN, "Pieter van der Berg", "Pieter van der Berg"),
    (VAN, "P. van der Berg", "P. van der Berg"),
    (FITZ, "told Rosalynd so", "Rosalynd"),
    (FITZ, "Fitzgerld agreed", "Fitzgerld"),
    (FITZ, "Fitzgearld agreed", "Fitzgearld"),
    (WILL, "Then Will May came", "Will May"),
    (WILL, "then Mr. May came", "May"),
    (WILL, "as Will said", "Will"),
    (MRN, "MRN 123456", "123456"),
    (MRN, "MRN00123456", "00123456"),
    (MRN, "12-34-56", "12-34-56"),
    (MRN, "123 456", "123 456"),
    (ACCESSION, "acc ct20210042 read", "ct20210042"),
    (ACCESSION, "CT 2021 0042", "CT 2021 0042"),
    (SSN, "ssn 123456789", "123456789"),
    (SSN, "123.45.6789", "123.45.6789"),
    (PHONE, "617.555.0100", "617.555.0100"),
    (PHONE, "+1 617 555 0100", "+1 617 555 0100"),
    (PHONE, "dial 555-0100", "555-0100"),
    (BORN, "3/14/1951", "3/14/1951"),
    (BORN, "14.03.51", "14.03.51"),
    (BORN, "March 14, 1951", "March 14, 1951"),
    (BORN, "the 14th of March 1951", "14th of March 1951"),
    (BORN, "14-MAR-1951", "14-MAR-1951"),
    (BORN, "19510314", "19510314"),
    (BORN, "1951-03-14T10:00", "1951-03-14"),
    (BORN, "on Mar 14", "Mar 14"),
    ((EntityType.DATE, "20210314101500"), "03/14/2021", "03/14/2021"),
    ((EntityType.DATE, "3/14/2021"), "2021-03-14", "2021-03-14"),
    ((EntityType.DATE, "14 Mar 2021"), "3/14/21", "3/14/21"),
    (STREET, "123 Main St, Springfield, IL 62701", "123 Main St, Springfield, IL 62701"),
    (STREET, "at 123 MAIN STREET.", "123 MAIN STREET"),
    (EMAIL, "to JOHN.DOE@EXAMPLE.ORG.", "JOHN.DOE@EXAMPLE.ORG"),
    (TOWN, "lives in Reading now", "Reading"),
]

NOT_FOUND = [
    (DOE, "a j in doeskin does it"),
    (DOE, "Johnson and Doering"),
    ((EntityType.NAME, "Ng^Al"), "among all"),
    (WILL, "He will come in may"),
    (WILL, "Will continue. May 2021."),
    (MRN, "1234567 and 9123456"),
    (PHONE, "6175550101"),
    (BORN, "in 1951, 3/14/1952, 13/14/1951"),
    (STREET, "123 Maine Street"),
    (TOWN, "reading glasses. Reading is hard."),
    ((EntityType.NAME, "UNKNOWN"), "unknown history, Unknown cause"),
    ((EntityType.NAME, "X"), "X marks X"),
    ((EntityType.MRN, "12"), "12 of 12"),
    ((EntityType.NAME, "Li"), "Li 0.8 mmol/L"),
    (FITZ, "Rosa and Gerald"),
]


@pytest.fixture(scope="module")
def detector() -> KnownValuesDetector:
    """Make the detector of the shipped policy."""
    return KnownValuesDetector(load_policy("safe_harbor"))


@pytest.mark.parametrize(("known", "text", "value"), FOUND)
def test_a_known_value_is_found_in_any_form(
    detector: KnownValuesDetector, known: tuple[EntityType, str], text: str, value: str
) -> None:
    """One span, of the known label, lies exactly on the form."""
    [spans] = detector.find([TextQuery(text, (KnownValue(*known),))])
    assert [(text[span.start : span.end], span.entity_type) for span in spans] == [(value, known[0])]


@pytest.mark.parametrize(("known", "text"), NOT_FOUND)
def test_what_is_not_the_known_value_is_left(
    detector: KnownValuesDetector, known: tuple[EntityType, str], text: str
) -> None:
    """Longer words and numbers, common words in prose and values that say nothing yield nothing."""
    assert detector.find([TextQuery(text, (KnownValue(*known),))]) == [[]]


@pytest.mark.parametrize(
    ("text", "score"),
    [("John Doe", 0.98), ("J. Doe", 0.92), ("then Doe", 0.9), ("then doe", 0.75)],
)
def test_scores_fall_with_what_is_left_of_the_name(detector: KnownValuesDetector, text: str, score: float) -> None:
    """A whole name is nearly certain; one word in lower case is less."""
    [[span]] = detector.find([TextQuery(text, (KnownValue(EntityType.NAME, "Doe^John"),))])
    assert span.score == score


def test_a_misspelt_name_goes_to_review_scores() -> None:
    """One letter off scores 0.6."""
    [[span]] = KnownValuesDetector(load_policy("safe_harbor")).find([TextQuery("Fitzgerld", (KnownValue(*FITZ),))])
    assert (span.score, span.rule) == (0.6, "name_misspelt")


def test_each_query_has_its_own_subject(detector: KnownValuesDetector) -> None:
    """What is known of one subject is not looked for in another's text."""
    queries = [
        TextQuery("Doe 123456", (KnownValue(*DOE),)),
        TextQuery("Doe 123456", (KnownValue(*MRN),)),
        TextQuery("Doe"),
    ]
    assert [[span.entity_type for span in spans] for spans in detector.find(queries)] == [["NAME"], ["MRN"], []]


def test_no_repr_shows_a_value() -> None:
    """Known values, queries, matchers and their forms hide what they hold."""
    known = (KnownValue(*DOE), KnownValue(*MRN))
    shown = repr(
        (known, TextQuery("John Doe 123456", known), known_values.matcher(known), known_values.matcher(known).forms)
    )
    assert not any(value in shown.lower() for value in ("john", "doe", "123456"))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("ศรีสุวรรณ^สมชาย", "CT ศรีสุวรรณ chest", "ศรีสุวรรณ"),
        ("शर्मा^राजेश", "CT शर्मा", "शर्मा"),
        ("பெருமாள்^ரவி", "பெருமாள் seen", "பெருமாள்"),
    ],
)
def test_a_family_name_alone_is_found_where_vowels_are_signs(name: str, text: str, found: str) -> None:
    """Vowel signs of Thai and Indic scripts are no letters, and do not part a word."""
    detector = KnownValuesDetector(load_policy("safe_harbor"))
    spans = detector.find([TextQuery(text, (KnownValue(EntityType.NAME, name),))])[0]
    assert [text[span.start : span.end] for span in spans] == [found]

"""Laws of the text detectors that look for rules and for known values, over any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect.known_values import KnownValuesDetector
from deid_core.detect.patterns import Patterns
from deid_core.entities import EntityType
from deid_core.policy import Policy, load_policy
from deid_core.ports import KnownValue, TextQuery

POLICY = load_policy("safe_harbor")
PATTERNS, KNOWN = Patterns(POLICY), KnownValuesDetector(POLICY)
PIECES = st.sampled_from(
    [
        "Patient: ",
        "Name: ",
        "Dr. ",
        "MRN ",
        "DOB ",
        "on ",
        "SSN ",
        "tel ",
        "@",
        "^",
        "\r\n",
        "\t",
        " ",
        ", ",
        ".",
        "-",
        "/",
        ":",
        "(",
        "http://",
        "John",
        "DOE",
        "Müller",
        "O'Brien",
        "van",
        "May",
        "Hospital",
        "Street",
        "MA",
        "MD",
        "12",
        "2021",
        "03/14/2021",
        "555-0100",
        "62701",
        "é́",
        "王",
        "😀",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))
NAME_LETTERS = st.text("abcdefghijklmnopqrstuvwxyzäöüéñøł'-", min_size=3, max_size=12).filter(
    lambda word: word[0].isalpha()
)


@given(TEXTS, st.sampled_from(["note", "ocr", "StudyDescription"]))
@settings(max_examples=300, deadline=None)
def test_a_span_lies_in_its_text_and_holds_something(text: str, source: str) -> None:
    """Whatever the text, spans are in order, in bounds, not blank, with a score in 0..1 and a rule's name."""
    [spans] = PATTERNS.find([TextQuery(text, source=source)])
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
        assert 0 <= span.score <= 1
        assert span.rule


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_batch_is_answered_as_its_texts_one_by_one(texts: list[str]) -> None:
    """No query changes the answer to another."""
    queries = [TextQuery(text) for text in texts]
    assert PATTERNS.find(queries) == [PATTERNS.find([query])[0] for query in queries]


@given(TEXTS, st.sampled_from(["Brandvold", "Zeta Nine", "A-77"]), TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_denied_value_between_spaces_is_always_found(before: str, value: str, after: str) -> None:
    """Whatever stands around it, each code point of a denied value is covered with score 1."""
    detector = Patterns(Policy.model_validate(POLICY.model_dump() | {"deny": {"ID": (value,)}}))
    text = f"{before} {value} {after}"
    [spans] = detector.find([TextQuery(text)])
    start = len(before) + 1
    assert any(span.start <= start and span.end >= start + len(value) and span.score == 1 for span in spans)


@given(NAME_LETTERS, NAME_LETTERS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_a_known_name_is_covered_in_each_order_and_case(family: str, given_name: str, around: str) -> None:
    """Family and given name together are found as written, swapped, in capitals and as DICOM writes them."""
    known = (KnownValue(EntityType.NAME, f"{family}^{given_name}"),)
    for form in (f"{given_name} {family}", f"{family}, {given_name}".upper(), f"{family}^{given_name}"):
        text = f"{around} | {form} | {around}"
        start, end = len(around) + 3, len(around) + 3 + len(form)
        [spans] = KNOWN.find([TextQuery(text, known)])
        covered = {place for span in spans for place in range(span.start, span.end)}
        assert {place for place in range(start, end) if text[place].isalpha()} <= covered


@given(TEXTS, st.text(max_size=30), st.sampled_from(list(EntityType)))
@settings(max_examples=200, deadline=None)
def test_any_known_value_is_looked_for_without_an_error(text: str, value: str, label: EntityType) -> None:
    """Whatever is known, of whatever label, the spans lie in the text."""
    [spans] = KNOWN.find([TextQuery(text + value, (KnownValue(label, value),))])
    assert all(0 <= span.start < span.end <= len(text + value) for span in spans)


@given(st.integers(100, 10**12), st.sampled_from([EntityType.MRN, EntityType.ACCOUNT, EntityType.HEALTH_PLAN]))
@settings(max_examples=100, deadline=None)
def test_a_known_number_of_three_digits_or_more_is_found_as_written(number: int, label: EntityType) -> None:
    """A number that stands as a whole token is found."""
    text = f"seen {number} there"
    [spans] = KNOWN.find([TextQuery(text, (KnownValue(label, str(number)),))])
    assert [(span.start, span.end) for span in spans] == [(5, 5 + len(str(number)))]


HOSTILE = [
    "a",
    "Aa ",
    "1",
    "1 ",
    "1.",
    "1/",
    "@",
    "a@",
    "^",
    "A^",
    "Dr. Aa ",
    "Name: Aa, Aa ",
    "Hospital ",
    "http://",
    "a.com",
]
HOSTILE += [
    "SSN 123-45-",
    "(123)",
    "MRN: 1",
    "::",
    "ff-",
    "Address: 1",
    "1 Aa St ",
    "Aa, MA ",
    "1/1/2020 ",
    "Jan 1 ",
    "12:00 ",
]
HOSTILE += [
    "Aa, his wife ",
    "Aa Aa, MD ",
    "\n",
    " ",
    "O'",
    "A-",
    "4111 ",
    "DE89 3704 ",
    "0a1b2c3d-",
    "\u0301",
    "Mr. Aaaa Bbbb. ",
]
HOSTILE += ["Flat 1, Aa ", "1-1-", "A1-", "lives at 1 A, 1 A ", "case A1/1 ", "one two ", "first of the ", "|12345"]
HOSTILE += [
    "rue de la ",
    "mum (Aa, 91 ",
    "1, 2 and 3 ",
    "1 2 and ",
    "born one ",
    "No. 1/1 ",
    "ref 1 123 ",
    "drives a AB12 ",
]
SOUGHT = (
    KnownValue(EntityType.NAME, "AAAAAA^AAAAAB^A"),
    KnownValue(EntityType.MRN, "0011111"),
    KnownValue(EntityType.DATE_OF_BIRTH, "2020-01-01"),
    KnownValue(EntityType.ADDRESS, "1 Aa St, Aa, MA"),
)


@pytest.mark.parametrize("detector", [PATTERNS, KNOWN], ids=lambda detector: detector.name)
@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_work_grows_in_step_with_a_hostile_text(
    detector: Patterns | KnownValuesDetector, piece: str, cpu_seconds: object
) -> None:
    """Four times the text takes nowhere near sixteen times as long, as it would if work grew with its square."""
    short, long = ((piece * size)[:size] for size in (2_000, 8_000))
    assert callable(cpu_seconds)
    quick = min(cpu_seconds(detector, TextQuery(short, SOUGHT)) for _ in range(3))
    slow = min(cpu_seconds(detector, TextQuery(long, SOUGHT)) for _ in range(2))
    assert slow < 10 * max(quick, 1e-2)  # the square of 8,000 is seconds; hundredths are this machine's noise


@pytest.fixture
def cpu_seconds() -> object:
    """Return a function that measures the processor time of one query."""
    from time import process_time

    def measure(detector: Patterns | KnownValuesDetector, query: TextQuery) -> float:
        start = process_time()
        detector.find([query])
        return process_time() - start

    return measure

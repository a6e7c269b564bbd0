"""Training data for the NER: spans are exact, seeds decide, and what is unknown is not taught."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from deid_core.detect.word_lists import WordLists
from deployments.train.carriers import SafeWords, carrier_templates, planted
from deployments.train.corpora import public_examples, read_conll, read_presidio
from deployments.train.examples import LABELS, UNKNOWN, Example, Writer
from deployments.train.generate import BANKS, LABELLED, SLOT, Filler, banks, development, notes, varied, worn
from deployments.train.lexicon import LOCALES, Lexicon, slots, templates
from deployments.train.train import as_reference, new_pipeline

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"
CARRIERS = ["The patient is seen today for follow-up.", "Her husband drove to the hospital.", "doctor: hi , {first} ."]


needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not beside the checkout")


def _filler(seed: int = 7, split: str = "train") -> Filler:
    return Filler(Lexicon(split, Random(seed)))


def _values(example: Example) -> list[tuple[str, str]]:
    return [(example.text[start:end], label) for start, end, label in example.spans]


def test_the_same_seed_writes_the_same_notes() -> None:
    """A seed decides every character and span; another seed gives others."""
    first, again, other = (list(notes(_filler(seed), 60, CARRIERS)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_spans_of_generated_notes_are_exact() -> None:
    """Spans are in order, apart, without white space at their edges, and under our labels or left untaught."""
    for example in notes(_filler(), 400, CARRIERS):
        edges = [edge for start, end, _ in example.spans for edge in (start, end)]
        assert edges == sorted(edges)
        for value, label in _values(example):
            assert value
            assert value == value.strip()
            assert label in {*LABELS, UNKNOWN}


BANK_FILES = [f"{name}_train.txt" for name in BANKS]


@pytest.mark.parametrize("name", [*BANK_FILES, "notes_dev.txt", "negatives_dev.txt"])
def test_every_template_can_be_filled(name: str) -> None:
    """No slot is unknown, each labelled slot becomes one span, and no brace is left."""
    filler = _filler(split="dev" if "dev" in name else "train")
    for template in templates(name):
        example = filler.render(template, name)
        labelled = [slot for slot in SLOT.findall(template) if slot.lower() in LABELLED]
        assert len(example.spans) == len(labelled), template
        assert not SLOT.search(example.text)


def test_sentences_about_nobody_have_no_labelled_slot() -> None:
    """A hard negative never plants an identifier."""
    for name in ("negatives_train.txt", "plain_train.txt", "negatives_dev.txt"):
        assert [line for line in templates(name) for slot in SLOT.findall(line) if slot.lower() in LABELLED] == []


def test_the_development_set_shares_nothing_with_training() -> None:
    """Neither a template, nor a locale, nor a listed name or place is in both."""
    assert set(templates("notes_train.txt")).isdisjoint(templates("notes_dev.txt"))
    assert set(templates("negatives_train.txt")).isdisjoint(templates("negatives_dev.txt"))
    assert set(LOCALES["train"].split()).isdisjoint(LOCALES["dev"].split())
    train, dev = _filler(), _filler(split="dev")
    for kind in ("city", "facility_stem", "organisation", "street_stem"):
        drawn = [{filler.lexicon.place(kind) for _ in range(3000)} for filler in (train, dev)]
        assert drawn[0].isdisjoint(drawn[1])


def test_the_development_set_is_fixed_and_of_many_origins() -> None:
    """The card's set is the same each time and holds names of more than fifteen origins."""
    first, again = (development(_filler(3, "dev"), 2) for _ in range(2))
    assert first == again
    positive, negative = first
    assert len({example.origin for example in positive}) > 15
    assert all(example.spans for example in positive)
    assert not any(example.spans for example in negative)


def test_worn_text_keeps_its_identifiers() -> None:
    """Plain words may change or go; each identifier stays as it was, in order."""
    filler = _filler()
    example = Example("Seen by Anna Groß on 3 May, then by Ali Hassan again.", ((8, 17, "NAME"), (36, 46, "NAME")))
    others = [worn(example, filler) for _ in range(200)]
    assert all(_values(other) == _values(example) for other in others)
    assert len({other.text for other in others}) > 5


def test_a_template_says_by_its_slots_whether_it_names_anybody() -> None:
    """The banks are told apart by labelled slots, whatever file a line is in."""
    positive, negative = banks()
    assert len(positive) > 2000
    assert len(negative) > 2000
    assert not [line for line in negative for slot in SLOT.findall(line) if slot.lower() in LABELLED]


def test_recasing_keeps_spans_where_they_were() -> None:
    """Capitals, small letters and misspellings leave each span at its value."""
    filler = _filler()
    example = Example("Seen by Anna Groß, then by Ali Hassan.", ((8, 17, "NAME"), (27, 37, "NAME")))
    for _ in range(200):
        other = varied(example, filler)
        assert len(other.text) == len(example.text)
        assert other.spans == example.spans


def test_dates_hold_more_than_a_year() -> None:
    """A bare year may stay, so no generated date is one."""
    lexicon = _filler().lexicon
    assert not [text for text in (lexicon.date() for _ in range(2000)) if re.fullmatch(r"\d{4}", text)]


def test_a_corpus_teaches_no_absence_it_did_not_annotate() -> None:
    """Dates, numbers, handles and kinds without a label of ours become unknown, not nothing."""
    conll = (
        "On O|May O|3 O|, O|@ann B-PER|met O|Ann B-PER|Lee I-PER|at O|Mercy B-ORG|Hospital I-ORG|in O|Oscars B-award|"
    )
    conll = conll.replace("|", "\n")
    (example,) = read_conll(conll, "test")
    assert example.text == "On May 3, @ann met Ann Lee at Mercy Hospital in Oscars"
    expected = [
        ("May", UNKNOWN),
        ("3", UNKNOWN),
        ("@ann", UNKNOWN),
        ("Ann Lee", "NAME"),
        ("Mercy Hospital", "FACILITY"),
    ]
    assert _values(example) == [*expected, ("Oscars", UNKNOWN)]


def test_neighbouring_entities_stay_two() -> None:
    """IOB1 and IOB2 files: a B tag, or another kind, begins a new entity."""
    (example,) = read_conll("Ann I-PER\nLee I-PER\nRome I-LOC\nOslo B-LOC\n", "test")
    assert _values(example) == [("Ann Lee", "NAME"), ("Rome", "LOCATION"), ("Oslo", "LOCATION")]


def test_generated_presidio_sentences_are_mapped() -> None:
    """Their kinds become ours; what we do not learn is unknown; titles are nothing."""
    spans = ", ".join(
        f'{{"entity_type": "{kind}", "start_position": {start}, "end_position": {end}}}'
        for kind, start, end in (("PERSON", 4, 7), ("IBAN_CODE", 12, 16), ("TITLE", 0, 3))
    )
    (example,) = read_presidio(f'[{{"full_text": "Dr. Ann has GB12", "spans": [{spans}]}}]')
    assert _values(example) == [("Ann", "NAME"), ("GB12", UNKNOWN)]


def test_unknown_spans_are_left_out_of_the_loss() -> None:
    """The reference marks an unknown token as missing, not as outside."""
    nlp = new_pipeline(WordLists.empty())
    example = Example("Ann met @bob in May", ((0, 3, "NAME"), (8, 12, UNKNOWN), (16, 19, UNKNOWN)))
    doc = as_reference(nlp.make_doc(example.text), example)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Ann", "NAME")]
    iob = {token.text: token.ent_iob for token in doc}  # 0: missing, 2: outside
    assert iob["met"] == 2
    assert iob["May"] == 0
    assert [token.ent_iob for token in doc if token.text.endswith("bob")] == [0]


@pytest.mark.parametrize(
    ("text", "value"),
    [("DOB:01/02/1960", "01/02/1960"), ("Name:Ann", "Ann"), ("seen 12Jan2020", "12Jan2020"), ("DOE,JANE", "DOE,JANE")],
)
def test_the_tokeniser_cuts_where_layouts_glue(text: str, value: str) -> None:
    """Values without a space before them still are whole tokens."""
    doc = new_pipeline(WordLists.empty()).make_doc(text)
    start = text.index(value)
    assert doc.char_span(start, start + len(value)) is not None


def test_carrier_sentences_are_planted_where_prose_names_people() -> None:
    """A sentence's patient may become a name, and the result is a template with known slots."""
    rng = Random(5)
    seen = {planted(CARRIERS[0], rng) for _ in range(100)}
    assert CARRIERS[0] in seen
    assert any(text.startswith(("{full}", "{first}", "{last}", "{title}")) for text in seen)
    assert {slot.lower() for text in seen for slot in SLOT.findall(text)} <= {*LABELLED, *slots()}


@pytest.mark.shared
@needs_corpora
def test_carrier_sentences_hold_no_invented_name() -> None:
    """The fictional names of ACI-Bench and MTS-Dialog are gone from the templates, as are full dates."""
    text = "\n".join(carrier_templates(CORPORA, "train"))
    assert len(text) > 500_000
    for name in ("Martha", "Collins", "martha", "Kumar", "Andrew"):
        assert not re.search(rf"\b{name}\b", text)
    assert not re.search(r"\b\d{1,2}/\d{1,2}/\d{4}\b", text)


@pytest.mark.shared
@needs_corpora
def test_safe_words_know_terms_from_names() -> None:
    """A clinical sentence passes; a name inside one does not."""
    safe = SafeWords(CORPORA)
    assert safe.clean("The patient has Crohn's disease and takes Lipitor.", every_word=False)
    assert not safe.clean("The patient saw Kowalczyk for this.", every_word=False)
    assert not safe.clean("hi , martha . how are you ?", every_word=True)


@pytest.mark.shared
@needs_corpora
def test_every_corpus_gives_examples_with_names() -> None:
    """All corpora are read, and each annotates people."""
    named: dict[str, int] = {}
    for example in public_examples(CORPORA):
        named[example.source] = named.get(example.source, 0) + any(label == "NAME" for *_, label in example.spans)
    assert set(named) == {"WNUT17", "BTC", "wikigold", "SEC-filings", "CrossNER", "presidio-research"}
    assert min(named.values()) > 300


def test_a_writer_trims_white_space_from_spans() -> None:
    """A value with spaces around it is marked without them; an empty one not at all."""
    writer = Writer()
    writer.add("by ")
    writer.add(" Ann ", "NAME")
    writer.add("  ", "NAME")
    assert _values(writer.example("test")) == [("Ann", "NAME")]

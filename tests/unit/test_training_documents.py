"""Whole documents for training: marks stay exact, a document stays one story, and what it teaches is nobody's gold."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from random import Random

from deid_core.evaluate import inline
from deployments.train.documents import Renewed, documents, drawn
from deployments.train.examples import LABELS, UNKNOWN, Example
from deployments.train.lexicon import Lexicon

GOLD = Path(__file__).resolve().parents[1] / "gold" / "text"


def _lexicon(seed: int = 3) -> Lexicon:
    return Lexicon("train", Random(seed))


def _renewed(text: str, seed: int = 3) -> Example:
    marked = inline.read({"one": f"### d1 note\n{text}\n".encode()})[0]
    return Renewed(_lexicon(seed), Example(marked.text, tuple(marked.spans), "documents")).example()


def _values(example: Example, label: str) -> list[str]:
    return [example.text[start:end] for start, end, kind in example.spans if kind == label]


def test_spans_of_drawn_documents_are_exact() -> None:
    """Spans are in order, apart, without white space at their edges, and under our labels or left untaught."""
    for example in drawn(_lexicon(), 400):
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(example.spans)))
        for start, end, label in example.spans:
            assert example.text[start:end].strip() == example.text[start:end] != ""
            assert label in {*LABELS, UNKNOWN}


def test_the_same_seed_draws_the_same_documents() -> None:
    """A seed decides which documents are drawn and what stands in them."""
    first, again, other = (list(drawn(_lexicon(seed), 60)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_person_keeps_one_name_in_a_document() -> None:
    """Every mention of a word of a name becomes the same other word, written as that mention was."""
    renewed = {
        _renewed("[NAME ORLA QUILLIGAN] came. [NAME Orla] slept. Mrs [NAME Quilligan] ate.", n) for n in range(9)
    }
    changed = [_values(one, "NAME") for one in renewed]
    assert all(
        whole.casefold() == f"{first} {last}".casefold() and whole == whole.upper() for whole, first, last in changed
    )
    assert any("QUILLIGAN" not in whole for whole, *_ in changed)


def test_numbers_keep_their_form() -> None:
    """Other digits and letters stand where digits and letters stood, and signs stay."""
    example = _renewed("Bag [ID QX-4471/b] at [PHONE 030 5571 29], [ADDRESS 17 Larkhill Row].")
    shapes = [re.sub(r"[1-9]", "9", re.sub(r"[A-Z]", "A", one)) for one in _values(example, "ID")]
    assert shapes == ["AA-9999/b"]
    assert re.fullmatch(r"0[1-9]0 [1-9]{4} [1-9]{2}", _values(example, "PHONE")[0])
    assert re.match(r"[1-9]{2} ", _values(example, "ADDRESS")[0])


def test_what_may_stay_is_not_taught_as_an_identifier() -> None:
    """Weekdays alone, beds of one or two digits, ages and postcodes are taught neither way."""
    labels = {text: label for one in documents() for text, label in _spans(one)}
    assert labels["Thurs"] == UNKNOWN
    assert all(label == UNKNOWN for text, label in labels.items() if re.fullmatch(r"[Bb]ed \d{1,2}", text))
    assert {"NAME", "DATE", "ID", "FACILITY", "ORGANISATION", "ADDRESS", "PHONE", "LOCATION"} <= set(labels.values())


def _spans(example: Example) -> list[tuple[str, str]]:
    return [(example.text[start:end], label) for start, end, label in example.spans]


def test_no_document_of_the_gold_is_trained_on() -> None:
    """No long line of the gold texts stands in a document for training, but headings that forms print in capitals."""

    def lines(texts: list[str]) -> set[str]:
        return {
            line.strip()
            for text in texts
            for line in text.splitlines()
            if len(line.strip()) > 40 and not line.isupper()
        }

    gold = [
        one.text
        for path in GOLD.glob("*.txt")
        if "negatives" not in path.name
        for one in inline.read({"g": path.read_bytes()})
    ]
    plain = [path.read_text("utf-8") for path in GOLD.glob("*_negatives.txt")]
    assert not lines([one.text for one in documents()]) & lines([*gold, *plain])

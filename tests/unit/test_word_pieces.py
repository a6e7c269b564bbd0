"""How the accurate NER cuts a text: words that keep their places and shapes, pieces as the encoder was taught."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect.ner_onnx import load_encoder
from deid_core.detect.word_pieces import CASES, GAPS, LONGEST, MOST, words

PIECES = [  # what the reference implementation of BERT's tokenizer gives (tokenizers, of the same vocabulary)
    ("Hargreaves", ["ha", "##rg", "##rea", "##ves"]),
    ("Núñez", ["nunez"]),
    ("Quisenberry", ["qui", "##sen", "##berry"]),
    ("00817263", ["00", "##8", "##17", "##26", "##3"]),
    ("漢", ["漢"]),
    ("ß", ["ß"]),
    ("Ångström", ["ang", "##strom"]),
    ("e\u0301lan", ["el", "##an"]),
    ("Xiaoming", ["xiao", "##ming"]),
    ("😀", ["[UNK]"]),
    ("\ud800", ["[UNK]"]),
    ("\u0301", ["[UNK]"]),
    ("……", ["…"]),
    ("-----", ["-"]),
    ("x" * (LONGEST + 1), ["[UNK]"]),
]


@pytest.mark.parametrize(("word", "expected"), PIECES, ids=[ascii(row[0])[:20] for row in PIECES])
def test_words_are_cut_as_the_encoder_was_taught(word: str, expected: list[str]) -> None:
    """Pieces are those of BERT's own tokenizer; a ruled line is one sign, an endless word unknown."""
    pieces = load_encoder().pieces
    names = list(pieces.ids)
    assert [names[index] for index in pieces.cut(word)] == expected


def test_a_long_word_has_few_pieces() -> None:
    """A run of consonants costs no more than MOST pieces."""
    assert len(load_encoder().pieces.cut("zxqj" * 16)) == MOST


def test_words_know_how_they_are_written_and_what_stands_before() -> None:
    """Capitals, line ends and wide gaps, which the encoder's own alphabet loses, are in the shape."""
    text = "Ann SMITH\r\nj. \tB7 McX\u00a0ok PatientName"
    found = [(text[word.start : word.end], *divmod(word.shape, GAPS)) for word in words(text)]
    assert found == [
        ("Ann", 2, 2), ("SMITH", 3, 1), ("j", 1, 2), (".", 0, 0), ("B", 4, 3), ("7", 0, 0), ("McX", 5, 1), ("ok", 1, 1),
        ("Patient", 2, 1), ("Name", 2, 0),
    ]  # fmt: skip


ALPHABET = st.sampled_from(
    [
        *"aZ9 .,:;()[]/\\-^'\n\r\t😀éß漢İ\ud800\x00\u202f\u0301",
        " Dr. Smith ",
        "MARY JONES\n",
        "01/02/2003",
        "Foley",
        "----",
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ALPHABET, max_size=80).map("".join))
def test_words_cover_every_character_that_can_be_seen(text: str) -> None:
    """Law: words are in order, apart, not empty, of a shape the model knows; letters and digits are all in one."""
    found = words(text)
    covered = {at for word in found for at in range(word.start, word.end)}
    assert sum(word.end - word.start for word in found) == len(covered)
    assert all(word.start < word.end and 0 <= word.shape < CASES * GAPS for word in found)
    assert all(at in covered for at, char in enumerate(text) if char.isalnum())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_a_part_between_blanks_has_the_words_of_the_whole(text: str) -> None:
    """Law: cut where sentences are cut, each part has the words that the whole text has there, shapes and all."""
    edges = [0, *(at for match in re.finditer(r"[ \t]+|[\r\n]+", text) for at in match.span()), len(text)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        assert words(text, start, end) == [word for word in words(text) if start <= word.start < end]

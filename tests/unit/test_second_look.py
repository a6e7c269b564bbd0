"""What the encoder doubts and the small model finds is found; nothing else is, and nothing twice."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect.second_look import AGREED, agreed
from deid_core.detect.word_pieces import words
from deid_core.entities import EntityType
from deid_core.model import Span

LINE = "Tomasz was seen with Dr. Halvorsen and Ms. Okonjo this morning."
FOUND = Span(0, len("Tomasz"), EntityType.NAME, 0.9, "x")


def asked(text: str, chances: dict[str, float], found: list[Span], *, at: int = 0) -> list[str]:
    """Return what is found more in a text, of which words have a chance."""
    part = words(text, at)
    odds = np.array([chances.get(text[word.start : word.end], 0.0) for word in part], np.float32)
    return [text[span.start : span.end] for span in agreed([text], [[(part, odds)]], [found])[0]]


@pytest.mark.parametrize(
    ("chances", "more"),
    [
        ({"Halvorsen": 0.1, "Okonjo": 0.1}, ["Halvorsen", "Okonjo"]),
        ({"Halvorsen": 0.1, "Okonjo": 0.01}, ["Halvorsen"]),
        ({"Halvorsen": 0.01, "Okonjo": 0.01}, []),
        ({"morning": 0.3, "seen": 0.3}, []),
    ],
)
def test_a_word_that_both_suspect_is_found(chances: dict[str, float], more: list[str]) -> None:
    """A name in doubt is found where the small model names it; a word that is ruled out, or of the language, is not."""
    assert asked(LINE, chances, [FOUND]) == more


def test_where_nobody_was_found_there_is_no_second_look() -> None:
    """A text in which the encoder found nothing stays so: what both suspect there is an eponym as often."""
    assert asked(LINE, {"Halvorsen": 0.3, "Okonjo": 0.3}, []) == []


def test_what_was_found_is_not_found_again() -> None:
    """A span of the small model that reaches beyond what was found gives the rest of it only."""
    text = "Her brother is Tomasz Halvorsen-Reyes of the same address."
    at = text.index("Tomasz")
    first = Span(at, at + len("Tomasz"), EntityType.NAME, 0.9, "x")
    more = asked(text, {"Halvorsen": 0.1, "Reyes": 0.1, "-": 0.1}, [first])
    assert more == ["Halvorsen-Reyes"]


def test_a_place_in_a_long_text_is_told_from_its_begin() -> None:
    """Spans of a later sentence are in code points of the whole text, behind letters beyond ASCII too."""
    text = f"Größe 170 cm 😀.\n{LINE}"
    at = text.index("Tomasz")
    part = words(text, at)
    odds = np.full(len(part), 0.06, np.float32)
    spans = agreed([text], [[(part, odds)]], [[replace(FOUND, start=at, end=at + FOUND.end)]])[0]
    assert [text[span.start : span.end] for span in spans] == ["Halvorsen", "Okonjo"]
    assert {span.score for span in spans} == {AGREED}


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.integers(0, 40), st.integers(1, 12), st.floats(0, 1))
def test_any_text_is_safe(noise: str, start: int, size: int, chance: float) -> None:
    """Law: whatever the text and what was found in it, no two spans overlap, and none is empty."""
    text = f"{noise} {LINE}"
    part = words(text)
    first = Span(start, start + size, EntityType.NAME, 0.9, "x")
    more = agreed([text], [[(part, np.full(len(part), chance, np.float32))]], [[first]])[0] if part else []
    every = sorted([first, *more], key=lambda span: span.start)
    assert all(one.end <= other.start for one, other in pairwise(every))
    assert all(text[span.start : span.end].strip() for span in more)


def test_a_text_without_doubt_needs_no_second_model() -> None:
    """A process whose texts raise no doubt never imports spaCy, which takes longer than to read them."""
    code = """
import sys
from dataclasses import replace
from itertools import pairwise
from deid_core.detect.ner_onnx import NerOnnx
from deid_core.policy import load_policy
from deid_core.ports import TextQuery
found = NerOnnx(load_policy("safe_harbor")).find([TextQuery("Ms. Mary Johnson was seen today.")])
print(len(found[0]), "spacy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]

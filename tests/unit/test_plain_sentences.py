"""Which sentences the model need not read, and what that costs on the development set."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core.detect.plain import load_plain
from deid_core.evaluate import inline

GOLD = Path(__file__).resolve().parents[1] / "gold" / "text" / "dev.txt"
TAUGHT_ELSEWHERE = {"AGE", "EMAIL", "URL", "IP"}  # the rules' business


@pytest.mark.parametrize(
    "sentence",
    [
        "Lungs are clear to auscultation bilaterally.",
        "Denies chest pain or shortness of breath.",
        "- Continue current medications.",
        "BP 120/80, pulse 72, temperature 98.6.",
        "take one tablet by mouth twice daily with food",
        "Auscultation of Heart: Regular rate and rhythm.",
        "Blood pressure is elevated today.",
        "Pain with flexion and to palpation.",
        "X-ray of the chest is normal.",
        "This is consistent with Lyme disease.",
        "",
        "----------",
    ],
)
def test_clinical_boilerplate_is_plain(sentence: str) -> None:
    """Safe words and short numbers alone need no model."""
    assert load_plain().is_plain(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Seen with Okonkwo today.",
        "seen with okonkwo today",
        "SEEN WITH OKONKWO TODAY",
        "Please call Dr. Brown.",
        "Rose was here.",
        "Admitted on 3/7 from home.",
        "Born in June.",
        "Taken to Mercy Hospital.",
        "Record 55512 was pulled.",
        "Seen with J. in clinic.",
        "Signed by a colleague.",
        "Vue par Zoé ce matin.",
        "On Thursday the fifteenth.",
        "Lives in Texas.",
        "The right one is the one they did in Duluth.",
        "They did the stent when you were in Sarasota, right?",
        "they did it in duluth",
        "Moved here from Lyme last year.",
        "Pain was seen and will return.",
        "Heart and Blood were on call.",
        "Blood pressure taken by Pain.",
    ],
)
def test_a_sign_of_anybody_is_read(sentence: str) -> None:
    """A name however it is written, a place, a date, a long number or a title keeps the sentence."""
    assert not load_plain().is_plain(sentence)


def test_what_the_gate_costs_on_the_development_set() -> None:
    """Of the identifiers that the model is taught, at most one in five hundred stands in what is not read."""
    total = lost = 0
    for document in inline.read({"dev": GOLD.read_bytes()}):
        pieces = list(load_plain().read_at(document.text))
        for start, end, label in document.spans:
            if label not in TAUGHT_ELSEWHERE:
                total += 1
                lost += not any(first < end and start < last for first, last in pieces)
    assert total > 1000
    assert lost <= total / 500


def test_a_label_on_the_line_before_is_read_too() -> None:
    """A short plain line may say what the next one holds."""
    text = "Lungs are clear.\nEmergency contact\nOkonkwo\nLungs are clear."
    assert [text[start:end] for start, end in load_plain().read_at(text)] == ["Emergency contact\nOkonkwo"]


@given(st.text(alphabet=st.sampled_from("aB1. \n-'é•/"), max_size=200))
def test_pieces_lie_in_order_within_the_text(text: str) -> None:
    """Pieces are apart, in order and inside the text, and what holds no letter or digit is plain."""
    edges = [edge for piece in load_plain().read_at(text) for edge in piece]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    if not any(map(str.isalnum, text)):
        assert not edges or any(char in text for char in "@#^_|")


@pytest.mark.parametrize("piece", ["a", "aB", "1a", "A.", ". A", "-", "a-", "Dr. ", "\n"])
def test_time_grows_with_the_text_only(piece: str) -> None:
    """Four times the text takes no more than some ten times as long."""

    def took(size: int) -> float:
        began = time.process_time()
        list(load_plain().read_at(piece * size))
        return time.process_time() - began

    took(1000)
    assert took(80_000) <= 10 * took(20_000) + 0.3

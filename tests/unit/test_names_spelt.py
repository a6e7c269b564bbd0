"""Names that are spelt for a typist or on the telephone."""

from __future__ import annotations

import pytest

from deid_core.detect.names_spelt import with_spelt
from deid_core.entities import EntityType
from deid_core.model import Span


def _found(text: str, name: str = "") -> list[str]:
    at = text.find(name) if name else -1
    spans = [Span(at, at + len(name), EntityType.NAME, 0.9, "model")] if at >= 0 else []
    return [text[span.start : span.end] for span in with_spelt(text, spans)][len(spans) :]


@pytest.mark.parametrize(
    ("text", "name", "spelt"),
    [
        ("This is Dr Oyelaran, that's O Y E L A R A N, for the clinic", "Oyelaran", "O Y E L A R A N"),
        ("Gzik comma G Z I K comma", "Gzik", "G Z I K"),
        ("Ng, that is N, G, and her son Tran, T, R, A, N", "Tran", "T, R, A, N"),
        ("name is perez, p e r e z", "perez", "p e r e z"),
        ("Dr S-Z-C-Z-E-P-A-N-I-K to see her", "", "S-Z-C-Z-E-P-A-N-I-K"),
        ("last name is B as in bravo, R, E, N, T, U, S", "", "B as in bravo, R, E, N, T, U, S"),
    ],
)
def test_a_name_that_is_spelt_is_found(text: str, name: str, spelt: str) -> None:
    """Letters in a row that spell a name found beside them, or a longer word of no language, are a name."""
    assert _found(text, name) == [spelt]


@pytest.mark.parametrize(
    "text",
    [
        "hepatitis A, B, C, D, E and F",
        "S O A P note",
        "Vitamin B, D, K",
        "C A G E questions",
        "H E A L T H",
        "A A A A A",
    ],
)
def test_letters_that_spell_no_name_stay(text: str) -> None:
    """Lists of letters and words of the language that are spelt name nobody."""
    assert _found(text) == []


def test_a_spelt_name_is_one_span_with_what_overlaps_it() -> None:
    """Spans stay apart: one that the model began within the letters is joined with them."""
    text = "Yellowtail, Y E L L O W T A I L"
    spans = [Span(0, 10, EntityType.NAME, 0.9, "m"), Span(12, 15, EntityType.NAME, 0.3, "m")]
    assert [(span.start, span.end) for span in with_spelt(text, spans)] == [(0, 10), (12, 31)]

"""What stands burned into a frame, and only there, is read by rules of its own."""

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

PATTERNS = Patterns(load_policy("safe_harbor"))


@pytest.mark.parametrize("text", ["2:56:22 PM", "11:24:58", "02:56 PM", "14:05:09"])
def test_a_clock_in_a_frame_says_when(text: str) -> None:
    """A time to the second, or with am or pm, is the time of the examination."""
    spans = PATTERNS.find([TextQuery(text, source="ocr"), TextQuery(f"woke at {text.lower()}")])
    assert [(span.start, span.end, str(span.entity_type)) for span in spans[0]] == [(0, len(text), "TIME")]


@pytest.mark.parametrize("text", ["85BPM", "3.5/2.7-L", "0:05", "MI 1.1", "36Hz", "1:1", "T: 12:5", "HR 72", "TIS 0.2"])
def test_technical_text_stays(text: str) -> None:
    """Rates, ratios and settings are no clock times."""
    assert PATTERNS.find([TextQuery(text, source="ocr")]) == [[]]

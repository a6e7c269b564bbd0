"""A rule's shape, which is soon compiled, finds in ASCII what its pattern does: no finding depends on which is used."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core import languages
from deid_core.detect.patterns import applied
from deid_core.detect.rules.gate import shipped_gate
from deid_core.detect.rules.table import BEHIND, SOME_CAPITALS, Patterned, TextRule, shipped_rules

GOLD = Path(__file__).resolve().parents[1] / "gold" / "text" / "dev.txt"
TRIGGERS = sorted({word for rule in shipped_rules() for word in rule.at if word[0] not in "#&"})
ACCENTED = [
    "Müller",
    "\u00c9lodie",
    "O\u2019Neil",
    "\u0130pek",
    "\u212aim",
    "\u738b",
    "e\u0301",
    "Stra\u00dfe",
    "\u00a0",
    "Łódź",
]
PIECES = st.sampled_from([*TRIGGERS, *ACCENTED, "Mary", "DOE", *" \t\n.,:;#-/()@'"]) | st.integers(0, 10**9).map(str)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=10).map(" ".join)


@cache
def _patterned(language: str) -> tuple[Patterned, ...]:
    rules = shipped_rules(language)
    contexts = [one for rule in rules for one in (rule.unless, rule.given, rule.lead, rule.hint) if one]
    return (*rules, *contexts)


@pytest.mark.parametrize("language", sorted(languages.codes()))
def test_a_shape_is_its_pattern_but_for_capitals_beyond_ascii(language: str) -> None:
    """Put the capitals back and the pattern is there again; of ASCII both classes hold the same, in any case."""
    written = {one.pattern for one in _patterned(language)} - {one.shape for one in _patterned(language)}
    held = max((re.findall(r"A-Z[^\[\]\\]{200,}(?:\\u[0-9a-f]{4}-\\u[0-9a-f]{4})+", text) for text in written), key=len)
    capitals = held[0]
    assert all(one.shape == one.pattern.replace(capitals, SOME_CAPITALS) for one in _patterned(language))
    for flags in (0, re.IGNORECASE):
        every, some = re.compile(f"[{capitals}]", flags), re.compile(f"[{SOME_CAPITALS}]", flags)
        ascii_chars = list(map(chr, range(128)))
        assert list(map(bool, map(every.match, ascii_chars))) == list(map(bool, map(some.match, ascii_chars)))


def _looks_back(tree: Any) -> Iterator[int]:
    """Yield how far each assertion of a parse tree looks back."""
    for kind, value in tree:
        if kind in (op.ASSERT, op.ASSERT_NOT) and value[0] < 0:
            yield int(value[1].getwidth()[1])
        for inner in _inner(value):
            yield from _looks_back(inner)


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _inner(one)


@pytest.mark.parametrize("language", sorted(languages.codes()))
def test_no_pattern_looks_back_further_than_is_asked_about(language: str) -> None:
    """What stands before a place is looked at for letters beyond ASCII as far as a pattern can see it."""
    assert max(width for one in _patterned(language) for width in _looks_back(parser.parse(one.pattern))) < BEHIND


def _with_patterns_alone(rules: tuple[TextRule, ...], text: str, source: str) -> list[Any]:
    found = [place for block in shipped_gate().find(text, source) for place in block]
    assert all(place[3] in rules for place in found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Patterned, "over", lambda self, *_: self.regex)
        return applied(text, found)


def _as_shipped(text: str, source: str) -> list[Any]:
    return applied(text, [place for block in shipped_gate().find(text, source) for place in block])


@given(TEXTS, st.sampled_from(["note", "ocr"]))
@settings(max_examples=200, deadline=None)
def test_shapes_change_no_finding_in_any_text(text: str, source: str) -> None:
    """ASCII beside letters of other scripts, in any order: findings are those of the patterns."""
    assert _as_shipped(text, source) == _with_patterns_alone(shipped_rules(), text, source)


@pytest.mark.parametrize("accent", ["", "é"])
def test_shapes_change_no_finding_in_the_development_set(accent: str) -> None:
    """Notes as they are, and with a letter beyond ASCII at the begin, so that each place is judged by itself."""
    for document in GOLD.read_text("utf-8").split("### "):
        text = accent + document.replace("[", " ").replace("]", " ")
        assert _as_shipped(text, "note") == _with_patterns_alone(shipped_rules(), text, "note")

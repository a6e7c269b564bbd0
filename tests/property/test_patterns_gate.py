"""The gate leaves nothing out: what it lets through gives the findings of trying every rule at every word."""

import gc
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect.patterns import applied
from deid_core.detect.rules import gate
from deid_core.detect.rules.foresee import Following, Foreseen
from deid_core.detect.rules.gate import Found, Gate, shipped_gate
from deid_core.detect.rules.table import LONGEST_RUN, TextRule, make_rule, shipped_rules
from deid_core.detect.rules.tokens import TOKEN, touches_letter
from deid_core.entities import EntityType

NOTES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text" / "aci-bench" / "valid_full.json"
GOLD = Path(__file__).resolve().parents[1] / "gold" / "text" / "dev.txt"
TRIGGERS = sorted({word for rule in shipped_rules() for word in rule.at if word[0] not in "#&"})
AROUND = [
    "name",
    "van",
    "Doe",
    "DOE",
    "Mary",
    "O'Neil",
    "Müller",
    "İpek",
    "\u212aim",
    "é́",
    "王",
    "😀",
    "no",
    "is",
    "the",
]
PIECES = st.sampled_from([*TRIGGERS, *AROUND, *" \t\n.,:;#-/()?@^+'_", "\r\n", ": ", ", ", "? "])
PIECES |= st.integers(0, 10**21).map(str) | st.integers(0, 999).map(str) | st.dates().map("{:%m/%d/%Y}".format)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=10).map(" ".join) | st.text(max_size=60)


@cache
def _by_word(rules: tuple[TextRule, ...]) -> dict[str, list[tuple[int, TextRule, set[str]]]]:
    by_word: dict[str, list[tuple[int, TextRule, set[str]]]] = {}
    for place, rule in enumerate(rules):
        for word in dict.fromkeys(trigger.lower() for trigger in rule.at):
            asked = set() if word in rule.at else {trigger for trigger in rule.at if trigger != trigger.lower()}
            by_word.setdefault(word, []).append((place, rule, asked))
    return by_word


def every_place(rules: tuple[TextRule, ...], text: str, source: str) -> list[Found]:
    """Return all rules at all of their triggers in a text: what the gate stands in for."""
    by_word = _by_word(rules)
    found: list[Found] = []
    for token in TOKEN.finditer(text):
        at, to = token.span()
        length = min(to - at, LONGEST_RUN)
        kinds = [token[0].lower()] if token.lastindex != 2 else [f"#{length}"]
        kinds += [f"&{length}"] if token.lastindex == 2 and touches_letter(text, at, to) else []
        for kind in kinds:
            for place, rule, asked in by_word.get(kind, ()):
                if (not asked or token[0] in asked) and (not rule.sources or source in rule.sources):
                    found.append((at, to, place, rule))
    return found


def same(tried: Gate, rules: tuple[TextRule, ...], text: str, source: str) -> bool:
    """Say whether a gate and every place give the same findings in the same order."""
    found = [place for block in tried.find(text, source) for place in block]
    return applied(text, found) == applied(text, every_place(rules, text, source))


@given(TEXTS, st.sampled_from(["note", "ocr"]))
@settings(max_examples=300, deadline=None)
def test_the_gate_changes_no_finding_in_any_text(text: str, source: str) -> None:
    """Triggers, signs, digits and letters of many scripts in any order: findings are the same with and without it."""
    assert same(shipped_gate(), shipped_rules(), text, source)


@given(TEXTS, st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_a_text_read_in_blocks_gives_the_same_findings(text: str, block: int) -> None:
    """Wherever a block ends, in a word, a run of digits or a match, nothing is lost or found twice."""
    whole = [place for block in shipped_gate().find(text, "note") for place in block]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "BLOCK", block)
        assert [place for block in shipped_gate().find(text, "note") for place in block] == whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("İpek", "in İPEK, İpek and i\u0307pek"),
        ("Kim", "the \u212aim and KIM"),
        ("Åse-9", "å ÅSE-9 ase-9"),
        ("12 b", "12 B 112 b"),
        ("?x", "?x ?X"),
    ],
)
def test_the_gate_folds_case_as_the_rules_do(value: str, text: str) -> None:
    """A denied value in letters whose lower case is of another length or script is let through."""
    token = TOKEN.search(value)
    assert token is not None
    trigger = f"#{len(token[0])}" if token.lastindex == 2 else token[0].lower()
    rule = make_rule(
        "deny", EntityType.ID, rf"(?i)(?<!\w)(?P<v>{re.escape(value)})(?!\w)", 1.0, [trigger], before=40, after=40
    )
    assert same(Gate((rule,)), (rule,), text, "note")


@pytest.mark.parametrize("language", ["en", "es"])
def test_opening_the_gate_compiles_nearly_no_rule(language: str) -> None:
    """A process is ready at once: a rule's pattern is compiled when a text first calls for it."""
    rules = tuple(replace(rule) for rule in shipped_rules(language))
    tried = Gate(rules)
    assert not any(vars(rule).keys() & {"regex", "plain"} for rule in rules)
    text = "Mr. Quillon, seen 01/02/2020."
    assert applied(text, [place for block in tried.find(text, "note") for place in block])
    assert 0 < sum("plain" in vars(rule) for rule in rules) < len(rules) // 4
    assert not any("regex" in vars(rule) for rule in rules if rule.shape != rule.pattern)


def test_what_is_remembered_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that forgets what it met after every few words finds what one does that never forgets."""
    tried = Gate(shipped_rules())
    monkeypatch.setattr(gate, "REMEMBERED", 5)
    for document in GOLD.read_text("utf-8").split("### ")[:12]:
        once = [place for block in shipped_gate().find(document, "note") for place in block]
        assert [place for block in tried.find(document, "note") for place in block] == once


def test_what_is_forgotten_goes_at_once() -> None:
    """Nothing that a gate knew waits for the interpreter to look for circles, which it seldom does with much in use."""
    tried = Gate(shipped_rules())
    gc.collect()
    before = sum(isinstance(one, Foreseen | Following) for one in gc.get_objects())
    gc.disable()
    try:
        for document in GOLD.read_text("utf-8").split("### ")[:12]:
            list(tried.find(document, "note"))
        assert sum(isinstance(one, Foreseen | Following) for one in gc.get_objects()) > before + 1000
        tried._forget()
        assert sum(isinstance(one, Foreseen | Following) for one in gc.get_objects()) == before
    finally:
        gc.enable()


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_where_a_match_can_begin_is_where_one_does(text: str) -> None:
    """Of rules that look before their trigger: every match begins where its first look allows."""
    for rule in shipped_rules():
        if rule.before:
            begins = {match.start() for match in rule.begins.finditer(text)}
            assert {match.start() for match in rule.regex.finditer(text)} <= begins


@pytest.mark.parametrize(
    ("triggers", "text", "found"),
    [
        (["tél", "Tèl"], "tél 1 TÉL 2 Tèl 3 tèl 4", ["tél", "TÉL", "Tèl"]),
        (["Ward"], "ward 1 WARD 2 Ward 3", ["Ward"]),
        (["the", "The"], "the 1 The 2 tHE 3", ["the", "The", "tHE"]),
        (["OF"], "of 1 OF 2 Of 3", ["OF"]),
    ],
)
def test_a_trigger_in_capitals_asks_for_them(triggers: list[str], text: str, found: list[str]) -> None:
    """Small letters stand for every case, anything else for itself; letters that look alike in ASCII stay apart."""
    rule = make_rule("made", EntityType.ID, r"\w+ (?P<v>\d)", 1.0, triggers)
    assert [text[at:to] for block in Gate((rule,)).find(text, "note") for at, to, _, _ in block] == found


def test_the_gate_changes_no_finding_in_the_development_set() -> None:
    """Notes, letters, tables, dialogues and queries of the project's own set."""
    for document in GOLD.read_text("utf-8").split("### "):
        assert same(shipped_gate(), shipped_rules(), document.replace("[", " ").replace("]", " "), "note")


@pytest.mark.shared
@pytest.mark.skipif(not NOTES.exists(), reason="needs the folder of public texts beside the checkout")
def test_the_gate_changes_no_finding_in_notes_and_talks() -> None:
    """Visit notes and the talks they were written from."""
    for row in json.loads(NOTES.read_text("utf-8"))["data"]:
        assert same(shipped_gate(), shipped_rules(), row["tgt"], "note")
        assert same(shipped_gate(), shipped_rules(), row["src"], "note")


BAIT = ["x", "7", "a b ", "Dr. Aa ", "MRN: ", "1/1/2020 ", "?", "é", "the 1", "Mr. Bb Cc, ", "+1", ": :"]


@pytest.mark.parametrize("piece", BAIT, ids=ascii)
def test_work_on_one_line_grows_in_step_with_its_length(piece: str) -> None:
    """Eight times the line takes nowhere near the sixty-four times that work which grows with its square would."""

    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        start = process_time()
        for found in shipped_gate().find(text, "note"):
            applied(text, found)
        return process_time() - start

    seconds(1_000)
    quick = min(seconds(20_000) for _ in range(3))
    assert min(seconds(160_000) for _ in range(2)) < 24 * max(quick, 4e-3)

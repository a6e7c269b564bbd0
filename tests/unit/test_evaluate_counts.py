"""Figures against tables computed by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from deid_core.entities import EntityType as E
from deid_core.evaluate.bootstrap import summed
from deid_core.evaluate.calibration import calibration
from deid_core.evaluate.count import counted, counted_negative
from deid_core.evaluate.gold import Gold, GoldDocument, GoldSpan
from deid_core.evaluate.labels import schemes
from deid_core.evaluate.leaks import leaks, touched
from deid_core.evaluate.outcome import mentions
from deid_core.evaluate.plot import plot
from deid_core.evaluate.predict import Found, Prediction, predict
from deid_core.evaluate.report import report
from deid_core.policy import load_policy, parse_policy

OURS = schemes()["deidflow"]
SAFE_HARBOR = load_policy("safe_harbor")
#       0         1         2         3         4
#       0123456789012345678901234567890123456789012345678
TEXT = "Ana Ruiz saw Dr. Bo Li in Leeds on 3 May; MRN 77."
NAME, DOCTOR, CITY, DATE, MRN = (0, 8), (17, 22), (26, 31), (35, 40), (46, 48)


def gold(*spans, text=TEXT, subject="", kind="") -> GoldDocument:
    """Return a document with identifiers at (start, end), label."""
    return GoldDocument("d", text, tuple(GoldSpan(*place, label) for place, label in spans), subject, kind)


def found(place, label, *, changes=True) -> Found:
    """Return a finding at (start, end)."""
    return Found(*place, label, changes)


def counts_of(document, *predicted, key, scheme=OURS):
    """Return the counts of one document."""
    told = tuple(mentions(document, predicted, scheme, SAFE_HARBOR, key))
    return counted(document, predicted, told, scheme)


def row(counts, view, name, measure) -> tuple[int, ...]:
    """Return gold, found, predicted and right of one row."""
    return tuple(counts[view, name, f"{measure}.{column}"] for column in ("gold", "found", "predicted", "right"))


NOTE = gold((NAME, E.NAME), (DOCTOR, E.STAFF_NAME), (CITY, E.CITY), (DATE, E.DATE), (MRN, E.MRN))
# the surname alone; the doctor whole; the town as a facility; the date with the word before; a needless word
PREDICTED = (
    found((4, 8), E.NAME),
    found((9, 12), E.NAME),
    found(DOCTOR, E.NAME),
    found(CITY, E.FACILITY),
    found((32, 40), E.DATE),
)


@pytest.mark.parametrize(
    ("view", "name", "measure", "expected"),
    [
        ("label", "NAME", "exact", (2, 1, 3, 1)),
        ("label", "NAME", "overlap", (2, 2, 3, 2)),
        ("label", "NAME", "token", (4, 3, 4, 3)),  # Ana Ruiz, Bo Li; Ruiz, saw, Bo Li
        ("label", "DATE", "exact", (1, 0, 1, 0)),
        ("label", "DATE", "overlap", (1, 1, 1, 1)),
        ("label", "DATE", "token", (2, 2, 3, 2)),  # 3 May; on 3 May
        ("label", "CITY", "overlap", (1, 0, 0, 0)),
        ("label", "FACILITY", "overlap", (0, 0, 1, 0)),
        ("hipaa", "A", "exact", (2, 1, 3, 1)),
        ("hipaa", "B", "exact", (1, 1, 1, 1)),  # a town and a facility are both (B)
        ("hipaa", "H", "overlap", (1, 0, 0, 0)),
        ("overall", "same label", "exact", (5, 1, 5, 1)),
        ("overall", "any label", "exact", (5, 2, 5, 2)),
        ("overall", "any label", "overlap", (5, 4, 5, 4)),
        ("overall", "any label", "token", (8, 6, 8, 6)),
        ("overall", "direct", "exact", (3, 1, 3, 1)),  # two names and the MRN
        ("overall", "direct", "overlap", (3, 2, 3, 2)),
    ],
)
def test_a_note_by_hand(view, name, measure, expected, key) -> None:
    """Five identifiers, five findings: each measure counts what a pencil counts."""
    assert row(counts_of(NOTE, *PREDICTED, key=key), view, name, measure) == expected


def test_covered_by_hand(key) -> None:
    """A name found by half leaks; a town under another label, and a date with a word too many, are covered."""
    counts = counts_of(NOTE, *PREDICTED, key=key)
    by_label = {name: counts["label", name, "covered"] for name in ("NAME", "CITY", "DATE", "MRN")}
    assert by_label == {"NAME": 1, "CITY": 1, "DATE": 1, "MRN": 0}
    assert counts["overall", "any label", "leaked"] == 2
    assert counts["overall", "direct", "leaked"] == 2
    assert counts["entities", "document", "values"] == 5
    assert counts["entities", "document", "whole"] == 3


def test_words_by_hand(key) -> None:
    """Of saw, Dr, in, on, MRN two are touched: one as a name, one as a date."""
    counts = counts_of(NOTE, *PREDICTED, key=key)
    assert counts["words", "all", "words"] == 5
    assert counts["words", "all", "touched"] == 2
    assert (counts["words", "NAME", "touched"], counts["words", "DATE", "touched"]) == (1, 1)


def test_words_of_the_trade_by_hand() -> None:
    """Of three terms one is an identifier's, one is touched and one kept; in a line both of two are kept."""
    text = "Warfarin Ana saw metoprolol and MRSA"
    document = gold(((0, 12), E.NAME), text=text)
    terms = frozenset({"warfarin", "metoprolol", "mrsa"})
    counts = counted(document, [found((0, 12), E.NAME), found((32, 36), E.ORGANISATION)], [], OURS, terms)
    assert (counts["terms", "all", "terms"], counts["terms", "all", "kept"]) == (2, 1)
    line = counted_negative("Metoprolol, then warfarin.", [], OURS, terms)
    assert (line["terms", "all", "terms"], line["terms", "all", "kept"]) == (2, 2)


KEPT = [
    ("the year alone", E.DATE, "2019", "kept"),
    ("a date", E.DATE, "3 May 2019", "leaked"),
    ("a year that shows an age over 89", E.DATE_OF_BIRTH, "1921", "leaked"),
    ("an age", E.AGE, "72", "kept"),
    ("an age over 89", E.AGE, "93", "leaked"),
    ("a State", E.STATE, "Ohio", "kept"),
    ("a country", E.COUNTRY, "Peru", "kept"),
    ("a town", E.CITY, "Lima", "leaked"),
    ("a name that is a year", E.NAME, "2019", "leaked"),
    ("three digits of a ZIP code in five", E.ZIP, "02139", "leaked"),
]


@pytest.mark.parametrize(("case", "label", "value", "expected"), KEPT, ids=[case for case, *_ in KEPT])
def test_what_the_policy_keeps_has_not_leaked(case, label, value, expected, key) -> None:
    """With nothing found, a value that Safe Harbor lets stay is kept, and any other has leaked."""
    document = gold(((0, len(value)), label), text=value)
    assert [mention.outcome for mention in mentions(document, (), OURS, SAFE_HARBOR, key)] == [expected]


@pytest.mark.parametrize(
    ("label", "of_finding", "changes", "scheme", "expected"),
    [
        (E.NAME, E.STATE, False, "deidflow", "leaked"),  # Georgia, the patient, taken for the State and left
        (E.STATE, E.NAME, True, "deidflow", "kept"),  # nothing there needed covering
        (E.CITY, E.STATE, False, "presidio", "kept"),  # Presidio's LOCATION is both
        (E.CITY, E.STATE, False, "i2b2", "leaked"),
        (E.NAME, E.CITY, True, "deidflow", "covered"),
    ],
)
def test_taken_for_another(label, of_finding, changes, scheme, expected, key) -> None:
    """A finding that leaves the text hides a leak only where gold and finding mean the same."""
    document = gold(((0, 7), label), text="Georgia came")
    told = mentions(document, [found((0, 7), of_finding, changes=changes)], schemes()[scheme], SAFE_HARBOR, key)
    assert [mention.outcome for mention in told] == [expected]


def test_punctuation_needs_no_cover(key) -> None:
    """A number in two findings with its hyphen between them is covered; without its last digit it is not."""
    document = gold(((0, 7), E.MRN), text="123-456 x")
    first, second = found((0, 3), E.MRN), found((4, 7), E.MRN)
    assert [m.outcome for m in mentions(document, (first, second), OURS, SAFE_HARBOR, key)] == ["covered"]
    short = found((4, 6), E.MRN)
    assert [m.outcome for m in mentions(document, (first, short), OURS, SAFE_HARBOR, key)] == ["leaked"]


def test_a_finding_that_is_left_is_not_wrong(key) -> None:
    """An age that stays is no identifier of this gold, yet it is no mistake either; an age that goes is one."""
    document = gold(text="72 years")
    assert row(counts_of(document, found((0, 2), E.AGE, changes=False), key=key), "label", "AGE", "exact") == (0,) * 4
    assert row(counts_of(document, found((0, 2), E.AGE), key=key), "label", "AGE", "exact") == (0, 0, 1, 0)


def test_lines_that_identify_nobody() -> None:
    """A line is touched once, however much is found; what is found and left does not touch it."""
    text = "Parkinson disease at 72"
    left, gone = found((21, 23), E.AGE, changes=False), found((0, 9), E.NAME)
    assert counted_negative(text, (left,), OURS)["lines", "all", "touched"] == 0
    counts = counted_negative(text, (gone, found((10, 17), E.NAME), left), OURS)
    assert (
        counts["lines", "all", "touched"] == counts["lines", "NAME", "touched"] == counts["lines", "all", "lines"] == 1
    )
    assert (counts["words", "all", "touched"], counts["words", "all", "words"]) == (2, 4)


TWICE = "Ana Ruiz came. ANA RUIZ left. Li called."
SET = Gold(
    (
        gold(((0, 8), E.NAME), ((15, 23), E.NAME), ((30, 32), E.NAME), text=TWICE, subject="s1", kind="note"),
        gold(((0, 2), E.NAME), text="Li came.", subject="s1", kind="letter"),
        gold(((0, 2), E.NAME), text="Li died.", kind="note"),
        gold(((0, 2), E.NAME), text="Li\x00", kind="note"),
    ),
    OURS,
)
SEEN = [
    Prediction((found((0, 8), E.NAME), found((30, 32), E.NAME))),  # the name in capitals is missed
    Prediction(()),
    Prediction((found((0, 2), E.NAME),)),
    Prediction((), "malformed"),
]


@pytest.fixture
def figures(key):
    """Give the report of the set, with two lines that identify nobody."""
    lines = [("Hb 9", Prediction(())), ("Bell palsy", Prediction((found((0, 4), E.NAME),)))]
    return report(SET, SEEN, SAFE_HARBOR, key, np.random.default_rng(1), 200, lines)


def test_values_documents_and_subjects_by_hand(figures) -> None:
    """A value counts once a subject: one leak in capitals and one in another letter are two values of one subject."""
    assert figures["gold"] == {
        "documents": 4, "set_aside": {"malformed": 1}, "label_set": "deidflow", "spans": 5, "kept": 0,
    }  # fmt: skip
    assert figures["overall"]["direct"]["covered"]["recall"]["value"] == 0.6
    # of a document: Ana Ruiz, Li; Li; Li. Of a subject: Ana Ruiz and Li of s1, Li of the third document
    assert (figures["entities"]["document"]["values"], figures["entities"]["document"]["recall"]["value"]) == (4, 0.5)
    assert (figures["entities"]["subject"]["values"], figures["entities"]["subject"]["recall"]["value"]) == (3, 0.3333)
    expected = {
        "mentions": 2, "values": 2, "values_by_label": {"NAME": 2}, "direct_values": 2,
        "documents": 2, "subjects": 1, "of_subjects": 2,
    }  # fmt: skip
    assert figures["leaks"] == expected


def test_kinds_by_hand(figures) -> None:
    """Each kind of document has its own recall; one that was set aside counts in none."""
    kinds = {kind: (row["documents"], row["direct"]["value"], row["leaked"]) for kind, row in figures["kinds"].items()}
    assert kinds == {"letter": (1, 0.0, 1), "note": (2, 0.75, 1)}


def test_lines_by_hand(figures) -> None:
    """One of two lines is touched, in one of four words, as a name."""
    over = figures["over_redaction"]
    assert (over["lines"], over["lines_touched"]["value"], over["line_words_touched"]["value"]) == (2, 0.5, 0.25)
    assert over["lines_touched_by_label"] == {"NAME": 1}


def test_the_report_holds_no_value(figures) -> None:
    """Counts and shares only: no identifier, and no id of a document."""
    assert not any(value in str(figures) + plot(figures) for value in ("Ruiz", "RUIZ", "ruiz", "Li ", "s1"))


def test_leaks_are_told_when_asked(key) -> None:
    """The list for those who mend detectors has each leak and each touched word at its place."""
    rows = [(row["start"], row["text"]) for row in leaks(SET, SEEN, SAFE_HARBOR, key)]
    assert rows == [(15, "ANA RUIZ"), (0, "Li")]
    (row_,) = touched([("Hb 9", Prediction(())), ("Bell palsy", Prediction((found((0, 4), E.NAME),)))])
    assert (row_["line"], row_["text"]) == (2, "Bell")


def test_calibration_by_hand() -> None:
    """Of a score's findings, those on identifiers are right; one that stays and is on none is neither."""
    scores = (0.99, 0.99, 0.98, 0.4, 0.6)
    read = [replace(one, score=score) for one, score in zip(PREDICTED, scores, strict=True)]
    read.append(Found(42, 45, E.NAME, changes=False, score=0.1))
    held = calibration([(NOTE, read)])
    expected = [(0.3, 1, 1, 0.4), (0.5, 1, 1, 0.6), (0.98, 3, 2, 0.9867)]
    assert [(row["from"], row["findings"], row["right"], row["score"]) for row in held["bands"]] == expected
    assert held["error"] == pytest.approx((0.6 + 0.4 + 3 * (0.9867 - 2 / 3)) / 5, abs=1e-4)


def test_calibration_of_nothing_is_none() -> None:
    """Where nothing was found there is no error to tell, rather than a good one."""
    assert calibration([(NOTE, [])]) == {"bands": [], "error": None}


def test_the_same_seed_gives_the_same_report(key) -> None:
    """Intervals are drawn, yet they do not change from one call to the next."""
    made = [report(SET, SEEN, SAFE_HARBOR, key, np.random.default_rng(7), 150) for _ in range(2)]
    assert made[0] == made[1]


def test_intervals_by_hand() -> None:
    """Two documents, 4 of 4 and 0 of 4: a quarter of the draws has twice the one, so the interval is the whole."""
    name, whole = ("a", "b", "found"), ("a", "b", "gold")
    sums = summed([Counter({name: 4, whole: 4}), Counter({whole: 4})], np.random.default_rng(0), 1000)
    share = sums.share(name, [whole])
    assert (share.value, share.low, share.high) == (0.5, 0.0, 1.0)


def test_one_document_is_no_certainty() -> None:
    """Two of three identifiers of the only document: the exact bounds of two in three, not a point."""
    name = ("overall", "direct", "covered")
    sums = summed([Counter({name: 2, ("overall", "direct", "leaked"): 1})], np.random.default_rng(0), 50)
    share = sums.share(name, [name, ("overall", "direct", "leaked")])
    assert share.value == pytest.approx(2 / 3)
    assert (share.low, share.high) == (pytest.approx(0.1354, abs=1e-4), pytest.approx(0.9830, abs=1e-4))


@pytest.mark.parametrize(("number", "low"), [(1, 0.05), (10, 0.7411), (299, 0.99)])
def test_nothing_missed_is_not_nothing_to_miss(number: int, low: float) -> None:
    """With all of n found the interval begins at the exact one-sided bound, 0.05 ** (1 / n), not at 1."""
    name, whole = ("a", "b", "found"), ("a", "b", "gold")
    sums = summed([Counter({name: number, whole: number})], np.random.default_rng(0), 10)
    assert sums.share(name, [whole]).low == pytest.approx(low, abs=1e-4)
    assert sums.share(("a", "b", "leaked"), [whole]).high == pytest.approx(1 - low, abs=1e-4)
    assert sums.share(name, [("a", "b", "none")]).value is None


def test_detection_is_the_commands_own(key, quick_policy) -> None:
    """A number found by its cue in one text is found bare in another of the same subject, as `detect` finds it."""
    policy = parse_policy(quick_policy.read_text())
    texts = [
        "\ufeffPatient: Jane Doe, MRN 1234567.",
        "MRN 1234567. Jane Doe slept. Aged 72, in 2019.",
        "MSH|^~\\&|LAB|",
        "",
    ]
    told = predict(texts, policy, key)
    assert [one.set_aside for one in told] == ["", "", "unsupported_format", "empty"]
    seen = [[texts[at][one.start : one.end] for one in told[at].found if one.changes] for at in range(2)]
    assert "Jane Doe" in seen[0]
    assert {"Jane Doe", "1234567"} <= set(seen[1])
    assert not {"72", "2019"} & set(seen[1])

"""Laws that measures keep, whatever the gold and whatever is found."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.entities import ENTITIES, EntityType
from deid_core.evaluate.count import MEASURES, counted
from deid_core.evaluate.gold import Gold, GoldDocument, GoldSpan
from deid_core.evaluate.inline import read as read_inline
from deid_core.evaluate.labels import schemes
from deid_core.evaluate.outcome import mentions
from deid_core.evaluate.plot import plot
from deid_core.evaluate.predict import Found, Prediction
from deid_core.evaluate.report import report
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy

KEY = ProjectKey(bytes(range(32)))
POLICY = load_policy("safe_harbor")
LAW = settings(max_examples=60, deadline=None)  # a busy machine is no failure
PICTURES = settings(max_examples=25, deadline=None)
SCHEMES = st.sampled_from([*schemes().values()])
LABELS = st.sampled_from([label for label in EntityType if label not in ("DICOM_ATTRIBUTE", "PRIVATE_ATTRIBUTE")])
WORDS = st.lists(
    st.sampled_from(["Ana", "Ruiz", "3", "May", "x-ray", "né", "77B", "2019", "¿qué?"]), min_size=1, max_size=25
)


@st.composite
def documents(draw):
    """Draw a text of words, some of which are identifiers of one to three words with words between them."""
    words = draw(WORDS)
    text, spans, at = " ".join(words), [], 0
    while at < len(words):
        long = draw(st.integers(1, 3))
        if draw(st.booleans()) and at + long <= len(words):
            start = len(" ".join(words[:at])) + (at > 0)
            spans.append(GoldSpan(start, start + len(" ".join(words[at : at + long])), draw(LABELS)))
            at += 1
        at += long
    return GoldDocument("d", text, tuple(spans))


@st.composite
def findings(draw, text):
    """Draw findings in a text, in order and without overlaps."""
    bounds = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return tuple(Found(start, end, draw(LABELS), draw(st.booleans())) for start, end in pairs)


def perfect(document: GoldDocument) -> tuple[Found, ...]:
    """Return what a detector without fault finds."""
    return tuple(Found(span.start, span.end, span.entity_type, changes=True) for span in document.spans)


def figures(document: GoldDocument, found, scheme):
    """Return the report of one document."""
    gold = Gold((document,), scheme)
    return report(gold, [Prediction(tuple(found))], POLICY, KEY, np.random.default_rng(0), 20)


def counts(document, found, scheme):
    """Return the counts of one document."""
    return counted(document, found, tuple(mentions(document, found, scheme, POLICY, KEY)), scheme)


@LAW
@given(documents(), SCHEMES)
def test_finding_all_gives_one_everywhere(document, scheme) -> None:
    """A perfect prediction has every recall, precision and F1 at 1, no leak, and no word touched."""
    made = figures(document, perfect(document), scheme)
    rows = [*made["overall"].values(), *made["labels"].values(), *made["hipaa"].values()]
    shares = [
        row[measure][name]["value"] for row in rows for measure in MEASURES for name in ("recall", "precision", "f1")
    ]
    assert set(shares) <= {1.0, None}
    assert {row["covered"]["recall"]["value"] for row in rows} <= {1.0, None}
    assert made["leaks"]["mentions"] == 0
    assert made["over_redaction"]["words_touched"]["value"] in (0.0, None)


@LAW
@given(documents(), SCHEMES)
def test_finding_nothing_gives_zero(document, scheme) -> None:
    """Without findings every identifier leaks or is kept, and nothing is touched."""
    made = figures(document, (), scheme)
    row = made["overall"]["any label"]
    assert row["covered"]["covered"] == 0
    assert row["covered"]["leaked"] + row["covered"]["kept"] == len(document.spans)
    assert row["overlap"]["recall"]["value"] in (0.0, None)
    assert made["over_redaction"]["words_touched_by_label"] == {}


@LAW
@given(documents().filter(lambda document: document.spans), SCHEMES, st.data())
def test_one_boundary_off(document, scheme, data) -> None:
    """A boundary moved inwards lowers exact by one and leaves overlap; what it uncovers leaks."""
    at = data.draw(st.integers(0, len(document.spans) - 1))
    found = list(perfect(document))
    one = found[at]
    before = counts(document, found, scheme)
    if one.end - one.start < 2:
        return
    moved = data.draw(st.sampled_from([replace(one, start=one.start + 1), replace(one, end=one.end - 1)]))
    found[at] = moved
    after = counts(document, found, scheme)
    for row in ("any label", "same label"):
        assert after["overall", row, "exact.found"] == before["overall", row, "exact.found"] - 1
        assert after["overall", row, "overlap.found"] == before["overall", row, "overlap.found"]
    cut = document.text[one.start] if moved.start > one.start else document.text[one.end - 1]
    lost = before["overall", "any label", "covered"] - after["overall", "any label", "covered"]
    kept = list(mentions(document, found, scheme, POLICY, KEY))[at].outcome == "kept"
    assert lost == (cut.isalnum() and not kept)


@LAW
@given(st.data(), SCHEMES)
def test_shares_are_shares(data, scheme) -> None:
    """Whatever is found: nothing is found more often than it is there, and exact never exceeds overlap."""
    document = data.draw(documents())
    found = data.draw(findings(document.text))
    made = counts(document, found, scheme)
    for view, row, column in list(made):
        if "." in column and column.endswith((".found", ".right")):
            measure, part = column.split(".")
            whole = {"found": "gold", "right": "predicted"}[part]
            assert 0 <= made[view, row, column] <= made[view, row, f"{measure}.{whole}"]
            if measure == "exact":
                assert made[view, row, column] <= made[view, row, f"overlap.{part}"]
    told = [made["overall", "any label", outcome] for outcome in ("covered", "leaked", "kept")]
    assert sum(told) == len(document.spans)
    assert made["words", "all", "touched"] <= made["words", "all", "words"]


@LAW
@given(st.data(), SCHEMES)
def test_finding_more_never_leaks_more(data, scheme) -> None:
    """A finding widened to all of the text covers whatever was covered before."""
    document = data.draw(documents())
    found = data.draw(findings(document.text))
    whole = (Found(0, len(document.text), EntityType.NAME, changes=True),)
    leaked = ("overall", "any label", "leaked")
    assert counts(document, whole, scheme)[leaked] == 0
    assert counts(document, found, scheme)[leaked] <= counts(document, (), scheme)[leaked]


@LAW
@given(st.data())
def test_an_interval_holds_its_share(data) -> None:
    """Rates lie in 0 to 1, and so do both ends of their intervals, the lower one below the upper."""
    document = data.draw(documents())
    made = figures(document, data.draw(findings(document.text)), schemes()["deidflow"])
    for row in (*made["labels"].values(), *made["hipaa"].values()):
        for share in (row["covered"]["recall"], *(row[measure]["f1"] for measure in MEASURES)):
            if share["value"] is not None:
                assert 0 <= share["low"] <= share["high"] <= 1


@PICTURES
@given(st.data(), SCHEMES)
def test_a_picture_of_anything(data, scheme) -> None:
    """Whatever the figures, the picture is well-formed XML without a script."""
    document = data.draw(documents())
    picture = plot(figures(document, data.draw(findings(document.text)), scheme))
    root = ET.fromstring(picture)  # noqa: S314 - our own
    assert root.tag.endswith("svg")
    assert "<script" not in picture


@LAW
@given(documents())
def test_marks_written_are_marks_read(document) -> None:
    """A text with its identifiers marked in line is read back as that text with those identifiers."""
    pieces, at = [], 0
    for span in document.spans:
        pieces += (document.text[at : span.start], f"[{span.entity_type} {document.text[span.start : span.end]}]")
        at = span.end
    data = f"### d note\n{''.join(pieces)}{document.text[at:]}\n\n".encode()
    (read,) = read_inline({"a.txt": data})
    assert read.text == document.text
    assert read.spans == [(span.start, span.end, str(span.entity_type)) for span in document.spans]


def test_every_label_counts_in_its_own_views() -> None:
    """A document with one identifier of each label has each in one row of its label, and of its letter."""
    text = " ".join(["a"] * len(EntityType))
    spans = tuple(GoldSpan(2 * at, 2 * at + 1, label) for at, label in enumerate(EntityType))
    made = counts(GoldDocument("d", text, spans), (), schemes()["deidflow"])
    of = {
        view: sum(made[name] for name in made if (name[0], name[2]) == (view, "exact.gold"))
        for view in ("label", "hipaa")
    }
    assert of == {"label": len(EntityType), "hipaa": len(EntityType)}
    assert made["overall", "direct", "exact.gold"] == sum(names.direct for names in ENTITIES.values())

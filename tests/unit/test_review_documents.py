"""Documents as people read them: lines, places of a browser and ours, spans drawn."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core import ingest
from deid_core.keys import ProjectKey
from deid_core.model import CellRef, Document, TextSpan
from deployments.review import drawing
from deployments.review.documents import View, WrongPlace, location_from, shown, view_of

KEY = ProjectKey(bytes(range(32)))


def read(text: str, name: str = "note.txt") -> tuple[Document, View]:
    """Read a text as the pipeline does."""
    document = ingest.read(text.encode("utf-8"), name, "asset", KEY)
    return document, view_of(document)


def units(text: str) -> int:
    """Count UTF-16 units, as a browser does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def told(text: str, start: int, end: int, block: int = 0) -> dict[str, Any]:
    """Tell code points [start, end) as a browser that shows each line does."""

    def point(at: int) -> dict[str, int]:
        before = re.split(r"\r\n|\n|\r", text[:at])
        return {"line": len(before) - 1, "unit": units(before[-1])}

    seen = shown(re.sub(r"\r\n|\r", "\n", text[start:end]).replace("\n", "\x00")).replace("␀", "\n")
    return {"block": block, "start": point(start), "end": point(end), "text": seen}


def span(start: int, end: int, label: str = "NAME", name: str = "1.0", verdict: str = "transform") -> dict[str, Any]:
    """Make a span of a note."""
    place = {"kind": "text", "part": "text", "start": start, "end": end}
    rest = {"score": 0.9, "detector": "ner", "detector_version": "1", "rule": "", "action": "mask_label", "params": {}}
    return {"id": name, "entity_type": label, "location": place, "verdict": verdict, **rest}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Patient: Jane Doe, seen today.", "Jane Doe"),
        ("Patient:\r\n\r\nJane Doe\r\n", "Jane Doe"),
        ("😀👩‍⚕️ saw Jane Doe 😀", "Jane Doe"),
        ("😀\r\n😀 Jane 😀 Doe 😀", "Jane 😀 Doe"),
        ("one\rtwo\nJane\r\nDoe", "Jane\r\nDoe"),
        ("\tJane\x0cDoe\x1b", "Jane\x0cDoe"),
        ("e\u0301 Jane\u2028Doe", "Jane\u2028Doe"),
        ("𝒥ane 𝒟oe", "𝒟oe"),
    ],
)
def test_a_browsers_place_is_ours(text: str, value: str) -> None:
    """Emoji count two units there and one code point here, and line ends are folded there and kept here."""
    document, view = read(text)
    start = text.index(value)
    found = location_from(view, document, told(text, start, start + len(value)))
    assert found == TextSpan("text", start, start + len(value))


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Jane Dot"},
        {"text": ""},
        {"block": 1},
        {"block": -1},
        {"block": True},
        {"block": "0"},
        {"start": {"line": 0, "unit": 1}},
        {"start": {"line": 9, "unit": 0}},
        {"start": {"line": 0, "unit": 99}},
        {"start": {"line": 0, "unit": -1}},
        {"start": None},
        {"end": {"line": 0, "unit": 12}},
        {"end": {"line": 0, "unit": 2}},
    ],
)
def test_another_place_is_refused(change: dict[str, Any]) -> None:
    """A place whose text is not the one seen, that is nowhere, backwards or inside an emoji is refused."""
    text = "😀 Jane Doe 😀"
    document, view = read(text)
    place = told(text, 2, 10)
    assert location_from(view, document, place) == TextSpan("text", 2, 10)
    with pytest.raises(WrongPlace):
        location_from(view, document, place | change)


@given(
    st.text(st.one_of(st.sampled_from("\r\n\t 😀é"), st.characters(codec="utf-8", min_codepoint=32)), min_size=2),
    st.data(),
)
def test_every_place_comes_back(text: str, data: st.DataObject) -> None:
    """Whatever the text, code points told as a browser tells them come back as they were, but for cut line ends."""
    text = text.replace("\x7f", "")
    if not text.strip() or text.lstrip().startswith(("{", "MSH|")):
        return
    document, view = read(text)
    inside = [at for at in range(len(text) + 1) if text[at - 1 : at + 1] != "\r\n"]
    start = data.draw(st.sampled_from([at for at in inside if at < len(text)]))
    end = data.draw(st.sampled_from([at for at in inside if at > start]))
    place = told(text, start, end)
    if text[start:end].strip("\r\n") != text[start:end]:
        return  # a page never sends an end of line
    assert location_from(view, document, place) == TextSpan("text", start, end)


def test_a_page_carries_every_text_unharmed() -> None:
    """What is drawn, read as a browser reads HTML, is the text line by line; markup in a note is text."""
    text = "<script>alert('x')</script> & \"Jane\"\r\n\r\n😀 <b>Doe</b>\nend\x0b"
    _, view = read(text)
    start = text.index("Jane")
    drawn = drawing.placed(view, [span(start, text.index("Doe") + 3)])[0]
    lines = [unescape(re.sub(r"</?mark[^>]*>", "", line)) for line in drawing.lines_of(view.blocks[0], drawn)]
    assert lines == ["<script>alert('x')</script> & \"Jane\"", "", "😀 <b>Doe</b>", "end␋"]
    html = "".join(drawing.lines_of(view.blocks[0], drawn))
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count("<mark") == 2  # one a line that it touches and that holds text


@pytest.mark.parametrize("code", [0, 1, 0x1F, 0x7F, 0xD800, 0xDFFF])
def test_what_html_cannot_carry_is_shown_as_one_unit(code: int) -> None:
    """Controls and halves of pairs become one sign each, so that nothing after them shifts."""
    assert units(shown(chr(code))) == 1
    assert shown(chr(code)) != chr(code)


def test_only_lines_that_changed_are_drawn_again() -> None:
    """A page of 2,000 lines gets the one line back that a decision touched."""
    text = "\n".join(f"line {number} Jane" for number in range(2000))
    _, view = read(text)
    starts = [match.start() for match in re.finditer("Jane", text)][:3]
    before = [span(at, at + 4, name=f"1.{number}") for number, at in enumerate(starts)]
    after = [before[0], {**before[1], "verdict": "keep"}, before[2]]
    changed = drawing.changed_lines(view, before, after)
    assert set(changed) == {"0:1"}
    assert 'class="span person stays"' in changed["0:1"]
    assert drawing.changed_lines(view, before, before[:2]) == {"0:2": "line 2 Jane"}


def test_cells_of_a_table_have_places_of_their_own() -> None:
    """A cell's characters are found in that cell, and all of it too."""
    document, view = read("Name,Note\r\nJane Doe,😀 saw Bob\r\n", "table.csv")
    cell = next(block for block in view.blocks if block.title == "Note")
    place = {"block": cell.number, "start": {"line": 0, "unit": 7}, "end": {"line": 0, "unit": 10}, "text": "Bob"}
    assert location_from(view, document, place) == CellRef("row/0", 0, "Note", 6, 9)
    whole = {"block": cell.number, "whole": True}
    assert location_from(view, document, whole) == CellRef("row/0", 0, "Note")


def test_every_label_is_drawn_with_a_letter() -> None:
    """No label is told by its colour alone."""
    from deid_core.entities import EntityType

    groups = drawing.labels()["groups"]
    assert set(drawing.labels()["labels"]) == set(EntityType)
    assert len({group["letter"] for group in groups.values()}) == len(groups)


def test_who_said_what_of_a_place_is_told_where_they_differ() -> None:
    """Two detectors with two labels are each named with their best score; where they agree there is nothing to tell."""
    held = span(0, 4)
    held["sources"] = [
        {"entity_type": "MRN", "detector": "patterns", "score": 0.8},
        {"entity_type": "MRN", "detector": "patterns", "score": 0.9},
        {"entity_type": "STAFF_NAME", "detector": "ner_accurate", "score": 0.99},
    ]
    assert drawing.said_of(held) == "mrn by patterns 0.90, staff name by ner_accurate 0.99"
    held["sources"] = held["sources"][:2]
    assert drawing.said_of(held) == drawing.said_of(span(0, 4)) == ""

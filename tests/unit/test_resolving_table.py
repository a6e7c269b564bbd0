"""What becomes of findings that overlap, row by row of the table in docs/reference/findings.md."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from deid_core import codec, resolve
from deid_core.entities import EntityType
from deid_core.model import Action, CellRef, Decision, Finding, Location, PixelBox, Plan, TagPath, TextSpan, Verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "findings.md"
GOES, STAYS, ASKED = Verdict.TRANSFORM, Verdict.KEEP, Verdict.REVIEW


def said(
    label: str,
    start: int | None,
    end: int | None,
    score: float = 0.9,
    verdict: Verdict = GOES,
    detector: str = "patterns",
    place: type[TextSpan | TagPath | CellRef] = TextSpan,
) -> Decision:
    """Return a decision about a place of one text, element or cell."""
    location: Location
    if place is TextSpan:
        location = TextSpan("text", start or 0, end or 0)
    elif place is TagPath:
        location = TagPath("dataset", "00081030", start, end)
    else:
        location = CellRef("row/3", 3, "note", start, end)
    return Decision(Finding(EntityType(label), location, score, detector, "1", "cue"), verdict, Action("redact"), "why")


def box(left: int) -> Decision:
    """Return a decision about a box."""
    return Decision(
        Finding(EntityType.FACE, PixelBox("pixels", left, 0, 9, 9), 0.9, "faces", "1"), GOES, Action("fill"), ""
    )


@dataclass(frozen=True)
class Row:
    """Hold findings that overlap and what is to come out: (label, start, end, verdict) each, and the reason."""

    situation: str
    given: list[Decision]
    expected: list[tuple[str, int | None, int | None, Verdict]]
    reason: str = "why"


NAME, CITY = "NAME", "CITY"
ROWS = [
    Row("apart", [said(NAME, 0, 4), said(CITY, 4, 9)], [(NAME, 0, 4, GOES), (CITY, 4, 9, GOES)]),
    Row("the same twice", [said(NAME, 0, 4), said(NAME, 0, 4, detector="ner")], [(NAME, 0, 4, GOES)]),
    Row("a surname in a full name", [said(NAME, 0, 9), said(NAME, 5, 9, 0.95)], [(NAME, 0, 9, GOES)]),
    Row("a date in a number, less sure", [said("ID", 0, 12, 0.9), said("DATE", 2, 10, 0.6)], [("ID", 0, 12, GOES)]),
    Row("a date in a number, surer", [said("ID", 0, 12, 0.6), said("DATE", 2, 10, 0.9)], [("DATE", 0, 12, GOES)]),
    Row("overlap in part", [said(NAME, 0, 6), said("ADDRESS", 4, 9, 0.8)], [(NAME, 0, 9, GOES)]),
    Row("a chain of three", [said(NAME, 0, 5), said(NAME, 4, 9), said(NAME, 8, 12)], [(NAME, 0, 12, GOES)]),
    Row("equal scores, the longer's label", [said(NAME, 0, 4), said(CITY, 0, 9)], [(CITY, 0, 9, GOES)]),
    Row(
        "equal scores and lengths, the first's label",
        [said(CITY, 2, 6), said(NAME, 0, 4)],
        [(NAME, 0, 6, GOES)],
    ),
    Row(
        "two detectors, two labels",
        [said(NAME, 0, 4), said(CITY, 0, 4, 0.7, detector="ner")],
        [(NAME, 0, 4, GOES)],
        resolve.DISPUTED,
    ),
    Row("one family", [said("MRN", 0, 7), said("ID", 0, 7, 0.99, detector="ner_accurate")], [("MRN", 0, 7, GOES)]),
    Row(
        "a relative, whose name is known and found by a model",
        [
            said("RELATIVE_NAME", 0, 9, 0.85),
            said(NAME, 0, 9, 0.98, detector="known_values"),
            said(NAME, 0, 9, 0.99, detector="ner"),
        ],
        [("RELATIVE_NAME", 0, 9, GOES)],
    ),
    Row(
        "a web address that a model takes for a name",
        [said("EMAIL", 0, 20), said(NAME, 0, 20, 0.99, detector="ner")],
        [("EMAIL", 0, 20, GOES)],
        resolve.DISPUTED,
    ),
    Row(
        "a kind by form that is not sure",
        [said("PHONE", 0, 7, 0.6), said("ID", 0, 7, 0.8, detector="ner")],
        [("ID", 0, 7, GOES)],
        resolve.DISPUTED,
    ),
    Row(
        "a kind by form in less than half",
        [said("MRN", 0, 3), said("ADDRESS", 0, 20, 0.99, detector="ner")],
        [("ADDRESS", 0, 20, GOES)],
        resolve.DISPUTED,
    ),
    Row(
        "a date by form, of which the year would stay",
        [said("DATE", 0, 10), said("ID", 0, 10, 0.99, detector="ner")],
        [("ID", 0, 10, GOES)],
        resolve.DISPUTED,
    ),
    Row("two rules of one detector, two labels", [said(NAME, 0, 4), said(CITY, 0, 4, 0.7)], [(NAME, 0, 4, GOES)]),
    Row("kept under one that goes", [said("STATE", 0, 4, verdict=STAYS), said(CITY, 2, 9)], [(CITY, 2, 9, GOES)]),
    Row(
        "kept beside one that goes",
        [said("STATE", 0, 4, verdict=STAYS), said(CITY, 4, 9)],
        [(CITY, 4, 9, GOES), ("STATE", 0, 4, STAYS)],
    ),
    Row(
        "unsure under a surer one that covers it",
        [said(NAME, 0, 9), said(NAME, 2, 5, 0.3, ASKED)],
        [(NAME, 0, 9, GOES)],
    ),
    Row("unsure as far as a surer one", [said(NAME, 0, 9), said(NAME, 0, 9, 0.3, ASKED)], [(NAME, 0, 9, GOES)]),
    Row(
        "unsure by form as far as a surer model",
        [said("MRN", 0, 7, 0.8, ASKED), said("ID", 0, 7, 0.99, detector="ner")],
        [("MRN", 0, 7, GOES)],
    ),
    Row("unsure beyond a surer one", [said(NAME, 0, 5), said(NAME, 3, 9, 0.3, ASKED)], [(NAME, 0, 9, ASKED)]),
    Row("unsure around a surer one", [said(NAME, 2, 5), said(NAME, 0, 9, 0.3, ASKED)], [(NAME, 0, 9, ASKED)]),
    Row(
        "characters of an element that goes whole",
        [said("DICOM_ATTRIBUTE", None, None, place=TagPath), said(NAME, 2, 5, 0.99, place=TagPath)],
        [("DICOM_ATTRIBUTE", None, None, GOES)],
    ),
    Row(
        "characters of a cell that is kept",
        [said("STATE", None, None, verdict=STAYS, place=CellRef), said(NAME, 2, 5, place=CellRef)],
        [(NAME, 2, 5, GOES)],
    ),
    Row(
        "a cell that goes whole, twice",
        [said(NAME, None, None, 0.6, place=CellRef), said("MRN", None, None, place=CellRef)],
        [("MRN", None, None, GOES)],
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.situation)
@pytest.mark.parametrize("order", [1, -1], ids=["as found", "the other way round"])
def test_what_overlaps_becomes_one(row: Row, order: int) -> None:
    """A row's findings resolve to what it says, in whatever order detectors gave them."""
    resolved = resolve.resolve(row.given[::order])
    places = [(one.finding.location, one) for one in resolved]
    assert [(str(one.finding.entity_type), at.start, at.end, one.verdict) for at, one in places] == row.expected
    assert resolved[0].reason == row.reason


def test_a_union_is_as_sure_as_the_surest() -> None:
    """A kind by form gives the label; how sure it is that somebody is identified, the surest of all says."""
    (one,) = resolve.resolve([said("MRN", 0, 7, 0.9), said("ID", 0, 7, 0.99, detector="ner_accurate")])
    assert (one.finding.entity_type, one.finding.detector, one.finding.score) == (EntityType.MRN, "patterns", 0.99)


def test_boxes_stay_and_duplicates_go() -> None:
    """Boxes that overlap are both covered; the same box twice is one."""
    assert resolve.resolve([box(0), box(4), box(0)]) == (box(0), box(4))


def test_every_row_of_the_page_is_tested() -> None:
    """The page's table has a situation here for each of its rows."""
    rows = re.findall(r"^\| ([a-z][^|]+?) +\|", PAGE.read_text("utf-8").split("## How findings")[1], re.MULTILINE)
    assert [row for row in rows if row != "overlap"] == [
        "a whole element or cell to transform, and characters in it",
        "spans that overlap, nested or in part",
        "a model's span, and a surer kind by cue, shape or check digit in most of it",
        "a span to keep under one to transform",
        "a span to review under a surer one that covers all of it",
        "any of them unsure, and no surer one covers the union",
        "two detectors, two families of labels",
        "boxes",
    ]


def test_who_said_what_is_kept() -> None:
    """A union tells each finding behind it: detector, rule, score and place; a lone finding is its own source."""
    name, town, third = said(NAME, 0, 9), said(CITY, 5, 12, 0.7, detector="ner"), said("DATE", 20, 24)
    first, alone = resolve.resolve([town, third, name])
    assert first.sources == (name.finding, town.finding)
    assert alone.sources == ()
    again = resolve.resolve([first, said("ZIP", 10, 15, 0.5)])[0]
    assert again.sources == (name.finding, town.finding, said("ZIP", 10, 15, 0.5).finding)


@pytest.mark.parametrize("place", [TextSpan, TagPath, CellRef])
def test_sources_come_through_json(place: type[TextSpan | TagPath | CellRef]) -> None:
    """A plan read back has the sources that it was written with, and the published schema allows them."""
    chosen = resolve.resolve([said(NAME, 0, 9, place=place), said(CITY, 5, 12, 0.7, detector="ner", place=place)])
    plan = Plan("a", "b", "c", chosen)
    assert codec.plan_from_json(codec.plan_to_json(plan)) == plan
    schema = json.loads(files("deid_core.standards").joinpath("finding.schema.json").read_text("utf-8"))
    row = {"asset": "n.txt", **codec.finding_to_dict(chosen[0].finding)}
    jsonschema.validate({**row, "sources": codec.sources_to_list(chosen[0].sources)}, schema)


def test_a_plan_from_before_sources_is_read() -> None:
    """Plans and spans that were stored by an older version have none, and are written as they were."""
    plan = Plan("a", "b", "c", (said(NAME, 0, 9),))
    text = codec.plan_to_json(plan)
    assert "sources" not in text
    assert codec.plan_from_json(text) == plan


PLACES = [
    {"kind": "text", "part": "text", "start": 0, "end": 4},
    {"kind": "box", "part": "pixels", "left": 1, "top": 2, "width": 3, "height": 4, "frame": 0},
    {"kind": "time", "part": "sound", "start": 0.5, "end": 1.25},
    {"kind": "tag", "part": "dataset", "path": "00400275[0].00400007", "start": 1, "end": 3},
    {"kind": "tag", "part": "dataset", "path": "00100010"},
    {"kind": "cell", "part": "row/1", "row": 1, "column": "note", "start": 0, "end": 2},
    {"kind": "cell", "part": "row/1", "row": 1, "column": "name"},
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place["kind"])
def test_the_schema_has_every_kind_of_place_and_label(place: dict[str, object]) -> None:
    """Text, box, time, tag and cell: each is written as the schema says, read back the same, and no member more."""
    schema = json.loads(files("deid_core.standards").joinpath("finding.schema.json").read_text("utf-8"))
    assert schema["properties"]["entity_type"]["enum"] == [str(label) for label in EntityType]
    finding = Finding(EntityType.NAME, codec.location_from_dict(place), 0.5, "patterns", "1")
    row = {"asset": "note.txt", **codec.finding_to_dict(finding)}
    assert row["location"] == place
    jsonschema.validate(row, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**row, "location": {**place, "value": "Ann"}}, schema)

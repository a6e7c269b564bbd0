"""Searching many values at once finds what searching each alone finds, and takes time in proportion."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect import known_values
from deid_core.detect.known_values import KnownValuesDetector
from deid_core.detect.rules.fold import fold
from deid_core.detect.traces import bare
from deid_core.edit import put
from deid_core.entities import EntityType
from deid_core.model import Document, Part, PartKind, TextSpan
from deid_core.policy import load_policy
from deid_core.ports import KnownValue, TextQuery
from deid_core.verify import FEW, occurring

VALUES = [
    (EntityType.NAME, "O'Brien-Mueller, Anna Lena"),
    (EntityType.NAME, "Wang^XiaoDong=王^小东"),
    (EntityType.NAME, "Núñez, José"),
    (EntityType.MRN, "a000123456"),
    (EntityType.MRN, "0012"),
    (EntityType.ENCOUNTER, "CT-2021-0042"),
    (EntityType.PHONE, "+1 (617) 555-0100 ext 12"),
    (EntityType.DATE_OF_BIRTH, "1951-09-04"),
    (EntityType.ADDRESS, "12 Saint Mary Street, Salem"),
    (EntityType.EMAIL, "ann@quill.org"),
    (EntityType.FACILITY, "Quill  Clinic"),
]
WRITTEN = [
    "Anna-Lena O\u2019Brien Müller", "OBRIEN MUELLER^ANNA^LENA", "A. L. O'Brien Muller", "王小东胸部", "王^小东",
    "xiaodong wang", "NUN\u0303EZ, J.", "A 000-123 456", "123456", "0012", "00-12", "12", "ct 2021_0042",
    "20210042", "555 0100", "617.555.0100", "16175550100", "9/4/51", "4 Sept 1951", "September 4th", "19510904",
    "04-09-1951", "12 st mary st", "12 Saint Mary Street Salem", "ANN@QUILL.ORG", "quill clinic",
    "nothing here",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(WRITTEN), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_a_form_matches_only_where_its_traces_are(values: list[tuple[EntityType, str]], written: list[str]) -> None:
    """What is skipped without a regular expression would not have matched it."""
    text = fold(" | ".join(written))
    letters = bare(text)
    for form in known_values.matcher(tuple(KnownValue(*value) for value in values)).forms:
        if re.search(form.pattern, text):
            assert any(trace.stands_in(letters) for trace in form.traces)


@pytest.mark.parametrize(
    "text", ["CT 王小东 胸部", "患者王小东胸部", "王^小东", "CT wang xiaodong", "山田太郎様", "やまだたろう"]
)
def test_an_ideographic_name_is_found_between_words_without_spaces(text: str) -> None:
    """Each group of a DICOM name counts, and scripts without spaces need no edge of a word."""
    values = (
        KnownValue(EntityType.NAME, "Wang^XiaoDong=王^小东"),
        KnownValue(EntityType.NAME, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    )
    found = KnownValuesDetector(load_policy("research")).find([TextQuery(text, values)])[0]
    assert found
    assert all(span.score >= 0.85 for span in found)
    covered = "".join(text[span.start : span.end] for span in found)
    assert any(name in covered for name in ("王小东", "王^小东", "wang xiaodong", "山田太郎", "やまだたろう"))


@given(st.lists(st.binary(min_size=6, max_size=20), max_size=60), st.binary(max_size=400), st.data())
def test_many_needles_are_found_as_each_alone(needles: list[bytes], hay: bytes, data: st.DataObject) -> None:
    """Sought together or one by one, the same ones stand in the bytes."""
    planted = data.draw(st.lists(st.sampled_from(needles), max_size=5)) if needles else []
    hay += b"".join(planted)
    many = [*needles, *(b"filler%05d" % number for number in range(FEW + 1))]
    assert occurring(many, hay) == {needle for needle in many if needle in hay}


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.text(max_size=5)), max_size=8))
def test_spans_are_replaced_where_they_stood(text: str, cuts: list[tuple[int, str]]) -> None:
    """What is between edits stays, in order."""
    starts = sorted({min(at, len(text)) for at, _ in cuts})
    edits = [(TextSpan("t", low, high), value) for (low, high), (_, value) in zip(pairwise(starts), cuts, strict=False)]
    expected = text
    for location, value in reversed(edits):
        expected = expected[: location.start] + value + expected[location.end :]
    document = Document("a", "text/plain", "s", (Part("t", PartKind.TEXT, text),))
    assert put(document, edits).part("t").value == expected


def test_a_note_with_many_changes_is_written_in_one_pass() -> None:
    """Two million characters with a hundred thousand changes take seconds, not hours."""
    text = "a long word and one more " * 80_000
    edits = [(TextSpan("t", place, place + 4), "NAME") for place in range(0, len(text) - 20, 20)]
    start = time.perf_counter()
    put(Document("a", "text/plain", "s", (Part("t", PartKind.TEXT, text),)), edits)
    occurring([b"%09d" % number for number in range(50_000)], b"0123456789abcdef" * 60_000)
    assert time.perf_counter() - start < 20

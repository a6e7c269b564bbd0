"""Laws of DICOM values: fitting is idempotent and within bounds, and what is put is what is got."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from deid_core.ingest import elements
from deid_core.ingest.representations import LENGTHS, PN_GROUP, fitted, is_valid
from deid_core.model import TagPath
from deid_core.standards.ps3_15 import TEXT_VRS

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(st.sampled_from(sorted(TEXT_VRS)), TEXTS)
def test_fitting_is_idempotent_valid_and_bounded(vr: str, text: str) -> None:
    """A fitted text is valid, no longer than its representation allows, and fitting it again changes nothing."""
    once = fitted(vr, text)
    assert fitted(vr, once) == once
    assert is_valid(vr, once)
    for value in [once] if vr in {"LT", "ST", "UT", "UR"} else once.split("\\"):
        assert len(value) <= LENGTHS.get(vr, len(value))
        assert vr != "PN" or all(len(group) <= PN_GROUP for group in value.split("="))


@given(st.text("abcÄß漢 ", min_size=1, max_size=60), st.data())
def test_a_span_put_back_as_it_was_changes_nothing(text: str, data: st.DataObject) -> None:
    """Getting a span and putting it back leaves the element's text as it was."""
    dataset = Dataset()
    dataset.StudyDescription = text
    start = data.draw(st.integers(0, len(text)))
    where = TagPath("dataset", "00081030", start, data.draw(st.integers(start, len(text))))
    elements.put(dataset, [(where, elements.get(dataset, where))])
    assert elements.text_of(dataset["StudyDescription"]) == text

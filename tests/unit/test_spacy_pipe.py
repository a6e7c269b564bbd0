"""The accurate model as a component of anybody's spaCy pipeline."""

from __future__ import annotations

import pytest
import spacy

from deid_core.detect import spacy_pipe
from deid_core.detect.ner_onnx import NerOnnx
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

NOTES = [
    "Mrs. Oduya was seen by Dr. Kestrel in Lowell.",
    "No complaints.",
    "",
    "😀 Mrs. Oduya slept.\r\n",
    "No complaints.",
]


@pytest.fixture(scope="module")
def nlp() -> spacy.Language:
    """Give a blank English pipeline with the component."""
    made = spacy.blank("en")
    made.add_pipe(spacy_pipe.FACTORY)
    return made


def test_it_finds_what_the_detector_finds(nlp: spacy.Language) -> None:
    """Each finding of the detector is an entity that covers it under its label, one text alone or many in a stream."""
    found = NerOnnx(load_policy("safe_harbor")).find([TextQuery(text) for text in NOTES])
    assert found[0]
    for docs in (nlp.pipe(NOTES, batch_size=2), map(nlp, NOTES)):
        for doc, spans in zip(docs, found, strict=True):
            told = [(entity.start_char, entity.end_char, entity.label_) for entity in doc.ents]
            assert len(told) == len(spans)
            for (start, end, label), span in zip(told, spans, strict=True):
                assert start <= span.start < span.end <= end
                assert label == span.entity_type


def test_entities_of_others_stay_where_it_has_none() -> None:
    """A ruler before it keeps its drug; where both found something, an identifier is one."""
    nlp = spacy.blank("en")
    patterns = [{"label": "DRUG", "pattern": "metoprolol"}, {"label": "DRUG", "pattern": "Oduya"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe(spacy_pipe.FACTORY)
    doc = nlp("Mrs. Oduya takes metoprolol.")
    assert [(entity.text, entity.label_) for entity in doc.ents] == [("Oduya", "NAME"), ("metoprolol", "DRUG")]


def test_a_pipeline_with_it_is_saved_and_loaded(nlp: spacy.Language, tmp_path) -> None:
    """Its weights are the package's, so nothing of them is written."""
    nlp.to_disk(tmp_path / "saved")
    assert sum(path.stat().st_size for path in (tmp_path / "saved").rglob("*") if path.is_file()) < 1_000_000
    assert [entity.text for entity in spacy.load(tmp_path / "saved")(NOTES[0]).ents][:1] == ["Oduya"]

"""The accurate model as a spaCy component, for pipelines of one's own: `nlp.add_pipe("deid_minilm")`.

Importing this module registers it. It reads the text of a document as the detector `ner_accurate` does, whatever the
pipeline's tokens are, and sets the entities under our labels: whole tokens, so an entity can reach a little farther
than what was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.util import filter_spans

from deid_core.detect.ner_onnx import load_encoder, read

if TYPE_CHECKING:
    from spacy.tokens import Doc

FACTORY = "deid_minilm"


class MiniLm:
    """Set the entities of documents by the shipped encoder, run by onnxruntime."""

    def __call__(self, doc: Doc) -> Doc:
        """Return a document with its entities; those that it had where none of ours is stay."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 64) -> Iterator[Doc]:
        """Yield documents with their entities, in order; texts of a batch that are equal are read once."""
        documents = iter(stream)
        while batch := list(islice(documents, batch_size)):
            texts = list(dict.fromkeys(doc.text for doc in batch))
            found = dict(zip(texts, read(load_encoder(), texts), strict=True))
            for doc in batch:
                told = (
                    doc.char_span(span.start, span.end, label=str(span.entity_type), alignment_mode="expand")
                    for span in found[doc.text]
                )
                ours = filter_spans([span for span in told if span is not None])
                taken = {at for span in ours for at in range(span.start, span.end)}
                kept = [span for span in doc.ents if taken.isdisjoint(range(span.start, span.end))]
                doc.set_ents([*ours, *kept])
                yield doc


@Language.factory(FACTORY, assigns=["doc.ents"])  # type: ignore[untyped-decorator] # spaCy ships no types
def make(nlp: Language, name: str) -> MiniLm:  # noqa: ARG001 - spaCy calls a factory so
    """Make the component; the model loads on first use."""
    return MiniLm()

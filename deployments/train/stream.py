"""Batches without end for the encoder: generated texts, always new, and public sentences, as word pieces with tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from deid_core.detect.ner_onnx import WINDOW, window
from deid_core.detect.word_pieces import CASES, GAPS, Word, WordPieces, words
from deployments.train.carriers import carrier_templates
from deployments.train.corpora import public_examples
from deployments.train.documents import drawn as drawn_documents
from deployments.train.examples import LABELS, UNKNOWN, Example, Writer
from deployments.train.generate import Filler, notes, worn
from deployments.train.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TAGS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
IGNORED = -100  # of torch's cross entropy: neither taught as an identifier nor as none
ROUND, PUBLIC, DOCUMENTS = 3_072, 0.2, 0.2  # generated texts at a time; public ones and documents to each
LONG = 0.12  # share of texts that are several, joined
HIDDEN = 0.06  # share of word pieces that are read as another: what stands around must tell
OVERLAP = 24  # words that neighbouring windows of a long text share

Batch = tuple["NDArray[np.int32]", "NDArray[np.int32]", "NDArray[np.int32]", "NDArray[np.int32]"]


def tags(found: Sequence[Word], spans: Sequence[tuple[int, int, str]]) -> list[int]:
    """Return each word's tag: B or I of the first span that it touches, IGNORED in an UNKNOWN one."""
    result = [0] * len(found)
    for start, end, label in spans:
        begun = False
        for index, word in enumerate(found):
            if word.start < end and start < word.end and result[index] == 0:
                result[index] = IGNORED if label == UNKNOWN else TAGS.index(f"{'I' if begun else 'B'}-{label}")
                begun = True
    return result


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a text as the model reads it; `tags` are of pieces, IGNORED on all but the words' first."""

    ids: list[int]
    shapes: list[int]
    tags: list[int]


def rows(example: Example, pieces: WordPieces) -> Iterator[Row]:
    """Yield an example as rows of at most WINDOW pieces; a long text becomes several that overlap."""
    found = words(example.text)
    marks = tags(found, example.spans)
    cuts = [pieces.cut(example.text[word.start : word.end]) for word in found]
    first = 0
    while first < len(found):
        size, end = 0, first
        while end < len(found) and size + len(cuts[end]) <= WINDOW:
            size += len(cuts[end])
            end += 1
        ids, shapes, heads = window(found[first:end], cuts[first:end], pieces)
        tagged = [IGNORED] * len(ids)
        for at, tag in zip(heads, marks[first:end], strict=True):
            tagged[at] = tag
        yield Row(ids, shapes, tagged)
        first = end if end == len(found) else max(end - OVERLAP, first + 1)


@dataclass
class Stream:
    """Yield batches without end, texts of like length together; the same seed gives the same batches."""

    data: Path
    seed: int
    pieces: WordPieces
    size: int  # word pieces in a batch, padding included
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        """Seed all draws."""
        self.rng = Random(self.seed)  # noqa: S311 - training data, not secrets

    def _joined(self, texts: list[Example]) -> Iterator[Example]:
        """Join some neighbours, so that long windows and late positions are learnt."""
        while texts:
            writer = Writer()
            for index in range(self.rng.randint(3, 6) if self.rng.random() < LONG else 1):
                if texts:
                    writer.add("\n" if index else "")
                    writer.append(texts.pop())
            yield writer.example("mixed")

    def _recased(self, example: Example) -> Example:
        pick = self.rng.random()
        text = example.text.lower() if pick < 0.1 else example.text.upper() if pick < 0.18 else example.text
        return Example(text, example.spans, example.source) if len(text) == len(example.text) else example

    def _hidden(self, row: Row) -> Row:
        """Return the row with some pieces read as others, names among them: the context decides then."""
        last, first = len(row.ids) - 1, 1000  # the vocabulary's words begin after its signs
        most = len(self.pieces.ids) - 1
        ids = [
            self.rng.randint(first, most) if 0 < at < last and self.rng.random() < HIDDEN else one
            for at, one in enumerate(row.ids)
        ]
        return Row(ids, row.shapes, row.tags)

    def batches(self) -> Iterator[Batch]:
        """Yield ids, shapes, mask and tags, each (texts, longest) int32."""
        filler = Filler(Lexicon("train", self.rng, self.data))
        carriers, public = carrier_templates(self.data, "train"), public_examples(self.data)
        while True:
            drawn = [self._recased(text) for text in self.rng.sample(public, int(ROUND * PUBLIC))]
            drawn += map(self._recased, drawn_documents(filler.lexicon, int(ROUND * DOCUMENTS)))
            texts = [*(worn(text, filler) for text in notes(filler, ROUND, carriers)), *drawn]
            self.rng.shuffle(texts)
            made = [row for text in self._joined(texts) for row in rows(text, self.pieces)]
            made = [self._hidden(row) if self.rng.random() < 0.3 else row for row in made]
            made.sort(key=lambda row: len(row.ids))
            batches: list[list[Row]] = [[]]
            for row in made:
                if (len(batches[-1]) + 1) * len(row.ids) > self.size:
                    batches.append([])
                batches[-1].append(row)
            self.rng.shuffle(batches)
            yield from map(arrays, batches)


def arrays(batch: Sequence[Row]) -> Batch:
    """Return ids, shapes, mask and tags of rows, each (rows, longest) int32."""
    longest = max(len(row.ids) for row in batch)

    def padded(lists: list[list[int]], value: int) -> NDArray[np.int32]:
        return np.array([one + [value] * (longest - len(one)) for one in lists], np.int32)

    ids, shapes = padded([row.ids for row in batch], 0), padded([row.shapes for row in batch], 0)
    mask = padded([[1] * len(row.ids) for row in batch], 0)
    return ids, shapes, mask, padded([row.tags for row in batch], IGNORED)


SHAPES = CASES * GAPS

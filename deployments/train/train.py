"""Train the shipped NER: a spaCy CNN, on CPU, one thread; the same seed and steps give the same weights.

Run `python -m deployments.train --data DIR --out DIR --seed N --minutes M`. Time becomes a number of steps after the
warm-up, which meta.json records: `--steps` with that number repeats a run exactly.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated

import numpy as np
import spacy
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from spacy.tokens import Doc, Span
from spacy.training import Example as SpacyExample
from spacy.util import compile_infix_regex, fix_random_seed, minibatch
from thinc.api import Optimizer

from deid_core.detect.small_model import Model, vocabulary
from deid_core.detect.word_lists import WORDS, WordLists
from deid_core.languages import DEFAULT
from deployments.train.card import write_card
from deployments.train.carriers import carrier_templates
from deployments.train.corpora import public_examples
from deployments.train.evaluate import COPIES, EVIDENCE, evaluate
from deployments.train.examples import LABELS, UNKNOWN, Example
from deployments.train.generate import Filler, notes
from deployments.train.lexicon import Lexicon, listed_names, safe_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language

WARM_UP = 200  # steps; the rest is planned from their speed
BATCH = 32  # texts
ROUND = 2048  # generated texts at a time, with a third as many public ones
RATE, LAST_RATE = 0.001, 0.00005
EXTRA_INFIXES = (
    r"(?<=[A-Za-z])[:=#^_|\\/](?=\S)",  # "DOB:01/02/1960", "DOE^JANE"
    r"(?<=[0-9])[:=^_|](?=[A-Za-z])",
    r"(?<=\S)[,;()\[\]](?=[A-Za-z])",  # "DOE,JANE"
    r"(?<=[a-z])(?=[A-Z])",  # words that OCR ran together
    r"(?<=[A-Za-z]{3})(?=[0-9])",  # "Jan2020", "MRN123"
    r"(?<=[0-9])(?=[A-Za-z]{3})",
)
MODEL = {
    "@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "extra_state_tokens": False,
    "hidden_width": 64, "maxout_pieces": 2, "use_upper": True, "nO": None,
    "tok2vec": {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2", "width": 96, "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [5000, 500, 2500, 2500], "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 96, "depth": 4, "window_size": 1,
            "maxout_pieces": 3,
        },
    },
}  # fmt: skip


def write_lists(data: Path, out: Path) -> WordLists:
    """Write Philter's lists of names and of safe words as hashes, and return them as the model will see them."""
    names = {*listed_names(data, "firstnames"), *listed_names(data, "lastnames")}
    words = (names, {word for word in safe_words(data) if word.isalpha()})
    hashes = [np.array(sorted({WordLists.hashed(word) for word in kind}), dtype=np.uint32) for kind in words]
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / WORDS, names=hashes[0], safe_words=hashes[1])
    return WordLists.load(out / WORDS)


def new_pipeline(lists: WordLists, code: str = DEFAULT) -> Language:
    """Return an untrained pipeline: our tokeniser and a transition-based NER over a CNN, without vectors."""
    nlp = spacy.blank(code, vocab=vocabulary(lists, code))
    nlp.tokenizer.infix_finditer = compile_infix_regex([*EXTRA_INFIXES, *(nlp.Defaults.infixes or [])]).finditer
    nlp.tokenizer.url_match = None  # slow on hostile text, and an address of a web page may hold a name
    nlp.tokenizer.token_match = None
    ner = nlp.add_pipe("ner", config={"model": MODEL})
    for label in LABELS:
        ner.add_label(label)
    return nlp


def as_reference(doc: Doc, example: Example) -> Doc:
    """Write an example's spans onto a tokenised copy of its text; UNKNOWN ones are left out of the loss."""
    entities: list[Span] = []
    missing: list[Span] = []
    taken = 0
    for start, end, label in sorted(example.spans):
        span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is None or span.start < taken:
            continue
        while span.end > span.start and doc[span.end - 1].is_space:
            span = span[:-1]
        while span.end > span.start and doc[span.start].is_space:
            span = span[1:]
        if len(span):
            taken = span.end
            (missing if label == UNKNOWN else entities).append(span)
    doc.set_ents([doc[span.start : span.end] if not span.label_ else span for span in entities], missing=missing)
    return doc


@dataclass
class Stream:
    """Yield batches without end: generated notes, always new, and public sentences, shuffled again and again."""

    data: Path
    seed: int
    nlp: Language
    public: list[Example] = field(default_factory=list)

    def batches(self) -> Iterator[list[SpacyExample]]:
        """Yield lists of spaCy examples; the same seed gives the same batches."""
        rng = Random(self.seed)  # noqa: S311 - training data, not secrets
        filler = Filler(Lexicon("train", rng, self.data))
        carriers = carrier_templates(self.data, "train")
        self.public = public_examples(self.data)
        while True:
            yield from in_batches([*notes(filler, ROUND, carriers), *rng.sample(self.public, ROUND // 3)], rng, self)

    def example(self, example: Example) -> SpacyExample:
        """Return an example as spaCy trains on it."""
        doc = self.nlp.make_doc(example.text)
        return SpacyExample(doc, as_reference(doc.copy(), example))


def in_batches(texts: Iterable[Example], rng: Random, stream: Stream) -> Iterator[list[SpacyExample]]:
    """Yield texts in any order, as many as BATCH at a time, without the empty ones."""
    shuffled = list(texts)
    rng.shuffle(shuffled)
    for batch in minibatch(shuffled, BATCH):
        yield [stream.example(text) for text in batch if text.text.strip()]


def fit(nlp: Language, stream: Stream, minutes: float, steps: int) -> tuple[int, Optimizer]:
    """Train in place; return the number of steps and the optimizer that holds the averaged weights."""
    optimizer = Optimizer(RATE, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    nlp.initialize(sgd=optimizer)
    began, total = time.monotonic(), steps or WARM_UP
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=total)
        for step, batch in enumerate(stream.batches(), 1):
            done = step / total if steps or step > WARM_UP else 0.0
            optimizer.learn_rate = RATE * min(1.0, step / WARM_UP) * (1 - done) + LAST_RATE * done
            losses = nlp.update(batch, sgd=optimizer, drop=0.15)
            if step == WARM_UP and not steps:
                total = max(WARM_UP, int(WARM_UP * minutes * 60 / (time.monotonic() - began)))
                progress.update(bar, total=total)
            if step % 20 == 0:
                progress.update(bar, completed=step, description=f"loss {losses['ner']:8.1f}")
            if step >= total:
                return total, optimizer
    raise AssertionError("the stream of batches has no end")


def main(
    data: Annotated[Path, typer.Option(help="folder of the public corpora")],
    out: Annotated[Path, typer.Option(help="folder for the model")],
    seed: Annotated[int, typer.Option(help="seed of everything")] = 1,
    minutes: Annotated[float, typer.Option(help="about how long to train")] = 30.0,
    steps: Annotated[int, typer.Option(help="train exactly so many steps instead")] = 0,
) -> None:
    """Train, measure on the development set, and write the model with its card."""
    fix_random_seed(seed)
    lists = write_lists(data, out)
    nlp = new_pipeline(lists)
    stream = Stream(data, seed, nlp)
    done, optimizer = fit(nlp, stream, minutes, steps)
    with nlp.use_params(optimizer.averages):
        metrics = evaluate(Model(nlp, lists, dict.fromkeys(EVIDENCE, 1.0)), data)
        nlp.meta.update(
            name="deid_cnn", version=f"1.{seed}.{done}", license="Apache-2.0",
            description="Finds people, places, institutions, dates and numbers in English clinical text.",
        )  # fmt: skip
        nlp.meta["training"] = {"seed": seed, "steps": done, "batch": BATCH, "dev_copies": COPIES}
        nlp.meta["performance"] = metrics
        nlp.to_disk(out, exclude=["vocab"])
    write_card(out, nlp.meta)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    typer.echo(f"{done} steps; names found {metrics['recall']['NAME']:.4f}; {size / 1e6:.1f} MB in {out.name}")

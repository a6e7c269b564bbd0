"""Train the Spanish NER as the English one is trained: a spaCy CNN, one thread; the same seed and steps repeat it.

Run `python -m deployments.train.train_spanish --data DIR --out DIR --seed N --minutes M` (or `--steps`).
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from faker import Faker
from spacy.util import fix_random_seed

from deid_core.detect.model_files import model_name
from deid_core.detect.small_model import Model
from deid_core.detect.word_lists import WORDS, WordLists
from deployments.train.evaluate import EVIDENCE, recall_and_precision, touched
from deployments.train.lexicon import templates
from deployments.train.spanish import Filler, SpanishStream, corpus
from deployments.train.spanish_card import write_card
from deployments.train.train import BATCH, fit, new_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = "es"
LOCALES = ("es_ES", "es_MX", "es_AR", "es_CL", "es_CO")
KINDS = re.compile(r"(?:first|last)_names")


def faker_names() -> Iterator[str]:
    """Yield the words of Faker's Spanish names, in small letters."""
    for locale in LOCALES:
        provider: Any = Faker(locale).provider("person")
        for kind in filter(KINDS.match, dir(provider)):
            for name in getattr(provider, kind):
                yield from str(name).casefold().split()


def safe_words(data: Path) -> Iterator[str]:
    """Yield the words that stand in small letters in the training part outside its annotations, twice or more."""
    counts: Counter[str] = Counter()
    for document in corpus(data, "train"):
        text, at = [], 0
        for start, end, _ in document.spans:
            text.append(document.text[at:start])
            at = max(at, end)
        counts.update(re.findall(r"[^\W\d_]{2,}", " ".join([*text, document.text[at:]])))
    yield from (word for word, count in counts.items() if word.islower() and count > 1)


def write_lists(data: Path, out: Path) -> WordLists:
    """Write names and safe words as hashes, and return them as the model will see them."""
    words = (set(faker_names()), set(safe_words(data)))
    hashes = [np.array(sorted({WordLists.hashed(word) for word in kind}), dtype=np.uint32) for kind in words]
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / WORDS, names=hashes[0], safe_words=hashes[1])
    return WordLists.load(out / WORDS)


def measured(model: Model, data: Path, seed: int) -> dict[str, Any]:
    """Return the card's figures on the half for the report; `scores` are those of the half for tuning."""
    filler = Filler(Random(seed))  # noqa: S311 - test data, not secrets
    metrics = recall_and_precision(model, corpus(data, "report"))
    tuned = recall_and_precision(model, corpus(data, "tune"))
    metrics["scores"], metrics["tuned"] = tuned["scores"], tuned["recall"]
    negatives = [filler.render(line).text for line in templates("es_negatives_dev.txt")]
    metrics["hard_negatives"], metrics["hard_negatives_touched"] = len(negatives), touched(model, negatives)
    return metrics


def main(
    data: Annotated[Path, typer.Option(help="folder of the public corpora")],
    out: Annotated[Path, typer.Option(help="folder for the model")],
    seed: Annotated[int, typer.Option(help="seed of everything")] = 1,
    minutes: Annotated[float, typer.Option(help="about how long to train")] = 12.0,
    steps: Annotated[int, typer.Option(help="train exactly so many steps instead")] = 0,
) -> None:
    """Train, measure on both halves of the development part, and write the model with its card."""
    fix_random_seed(seed)
    lists = write_lists(data, out)
    nlp = new_pipeline(lists, CODE)
    done, optimizer = fit(nlp, SpanishStream(data, seed, nlp), minutes, steps)
    with nlp.use_params(optimizer.averages):
        metrics = measured(Model(nlp, lists, dict.fromkeys(EVIDENCE, 1.0), CODE), data, seed)
        nlp.meta.update(
            name="deid_cnn", version=f"1.{seed}.{done}", license="Apache-2.0",
            description="Finds people, places, institutions, dates and numbers in Spanish clinical text.",
        )  # fmt: skip
        nlp.meta["training"] = {"seed": seed, "steps": done, "batch": BATCH}
        nlp.meta["performance"] = metrics
        nlp.to_disk(out, exclude=["vocab"])
    write_card(out, nlp.meta)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    typer.echo(f"{model_name(CODE)}: {done} steps; {metrics['recall']}; {size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)

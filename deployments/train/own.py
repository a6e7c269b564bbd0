"""Train the shipped spaCy model further on texts of one's own, and say what that changed.

Run `python -m deployments.train.own --gold FILE --out DIR`; docs/how-to/train-on-your-data.md says what comes before
and after. One subject's texts are on one side only: trained on, or held out and measured. To each text of one's own
comes a generated one, so that what the model knew is not lost. The same gold, seed and versions give the same weights.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from importlib.resources import as_file
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import spacy
import typer
from spacy.training import Example as SpacyExample
from spacy.util import fix_random_seed, minibatch
from thinc.api import Optimizer

from deid_core.detect.ner_own import digest_of
from deid_core.detect.small_model import Model, pieces, vocabulary
from deid_core.detect.small_model import read as read_texts
from deid_core.detect.word_lists import WORDS, WordLists
from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.evaluate.read import read
from deid_core.languages import DEFAULT, language
from deployments.train import spanish
from deployments.train.apart import apart
from deployments.train.evaluate import EVIDENCE, recall_and_precision
from deployments.train.examples import UNKNOWN, Example
from deployments.train.generate import Filler, banks, varied
from deployments.train.lexicon import Lexicon, templates
from deployments.train.own_card import write_card
from deployments.train.train import as_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deid_core.evaluate.gold import GoldDocument

RATE, DROP, BATCH = 0.0004, 0.2, 16
TRUST = 20  # findings that the shipped model's score of a label is worth, beside those on the texts held out
PARTS = 1000
SPANISH = "es"
NUMBERS = (
    *(EntityType.MRN, EntityType.ENCOUNTER, EntityType.HEALTH_PLAN, EntityType.ACCOUNT, EntityType.CREDIT_CARD),
    *(EntityType.LICENSE, EntityType.VEHICLE, EntityType.DEVICE, EntityType.SSN, EntityType.USERNAME, EntityType.ID),
)
# What the model calls our labels; it is not taught the others (ages, addresses of machines), neither way.
COARSE = {
    **dict.fromkeys((EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME), "NAME"),
    **dict.fromkeys((EntityType.CITY, EntityType.COUNTY, EntityType.STATE, EntityType.COUNTRY), "LOCATION"),
    **dict.fromkeys((EntityType.DATE, EntityType.DATE_OF_BIRTH), "DATE"),
    **dict.fromkeys((EntityType.PHONE, EntityType.FAX), "PHONE"),
    **dict.fromkeys(NUMBERS, "ID"),
    **{kind: str(kind) for kind in (EntityType.ADDRESS, EntityType.FACILITY, EntityType.ORGANISATION)},
}


def example_of(document: GoldDocument) -> Example:
    """Return a document as the model is taught it."""
    spans = tuple((span.start, span.end, COARSE.get(span.entity_type, UNKNOWN)) for span in document.spans)
    return Example(document.text, spans, "own", "own")


def parted(documents: Sequence[GoldDocument], share: float) -> tuple[list[Example], list[Example]]:
    """Return what is trained on and what is held out, by a hash of the subject, or of the text where none is named.

    Raises UsageError where either would be empty.
    """
    sides: tuple[list[Example], list[Example]] = ([], [])
    for document in documents:
        whose = (document.subject or document.text).encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(sha256(whose).digest()[:4], "big") % PARTS
        sides[drawn < share * PARTS].append(example_of(document))
    if not all(sides):
        raise UsageError("there are too few subjects: some are trained on, and others held out to measure by")
    return sides


def in_pieces(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield the pieces in which texts are read, each with the identifiers that lie whole in it."""
    for one in examples:
        for start, end in pieces(one.text):
            inside = (span for span in one.spans if start <= span[0] and span[1] <= end)
            spans = tuple((low - start, high - start, label) for low, high, label in inside)
            yield Example(one.text[start:end], spans, one.source, one.origin)


def generated(rng: Random, number: int, code: str) -> list[Example]:
    """Return texts filled from the project's templates of a language, in English half of them without identifiers."""
    if code == SPANISH:
        spanish_filler, lines = spanish.Filler(rng), templates("es_train.txt")
        return [spanish_filler.render(rng.choice(lines)) for _ in range(number)]
    positive, negative = banks()
    filler = Filler(Lexicon("train", rng))
    drawn = (rng.choice(negative if at % 2 else positive) for at in range(number))
    return [varied(filler.render(line, "generated"), filler) for line in drawn]


def shipped(code: str) -> Model:
    """Load the language's shipped model apart from the one that others of this process use."""
    with as_file(language(code).model) as folder:
        lists = WordLists.load(folder / WORDS)
        nlp = spacy.load(folder, vocab=vocabulary(lists, code))
    scores = {label: float(score) for label, score in nlp.meta["performance"]["scores"].items()}
    return Model(nlp, lists, scores, code)


def fit(model: Model, own: Sequence[Example], epochs: int, rng: Random) -> Optimizer:
    """Train a model in place, and return the optimizer that holds the mean of its weights."""
    nlp = model.nlp
    optimizer = Optimizer(RATE, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    nlp.resume_training(sgd=optimizer)
    for _ in range(epochs):
        mixed = [*own, *generated(rng, len(own), model.code)]
        rng.shuffle(mixed)
        for batch in minibatch(mixed, BATCH):
            docs = [(nlp.make_doc(one.text), one) for one in batch if one.text.strip()]
            nlp.update(
                [SpacyExample(doc, as_reference(doc.copy(), one)) for doc, one in docs], sgd=optimizer, drop=DROP
            )
    return optimizer


def measured(model: Model, held: Sequence[Example]) -> dict[str, Any]:
    """Return what a model finds in texts held out, and in the hundred sentences that say what it knew before."""
    figures = recall_and_precision(model, list(held))
    known = apart(model) if model.code == DEFAULT else {}
    return {name: figures[name] for name in ("recall", "recall_same_label", "precision", "counts")} | {
        "apart": {name: known[name] for name in ("recall", "touched") if known}
    }


def scores_of(before: Model, after: Model, held: Sequence[Example]) -> dict[str, float]:
    """Return each label's score: the shipped one, moved by what its findings in the texts held out were."""
    told: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one, spans in zip(held, read_texts(after, [one.text for one in held]), strict=True):
        for span in spans:
            evidence = span.rule.partition(":")[2]
            told[evidence] += 1
            right[evidence] += any(low < span.end and span.start < high for low, high, _ in one.spans)
    return {
        name: round((right[name] + TRUST * before.scores.get(name, 0.9)) / (told[name] + TRUST), 3) for name in EVIDENCE
    }


def main(
    gold: Annotated[list[Path], typer.Option("--gold", help="Marked texts, in a format that `evaluate` reads.")],
    out: Annotated[Path, typer.Option(help="A folder for the model.")],
    seed: Annotated[int, typer.Option(help="Of everything.")] = 1,
    epochs: Annotated[int, typer.Option(help="How often each text is gone over.")] = 12,
    held_out: Annotated[float, typer.Option(help="Share of the subjects that is measured and not trained on.")] = 0.25,
    code: Annotated[str, typer.Option("--language", help="Of the texts.")] = DEFAULT,
    name: Annotated[str, typer.Option(help="What a policy calls the model.")] = "own",
) -> None:
    """Train on texts of one's own, measure before and after, write the model, and print how a policy names it."""
    fix_random_seed(seed)
    rng = Random(seed)  # noqa: S311 - training data, not secrets
    files = {path.name: path.read_bytes() for path in gold}
    trained, held = parted(read(files).documents, held_out)
    before, model = shipped(code), shipped(code)
    optimizer = fit(model, list(in_pieces(trained)), epochs, rng)
    with model.nlp.use_params(optimizer.averages):
        figures = {"before": measured(before, held), "after": measured(model, held)}
        digest = sha256(b"".join(sha256(files[one]).digest() for one in sorted(files))).hexdigest()
        made = {"seed": seed, "epochs": epochs, "batch": BATCH, "held_out": held_out, "gold_sha256": digest}
        counts = {"texts": len(trained), "texts_held_out": len(held)}
        model.nlp.meta.update(
            name=name, version=f"{before.nlp.meta['version']}+own.{digest[:8]}", description=DESCRIPTION
        )
        model.nlp.meta["training"] = {"from": before.nlp.meta["version"], **made, **counts}
        model.nlp.meta["performance"] = {"scores": scores_of(before, model, held), **figures}
        model.nlp.to_disk(out, exclude=["vocab"])
    with as_file(language(code).model) as folder:
        (out / WORDS).write_bytes((folder / WORDS).read_bytes())
    write_card(out, model.nlp.meta)
    typer.echo((out / "MODEL_CARD.md").read_text("utf-8").split("## Measured")[1].split("## Limits")[0].strip())
    policy = {"name": name, "path": str(out.resolve()), "sha256": digest_of(out)}
    typer.echo("\n[[models]]\n" + "\n".join(f"{field} = {json.dumps(value)}" for field, value in policy.items()))


DESCRIPTION = "Finds people, places, institutions, dates and numbers; trained further on texts of one's own."

if __name__ == "__main__":
    typer.run(main)

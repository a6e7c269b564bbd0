"""Measure a model on the development set: what is found, what is touched needlessly, by label and origin of names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from deid_core.detect.small_model import Model, read
from deployments.train.carriers import carrier_templates, named_visits
from deployments.train.examples import LABELS, UNKNOWN, Example
from deployments.train.generate import Filler, development
from deployments.train.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from deid_core.model import Span

    Reading = Model | Callable[[Sequence[str]], list[list[Span]]]  # what reads texts: the CNN, or any other model

DEV_SEED = 20_240_501  # of the development set, never of training
COPIES = 10
EVIDENCE = (*LABELS, "NAME:bare")
CLEAN = 1000  # held-out real clinical sentences without identifiers


@dataclass
class Tally:
    """Count, per key, how many were found of how many."""

    found: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, key: str, *, found: bool) -> None:
        """Count one."""
        self.total[key] += 1
        self.found[key] += found

    def shares(self) -> dict[str, float]:
        """Return found / total per key, rounded to four digits."""
        return {key: round(self.found[key] / count, 4) for key, count in sorted(self.total.items())}


def _covered(start: int, end: int, text: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Tell whether every letter and digit of a gold span lies in some predicted span."""
    hidden = {at for low, high in spans for at in range(max(low, start), min(high, end))}
    return all(at in hidden for at in range(start, end) if text[at].isalnum())


def read_by(model: Reading, texts: list[str]) -> list[list[Span]]:
    """Return what a model finds in each text."""
    return read(model, texts) if isinstance(model, Model) else model(texts)


def recall_and_precision(model: Reading, examples: list[Example]) -> dict[str, Any]:
    """Return recall (covered whole, by any label, and under its own), precision, and names' recall by origin.

    `scores`: per label (and for names without a cue) the share of findings that are an identifier of any label,
    smoothed by one.
    """
    recall, strict, origins, precision, genuine = Tally(), Tally(), Tally(), Tally(), Tally()
    for example, spans in zip(examples, read_by(model, [example.text for example in examples]), strict=True):
        predicted = [(span.start, span.end, span.rule.partition(":")[2]) for span in spans]
        for start, end, label in example.spans:
            if label == UNKNOWN:
                continue
            found = _covered(start, end, example.text, [(low, high) for low, high, _ in predicted])
            recall.add(label, found=found)
            same = [(low, high) for low, high, name in predicted if name.partition(":")[0] == label]
            strict.add(label, found=_covered(start, end, example.text, same))
            if label == "NAME":
                origins.add(example.origin, found=found)
        for low, high, evidence in predicted:
            name = evidence.partition(":")[0]
            hit = any(start < high and low < end and label == name for start, end, label in example.spans)
            precision.add(name, found=hit)
            genuine.add(evidence, found=any(start < high and low < end for start, end, _ in example.spans))
    return {
        "recall": recall.shares(),
        "recall_same_label": strict.shares(),
        "precision": precision.shares(),
        "names_by_origin": origins.shares(),
        "counts": dict(sorted(recall.total.items())),
        "scores": {name: round((genuine.found[name] + 1) / (genuine.total[name] + 2), 3) for name in EVIDENCE},
    }


def touched(model: Reading, texts: list[str]) -> float:
    """Return the share of texts, all without identifiers, in which anything is found."""
    return round(sum(map(bool, read_by(model, texts))) / len(texts), 4)


def evaluate(model: Reading, data: Path) -> dict[str, Any]:
    """Return the model card's figures; `scores` are the calibrated constants."""
    rng = Random(DEV_SEED)  # noqa: S311 - test data, not secrets
    positive, negative = development(Filler(Lexicon("dev", rng)), COPIES)
    clean = [text for text in carrier_templates(data, "held-out") if "{" not in text and len(text) > 25]
    metrics = recall_and_precision(model, positive + negative)
    metrics["hard_negatives_touched"] = touched(model, [example.text for example in negative])
    metrics["visits"] = recall_and_precision(model, named_visits(data))["names_by_origin"]
    metrics["hard_negatives"] = len(negative)
    metrics["clean_sentences_touched"] = touched(model, rng.sample(clean, min(CLEAN, len(clean))))
    return metrics

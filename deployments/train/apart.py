"""Read the hundred sentences that no template, list or training text holds, and measure any model on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deployments.train.evaluate import recall_and_precision, touched
from deployments.train.examples import Example, Writer
from deployments.train.lexicon import templates

if TYPE_CHECKING:
    from deployments.train.evaluate import Reading

MARK = re.compile(r"\[([A-Z]+) ([^\]|]+)(?:\|([^\]]+))?\]")


def marked(line: str) -> Example:
    """Return a line's text and what its marks say: [LABEL value], or [LABEL text|value] where only a part counts."""
    writer, at = Writer(), 0
    for match in MARK.finditer(line):
        writer.add(line[at : match.start()])
        before, _, after = match[2].rpartition(match[3]) if match[3] else ("", match[2], "")
        writer.add(before)
        writer.add(match[3] or match[2], match[1])
        writer.add(after)
        at = match.end()
    writer.add(line[at:])
    return writer.example("apart", "apart")


def apart_examples() -> list[Example]:
    """Return the sentences, in the file's order."""
    return [marked(line) for line in templates("sentences_apart.txt")]


def apart(model: Reading) -> dict[str, Any]:
    """Return recall by label, and the share of the sentences without identifiers in which anything is found."""
    examples = apart_examples()
    named, plain = [one for one in examples if one.spans], [one.text for one in examples if not one.spans]
    figures = recall_and_precision(model, named)
    kept = ("recall", "recall_same_label", "precision", "counts")
    return {key: figures[key] for key in kept} | {
        "sentences": len(named),
        "plain": len(plain),
        "touched": touched(model, plain),
    }

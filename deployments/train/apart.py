"""Read the hundred sentences that no template, list or training text holds, and measure any model on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deid_core.evaluate import inline
from deployments.train.evaluate import Tally, read_by, recall_and_precision, touched
from deployments.train.examples import Example, Writer
from deployments.train.lexicon import templates

if TYPE_CHECKING:
    from pathlib import Path

    from deployments.train.evaluate import Reading

# kinds of the gold that models are taught; the rules own the others
PLACES = {"ADDRESS", "CITY", "STATE", "COUNTY", "COUNTRY", "FACILITY", "ORGANISATION"}
NUMBERS = {"PHONE", "FAX", "MRN", "ENCOUNTER", "ACCOUNT", "HEALTH_PLAN", "LICENSE", "ID", "DEVICE", "VEHICLE"}
TAUGHT = {"NAME", "DATE", "USERNAME"} | PLACES | NUMBERS
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


def gold(folder: Path, part: str) -> list[Example]:
    """Return a part, `dev` or `held_out`, of the gold texts, and its lines without identifiers."""
    marked = inline.read({part: (folder / f"{part}.txt").read_bytes()})
    plain = (folder / f"{part}_negatives.txt").read_text("utf-8").splitlines()
    named = [Example(one.text, tuple(one.spans), "gold", one.kind) for one in marked]
    return [*named, *(Example(line, (), "gold", "negative") for line in plain if line.strip())]


def on_gold(model: Reading, folder: Path, part: str) -> dict[str, Any]:
    """Return what a model alone finds of the kinds that it is taught, and the share of plain lines that it touches."""
    examples = gold(folder, part)
    tally = Tally()
    for example, spans in zip(examples, read_by(model, [example.text for example in examples]), strict=True):
        hidden = {at for span in spans for at in range(span.start, span.end)}
        for start, end, label in example.spans:
            covered = all(at in hidden for at in range(start, end) if example.text[at].isalnum())
            tally.add(label, found=covered)
    plain = [example.text for example in examples if example.origin == "negative"]
    shares = tally.shares()
    taught = {label: share for label, share in shares.items() if label in TAUGHT}
    total = sum(tally.total[label] for label in taught)
    found = sum(tally.found[label] for label in taught) / total
    counts = {label: tally.total[label] for label in taught}
    return {"found": round(found, 4), "recall": taught, "counts": counts, "touched": touched(model, plain)}

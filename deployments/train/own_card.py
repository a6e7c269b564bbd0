"""The card of a model that was trained further on texts of one's own: what it came from, and what training changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CARD = """# {name} {version}

The shipped spaCy model ({shipped}) trained further on texts of one's own:

    python -m deployments.train.own --gold FILE --out DIR --seed {seed} --epochs {epochs} --held-out {held_out}

{texts} texts were trained on, and as many generated ones beside them in each of {epochs} rounds, so that what the model
knew is not lost. {held} texts of other subjects were held out. The marked texts have the SHA-256 {gold}; the same
ones, seed and library versions repeat the model. **A model can hold words of the texts that it was trained on: it is
guarded as they are, and leaves the house with nobody.**

## Measured

On the texts held out, every letter of an identifier covered under whatever label; findings that are an identifier of
their label.

| label | identifiers | found before | found after | precision before | precision after | score given |
|---|---|---|---|---|---|---|
{rows}
{known}
## Limits

The texts held out are few, of one house, and were marked by the people whose marks are trained on. What is found in
other houses' texts is measured by `deidflow evaluate` on gold of theirs. It is one detector among several and never the
only one.
"""
KNOWN = """
On a hundred sentences that neither training saw: names found {names_before:.1%} before and {names_after:.1%} after;
sentences without identifiers touched {touched_before:.1%} before and {touched_after:.1%} after.
"""


def write_card(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write MODEL_CARD.md into the model's folder."""
    training, figures = meta["training"], meta["performance"]
    before, after = figures["before"], figures["after"]
    known = ""
    if before["apart"]:
        known = KNOWN.format(
            names_before=before["apart"]["recall"]["NAME"],
            names_after=after["apart"]["recall"]["NAME"],
            touched_before=before["apart"]["touched"],
            touched_after=after["apart"]["touched"],
        )
    text = CARD.format(
        name=meta["name"],
        version=meta["version"],
        shipped=training["from"],
        seed=training["seed"],
        epochs=training["epochs"],
        held_out=training["held_out"],
        texts=training["texts"],
        held=training["texts_held_out"],
        gold=training["gold_sha256"],
        rows="\n".join(_rows(before, after, figures["scores"])),
        known=known,
    )
    (folder / "MODEL_CARD.md").write_text(text, "utf-8")


def _rows(before: Mapping[str, Any], after: Mapping[str, Any], scores: Mapping[str, float]) -> Iterator[str]:
    for label, count in after["counts"].items():
        shares = (one[what].get(label) for what in ("recall", "precision") for one in (before, after))
        told = " | ".join("none" if share is None else f"{share:.3f}" for share in shares)
        yield f"| {label} | {count} | {told} | {scores[label]:.3f} |"

"""Write the Spanish model's card from its meta data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CARD = """# es_deid_cnn {version}

A spaCy NER (hash embeddings and a four-layer CNN, no vectors) that finds people, places, institutions, dates, telephone
numbers and identifying numbers in Spanish clinical text. Trained by this project on CPU with spaCy {spacy}:

    python -m deployments.train.train_spanish --data DIR --out DIR --seed {seed} --steps {steps}

One thread; the same seed, steps and library versions repeat it. Licence: Apache-2.0, as the project's.

## Measured

On half of MEDDOCAN's development part, 125 clinical cases that nothing was tuned on: of its files in order of name,
the second, the fourth and so on. The other half gave the scores and was looked at while rules and templates grew; its
recall stands beside. The weights are those of the last step.

| label | spans | found whole (any label) | found under its own label | precision | tuning half | score given |
|---|---|---|---|---|---|---|
{rows}

Of {hard_count} sentences of our own with eponyms, drugs, anatomy and headings in capitals, apart from those of
training, the model touches {hard:.1%}.

This is the model alone. With the rules, as a policy runs it, see `docs/explanation/languages.md`.

## Sources

| data | licence | credit |
|---|---|---|
| MEDDOCAN (training part) | CC BY 4.0 | Marimon et al., IberLEF 2019; PlanTL-GOB-ES/SPACCC_MEDDOCAN @ 783a6df |
| Faker locales | MIT | Daniele Faraglia and contributors |
| templates `deployments/train/data/es_*` | Apache-2.0 | this project |

Somewhat less than half of what it read is pieces of the corpus, most with other names, places, dates and numbers from
Faker; the rest is templates of our own: sentences, forms whose labels come in any order and layout, and sentences that
identify nobody, in which half of the eponyms and brands are made up on the spot. `words.npz` holds Faker's Spanish
names and the corpus' common words as sorted 32-bit hashes.

## Limits

MEDDOCAN's cases share one layout and were enriched with invented identifiers by its authors, in training and
development alike: expect less on notes of another hospital. Notes of Latin America and of other layouts it knows from
templates alone, all by one hand; other scripts are rarer still, and so are the other languages of Spain and America.
Makers of drugs and devices are taught to be nobody. E-mail and web addresses, ages and bare years are the rules'
business. An eponym or a capitalised term alone is sometimes taken for a person. It is one detector among several and
never the only one.
"""


def write_card(folder: Path, meta: dict[str, Any]) -> None:
    """Write MODEL_CARD.md into the model's folder."""
    figures, training = meta["performance"], meta["training"]
    rows = "\n".join(
        f"| {label} | {count} | {figures['recall'][label]:.4f} | {figures['recall_same_label'][label]:.4f} "
        f"| {figures['precision'].get(label, 0):.4f} | {figures['tuned'].get(label, 0):.4f} "
        f"| {figures['scores'][label]:.3f} |"
        for label, count in figures["counts"].items()
    )
    text = CARD.format(
        version=meta["version"], spacy=meta["spacy_version"], seed=training["seed"], steps=training["steps"],
        rows=rows, hard=figures["hard_negatives_touched"], hard_count=figures["hard_negatives"],
    )  # fmt: skip
    (folder / "MODEL_CARD.md").write_text(text, "utf-8")

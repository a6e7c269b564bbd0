"""Fine-tune the encoder, on a GPU where there is one; batches are made by processes of their own.

Run `python -m deployments.train.fit --data DIR --weights FILE --out FILE --steps N`. The same seed, number of makers
and machine give the same batches in the same order; a GPU's sums are not the same to the last bit.
"""

from __future__ import annotations

import time
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import torch  # type: ignore[import-not-found,unused-ignore]
import typer
from safetensors.torch import load_file, save_file  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found,unused-ignore]

from deid_core.detect.word_pieces import WordPieces
from deployments.train.stream import IGNORED, Batch, Stream
from deployments.train.tagger import LAYERS, Tagger, new_tagger

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE, NEW_RATE, WARM_UP = 3e-4, 1.5e-3, 100
GENTLER = 2 / 3  # the rate of what was trained before, as against what was only pretrained
KEEP = 0.995  # of the running mean of the weights, which is what is kept
AHEAD = 24  # batches a maker may be ahead


def _make(queue: Any, data: Path, seed: int, vocabulary: str, size: int) -> None:
    for batch in Stream(data, seed, WordPieces(vocabulary), size).batches():
        queue.put(batch)


def made(data: Path, seed: int, vocabulary: str, size: int, makers: int) -> Iterator[Batch]:
    """Yield batches from so many processes, in turn; with no process, from this one."""
    if not makers:
        yield from Stream(data, seed, WordPieces(vocabulary), size).batches()
        return
    context = get_context("fork")
    queues = [context.Queue(AHEAD) for _ in range(makers)]
    for number, queue in enumerate(queues):
        asked = (queue, data, seed * 1000 + number, vocabulary, size)
        context.Process(target=_make, args=asked, daemon=True).start()
    while True:
        for queue in queues:
            yield queue.get()


def fit(tagger: Tagger, batches: Iterator[Batch], steps: int, device: str, out: Path, rate: float = 1.0) -> None:
    """Train: AdamW, a warm-up, then the rate falls to nothing in a straight line; keep the mean weights in `out`.

    `rate` is a factor of all rates.
    """
    tagger.to(device).train()
    new = [tagger.shape.weight, *tagger.head.parameters()]
    old = [one for name, one in tagger.named_parameters() if not name.startswith(("word.", "shape.", "head."))]
    optimizer = torch.optim.AdamW(
        [{"params": old, "lr": rate * RATE}, {"params": new, "lr": rate * NEW_RATE}],
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, steps - WARM_UP)))
    )
    mean = {name: value.detach().clone() for name, value in tagger.state_dict().items()}
    began, total, seen = time.monotonic(), torch.zeros((), device=device), 0
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        ids, shapes, mask, gold = (torch.from_numpy(one).to(device, non_blocking=True).long() for one in batch)
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            logits = tagger(ids, shapes, mask)
        loss = functional.cross_entropy(logits.float().flatten(0, 1), gold.flatten(), ignore_index=IGNORED)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*old, *new], 1.0)
        optimizer.step()
        schedule.step()
        keep = min(KEEP, step / (step + 10))
        with torch.no_grad():
            for name, value in tagger.state_dict().items():
                if not name.startswith("word."):
                    mean[name].lerp_(value, 1 - keep)
        total += loss.detach()
        seen += int(batch[2].sum())
        if step % 25 == 0:
            speed = seen / (time.monotonic() - began)
            typer.echo(f"step {step} of {steps}: loss {float(total) / 25:.4f}, {speed:.0f} pieces/s")
            total.zero_()
        if step % 250 == 0 or step == steps:
            kept = {
                name: value.half().cpu().contiguous() for name, value in mean.items() if not name.startswith("word.")
            }
            save_file(kept, str(out))


def main(  # noqa: PLR0917 - Typer reads the options from the signature
    data: Annotated[Path, typer.Option(help="folder of the corpora")],
    weights: Annotated[Path, typer.Option(help="the pretrained encoder, model.safetensors")],
    vocabulary: Annotated[Path, typer.Option(help="its vocab.txt")],
    out: Annotated[Path, typer.Option(help="file for the trained weights, safetensors of sixteen bits")],
    seed: Annotated[int, typer.Option(help="seed of everything")] = 1,
    steps: Annotated[int, typer.Option(help="how many batches to train on")] = 6000,
    pieces: Annotated[int, typer.Option(help="word pieces in a batch")] = 2_048,
    layers: Annotated[int, typer.Option(help="how many of the encoder's layers")] = LAYERS,
    makers: Annotated[int, typer.Option(help="processes that make batches")] = 0,
) -> None:
    """Fine-tune the encoder and keep its weights; the word embeddings stay as they were and are left out."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    text = vocabulary.read_text("utf-8")
    batches = made(data, seed, text, pieces, makers)
    fit(new_tagger(load_file(str(weights)), layers), batches, steps, device, out)
    typer.echo(f"kept {out.name}")


if __name__ == "__main__":
    typer.run(main)

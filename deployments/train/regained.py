"""Regain the weights of a shipped encoder from its eight-bit ONNX, so that a training can go on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx  # type: ignore[import-not-found,unused-ignore]
import torch  # type: ignore[import-not-found,unused-ignore]
from onnx import numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

QUANTISED = "_quantized"


def regained(path: Path) -> dict[str, Any]:
    """Return a shipped model's weights by their names in Tagger, float32; the word embeddings are left out.

    They lie within half a step of eight bits of what was trained. A matrix's name is that of the bias added behind it.
    """
    graph = onnx.load(str(path)).graph
    held: dict[str, NDArray[Any]] = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    users = {name: node for node in graph.node for name in node.input}

    def whole(name: str) -> NDArray[Any]:
        scale, zero = held[f"{name}_scale"], held[f"{name}_zero_point"]
        value: NDArray[Any] = (held[name + QUANTISED].astype("float32") - zero.astype("float32")) * scale
        return value

    found = {name: value for name, value in held.items() if name.endswith((".bias", ".weight"))}
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1].endswith(QUANTISED):
            after = node
            while after.op_type != "Add":
                after = users[after.output[0]]
            bias = next(name for name in after.input if name in held)
            found[bias.removesuffix("bias") + "weight"] = whole(node.input[1].removesuffix(QUANTISED)).T
    found["shape.weight"] = whole("shape.weight")
    return {name: torch.from_numpy(value.astype("float32")).contiguous() for name, value in found.items()}

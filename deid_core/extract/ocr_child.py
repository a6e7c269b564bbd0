"""Read text in frames for `apart`, which ends this process when a frame takes too long.

A request is {plugin, shape, whole} and the frame's samples; the answer is {words}, {failed}: the error's kind, or
{missing}: what has to be installed. Without a shape it says only whether the engine is there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from deid_core.child import serve

_engines: dict[str, Any] = {}


def answered(asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the words of a frame."""
    missing = _load(asked["plugin"])
    if missing or "shape" not in asked:
        return {"missing": missing} if missing else {}, b""
    return _words(data, asked), b""


def _load(plugin: str) -> str:
    """Load an engine once; return what is missing, if anything is."""
    from deid_core import registry  # noqa: PLC0415 - not before the process has its limits
    from deid_core.errors import MissingExtra  # noqa: PLC0415

    try:
        if plugin not in _engines:
            _engines[plugin] = registry.load("ocr", plugin)()
    except MissingExtra as error:
        return str(error)
    return ""


def _words(data: bytes, asked: dict[str, Any]) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - loaded with the engine

    frame = np.frombuffer(data, np.uint8).reshape(asked["shape"])
    try:
        found = _engines[asked["plugin"]].words(frame, tuple(asked["whole"]))
    except Exception as error:  # noqa: BLE001 - whatever the engine raises: the frame was not read
        return {"failed": type(error).__name__}
    return {
        "words": [
            [one.text, *map(int, (one.left, one.top, one.width, one.height)), float(one.confidence)] for one in found
        ]
    }


if __name__ == "__main__":
    serve(answered)

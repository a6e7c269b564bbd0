"""Read text in frames for `apart`, which ends this process when a frame takes too long.

It takes a line of JSON and the frame's samples from its standard input, and answers with a line on its standard output,
until the input ends. When it is ready, or cannot be, it says so first.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
MORE = 10  # seconds after which a frame ends this process by itself: nobody may be left to do so


def main() -> None:
    """Answer each request {shape, whole, longest} and its samples by {words}, or {failed}: the error's kind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of what it held would hold what was burned in
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print
    _say(answers, {"missing": missing} if (missing := _load(sys.argv[1])) else {"ready": True})
    while line := requests.readline():
        asked = json.loads(line)
        rows, columns, samples = asked["shape"]
        data = requests.read(rows * columns * samples)
        signal.alarm(int(asked["longest"]) + MORE)
        _say(answers, _words(data, asked))
        signal.alarm(0)


_engines: list[Any] = []


def _load(plugin: str) -> str:
    """Load an engine; return what is missing, if anything is."""
    sys.path.append(str(ROOT))
    from deid_core import registry  # noqa: PLC0415 - found only now
    from deid_core.errors import MissingExtra  # noqa: PLC0415

    try:
        _engines.append(registry.load("ocr", plugin)())
    except MissingExtra as error:
        return str(error)
    return ""


def _words(data: bytes, asked: dict[str, Any]) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - loaded with the engine

    frame = np.frombuffer(data, np.uint8).reshape(asked["shape"])
    try:
        found = _engines[0].words(frame, tuple(asked["whole"]))
    except Exception as error:  # noqa: BLE001 - whatever the engine raises: the frame was not read
        return {"failed": type(error).__name__}
    return {
        "words": [
            [one.text, *map(int, (one.left, one.top, one.width, one.height)), float(one.confidence)] for one in found
        ]
    }


def _say(answers: IO[bytes], what: dict[str, Any]) -> None:
    answers.write(json.dumps(what).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()

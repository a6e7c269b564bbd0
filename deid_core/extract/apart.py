"""Read text in a process apart, which is ended when a frame takes too long, or ends by itself: no worker hangs on it.

The models are loaded there and nowhere else, so this costs a copy of each frame, and no memory but that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.child import Buffer, Child, Ended, Late
from deid_core.errors import LimitExceeded, MissingExtra, UncertainAsset
from deid_core.ports import Word

LONGEST, EACH = 120.0, 4.0  # seconds that a frame may take, and more for each million pixels
LOADING = 120.0  # seconds that loading the models may take
CHILD = Path(__file__).with_name("ocr_child.py")


class Apart:
    """Hold an engine that reads in a process of its own."""

    def __init__(self, plugin: str, name: str, version: str) -> None:
        """Take the name by which the engine is registered, and what it calls itself; start nothing yet."""
        self._plugin = plugin
        self.name, self.version = name, version
        self.child = Child(CHILD)
        self._loaded: Any = None  # the process that has loaded its models

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:
        """Return the words of an RGB frame as the engine gives them.

        Raises LimitExceeded where it takes longer than a frame of its size may, UncertainAsset where it fails or ends,
        MissingExtra where the engine cannot be loaded.
        """
        running = self.child.process
        if running is None or running is not self._loaded or running.poll() is not None:
            self._asked({}, LOADING)  # loading is no frame's time
            self._loaded = self.child.process
        seconds = LONGEST + EACH * frame.shape[0] * frame.shape[1] / 1e6
        samples = np.ascontiguousarray(frame).reshape(-1)
        answer = self._asked({"shape": frame.shape, "whole": whole}, seconds, samples.data)
        if "words" not in answer:
            raise UncertainAsset("a frame could not be read")
        return [Word(*word) for word in answer["words"]]

    def close(self) -> None:
        """End the process, if there is one."""
        self.child.close()

    def _asked(self, asked: dict[str, Any], seconds: float, samples: Buffer = b"") -> dict[str, Any]:
        try:
            answer, _ = self.child.ask({**asked, "plugin": self._plugin}, seconds, samples)
        except Late:
            raise LimitExceeded(f"reading a frame took longer than {seconds:.0f} s") from None
        except Ended:
            raise UncertainAsset("the process that reads text ended on a frame") from None
        if "missing" in answer:
            self.close()
            raise MissingExtra(str(answer["missing"]))
        return answer

"""EasyOCR, selectable by a policy's `pixels.ocr`; it needs its extra and weights that somebody put in place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import MissingExtra
from deid_core.extract.rapid import split
from deid_core.ports import Word

WEIGHTS = Path("~/.EasyOCR/model").expanduser()  # where easyocr itself looks


class EasyOcr:
    """Read text by EasyOCR's detector and recogniser, on the CPU, without ever downloading."""

    name = "easyocr"
    version = "1"

    def __init__(self) -> None:
        """Load the models; raise MissingExtra that names what is missing: the package, or its weights."""
        try:
            import easyocr  # noqa: PLC0415 - an extra
        except (ImportError, RuntimeError, OSError) as error:
            reason = type(error).__name__
            raise MissingExtra(f"easyocr cannot be loaded ({reason}): pip install 'deidflow[easyocr]'") from None
        try:
            self._reader = easyocr.Reader(["en"], gpu=False, download_enabled=False, verbose=False)
        except (FileNotFoundError, RuntimeError):
            raise MissingExtra(
                f"easyocr's weights are missing: put craft_mlt_25k.pth and english_g2.pth into {WEIGHTS}"
            ) from None

    def words(self, frame: NDArray[np.uint8], whole: tuple[int, ...] = ()) -> list[Word]:  # noqa: ARG002 - a port
        """Return the words of an RGB frame."""
        lines = self._reader.readtext(np.ascontiguousarray(frame))
        return [
            word
            for box, text, score in lines
            for word in split(np.asarray(box, dtype=np.float32), str(text), float(score))
        ]

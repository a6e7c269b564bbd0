"""Find bar codes and QR codes in a process that may end: a sheet of their corners keeps OpenCV busy for hours.

A request is {shape} and an RGB picture's samples; the answer is {found}: a rule and four corners each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2]))

from deid_core.child import serve

RULES = ("bar_code", "qr_code")
DETECTORS: tuple[Any, Any] = (cv2.barcode.BarcodeDetector(), cv2.QRCodeDetector())


def answered(asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the codes of a picture."""
    picture = np.frombuffer(data, np.uint8).reshape(asked["shape"])
    found: list[tuple[str, Any]] = []
    for rule, detector in zip(RULES, DETECTORS, strict=True):
        _, corners = detector.detect(picture) if rule == "bar_code" else detector.detectMulti(picture)
        each = np.reshape(corners, (-1, 4, 2)) if corners is not None else ()
        found += [(rule, four.tolist()) for four in each if np.isfinite(four).all()]
    return {"found": found}, b""


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(answered)

"""Decode a HEIC by libheif in a process that may end: broken bytes make it end. Run by `image_heif`.

A request is a file; the answer is {shape, deep, blocks: kinds and base64} and its samples, or {failed}: why, or the
error's kind. What it is said to be too large is not decoded: {width, height} alone.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2]))

from deid_core.child import Buffer, serve

MOST = 6 << 30  # bytes of memory
MODES = ("L", "RGB", "RGBA", "L;16", "RGB;16", "RGBA;16")
LIBRARY = import_module("pi_heif")  # an extra
KINDS = {"exif": b"EXIF", "xmp": b"XMP ", "icc_profile": b"ICCP"}


def answered(asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], Buffer]:
    """Return the one picture of a file."""
    try:
        held = LIBRARY.open_heif(data, convert_hdr_to_8bit=False)
        if len(held) != 1:
            return {"unsupported": "a HEIC of several pictures"}, b""
        picture = held[0]
        columns, rows = picture.size
        if not 0 < columns * rows <= asked["pixels"]:
            return {"width": columns, "height": rows}, b""
        if picture.mode not in MODES:
            return {"unsupported": "a HEIC of unusual samples"}, b""
        samples = np.ascontiguousarray(picture)
        if samples.shape[1::-1] != (columns, rows):
            return {"failed": "another extent"}, b""
        told = [[kind.hex(), b64encode(block).decode()] for kind, block in _blocks(picture.info)]
        deep = samples.dtype == np.uint16
        return {"shape": samples.shape, "deep": deep, "blocks": told}, samples.reshape(-1).view(np.uint8).data
    except Exception as error:  # noqa: BLE001 - hostile bytes make a parser raise anything
        return {"failed": type(error).__name__}, b""


def _blocks(info: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    known = [(kind, bytes(info[name])) for name, kind in KINDS.items() if info.get(name)]
    others = [(str(one.get("type", "")).encode(), bytes(one.get("data", b""))) for one in info.get("metadata", ())]
    return known + others


if __name__ == "__main__":
    serve(answered, MOST)

"""Say what may have made frames: a camera, or a machine that sees through the body."""

from __future__ import annotations

from typing import Any

from deid_core.ports import Frames

# PS3.3 C.7.3.1.1.1. Light makes a picture in any colours; other modalities' colours are drawn by a machine, but for
# renderings of a surface and what a secondary capture was taken of.
LIGHT = frozenset({"DMS", "ES", "GM", "OP", "XC", "XPHOTO", "OT", "SC", "SCN", "DOC", ""})
NO_CAMERA = frozenset({"US", "IVUS", "NM", "PT", "ECG", "IVOCT", "OPT", "SM", "SEG", "RTDOSE", "RTIMAGE", "EPS", "HD"})


def as_a_camera_sees(frames: Frames) -> bool:
    """Say whether frames can show what a camera shows: all that are no DICOM do, and DICOM of light or in colours."""
    dataset: Any = getattr(frames, "dataset", None)
    if dataset is None:
        return True
    modality = str(dataset.get("Modality") or "").upper()
    in_colours = not str(dataset.get("PhotometricInterpretation") or "").startswith("MONOCHROME")
    return modality in LIGHT or (in_colours and modality not in NO_CAMERA)

"""Draw pages of a PDF by PDFium in a process that may end: 2 kB can be a page that is never done. Run by `image_pdf`.

A request is {asked: "open"} or {asked: "draw", page, dots}, each with the `name` of its document, and the document's
bytes where they are new; only the last one is held. The answer is {unknown} where they are needed, {locked}, {failed}:
the error's kind, or what was asked for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2

sys.path.append(str(Path(__file__).resolve().parents[2]))

from deid_core.child import Buffer, serve

MOST = 4 << 30  # bytes of memory
POINTS = 72  # to the inch: PDF's unit
DOTS = 200  # an inch: as a scan for reading has them
FEWEST, LARGEST = 150, 400  # dots an inch of a page that is one picture, which is drawn with about its own
ROUNDING = 1e-6  # pages are measured in single precision, and a row of dots more would shift all others
WHOLE_PAGE = 0.9  # of each side of the page
MAX_PAGES = 2_000
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD

_held: dict[str, pypdfium2.PdfDocument] = {}


def answered(asked: dict[str, Any], data: bytes) -> tuple[dict[str, Any], Buffer]:
    """Return what is asked of a document."""
    try:
        if asked["name"] not in _held:
            if not data:
                return {"unknown": True}, b""
            _open(asked["name"], data)
        document = _held[asked["name"]]
        if asked["asked"] == "open":
            return _described(document), b""
        drawn = _drawn(document, asked["page"], asked["dots"])
        return {"shape": drawn.shape}, drawn.reshape(-1).data
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == WRONG_PASSWORD
        return ({"locked": True} if locked else {"failed": type(error).__name__}), b""
    except Exception as error:  # noqa: BLE001 - hostile bytes make a parser raise anything
        return {"failed": type(error).__name__}, b""


def _open(name: str, data: bytes) -> None:
    while _held:
        _held.popitem()[1].close()
    document = pypdfium2.PdfDocument(data)
    if document.get_formtype():
        document.init_forms()
    _held[name] = document


def _described(document: pypdfium2.PdfDocument) -> dict[str, Any]:
    """Return how many pages there are, and of no more than are accepted their extents in points and dots an inch."""
    pages = len(document)
    if not 0 < pages <= MAX_PAGES:
        return {"pages": pages}
    extents = [document.get_page_size(number) for number in range(pages)]
    return {
        "pages": pages,
        "extents": extents,
        "dots": [_dots(document[number], *extent) for number, extent in enumerate(extents)],
        "said": {name: str(text) for name, text in document.get_metadata_dict(skip_empty=True).items()},
        "attached": document.count_attachments(),
    }


def _dots(page: pypdfium2.PdfPage, width: float, height: float) -> int:
    """Return the dots an inch to draw a page with: DOTS, or about those of the one picture that it is."""
    pictures = list(page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,), max_depth=2))
    if len(pictures) != 1:
        return DOTS
    left, bottom, right, top = pictures[0].get_bounds()
    if right - left < WHOLE_PAGE * width or top - bottom < WHOLE_PAGE * height:
        return DOTS
    columns, rows = pictures[0].get_px_size()
    dots = max(round(columns * POINTS / (right - left)), round(rows * POINTS / (top - bottom)), FEWEST)
    return int(min(dots, LARGEST))


def _drawn(document: pypdfium2.PdfDocument, page: int, dots: int) -> Any:
    """Return a page as printed, annotations and forms included: uint8, (rows, columns, 3) RGB."""
    scale = dots / POINTS * (1 - ROUNDING)
    drawn = document[page].render(scale=scale, may_draw_forms=True, draw_annots=True, rev_byteorder=True)
    return np.ascontiguousarray(drawn.to_numpy()[..., :3])


if __name__ == "__main__":
    serve(answered, MOST)

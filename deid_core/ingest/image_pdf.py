"""PDF: its pages as a reader would print them, and nothing else of it.

Each page is drawn (PDFium, `pypdfium2`) and written back as one picture: no text layer, no form, no attachment, no
script, no metadata, nothing that stands outside the page or below a black rectangle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from deid_core.errors import LimitExceeded, UncertainAsset
from deid_core.ingest import image_png
from deid_core.ingest.image_quiet import check_extent, quiet

MARK = b"%PDF-"
DOTS, POINTS = 200, 72  # an inch: as a scan for reading has them; PDF's unit
FEWEST, MOST = 150, 400  # dots an inch of a page that is one picture, which is drawn with about its own
ROUNDING = 1e-6  # pages are measured in single precision, and a row of dots more would shift all others
WHOLE_PAGE = 0.9  # of each side of the page
MAX_PAGES = 2_000
MAX_PAGE_PIXELS = 60_000_000  # a page of 28 by 28 inches and more
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD
_pdfium = Lock()  # it is not made for threads

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pdf:
    """Hold a PDF's bytes, the extents of its pages in points, their dots an inch, and what it says about itself."""

    data: bytes = field(repr=False)
    extents: tuple[tuple[float, float], ...]
    dots: tuple[int, ...]
    said: dict[str, str] = field(repr=False)


@contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a document for one thread at a time; raise UncertainAsset where a password is needed."""
    with _pdfium, quiet("a PDF cannot be read"):
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == WRONG_PASSWORD:
                raise UncertainAsset("a PDF that is locked by a password") from None
            raise
        try:
            yield document
        finally:
            document.close()


def parse(data: bytes) -> Pdf:
    """Read how many pages there are and how large; raise MalformedAsset, or LimitExceeded for too much."""
    with _opened(data) as document:
        if not 0 < len(document) <= MAX_PAGES:
            raise LimitExceeded("a PDF of no pages, or of too many")
        extents = tuple(document.get_page_size(number) for number in range(len(document)))
        dots = tuple(_dots(document[number], *extent) for number, extent in enumerate(extents))
        said = {name: str(text) for name, text in document.get_metadata_dict(skip_empty=True).items()}
        attached = document.count_attachments()
    for (width, height), per_inch in zip(extents, dots, strict=True):
        columns, rows = (int(np.ceil(points * per_inch / POINTS)) for points in (width, height))
        check_extent(columns, rows)
        if columns * rows > MAX_PAGE_PIXELS:
            raise LimitExceeded("a page of a PDF that is larger than a scan would be")
    return Pdf(data, extents, dots, said | ({"attachments": str(attached)} if attached else {}))


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
    return int(min(dots, MOST))


def decode(pdf: Pdf, page: int) -> Array:
    """Return a page as printed, annotations and forms included: uint8, (rows, columns, 3) RGB."""
    with _opened(pdf.data) as document:
        if document.get_formtype():
            document.init_forms()
        scale = pdf.dots[page] / POINTS * (1 - ROUNDING)
        drawn = document[page].render(scale=scale, may_draw_forms=True, draw_annots=True, rev_byteorder=True)
        return np.array(drawn.to_numpy()[..., :3])


def metadata(pdf: Pdf) -> dict[str, str]:
    """Return what the document says about itself: its title, author, dates, and how many files it carries."""
    return {f"PDF/{name}": text[:4096] for name, text in pdf.said.items()}


def encode(pages: Iterable[Array], extents: Iterable[tuple[float, float]]) -> bytes:
    """Return a PDF of one picture a page, of those extents in points; same pages, same bytes."""
    out, offsets = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), dict[int, int]()
    first, kids = 3, list[int]()  # objects 1 and 2 come last
    for number, (samples, (width, height)) in enumerate(zip(pages, extents, strict=True)):
        page = first + 3 * number
        kids.append(page)
        drawing = f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /I Do Q".encode()
        _object(out, offsets, page, _page(page, width, height))
        _object(out, offsets, page + 1, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
        _object(out, offsets, page + 2, _picture(samples))
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    _object(out, offsets, 1, b"<< /Type /Catalog /Pages 2 0 R >>")
    _object(out, offsets, 2, f"<< /Type /Pages /Count {len(kids)} /Kids [{listed}] >>".encode())
    start, size = len(out), first + 3 * len(kids)
    table = "".join(f"{offsets[number]:010d} 00000 n \n" for number in range(1, size))
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _object(out: bytearray, offsets: dict[int, int], number: int, body: bytes) -> None:
    offsets[number] = len(out)
    out += b"%d 0 obj\n%s\nendobj\n" % (number, body)


def _page(number: int, width: float, height: float) -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.4f} {height:.4f}] "
        f"/Contents {number + 1} 0 R /Resources << /XObject << /I {number + 2} 0 R >> >> >>"
    ).encode()


def _picture(samples: Array) -> bytes:
    """Return an image object; a page without colours is stored in grey."""
    grey = (
        samples.ndim == 3
        and np.array_equal(samples[..., 0], samples[..., 1])
        and np.array_equal(samples[..., 1], samples[..., 2])
    )
    plain = samples[..., 0] if grey else samples
    rows, columns = plain.shape[:2]
    colours, space = (1, "DeviceGray") if plain.ndim == 2 else (3, "DeviceRGB")
    packed = image_png.parse(image_png.encode(plain)).data  # PDF's predictor 15 is PNG's
    extent = f"/Width {columns} /Height {rows} /ColorSpace /{space} /BitsPerComponent 8"
    parameters = f"<< /Predictor 15 /Colors {colours} /BitsPerComponent 8 /Columns {columns} >>"
    coding = f"/Filter /FlateDecode /DecodeParms {parameters} /Length {len(packed)}"
    head = f"<< /Type /XObject /Subtype /Image {extent} {coding} >>\nstream\n"
    return head.encode() + packed + b"\nendstream"

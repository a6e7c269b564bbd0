"""PDF: its pages as a reader would print them, and nothing else of it.

Each page is drawn (PDFium, in a process apart) and written back as one picture: no text layer, no form, no attachment,
no script, no metadata, nothing that stands outside the page, below a black rectangle or in a layer that is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.child import Child, Ended, Late
from deid_core.errors import LimitExceeded, MalformedAsset, UncertainAsset
from deid_core.ingest import image_png
from deid_core.ingest.image_quiet import check_extent, quiet

MARK = b"%PDF-"
POINTS = 72  # to the inch: PDF's unit
MAX_PAGE_PIXELS = 60_000_000  # a page of 28 by 28 inches and more
OPENING, DRAWING = 60.0, 30.0  # seconds that a document, and each of its pages, may take
CHILD = Child(Path(__file__).with_name("pdf_child.py"))

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pdf:
    """Hold a PDF's bytes and their hash, the extents of its pages in points, their dots an inch, and what it says."""

    data: bytes = field(repr=False)
    name: str
    extents: tuple[tuple[float, float], ...]
    dots: tuple[int, ...]
    said: dict[str, str] = field(repr=False)


def parse(data: bytes) -> Pdf:
    """Read how many pages there are and how large.

    Raises MalformedAsset where it cannot be read, UncertainAsset where it is locked, LimitExceeded for too much.
    """
    name = sha256(data).hexdigest()
    told, _ = _asked(data, name, OPENING, asked="open")
    if "extents" not in told:
        raise LimitExceeded("a PDF of no pages, or of too many")
    with quiet("a PDF says what cannot be"):
        extents = tuple((float(width), float(height)) for width, height in told["extents"])
        for (width, height), per_inch in zip(extents, told["dots"], strict=True):
            columns, rows = (int(np.ceil(points * per_inch / POINTS)) for points in (width, height))
            check_extent(columns, rows)
            if columns * rows > MAX_PAGE_PIXELS:
                raise LimitExceeded("a page of a PDF that is larger than a scan would be")
    attached = {"attachments": str(told["attached"])} if told["attached"] else {}
    return Pdf(data, name, extents, tuple(told["dots"]), told["said"] | attached)


def decode(pdf: Pdf, page: int) -> Array:
    """Return a page as printed, annotations and forms included: uint8, (rows, columns, 3) RGB.

    Raises MalformedAsset where it cannot be drawn, LimitExceeded where that takes too long.
    """
    told, samples = _asked(pdf.data, pdf.name, DRAWING, asked="draw", page=page, dots=pdf.dots[page])
    return np.frombuffer(samples, np.uint8).reshape(told["shape"]).copy()


def _asked(data: bytes, name: str, seconds: float, **asked: str | int) -> tuple[dict[str, Any], bytes]:
    """Ask the process apart about a document, which is sent where it is not the last that was."""
    try:
        told, samples = CHILD.ask({**asked, "name": name}, seconds)
        if "unknown" in told:
            told, samples = CHILD.ask({**asked, "name": name}, seconds, data)
    except Late:
        raise LimitExceeded(f"drawing a PDF took longer than {seconds:.0f} s") from None
    except Ended:
        raise MalformedAsset("a PDF ended the process that draws it") from None
    if "locked" in told:
        raise UncertainAsset("a PDF that is locked by a password")
    if "failed" in told:
        raise MalformedAsset(f"a PDF cannot be read ({told['failed']})")
    return told, samples


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

"""PDF: pages leave as pictures of themselves; text layers, forms, files, scripts and metadata do not leave."""

from __future__ import annotations

import re
import signal
import zlib
from io import BytesIO
from threading import Timer

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deid_core import ingest, pipeline, registry, verify
from deid_core.edit import put
from deid_core.errors import LimitExceeded, MalformedAsset, Quarantine, UncertainAsset
from deid_core.ingest import image_pdf
from deid_core.ingest.image import ImageReader
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox
from deid_core.policy import load_policy

A4 = (595, 842)
CANARY = re.compile(rb"canary|C\0A\0N\0A\0R\0Y|43414e415259", re.IGNORECASE)


def built(objects: list[bytes], extra: bytes = b"") -> bytes:
    """Return a PDF of numbered objects from 1 on; the first is its catalogue."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(
        out + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, extra, start)
    )


def stream(body: bytes, head: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), head, body)


def marked() -> bytes:
    """Make a text PDF with a canary in each place: title, XMP, hidden text, form, file, script, link, layer, update."""
    drawn = b"BT /F1 24 Tf 60 760 Td (Chest pain since Monday) Tj ET\n"
    hidden = b"BT 3 Tr /F1 12 Tf 60 700 Td (CANARY below the picture) Tj ET\n"
    outside = b"BT /F1 12 Tf 60 2000 Td (CANARY beyond the page) Tj ET\n"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> "
        b"/Annots [6 0 R 11 0 R] /PieceInfo << /X << /Private (CANARY piece) >> >> >>"
    )
    objects = [
        (
            b"<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R /AcroForm << /Fields [6 0 R] >> /OpenAction 8 0 R "
            b"/Names << /EmbeddedFiles << /Names [(CANARY.txt) 9 0 R] >> >> /Outlines 12 0 R >>"
        ),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        stream(drawn + hidden + outside),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (CANARY field) /V (CANARY value) /Rect [0 0 0 0] /F 2 >>",
        stream(b"<x:xmpmeta>CANARY</x:xmpmeta>", b"/Type /Metadata /Subtype /XML"),
        b"<< /S /JavaScript /JS (app.alert('CANARY')) >>",
        b"<< /Type /Filespec /F (CANARY.txt) /EF << /F 10 0 R >> >>",
        stream(zlib.compress(b"CANARY in a file"), b"/Type /EmbeddedFile /Filter /FlateDecode"),
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://canary.example) >> >>",
        b"<< /Type /Outlines /First 13 0 R /Last 13 0 R /Count 1 >>",
        b"<< /Title (CANARY chapter) /Parent 12 0 R /Dest [3 0 R /Fit] >>",
        b"<< /Title (CANARY title) /Author (CANARY author) /CreationDate (D:20240102030405Z) >>",
    ]
    return built(objects, b"/Info 14 0 R /ID [<43414e415259> <43414e415259>]") + b"CANARY trailing\n"


def inflated(data: bytes) -> bytes:
    """Return what the streams of a PDF unpack to, pictures too."""
    found = b""
    for match in re.finditer(rb"stream\r?\n", data):
        try:
            found += zlib.decompressobj().decompress(data[match.end() :], 1 << 26)
        except zlib.error:
            continue
    return found


def scan(*texts: str) -> bytes:
    """Make a scanned PDF: one picture a page, 150 dots an inch, with a line of text every 60 rows."""
    pages = []
    for text in texts:
        page = Image.new("L", (1240, 700), 250)
        for number, line in enumerate(text.split("\n")):
            ImageDraw.Draw(page).text((80, 60 + 70 * number), line, fill=10, font=ImageFont.load_default(34))
        pages.append(page)
    out = BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=150, title="Letter", author="CANARY")
    return out.getvalue()


def frames_of(data: bytes, key: ProjectKey) -> list[NDArray]:
    """Return the pages of a PDF as pictures."""
    frames = ImageReader().read(data, "a", key).part("pixels").value
    return [frames.stored(page) for page in range(frames.count)]


def test_a_text_pdf_leaves_as_a_picture_of_itself(key: ProjectKey) -> None:
    """What is printed is seen on the page, and no canary is left in any stream, packed or not."""
    data = marked()
    assert ingest.media_type(data, "letter.pdf") == "application/pdf"
    document = ImageReader().read(data, "a", key)
    output = ImageReader().write(document)
    assert CANARY.search(data)
    assert not CANARY.search(output + inflated(output))
    assert output == ImageReader().write(ImageReader().read(data, "a", key))
    page = pypdfium2.PdfDocument(output)[0]
    assert page.get_textpage().get_text_range() == ""
    assert page.get_size() == A4
    (before,), (after,) = frames_of(data, key), frames_of(output, key)
    assert (before < 100).sum() > 500
    assert before.shape == after.shape
    assert np.abs(before.astype(int) - after).mean() < 2


def test_what_a_pdf_says_of_itself_is_named(key: ProjectKey) -> None:
    """Title, author and dates are entries to be searched for; so is how many files it carries."""
    found = ImageReader().read(marked(), "a", key).part("metadata").value
    assert found["PDF/Title"] == "CANARY title"
    assert found["PDF/Author"] == "CANARY author"
    assert found["PDF/attachments"] == "1"


def test_a_scanned_page_is_drawn_with_its_own_dots(key: ProjectKey) -> None:
    """A page that is one picture keeps its extent, and its dots within rounding, twice over."""
    data = scan("one", "two\nlines")
    first = frames_of(data, key)
    assert [page.shape for page in first] == [(700, 1240, 3)] * 2
    output = ImageReader().write(ImageReader().read(data, "a", key))
    again = frames_of(output, key)
    assert all(np.abs(one.astype(int) - other).mean() < 2 for one, other in zip(first, again, strict=True))


def test_a_box_of_one_page_is_covered_on_that_page(key: ProjectKey) -> None:
    """The second page's box is black in the written file; the first page is as it was."""
    document = ImageReader().read(scan("one", "two"), "a", key)
    before = document.part("pixels").value.stored(0)
    output = ImageReader().write(put(document, [(PixelBox("pixels", 70, 50, 300, 60, frame=1), 0)]))
    first, second = frames_of(output, key)
    assert np.abs(first.astype(int) - before).mean() < 2
    assert second[55:105, 75:365].max() < 10


def test_a_scanned_letter_leaves_without_its_patient(key: ProjectKey) -> None:
    """Name and number go from both pages, the complaint stays, and verification finds nothing left."""
    data = scan(
        "Patient: Zsofia Marlow\nMRN: 4471992\nSevere chest pain, no fever.",
        "Zsofia Marlow, continued\n\n\n\n\nThe ECG was normal.",
    )
    policy = load_policy("safe_harbor")
    whose = pipeline.identify(ingest.read(data, "a.pdf", "a", key), policy, key)
    chosen = pipeline.plan(whose, "0" * 64, policy, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    engine = registry.load("ocr", policy.pixels.ocr)()
    seen = " ".join(word.text for page in frames_of(output, key) for word in engine.words(page))
    assert not {"Zsofia", "Marlow", "4471992"} & set(re.findall(r"\w+", seen))
    assert {"pain", "ECG"} <= set(re.findall(r"\w+", seen))
    assert verify.residual(whose, chosen, output, policy, key).left == ()


def locked() -> bytes:
    """Return a PDF that asks for a password."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>"
    guard = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"ab" * 32, b"cd" * 32)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, guard]
    return built(objects, b"/Encrypt 4 0 R /ID [<00> <00>]")


def sized(side: int) -> bytes:
    """Return a PDF of one empty page."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] >>" % (side, side)
    return built([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page])


REFUSED = {
    "locked": (locked, UncertainAsset),
    "of 40 000 dots a side": (lambda: sized(14_400), LimitExceeded),
    "cut": (lambda: marked()[:300], MalformedAsset),
    "nothing but its mark": (lambda: b"%PDF-1.7\n", MalformedAsset),
    "without a page": (lambda: built([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Kids [] /Count 0 >>"]), Quarantine),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_is_set_aside(name: str, key: ProjectKey) -> None:
    """Each is refused with its own reason, and a message without a value."""
    make, reason = REFUSED[name]
    with pytest.raises(reason) as caught:
        ImageReader().read(make(), "a", key)
    assert "CANARY" not in str(caught.value)


def nested(depth: int) -> bytes:
    """Return a PDF of 2 kB whose one page asks for a form that asks for the next ten times, so many deep."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R "
        b"/Resources << /XObject << /X 5 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        stream(b"/X Do"),
    ]
    for number in range(depth):
        body = b"/X Do " * 10 if number < depth - 1 else b"0 0 9 9 re f"
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 99 99] /Resources << /XObject << /X %d 0 R >> >>"
        objects.append(stream(body, head % (6 + number)))
    return built(objects)


@pytest.mark.parametrize(("opening", "drawing", "depth"), [(1.0, 30.0, 10), (30.0, 0.3, 6)])
def test_a_page_that_is_never_done_is_set_aside_and_the_next_is_drawn(
    opening: float, drawing: float, depth: int, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand million forms in 2 kB: the process that draws is ended, in opening and in drawing alike."""
    frames_of(marked(), key)  # the process is there
    monkeypatch.setattr(image_pdf, "OPENING", opening)
    monkeypatch.setattr(image_pdf, "DRAWING", drawing)
    with pytest.raises(LimitExceeded, match="took longer"):
        frames_of(nested(depth), key)
    monkeypatch.undo()
    assert len(frames_of(scan("one", "two"), key)) == 2


def test_a_page_that_ends_the_process_that_draws_is_set_aside(key: ProjectKey) -> None:
    """Another page of the same document, and another document, find a new process."""
    first, second = (ImageReader().read(scan(text, text), "a", key).part("pixels").value for text in ("one", "two"))
    drawn = first.stored(0)
    assert image_pdf.CHILD.process is not None
    image_pdf.CHILD.process.send_signal(signal.SIGSTOP)
    Timer(0.2, image_pdf.CHILD.process.kill).start()
    with pytest.raises(MalformedAsset, match="ended"):
        first.stored(1)
    assert np.array_equal(first.stored(0), drawn)
    assert second.stored(1).shape == drawn.shape
    assert np.array_equal(first.stored(0), drawn)


def layered() -> bytes:
    """Return a PDF with a name in a layer that is not shown, in a note that is hidden, and in one that is shown."""
    shown = b"BT /F1 24 Tf 60 760 Td (Chest pain since Monday) Tj ET\n"
    unseen = b"/OC /L BDC BT /F1 24 Tf 60 600 Td (CANARY in a layer) Tj ET EMC\n"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [7 0 R 8 0 R] /Resources "
        b"<< /Font << /F1 5 0 R >> /Properties << /L 6 0 R >> >> >>"
    )
    look = b"/Type /XObject /Subtype /Form /BBox [0 0 300 40] /Resources << /Font << /F1 5 0 R >> >>"
    return built(
        [
            b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] /Order [6 0 R] >> >> >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
            stream(shown + unseen),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /OCG /Name (CANARY layer) >>",
            b"<< /Type /Annot /Subtype /Stamp /Rect [60 400 360 440] /F 2 /AP << /N 9 0 R >> /Contents (CANARY) >>",
            b"<< /Type /Annot /Subtype /Stamp /Rect [60 300 360 340] /F 4 /AP << /N 10 0 R >> /Contents (CANARY) >>",
            stream(b"BT /F1 24 Tf 5 10 Td (CANARY hidden note) Tj ET", look),
            stream(b"BT /F1 24 Tf 5 10 Td (Signed by hand) Tj ET", look),
        ]
    )


def test_what_a_pdf_does_not_show_does_not_leave_and_what_it_shows_is_seen(key: ProjectKey) -> None:
    """A layer that is off and a hidden note are on no page; a note that is printed is, where detectors see it."""
    (page,) = frames_of(layered(), key)
    ink = {
        rows: int((page[rows[0] : rows[1]] < 100).sum())
        for rows in ((100, 240), (600, 700), (1100, 1240), (1380, 1520))
    }
    assert [count > 200 for count in ink.values()] == [True, False, False, True]
    output = ImageReader().write(ImageReader().read(layered(), "a", key))
    assert not CANARY.search(output + inflated(output))


def test_a_damaged_pdf_is_set_aside_at_worst(key: ProjectKey) -> None:
    """With bytes changed anywhere it raises a Quarantine or leaves as pictures; nothing else."""
    data, chance = marked(), np.random.default_rng(7)
    for _ in range(12):
        broken = bytearray(data)
        for at in chance.integers(9, len(data), 4):
            broken[at] = int(chance.integers(0, 256))
        try:
            output = ImageReader().write(ImageReader().read(bytes(broken), "a", key))
        except Quarantine as error:
            output = str(error).encode()
        assert not CANARY.search(output)

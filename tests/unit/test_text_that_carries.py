"""A text that is a picture, or carries a file in another coding, is set aside: no detector of text sees into it."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from deid_core import ingest
from deid_core.errors import UnsupportedFormat
from deid_core.ingest import carried
from deid_core.keys import ProjectKey


def png() -> bytes:
    """Return a picture that does not pack well."""
    out = BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 60, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


PICTURE = base64.b64encode(png()).decode()
LINES = base64.encodebytes(png()).decode()
NOTE = base64.b64encode(b"Temperance Okonkwo was seen on 3 May 2019 by Dr. Raman. " * 4).decode()
CARRIED = {
    "scan.svg": f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><image href="{PICTURE}"/></svg>',
    "drawing.txt": '<!-- by hand --><svg width="9"><text>OKONKWO</text></svg>',
    "scan.pgm": "P2\n# scanned\n4 2\n255\n0 0 0 9 9 9 0 1\n",
    "scan.eps": "%!PS-Adobe-3.0 EPSF-3.0\n500 120 8 [1 0 0 1 0 0] {currentfile 500 string readhexstring pop} image\n",
    "letter.rtf": r"{\rtf1{\pict\pngblip 89504e47}}",
    "icon.xpm": '/* XPM */\nstatic char *a[] = {"2 2 2 1", "a c #000000", "b c #ffffff", "ab", "ba"};',
    "icon.xbm": "#define a_width 8\n#define a_height 2\nstatic char a_bits[] = {0x01, 0x02};",
    "mail.eml": f"Subject: scan\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n{LINES}",
    "mail.txt": "Content-Transfer-Encoding: BASE64\n\n" + NOTE,
    "page.html": '<html><img src="data:image/png;base64,iVBORw0KGgo="></html>',
    "drawn.html": '<html><img src="data:image/svg+xml,%3Csvg%3E"></html>',
    "records.jsonl": '{"name": "x", "photo": "' + PICTURE + '"}\n',
    "wrapped.jsonl": '{"photo": "' + LINES.replace("\n", r"\n") + '"}\n',
    "note.jsonl": '{"resourceType": "DocumentReference", "data": "' + NOTE + '"}\n',
    "photos.csv": f"name,photo\nx,{PICTURE}\n",
    "report.xml": f'<ClinicalDocument><value representation="B64">{LINES}</value></ClinicalDocument>',
    "old.txt": "begin 644 scan.png\nMB5!.1PT*&@H    -24A$4@``\n",
    "key.txt": "see\r\n" + LINES.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", CARRIED)
def test_what_no_detector_of_text_sees_into_is_set_aside(name: str, key: ProjectKey) -> None:
    """Pictures in letters, attachments, pages with pictures, documents in records."""
    with pytest.raises(UnsupportedFormat, match="text"):
        ingest.read(CARRIED[name].encode(), name, "a", key)


def test_base64_in_utf_16_is_seen_too(key: ProjectKey) -> None:
    """Every second byte of it is zero."""
    with pytest.raises(UnsupportedFormat, match="another coding"):
        ingest.read(("photo: " + PICTURE).encode("utf-16"), "note.txt", "a", key)


@pytest.mark.parametrize("at", [carried.STEP - 100, carried.STEP + 5])
def test_base64_is_seen_wherever_it_stands(at: int) -> None:
    """Also where the text is divided to be looked at."""
    with pytest.raises(UnsupportedFormat):
        carried.check(b"was seen " * (at // 9) + PICTURE[:400].encode())


@pytest.mark.parametrize(
    "text",
    [
        "The metadata: image/png was attached.",
        "P2 positive. 3 4 of the nodes were removed.",
        "acgt" * 400,
        "ACGTTGCA" * 200,
        "=" * 400,
        "0123456789abcdef" * 40,
        "seen at https://example.org/" + "path/" * 60,
        "sha256 " + "4F" * 32 + " of the file",
        "<html><body><p>Seen by Dr. Raman</p></body></html>",
        '<?xml version="1.0"?><note>no picture</note>',
        "We begin 644 days after the scan.png was made.",
        "Lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphioparaomelitokatakechymenokichlepikossyphophattoperisteralektryon",
    ],
)
def test_what_is_only_long_or_strange_is_read(text: str, key: ProjectKey) -> None:
    """Sequences, rules, addresses and sums hold no capitals, small letters and digits in a long row."""
    assert ingest.read(text.encode(), "note.txt", "a", key).media_type == "text/plain"

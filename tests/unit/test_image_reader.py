"""Images: nothing but the picture leaves, and the picture is as it was."""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from deid_core import ingest
from deid_core.edit import put
from deid_core.errors import Quarantine
from deid_core.ingest import image_jpeg, image_png, image_tiff
from deid_core.ingest.image import ImageFrames, ImageReader
from deid_core.keys import ProjectKey
from deid_core.model import Document, PixelBox

ROWS, COLUMNS = 33, 45
CANARY = re.compile(rb"CANARY", re.IGNORECASE)
WIDE = "CANARY".encode("utf-16-le")


def samples(*shape: int, dtype: type = np.uint8, seed: int = 1) -> NDArray:
    """Make random samples: what is lost of them shows."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def smooth(rows: int = ROWS, columns: int = COLUMNS) -> NDArray:
    """Make an RGB picture that JPEG keeps well."""
    down, across = np.mgrid[:rows, :columns]
    return np.dstack((down * 255 // rows, across * 255 // columns, (down + across) % 256)).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image's file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes, key: ProjectKey) -> Document:
    """Read an image as its content says, and check that its reader is found by it."""
    document = ImageReader().read(data, "a", key)
    assert ingest.media_type(data) == document.media_type
    return document


def frames(document: Document) -> ImageFrames:
    """Return a document's frames."""
    return document.part("pixels").value


def rewritten(data: bytes, key: ProjectKey) -> tuple[bytes, Document]:
    """Return what is written of an image, and that read again; the same bytes each time, without metadata."""
    output = ImageReader().write(read(data, key))
    assert output == ImageReader().write(read(data, key))
    again = read(output, key)
    assert again.part("metadata").value == {}
    return output, again


def inflated(data: bytes) -> bytes:
    """Return all that is packed anywhere in some bytes."""
    found = b""
    for at in (match.start() for match in re.finditer(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]", data)):
        try:
            found += zlib.decompressobj().decompress(data[at:], 1 << 20)
        except zlib.error:
            continue
    return found


def has_canary(data: bytes) -> bool:
    """Say whether a canary is in some bytes, packed or not."""
    whole = data + inflated(data)
    return bool(CANARY.search(whole)) or WIDE in whole


def exif(orientation: int = 1) -> Image.Exif:
    """Make an Exif block with canaries in each of its directories."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x013B], block[0x010F], block[0x0132] = "CANARY Artist", "CANARY Make", "2024:01:02 CANARY"
    block[0x9C9D] = "CANARY".encode("utf-16-le")
    block.get_ifd(0x8769).update({0xA430: "CANARY Owner", 0xA431: "CANARY Serial", 0x927C: b"\1\2CANARY maker note"})
    block.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0CANARY comment"
    block.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.0), 29: "CANARY:01:02"})
    return block


def exif_with_thumbnail() -> bytes:
    """Make an Exif block whose second directory holds a thumbnail with a canary."""
    picture = saved(Image.new("RGB", (8, 8)), "JPEG", comment=b"CANARY thumbnail")
    head = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 0x013B, 2, 4, 0x00434241)
    ifd1 = len(head) + 4
    entries = struct.pack("<HHHII", 2, 513, 4, 1, ifd1 + 30) + struct.pack("<HHII", 514, 4, 1, len(picture))
    return b"Exif\0\0" + head + struct.pack("<I", ifd1) + entries + bytes(4) + picture


def icc() -> bytes:
    """Make an ICC profile that is valid but for a description that is a canary."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = "sRGB built-in".encode("utf-16-be")
    assert wide in profile
    return profile.replace(wide, "CANARY profile".ljust(13)[:13].encode("utf-16-be"))


IPTC = b"\x1c\x02\x50\x00\x0dCANARY byline\x1c\x02\x37\x00\x0820240102"
PHOTOSHOP = b"Photoshop 3.0\x00" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><creator>CANARY</creator></x:xmpmeta>"


def segment(marker: int, payload: bytes) -> bytes:
    """Return a JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def marked_jpeg(picture: Image.Image, **options: object) -> bytes:
    """Make a JPEG with a canary in each place that JPEG has."""
    data = saved(picture, "JPEG", exif=exif(), icc_profile=icc(), comment=b"CANARY comment", **options)
    extra = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) + segment(0xED, PHOTOSHOP)
    extra += segment(0xE1, exif_with_thumbnail()) + segment(0xE0, b"JFXX\0\x10CANARY") + segment(0xEF, b"CANARY")
    extra += segment(0xE2, b"MPF\0CANARY") + segment(0xFE, b"CANARY two")
    scan = data.rindex(b"\xff\xda")
    data = data[:2] + extra + data[2:scan] + segment(0xFE, b"CANARY late") + b"\xff\xff\xff" + data[scan:]
    return data + b"\0CANARY trailing"


JPEGS: dict[str, tuple[Image.Image, dict[str, object]]] = {
    "colour": (Image.fromarray(smooth()), {"quality": 90}),
    "colour, not subsampled": (Image.fromarray(smooth()), {"quality": 95, "subsampling": 0}),
    "grey": (Image.fromarray(smooth()[..., 0]), {}),
    "progressive": (Image.fromarray(smooth()), {"progressive": True}),
    "CMYK": (Image.fromarray(smooth()).convert("CMYK"), {}),
    "RGB kept": (Image.fromarray(smooth()), {"keep_rgb": True}),
    "restart markers": (Image.fromarray(smooth()), {"restart_marker_blocks": 2}),
}


@pytest.mark.parametrize("name", JPEGS)
def test_an_untouched_jpeg_keeps_its_scans_and_loses_all_else(name: str, key: ProjectKey) -> None:
    """An unedited JPEG has the same scans bit for bit, the same colours, and no metadata."""
    picture, options = JPEGS[name]
    data = marked_jpeg(picture, **options)
    output, again = rewritten(data, key)
    assert has_canary(data)
    assert not has_canary(output)
    first_scan = data.rindex(b"\xff\xff\xff\xff\xda") + 3 if name != "progressive" else -1
    if first_scan > 0:
        assert output.endswith(data[first_scan : data.rindex(b"\xff\xd9") + 2])
    with Image.open(BytesIO(saved(picture, "JPEG", **options))) as plain:
        shown = np.array(plain)
    assert np.array_equal(frames(again).stored(0), shown)
    assert np.array_equal(frames(read(data, key)).stored(0), shown)
    assert not {marker for marker, _ in image_jpeg.parse(output).left_out} - {0xE0, 0xEE}


@pytest.mark.parametrize("name", JPEGS)
def test_an_edited_jpeg_is_encoded_as_it_was(name: str, key: ProjectKey) -> None:
    """A JPEG with a box covered keeps its tables, sampling and process, loses its metadata, and looks the same."""
    picture, options = JPEGS[name]
    data = marked_jpeg(picture, **options)
    document = read(data, key)
    was = frames(document).stored(0)
    output = ImageReader().write(put(document, [(PixelBox("pixels", 0, 0, 16, 16), 0)]))
    assert not has_canary(output)
    again = frames(read(output, key)).stored(0)
    assert np.abs(again[:8, :8].astype(int)).max() <= 12
    assert np.abs(again[17:, 17:].astype(int) - was[17:, 17:]).mean() < 4
    with Image.open(BytesIO(saved(picture, "JPEG", **options))) as before, Image.open(BytesIO(output)) as after:
        assert after.mode == before.mode
        assert bool(after.info.get("progressive")) == bool(before.info.get("progressive"))
        assert [layer[1:3] for layer in after.layer] == [layer[1:3] for layer in before.layer]
        tables = [[image.quantization[layer[3]] for layer in image.layer] for image in (before, after)]
    assert tables[0] == tables[1] or name == "CMYK"


@pytest.mark.parametrize("edited", [False, True])
def test_the_colours_that_only_an_adobe_segment_tells_are_kept(edited: bool, key: ProjectKey) -> None:
    """A JPEG whose components are RGB by its Adobe segment alone is not taken for YCbCr afterwards."""
    data = saved(Image.fromarray(smooth()), "JPEG", keep_rgb=True, quality=95)
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    numbered = bytearray(data)
    for number in range(3):
        numbered[frame + 10 + 3 * number] = numbered[scan + 5 + 2 * number] = number + 1
    numbered[2:2] = segment(0xEE, b"Adobe\0\x64CANA\0") if b"Adobe" not in data else b""
    document = read(bytes(numbered), key)
    if edited:
        document = put(document, [(PixelBox("pixels", 0, 0, 1, 1), 0)])
    again = frames(read(ImageReader().write(document), key)).stored(0)
    assert np.abs(again[8:, 8:].astype(int) - smooth()[8:, 8:]).mean() < 3


def test_a_covered_box_of_a_jpeg_holds_nothing_of_what_was_there(key: ProjectKey) -> None:
    """Two pictures that differ in a box only are the same bytes once it is covered."""
    one, other = smooth(), smooth()
    other[8:16, 8:24] = 255
    outputs = []
    for picture in (one, other):
        document = read(saved(Image.fromarray(picture), "JPEG", quality=95, subsampling=0), key)
        edited = frames(document).stored(0)
        edited[:, :] = 7
        whole = PixelBox("pixels", 0, 0, COLUMNS, ROWS)
        outputs.append(ImageReader().write(put(document, [(whole, edited)])))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_picture_stands_upright_without_its_exif(kind: str, turn: int, key: ProjectKey) -> None:
    """What a viewer turns by Exif is turned in the pixels, since Exif goes."""
    picture = Image.fromarray(smooth(32, 48))
    options = {"tiffinfo": {0x0112: turn}} if kind == "TIFF" else {"exif": exif(turn)}
    data = saved(picture, kind, **(options | ({"quality": 100, "subsampling": 0} if kind == "JPEG" else {})))
    transposed = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    upright = np.array(picture.transpose(Image.Transpose(transposed[turn])) if turn > 1 else picture)
    output, again = rewritten(data, key)
    for one in (frames(read(data, key)), frames(again)):
        assert one.stored(0).shape == upright.shape
        assert np.abs(one.stored(0).astype(int) - upright).max() <= (6 if kind == "JPEG" else 0)
        assert np.array_equal(one.readable(0), one.stored(0))
    with Image.open(BytesIO(output)) as image:
        assert not image.getexif().get(0x0112)


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def marked_png() -> bytes:
    """Make a PNG with a canary in each place that PNG has."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "CANARY text")
    info.add_text("Comment", "CANARY packed", zip=True)
    info.add_itxt("Title", "CANARY international", "en", "CANARY", zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    data = saved(Image.fromarray(smooth()), "PNG", pnginfo=info, exif=exif(), icc_profile=icc(), dpi=(300, 300))
    time = png_chunk(b"tIME", struct.pack(">HBBBBB", 2024, 1, 2, 3, 4, 5)) + png_chunk(b"caNv", b"CANARY")
    end = len(data) - 12
    return data[:end] + time + data[end:] + b"CANARY trailing"


def test_a_png_keeps_its_pixels_and_nothing_else(key: ProjectKey) -> None:
    """No canary is left of any chunk, and the chunks of what is written are those of a bare picture."""
    data = marked_png()
    assert has_canary(data)
    output, again = rewritten(data, key)
    assert not has_canary(output)
    assert np.array_equal(frames(again).stored(0), smooth())
    assert [kind for kind, _ in image_png._chunks(output)[0]] == [b"IHDR", b"IDAT", b"IEND"]


def marked_tiff(pages: int = 3) -> bytes:
    """Make a TIFF with a canary in each place that TIFF has, on each page."""
    out = BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, True) as writer:
        for _ in range(pages):
            info = TiffImagePlugin.ImageFileDirectory_v2()
            for tag in (269, 270, 271, 272, 285, 305, 306, 315, 316, 337, 33432):
                info[tag] = f"CANARY {tag}"
            info[65000] = "CANARY private"
            info[700], info[33723], info[34377], info[34675] = XMP, IPTC, PHOTOSHOP[14:], icc()
            for tag in (700, 33723, 34377, 34675):
                info.tagtype[tag] = 7
            Image.fromarray(smooth()).save(writer, "TIFF", tiffinfo=info, exif=exif())
            writer.newFrame()
    return out.getvalue() + b"CANARY trailing"


def test_a_tiff_keeps_its_pages_and_nothing_else(key: ProjectKey) -> None:
    """No canary is left on any page, and a page has the tags of its layout only."""
    data = marked_tiff()
    assert has_canary(data)
    output, again = rewritten(data, key)
    assert not has_canary(output)
    assert frames(again).count == 3
    assert all(np.array_equal(frames(again).stored(page), smooth()) for page in range(3))
    for page in image_tiff.parse(output).pages:
        assert {entry.tag for entry in page.entries} <= image_tiff.LAYOUT


def test_an_edit_of_one_page_leaves_the_others(key: ProjectKey) -> None:
    """A box of the second page is covered; the first and the third are as they were."""
    document = read(marked_tiff(), key)
    covered = put(document, [(PixelBox("pixels", 3, 4, 5, 6, frame=1), 9)])
    assert list(frames(covered).edited) == [1]
    again = frames(read(ImageReader().write(covered), key))
    expected = smooth()
    expected[4:10, 3:8] = 9
    assert np.array_equal(again.stored(1), expected)
    assert np.array_equal(again.stored(0), smooth())
    assert np.array_equal(again.stored(2), smooth())


WHOLE = {
    "PNG": marked_png,
    "JPEG": lambda: marked_jpeg(Image.fromarray(smooth())),
    "progressive": lambda: marked_jpeg(Image.fromarray(smooth()), progressive=True),
    "TIFF": lambda: marked_tiff(2),
    "packed TIFF": lambda: saved(Image.fromarray(smooth()), "TIFF", compression="tiff_lzw"),
    "deep PNG": cv2.imencode(".png", samples(ROWS, COLUMNS, 3, dtype=np.uint16))[1].tobytes,
}


def use(data: bytes, key: ProjectKey) -> None:
    """Read, show and write an image, where it can be; no warning, and no error but a Quarantine."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            document = ImageReader().read(data, "a", key)
            for frame in range(frames(document).count):
                frames(document).readable(frame)
            output = ImageReader().write(document)
        except Quarantine as error:
            output = str(error).encode()
    assert not has_canary(output)


@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_image_is_set_aside_at_worst(name: str, key: ProjectKey) -> None:
    """Cut at any tenth byte, an image raises a Quarantine or loses what was not picture; nothing else."""
    data = WHOLE[name]()
    for end in range(1, len(data), 10):
        use(data[:end], key)
    picture = data.rindex(b"CANARY") if b"CANARY trailing" in data else len(data)
    with pytest.raises(Quarantine):
        frames(ImageReader().read(data[: picture // 2], "a", key)).stored(0)


@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_image_is_set_aside_at_worst(name: str, key: ProjectKey) -> None:
    """With bytes changed anywhere, an image raises a Quarantine or is written without metadata; nothing else."""
    data, chance = WHOLE[name](), np.random.default_rng(5)
    for _ in range(150):
        broken = bytearray(data)
        for at in chance.integers(4, len(data), 3):
            broken[at] = int(chance.integers(0, 256))
        use(bytes(broken), key)


def test_nothing_of_an_image_is_in_its_repr(key: ProjectKey) -> None:
    """Neither the document nor its frames show what they hold."""
    for data in (marked_png(), marked_jpeg(Image.fromarray(smooth())), marked_tiff()):
        document = read(data, key)
        assert "CANARY" not in repr(document)
        assert "CANARY" not in repr(frames(document))
        assert "CANARY" not in repr(frames(document).parsed)

"""What an image file says besides its picture, by name and as text: Exif, XMP, IPTC, ICC, comments, trailing bytes.

It is read to be looked for elsewhere, in the pixels too; none of it is ever written, so what cannot be read is named.
"""

from __future__ import annotations

import zlib
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain

from PIL import ExifTags, ImageCms, TiffTags

from deid_core.errors import LimitExceeded, MalformedAsset, Quarantine
from deid_core.ingest.image_ifd import ASCII, BYTES, MOST_BYTES, Directory, Entry, directory, first
from deid_core.ingest.image_jpeg import APP0, COM, Jpeg
from deid_core.ingest.image_png import Png
from deid_core.ingest.image_quiet import quiet
from deid_core.ingest.image_tiff import LAYOUT, ORIENTATION, Tiff
from deid_core.ingest.image_webp import Webp

LONGEST, MOST_INFLATED, MOST_NAMES = 4_096, 16 << 20, 20_000
MAX_DIRECTORIES = 16  # of one Exif block; they can point at each other
EXIF, EXTENDED_XMP = b"Exif\0\0", b"http://ns.adobe.com/xmp/extension/\0"
XMP, ICC, PHOTOSHOP = b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"
EXIF_IFD, GPS_IFD, INTEROP_IFD, THUMBNAIL_AT, THUMBNAIL_SIZE = 34665, 34853, 40965, 513, 514
NESTED = {EXIF_IFD: "", GPS_IFD: "GPS", INTEROP_IFD: "Interop"}
XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG, ICC_TAG = BLOCKS = 700, 33723, 34377, 34675
# of no person: what kind of page, and how large on paper
SILENT = LAYOUT | {ORIENTATION, 254, 255, 282, 283, 296}
WINDOWS_TEXT = range(0x9C9B, 0x9CA0)  # XPTitle and its like are in UTF-16
CHARACTER_CODES = (b"ASCII\0\0\0", b"UNICODE\0", bytes(8))  # before an Exif UserComment
IPTC_RESOURCE = 0x0404
# IPTC-IIM 4.2, record 2
IPTC_NAMES = {5: "ObjectName", 55: "DateCreated", 60: "TimeCreated", 80: "By-line", 90: "City", 105: "Headline"}
IPTC_NAMES |= {110: "Credit", 115: "Source", 116: "CopyrightNotice", 118: "Contact", 120: "Caption", 122: "Writer"}
PNG_SILENT = (b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"cICP")  # colours and size on paper

utf_8 = getincrementaldecoder("utf-8")
Metadata = dict[str, str]
Named = tuple[str, str]


def of_jpeg(jpeg: Jpeg) -> tuple[Metadata, int]:
    """Return a JPEG's metadata and its orientation, 1 to 8 (Exif 2.3, tag 274)."""
    blocks = [payload[len(EXIF) :] for marker, payload in jpeg.left_out if marker != COM and payload.startswith(EXIF)]
    profile = [
        payload[len(ICC) + 2 :] for marker, payload in jpeg.left_out if marker != COM and payload.startswith(ICC)
    ]
    named = chain(
        chain.from_iterable(map(of_exif, blocks)),
        chain.from_iterable(_segment(marker, payload) for marker, payload in jpeg.left_out),
        _profile(b"".join(profile)),
        _trailing(jpeg.trailing),
    )
    return _gathered(named), orientation(blocks[0]) if blocks else 1


def of_png(png: Png) -> tuple[Metadata, int]:
    """Return a PNG's metadata and its orientation; LimitExceeded where a text unpacks to too much."""
    blocks = [payload for kind, payload in png.left_out if kind == b"eXIf"]
    named = chain.from_iterable(_chunk(kind, payload) for kind, payload in png.left_out)
    return _gathered(chain(named, _trailing(png.trailing))), orientation(blocks[0]) if blocks else 1


def of_webp(webp: Webp) -> tuple[Metadata, int]:
    """Return a WebP's metadata and its orientation."""
    blocks = [payload.removeprefix(EXIF) for kind, payload in webp.left_out if kind == b"EXIF"]
    named = chain.from_iterable(_block(kind, payload) for kind, payload in webp.left_out)
    return _gathered(chain(named, _trailing(webp.trailing))), orientation(blocks[0]) if blocks else 1


def of_blocks(blocks: Iterable[tuple[bytes, bytes]]) -> Metadata:
    """Return the metadata of blocks that are named as WebP names its own: EXIF, XMP, ICCP."""
    return _gathered(chain.from_iterable(_block(kind, payload) for kind, payload in blocks))


def of_tiff(tiff: Tiff) -> Metadata:
    """Return the metadata of all pages of a TIFF; those after the first are named with their number."""
    return _gathered(chain.from_iterable(_page(tiff.data, *numbered) for numbered in enumerate(tiff.pages, 1)))


def of_exif(data: bytes) -> list[Named]:
    """Return the named values of an Exif block; one that is broken is an entry as a whole."""
    try:
        main = directory(data, first(data))
        seen = {first(data)}
        found = list(_exif(data, main, "EXIF/", seen))
        if main.following and main.following not in seen:
            thumbnail = directory(data, main.following)
            found += _exif(data, thumbnail, "EXIF/IFD1/", seen)
            if thumbnail.number(THUMBNAIL_AT):
                found.append(("EXIF/thumbnail", f"{thumbnail.number(THUMBNAIL_SIZE)} bytes"))
    except Quarantine:
        return [("EXIF", shown(data))]
    return found


def orientation(exif: bytes) -> int:
    """Return the orientation that an Exif block gives, 1 to 8; 1 where it gives none or is broken."""
    try:
        turn = directory(exif, first(exif)).number(ORIENTATION, 1)
    except Quarantine:
        return 1
    return turn if 1 <= turn <= 8 else 1


def shown(data: bytes, size: int = 0) -> str:
    """Return bytes as a text of bounded length; how many they are (`size` where there are more) if they are no text."""
    head = data[:LONGEST].strip(b"\0")
    try:
        text = utf_8().decode(head, final=len(data) <= LONGEST)  # a cut letter at the end is left out
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    plain = text.replace("\0", " ")
    readable = sum(char.isprintable() or char.isspace() for char in plain) >= 0.9 * len(plain)
    return plain[:LONGEST].strip() if readable else f"{max(len(data), size)} bytes"


def _gathered(found: Iterable[Named]) -> Metadata:
    metadata: Metadata = {}
    times: Counter[str] = Counter()
    for name, text in found:
        times[name] += 1
        metadata[name if times[name] == 1 else f"{name} {times[name]}"] = text
        if len(metadata) > MOST_NAMES:
            raise LimitExceeded("an image of too many entries of metadata")
    return metadata


def _segment(marker: int, payload: bytes) -> Iterator[Named]:
    if marker == COM:
        yield "JPEG/COM", shown(payload)
    elif payload.startswith((XMP, EXTENDED_XMP)):
        yield "XMP", shown(payload.partition(b"\0")[2])
    elif payload.startswith(PHOTOSHOP):
        yield from _photoshop(payload[len(PHOTOSHOP) :])
    elif not (payload.startswith((EXIF, ICC)) or _says_colours_only(payload)):
        yield f"JPEG/APP{marker - APP0}", shown(payload)


def _says_colours_only(payload: bytes) -> bool:
    return payload[:6] in (b"JFIF\0\1", b"Adobe\0") and len(payload) == (14 if payload.startswith(b"JFIF") else 12)


def _chunk(kind: bytes, payload: bytes) -> Iterator[Named]:
    if kind == b"eXIf":
        yield from of_exif(payload)
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        yield _png_text(kind, payload)
    elif kind == b"tIME":
        year, *rest = int.from_bytes(payload[:2], "big"), *payload[2:7]
        yield "PNG/tIME", "-".join(f"{number:02}" for number in (year, *rest))
    elif kind == b"iCCP":
        name, _, packed = payload.partition(b"\0")
        yield "ICC/name", shown(name)
        yield from _profile(_inflated(packed[1:]))
    elif kind not in PNG_SILENT:
        yield f"PNG/{kind.decode('ascii')}", shown(payload)


def _block(kind: bytes, payload: bytes) -> Iterable[Named]:
    if kind == b"EXIF":
        return of_exif(payload.removeprefix(EXIF))
    if kind == b"ICCP":
        return _profile(payload)
    return [("XMP" if kind == b"XMP " else f"Block/{shown(kind)}", shown(payload))]


def _page(data: bytes, number: int, page: Directory) -> Iterator[Named]:
    prefix, seen = "TIFF/" if number == 1 else f"TIFF/page {number}/", set[int]()
    for entry in page.entries:
        if entry.tag in NESTED:
            yield from _nested(data, entry, "EXIF/", seen)
        elif entry.tag not in SILENT:
            yield from _tiff_entry(entry, prefix)


def _exif(data: bytes, found: Directory, prefix: str, seen: set[int]) -> Iterator[Named]:
    for entry in found.entries:
        if entry.tag in NESTED:
            yield from _nested(data, entry, prefix, seen)
        elif entry.tag not in (ORIENTATION, THUMBNAIL_AT, THUMBNAIL_SIZE):
            yield prefix + _exif_name(entry.tag, prefix), _value(entry)


def _nested(data: bytes, entry: Entry, prefix: str, seen: set[int]) -> Iterator[Named]:
    name, at = NESTED[entry.tag], entry.number()
    if at in seen or len(seen) >= MAX_DIRECTORIES:
        return
    seen.add(at)
    try:
        inner = directory(data, at)
    except Quarantine:
        yield prefix + (name or "Exif"), "unreadable"
        return
    yield from _exif(data, inner, {"": prefix, "GPS": "GPS/"}.get(name, f"{prefix}{name}/"), seen)


def _exif_name(tag: int, prefix: str) -> str:
    names = ExifTags.GPSTAGS if prefix.startswith("GPS") else ExifTags.TAGS
    return str(names.get(tag, f"0x{tag:04X}"))


def _tiff_entry(entry: Entry, prefix: str) -> list[Named]:
    value = entry.value(MOST_INFLATED if entry.tag in BLOCKS else MOST_BYTES)
    if entry.tag == XMP_TAG:
        return [("XMP", shown(value))]
    if entry.tag == IPTC_TAG:
        return _iptc(value)
    if entry.tag == PHOTOSHOP_TAG:
        return _photoshop(value)
    if entry.tag == ICC_TAG:
        return _profile(value)
    name = TiffTags.lookup(entry.tag).name
    return [(prefix + (name if name != "unknown" else f"0x{entry.tag:04X}"), _value(entry))]


def _value(entry: Entry) -> str:
    if not entry.is_whole:
        return "unreadable"
    value = entry.value()
    if entry.tag in WINDOWS_TEXT:
        return value.decode("utf-16-le", "replace").rstrip("\0")[:LONGEST]
    if entry.kind == ASCII or (entry.kind in BYTES and entry.count > 4):
        return shown(value[8:] if value.startswith(CHARACTER_CODES) else value, entry.size)
    return ", ".join(f"{number:.10g}" for number in entry.numbers())


def _photoshop(data: bytes) -> list[Named]:
    """Name Photoshop's image resources, each "8BIM", number, padded name, size and padded bytes."""
    found: list[Named] = []
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        at += 6 + (data[at + 6] + 2) // 2 * 2
        size = int.from_bytes(data[at : at + 4], "big")
        value = data[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
        found += _iptc(value) if number == IPTC_RESOURCE else [(f"Photoshop/0x{number:04X}", shown(value))]
    return found or [("Photoshop", shown(data))]


def _iptc(data: bytes) -> list[Named]:
    """Name IPTC datasets, each 1C, record, number, size of two bytes."""
    found: list[Named] = []
    at = 0
    while data[at : at + 1] == b"\x1c" and at + 5 <= len(data):
        record, number, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        name = IPTC_NAMES.get(number, "") if record == 2 else ""
        found.append((f"IPTC/{name or f'{record}:{number}'}", shown(data[at + 5 : at + 5 + size])))
        at += 5 + size
    return found or [("IPTC", shown(data))]


def _profile(data: bytes) -> list[Named]:
    if not data:
        return []
    try:
        with quiet("an ICC profile cannot be read"):
            profile = ImageCms.ImageCmsProfile(BytesIO(data)).profile
            texts = {"description": profile.profile_description, "copyright": profile.copyright}
            texts |= {"manufacturer": profile.manufacturer, "model": profile.model}
    except MalformedAsset:
        texts = {}
    return [(f"ICC/{name}", text[:LONGEST]) for name, text in texts.items() if text] or [("ICC", shown(data))]


def _trailing(data: bytes) -> list[Named]:
    return [("trailing bytes", shown(data))] if data else []


def _png_text(kind: bytes, payload: bytes) -> Named:
    keyword, _, rest = payload.partition(b"\0")
    if kind == b"zTXt":
        rest = _inflated(rest[1:])
    elif kind == b"iTXt":
        packed, (_, _, rest) = rest[:1] == b"\1", _split_itxt(rest[2:])
        rest = _inflated(rest) if packed else rest
    name = shown(keyword)
    return ("XMP" if name == "XML:com.adobe.xmp" else f"PNG/{kind.decode('ascii')}/{name}"), shown(rest)


def _split_itxt(rest: bytes) -> tuple[bytes, bytes, bytes]:
    language, _, rest = rest.partition(b"\0")
    translated, _, rest = rest.partition(b"\0")
    return language, translated, rest


def _inflated(packed: bytes) -> bytes:
    """Return unpacked bytes; LimitExceeded above MOST_INFLATED, MalformedAsset where they are not packed so."""
    inflater = zlib.decompressobj()
    with quiet("a packed text cannot be unpacked"):
        data = inflater.decompress(packed, MOST_INFLATED)
    if inflater.unconsumed_tail:
        raise LimitExceeded("a packed text unpacks to too much")
    return data
